import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ContractError } from './errors.ts'
import { diagnoseJson } from './json-diagnosis.ts'
import { parseStrictJson } from './strict-json.ts'

type Outcome = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'refused'; readonly code: string }

function strict(text: string): Outcome {
  try {
    return { kind: 'value', value: parseStrictJson(new TextEncoder().encode(text)) }
  } catch (thrown) {
    if (!(thrown instanceof ContractError)) throw thrown
    return { kind: 'refused', code: thrown.code }
  }
}

function plain(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return null
  }
}

const isWellFormed = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text)) === text

test('what JSON.stringify writes is read back, whatever the keys', () => {
  const keys = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', 'b', 'ab', 'ba', '"', '\\', ':', '\u2028'))
  const documents = fc.jsonValue({ depthSize: 'medium', stringUnit: 'binary' })
  const objects = fc.dictionary(keys, documents, { noNullPrototype: true })
  fc.assert(
    fc.property(fc.oneof(documents, objects), (value) => {
      const text = JSON.stringify(value)
      fc.pre(isWellFormed(text) && !text.includes('__proto__'))
      expect(strict(text)).toEqual({ kind: 'value', value: JSON.parse(text) })
    }),
    { numRuns: 1000 },
  )
})

/** Texts near JSON: pieces of its grammar in random order, and documents with a few characters changed. */
const pieces = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"a"',
  '"b"',
  '"\\u0061"',
  '"',
  '\\',
  '1',
  '-',
  '1e9',
  '1e999',
  'e',
  'true',
  'null',
  ' ',
  '\n',
  'é',
  '0',
  '.5',
  '"__proto__"',
)
const scrambled = fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(''))
const edited = fc
  .tuple(fc.json({ maxDepth: 3 }), fc.array(fc.tuple(fc.nat(60), pieces), { minLength: 1, maxLength: 3 }))
  .map(([text, edits]) => edits.reduce((now, [at, piece]) => now.slice(0, at) + piece + now.slice(at + 1), text))

test('accepts only what JSON.parse accepts, with the same value; refuses besides only repeats and overflows', () => {
  fc.assert(
    fc.property(fc.oneof(scrambled, edited), (text) => {
      fc.pre(isWellFormed(text))
      const mine = strict(text)
      const theirs = plain(text)
      if (mine.kind === 'value') {
        expect(theirs).not.toBeNull()
        if (!/__proto__|\\u005f/.test(text)) expect(mine.value).toEqual(theirs?.value)
      } else if (theirs !== null) {
        expect(['BODY_DUPLICATE_KEY', 'BODY_NUMBER_RANGE']).toContain(mine.code)
      } else {
        expect(['BODY_NOT_JSON', 'BODY_EMPTY', 'BODY_DUPLICATE_KEY']).toContain(mine.code)
      }
    }),
    { numRuns: 6000 },
  )
})

test('the diagnosis finds a syntax problem exactly where JSON.parse fails', () => {
  fc.assert(
    fc.property(fc.oneof(scrambled, edited), (text) => {
      const problem = diagnoseJson(text, { maxDepth: 64 })
      if (problem === null) expect(plain(text)).not.toBeNull()
      else if (problem.kind !== 'duplicate') expect(plain(text)).toBeNull()
    }),
    { numRuns: 6000 },
  )
})

test('a key repeated anywhere is refused and named', () => {
  const objects = fc.dictionary(fc.string({ minLength: 1, maxLength: 6 }), fc.jsonValue({ maxDepth: 1 }), {
    minKeys: 1,
    maxKeys: 60,
  })
  fc.assert(
    fc.property(objects, fc.nat(), fc.nat(4), (record, pick, depth) => {
      const entries = Object.entries(record).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
      const repeated = [...entries, entries[pick % entries.length]].join(',')
      const text = `${'[{"in":'.repeat(depth)}{${repeated}}${'}]'.repeat(depth)}`
      fc.pre(isWellFormed(text))
      expect(strict(text)).toEqual({ kind: 'refused', code: 'BODY_DUPLICATE_KEY' })
    }),
    { numRuns: 2000 },
  )
})

test('any bytes give a value or a ContractError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        parseStrictJson(bytes)
      } catch (thrown) {
        if (!(thrown instanceof ContractError)) throw thrown
      }
    }),
    { numRuns: 5000 },
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from './bytes.ts'
import { formatCanonicalJson, type JsonValue, parseCanonicalJson } from './canonical-json.ts'
import { isRecordError } from './errors.ts'
import { mutated } from './testing/mutations.ts'

const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.replaceAll(FORBIDDEN, ''))
const key = fc.stringMatching(/^[a-z0-9_]{1,32}$/).filter((name) => !/^(?:__proto__|constructor|prototype)$/.test(name))
const json = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger().map((n) => n + 0),
    text,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value

/** The value, or null where the bytes are refused; anything thrown that is no refusal of ours fails the property. */
function read(bytes: Uint8Array): { readonly value: JsonValue } | null {
  try {
    return { value: parseCanonicalJson(bytes) }
  } catch (error) {
    if (isRecordError(error)) return null
    throw error
  }
}

test('#30 what is written is read back as the same value, and the engine reads the same', () => {
  fc.assert(
    fc.property(json, (value) => {
      const written = formatCanonicalJson(value)
      expect(parseCanonicalJson(encodeUtf8(written))).toEqual(value)
      expect(JSON.parse(written)).toEqual(value)
    }),
  )
})

test('#30 no altered text is taken unless it is the canonical form of what it says', () => {
  fc.assert(
    fc.property(json, fc.infiniteStream(fc.nat()), (value, choices) => {
      const bytes = mutated(encodeUtf8(formatCanonicalJson(value)), choices)
      const found = read(bytes)
      if (found === null) return
      expect(formatCanonicalJson(found.value)).toBe(decodeUtf8(bytes))
      expect(JSON.parse(decodeUtf8(bytes))).toEqual(found.value)
    }),
    { numRuns: 2000 },
  )
})

test('#30 texts that look like JSON end in a value or a refusal', () => {
  const token = fc.constantFrom(
    ...Array.from('{}[]":,\\-0159.eE ntf+'),
    'null',
    'true',
    'false',
    '"a"',
    '"b":',
    '\u2028',
    'é',
    '😀',
  )
  fc.assert(
    fc.property(fc.array(token, { maxLength: 40 }), (tokens) => {
      const source = tokens.join('')
      const found = read(encodeUtf8(source))
      if (found !== null) expect(formatCanonicalJson(found.value)).toBe(source)
    }),
    { numRuns: 2000 },
  )
})

test('#31 any bytes end in a value or a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const found = read(bytes)
      if (found !== null) expect(encodeUtf8(formatCanonicalJson(found.value))).toEqual(bytes)
    }),
    { numRuns: 1000 },
  )
})

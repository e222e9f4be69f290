import { readFileSync } from 'node:fs'
import { RecordError } from '@parley/record'
import { describe, expect, test } from 'vitest'
// @ts-expect-error the fuzzer is plain JavaScript, run by hand
import { randomOf } from './random.mjs'
// @ts-expect-error the fuzzer is plain JavaScript, run by hand
import { SUBJECTS } from './subjects.mjs'

/** One input of the corpus: the foreign readers' answers stand under the words they were asked with. */
interface Kept {
  readonly subject: string
  readonly args: readonly string[]
  readonly accepted?: string
  readonly refused?: string
}

interface Subject {
  readonly name: string
  make(random: unknown): Uint8Array[]
  ours(args: readonly Uint8Array[]): string
  oracle?(args: readonly Uint8Array[]): boolean
}

const subjects = SUBJECTS as readonly Subject[]
const corpus = readFileSync(new URL('corpus.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Kept)

function answer(subject: Subject, args: readonly Uint8Array[]): { accepted: string } | { refused: string } {
  try {
    return { accepted: subject.ours(args) }
  } catch (error) {
    if (error instanceof RecordError) return { refused: error.code }
    throw error
  }
}

describe('inputs of the differential fuzzer', () => {
  for (const subject of subjects) {
    const kept = corpus.filter(({ subject: name }) => name === subject.name)

    test(`${subject.name}: the kept inputs are answered as when Go was asked too`, () => {
      expect(kept.length).toBeGreaterThan(1)
      for (const { args, accepted, refused } of kept) {
        const bytes = args.map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
        expect(answer(subject, bytes), args.join(' ')).toEqual(accepted === undefined ? { refused } : { accepted })
      }
    })

    test(`${subject.name}: no kept input is accepted that a foreign reader refused`, () => {
      for (const input of kept.filter(({ accepted }) => accepted !== undefined)) {
        const { subject: _, args: __, accepted, ...theirs } = input
        for (const said of Object.values(theirs)) expect(said).toBe(`ok ${accepted}`)
      }
    })

    test(`${subject.name}: fresh damage is refused by name or read, never anything else`, () => {
      for (let number = 0; number < 150; number += 1) {
        const args = subject.make(randomOf('fresh', subject.name, number))
        const ours = answer(subject, args)
        if (subject.oracle !== undefined) expect('accepted' in ours, `#${number}`).toBe(subject.oracle(args))
      }
    })
  }
})

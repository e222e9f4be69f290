import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Act, formatActText, openAct, parseAct, signAct } from './act.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { decodeUtf8, encodeUtf8, readUint64, writeUint64 } from './bytes.ts'
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { cosignCheckpoint, verifyCosignature } from './cosignature.ts'
import { isRecordError } from './errors.ts'
import { formatNote, type Note, openNote, parseNote, signNote } from './note.ts'
import { openCheckpoint, signCheckpoint } from './signed-checkpoint.ts'
import { createSigner, formatSkey, parseSkey } from './signer.ts'
import { mutated } from './testing/mutations.ts'
import { formatVkey, parseVkey } from './vkey.ts'

const seed = (byte: number) => new Uint8Array(32).fill(byte)
const officer = createSigner({ name: 'alpha/duty-7', type: 0x01, seed: seed(7) })
const second = createSigner({ name: 'alpha/duty-2', type: 0x01, seed: seed(2) })
const log = createSigner({ name: 't.parley/alpha/1', type: 0x01, seed: seed(1) })
const witness = createSigner({ name: 'w.example/bravo', type: 0x04, seed: seed(3) })
const choices = fc.infiniteStream(fc.nat())

/** What `parse` gives, null where it refuses; anything else that is thrown fails the property. */
function orNull<T>(parse: () => T): T | null {
  try {
    return parse()
  } catch (error) {
    if (isRecordError(error)) return null
    throw error
  }
}

const name = fc.stringMatching(/^[!-*,-@[-~]{1,40}$/)
const line = fc.record({
  name,
  keyId: fc.integer({ min: 0, max: 0xffffffff }),
  signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
})
const text = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map((value) => `${value.replaceAll(/[\p{Cc}\p{Cs}]/gu, '\n')}\n`)
const note: fc.Arbitrary<Note> = fc.record({
  text,
  signatures: fc.uniqueArray(line, {
    minLength: 1,
    maxLength: 16,
    selector: ({ name, keyId }) => `${name} ${keyId}`,
  }),
})
const origin = fc
  .stringMatching(/^[!-*,-@[-~]{1,40}$/)
  .filter((value) => !/^(cosignature|subtree|parley\.)/.test(value))
const checkpoint: fc.Arbitrary<Checkpoint> = fc.record({
  origin,
  size: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
})
const party = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?$/)
const second53 = fc.maxSafeNat()
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeBase64)
const act: fc.Arbitrary<Act> = fc
  .record({
    table: party,
    author: party,
    heads: fc.uniqueArray(party, { maxLength: 4 }),
    to: fc.uniqueArray(party, { maxLength: 4 }),
    id: fc.stringMatching(/^[0-9a-f]{32}$/),
    kind: fc.stringMatching(/^[a-z]{1,8}(?:\.[a-z]{1,8}){0,3}$/),
    at: second53,
    exp: fc.option(second53, { nil: undefined }),
    index: fc.option(second53, { nil: undefined }),
    size: second53,
    hash,
    words: fc.dictionary(
      fc.stringMatching(/^[a-z]{1,6}$/).map((key) => `k_${key}`),
      fc.oneof(
        second53,
        text.map((value) =>
          value.replaceAll(
            /[\p{Cc}\p{Noncharacter_Code_Point}\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu,
            '',
          ),
        ),
      ),
      { maxKeys: 4 },
    ),
  })
  .map(({ table, author, heads, to, id, kind, at, exp, index, size, hash, words }) => ({
    v: 1,
    table,
    o: `${table}.parley/${author}/1`,
    id,
    kind,
    at,
    ...(exp === undefined ? {} : { exp }),
    seen: heads
      .filter((head) => head !== author)
      .map((head) => ({ o: `${table}.parley/${head}/1`, n: size, r: hash }))
      .sort((a, b) => (a.o < b.o ? -1 : 1)),
    ...(index === undefined ? {} : { ref: { o: `${table}.parley/${author}/2`, i: index, h: hash } }),
    to: to.sort(),
    body: { ...words },
  }))

test('#5 base64: bytes come back, and each text stands for its bytes alone', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), choices, (bytes, stream) => {
      const written = encodeBase64(bytes)
      expect(written).toBe(Buffer.from(bytes).toString('base64'))
      expect(decodeBase64(written)).toEqual(bytes)
      const altered = orNull(() => decodeUtf8(mutated(encodeUtf8(written), stream)))
      const read = altered === null ? null : orNull(() => decodeBase64(altered))
      if (read !== null) expect(encodeBase64(read)).toBe(altered)
    }),
    { numRuns: 1000 },
  )
})

test('64-bit numbers come back, and beyond 2^53 − 1 there are none', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const bytes = new Uint8Array(new BigUint64Array(1).buffer)
      new DataView(bytes.buffer).setBigUint64(0, value)
      const read = readUint64(bytes, 0)
      expect(read).toBe(value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null)
      if (read === null) return
      const written = new Uint8Array(8)
      writeUint64(written, 0, read)
      expect(written).toEqual(bytes)
    }),
  )
})

test('#2 notes come back, and no altered note is taken that would be written otherwise', () => {
  fc.assert(
    fc.property(note, choices, (value, stream) => {
      const bytes = formatNote(value)
      expect(parseNote(bytes)).toEqual(value)
      const altered = mutated(bytes, stream)
      const read = orNull(() => parseNote(altered))
      if (read !== null) expect(formatNote(read)).toEqual(altered)
    }),
    { numRuns: 1000 },
  )
})

test('#6 a signed note that was altered in its text is not opened, whatever was altered', () => {
  const keys = [officer.key, second.key]
  fc.assert(
    fc.property(text, choices, (value, stream) => {
      const bytes = signNote(value, [officer, second])
      const opened = orNull(() => openNote(mutated(bytes, stream), keys))
      if (opened !== null) expect(opened.text).toBe(value)
    }),
    { numRuns: 500 },
  )
})

test('#13 checkpoints come back, and no altered one is taken that would be written otherwise', () => {
  fc.assert(
    fc.property(checkpoint, choices, (value, stream) => {
      const written = formatCheckpoint(value)
      expect(parseCheckpoint(written)).toEqual(value)
      const altered = orNull(() => decodeUtf8(mutated(encodeUtf8(written), stream)))
      const read = altered === null ? null : orNull(() => parseCheckpoint(altered))
      if (read !== null) expect(formatCheckpoint(read)).toBe(altered)
    }),
    { numRuns: 1000 },
  )
})

test('#15 a signed checkpoint that was altered shows the same head, or nothing', () => {
  fc.assert(
    fc.property(fc.nat(), choices, (size, stream) => {
      const value = { origin: log.key.name, size: size + 1, root: seed(size % 256) }
      const { signatures } = parseNote(signCheckpoint(value, log))
      const line = cosignCheckpoint(formatCheckpoint(value), witness, 1 + size)
      expect(verifyCosignature(witness.key, formatCheckpoint(value), line)).toBe(true)
      const bytes = formatNote({ text: formatCheckpoint(value), signatures: [...signatures, line] })
      const opened = orNull(() => openCheckpoint(mutated(bytes, stream), log.key, [witness.key]))
      if (opened === null) return
      expect(opened.checkpoint).toEqual(value)
      for (const { timestampS } of opened.cosignatures) expect(timestampS).toBe(1 + size)
    }),
    { numRuns: 500 },
  )
})

test('#12 key texts come back, and no altered one is taken', () => {
  fc.assert(
    fc.property(
      name,
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.constantFrom(0x01, 0x04),
      choices,
      (name, seed, type, stream) => {
        const secret = { name, type, seed } as const
        expect(parseSkey(formatSkey(secret))).toEqual(secret)
        const { key } = createSigner(secret)
        const written = formatVkey(key)
        expect(parseVkey(written)).toEqual(key)
        const altered = orNull(() => decodeUtf8(mutated(encodeUtf8(written), stream)))
        const read = altered === null ? null : orNull(() => parseVkey(altered))
        if (read !== null) expect(altered).toBe(written)
      },
    ),
    { numRuns: 200 },
  )
})

test('#30 acts come back, and no altered one is taken that would be written otherwise', () => {
  fc.assert(
    fc.property(act, choices, (value, stream) => {
      const entry = signAct(value, [officer])
      expect(openAct(entry, [officer.key]).act).toEqual(value)
      const altered = mutated(entry, stream)
      const read = orNull(() => parseAct(altered))
      if (read === null) return
      expect(formatNote({ text: formatActText(read.act), signatures: read.signatures })).toEqual(altered)
      const opened = orNull(() => openAct(altered, [officer.key]))
      if (opened !== null) expect(opened.act).toEqual(value)
    }),
    { numRuns: 1000 },
  )
})

test('#30 any bytes end in an act or a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      orNull(() => parseAct(bytes))
      orNull(() => parseAct(encodeUtf8(`parley.act/v1\n${decodeLoosely(bytes)}\n\n— a AAAAAAA=\n`)))
    }),
    { numRuns: 1000 },
  )
})

const decodeLoosely = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

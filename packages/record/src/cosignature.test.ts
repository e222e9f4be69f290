import { describe, expect, test } from 'vitest'
import { sha256 } from '#primitives'
import { decodeHex, encodeHex, encodeUtf8 } from './bytes.ts'
import { formatCheckpoint } from './checkpoint.ts'
import {
  cosignatureTimestamp,
  cosignCheckpoint,
  cosignSubtree,
  judgeCosignatureTime,
  verifyCosignature,
  verifySubtreeCosignature,
} from './cosignature.ts'
import { formatNote, parseNote, signNote } from './note.ts'
import { formatSignatureLine, parseSignatureLines, type SignatureLine } from './signature-line.ts'
import { openCheckpoint, signCheckpoint } from './signed-checkpoint.ts'
import { createSigner } from './signer.ts'
import { verdict } from './testing/fixtures.ts'

const seed = (byte: number) => new Uint8Array(32).fill(byte)
const log = createSigner({ name: 't.parley/alpha/1', type: 0x01, seed: seed(1) })
const witness = createSigner({ name: 'w.example/alpha', type: 0x04, seed: seed(3) })
const pq = createSigner({ name: 'w.example/alpha-pq', type: 0x06, seed: seed(5) })
const checkpoint = { origin: 't.parley/alpha/1', size: 5, root: sha256(encodeUtf8('root')) }
const text = formatCheckpoint(checkpoint)
const TIME = 1_795_000_000

describe('cosignature/v1', () => {
  test('is over the time and the whole text, and carries the time in eight bytes', () => {
    const line = cosignCheckpoint(text, witness, TIME)
    expect(encodeHex(line.signature.subarray(0, 8))).toBe('000000006afd86c0')
    const message = encodeUtf8(`cosignature/v1\ntime ${TIME}\n${text}`)
    expect(line.signature.subarray(8)).toEqual(witness.sign(message))
    expect(formatSignatureLine(line)).toBe(
      '— w.example/alpha whLwEAAAAABq/YbAgDHAj0UIQcSbGDYCPYROck3sOOFmmIW93DYcxTIntAHZbKNNhtniHbbpzzHzkILqyxyS04poc8a57olOFCs/Dg==\n',
    )
    expect(verifyCosignature(witness.key, text, line)).toBe(true)
    expect(cosignatureTimestamp(line)).toBe(TIME)
  })

  test('#17 a key of type 0x01 neither cosigns nor verifies cosignatures', () => {
    expect(verdict(() => cosignCheckpoint(text, log, TIME))).toBe('WRONG_KEY_TYPE')
    const message = encodeUtf8(`cosignature/v1\ntime ${TIME}\n${text}`)
    const signature = new Uint8Array([
      ...cosignCheckpoint(text, witness, TIME).signature.subarray(0, 8),
      ...log.sign(message),
    ])
    expect(verifyCosignature(log.key, text, { name: log.key.name, keyId: log.key.keyId, signature })).toBe(false)
  })

  test('#17 a cosigner signs no notes and no checkpoint as the log', () => {
    for (const cosigner of [witness, pq]) {
      expect(verdict(() => signNote(text, [cosigner]))).toBe('WRONG_KEY_TYPE')
      expect(verdict(() => signCheckpoint(checkpoint, cosigner))).toBe('WRONG_KEY_TYPE')
    }
  })

  test.each([0, -1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])(
    '#18 nothing is cosigned at %s',
    (timestampS) => {
      for (const cosigner of [witness, pq]) {
        expect(verdict(() => cosignCheckpoint(text, cosigner, timestampS))).toBe('INVALID_TIMESTAMP')
      }
    },
  )

  test('#18 an hour ahead is accepted and flagged, earlier than before is refused', () => {
    const known = { previousS: TIME, nowS: TIME + 10, skewS: 60 }
    expect(judgeCosignatureTime(TIME + 3600, known)).toEqual({ kind: 'ahead', byS: 3590 })
    expect(judgeCosignatureTime(TIME - 1, known)).toEqual({ kind: 'regressed', byS: 1 })
    expect(judgeCosignatureTime(TIME, known)).toEqual({ kind: 'current' })
    expect(judgeCosignatureTime(TIME + 70, known)).toEqual({ kind: 'current' })
    expect(judgeCosignatureTime(TIME + 71, known)).toEqual({ kind: 'ahead', byS: 61 })
    expect(judgeCosignatureTime(1, { ...known, previousS: null })).toEqual({ kind: 'current' })
  })

  test('#18 a line too short to hold a time has none', () => {
    for (const length of [1, 7]) {
      const line = { name: witness.key.name, keyId: witness.key.keyId, signature: new Uint8Array(length) }
      expect(verdict(() => cosignatureTimestamp(line))).toBe('INVALID_TIMESTAMP')
      expect(verifyCosignature(witness.key, text, line)).toBe(false)
    }
  })

  test('#19 only the text it was made for verifies', () => {
    const line = cosignCheckpoint(text, witness, TIME)
    for (const other of [
      text.replace('t.parley', 'u.parley'),
      text.replace('\n5\n', '\n6\n'),
      formatCheckpoint({ ...checkpoint, root: sha256(encodeUtf8('other')) }),
    ]) {
      expect(verifyCosignature(witness.key, other, line)).toBe(false)
    }
  })

  test('what is no checkpoint is not cosigned', () => {
    for (const other of ['hello\n', `${text}extension\n`, text.replace('\n5\n', '\n05\n'), 'parley.act/v1\n{}\n']) {
      for (const cosigner of [witness, pq]) {
        expect(verdict(() => cosignCheckpoint(other, cosigner, TIME))).not.toBe('accepted')
      }
      expect(verdict(() => verifyCosignature(witness.key, other, cosignCheckpoint(text, witness, TIME)))).not.toBe(
        'accepted',
      )
    }
  })

  test('an empty log is cosigned by either kind of key', () => {
    const empty = formatCheckpoint({ ...checkpoint, size: 0, root: sha256(new Uint8Array(0)) })
    for (const cosigner of [witness, pq]) {
      expect(verifyCosignature(cosigner.key, empty, cosignCheckpoint(empty, cosigner, TIME))).toBe(true)
    }
  })

  test('a checkpoint gathers the lines of its cosigners, and the lines of others stay in it', () => {
    const lines = [cosignCheckpoint(text, witness, TIME), cosignCheckpoint(text, pq, TIME + 1)]
    const { signatures } = parseNote(signCheckpoint(checkpoint, log))
    const note = formatNote({
      text,
      signatures: [...signatures, ...parseSignatureLines(lines.map(formatSignatureLine).join(''))],
    })
    const opened = openCheckpoint(note, log.key, [witness.key])
    expect(opened.cosignatures).toEqual([{ key: witness.key, timestampS: TIME, line: lines[0] }])
    expect(formatNote(opened.note)).toEqual(note)
  })
})

describe('subtree/v1', () => {
  const subtree = { origin: checkpoint.origin, start: 4, end: 5, hash: checkpoint.root }

  test('#20 the signed bytes are laid out as the standard says', () => {
    const line = cosignCheckpoint(text, pq, TIME)
    expect(line.signature.length).toBe(8 + 2420)
    const struct = decodeHex(
      [
        encodeHex(encodeUtf8('subtree/v1\n\0')),
        '12',
        encodeHex(encodeUtf8('w.example/alpha-pq')),
        '000000006afd86c0',
        '10',
        encodeHex(encodeUtf8('t.parley/alpha/1')),
        '0000000000000000',
        '0000000000000005',
        encodeHex(checkpoint.root),
      ].join(''),
    )
    expect(pq.sign(struct)).toEqual(line.signature.subarray(8))
  })

  test('#20 a line of another length, cosigner, range, log or hash does not verify', () => {
    const line = cosignSubtree(subtree, pq, 0)
    expect(verifySubtreeCosignature(pq.key, subtree, line)).toBe(true)
    const altered = (signature: Uint8Array): SignatureLine => ({ ...line, signature })
    expect(verifySubtreeCosignature(pq.key, subtree, altered(line.signature.subarray(0, -1)))).toBe(false)
    expect(verifySubtreeCosignature(pq.key, subtree, altered(new Uint8Array([...line.signature, 0])))).toBe(false)
    const flipped = line.signature.slice()
    flipped[100]! ^= 1
    expect(verifySubtreeCosignature(pq.key, subtree, altered(flipped))).toBe(false)
    const named = createSigner({ name: 'w.example/bravo-pq', type: 0x06, seed: seed(5) })
    expect(
      verifySubtreeCosignature(named.key, subtree, { ...line, name: named.key.name, keyId: named.key.keyId }),
    ).toBe(false)
    for (const change of [
      { start: 6, end: 7 },
      { start: 4, end: 6 },
      { origin: 'u.parley/alpha/1' },
      { hash: seed(0) },
    ]) {
      expect(verifySubtreeCosignature(pq.key, { ...subtree, ...change }, line)).toBe(false)
    }
  })

  test('#20 a subtree that does not start the log carries no time', () => {
    expect(verdict(() => cosignSubtree(subtree, pq, TIME))).toBe('INVALID_TIMESTAMP')
    const line = cosignSubtree({ ...subtree, start: 0 }, pq, TIME)
    expect(verifySubtreeCosignature(pq.key, { ...subtree, start: 0 }, line)).toBe(true)
    expect(verdict(() => verifySubtreeCosignature(pq.key, subtree, line))).toBe('INVALID_TIMESTAMP')
  })

  test('#20 a checkpoint is the subtree that starts the log', () => {
    const line = cosignSubtree({ origin: checkpoint.origin, start: 0, end: 5, hash: checkpoint.root }, pq, TIME)
    expect(verifyCosignature(pq.key, text, line)).toBe(true)
  })

  test.each([
    [5, 5],
    [5, 4],
    [1, 3],
    [2, 5],
    [-2, 0],
    [0, 2 ** 53],
    [0.5, 1],
  ])('the range %s to %s is no subtree', (start, end) => {
    expect(verdict(() => cosignSubtree({ ...subtree, start, end }, pq, 0))).toBe('INVALID_SUBTREE')
  })

  test('only a key of type 0x06 signs subtrees', () => {
    expect(verdict(() => cosignSubtree(subtree, witness, 0))).toBe('WRONG_KEY_TYPE')
    const line = cosignSubtree(subtree, pq, 0)
    const renamed = { ...line, name: witness.key.name, keyId: witness.key.keyId }
    expect(verifySubtreeCosignature(witness.key, subtree, renamed)).toBe(false)
  })

  test('sizes beyond 32 bits keep all their bits', () => {
    const wide = { ...subtree, start: 2 ** 52, end: 2 ** 52 + 2 ** 33 }
    const line = cosignSubtree(wide, pq, 0)
    expect(verifySubtreeCosignature(pq.key, wide, line)).toBe(true)
    expect(verifySubtreeCosignature(pq.key, { ...wide, end: 2 ** 52 + 2 ** 33 - 2 ** 32 }, line)).toBe(false)
  })
})

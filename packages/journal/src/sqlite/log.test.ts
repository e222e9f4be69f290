import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  cosignCheckpoint,
  createSigner,
  decodeBundle,
  encodeUtf8,
  leafHash,
  openCheckpoint,
  parseVkey,
  proveConsistency,
  proveInclusion,
  signCheckpoint,
  tileReader,
  verifyConsistency,
  verifyInclusion,
} from '@parley/record'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isJournalError, type JournalErrorCode } from '../errors.ts'
import type { Journal } from '../journal.ts'
import type { JournalLog, LogSettings, SignedCheckpoint } from '../log.ts'
import { tellingEntry } from '../testing/entries.ts'
import { testLog } from '../testing/keys.ts'
import { plainRoot, plainTile } from '../testing/tree.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

const LOG = testLog()
const key = parseVkey(LOG.vkey)

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-journal-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const open = (log: LogSettings = LOG.author, place = dir): Promise<Journal> => openSqliteJournal({ dir: place, log })
const logOf = (journal: Journal): JournalLog => journal.log as JournalLog
const entriesOf = (from: number, to: number): Uint8Array[] =>
  Array.from({ length: to - from }, (_, i) => tellingEntry(from + i, from, 1))
const headOf = (journal: Journal): SignedCheckpoint => logOf(journal).checkpoint() as SignedCheckpoint

/** A note over these leaves, as the log's own key signs it. */
const noteOver = (leaves: readonly Uint8Array[], log = LOG): Uint8Array =>
  signCheckpoint({ origin: log.origin, size: leaves.length, root: plainRoot(leaves) }, log.signer)

describe('an author', () => {
  it('has a signed head over nothing, and after each append one over all of it', async () => {
    const journal = await open()
    const leaves: Uint8Array[] = []
    for (const count of [0, 1, 1, 5, 248, 1, 1, 300]) {
      const more = entriesOf(leaves.length, leaves.length + count)
      leaves.push(...more)
      await journal.append(journal.head(), more)
      const { size, root, note } = headOf(journal)
      expect(size).toBe(leaves.length)
      expect(Buffer.compare(root, plainRoot(leaves))).toBe(0)
      expect(openCheckpoint(note, key).checkpoint).toEqual({ origin: LOG.origin, size, root })
      expect(Buffer.compare(note, noteOver(leaves))).toBe(0)
    }
    await journal.close()
  })

  it('makes one head for all that becomes durable together, and shows it no sooner', async () => {
    const journal = await open()
    const appends = entriesOf(0, 50).map((entry, i) => journal.append(i, [entry]))
    expect(headOf(journal).size).toBe(0)
    await Promise.all(appends)
    expect(headOf(journal).size).toBe(50)
    await journal.close()
    const again = await open()
    expect(headOf(again).size).toBe(50)
    await again.close()
  })

  it('serves tiles and bundles of the signed tree, full and partial, at any width up to it', async () => {
    const journal = await open()
    const log = logOf(journal)
    const leaves = entriesOf(0, 256 * 3 + 17)
    await journal.append(0, leaves)
    for (const [level, index, width] of [
      [0, 0, 256],
      [0, 2, 256],
      [0, 2, 9],
      [0, 3, 17],
      [0, 3, 1],
      [1, 0, 3],
      [1, 0, 2],
    ] as const) {
      const tile = await log.tile(level, index, width)
      expect(Buffer.compare(tile as Uint8Array, plainTile(leaves, level, { index, width }))).toBe(0)
      if (level > 0) continue
      const bundle = decodeBundle((await log.bundle(index, width)) as Uint8Array, width)
      expect(bundle.map((leaf) => Buffer.from(leaf))).toEqual(
        leaves.slice(256 * index, 256 * index + width).map((leaf) => Buffer.from(leaf)),
      )
    }
    for (const [level, index, width] of [
      [0, 3, 18],
      [0, 3, 256],
      [0, 4, 1],
      [1, 0, 4],
      [1, 1, 1],
      [2, 0, 1],
      [63, 0, 1],
      [0, 0, 0],
      [0, 0, 257],
      [0, -1, 1],
      [-1, 0, 1],
      [0.5, 0, 1],
      [0, 0.5, 1],
      [0, 2 ** 53, 1],
    ] as const) {
      expect(await log.tile(level, index, width)).toBeNull()
      if (level === 0) expect(await log.bundle(index, width)).toBeNull()
    }
    await journal.close()
  })

  it('gives proofs that verify, through its tiles', async () => {
    const journal = await open()
    const leaves = entriesOf(0, 256 * 2 + 40)
    await journal.append(0, leaves.slice(0, 300))
    const from = headOf(journal)
    await journal.append(300, leaves.slice(300))
    const { size, root } = headOf(journal)
    const reader = tileReader(logOf(journal))
    for (const index of [0, 255, 256, 299, size - 1]) {
      const proof = await proveInclusion(reader, { index, size })
      verifyInclusion({ leaf: leafHash(leaves[index] as Uint8Array), index, size, root, proof })
    }
    const proof = await proveConsistency(reader, { from: from.size, to: size })
    verifyConsistency({ from: from.size, to: size, fromRoot: from.root, toRoot: root, proof })
    for (const at of [0, 1, 256, 300, size]) {
      expect(Buffer.compare(await logOf(journal).rootAt(at), plainRoot(leaves.slice(0, at)))).toBe(0)
    }
    await refused(logOf(journal).rootAt(size + 1), 'OUT_OF_RANGE')
    await journal.close()
  })

  it('#34 takes entries of 0 and 65,535 bytes as leaves, puts a longer one in the tree by its hash, and refuses one that looks like such a text', async () => {
    const journal = await open()
    const log = logOf(journal)
    const longest = new Uint8Array(65_535).fill(3)
    const long = new Uint8Array(65_536).fill(4)
    const hex = createHash('sha256').update(long).digest('hex')
    await journal.append(0, [new Uint8Array(0), longest, long])
    await journal.append(3, [long])
    const named = encodeUtf8(`parley.blob/v1\n${hex}\n65536\n`)
    const leaves = [new Uint8Array(0), longest, named, named]
    expect(Buffer.compare(headOf(journal).root, plainRoot(leaves))).toBe(0)
    const bundle = decodeBundle((await log.bundle(0, 4)) as Uint8Array, 4)
    expect(bundle.map((leaf) => Buffer.from(leaf))).toEqual(leaves.map((leaf) => Buffer.from(leaf)))
    expect(Buffer.compare((await log.blob(hex)) as Uint8Array, long)).toBe(0)
    for (const other of ['0'.repeat(64), hex.toUpperCase(), hex.slice(1), '../keys']) {
      expect(await log.blob(other)).toBeNull()
    }
    const error = await refused(journal.append(4, [longest, named]), 'RESERVED_ENTRY')
    expect(error.details).toMatchObject({ index: 1 })
    expect(await journal.append(4, [longest])).toBe(5)
    await journal.close()
  })

  it('#69 signs the same heads under a clock that jumps, stands still and runs backwards', async () => {
    const hour = 3_600_000
    const times = [0, hour, -hour, 0, 0, 1000, 1000, -62e12]
    let calls = 0
    const now = vi.spyOn(Date, 'now').mockImplementation(() => 1.8e12 + (times[calls++ % times.length] as number))
    try {
      let journal = await open()
      const leaves = entriesOf(0, 30)
      for (const [i, leaf] of leaves.entries()) {
        await journal.append(i, [leaf])
        if (i % 10 === 9) {
          await journal.close()
          journal = await open()
        }
      }
      expect(Buffer.compare(headOf(journal).note, noteOver(leaves))).toBe(0)
      await journal.close()
    } finally {
      now.mockRestore()
    }
  })

  it('refuses another origin or key than the log has, and settings that cannot be', async () => {
    await (await open()).close()
    const other = testLog('other.parley/tests/1')
    const sameName = testLog(LOG.origin, 8)
    expect((await refused(open(other.author), 'OTHER_LOG')).details).toMatchObject({ field: 'origin' })
    expect((await refused(open(sameName.author), 'OTHER_LOG')).details).toMatchObject({ field: 'key' })
    expect((await refused(open(LOG.mirror), 'OTHER_LOG')).details).toMatchObject({ field: 'author' })
    const wrongName = { ...LOG.author, origin: other.origin }
    expect((await refused(open(wrongName), 'INVALID_LOG')).details).toMatchObject({ field: 'log.author.skey' })
    const secret = 'PRIVATE+KEY+x+00000000+AXNlY3JldA=='
    const broken = { origin: LOG.origin, author: { kind: 'signer', skey: secret } } as const
    const error = await refused(open(broken), 'INVALID_LOG')
    expect(JSON.stringify([error.message, error.details])).not.toContain('AXNlY3JldA')
    await (await open()).close()
  })

  it('opened without its author is read, served and not written', async () => {
    const author = await open()
    const leaves = entriesOf(0, 300)
    await author.append(0, leaves)
    await author.close()
    const reader = await openSqliteJournal({ dir })
    expect(logOf(reader).standing()).toEqual({ kind: 'reading' })
    expect(logOf(reader).author).toBe('reader')
    expect(headOf(reader).size).toBe(300)
    expect(await logOf(reader).tile(0, 0, 256)).not.toBeNull()
    await refused(reader.append(300, [new Uint8Array(1)]), 'NOT_SIGNING')
    await refused(logOf(reader).reconcile([]), 'NOT_SIGNING')
    await refused(logOf(reader).seal('x/2'), 'NOT_SIGNING')
    expect(reader.head()).toBe(300)
    await reader.close()
  })
})

describe('cosignatures', () => {
  const cosigner = (name: string, fill: number) =>
    createSigner({ name, type: 0x04, seed: new Uint8Array(32).fill(fill) })
  const witness = cosigner('witness.example/w', 1)
  const mirror = cosigner('mirror.example/m', 2)

  it('are kept with their head, the latest of each cosigner, across a restart', async () => {
    const journal = await open()
    const log = logOf(journal)
    await journal.append(0, entriesOf(0, 5))
    const head = headOf(journal)
    const text = openCheckpoint(head.note, key).text
    expect(log.cosignedCheckpoint()).toBeNull()
    await log.saveCosignatures(5, [cosignCheckpoint(text, witness, 1000)])
    await journal.append(5, entriesOf(5, 9))
    await log.saveCosignatures(5, [cosignCheckpoint(text, mirror, 1001), cosignCheckpoint(text, witness, 1010)])
    // An older one changes nothing.
    await log.saveCosignatures(5, [cosignCheckpoint(text, witness, 1005)])
    const check = (one: JournalLog): void => {
      const cosigned = one.cosignedCheckpoint() as SignedCheckpoint
      expect(cosigned.size).toBe(5)
      const opened = openCheckpoint(cosigned.note, key, [witness.key, mirror.key])
      expect(new Map(opened.cosignatures.map((each) => [each.key.name, each.timestampS]))).toEqual(
        new Map([
          ['witness.example/w', 1010],
          ['mirror.example/m', 1001],
        ]),
      )
      expect(one.checkpoint()?.size).toBe(9)
    }
    check(log)
    await refused(log.saveCosignatures(6, [cosignCheckpoint(text, witness, 1)]), 'UNKNOWN_CHECKPOINT')
    const short = { name: 'x', keyId: 1, signature: new Uint8Array(3) }
    await refused(log.saveCosignatures(5, [short]), 'INVALID_COSIGNATURE')
    await journal.close()
    const again = await open()
    check(logOf(again))
    const note = headOf(again)
    await logOf(again).saveCosignatures(9, [cosignCheckpoint(openCheckpoint(note.note, key).text, witness, 1020)])
    expect(logOf(again).cosignedCheckpoint()?.size).toBe(9)
    await again.close()
  })
})

describe('a mirror', () => {
  it('keeps entries with the note that covers them, and refuses all else without effect', async () => {
    const journal = await open(LOG.mirror)
    const log = logOf(journal)
    const leaves = entriesOf(0, 700)
    expect(log.checkpoint()).toBeNull()
    expect(log.standing()).toEqual({ kind: 'mirroring' })
    expect(await log.appendSigned(0, leaves.slice(0, 300), noteOver(leaves.slice(0, 300)))).toBe(300)
    expect(Buffer.compare(headOf(journal).note, noteOver(leaves.slice(0, 300)))).toBe(0)

    const more = leaves.slice(300, 310)
    const good = noteOver(leaves.slice(0, 310))
    const other = testLog('other.parley/tests/1')
    const swapped = [...leaves.slice(0, 308), leaves[309] as Uint8Array, leaves[308] as Uint8Array]
    await refused(log.appendSigned(299, more, good), 'HEAD_MOVED')
    await refused(log.appendSigned(300, more, noteOver(leaves.slice(0, 310), other)), 'INVALID_CHECKPOINT')
    await refused(
      log.appendSigned(300, more, noteOver(leaves.slice(0, 310), testLog(LOG.origin, 9))),
      'INVALID_CHECKPOINT',
    )
    await refused(log.appendSigned(300, more, noteOver(leaves.slice(0, 311))), 'INVALID_CHECKPOINT')
    await refused(log.appendSigned(300, more, noteOver(leaves.slice(0, 200))), 'INVALID_CHECKPOINT')
    await refused(log.appendSigned(300, more, encodeUtf8('nothing')), 'INVALID_CHECKPOINT')
    await refused(log.appendSigned(300, more, noteOver(swapped)), 'ROOT_MISMATCH')
    await refused(log.appendSigned(300, [], noteOver(swapped.slice(0, 300).toReversed())), 'ROOT_MISMATCH')
    expect(journal.head()).toBe(300)
    expect(await log.tile(0, 1, 45)).toBeNull()

    expect(await log.appendSigned(300, more, good)).toBe(310)
    expect(await log.appendSigned(310, [], good)).toBe(310)
    await journal.close()
    const again = await open(LOG.mirror)
    expect(again.head()).toBe(310)
    expect(Buffer.compare(headOf(again).note, good)).toBe(0)
    await again.close()
  })

  it('holds proven entries ahead of their note, serves only what the note covers, and moves the note on', async () => {
    let journal = await open(LOG.mirror)
    const leaves = entriesOf(0, 600)
    await journal.append(0, leaves.slice(0, 256))
    await journal.append(256, leaves.slice(256, 520))
    expect(journal.head()).toBe(520)
    expect(logOf(journal).checkpoint()).toBeNull()
    expect(await logOf(journal).tile(0, 0, 1)).toBeNull()
    await journal.close()
    journal = await open(LOG.mirror)
    expect(journal.head()).toBe(520)
    for (const size of [300, 301, 512, 520]) {
      const log = logOf(journal)
      expect(await log.appendSigned(520, [], noteOver(leaves.slice(0, size)))).toBe(520)
      expect(headOf(journal).size).toBe(size)
      const width = size - 256
      const tile = await log.tile(0, 1, width)
      expect(Buffer.compare(tile as Uint8Array, plainTile(leaves, 0, { index: 1, width: Math.min(256, width) }))).toBe(
        0,
      )
      expect(await log.tile(0, 2, 9)).toBeNull()
      await journal.close()
      journal = await open(LOG.mirror)
      if (size === 512) break
    }
    await refused(logOf(journal).appendSigned(520, [], noteOver(leaves.slice(0, 300))), 'INVALID_CHECKPOINT')
    // The note of what is here does not hold up entries that come behind.
    const moved = logOf(journal).appendSigned(520, [], noteOver(leaves.slice(0, 520)))
    const behind = journal.append(520, leaves.slice(520, 530))
    expect([await moved, await behind]).toEqual([520, 530])
    expect(headOf(journal).size).toBe(520)
    expect(await logOf(journal).appendSigned(530, leaves.slice(530), noteOver(leaves))).toBe(600)
    await journal.close()
  })

  it('keeps the texts that stand for long entries as the leaves they are', async () => {
    const journal = await open(LOG.mirror)
    const text = encodeUtf8(`parley.blob/v1\n${'a'.repeat(64)}\n70000\n`)
    await logOf(journal).appendSigned(0, [text], noteOver([text]))
    const [leaf] = decodeBundle((await logOf(journal).bundle(0, 1)) as Uint8Array, 1)
    expect(Buffer.compare(leaf as Uint8Array, text)).toBe(0)
    await journal.close()
    const reader = await openSqliteJournal({ dir })
    expect(await logOf(reader).bundle(0, 1)).not.toBeNull()
    await reader.close()
  })

  it('takes a long run from a stream in bounded steps, none of it visible before the note holds', async () => {
    const journal = await open(LOG.mirror)
    const log = logOf(journal)
    const leaves = Array.from({ length: 600 }, (_, i) => new Uint8Array(30_000).fill(i))
    const heads: number[] = []
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (const leaf of leaves) {
        heads.push(journal.head())
        yield leaf
        if (heads.length % 100 === 0) await refused(journal.append(0, [leaf]), 'HEAD_MOVED')
      }
    }
    await refused(log.appendSigned(0, stream(), noteOver(leaves.toReversed())), 'ROOT_MISMATCH')
    expect(journal.head()).toBe(0)
    const broken = (async function* () {
      yield* leaves.slice(0, 400)
      throw new Error('the line broke')
    })()
    await expect(log.appendSigned(0, broken, noteOver(leaves))).rejects.toThrow('the line broke')
    expect(await log.appendSigned(0, stream(), noteOver(leaves))).toBe(600)
    expect(new Set(heads)).toEqual(new Set([0]))
    const tile = await log.tile(0, 1, 256)
    expect(Buffer.compare(tile as Uint8Array, plainTile(leaves, 0, { index: 1, width: 256 }))).toBe(0)
    await journal.close()
  })

  it('#54 of two appends for two branches at once commits at most one', async () => {
    const journal = await open(LOG.mirror)
    const log = logOf(journal)
    const a = entriesOf(0, 20)
    const b = entriesOf(0, 21).slice(1)
    const settled = await Promise.allSettled([log.appendSigned(0, a, noteOver(a)), log.appendSigned(0, b, noteOver(b))])
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(journal.head()).toBe(20)
    await refused(log.appendSigned(20, [b[19] as Uint8Array], noteOver([...b, b[19] as Uint8Array])), 'ROOT_MISMATCH')
    await journal.close()
  })

  it('#63 whose disk is full keeps neither entries nor note, says so, and serves what it had', async () => {
    const journal = await openSqliteJournal({ dir, log: LOG.mirror, maxStoreBytes: 200_000 })
    const log = logOf(journal)
    const leaves = [...entriesOf(0, 20), ...Array.from({ length: 20 }, (_, i) => new Uint8Array(20_000).fill(i))]
    await log.appendSigned(0, leaves.slice(0, 20), noteOver(leaves.slice(0, 20)))
    const error = await refused(log.appendSigned(20, leaves.slice(20), noteOver(leaves)), 'COMMIT_FAILED')
    expect(error.details).toMatchObject({ reason: 'disk-full', outcome: 'absent', head: 20 })
    expect(headOf(journal).size).toBe(20)
    expect(await log.bundle(0, 20)).not.toBeNull()
    await refused(log.appendSigned(20, [], noteOver(leaves.slice(0, 20))), 'COMMIT_FAILED')
    await journal.close()
    const roomier = await open(LOG.mirror)
    expect(roomier.head()).toBe(20)
    expect(await logOf(roomier).appendSigned(20, leaves.slice(20), noteOver(leaves))).toBe(40)
    await roomier.close()
  })

  it('cannot be made of a folder whose entries nobody signed', async () => {
    const plain = await openSqliteJournal({ dir })
    await plain.append(0, [new Uint8Array(3)])
    await plain.close()
    await refused(open(LOG.mirror), 'OTHER_LOG')
    const again = await openSqliteJournal({ dir })
    expect(again.log).toBeNull()
    expect(await again.append(1, [new Uint8Array(3)])).toBe(2)
    await again.close()
  })
})

async function refused(
  promise: Promise<unknown>,
  code: JournalErrorCode,
): Promise<{ readonly message: string; readonly details: object }> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!isJournalError(error)) throw new Error(`expected ${code}, got ${String(error)}`)
  expect(error.code).toBe(code)
  return error
}

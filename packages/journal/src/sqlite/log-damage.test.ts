import { copyFile, cp, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { leafHash } from '@parley/record'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isJournalError, type JournalError } from '../errors.ts'
import type { Journal, JournalNotice } from '../journal.ts'
import type { JournalLog, SignedCheckpoint } from '../log.ts'
import { inDatabase, storedHeads, storedTiles } from '../testing/database.ts'
import { tellingEntry } from '../testing/entries.ts'
import { testLog } from '../testing/keys.ts'
import { batchByteLength, sealBatch } from './batch.ts'
import type { SealedBatch, StoreSettings } from './protocol.ts'
import { openSqliteJournal } from './sqlite-journal.ts'
import { SqliteStore } from './store.ts'

const LOG = testLog()
/** Enough for a full tile on the second level and another one begun there. */
const SIZE = 256 * 256 + 256 * 2 + 30
const PER_BATCH = 700

/** Small entries: the tree is what matters here. */
const entryAt = (seq: number): Uint8Array => new TextEncoder().encode(`entry ${seq}`)

let root: string
let whole: string
let tiles: string[]
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'parley-journal-'))
  whole = join(root, 'whole')
  const journal = await openSqliteJournal({ dir: whole, log: LOG.author })
  // One commit each, and with it one stored batch.
  for (let head = 0; head < SIZE; head = journal.head()) {
    const count = Math.min(PER_BATCH, SIZE - head)
    await journal.append(
      head,
      Array.from({ length: count }, (_, i) => entryAt(head + i)),
    )
  }
  await journal.close()
  tiles = storedTiles(whole)
})
afterAll(() => rm(root, { recursive: true, force: true }))

let dir: string
let notices: JournalNotice[]
beforeEach(async () => {
  dir = await mkdtemp(join(root, 'case-'))
  notices = []
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const copy = (): Promise<void> => cp(whole, dir, { recursive: true })
const open = (place = dir): Promise<Journal> =>
  openSqliteJournal({ dir: place, log: LOG.author, onNotice: (notice) => notices.push(notice) })
const logOf = (journal: Journal): JournalLog => journal.log as JournalLog
const headOf = (journal: Journal): SignedCheckpoint => logOf(journal).checkpoint() as SignedCheckpoint
const rebuilt = (): number => notices.reduce((sum, one) => sum + (one.kind === 'tiles-rebuilt' ? one.tiles : 0), 0)

/** Changes one bit of a tile's stored bytes at `at`, mending its checksum or not. */
const flipTile = (level: number, index: number, { at, mended }: { at: number; mended: boolean }): unknown =>
  inDatabase(
    dir,
    `const [sum, bytes] = db.prepare('SELECT crc32, bytes FROM tile WHERE level = ? AND idx = ?').raw().get([${level}, ${index}])
     bytes[${at}] ^= 1
     db.prepare('UPDATE tile SET bytes = ?, crc32 = ? WHERE level = ? AND idx = ?')
       .run([bytes, ${mended} ? crc32(bytes) : sum, ${level}, ${index}])`,
  )

/** Rewrites the stored batch from `first` on, with a checksum that holds: as an attacker would. */
function rewriteBatch(first: number, entries: readonly Uint8Array[]): void {
  const size = entries.reduce((sum, entry) => sum + entry.byteLength, 0)
  const buffer = new ArrayBuffer(batchByteLength(size, entries.length))
  let at = 0
  for (const entry of entries) {
    new Uint8Array(buffer).set(entry, at)
    at += entry.byteLength
  }
  sealBatch(
    buffer,
    size,
    entries.map(({ byteLength }) => byteLength),
  )
  inDatabase(
    dir,
    `const bytes = Buffer.from('${Buffer.from(buffer).toString('base64')}', 'base64')
     const head = Buffer.alloc(16)
     head.writeUInt32LE(${first}, 4); head.writeUInt32LE(${entries.length}, 8); head.writeUInt32LE(bytes.length, 12)
     db.prepare('UPDATE batch SET bytes = ?, crc32 = ?, count = ${entries.length} WHERE first_seq = ${first}')
       .run([bytes, crc32(bytes, crc32(head))])`,
  )
}

/** The batch that holds `seq`, as it was stored. */
function batchHolding(seq: number): { first: number; entries: Uint8Array[] } {
  const [first, count] = inDatabase(
    dir,
    `return db.prepare('SELECT first_seq, count FROM batch WHERE first_seq <= ${seq} ORDER BY first_seq DESC LIMIT 1').raw().get([])`,
  ) as [number, number]
  return { first, entries: Array.from({ length: count }, (_, i) => entryAt(first + i)) }
}

describe('tiles that were lost or altered', () => {
  it.each([
    [
      'truncated',
      (): unknown =>
        inDatabase(dir, `db.exec('UPDATE tile SET bytes = substr(bytes, 1, 8000) WHERE level = 0 AND idx = 7')`),
    ],
    ['with a flipped bit', (): unknown => flipTile(0, 7, { at: 4000, mended: false })],
    ['with a flipped bit and a checksum that fits', (): unknown => flipTile(0, 7, { at: 4000, mended: true })],
    ['that is gone', (): unknown => inDatabase(dir, `db.exec('DELETE FROM tile WHERE level = 0 AND idx = 7')`)],
  ])('#43 #45 a tile %s is made again from the entries, and served as it was', async (_, damage) => {
    await copy()
    damage()
    const journal = await open()
    const served = await logOf(journal).tile(0, 7, 256)
    const hashes = Array.from({ length: 256 }, (_, i) => leafHash(entryAt(7 * 256 + i)))
    expect(Buffer.compare(served as Uint8Array, Buffer.concat(hashes))).toBe(0)
    expect(rebuilt()).toBe(1)
    await journal.close()
    expect(storedTiles(dir)).toEqual(tiles)
  })

  it('#43 so is one on a higher level, whether opening needs it or not', async () => {
    for (const mended of [false, true]) {
      await copy()
      notices = []
      flipTile(1, 0, { at: 99, mended })
      flipTile(0, 3, { at: 99, mended })
      const journal = await open()
      expect(await logOf(journal).tile(1, 0, 256)).not.toBeNull()
      expect(await logOf(journal).tile(0, 3, 256)).not.toBeNull()
      expect(rebuilt()).toBe(2)
      await journal.close()
      expect(storedTiles(dir)).toEqual(tiles)
    }
  })

  it('#43 a tile and its entry changed alike, checksums fitting, are found out by the tree above, and not served', async () => {
    await copy()
    const seq = 7 * 256 + 9
    const { first, entries } = batchHolding(seq)
    entries[seq - first] = new TextEncoder().encode('entry 0000')
    rewriteBatch(first, entries)
    const altered = Buffer.from(leafHash(entries[seq - first] as Uint8Array)).toString('base64')
    inDatabase(
      dir,
      `const [bytes] = db.prepare('SELECT bytes FROM tile WHERE level = 0 AND idx = 7').raw().get([])
       Buffer.from('${altered}', 'base64').copy(bytes, 32 * 9)
       db.prepare('UPDATE tile SET bytes = ?, crc32 = ? WHERE level = 0 AND idx = 7').run([bytes, crc32(bytes)])`,
    )
    const journal = await open()
    const error = await failure(logOf(journal).tile(0, 7, 256))
    expect(error.code).toBe('CORRUPT')
    expect(error.details).toMatchObject({ seq: 7 * 256 })
    expect((await failure(logOf(journal).bundle(7, 256))).code).toBe('CORRUPT')
    expect(await logOf(journal).bundle(6, 256)).not.toBeNull()
    await journal.close()
  })

  it('#43 the same at the end of the log keeps it from opening: it signs nothing on top', async () => {
    await copy()
    const seq = SIZE - 3
    const { first, entries } = batchHolding(seq)
    entries[seq - first] = new TextEncoder().encode('entry x')
    rewriteBatch(first, entries)
    const error = await failure(open())
    expect(error.code).toBe('LOG_MISMATCH')
    expect(error.details).toMatchObject({ size: SIZE })
    expect(error.message).toContain('Restore the folder from a copy or a mirror')
    expect(storedHeads(dir).at(-1)).toBe(SIZE)
  })

  it('#44 swapped entries and an entry too few are found out, by bundle and at opening', async () => {
    await copy()
    const { first, entries } = batchHolding(9 * 256 + 9)
    ;[entries[9], entries[10]] = [entries[10] as Uint8Array, entries[9] as Uint8Array]
    rewriteBatch(first, entries)
    let journal = await open()
    expect(await failure(logOf(journal).bundle(Math.floor((first + 9) / 256), 256))).toMatchObject({
      code: 'CORRUPT',
      details: { seq: first + 9 },
    })
    await journal.close()

    await copy()
    rewriteBatch(first, entries.slice(0, -1))
    journal = await open()
    const missing = first + entries.length - 1
    expect((await failure(logOf(journal).bundle(Math.floor(missing / 256), 256))).code).toBe('CORRUPT')
    await journal.close()

    await copy()
    inDatabase(dir, `db.exec('DELETE FROM batch WHERE first_seq = (SELECT max(first_seq) FROM batch)')`)
    const error = await failure(open())
    expect(error.code).toBe('CORRUPT')
    expect(error.message).toContain(`its newest signed head is of size ${SIZE}`)
  })

  it('#68 with all of them deleted, rebuilds them byte for byte', async () => {
    for (const sql of ['DELETE FROM tile', 'DELETE FROM tile WHERE level = 0', 'DELETE FROM tile WHERE idx % 2 = 1']) {
      await copy()
      notices = []
      inDatabase(dir, `db.exec('${sql}')`)
      const journal = await open()
      for (let index = 0; index < 258; index++) expect(await logOf(journal).tile(0, index, 256)).not.toBeNull()
      expect(await logOf(journal).tile(1, 0, 256)).not.toBeNull()
      expect(rebuilt()).toBeGreaterThan(0)
      expect(await journal.append(SIZE, [entryAt(SIZE)])).toBe(SIZE + 1)
      await journal.close()
      expect(storedTiles(dir)).toEqual(tiles)
    }
  })

  it('a signed head that was altered keeps the log from opening', async () => {
    for (const change of [
      `UPDATE checkpoint SET root = zeroblob(32) WHERE size = ${SIZE}`,
      `UPDATE checkpoint SET signature = zeroblob(64) WHERE size = ${SIZE}`,
      `DELETE FROM checkpoint WHERE size = ${SIZE}`,
      'DELETE FROM checkpoint',
    ]) {
      await copy()
      inDatabase(dir, `db.exec('${change}')`)
      const error = await failure(open())
      expect(['CORRUPT', 'LOG_MISMATCH']).toContain(error.code)
      expect(error.message).toContain('Restore the folder from a copy or a mirror')
    }
  })
})

describe('a crash while the log is written', () => {
  it('#57 #61 a torn last transaction goes with its head; the head before it is published, and signed over anew', async () => {
    const live = join(dir, 'live')
    const crashed = join(dir, 'crashed')
    await mkdir(crashed)
    await openSqliteJournal({ dir: live, log: LOG.author }).then((journal) => journal.close())
    const journal = await open(live)
    const ends: number[] = []
    const heads: SignedCheckpoint[] = []
    for (const count of [3, 1, 256, 2]) {
      const first = journal.head()
      await journal.append(
        first,
        Array.from({ length: count }, (_, i) => tellingEntry(first + i, first, count)),
      )
      ends.push((await stat(join(live, 'journal.db-wal'))).size)
      heads.push(headOf(journal))
    }
    for (const name of ['journal.db', 'journal.db-wal']) await copyFile(join(live, name), join(crashed, name))
    await journal.close()
    const wal = join(crashed, 'journal.db-wal')
    const bytes = await readFile(wal)

    for (const [i, end] of ends.entries()) {
      const place = join(dir, `cut-${i}`)
      for (const cut of [end, end - 1, end - 4096 - 24, end - 2000]) {
        await cp(crashed, place, { recursive: true })
        await truncate(join(place, 'journal.db-wal'), cut)
        const expected = cut === end ? heads[i] : heads[i - 1]
        const again = await open(place)
        expect(again.head()).toBe(expected?.size ?? 0)
        expect(headOf(again).size).toBe(again.head())
        if (expected !== undefined) expect(headOf(again)).toEqual(expected)
        await again.append(again.head(), [new Uint8Array(7)])
        await again.close()
        await (await open(place)).close()
        await rm(place, { recursive: true })
      }
    }
    // Rot before a later transaction is no crash.
    const rotten = Buffer.from(bytes)
    const at = (ends[0] as number) + 24 + 100
    rotten[at] = (rotten[at] as number) ^ 1
    await writeFile(wal, rotten)
    expect((await failure(open(crashed))).code).toBe('CORRUPT')
    expect((await readFile(wal)).equals(rotten)).toBe(true)
  })
})

describe('a machine that computes wrongly', () => {
  const settings = (): StoreSettings => ({
    dir,
    kind: 'journal',
    createdMs: 0,
    checkpointBytes: 1 << 20,
    maxStoreBytes: null,
    self: { pid: process.pid, host: 'test' },
    log: LOG.author,
  })
  const sealed = (firstSeq: number, entries: readonly Uint8Array[]): SealedBatch => {
    const size = entries.reduce((sum, entry) => sum + entry.byteLength, 0)
    const buffer = new ArrayBuffer(batchByteLength(size, entries.length))
    let at = 0
    for (const entry of entries) {
      new Uint8Array(buffer).set(entry, at)
      at += entry.byteLength
    }
    const lengths = entries.map(({ byteLength }) => byteLength)
    return { firstSeq, count: entries.length, buffer, byteLength: sealBatch(buffer, size, lengths) }
  }

  it('#67 one bit flipped between hash and signature halts the log before it signs; the next start goes on', async () => {
    let flip = -1
    let hashed = 0
    const store = new SqliteStore(settings(), {
      notify: (notice) => notices.push(notice),
      hashLeaf: (leaf) => {
        const hash = leafHash(leaf)
        if (hashed++ === flip) hash[31] = (hash[31] as number) ^ 4
        return hash
      },
    })
    store.commit([sealed(0, [entryAt(0), entryAt(1)])])
    const before = store.log?.checkpoint
    flip = 3
    const commit = (): void => store.commit([sealed(2, [entryAt(2), entryAt(3), entryAt(4)])])
    const error = caught(commit)
    expect(error.code).toBe('COMMIT_FAILED')
    expect(error.details).toMatchObject({ reason: 'computation-mismatch', outcome: 'absent', head: 2 })
    expect(error.message).toContain('Nothing was signed')
    expect(caught(commit)).toBe(error)
    expect(store.log?.checkpoint).toEqual(before)
    expect(store.head).toBe(2)
    store.close()
  })

  it('#67 nothing of it is left in the files', async () => {
    let hashed = 0
    const store = new SqliteStore(settings(), {
      notify: () => undefined,
      hashLeaf: (leaf) => (++hashed > 256 ? leafHash(new Uint8Array(1)) : leafHash(leaf)),
    })
    const entries = Array.from({ length: 257 }, (_, seq) => entryAt(seq))
    expect(caught(() => store.commit([sealed(0, entries)])).code).toBe('COMMIT_FAILED')
    const left = join(dir, 'left')
    await mkdir(left)
    for (const name of ['journal.db', 'journal.db-wal']) await copyFile(join(dir, name), join(left, name))
    store.close()
    expect(inDatabase(left, `return db.prepare('SELECT count(*) FROM batch').raw().get([])`)).toEqual([0])
    expect(storedTiles(left)).toEqual([])
    expect(storedHeads(left)).toEqual([])
    const journal = await open(left)
    expect(await journal.append(0, [entryAt(0)])).toBe(1)
    await journal.close()
  })
})

async function failure(promise: Promise<unknown>): Promise<JournalError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!isJournalError(error)) throw new Error(`expected an error of the journal, got ${String(error)}`)
  return error
}

function caught(work: () => void): JournalError {
  try {
    work()
  } catch (error) {
    if (isJournalError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

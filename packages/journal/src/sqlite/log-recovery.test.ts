import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signCheckpoint } from '@parley/record'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isJournalError, type JournalErrorCode } from '../errors.ts'
import type { Journal } from '../journal.ts'
import type { JournalLog, LogSettings, SignedCheckpoint } from '../log.ts'
import { recoverTail, type TailSource } from '../recover-tail.ts'
import { inDatabase, storedHeads, storedTiles } from '../testing/database.ts'
import { tellingEntry } from '../testing/entries.ts'
import { testLog } from '../testing/keys.ts'
import { plainRoot } from '../testing/tree.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

const LOG = testLog()
const SIZE = 700
/** An entry too long for a leaf lies in every tail. */
const LONG = SIZE - 1
const entryAt = (seq: number): Uint8Array => (seq === LONG ? new Uint8Array(70_000).fill(9) : tellingEntry(seq, seq, 1))

let root: string
let whole: SignedCheckpoint
let mirror: Journal
/** Copies of the author's folder as they were at these sizes. */
const backups = [SIZE - 1, SIZE - 100, 256, 1]

const open = (dir: string, log: LogSettings): Promise<Journal> => openSqliteJournal({ dir, log })
const logOf = (journal: Journal): JournalLog => journal.log as JournalLog
const headOf = (journal: Journal): SignedCheckpoint => logOf(journal).checkpoint() as SignedCheckpoint
const backup = (size: number): string => join(root, `backup-${size}`)

/** What a mirror serves, here straight from its journal. */
const sourceOf = (from: Journal): TailSource => ({
  checkpoint: async () => headOf(from).note,
  bundle: async (index, width) => (await logOf(from).bundle(index, width)) as Uint8Array,
  blob: async (sha256) => (await logOf(from).blob(sha256)) as Uint8Array,
})

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'parley-journal-'))
  const live = join(root, 'live')
  let author = await open(live, LOG.author)
  for (let head = 0; head < SIZE; ) {
    const stops = [...backups, SIZE].filter((size) => size > head)
    const to = Math.min(...stops, head + 37)
    await author.append(
      head,
      Array.from({ length: to - head }, (_, i) => entryAt(head + i)),
    )
    head = to
    if (!backups.includes(head)) continue
    await author.close()
    await cp(live, backup(head), { recursive: true })
    author = await open(live, LOG.author)
  }
  whole = headOf(author)
  mirror = await open(join(root, 'mirror'), LOG.mirror)
  const entries: Uint8Array[] = []
  for await (const { bytes } of author.read(0, SIZE)) entries.push(bytes.slice())
  await logOf(mirror).appendSigned(0, entries, whole.note)
  await author.close()
})
afterAll(async () => {
  await mirror.close()
  await rm(root, { recursive: true, force: true })
})

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(root, 'case-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

describe('an author whose log lost its tail', () => {
  it.each([...backups, 0])(
    '#64 signs nothing after a restored backup of %i, takes the tail back verbatim, and goes on from there',
    async (size) => {
      if (size > 0) await cp(backup(size), dir, { recursive: true })
      let journal = await open(dir, LOG.held)
      const before = logOf(journal).checkpoint()
      expect(before?.size ?? 0).toBe(size)
      expect(logOf(journal).standing()).toEqual({ kind: 'held' })
      await refused(journal.append(size, [new Uint8Array(5)]), 'NOT_SIGNING')

      const behind = { kind: 'behind', size: SIZE, proven: true } as const
      expect(await logOf(journal).reconcile([{ size: SIZE, note: whole.note }])).toEqual(behind)
      await refused(journal.append(size, [new Uint8Array(5)]), 'NOT_SIGNING')
      // It stays so although another cosigner knows of nothing.
      expect(await logOf(journal).reconcile([{ size: 0 }])).toEqual(behind)
      expect(logOf(journal).checkpoint()).toEqual(before)
      await journal.close()
      expect(storedHeads(dir).at(-1) ?? 0).toBe(size)

      journal = await open(dir, LOG.held)
      await logOf(journal).reconcile([{ size: SIZE, note: whole.note }])
      expect(await recoverTail(journal, sourceOf(mirror))).toBe(SIZE)
      expect(Buffer.compare(headOf(journal).note, whole.note)).toBe(0)
      expect(logOf(journal).standing()).toEqual({ kind: 'signing' })
      for await (const { seq, bytes } of journal.read(size, SIZE)) {
        expect(Buffer.compare(bytes, entryAt(seq))).toBe(0)
      }
      expect(await journal.append(SIZE, [entryAt(SIZE)])).toBe(SIZE + 1)
      await journal.close()
      expect(storedHeads(dir).filter((one) => one > size)).toEqual([SIZE, SIZE + 1])
    },
  )

  it('#64 takes nothing from a mirror that serves other entries, and stays as it was', async () => {
    await cp(backup(256), dir, { recursive: true })
    const journal = await open(dir, LOG.held)
    await logOf(journal).reconcile([{ size: SIZE, note: whole.note }])
    const good = sourceOf(mirror)
    const lies: TailSource[] = [
      { ...good, blob: async () => new Uint8Array(70_000) },
      { ...good, bundle: async (index, width) => flipped(await good.bundle(index, width), 40) },
      { ...good, bundle: async (index, width) => flipped(await good.bundle(index, width), 1) },
      { ...good, bundle: async () => Promise.reject(new Error('the mirror is gone')) },
      { ...good, checkpoint: async () => flipped(whole.note, 30) },
    ]
    for (const lie of lies) {
      await expect(recoverTail(journal, lie)).rejects.toThrow()
      expect(journal.head()).toBe(256)
      expect(logOf(journal).standing()).toMatchObject({ kind: 'behind' })
    }
    expect(await recoverTail(journal, good)).toBe(SIZE)
    await journal.close()
  })

  it('#64 killed while it takes the tail back, starts that again', async () => {
    await cp(backup(256), dir, { recursive: true })
    const journal = await open(dir, LOG.held)
    await logOf(journal).reconcile([{ size: SIZE, note: whole.note }])
    const crashed = join(dir, 'crashed')
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 200; i++) yield new Uint8Array(60_000).fill(i)
      // What a kill at this instant leaves behind.
      for (const name of ['journal.db', 'journal.db-wal']) await cp(join(dir, name), join(crashed, name))
      throw new Error('killed')
    }
    await expect(logOf(journal).appendSigned(256, stream(), whole.note)).rejects.toThrow('killed')
    await journal.close()

    const notices: string[] = []
    const again = await openSqliteJournal({
      dir: crashed,
      log: LOG.held,
      onNotice: ({ kind }) => notices.push(kind),
    })
    expect(notices).toEqual(['unfinished-append'])
    expect(again.head()).toBe(256)
    await logOf(again).reconcile([{ size: SIZE, note: whole.note }])
    expect(await recoverTail(again, sourceOf(mirror))).toBe(SIZE)
    await again.close()
  })

  it('#65 with witnesses only, that show no head, halts until the log is closed and continued under the next number', async () => {
    await cp(backup(SIZE - 100), dir, { recursive: true })
    let journal = await open(dir, LOG.held)
    expect(await logOf(journal).reconcile([{ size: SIZE }, { size: 3 }])).toEqual({
      kind: 'behind',
      size: SIZE,
      proven: false,
    })
    const error = await refused(journal.append(SIZE - 100, [new Uint8Array(1)]), 'NOT_SIGNING')
    expect(error.message).toContain('log.continue')
    const next = LOG.origin.replace(/1$/, '2')
    expect(await logOf(journal).seal(next)).toEqual({ kind: 'sealed', next })
    await journal.close()
    for (const settings of [LOG.author, LOG.held]) {
      journal = await open(dir, settings)
      expect(await logOf(journal).reconcile([])).toEqual({ kind: 'sealed', next })
      const sealed = await refused(journal.append(SIZE - 100, [new Uint8Array(1)]), 'NOT_SIGNING')
      expect(sealed.message).toContain(next)
      expect(await logOf(journal).bundle(0, 256)).not.toBeNull()
      await journal.close()
    }
    const continued = await open(join(dir, 'next'), testLog(next).author)
    expect(await continued.append(0, [new Uint8Array(3)])).toBe(1)
    await continued.close()
  })

  it('#52 goes on once a cosigner that named too large a size without showing it takes that back', async () => {
    const journal = await open(dir, LOG.held)
    expect(await logOf(journal).reconcile([{ size: 2 ** 52 }])).toMatchObject({ kind: 'behind', proven: false })
    expect(await logOf(journal).reconcile([{ size: 0 }])).toEqual({ kind: 'signing' })
    expect(await journal.append(0, [new Uint8Array(1)])).toBe(1)
    await journal.close()
  })

  it('#36 believes no head that is not under its own signature', async () => {
    const journal = await open(dir, LOG.held)
    const forged = signCheckpoint({ origin: LOG.origin, size: 0, root: plainRoot([]) }, testLog(LOG.origin, 8).signer)
    await refused(logOf(journal).reconcile([{ size: 0, note: forged }]), 'INVALID_CHECKPOINT')
    expect(logOf(journal).standing()).toEqual({ kind: 'held' })
    await journal.close()
  })
})

describe('one key at work in two places', () => {
  it('#66 in one folder: the second is refused', async () => {
    const journal = await open(dir, LOG.author)
    await refused(open(dir, LOG.author), 'LOCKED')
    await journal.close()
  })

  it('#66 in two folders: each stops signing once it is shown what the other signed', async () => {
    const places = [join(dir, 'a'), join(dir, 'b')] as const
    const [a, b] = await Promise.all(places.map((place) => open(place, LOG.author)))
    if (a === undefined || b === undefined) throw new Error('two journals')
    await a.append(0, [entryAt(0), entryAt(1)])
    await b.append(0, [entryAt(0), entryAt(2), entryAt(3)])
    const [ofA, ofB] = [headOf(a), headOf(b)]
    // The smaller one lies in the larger tree's past, or does not.
    expect(await logOf(b).reconcile([{ size: 2, note: ofA.note }])).toEqual({ kind: 'forked', size: 2 })
    await refused(b.append(3, [entryAt(4)]), 'NOT_SIGNING')
    expect(await logOf(b).reconcile([])).toEqual({ kind: 'forked', size: 2 })
    // The larger one may be this log's own lost tail: its entries show that it is not.
    expect(await logOf(a).reconcile([{ size: 3, note: ofB.note }])).toMatchObject({ kind: 'behind', proven: true })
    await refused(a.append(2, [entryAt(4)]), 'NOT_SIGNING')
    await refused(recoverTail(a, sourceOf(b)), 'ROOT_MISMATCH')
    await refused(a.append(2, [entryAt(4)]), 'NOT_SIGNING')
    expect([headOf(a), headOf(b)]).toEqual([ofA, ofB])
    await Promise.all([a.close(), b.close()])
  })

  it('#66 a node told by a cosigner of a fork halts at once, for what is in flight too', async () => {
    const journal = await open(dir, LOG.author)
    await journal.append(0, [entryAt(0)])
    const halted = logOf(journal).halt('the witness saw another head of size 1')
    const late = refused(journal.append(1, [entryAt(1)]), 'NOT_SIGNING')
    expect(await halted).toMatchObject({ kind: 'halted' })
    expect((await late).message).toContain('another head')
    expect(journal.head()).toBe(1)
    await refused(journal.append(1, [entryAt(1)]), 'NOT_SIGNING')
    await journal.close()
    const again = await open(dir, LOG.author)
    expect(await again.append(1, [entryAt(1)])).toBe(2)
    await again.close()
  })
})

describe('a journal that becomes a log', () => {
  const COUNT = 40_000
  const small = (seq: number): Uint8Array => Uint8Array.of(seq, seq >> 8, seq >> 16)

  it('#70 takes format 2, which a program without logs refuses; builds its tree over the entries there are, signs it, and picks up where a kill interrupted that', async () => {
    const plain = await openSqliteJournal({ dir, kind: 'pool' })
    await plain.append(
      0,
      Array.from({ length: COUNT }, (_, seq) => small(seq)),
    )
    await plain.append(COUNT, [new Uint8Array(66_000)])
    await plain.close()
    expect((await readFile(join(dir, 'journal.db'))).readUInt32BE(60)).toBe(1)

    const log = await openSqliteJournal({ dir, kind: 'pool', log: LOG.author })
    const head = headOf(log)
    expect(head.size).toBe(COUNT + 1)
    expect(await logOf(log).bundle(156, 65)).not.toBeNull()
    await log.close()
    expect((await readFile(join(dir, 'journal.db'))).readUInt32BE(60)).toBe(2)

    const tiles = storedTiles(dir)
    for (const kept of [0, 64, 100, 156]) {
      inDatabase(dir, `db.exec('DELETE FROM checkpoint; DELETE FROM tile WHERE level > 0 OR idx >= ${kept}')`)
      const again = await openSqliteJournal({ dir, kind: 'pool', log: LOG.author })
      expect(Buffer.compare(headOf(again).note, head.note)).toBe(0)
      expect(await again.append(again.head(), [])).toBe(COUNT + 1)
      await again.close()
      expect(storedTiles(dir)).toEqual(tiles)
      expect(storedHeads(dir)).toEqual([COUNT + 1])
    }
  })

  it('held back, builds and does not sign', async () => {
    const plain = await openSqliteJournal({ dir })
    await plain.append(0, [small(1), small(2)])
    await plain.close()
    const log = await open(dir, LOG.held)
    expect(logOf(log).checkpoint()).toBeNull()
    expect(await logOf(log).tile(0, 0, 1)).toBeNull()
    await log.close()
    expect(storedHeads(dir)).toEqual([])
    const again = await open(dir, LOG.held)
    expect(await logOf(again).reconcile([{ size: 0 }])).toEqual({ kind: 'signing' })
    expect(Buffer.compare(headOf(again).root, plainRoot([small(1), small(2)]))).toBe(0)
    await again.close()
  })
})

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

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

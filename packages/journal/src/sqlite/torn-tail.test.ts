import { copyFile, cp, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isJournalError } from '../errors.ts'
import type { JournalNotice } from '../journal.ts'
import { readTelling, tellingEntry } from '../testing/entries.ts'
import { openSqliteJournal } from './sqlite-journal.ts'
import { inspectWal } from './wal.ts'

const HEADER = 32
const FRAME = 24 + 4096
/** Acknowledged before the log under test began, and carried into the database. */
const SETTLED = 30
const COUNTS = [1, 3, 1, 1, 20, 1, 2, 1]

/** A store as a crash leaves it: a database, and a log of eight transactions of several sizes. */
let crashed: string
let root: string
let walLength: number
/** Where each transaction of the log ends, and the head it leaves. */
let commits: { end: number; head: number }[]

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'parley-journal-'))
  const live = join(root, 'live')
  crashed = join(root, 'crashed')
  const settled = await openSqliteJournal({ dir: live })
  for (let i = 0; i < SETTLED; i++) await settled.append(i, [tellingEntry(i, i, 1)])
  await settled.close()
  const journal = await openSqliteJournal({ dir: live })
  commits = []
  for (const count of COUNTS) {
    const first = journal.head()
    await journal.append(
      first,
      Array.from({ length: count }, (_, i) => tellingEntry(first + i, first, count)),
    )
    const { size } = await stat(join(live, 'journal.db-wal'))
    commits.push({ end: size, head: journal.head() })
  }
  await mkdir(crashed)
  for (const name of ['journal.db', 'journal.db-wal']) await copyFile(join(live, name), join(crashed, name))
  await journal.close()
  walLength = commits.at(-1)?.end as number
})
afterAll(() => rm(root, { recursive: true, force: true }))

let dir: string
let notices: JournalNotice[]
beforeEach(async () => {
  dir = join(root, 'case')
  notices = []
  await rm(dir, { recursive: true, force: true })
  await cp(crashed, dir, { recursive: true })
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const walPath = (): string => join(dir, 'journal.db-wal')
const headAt = (length: number): number => commits.findLast(({ end }) => end <= length)?.head ?? SETTLED

/** Opens the case, reads all of it byte for byte, appends to it, and says what it found: the head or the error's code. */
async function outcome(): Promise<number | string> {
  notices = []
  try {
    const journal = await openSqliteJournal({ dir, onNotice: (notice) => notices.push(notice) })
    try {
      const head = journal.head()
      let next = 0
      for await (const { seq, bytes } of journal.read(0, head)) {
        expect(seq).toBe(next++)
        const { firstSeq, count } = readTelling(seq, bytes)
        expect(firstSeq + count).toBeLessThanOrEqual(head)
      }
      expect(next).toBe(head)
      await journal.append(head, [tellingEntry(head, head, 1)])
      return head
    } finally {
      await journal.close()
    }
  } catch (error) {
    if (isJournalError(error)) return error.code
    throw error
  }
}

describe('the log as a crash leaves it', { timeout: 300_000 }, () => {
  it('is read whole by our reader and by SQLite', async () => {
    expect(inspectWal(walPath())).toMatchObject({
      kind: 'whole',
      commitEnds: commits.map(({ end }) => end),
      droppedBytes: 0,
    })
    expect(await outcome()).toBe(headAt(walLength))
    expect(notices).toEqual([])
  })

  it('opens, cut at every kind of position, with exactly the transactions that are whole', async () => {
    const edges = [0, 1, HEADER - 1, HEADER, HEADER + 1, HEADER + 23, HEADER + 24]
    for (const { end } of commits)
      edges.push(end - FRAME, end - FRAME + 24, end - 2000, end - 1, end, end + 1, end + 24)
    const cuts = [...new Set(edges)].filter((cut) => cut <= walLength).sort((a, b) => a - b)
    for (const cut of cuts) {
      await cp(crashed, dir, { recursive: true })
      await truncate(walPath(), cut)
      expect([cut, await outcome()]).toEqual([cut, headAt(cut)])
    }
  })

  it('sees the same as SQLite would, cut at any byte', async () => {
    const whole = await readFile(walPath())
    for (let cut = 0; cut <= walLength; cut += cut % 2 === 0 ? 137 : 200) {
      await writeFile(walPath(), whole.subarray(0, cut))
      const report = inspectWal(walPath())
      const ends = commits.map(({ end }) => end).filter((end) => end <= cut)
      if (report.kind === 'damaged') throw new Error(`cut at ${cut} called damaged`)
      expect(report.kind === 'empty' ? [] : report.commitEnds).toEqual(ends)
    }
  })

  it('says what it dropped of an unfinished write', async () => {
    const lastStart = commits.at(-2)?.end as number
    await truncate(walPath(), lastStart + FRAME - 100)
    expect(await outcome()).toBe(commits.at(-2)?.head)
    expect(notices).toEqual([{ kind: 'torn-tail', path: walPath(), droppedBytes: FRAME - 100 }])
  })

  it('drops a last transaction whose pages reached the disk in any order', async () => {
    const big = commits[4] as { end: number; head: number }
    const start = (commits[3] as { end: number }).end
    expect((big.end - start) / FRAME).toBeGreaterThan(2)
    for (let missing = start; missing < big.end; missing += FRAME) {
      const bytes = (await readFile(join(crashed, 'journal.db-wal'))).subarray(0, big.end)
      bytes.fill(0, missing, missing + FRAME)
      await writeFile(walPath(), bytes)
      await copyFile(join(crashed, 'journal.db'), join(dir, 'journal.db'))
      expect(await outcome()).toBe(commits[3]?.head)
    }
  })

  it('takes a log of zeros, lengthened but never written, for an empty one', async () => {
    await writeFile(walPath(), Buffer.alloc(3 * FRAME))
    expect(await outcome()).toBe(SETTLED)
  })

  it('refuses, and changes nothing, when a byte rotted before a later transaction', async () => {
    const original = await readFile(walPath())
    const starts = [HEADER, ...commits.map(({ end }) => end)]
    const lastStart = starts.at(-2) as number
    const beforeLast = starts.at(-3) as number
    const positions = [0, 5, 9, 13, 17, 25, 31]
    for (const start of starts.filter((one) => one < beforeLast)) {
      positions.push(
        start,
        start + 4,
        start + 9,
        start + 13,
        start + 17,
        start + 21,
        start + 24,
        start + 1000,
        start + 4119,
      )
    }
    for (const position of positions) {
      const bytes = Buffer.from(original)
      bytes[position] = (bytes[position] as number) ^ 0x20
      await writeFile(walPath(), bytes)
      const found = await outcome()
      // A flipped low bit in the page number or the like still breaks the sum; nothing may pass as whole.
      expect([position, found]).toEqual([position, 'CORRUPT'])
      expect((await readFile(walPath())).equals(bytes)).toBe(true)
    }
    // In the last transaction rot cannot be told from a write cut short: it is dropped, and said to be.
    for (const position of [lastStart + 24, lastStart + 1000, walLength - 1]) {
      await cp(crashed, dir, { recursive: true })
      const bytes = Buffer.from(original)
      bytes[position] = (bytes[position] as number) ^ 0x20
      await writeFile(walPath(), bytes)
      expect([position, await outcome()]).toEqual([position, commits.at(-2)?.head])
      expect(notices.map(({ kind }) => kind)).toEqual(['torn-tail'])
    }
  })
})

describe('a database with a rotten byte', { timeout: 300_000 }, () => {
  it('never gives bytes that were not written: it names the entry, or cannot be read', async () => {
    await outcome()
    const path = join(dir, 'journal.db')
    const original = await readFile(path)
    const found: Record<string, number> = {}
    for (let position = 100; position < original.length; position += 1201) {
      const bytes = Buffer.from(original)
      bytes[position] = (bytes[position] as number) ^ 0x11
      await writeFile(path, bytes)
      const result = String(await outcome())
      found[result] = (found[result] ?? 0) + 1
      await rm(walPath(), { force: true })
    }
    const whole = String(headAt(walLength) + 1)
    const others = Object.keys(found).filter((key) => key !== whole && key !== 'CORRUPT')
    // Flips in the schema page's unused space and in free space change nothing that was written.
    expect(others).toEqual([])
    expect(found['CORRUPT']).toBeGreaterThan(10)
  })

  it('names the batch, and reads the others', async () => {
    await outcome()
    const path = join(dir, 'journal.db')
    const bytes = await readFile(path)
    const victim = tellingEntry(12, 12, 1)
    const at = bytes.indexOf(victim.subarray(0, 40))
    expect(at).toBeGreaterThan(0)
    bytes[at + 20] = (bytes[at + 20] as number) ^ 1
    await writeFile(path, bytes)
    await rm(walPath(), { force: true })
    const journal = await openSqliteJournal({ dir })
    const seqs: number[] = []
    const error: unknown = await (async () => {
      for await (const { seq } of journal.read(12, 20)) seqs.push(seq)
    })().catch((reason: unknown) => reason)
    expect(isJournalError(error, 'CORRUPT') && error.details).toMatchObject({ path, seq: 12 })
    for await (const { seq } of journal.read(13, journal.head())) seqs.push(seq)
    expect(seqs[0]).toBe(13)
    expect(seqs.at(-1)).toBe(journal.head() - 1)
    expect(await journal.append(journal.head(), [new Uint8Array(3)])).toBe(journal.head())
    await journal.close()
  })

  it('cut short, is never read as a shorter log', async () => {
    await outcome()
    const path = join(dir, 'journal.db')
    const original = await readFile(path)
    for (let length = 512; length < original.length; length += 1792) {
      await writeFile(path, original.subarray(0, length))
      await rm(walPath(), { force: true })
      expect([length, await outcome()]).not.toEqual([length, expect.any(Number)])
    }
  })
})

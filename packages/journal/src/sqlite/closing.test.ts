import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { inDatabase } from '../testing/database.ts'
import { testLog } from '../testing/keys.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-closing-'))
})
afterEach(() => rm(dir, { recursive: true }))

const closing = (): string | null =>
  inDatabase(dir, `return (db.prepare("SELECT value FROM meta WHERE name = 'closing'").raw().get([]) ?? [null])[0]`) as
    | string
    | null

/** Bytes between the pointers and the rows of each page of a tree that are not zero. */
const remains = (): number =>
  inDatabase(
    dir,
    `let count = 0
     for (const [number, page] of db.prepare("SELECT pgno, data FROM sqlite_dbpage JOIN dbstat ON pgno = pageno WHERE pagetype != 'overflow'").raw().all([])) {
       const head = number === 1 ? 100 : 0
       const from = head + (page[head] === 2 || page[head] === 5 ? 12 : 8) + 2 * page.readUInt16BE(head + 3)
       for (const byte of page.subarray(from, page.readUInt16BE(head + 5))) if (byte !== 0) count++
     }
     return count`,
  ) as number

async function write(entries: number): Promise<void> {
  await using journal = await openSqliteJournal({ dir, log: testLog().author })
  const first = journal.head()
  const appended: Promise<number>[] = []
  // One at a time: each is a row, a head and, every 256, a tile.
  for (let seq = first; seq < first + entries; seq++) {
    appended.push(journal.append(seq, [Buffer.alloc(20, seq)]))
    if (appended.length === 50) await Promise.all(appended.splice(0))
  }
  await Promise.all(appended)
}

test('a clean closing leaves no trace of older states in the space that nothing uses, and says so', async () => {
  await write(6000)
  expect(closing()).toMatch(/^\d{7} \d+( [0-9a-f]{8}){3}$/)
  expect(remains()).toBe(0)
  await write(6000)
  expect(remains()).toBe(0)
  expect(inDatabase(dir, `return db.prepare('PRAGMA integrity_check').raw().all([])`)).toEqual([['ok']])
  await using journal = await openSqliteJournal({ dir, log: testLog().author })
  expect(journal.head()).toBe(12_000)
})

test('a store that is opened and not written to is closed as it was', async () => {
  await write(300)
  const before = await readFile(join(dir, 'journal.db'))
  await (await openSqliteJournal({ dir, log: testLog().author })).close()
  expect((await readFile(join(dir, 'journal.db'))).equals(before)).toBe(true)
})

test('once rows were deleted, whose pages may keep traces when they are used again, nothing of the kind is said', async () => {
  await write(600)
  inDatabase(dir, 'db.exec("UPDATE tile SET crc32 = crc32 + 1 WHERE level = 0 AND idx = 0")')
  {
    await using journal = await openSqliteJournal({ dir, log: testLog().author, onNotice: () => undefined })
    expect(await journal.log?.tile(0, 0, 256)).toHaveLength(8192)
  }
  expect(closing()).toBeNull()
  await write(10)
  expect(closing()).toBeNull()
})

test('a store from before closings were recorded stays as it is', async () => {
  await write(10)
  inDatabase(dir, `db.exec("DELETE FROM meta WHERE name = 'closing'")`)
  await write(10)
  expect(closing()).toBeNull()
})

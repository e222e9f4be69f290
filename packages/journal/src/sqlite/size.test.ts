import { copyFile, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { testLog } from '../testing/keys.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-journal-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const sizeOf = async (name: string): Promise<number> => (await stat(join(dir, name))).size

it.each([
  { appends: 1500, inFlight: 1, entryBytes: 600, log: false },
  { appends: 20_000, inFlight: 32, entryBytes: 600, log: false },
  { appends: 2000, inFlight: 4, entryBytes: 9000, log: false },
  { appends: 1500, inFlight: 1, entryBytes: 484, log: true },
  { appends: 20_000, inFlight: 32, entryBytes: 484, log: true },
])('keeps database and log near the size of what they hold: %o', async ({ appends, inFlight, entryBytes, log }) => {
  const checkpointBytes = 64 << 10
  const journal = await openSqliteJournal({ dir, checkpointBytes, ...(log ? { log: testLog().author } : {}) })
  let tail = 0
  let longestLog = 0
  const write = async (): Promise<void> => {
    while (tail < appends) {
      await journal.append(tail++, [new Uint8Array(entryBytes).fill(tail)])
      if (tail % 100 === 0) longestLog = Math.max(longestLog, await sizeOf('journal.db-wal'))
    }
  }
  await Promise.all(Array.from({ length: inFlight }, write))
  const content = appends * entryBytes
  expect(longestLog).toBeGreaterThan(0)
  expect(longestLog).toBeLessThan(16 * checkpointBytes + 2 * inFlight * entryBytes + 65_536)
  await journal.close()
  expect(await sizeOf('journal.db')).toBeLessThan(1.5 * content)
  expect(await readdir(dir)).not.toContain('journal.db-wal')
})

it('carries the log into the database once it has been idle', async () => {
  const journal = await openSqliteJournal({ dir })
  await journal.append(0, [new Uint8Array(600)])
  const copy = join(dir, 'copy')
  await mkdir(copy)
  let head = 0
  while (head === 0) {
    await sleep(250)
    await copyFile(join(dir, 'journal.db'), join(copy, 'journal.db'))
    const other = await openSqliteJournal({ dir: copy })
    head = other.head()
    await other.close()
  }
  expect(head).toBe(1)
  await journal.close()
})

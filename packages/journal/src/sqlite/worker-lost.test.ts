import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { expect, it, vi } from 'vitest'
import { isJournalError } from '../errors.ts'
import { readTelling, tellingEntry } from '../testing/entries.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

const started = vi.hoisted(() => [] as Worker[])

vi.mock('node:worker_threads', async (original) => {
  const threads = await original<typeof import('node:worker_threads')>()
  class Noted extends threads.Worker {
    constructor(...args: ConstructorParameters<typeof threads.Worker>) {
      super(...args)
      started.push(this)
    }
  }
  return { ...threads, Worker: Noted }
})

it('says so when its worker dies, and lets the next opening find what was acknowledged', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-journal-'))
  const journal = await openSqliteJournal({ dir })
  let acknowledged = 0
  const faults: unknown[] = []
  const appends: Promise<void>[] = []
  const append = (seq: number): void => {
    appends.push(
      journal.append(seq, [tellingEntry(seq, seq, 1)]).then(
        (head) => {
          acknowledged = head
        },
        (reason: unknown) => {
          faults.push(reason)
        },
      ),
    )
  }
  for (let seq = 0; seq < 50; seq++) append(seq)
  await appends[0]
  for (let seq = 50; seq < 100; seq++) append(seq)
  const reading = journal.read(0, journal.head())[Symbol.asyncIterator]().next()
  const unread = reading.catch((reason: unknown) => reason)
  const follower = journal.follow(journal.head(), new AbortController().signal)[Symbol.asyncIterator]()
  const following = follower.next().catch((reason: unknown) => reason)
  await started[0]?.terminate()
  await Promise.all(appends)
  await unread

  expect(faults.length).toBeGreaterThan(0)
  for (const fault of faults) {
    expect(isJournalError(fault, 'COMMIT_FAILED') && fault.details).toMatchObject({
      reason: 'worker-lost',
      outcome: 'unknown',
    })
  }
  const late: unknown = await journal.append(100, []).catch((reason: unknown) => reason)
  expect(isJournalError(late, 'COMMIT_FAILED')).toBe(true)
  const rereading = journal.read(0, journal.head())[Symbol.asyncIterator]()
  const read: unknown = await rereading.next().catch((reason: unknown) => reason)
  expect(isJournalError(read, 'COMMIT_FAILED')).toBe(true)
  expect(await following).toBeDefined()
  await journal.close()

  const again = await openSqliteJournal({ dir })
  expect(again.head()).toBeGreaterThanOrEqual(acknowledged)
  for await (const { seq, bytes } of again.read(0, again.head())) readTelling(seq, bytes)
  await again.close()
  await rm(dir, { recursive: true })
})

import { readFile } from 'node:fs/promises'
import { Replayer } from '@parley/airspace'
import { openSqliteJournal } from '@parley/journal'
import { type EntityId, epochMs } from '@parley/units'
import { expect, test } from 'vitest'
import { Pool } from '../src/pool.ts'
import { makeFolder } from './harness.ts'

const HALF_PAST_NOON_MS = Date.UTC(2026, 5, 1, 12, 30)
const clock = { nowMs: () => epochMs(HALF_PAST_NOON_MS) }

/** The journal of a small pool as it was written before entries held the SHA-256 of their requests; an entry a line. */
async function entriesOfVersion2(): Promise<Uint8Array[]> {
  const file = new URL('fixtures/entries-of-version-2.txt', import.meta.url)
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  return lines.map((line) => new Uint8Array(Buffer.from(line, 'hex')))
}

test('a pool whose journal is of version 2 opens, goes on in the newest, and is replayed through both', async () => {
  const older = await entriesOfVersion2()
  expect(new Set(older.map((bytes) => bytes[0]))).toEqual(new Set([2]))
  await using folder = await makeFolder()
  const openJournal = () => openSqliteJournal({ dir: folder.path, kind: 'pool', clock })
  const rules = { exact: false, compat: false }
  {
    await using journal = await openJournal()
    await journal.append(0, older)
  }
  await using pool = await Pool.open({ journal: await openJournal(), clock, rules, onHalt: () => undefined })
  const { state } = pool
  expect(state.seq).toBe(older.length)
  expect([state.intents.size, state.constraints.size, state.subscriptions.size, state.serviceAreas.size]).toEqual([
    1, 1, 1, 1,
  ])
  expect(state.availabilityOf('uss3')).toBe('Normal')

  const { decision, durable } = pool.execute({
    kind: 'makeReport',
    nowMs: clock.nowMs(),
    manager: 'uss1',
    digest: [1, 2, 3, 4, 5, 6, 7, 8],
    body: '{}',
    fresh: { ovn: 'x'.repeat(44), id: '00000009-0000-4000-8000-000000000000' as EntityId },
  })
  expect(decision.kind).toBe('accepted')
  await durable
  expect((await pool.entryAt(1)).digest).toHaveLength(2)
  expect((await pool.entryAt(older.length + 1)).digest).toEqual([1, 2, 3, 4, 5, 6, 7, 8])

  const replayer = new Replayer()
  for await (const { bytes } of pool.journal.read(0, older.length + 1)) expect(replayer.check(bytes)).toBeNull()
  expect(replayer).toMatchObject({ unjudged: 0, judged: older.length + 1 })
})

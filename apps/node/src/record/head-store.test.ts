import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteJournal } from '@parley/journal'
import { systemClock } from '@parley/units'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HeadStore, type StoredHead } from './head-store.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-heads-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const clock = systemClock
const head = (origin: string, size: number): StoredHead => ({ origin, size, note: `${origin} ${size}`, timeS: size })

test('keeps the newest head of each log, over restarts and over beginning its journal anew', async () => {
  {
    await using store = await HeadStore.open(dir, { clock, compactAfter: 10 })
    expect(store.get('a')).toBeNull()
    for (let size = 1; size <= 35; size += 1) {
      await store.put(head('a', size))
      await store.put(head('b', size * 2))
    }
    expect([store.get('a'), store.get('b')]).toEqual([head('a', 35), head('b', 70)])
    expect(await readdir(dir)).toHaveLength(1)
  }
  await using store = await HeadStore.open(dir, { clock })
  expect([store.get('a'), store.get('b'), store.get('c')]).toEqual([head('a', 35), head('b', 70), null])
})

test('#57 killed while it begins anew: the old journal stands until the new one has every head', async () => {
  {
    await using store = await HeadStore.open(dir, { clock })
    await store.put(head('a', 5))
  }
  // Made, and nothing written yet.
  await (await openSqliteJournal({ dir: join(dir, 'heads-2'), kind: 'heads' })).close()
  {
    await using store = await HeadStore.open(dir, { clock })
    expect([store.get('a'), await readdir(dir)]).toEqual([head('a', 5), ['heads-1']])
  }
  // Written, and the old one not gone yet.
  {
    await using journal = await openSqliteJournal({ dir: join(dir, 'heads-2'), kind: 'heads' })
    await journal.append(0, [Buffer.from(JSON.stringify({ format: 1, ...head('a', 6) }))])
  }
  await using store = await HeadStore.open(dir, { clock })
  expect([store.get('a'), await readdir(dir)]).toEqual([head('a', 6), ['heads-2']])
})

test('#70 heads of a newer Parley are refused', async () => {
  {
    await using journal = await openSqliteJournal({ dir: join(dir, 'heads-1'), kind: 'heads' })
    await journal.append(0, [Buffer.from(JSON.stringify({ format: 2 }))])
  }
  await expect(HeadStore.open(dir, { clock })).rejects.toThrow(/newer Parley \(format 2\)/)
})

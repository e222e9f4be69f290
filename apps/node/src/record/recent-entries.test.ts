import type { JournalLog } from '@parley/journal'
import { leafHash } from '@parley/record'
import { expect, test } from 'vitest'
import { RecentEntries } from './recent-entries.ts'

const entry = (index: number, bytes = 2): Uint8Array => {
  const made = new Uint8Array(bytes)
  made.set([index >> 8, index & 255])
  return made
}
const entries = (from: number, to: number, bytes?: number): Uint8Array[] =>
  Array.from({ length: to - from }, (_, at) => entry(from + at, bytes))
const hashes = (from: number, to: number): Uint8Array => Buffer.concat(entries(from, to).map(leafHash))

/** A log as far as one is asked here: its tiles of leaves. */
const log = (size: number): JournalLog =>
  ({
    tile: async (_level: number, index: number, width: number) =>
      256 * index + width <= size ? hashes(256 * index, 256 * index + width) : null,
  }) as unknown as JournalLog

const tileOf = (recent: RecentEntries, index: number, width: number): Uint8Array | undefined =>
  recent.tile(0, index, width)?.slice(0, 32 * width)

test('gives the tiles and leaves of what was appended, and nothing of what was not', async () => {
  const recent = new RecentEntries()
  await recent.begin(log(300), 300)
  expect(tileOf(recent, 1, 44)).toEqual(new Uint8Array(hashes(256, 300)))
  expect(recent.leaves(299, 300)).toBeNull()
  recent.add(300, entries(300, 520))
  expect(tileOf(recent, 1, 256)).toEqual(new Uint8Array(hashes(256, 512)))
  expect(tileOf(recent, 2, 8)).toEqual(new Uint8Array(hashes(512, 520)))
  expect(recent.tile(0, 2, 9)).toBeNull()
  expect(recent.tile(0, 0, 1)).toBeNull()
  expect(recent.tile(1, 0, 1)).toBeNull()
  expect(recent.leaves(300, 512)).toEqual(entries(300, 512))
  expect(recent.leaves(515, 520)).toEqual(entries(515, 520))
  expect(recent.leaves(515, 521)).toBeNull()
})

test('after a gap it knows nothing until a tile begins', async () => {
  const recent = new RecentEntries()
  recent.add(10, entries(10, 20))
  expect(recent.tile(0, 0, 1)).toBeNull()
  await recent.begin(log(0), 0)
  recent.add(0, entries(0, 10))
  expect(tileOf(recent, 0, 10)).toEqual(new Uint8Array(hashes(0, 10)))
  recent.add(12, entries(12, 20))
  expect(recent.tile(0, 0, 1)).toBeNull()
  recent.add(256, entries(256, 260))
  expect(tileOf(recent, 1, 4)).toEqual(new Uint8Array(hashes(256, 260)))
})

test('lets the oldest tiles go and keeps the newest, however large', async () => {
  const recent = new RecentEntries()
  await recent.begin(log(0), 0)
  for (let from = 0; from < 768; from += 256) recent.add(from, entries(from, from + 256, 10_000))
  expect(recent.leaves(0, 1)).toBeNull()
  expect(recent.leaves(512, 768)).toHaveLength(256)
  expect(recent.tile(0, 2, 256)).not.toBeNull()
})

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freshSeed } from '../testing/entries.ts'
import { killRounds } from '../testing/kill-rounds.ts'

const KILLS = 100

it.each([
  ['holds', false],
  ['#57 #58 as a log signs one history and publishes what was durable: holds', true],
] as const)(`%s under ${KILLS} kills at random instants`, { timeout: 900_000 }, async (_, log) => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-journal-'))
  const seed = freshSeed()
  const tally = await killRounds({ dir, rounds: KILLS, seed, log })
  console.info(`seed ${seed}:`, JSON.stringify(tally))
  expect(tally.rounds).toBe(KILLS)
  // Otherwise the loop would prove nothing: kills must meet writers that are opening, writing and saving.
  expect(tally.whileOpening).toBeGreaterThan(0)
  expect(tally.acknowledged).toBeGreaterThan(KILLS)
  expect(tally.unacknowledged).toBeGreaterThan(0)
  expect(tally.snapshotsLoaded).toBeGreaterThan(0)
  if (log) expect(tally.signedHeads).toBeGreaterThan(KILLS / 10)
  expect((await readdir(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  await rm(dir, { recursive: true })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshSeed } from '../testing/entries.ts'
import { killRounds } from '../testing/kill-rounds.ts'

/**
 * Kills a writing process COUNT times and checks the store after each kill:
 *
 *   node packages/journal/dist/tools/kill-loop.js [COUNT=10000] [SEED] [PARENT_FOLDER]
 *
 * A new store is begun every 500 kills, so that the last checks are as quick as the first. Ends with one line and
 * status 0, or names what broke, keeps the store for inspection, and ends with status 1.
 */
const PER_STORE = 500
const [countText = '10000', seedText, parent = tmpdir()] = process.argv.slice(2)
const count = Number(countText)
const seed = seedText === undefined ? freshSeed() : Number(seedText)
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: kill-loop.js [COUNT=10000] [SEED] [PARENT_FOLDER]; COUNT is a whole number from 1')
  process.exit(2)
}

const startedMs = performance.now()
let done = 0
let acknowledged = 0
let unacknowledged = 0
let whileOpening = 0
let shownMs = Number.NEGATIVE_INFINITY

function progress(): void {
  const nowMs = performance.now()
  if (nowMs - shownMs < (process.stderr.isTTY ? 200 : 10_000) && done < count) return
  shownMs = nowMs
  const perSecond = done / ((nowMs - startedMs) / 1000)
  const leftS = Math.round((count - done) / perSecond)
  const line = `${done}/${count} kills, ${perSecond.toFixed(1)}/s, ${Math.floor(leftS / 60)} min ${leftS % 60} s left`
  process.stderr.write(process.stderr.isTTY ? `\r${line}   ` : `${line}\n`)
}

console.error(`${count} kills, seed ${seed}`)
for (let before = 0; before < count; before += PER_STORE) {
  const dir = await mkdtemp(join(parent, 'parley-kill-'))
  try {
    const tally = await killRounds({
      dir,
      rounds: Math.min(PER_STORE, count - before),
      seed: seed + before,
      onRound: ({ rounds }) => {
        done = before + rounds
        progress()
      },
    })
    acknowledged += tally.acknowledged
    unacknowledged += tally.unacknowledged
    whileOpening += tally.whileOpening
  } catch (error) {
    console.error(`\nFAILED after ${done} kills: ${(error as Error).message}. The store is kept in ${dir}.`)
    process.exit(1)
  }
  await rm(dir, { recursive: true })
}
const seconds = (performance.now() - startedMs) / 1000
console.log(
  `${process.stderr.isTTY ? '\n' : ''}HELD: ${done} kills (${whileOpening} while opening) in ${seconds.toFixed(0)} s, ${acknowledged} acknowledged entries all there, ${unacknowledged} more found whole, none torn.`,
)

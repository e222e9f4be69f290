import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freshSeed } from '../testing/entries.ts'
import { type KillTally, killRounds } from '../testing/kill-rounds.ts'

/**
 * Kills writing processes COUNT times and checks the store after each kill:
 *
 *   node packages/journal/dist/tools/kill-loop.js [COUNT=10000] [SEED] [PARENT_FOLDER] [--log] [--parallel N]
 *
 * `--log` writes a signed log and holds every head a writer saw against the entries found afterwards. `--parallel N`
 * runs N stores side by side: a round waits most of its time, for a process to start and for its kill. A new store is
 * begun every 500 kills, so that the last checks are as quick as the first. Ends with one line and status 0, or names
 * what broke, keeps that store for inspection, and ends with status 1. Interrupted (SIGINT, SIGTERM), it ends the rounds
 * under way, checks the stores whole, and says how many kills there were.
 *
 * Most of a round is the writer's start, and most of that is loading some hundred modules twice. A bundler makes one
 * file of them; the loop then starts the writer and the worker that lie beside it, and runs in a third of the time:
 *
 *   npx rolldown packages/journal/dist/{tools/kill-loop,testing/writer,sqlite/worker}.js \
 *     --platform node --external libsql -d packages/journal/dist/bundled
 *   node packages/journal/dist/bundled/kill-loop.js 10000 --log --parallel 3
 */
const PER_STORE = 500
const USAGE = 'usage: kill-loop.js [COUNT=10000] [SEED] [PARENT_FOLDER] [--log] [--parallel N]; whole numbers from 1'

interface Settings {
  readonly count: number
  readonly seed: number
  readonly parent: string
  readonly log: boolean
  readonly parallel: number
}

function readSettings(): Settings | null {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { log: { type: 'boolean', default: false }, parallel: { type: 'string', default: '1' } },
    })
    const [countText = '10000', seedText, parent = tmpdir()] = positionals
    const count = Number(countText)
    const parallel = Number(values.parallel)
    const seed = seedText === undefined ? freshSeed() : Number(seedText)
    const whole = [count, parallel].every((number) => Number.isSafeInteger(number) && number >= 1)
    return whole && Number.isSafeInteger(seed) ? { count, seed, parent, log: values.log, parallel } : null
  } catch {
    return null
  }
}

const settings = readSettings()
if (settings === null) {
  console.error(USAGE)
  process.exit(2)
}
const { count, seed, parent, log, parallel } = settings

const startedMs = performance.now()
const sum = { done: 0, acknowledged: 0, unacknowledged: 0, whileOpening: 0, signedHeads: 0 }
let shownMs = Number.NEGATIVE_INFINITY

function progress(): void {
  const nowMs = performance.now()
  if (nowMs - shownMs < (process.stderr.isTTY ? 200 : 10_000) && sum.done < count) return
  shownMs = nowMs
  const perSecond = sum.done / ((nowMs - startedMs) / 1000)
  const leftS = Math.round((count - sum.done) / perSecond)
  const line = `${sum.done}/${count} kills, ${perSecond.toFixed(1)}/s, ${Math.floor(leftS / 60)} min ${leftS % 60} s left`
  process.stderr.write(process.stderr.isTTY ? `\r${line}   ` : `${line}\n`)
}

/** The seed of each store follows from the first and from where in the count the store begins. */
let taken = 0
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())

async function stores(): Promise<void> {
  while (taken < count && !interrupted.signal.aborted) {
    const before = taken
    // Short runs are shared out too.
    const rounds = Math.min(PER_STORE, Math.ceil(count / parallel), count - before)
    taken += rounds
    await oneStore(before, rounds)
  }
}

async function oneStore(before: number, rounds: number): Promise<void> {
  const dir = await mkdtemp(join(parent, 'parley-kill-'))
  let tally: KillTally
  try {
    tally = await killRounds({
      dir,
      rounds,
      seed: seed + before,
      log,
      signal: interrupted.signal,
      onRound: () => {
        sum.done++
        progress()
      },
    })
  } catch (error) {
    console.error(`\nFAILED after ${sum.done} kills: ${(error as Error).message}. The store is kept in ${dir}.`)
    process.exit(1)
  }
  sum.acknowledged += tally.acknowledged
  sum.unacknowledged += tally.unacknowledged
  sum.whileOpening += tally.whileOpening
  sum.signedHeads += tally.signedHeads
  await rm(dir, { recursive: true })
}

console.error(`${count} kills, seed ${seed}${log ? ', writing a log' : ''}, ${parallel} at a time`)
await Promise.all(Array.from({ length: parallel }, stores))
const seconds = (performance.now() - startedMs) / 1000
const heads = log ? ` ${sum.signedHeads} signed heads, all of one history each.` : ''
console.log(
  `${process.stderr.isTTY ? '\n' : ''}HELD: ${sum.done} kills${sum.done < count ? ` of ${count}, interrupted` : ''} (${sum.whileOpening} while opening) in ${seconds.toFixed(0)} s, ${sum.acknowledged} acknowledged entries all there, ${sum.unacknowledged} more found whole, none torn.${heads}`,
)

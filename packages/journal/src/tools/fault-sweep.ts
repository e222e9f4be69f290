import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { canInject, faultRun, injecting } from '../testing/fault-run.ts'

/**
 * Makes every system call by which a writer touches its store fail, and die, in turn, and checks the store after each:
 *
 *   node packages/journal/dist/tools/fault-sweep.js [PARENT_FOLDER] [--only CALL] [--parallel N]
 *
 * Needs strace and the right to trace; writes a log. `--only fsync` keeps to one kind of call. Ends with one line and status 0, or names the call that broke the
 * store, keeps that for inspection, and ends with status 1.
 */
const FAULTS: readonly (readonly [call: string, faults: readonly string[]])[] = [
  ['fsync', ['EIO', 'SIGKILL']],
  ['fdatasync', ['EIO', 'SIGKILL']],
  ['pwrite64', ['ENOSPC', 'EIO', 'SIGKILL']],
  ['write', ['ENOSPC', 'EIO', 'SIGKILL']],
  ['openat', ['EROFS', 'EIO', 'SIGKILL']],
  ['rename', ['EIO', 'SIGKILL']],
  ['unlink', ['EIO', 'SIGKILL']],
  ['ftruncate', ['EIO', 'SIGKILL']],
]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, parallel: { type: 'string', default: '1' } },
})
const [parent = tmpdir()] = positionals
const parallel = Number(values.parallel)
const chosen = FAULTS.filter(([call]) => values.only === undefined || values.only === call)
if (!Number.isSafeInteger(parallel) || parallel < 1 || chosen.length === 0) {
  console.error('usage: fault-sweep.js [PARENT_FOLDER] [--only CALL] [--parallel N]')
  process.exit(2)
}

/** How many calls of a kind a writer makes when nothing fails. */
async function callsOf(call: string): Promise<number> {
  const dir = await mkdtemp(join(parent, 'parley-count-'))
  const out = join(dir, 'calls')
  const never = injecting(dir, { call, fault: 'EIO', when: '65535', log: true })
  const command = never.map((word) => (word === '/dev/null' ? out : word))
  const writer = new URL('../testing/writer.js', import.meta.url).pathname
  const options = { stopAfter: 40, checkpointBytes: 32 << 10, inFlight: 3, sectionBytes: 2000, log: true }
  spawnSync(command[0] as string, [...command.slice(1), process.execPath, writer, dir, '5', JSON.stringify(options)])
  const lines = (await readFile(out, 'utf8')).split('\n').filter((line) => line.includes(`${call}(`))
  await rm(dir, { recursive: true })
  return lines.length
}

if (!canInject()) {
  console.error('no strace here that may trace')
  process.exit(2)
}
interface Task {
  readonly call: string
  readonly fault: string
  readonly when: number
}

const tasks: Task[] = []
for (const [call, faults] of chosen) {
  const calls = await callsOf(call)
  for (const fault of faults) for (let when = 1; when <= calls; when++) tasks.push({ call, fault, when })
}

const startedMs = performance.now()
const outcomes = new Map<string, number>()
let taken = 0
let done = 0
let shownMs = startedMs

function progress(): void {
  const nowMs = performance.now()
  if (nowMs - shownMs < 10_000 && done < tasks.length) return
  shownMs = nowMs
  const leftS = Math.round(((nowMs - startedMs) / 1000 / done) * (tasks.length - done))
  const at = tasks[Math.min(taken, tasks.length) - 1]
  console.error(`${done}/${tasks.length} faults, at ${at?.call} ${at?.fault}, ${Math.ceil(leftS / 60)} min left`)
}

async function work(): Promise<void> {
  for (let task = tasks[taken++]; task !== undefined; task = tasks[taken++]) {
    const { call, fault, when } = task
    const dir = await mkdtemp(join(parent, 'parley-fault-'))
    try {
      const said = await faultRun(dir, { call, fault, when: String(when), log: true })
      const outcome = said.startsWith('fault ') || said === 'closed' ? said : 'ended'
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    } catch (error) {
      console.error(`FAILED: ${call} ${when} with ${fault}: ${(error as Error).message}. The store is kept in ${dir}.`)
      process.exit(1)
    }
    done++
    progress()
    await rm(dir, { recursive: true })
  }
}

await Promise.all(Array.from({ length: parallel }, work))
const list = [...outcomes].map(([what, count]) => `${what} ${count}`).join(', ')
console.log(`HELD: ${done} faults, each call in turn (${list}).`)

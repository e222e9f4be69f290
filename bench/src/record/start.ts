import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { median } from '../statistics.ts'
import { fillJournal } from './journals.ts'

const PROGRAM = fileURLToPath(new URL('./open-journal.js', import.meta.url))
const START_GOAL_S = 3
const MEMORY_GOAL_MB = 300
const MEGABYTE = 1e6

/** A process that opens a log of as many acts as plans are asked for: until its head is known, and its memory while it makes proofs. */
export async function coldStart(context: BenchmarkContext): Promise<Measurement[]> {
  const dir = join(context.workDir, 'cold')
  context.progress(`R5: writing ${context.plans} acts`)
  await fillJournal(dir, context.plans)
  const seconds: number[] = []
  const memory: number[] = []
  let right = true
  for (let run = 0; run < context.runs; run++) {
    const found = await open(dir)
    seconds.push(found.seconds)
    memory.push(found.peakBytes / MEGABYTE)
    right &&= found.size === context.plans && found.standing === 'signing'
  }
  const bare = await bareStart()
  return [
    {
      id: 'R5',
      what: `process start to signed head, ${context.plans} acts, no snapshot needed`,
      unit: 's',
      value: median(seconds),
      goal: { kind: 'at-most', value: START_GOAL_S },
      peer: { name: 'node alone', value: bare, better: 'less' },
      right,
    },
    {
      id: 'R6',
      what: `resident memory while proving over ${context.plans} acts`,
      unit: 'MB',
      value: median(memory),
      goal: { kind: 'at-most', value: MEMORY_GOAL_MB },
      right,
    },
  ]
}

interface Opened {
  readonly seconds: number
  readonly size: number
  readonly standing: string
  readonly peakBytes: number
}

async function open(dir: string): Promise<Opened> {
  const beganMs = performance.now()
  const child = spawn(process.execPath, [PROGRAM, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let seconds = Number.NaN
  const told: object[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (told.length === 0) seconds = (performance.now() - beganMs) / 1000
    told.push(JSON.parse(line) as object)
  }
  const status = await ended
  if (status !== 0) throw new Error(`the process that opens the log ended with ${status}`)
  return Object.assign({ seconds, size: 0, standing: '', peakBytes: Number.NaN }, ...told) as Opened
}

/** Seconds that a process takes which does nothing. */
async function bareStart(): Promise<number> {
  const beganMs = performance.now()
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
  await new Promise((resolve) => child.once('close', resolve))
  return (performance.now() - beganMs) / 1000
}

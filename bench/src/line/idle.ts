import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { WrongAnswer } from '../load/check.ts'
import { cpuMeter } from '../load/process-cpu.ts'
import { residentMb } from './line-node.ts'
import { openBenchTable, TABLE } from './table.ts'

const SETTLE_MS = 5_000
const WATCH_MS = 20_000
const GOAL_MB = 300
const GOAL_SHARE = 0.02

/** Two sides and an observer on an open line on which nobody says anything: heartbeats go on. */
export async function idle(context: BenchmarkContext): Promise<Measurement[]> {
  await using table = await openBenchTable(context, {
    names: ['north', 'south', 'un'],
    observers: ['un'],
  })
  await sleep(SETTLE_MS)
  const pids = table.parties.map(({ node }) => node.pid)
  const meters = pids.map(cpuMeter)
  for (const { start } of meters) start()
  const beganMs = performance.now()
  await sleep(WATCH_MS)
  const shares = meters.map(({ read }) => read()?.totalUs ?? null)
  const watchedUs = (performance.now() - beganMs) * 1000
  const memory = pids.map(residentMb)
  for (const { client } of table.parties.slice(0, 2)) {
    const { worst, parties } = await client.state(TABLE)
    if (worst !== 'open') throw new WrongAnswer(`the idle line is ${worst}`)
    if (parties.some(({ link }) => link !== null && link.backlog > 0))
      throw new WrongAnswer('the idle line has a backlog')
  }
  const sum = (values: readonly (number | null)[]): number | null =>
    values.reduce<number | null>((all, one) => (all === null || one === null ? null : all + one), 0)
  const usedUs = sum(shares)
  return [
    {
      id: 'LINE4',
      what: 'three idle nodes, resident memory together',
      unit: 'MB',
      value: sum(memory),
      goal: { kind: 'at-most', value: GOAL_MB },
      right: true,
      note: memory.map((one) => Math.round(one ?? 0)).join(' + '),
    },
    {
      id: 'LINE4',
      what: 'three idle nodes, processor together',
      unit: 'of a core',
      value: usedUs === null ? null : usedUs / watchedUs,
      goal: { kind: 'at-most', value: GOAL_SHARE },
      right: true,
    },
  ]
}

import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { WrongAnswer } from '../load/check.ts'
import { quantile } from '../statistics.ts'
import { receiptLimitMs } from './https-limit.ts'
import { openBenchTable, sameLog, signedActs, TABLE } from './table.ts'

const WARM = 50
const GOAL_P50_MS = 2
const GOAL_P99_MS = 10
const LIMIT_S = 30

/** One act after the other: from handing it to our node until our node shows the receipt of the other's mirror to whoever waits for it. */
export async function receiptAlone(context: BenchmarkContext): Promise<Measurement[]> {
  await using table = await openBenchTable(context, { names: ['north', 'south'] })
  const [north, south] = table.parties as [(typeof table.parties)[0], (typeof table.parties)[0]]
  const count = Math.min(2000, Math.max(100, Math.round(context.plans / 500)))
  const acts = await signedActs(north, WARM + count)
  const sample = new Float64Array(count)
  for (const [at, act] of acts.entries()) {
    const beganMs = performance.now()
    const { index } = await north.client.post(TABLE, act)
    const page = await north.client.acts(TABLE, { origin: north.origin, from: index, limit: 1, waitS: LIMIT_S })
    if (page.acts[0]?.receiptS === null) throw new WrongAnswer(`act ${index} has no receipt after ${LIMIT_S} s`)
    if (at >= WARM) sample[at - WARM] = performance.now() - beganMs
  }
  await sameLog(north, south, 2 + acts.length)
  const limit = await receiptLimitMs(context.workDir, count)
  const at = (share: number, goal: number): Measurement => ({
    id: 'LINE1',
    what: `act to durable receipt, one at a time, p${Math.round(share * 100)}`,
    unit: 'ms',
    value: quantile(sample, share),
    goal: { kind: 'at-most', value: goal },
    ...(limit === null
      ? {}
      : { peer: { name: '3 flushes and a TLS round trip', value: quantile(limit, share), better: 'less' as const } }),
    right: true,
  })
  return [at(0.5, GOAL_P50_MS), at(0.99, GOAL_P99_MS)]
}

import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { WrongAnswer } from '../load/check.ts'
import { quantile } from '../statistics.ts'
import { receiptLimitMs } from './https-limit.ts'
import { ADDED_MS, slowFlushLibrary } from './slow-flush.ts'
import { openBenchTable, sameLog, signedActs, TABLE } from './table.ts'

const WARM = 50
const GOALS = { plain: [2, 10], slow: [9, 25] } as const
const LIMIT_S = 30

/** As the disk is, and with what a slower disk would add to each flush. */
export async function receiptAlone(context: BenchmarkContext): Promise<Measurement[]> {
  const count = Math.min(2000, Math.max(100, Math.round(context.plans / 500)))
  const plain = await receiptTimes(context, { count, preload: null })
  const limit = await receiptLimitMs(context.workDir, count)
  const library = slowFlushLibrary(context.workDir)
  const slow = library === null ? null : await receiptTimes(context, { count, preload: library })
  const line = (kind: 'plain' | 'slow', share: 0.5 | 0.99): Measurement => {
    const sample = kind === 'plain' ? plain : slow
    const added = kind === 'plain' ? '' : `, ${ADDED_MS} ms added to each flush`
    return {
      id: 'LINE1',
      what: `act to durable receipt, one at a time${added}, p${Math.round(share * 100)}`,
      unit: 'ms',
      value: sample === null ? null : quantile(sample, share),
      goal: { kind: 'at-most', value: GOALS[kind][share === 0.5 ? 0 : 1] },
      ...(limit === null || kind === 'slow'
        ? {}
        : { peer: { name: '3 flushes and a TLS round trip', value: quantile(limit, share), better: 'less' as const } }),
      right: true,
      ...(sample === null ? { note: 'no g++ on this machine' } : {}),
    }
  }
  return [line('plain', 0.5), line('plain', 0.99), line('slow', 0.5), line('slow', 0.99)]
}

/** One act after the other: from handing it to our node until our node shows the receipt of the other's mirror to whoever waits for it. */
async function receiptTimes(
  context: BenchmarkContext,
  { count, preload }: { readonly count: number; readonly preload: string | null },
): Promise<Float64Array> {
  await using table = await openBenchTable(context, { names: ['north', 'south'], preload })
  const [north, south] = table.parties as [(typeof table.parties)[0], (typeof table.parties)[0]]
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
  return sample
}

import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { median } from '../statistics.ts'
import { fdatasyncMs } from '../write-path/disk.ts'
import { openBenchTable, receipted, sameLog, signedActs, TABLE } from './table.ts'

const GOAL_PER_S = 10_000
const WRITERS = 256
const BUNDLE = 256
const BUNDLES_AT_ONCE = 8

/** Acts a second, from the first handed over until the last is receipted: one act a request, and many. */
export async function receiptedRate(context: BenchmarkContext): Promise<Measurement[]> {
  const count = Math.max(1000, Math.round(context.plans / 50))
  const rates: Record<'single' | 'bundled', number[]> = { single: [], bundled: [] }
  for (let run = 0; run < context.runs; run++) {
    await using table = await openBenchTable(context, { names: ['north', 'south'] })
    const [north, south] = table.parties as [(typeof table.parties)[0], (typeof table.parties)[0]]
    let size = 2
    for (const kind of run % 2 === 0 ? (['single', 'bundled'] as const) : (['bundled', 'single'] as const)) {
      const acts = await signedActs(north, count)
      const step = kind === 'single' ? 1 : BUNDLE
      let next = 0
      const writer = async (): Promise<void> => {
        while (next < acts.length) {
          const from = next
          next += step
          // Whoever must wait for the quota is told so and comes again: the client does.
          if (kind === 'single') await north.client.post(TABLE, acts[from]!)
          else await north.client.postMany(TABLE, acts.slice(from, from + step))
        }
      }
      const beganMs = performance.now()
      await Promise.all(Array.from({ length: kind === 'single' ? WRITERS : BUNDLES_AT_ONCE }, writer))
      size += acts.length
      await receipted(north, south, { size, everyMs: 10 })
      rates[kind].push((acts.length * 1000) / (performance.now() - beganMs))
      context.progress(`LINE2 ${kind}: ${Math.round(rates[kind].at(-1)!)}/s`)
    }
    await sameLog(north, south, size)
  }
  const flushed = { name: 'fdatasync of 4 kB', value: 1000 / fdatasyncMs(context.workDir), better: 'more' as const }
  return [
    {
      id: 'LINE2',
      what: `receipted acts, ${BUNDLES_AT_ONCE} writers of ${BUNDLE} acts at once`,
      unit: 'acts/s',
      value: median(rates.bundled),
      goal: { kind: 'at-least', value: GOAL_PER_S },
      peer: flushed,
      right: true,
    },
    {
      id: 'LINE2',
      what: `receipted acts, ${WRITERS} writers of one act each`,
      unit: 'acts/s',
      value: median(rates.single),
      peer: flushed,
      right: true,
    },
  ]
}

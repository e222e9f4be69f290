import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { WrongAnswer } from '../load/check.ts'
import { openBenchTable, sameLog, signedActs, TABLE } from './table.ts'

const GOAL_S = 15
const BUNDLE = 256
const POLL_MS = 50
const LIMIT_MS = 600_000

/** The other node is away while ours writes; then it comes back. A tenth of the plans: 100,000 acts for a million. */
export async function catchUp(context: BenchmarkContext): Promise<Measurement[]> {
  const count = Math.max(1000, Math.round(context.plans / 10))
  await using table = await openBenchTable(context, { names: ['north', 'south'] })
  const [north, south] = table.parties as [(typeof table.parties)[0], (typeof table.parties)[0]]
  await south.node.stop()
  const acts = await signedActs(north, count)
  for (let from = 0; from < count; from += BUNDLE) await north.client.postMany(TABLE, acts.slice(from, from + BUNDLE))
  const size = 2 + count
  await south.restart()
  const backMs = performance.now()
  let firstMs: number | null = null
  let receiptedMs: number | null = null
  for (;;) {
    const nowMs = performance.now()
    const [ours, theirs] = await Promise.all([north.client.state(TABLE), south.client.state(TABLE)])
    const link = ours.parties.find(({ party }) => party === 'south')?.link
    const shown = theirs.parties.find(({ party }) => party === 'north')?.size ?? 0
    const held = theirs.parties.find(({ party }) => party === 'north')?.link?.heldHere ?? 0
    // Heads arrive before entries: contact begins when the way is open again.
    if (firstMs === null && (link?.state === 'current' || link?.state === 'behind' || held > 2)) firstMs = nowMs
    if (receiptedMs === null && (link?.receivedByThem ?? 0) >= size) receiptedMs = nowMs
    if (receiptedMs !== null && shown >= size) break
    if (nowMs - backMs > LIMIT_MS) throw new WrongAnswer(`${shown} of ${size} entries are shown after ten minutes`)
    await sleep(POLL_MS)
  }
  const shownMs = performance.now()
  const contactMs = firstMs ?? backMs
  await sameLog(north, south, size)
  const acts1 = `${count.toLocaleString('en')} acts`
  const scaled = (GOAL_S * count) / 100_000
  return [
    {
      id: 'LINE3',
      what: `${acts1} receipted, from the first contact`,
      unit: 's',
      value: Math.max(0, receiptedMs - contactMs) / 1000,
      goal: { kind: 'at-most', value: Math.max(scaled, 1) },
      right: true,
    },
    {
      id: 'LINE3',
      what: `${acts1} shown on the other side, from the first contact`,
      unit: 's',
      value: (shownMs - contactMs) / 1000,
      goal: { kind: 'at-most', value: Math.max(scaled, 1) },
      right: true,
    },
    {
      id: 'LINE3',
      what: 'from the return of the other node to the first contact',
      unit: 's',
      value: (contactMs - backMs) / 1000,
      right: true,
      note: 'what is left of the pause between two attempts',
    },
  ]
}

import type { Prepared } from './prepare.ts'
import type { LoadResult } from './result.ts'
import { getJson, type Target } from './target.ts'

/** Why a run does not count. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'
}

/** Every request must have been granted. @throws {WrongAnswer} */
export function checkStatuses(result: LoadResult, prepared: Prepared): void {
  if ((result.statuses.get(prepared.status) ?? 0) === result.sent) return
  const found = [...result.statuses].map(([status, count]) => `${count} x ${status}`).join(', ')
  throw new WrongAnswer(`of ${result.sent} requests all should be answered ${prepared.status}: ${found}`)
}

/** Reads a sample of what was written back: each must have the OVN of its last write. @throws {WrongAnswer} */
export async function checkSample(
  target: Target,
  prepared: Prepared,
  options: { readonly sent: number; readonly size: number },
): Promise<void> {
  const { sent, size } = options
  const last = new Map<string, number>()
  for (let at = 0; at < sent; at++) last.set(prepared.ids[at]!, at)
  const indices = new Set<number>()
  const step = Math.max(1, Math.floor(sent / size))
  for (let at = 0; at < sent; at += step) indices.add(last.get(prepared.ids[at]!)!)
  if (sent > 0) indices.add(sent - 1)
  for (const at of indices) {
    const id = prepared.ids[at]!
    const supplier = prepared.writerOf(at)
    const found = (await getJson(target, `/dss/v1/operational_intent_references/${id}`, supplier)) as {
      operational_intent_reference: { ovn?: string; manager: string }
    }
    const { ovn, manager } = found.operational_intent_reference
    if (ovn !== prepared.ovns[at] || manager !== supplier.sub)
      throw new WrongAnswer(`${id} should be ${supplier.sub}'s at ${prepared.ovns[at]} and is ${manager}'s at ${ovn}`)
  }
}

export interface Counts {
  readonly operational_intents: number
  readonly subscriptions: number
}

/** What the node says it holds. */
export async function countsOf(target: Target): Promise<Counts> {
  const { counts } = (await getJson(target, '/parley/v1/status', null)) as { counts: Counts }
  return counts
}

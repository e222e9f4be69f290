import { effect, signal } from '@preact/signals'
import { flights, line, table } from './line-session.ts'
import type { Ref } from './types.ts'

/** Whether acts bind yet whose kind asks for more cosignatures than the counterpart's: the node tells it act by act. */

interface Binding {
  /** `pending`: in the log, and without effect as yet. */
  readonly kind: 'binding' | 'pending'
  /** Cosigners whose cosignature is not in hand here, as `party/role`. */
  readonly waitsFor: readonly string[]
}

const EVERY_MS = 10_000
const keyOf = ({ o, i }: Ref): string => `${o} ${i}`
const told = signal<ReadonlyMap<string, Binding>>(new Map())

/** null until the node has told. */
export const bindingOf = (ref: Ref): Binding | null => told.value.get(keyOf(ref)) ?? null

async function ask(of: string, ref: Ref): Promise<void> {
  const { acts } = await line.acts(of, { origin: ref.o, from: ref.i, limit: 1 })
  const [act] = acts
  if (act?.binding === undefined || of !== table.peek()) return
  told.value = new Map(told.peek()).set(keyOf(ref), { kind: act.binding, waitsFor: act.waitsFor ?? [] })
}

/** Asks for what agreements on lines are, whenever something about flights and areas has changed. */
export function startBinding(): void {
  effect(() => {
    void table.value
    told.value = new Map()
  })
  const askAll = (): void => {
    const of = table.peek()
    const refs = (flights.peek()?.borders ?? []).flatMap(({ agreed }) => agreed.map(({ ref }) => ref))
    if (of === null) return
    // What binds once goes on binding, unless a cosigner is found to have forked; that is shown as the fork it is.
    for (const ref of refs)
      if (told.peek().get(keyOf(ref))?.kind !== 'binding') void ask(of, ref).catch(() => undefined)
  }
  effect(() => {
    if (flights.value !== null) askAll()
  })
  // A cosignature that arrives is no event of its own.
  setInterval(askAll, EVERY_MS)
}

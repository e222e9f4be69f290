import { effect, signal } from '@preact/signals'
import { flights, line, table } from './line-session.ts'
import type { Ref } from './types.ts'

/** Whether acts bind yet whose kind asks for more cosignatures than the counterpart's: the node tells it act by act. */

const keyOf = ({ o, i }: Ref): string => `${o} ${i}`
const told = signal<ReadonlyMap<string, 'binding' | 'pending'>>(new Map())

/** `pending`: in the log, and without effect as yet; null until the node has told. */
export const bindingOf = (ref: Ref): 'binding' | 'pending' | null => told.value.get(keyOf(ref)) ?? null

async function ask(of: string, ref: Ref): Promise<void> {
  const { acts } = await line.acts(of, { origin: ref.o, from: ref.i, limit: 1 })
  const binding = acts[0]?.binding
  if (binding !== undefined && of === table.peek()) told.value = new Map(told.peek()).set(keyOf(ref), binding)
}

/** Asks for what agreements on lines are, whenever something about flights and areas has changed. */
export function startBinding(): void {
  effect(() => {
    void table.value
    told.value = new Map()
  })
  effect(() => {
    const of = table.value
    const refs = (flights.value?.borders ?? []).flatMap(({ agreed }) => agreed.map(({ ref }) => ref))
    if (of === null) return
    // What binds once goes on binding, unless a cosigner is found to have forked; that is shown as the fork it is.
    for (const ref of refs) if (told.peek().get(keyOf(ref)) !== 'binding') void ask(of, ref).catch(() => undefined)
  })
}

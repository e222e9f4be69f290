import type { AirspaceState } from '@parley/airspace'
import { uuidV4, uuidV7 } from './ids.ts'
import { KeyFinder } from './key-finder.ts'
import type { PlanRow } from './plans.ts'
import { Requests } from './requests.ts'
import { putHead, type Supplier, type Target } from './target.ts'
import { intentBody } from './wire.ts'

/** Requests ready to be sent, and what the service must hold after the first so many of them. */
export interface Prepared {
  readonly requests: Requests
  /** Id, OVN and writer of what each request writes. */
  readonly ids: readonly string[]
  readonly ovns: readonly string[]
  readonly writerOf: (index: number) => Supplier
  /** HTTP status that each must be answered with. */
  readonly status: 200 | 201
  readonly meanKey: number
}

export interface PrepareOptions {
  readonly target: Target
  readonly finder: KeyFinder
  /** How many requests may overtake one another. */
  readonly window: number
  /** Told for each request, in order. */
  readonly onPlan?: (plan: ReturnType<PlanRow['plan']>, index: number) => void
}

/** Finders for a service that may hold a store already. */
export const finderFor = (options: { readonly exact: boolean; readonly store?: AirspaceState }): KeyFinder =>
  new KeyFinder({ exact: options.exact, store: options.store ?? null })

/** A finder that knows the plans held, which are those of a row before `next`. */
export function finderOfHeld(
  row: PlanRow,
  { exact, held, next }: { readonly exact: boolean; readonly held: Prepared; readonly next: number },
): KeyFinder {
  const finder = finderFor({ exact })
  const first = next - held.ids.length
  for (const [at, ovn] of held.ovns.entries()) finder.add(first + at, row.plan(first + at), ovn)
  return finder
}

/**
 * PUTs that create the plans `from` to `to` of a row, each with the key of all that it meets before it or within the window after it.
 * OVNs are known beforehand because each request asks for its own by `requested_ovn_suffix`, which must be of now, give or take five
 * minutes: prepare shortly before sending.
 */
export function prepareCreates(
  row: PlanRow,
  range: readonly [from: number, to: number],
  options: PrepareOptions & { readonly suppliers: readonly Supplier[]; readonly implicitSubscription?: boolean },
): Prepared {
  const { target, suppliers, finder, window } = options
  const [from, to] = range
  const requests = new Requests()
  const ids: string[] = []
  const ovns: string[] = []
  const suffixes: string[] = []
  const pending: (ReturnType<PlanRow['plan']> | undefined)[] = []
  const nowMs = Date.now()
  let keys = 0
  const writerOf = (at: number): Supplier => suppliers[at % suppliers.length]!
  const emit = (at: number): void => {
    const plan = pending[at]!
    pending[at] = undefined
    const supplier = writerOf(at)
    const key = finder.keyOf(from + at, plan)
    keys += key.length
    requests.add(
      putHead(target, supplier, ids[at]!),
      intentBody(plan, {
        baseUrl: supplier.baseUrl,
        key,
        suffix: suffixes[at]!,
        implicitSubscription: options.implicitSubscription ?? false,
      }),
    )
  }
  const count = to - from
  for (let at = 0; at < count; at++) {
    const plan = row.plan(from + at)
    const id = uuidV4()
    const suffix = uuidV7(nowMs)
    ids.push(id)
    suffixes.push(suffix)
    ovns.push(`${id}_${suffix}`)
    pending.push(plan)
    finder.add(from + at, plan, ovns[at]!)
    options.onPlan?.(plan, at)
    if (at >= window) emit(at - window)
  }
  for (let at = Math.max(0, count - window); at < count; at++) emit(at)
  return { requests, ids, ovns, writerOf, status: 201, meanKey: keys / count }
}

/**
 * PUTs that replace the plans of `held` in turn by the plans `from` to `to` of a row: the store stays as large as it is. `held` are the
 * row's first plans, put into the finder under their own indices.
 */
export function prepareUpdates(
  row: PlanRow,
  range: readonly [from: number, to: number],
  options: PrepareOptions & { readonly held: Prepared },
): Prepared {
  const { target, finder, window, held } = options
  const [from, to] = range
  const size = held.ids.length
  if (window >= size / 2) throw new RangeError('more requests may overtake one another than the store holds')
  const requests = new Requests()
  const ids: string[] = []
  const ovns = [...held.ovns]
  const suffixes: string[] = []
  const nowMs = Date.now()
  let keys = 0
  const writerOf = (at: number): Supplier => held.writerOf(at % size)
  const emit = (at: number): void => {
    const plan = row.plan(from + at)
    const supplier = writerOf(at)
    const key = finder.keyOf(from + at, plan)
    keys += key.length
    requests.add(
      putHead(target, supplier, `${ids[at]!}/${ovns[at]!}`),
      intentBody(plan, { baseUrl: supplier.baseUrl, key, suffix: suffixes[at]!, implicitSubscription: false }),
    )
  }
  const count = to - from
  for (let at = 0; at < count; at++) {
    const id = held.ids[at % size]!
    const suffix = uuidV7(nowMs)
    ids.push(id)
    suffixes.push(suffix)
    ovns.push(`${id}_${suffix}`)
    finder.add(from + at, row.plan(from + at), `${id}_${suffix}`)
    options.onPlan?.(row.plan(from + at), at)
    // What the plan two windows back replaced is gone for everyone who is still to ask.
    const gone = at - 2 * window
    if (gone >= 0) finder.remove(from - size + gone)
    if (at >= window) emit(at - window)
  }
  for (let at = Math.max(0, count - window); at < count; at++) emit(at)
  return { requests, ids, ovns: ovns.slice(size), writerOf, status: 200, meanKey: keys / count }
}

/** What is held after the first `sent` of some updates: as many plans as before, the last ones written. */
export function heldAfter(held: Prepared, updates: Prepared, sent: number): Prepared {
  const size = held.ids.length
  const last = <T>(before: readonly T[], after: readonly T[]): T[] => [...before, ...after.slice(0, sent)].slice(-size)
  const ids = last(held.ids, updates.ids)
  return {
    ...held,
    ids,
    ovns: last(held.ovns, updates.ovns),
    writerOf: (index) => held.writerOf((index + sent) % size),
  }
}

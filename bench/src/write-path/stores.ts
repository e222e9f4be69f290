import { join } from 'node:path'
import type { BenchmarkContext } from '../benchmark.ts'
import { deliveries, type PlanRow, studyPlans } from '../load/plans.ts'
import { buildStore, copyOf, type Store } from './store.ts'

/** The study's seeds: what is stored, and what is written. */
const STORED_SEED = 20260101
const WRITTEN_SEED = 555
/** Every plan lies ahead for as long as a run of all benchmarks takes. */
const START_IN_MS = 15 * 60_000
const SMALL_SHARE = 10
/** More than one session can write. */
const ROW_LENGTH = 400_000

interface Shelf {
  readonly dayStartMs: number
  readonly stores: Map<string, Promise<Store>>
  deliveries: PlanRow | null
  copies: number
}

const shelves = new Map<string, Shelf>()

/** One shelf a run: benchmarks that need the same store share it. */
function shelfOf({ workDir }: BenchmarkContext): Shelf {
  let shelf = shelves.get(workDir)
  if (shelf === undefined) {
    shelf = { dayStartMs: Date.now() + START_IN_MS, stores: new Map(), deliveries: null, copies: 0 }
    shelves.set(workDir, shelf)
  }
  return shelf
}

/** Where the plans of this run begin. */
export const dayStartOf = (context: BenchmarkContext): number => shelfOf(context).dayStartMs

/** Deliveries to write. */
export function writtenDeliveries(context: BenchmarkContext): PlanRow {
  const shelf = shelfOf(context)
  shelf.deliveries ??= deliveries(ROW_LENGTH, WRITTEN_SEED, { dayStartMs: shelf.dayStartMs })
  return shelf.deliveries
}

/** Plans of all kinds to write. */
export const writtenMix = (context: BenchmarkContext): PlanRow =>
  studyPlans(ROW_LENGTH, WRITTEN_SEED, { dayStartMs: dayStartOf(context) })

/** A tenth of the plans, all deliveries; with or without subscriptions over every metropolitan area. */
export function deliveryStore(context: BenchmarkContext, options: { readonly subscriptions: boolean }): Promise<Store> {
  const count = Math.round(context.plans / SMALL_SHARE)
  const name = `deliveries-${options.subscriptions ? 'subscriptions' : 'alone'}`
  return kept(context, {
    name,
    ...options,
    row: () => deliveries(count, STORED_SEED, { dayStartMs: dayStartOf(context) }),
  })
}

/** All the plans, of all kinds, with subscriptions. */
export function fullStore(context: BenchmarkContext): Promise<Store> {
  const row = () => studyPlans(context.plans, STORED_SEED, { dayStartMs: dayStartOf(context) })
  return kept(context, { name: 'full', subscriptions: true, row })
}

interface Wanted {
  readonly name: string
  readonly subscriptions: boolean
  readonly row: () => PlanRow
}

function kept(context: BenchmarkContext, { name, subscriptions, row }: Wanted): Promise<Store> {
  const { stores } = shelfOf(context)
  let store = stores.get(name)
  if (store === undefined) {
    context.progress(`storing plans: ${name}`)
    const progress = (text: string): void => context.progress(text)
    store = buildStore({ dir: join(context.workDir, name), row: row(), subscriptions, progress })
    stores.set(name, store)
  }
  return store
}

/** A fresh name for a folder of this run, under the folder given or the run's own. */
export function scratchName(context: BenchmarkContext, under = context.workDir): string {
  return join(under, `parley-bench-copy-${process.pid}-${shelfOf(context).copies++}`)
}

export const copyFor = (context: BenchmarkContext, store: Store): ReturnType<typeof copyOf> =>
  copyOf(store, scratchName(context))

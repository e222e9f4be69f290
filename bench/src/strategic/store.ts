import { VolumeIndex } from '@parley/geo4d'
import type { BenchmarkContext } from '../benchmark.ts'
import { microseconds } from '../statistics.ts'
import { COUNTRY, generate, type Region, type Workload } from './workload.ts'

export const STORE_SEED = 20_260_101
export const QUERY_SEED = 777
export const QUERIES = 20_000
/** Queries at the start of each pass that are run but not counted. */
export const WARM_UP = 2000

export interface Store {
  readonly workload: Workload
  readonly index: VolumeIndex
  /** Mean over the whole build. */
  readonly insertUs: number
}

const stores = new Map<string, Store>()

/** The index filled with the study's plans; kept, because several benchmarks ask it. */
export function countryStore(context: BenchmarkContext, plans = context.plans): Store {
  const key = String(plans)
  let store = stores.get(key)
  if (store === undefined) {
    context.progress(`filling the index with ${plans.toLocaleString('en-GB')} plans`)
    store = fill(generate(plans, STORE_SEED, COUNTRY))
    stores.set(key, store)
  }
  return store
}

/** The plans as objects, made outside the time that counts. */
export function batch(workload: Workload, from: number, to: number) {
  return Array.from({ length: to - from }, (_, at) => workload.plan(from + at))
}

export function fill(workload: Workload): Store {
  const index = new VolumeIndex()
  let us = 0
  const step = 2000
  for (let from = 0; from < workload.plans; from += step) {
    const plans = batch(workload, from, Math.min(workload.plans, from + step))
    us += microseconds(() => {
      for (const [at, plan] of plans.entries()) index.insert(from + at, plan)
    })
  }
  return { workload, index, insertUs: us / workload.plans }
}

export function querySet(seed = QUERY_SEED, count = QUERIES, region: Region = COUNTRY): Workload {
  return generate(count, seed, region)
}

export interface QueryPass {
  /** Microseconds of each counted query. */
  readonly us: Float64Array
  readonly hits: number
}

/**
 * One pass over the first `count` queries; the first {@link WARM_UP} are not counted. Each plan is made just before it is asked, as
 * it would come from a request, and outside the time that counts.
 */
export function queryPass(index: VolumeIndex, queries: Workload, count = queries.plans): QueryPass {
  const us = new Float64Array(count - WARM_UP)
  const out: number[] = []
  let hits = 0
  for (let at = 0; at < count; at++) {
    const plan = queries.plan(at)
    out.length = 0
    const began = process.hrtime.bigint()
    index.query(plan, out)
    const ended = process.hrtime.bigint()
    if (at < WARM_UP) continue
    us[at - WARM_UP] = Number(ended - began) / 1000
    hits += out.length
  }
  return { us, hits }
}

import { join } from 'node:path'
import { anyVolumesIntersect, type Section, type Volume4D, VolumeIndex } from '@parley/geo4d'
import RBush from 'rbush'
import type { Benchmark, Measurement } from '../benchmark.ts'
import { mean, median, microseconds, quantile } from '../statistics.ts'
import { LimitPort } from './limit.ts'
import { countryStore, fill, QUERIES, type QueryPass, queryPass, querySet, type Store, WARM_UP } from './store.ts'
import { constantDensity, generate, type Workload } from './workload.ts'

/** Counts of section 2.2 at a million plans, by which the generator shows that it draws as the study did. */
const STUDY = {
  plans: 1_000_000,
  volumes: 4_278_255,
  points: 17_899_174,
  types: [599_541, 250_583, 120_160, 24_841, 4875],
}
/** This generator's own hash of the same plans: a change of any draw changes it. */
const OWN_HASH = 'b0e4170b'

/** Queries compared with brute force. */
const SAMPLE = 40

export const workloadCheck: Benchmark = {
  id: 'S0',
  title: 'the generated plans are those of the study',
  run(context) {
    context.progress('drawing 1,000,000 plans')
    const workload = generate(STUDY.plans, 20_260_101)
    const right =
      workload.volumes === STUDY.volumes &&
      workload.points === STUDY.points &&
      STUDY.types.every((count, type) => workload.types[type] === count) &&
      workload.checkHash() === OWN_HASH
    return [
      {
        id: 'S0',
        what: 'volumes, vertices, plans by type and hash as drawn before',
        unit: 'volumes',
        value: workload.volumes,
        right,
      },
    ]
  },
}

function passes(store: Store, plans: Workload, runs: number): QueryPass[] {
  queryPass(store.index, plans)
  return Array.from({ length: runs }, () => queryPass(store.index, plans))
}

const over = (all: readonly QueryPass[], share: number) => median(all.map(({ us }) => quantile(us, share)))

/** Exact answers by looking at every plan, for a sample of the queries. */
function equalsBruteForce(store: Store, plans: Workload, sample: number): boolean {
  const stored = boundsOf(store.workload)
  for (let at = 0; at < sample; at++) {
    const plan = plans.plan(WARM_UP + Math.floor((at * (plans.plans - WARM_UP)) / sample))
    const found: number[] = []
    store.index.query(plan, found)
    const expected: number[] = []
    for (let slot = 0; slot < store.workload.plans; slot++) {
      if (mayMeet(stored, slot, plan) && anyVolumesIntersect(store.workload.plan(slot), plan)) expected.push(slot)
    }
    found.sort((a, b) => a - b)
    if (found.length !== expected.length || found.some((slot, index) => slot !== expected[index])) return false
  }
  return true
}

interface Bounds {
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  /** South, west, north, east of each plan, widened by its radius. */
  readonly box: Float64Array
}

function boundsOf(workload: Workload): Bounds {
  const startMs = new Float64Array(workload.plans).fill(Infinity)
  const endMs = new Float64Array(workload.plans).fill(-Infinity)
  const box = new Float64Array(4 * workload.plans)
  for (let slot = 0; slot < workload.plans; slot++) {
    let south = Infinity
    let west = Infinity
    let north = -Infinity
    let east = -Infinity
    for (let volume = workload.planStart[slot]!; volume < workload.planStart[slot + 1]!; volume++) {
      startMs[slot] = Math.min(startMs[slot]!, workload.startMs[volume]!)
      endMs[slot] = Math.max(endMs[slot]!, workload.endMs[volume]!)
      const widened = workload.radiusM[volume]! / 50_000 + 0.001
      for (let point = workload.pointStart[volume]!; point < workload.pointStart[volume + 1]!; point++) {
        south = Math.min(south, workload.degrees[2 * point]! - widened)
        north = Math.max(north, workload.degrees[2 * point]! + widened)
        west = Math.min(west, workload.degrees[2 * point + 1]! - widened)
        east = Math.max(east, workload.degrees[2 * point + 1]! + widened)
      }
    }
    box.set([south, west, north, east], 4 * slot)
  }
  return { startMs, endMs, box }
}

/** A cheap test that no plan which meets fails: the workload stays away from poles and the antimeridian. */
function mayMeet(bounds: Bounds, slot: number, plan: readonly Volume4D[]): boolean {
  return plan.some((volume) => {
    const dayMs = volume.startMs - (volume.startMs % 86_400_000)
    const startMs = volume.startMs - dayMs
    const endMs = volume.endMs - dayMs
    if (bounds.startMs[slot]! > endMs + 86_400_000 || bounds.endMs[slot]! < startMs - 86_400_000) return false
    const { outline } = volume
    const points = outline.kind === 'circle' ? [outline.centre] : outline.vertices
    const widened = outline.kind === 'circle' ? outline.radiusM / 50_000 + 0.001 : 0.001
    const { box } = bounds
    return (
      points.some(({ latDeg }) => latDeg + widened >= box[4 * slot]!) &&
      points.some(({ latDeg }) => latDeg - widened <= box[4 * slot + 2]!) &&
      points.some(({ lngDeg }) => lngDeg + widened >= box[4 * slot + 1]!) &&
      points.some(({ lngDeg }) => lngDeg - widened <= box[4 * slot + 3]!)
    )
  })
}

/** What a store that looks at every plan does, as the reference's memory store: bounds of the whole plan only. */
function linearScanUs(store: Store, plans: Workload): number {
  const bounds = boundsOf(store.workload)
  const us = Array.from({ length: 15 }, (_, at) => plans.plan(WARM_UP + at)).map((plan) =>
    microseconds(() => {
      let met = 0
      for (let slot = 0; slot < store.workload.plans; slot++) if (mayMeet(bounds, slot, plan)) met++
      if (met < 0) throw new Error('unreachable')
    }),
  )
  return median(us)
}

export const exactQuery: Benchmark = {
  id: 'S1',
  title: 'exact conflict query, the C++ limit in turn with ours (S1, S2, S3)',
  async run(context) {
    const store = countryStore(context)
    const plans = querySet()
    const million = store.workload.plans === 1_000_000
    context.progress(`comparing ${SAMPLE} answers with brute force`)
    const right = equalsBruteForce(store, plans, SAMPLE)
    context.progress('looking at every plan, for comparison')
    const scanUs = linearScanUs(store, plans)
    const measured: Measurement[] = []
    const missing = LimitPort.missing()
    const ours: QueryPass[] = []
    const theirs: { p50: number; p99: number; p999: number; hits: number }[] = []
    queryPass(store.index, plans)
    if (missing === null) {
      context.progress('building and filling the C++ port')
      const files = {
        store: join(context.workDir, 'store.bin'),
        queries: join(context.workDir, 'queries.bin'),
        warmUp: WARM_UP,
      }
      store.workload.writeFile(files.store)
      generate(QUERIES, 777).writeFile(files.queries)
      await using port = await LimitPort.start(context.workDir, files)
      await port.pass()
      for (let run = 0; run < context.runs; run++) {
        context.progress(`pass ${run + 1} of ${context.runs}`)
        ours.push(queryPass(store.index, plans))
        theirs.push(await port.pass())
      }
    } else ours.push(...passes(store, plans, context.runs))
    const p50 = over(ours, 0.5)
    const p99 = over(ours, 0.99)
    const goal = (value: number) => (million ? { goal: { kind: 'at-most', value } as const } : {})
    const scan = { name: 'linear scan (JS)', value: scanUs, better: 'less' } as const
    measured.push(
      {
        id: 'S1',
        what: 'exact query, p50',
        unit: 'us',
        value: p50,
        ...goal(10),
        peer: scan,
        right,
        note: 'equals brute force on a sample',
      },
      { id: 'S1', what: 'exact query, p99', unit: 'us', value: p99, ...goal(80) },
      { id: 'S3', what: 'exact query, p99.9', unit: 'ms', value: over(ours, 0.999) / 1000, ...goal(0.5) },
    )
    if (theirs.length === 0) {
      measured.push({ id: 'S2', what: 'ratio to the C++ port', unit: 'x', value: null, note: missing ?? '' })
      return measured
    }
    const same = theirs.every(({ hits }) => hits === ours[0]!.hits)
    const ratio = (mine: number, pick: (pass: (typeof theirs)[number]) => number) => mine / median(theirs.map(pick))
    measured.push(
      {
        id: 'S2',
        what: 'exact query p50 over that of the C++ port',
        unit: 'x',
        value: ratio(p50, (pass) => pass.p50),
        ...goal(1.5),
        right: same,
        note: `C++ p50 ${median(theirs.map((pass) => pass.p50)).toFixed(1)} us, ${(ours[0]!.hits / (QUERIES - WARM_UP)).toFixed(2)} conflicts a query in both`,
      },
      {
        id: 'S2',
        what: 'exact query p99 over that of the C++ port',
        unit: 'x',
        value: ratio(p99, (pass) => pass.p99),
        ...goal(1.5),
      },
      {
        id: 'S2',
        what: 'exact query p99.9 over that of the C++ port',
        unit: 'x',
        value: ratio(over(ours, 0.999), (pass) => pass.p999),
      },
    )
    return measured
  },
}

export const densityGrowth: Benchmark = {
  id: 'S4',
  title: 'growth at constant density',
  run(context) {
    const metros = [1, 4, 40].filter((count) => count * 25_000 <= context.plans)
    const points = metros.map((count) => {
      context.progress(`${(count * 25_000).toLocaleString('en-GB')} plans in ${count} metro(s)`)
      const region = constantDensity(count)
      const store = fill(generate(count * 25_000, 20_260_101, region))
      return { plans: count * 25_000, p50: over(passes(store, querySet(777, 10_000, region), context.runs), 0.5) }
    })
    const first = points[0]
    const last = points.at(-1)
    if (first === undefined || last === undefined || first === last) {
      return [
        {
          id: 'S4',
          what: 'exponent of p50 at constant density',
          unit: '',
          value: null,
          note: 'needs --n 100000 or more',
        },
      ]
    }
    return [
      {
        id: 'S4',
        what: `exponent of p50 at constant density, ${first.plans} to ${last.plans} plans`,
        unit: '',
        value: Math.log(last.p50 / first.p50) / Math.log(last.plans / first.plans),
        goal: { kind: 'at-most', value: 0.1 },
        note: points.map(({ plans, p50 }) => `${plans}: ${p50.toFixed(1)} us`).join(', '),
      },
    ]
  },
}

export const crowdGrowth: Benchmark = {
  id: 'S5',
  title: 'growth in one country',
  run(context) {
    const sizes = [10_000, 100_000, context.plans].filter(
      (plans, at, all) => plans <= context.plans && all.indexOf(plans) === at,
    )
    const plans = querySet()
    return sizes.map((size): Measurement => {
      const store = countryStore(context, size)
      const all = passes(store, plans, context.runs)
      const perHit = median(all.map(({ us, hits }) => (mean(us) * us.length) / hits))
      return {
        id: 'S5',
        what: `mean per conflict found at ${size.toLocaleString('en-GB')} plans`,
        unit: 'us',
        value: perHit,
        ...(size === 1_000_000 ? { goal: { kind: 'at-most', value: 0.9 } as const } : {}),
        note: `p50 ${over(all, 0.5).toFixed(1)} us`,
      }
    })
  },
}

interface TreeItem {
  readonly minX: number
  readonly minY: number
  readonly maxX: number
  readonly maxY: number
  readonly slot: number
}

export const change: Benchmark = {
  id: 'S6',
  title: 'insert and delete in a full store, rbush beside ours',
  run(context) {
    const store = countryStore(context)
    const extra = generate(10_000, 4242)
    const plans = Array.from({ length: extra.plans }, (_, at) => extra.plan(at))
    const before = store.index.dump()
    const inserts: number[] = []
    const removals: number[] = []
    for (let run = 0; run <= context.runs; run++) {
      const inserted = microseconds(() => {
        for (const [at, plan] of plans.entries()) store.index.insert(store.workload.plans + at, plan)
      })
      const removed = microseconds(() => {
        for (let at = 0; at < plans.length; at++) store.index.remove(store.workload.plans + at)
      })
      if (run === 0) continue
      inserts.push(inserted / plans.length)
      removals.push(removed / plans.length)
    }
    const sample = querySet()
    const right = queryPass(store.index, sample, WARM_UP + 200).hits === hitsOfDump(before, sample)
    context.progress('filling rbush with a box a volume')
    const tree = new RBush<TreeItem>()
    tree.load(Array.from({ length: store.workload.volumes }, (_, volume) => boxOf(store.workload, volume, volume)))
    const boxes = Array.from({ length: 2000 }, (_, at) => {
      const items: TreeItem[] = []
      for (let volume = extra.planStart[at]!; volume < extra.planStart[at + 1]!; volume++)
        items.push(boxOf(extra, volume, at))
      return items
    })
    const treeInsertUs = microseconds(() => {
      for (const items of boxes) for (const item of items) tree.insert(item)
    })
    const treeRemoveUs = microseconds(() => {
      for (const items of boxes) for (const item of items) tree.remove(item)
    })
    const goal = (value: number) =>
      store.workload.plans === 1_000_000 ? { goal: { kind: 'at-most', value } as const } : {}
    const rbush = (us: number) => ({ peer: { name: 'rbush', value: us / boxes.length, better: 'less' } as const })
    return [
      {
        id: 'S6',
        what: 'insert a plan into the full store',
        unit: 'us',
        value: median(inserts),
        ...goal(3.5),
        ...rbush(treeInsertUs),
        right,
        note: 'answers as before after as many removals',
      },
      {
        id: 'S6',
        what: 'delete a plan from the full store',
        unit: 'us',
        value: median(removals),
        ...goal(4),
        ...rbush(treeRemoveUs),
      },
      { id: 'S6', what: 'insert, mean over the build', unit: 'us', value: store.insertUs },
    ]
  },
}

function hitsOfDump(sections: readonly Section[], queries: Workload): number {
  return queryPass(VolumeIndex.load(byName(sections)), queries, WARM_UP + 200).hits
}

const byName = (sections: readonly Section[]) => new Map(sections.map(({ name, bytes }) => [name, bytes]))

function boxOf(workload: Workload, volume: number, slot: number): TreeItem {
  const widened = workload.radiusM[volume]! / 100_000
  let minX = Infinity
  let minY = Infinity
  let maxX = -Infinity
  let maxY = -Infinity
  for (let point = workload.pointStart[volume]!; point < workload.pointStart[volume + 1]!; point++) {
    const y = workload.degrees[2 * point]!
    const x = workload.degrees[2 * point + 1]!
    minX = Math.min(minX, x - widened)
    maxX = Math.max(maxX, x + widened)
    minY = Math.min(minY, y - widened)
    maxY = Math.max(maxY, y + widened)
  }
  return { minX, minY, maxX, maxY, slot }
}

export const memory: Benchmark = {
  id: 'S7',
  title: 'memory, and a restart from a snapshot',
  run(context) {
    const store = countryStore(context)
    const { plans } = store.workload
    let sections = store.index.dump()
    const dumpMs =
      microseconds(() => {
        sections = store.index.dump()
      }) / 1000
    const bytes = byName(sections)
    let loaded = store.index
    const loadMs =
      microseconds(() => {
        loaded = VolumeIndex.load(bytes)
      }) / 1000
    const sample = querySet()
    const right = queryPass(loaded, sample, WARM_UP + 200).hits === queryPass(store.index, sample, WARM_UP + 200).hits
    const million = plans === 1_000_000
    return [
      {
        id: 'S7',
        what: 'memory of a plan, geometry included',
        unit: 'B',
        value: store.index.memoryBytes() / plans,
        ...(million ? { goal: { kind: 'at-most', value: 550 } as const } : {}),
        peer: { name: 'PostgreSQL rows + GIN, no geometry (published study)', value: 566, better: 'less' },
      },
      { id: 'S7', what: 'copy of the index for a snapshot', unit: 'ms', value: dumpMs },
      {
        id: 'S7',
        what: 'index from a snapshot in memory',
        unit: 'ms',
        value: loadMs,
        ...(million ? { goal: { kind: 'at-most', value: 2000 } as const } : {}),
        right,
        note: 'answers as the original',
      },
    ]
  },
}

import { type CellBox, CellIndex, coverOutline, type Volume4D } from '@parley/geo4d'
import { degrees, epochMs, metres, metresHae } from '@parley/units'
import type { Benchmark, Measurement } from '../benchmark.ts'
import { median, microseconds, quantile } from '../statistics.ts'
import { METROS } from './metros.ts'
import { cumulate, RandomSource } from './random.ts'
import { batch, countryStore, querySet, WARM_UP } from './store.ts'
import { DAY_START_MS } from './workload.ts'

const DAY_MS = 86_400_000

/** A plan as the standard's discovery sees it: the cells of all its volumes and the bounds of its times and heights. */
export function boxOf(plan: readonly Volume4D[]): CellBox {
  const cells = new Set<number>()
  for (const { outline } of plan) for (const cell of coverOutline(outline)) cells.add(cell)
  return {
    cells: Int32Array.from(cells).sort(),
    startMs: Math.min(...plan.map(({ startMs }) => startMs)),
    endMs: Math.max(...plan.map(({ endMs }) => endMs)),
    altitudeLowerM: Math.min(...plan.map(({ altitudeLowerM }) => altitudeLowerM)),
    altitudeUpperM: Math.max(...plan.map(({ altitudeUpperM }) => altitudeUpperM)),
  }
}

function boxesMeet(a: CellBox, b: CellBox): boolean {
  if (a.startMs > b.endMs || b.startMs > a.endMs) return false
  if (a.altitudeLowerM > b.altitudeUpperM || b.altitudeLowerM > a.altitudeUpperM) return false
  const cells = new Set(a.cells)
  return b.cells.some((cell) => cells.has(cell))
}

export const overReport: Benchmark = {
  id: 'S12',
  title: 'what the coarse answer reports beyond true conflicts',
  run(context) {
    const { workload, index } = countryStore(context)
    context.progress('filling the coarse index')
    const coarse = new CellIndex()
    for (let slot = 0; slot < workload.plans; slot++) coarse.insert(slot, boxOf(workload.plan(slot)))
    const plans = batch(querySet(), WARM_UP, WARM_UP + 4000)
    const boxes = plans.map(boxOf)
    let reported = 0
    let conflicts = 0
    let right = true
    const us = new Float64Array(plans.length)
    for (const [at, plan] of plans.entries()) {
      const broad: number[] = []
      const exact: number[] = []
      us[at] = microseconds(() => coarse.query(boxes[at]!, broad))
      index.query(plan, exact)
      reported += broad.length
      conflicts += exact.length
      const listed = new Set(broad)
      right &&= exact.every((slot) => listed.has(slot))
    }
    const all: CellBox[] = []
    for (let slot = 0; slot < workload.plans; slot++) {
      const box = coarse.boxOf(slot)
      if (box !== null) all.push(box)
    }
    for (let at = 0; at < 5; at++) {
      const found: number[] = []
      coarse.query(boxes[at * 37]!, found)
      right &&= all.filter((box) => boxesMeet(box, boxes[at * 37]!)).length === found.length
    }
    const measurements: Measurement[] = [
      {
        id: 'S12',
        what: 'references by the exact index over true conflicts',
        unit: 'x',
        value: 1,
        goal: { kind: 'at-most', value: 1 },
        right,
        note: 'every true conflict is in the coarse answer; the coarse answer equals brute force; S1 checks the exact one',
      },
      { id: 'S12', what: 'references by the standard over true conflicts', unit: 'x', value: reported / conflicts },
      { id: 'S12', what: 'coarse query, p50', unit: 'us', value: quantile(us, 0.5) },
      { id: 'S12', what: 'coarse query, p99', unit: 'us', value: quantile(us, 0.99) },
      { id: 'S12', what: 'coarse index, memory of a plan', unit: 'B', value: coarse.memoryBytes() / workload.plans },
    ]
    return measurements
  },
}

export const subscriptions: Benchmark = {
  id: 'S13',
  title: 'subscriptions met by a plan',
  run(context) {
    const random = new RandomSource(99)
    const weights = cumulate(METROS.map(({ weight }) => weight))
    const index = new CellIndex()
    const boxes: CellBox[] = []
    for (let slot = 0; slot < 20_000; slot++) {
      const metro = METROS[random.pick(weights)]!
      const box = boxOf([
        {
          outline: {
            kind: 'circle',
            centre: {
              latDeg: degrees(metro.latDeg + (random.normal() * 15_000) / 111_320),
              lngDeg: degrees(
                metro.lngDeg + (random.normal() * 15_000) / (111_320 * Math.cos((metro.latDeg * Math.PI) / 180)),
              ),
            },
            radiusM: metres(1000 * 15 ** random.uniform()),
          },
          altitudeLowerM: metresHae(-Infinity),
          altitudeUpperM: metresHae(Infinity),
          startMs: epochMs(DAY_START_MS),
          endMs: epochMs(DAY_START_MS + DAY_MS),
        },
      ])
      index.insert(slot, box)
      boxes.push(box)
    }
    const queries = querySet()
    const asked = batch(queries, 0, queries.plans).map(boxOf)
    let matched = 0
    const pass = () => {
      matched = 0
      const us = new Float64Array(asked.length - WARM_UP)
      const out: number[] = []
      for (const [at, box] of asked.entries()) {
        out.length = 0
        const began = process.hrtime.bigint()
        index.query(box, out)
        const ended = process.hrtime.bigint()
        if (at < WARM_UP) continue
        us[at - WARM_UP] = Number(ended - began) / 1000
        matched += out.length
      }
      return us
    }
    pass()
    const passes = Array.from({ length: context.runs }, pass)
    let right = true
    for (let at = 0; at < 30; at++) {
      const out: number[] = []
      index.query(asked[at * 61]!, out)
      right &&= boxes.filter((box) => boxesMeet(box, asked[at * 61]!)).length === out.length
    }
    const p = (share: number) => median(passes.map((us) => quantile(us, share)))
    return [
      {
        id: 'S13',
        what: 'subscriptions met by a plan, 20,000 areas, p50',
        unit: 'us',
        value: p(0.5),
        goal: { kind: 'at-most', value: 3 },
        right,
        note: `${(matched / (asked.length - WARM_UP)).toFixed(1)} a plan, equals brute force on a sample`,
      },
      { id: 'S13', what: 'same, p99', unit: 'us', value: p(0.99), goal: { kind: 'at-most', value: 40 } },
    ]
  },
}

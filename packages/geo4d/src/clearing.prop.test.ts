import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Clearing, type ClearingLimits, exactClearing } from './clearing.ts'
import { anyVolumesIntersect, outlinesIntersect } from './intersect.ts'
import type { Volume4D } from './volume.ts'

const volume = fc
  .record({
    lat: fc.integer({ min: 0, max: 12 }),
    lng: fc.integer({ min: 0, max: 12 }),
    round: fc.boolean(),
    start: fc.integer({ min: 0, max: 60 }),
    lasting: fc.integer({ min: 0, max: 30 }),
    lower: fc.double({ min: 0, max: 60, noNaN: true }),
    depth: fc.integer({ min: 0, max: 30 }),
    open: fc.boolean(),
  })
  .map(({ lat, lng, round, start, lasting, lower, depth, open }) => {
    const south = 47 + lat / 1000
    const west = 8 + lng / 1000
    const corners = [
      [south, west],
      [south, west + 0.002],
      [south + 0.002, west + 0.002],
      [south + 0.002, west],
    ]
    return {
      outline: round
        ? { kind: 'circle', centre: { latDeg: south, lngDeg: west }, radiusM: 120 }
        : { kind: 'polygon', vertices: corners.map(([latDeg, lngDeg]) => ({ latDeg, lngDeg })) },
      startMs: start,
      endMs: start + lasting,
      altitudeLowerM: lower,
      altitudeUpperM: open ? Infinity : lower + depth,
    } as unknown as Volume4D
  })

/** The plain way: every pair compared, every interval sorted. What the search for a way out must not differ from. */
function plainClearing(plan: readonly Volume4D[], obstacles: readonly Volume4D[], within: ClearingLimits): Clearing {
  if (!anyVolumesIntersect(plan, obstacles)) return {}
  const inTime: [number, number][] = []
  const inHeight: [number, number][] = []
  for (const one of obstacles) {
    for (const volume of plan) {
      if (!outlinesIntersect(volume.outline, one.outline)) continue
      const times = volume.startMs <= one.endMs && one.startMs <= volume.endMs
      const heights = volume.altitudeLowerM <= one.altitudeUpperM && one.altitudeLowerM <= volume.altitudeUpperM
      if (heights) inTime.push([one.startMs - volume.endMs - 5e-4, one.endMs - volume.startMs + 5e-4])
      if (times) {
        inHeight.push([
          one.altitudeLowerM - volume.altitudeUpperM - 1e-6,
          one.altitudeUpperM - volume.altitudeLowerM + 1e-6,
        ])
      }
    }
  }
  const first = (intervals: readonly [number, number][], limit: number, perUnit: number): number | undefined => {
    let multiple = 1
    for (const [lo, hi] of intervals.toSorted(([a], [b]) => a - b)) {
      if (lo > multiple / perUnit) break
      if (hi < multiple / perUnit) continue
      if (hi >= limit) return undefined
      while (multiple / perUnit <= hi) multiple++
    }
    return multiple / perUnit <= limit ? multiple / perUnit : undefined
  }
  const back = (intervals: readonly [number, number][]) => intervals.map(([lo, hi]) => [-hi, -lo] as [number, number])
  const toEnd = within.latestEndMs - Math.max(...plan.map((v) => v.endMs))
  const toStart = Math.min(...plan.map((v) => v.startMs)) - within.earliestStartMs
  const toTop = within.highestM - Math.max(...plan.map((v) => v.altitudeUpperM))
  const toGround = Math.min(...plan.map((v) => v.altitudeLowerM)) - within.lowestM
  const found = {
    laterMs: first(inTime, toEnd, 1),
    earlierMs: first(back(inTime), toStart, 1),
    upM: first(inHeight, toTop, 100),
    downM: first(back(inHeight), toGround, 100),
  }
  return Object.fromEntries(Object.entries(found).filter(([, amount]) => amount !== undefined)) as Clearing
}

const limits = { earliestStartMs: -80, latestEndMs: 160, lowestM: -50, highestM: 150 } as ClearingLimits

const moved = (plan: readonly Volume4D[], ms: number, m: number): Volume4D[] =>
  plan.map(
    (v) =>
      ({
        ...v,
        startMs: v.startMs + ms,
        endMs: v.endMs + ms,
        altitudeLowerM: v.altitudeLowerM + m,
        altitudeUpperM: v.altitudeUpperM + m,
      }) as Volume4D,
  )

describe('exactClearing', () => {
  it('offers the first shift in each direction that truly clears, or none', () => {
    fc.assert(
      fc.property(
        fc.array(volume, { minLength: 1, maxLength: 3 }),
        fc.array(volume, { maxLength: 6 }),
        (plan, obstacles) => {
          const clearing = exactClearing(plan, obstacles, limits)
          if (!anyVolumesIntersect(plan, obstacles)) {
            expect(clearing).toEqual({})
            return
          }
          for (const [name, sign] of [
            ['laterMs', 1],
            ['earlierMs', -1],
          ] as const) {
            let expected: number | undefined
            for (let s = 1; s <= 300 && expected === undefined; s++) {
              const candidate = moved(plan, sign * s, 0)
              if (candidate.some((v) => v.startMs < limits.earliestStartMs || v.endMs > limits.latestEndMs)) break
              if (!anyVolumesIntersect(candidate, obstacles)) expected = s
            }
            expect(clearing[name]).toBe(expected)
          }
          for (const [amount, sign] of [
            [clearing.upM, 1],
            [clearing.downM, -1],
          ] as const) {
            if (amount === undefined) continue
            const steps = Math.round(amount * 100)
            expect(steps / 100).toBe(amount)
            const candidate = moved(plan, 0, sign * amount)
            expect(anyVolumesIntersect(candidate, obstacles)).toBe(false)
            if (sign === 1) expect(candidate.every((v) => v.altitudeUpperM <= limits.highestM)).toBe(true)
            else expect(candidate.every((v) => v.altitudeLowerM >= limits.lowestM)).toBe(true)
            // The step just below may fail to clear by a hair that rounding hides; the ones below that must meet something.
            for (const less of [2, 3, 10, 100, 1000]) {
              if (less >= steps) break
              expect(anyVolumesIntersect(moved(plan, 0, (sign * (steps - less)) / 100), obstacles)).toBe(true)
            }
          }
          if (plan.some((v) => v.altitudeUpperM === Infinity)) expect(clearing.upM).toBeUndefined()
        },
      ),
      { numRuns: 400 },
    )
  })

  it('is what comparing every pair and sorting every interval finds, in a crowd and at the limits too', () => {
    let cleared = 0
    fc.assert(
      fc.property(
        fc.array(volume, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(volume, fc.boolean()), { maxLength: 60 }),
        fc.record({
          earliestStartMs: fc.integer({ min: -60, max: 40 }),
          latestEndMs: fc.integer({ min: 30, max: 140 }),
          lowestM: fc.integer({ min: -50, max: 30 }),
          highestM: fc.integer({ min: 30, max: 150 }),
        }),
        (plan, drawn, within) => {
          const obstacles = drawn.map(([one, deep]) => (deep ? { ...one, altitudeLowerM: -Infinity } : one) as Volume4D)
          const found = exactClearing(plan, obstacles, within as ClearingLimits)
          expect(found).toEqual(plainClearing(plan, obstacles, within as ClearingLimits))
          cleared += Object.keys(found).length
        },
      ),
      { numRuns: 600 },
    )
    expect(cleared).toBeGreaterThan(100)
  })

  it('looks at what lies below even where an open top keeps the plan from rising', () => {
    const at = (startMs: number, endMs: number, altitudeLowerM: number, altitudeUpperM: number): Volume4D =>
      ({
        outline: { kind: 'circle', centre: { latDeg: 47, lngDeg: 8 }, radiusM: 100 },
        startMs,
        endMs,
        altitudeLowerM,
        altitudeUpperM,
      }) as unknown as Volume4D
    const plan = [at(0, 1, 0.005, 2), at(0, 1, 0, 0), at(0, 0, 0, Infinity)]
    expect(exactClearing(plan, [at(1, 1, 0, 0)], limits).downM).toBe(2.01)
  })

  it('cannot move a plan that never ends', () => {
    const endless = {
      outline: { kind: 'circle', centre: { latDeg: 0, lngDeg: 0 }, radiusM: 10 },
      startMs: 0,
      endMs: Infinity,
      altitudeLowerM: 0,
      altitudeUpperM: 10,
    } as unknown as Volume4D
    const clearing = exactClearing([endless], [endless], { ...limits, latestEndMs: Infinity as never })
    expect(clearing).toEqual({ upM: 10.01, downM: 10.01 })
  })
})

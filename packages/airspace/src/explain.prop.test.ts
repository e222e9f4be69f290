import { exactClearing, smallestShift, type Volume4D } from '@parley/geo4d'
import { type EpochMs, epochMs, type MetresHae, metresHae } from '@parley/units'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Explanation, explain, type Plan } from './explain.ts'
import { cellsMeet, footprintOf } from './matching.ts'
import { LIMITS } from './rules.ts'
import { circle, HOUR_MS, idOf, NOON_MS, Sky, square, volume } from './testing/sky.ts'

/** The plan moved by so many milliseconds and metres. */
function moved(
  volumes: readonly Volume4D[],
  by: { readonly ms?: number; readonly m?: number; readonly marginM?: number },
): Volume4D[] {
  const { ms = 0, m = 0, marginM = 0 } = by
  return volumes.map((one) => ({
    ...one,
    startMs: epochMs(one.startMs + ms),
    endMs: epochMs(one.endMs + ms),
    altitudeLowerM: metresHae(one.altitudeLowerM + m - marginM),
    altitudeUpperM: metresHae(one.altitudeUpperM + m + marginM),
  }))
}

const wish = fc.record({
  east: fc.integer({ min: -1, max: 2 }),
  round: fc.boolean(),
  from: fc.integer({ min: 5, max: 200 }),
  minutes: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(0.00005)),
  low: fc.oneof(fc.integer({ min: -20, max: 600 }), fc.double({ min: 0, max: 400, noNaN: true })),
  high: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 100, noNaN: true })),
})
const oneVolume = wish.map(({ east, round, from, minutes, low, high }) =>
  volume({
    outline: round ? circle(42.005, -8 + east / 100, 600) : square(east),
    from,
    to: from + minutes,
    low,
    high: low + high,
  }),
)
const volumes = fc.array(oneVolume, { minLength: 1, maxLength: 3 })
const tall = fc.array(
  oneVolume.map((one) => ({ ...one, altitudeLowerM: -Infinity as MetresHae, altitudeUpperM: Infinity as MetresHae })),
  { maxLength: 1 },
)

interface Scene {
  readonly sky: Sky
  readonly obstacles: readonly Volume4D[][]
  readonly check: (plan: readonly Volume4D[]) => Explanation | null
}

function scene(exact: boolean, intents: readonly Volume4D[][], zones: readonly Volume4D[][]): Scene {
  const sky = new Sky({ exact })
  const key = () => Array.from({ length: sky.state.intents.slotLimit }, (_, slot) => sky.state.intentOvn(slot))
  intents.forEach((extents, n) => sky.grant({ kind: 'putOperationalIntent', id: idOf(n), extents, key: key() }))
  zones.forEach((extents, n) => sky.grant({ kind: 'putConstraint', id: idOf(n, 1), extents }))
  return {
    sky,
    obstacles: [...intents, ...zones],
    check: (plan) => explain(sky.state, planOf(sky, plan)),
  }
}

const planOf = (sky: Sky, plan: readonly Volume4D[]): Plan => ({
  rules: sky.rules,
  nowMs: sky.nowMs,
  volumes: plan,
  footprint: footprintOf(plan),
  key: [],
  ignoreSlot: -1,
  withConstraints: true,
})

/** A touch by rounding counts as one: what lies nearer than this is taken to meet. */
const TOUCH_M = 1e-5

/**
 * Shifts worth trying in one direction: none smaller can be free than just past the end of something, so among these is the smallest
 * free one if there is any. `edges` are the shifts at which an obstacle is left behind.
 */
function candidates(edges: readonly number[], step: number): number[] {
  const multiples = new Set([1])
  for (const edge of edges) {
    if (!Number.isFinite(edge)) continue
    for (const extra of [0, 1, 2]) multiples.add(Math.max(1, Math.floor(edge / step) + extra))
  }
  return [...multiples].sort((a, b) => a - b)
}

describe.each([
  ['by the standard’s cells and bands', false],
  ['by true overlap', true],
])('the clearing shift, %s', (_name, exact) => {
  test('is the smallest that leaves nothing in the way, and absent only where there is none', () => {
    let cleared = 0
    fc.assert(
      fc.property(fc.array(volumes, { minLength: 1, maxLength: 5 }), tall, volumes, (intents, zone, plan) => {
        const { check, obstacles, sky } = scene(exact, intents, zone.length === 0 ? [] : [zone])
        const found = check(plan)
        if (found === null) return
        const { laterS, earlierS, upM, downM } = found.summary.clearing
        const all = obstacles.flat()
        const start = Math.min(...plan.map((one) => one.startMs))
        const end = Math.max(...plan.map((one) => one.endMs))
        const low = Math.min(...plan.map((one) => one.altitudeLowerM))
        const high = Math.max(...plan.map((one) => one.altitudeUpperM))
        const spans = [...plan, { startMs: start, endMs: end, altitudeLowerM: low, altitudeUpperM: high }]
        const boxes = [...all, ...obstacles.map((one) => footprintOf(one))]

        const directions = [
          {
            given: laterS === undefined ? undefined : laterS * 1000,
            limit: sky.nowMs + LIMITS.planHorizonMs - end,
            step: 1,
            edges: boxes.flatMap((box) => spans.map((span) => box.endMs - span.startMs)),
            shift: (amount: number, marginM = 0) => moved(plan, { ms: amount, marginM }),
          },
          {
            given: earlierS === undefined ? undefined : earlierS * 1000,
            limit: start - sky.nowMs,
            step: 1,
            edges: boxes.flatMap((box) => spans.map((span) => span.endMs - box.startMs)),
            shift: (amount: number, marginM = 0) => moved(plan, { ms: -amount, marginM }),
          },
          {
            given: upM,
            limit: LIMITS.highestM - high,
            step: 0.01,
            edges: boxes.flatMap((box) => spans.map((span) => box.altitudeUpperM - span.altitudeLowerM)),
            shift: (amount: number, marginM = 0) => moved(plan, { m: amount, marginM }),
          },
          {
            given: downM,
            limit: low - LIMITS.lowestM,
            step: 0.01,
            edges: boxes.flatMap((box) => spans.map((span) => span.altitudeUpperM - box.altitudeLowerM)),
            shift: (amount: number, marginM = 0) => moved(plan, { m: -amount, marginM }),
          },
        ]
        for (const { given, limit, step, edges, shift } of directions) {
          const amounts = candidates(edges, step).map((multiple) => (step === 1 ? multiple : multiple / 100))
          if (given === undefined) {
            for (const amount of amounts)
              if (amount <= limit) expect(check(shift(amount, TOUCH_M)), `${amount}`).not.toBeNull()
            continue
          }
          cleared += 1
          expect(given).toBeLessThanOrEqual(limit)
          expect(Math.abs(given / step - Math.round(given / step))).toBeLessThan(1e-6)
          expect(check(shift(given)), `${given}`).toBeNull()
          for (const amount of amounts)
            if (amount < given - step / 2) expect(check(shift(amount, TOUCH_M)), `${amount} of ${given}`).not.toBeNull()
          const less = step === 1 ? given - 1 : Math.round(given * 100 - 1) / 100
          if (less > 0) expect(check(shift(less, TOUCH_M)), `one step less than ${given}`).not.toBeNull()
        }
      }),
      { numRuns: 200 },
    )
    expect(cleared).toBeGreaterThan(50)
  })
})

/** The clearing found by looking at everything at once, without windows or indexes. */
function plainClearing(
  plan: readonly Volume4D[],
  obstacles: readonly Volume4D[][],
  by: { exact: boolean; nowMs: number },
) {
  const latestEndMs = by.nowMs + LIMITS.planHorizonMs
  if (by.exact) {
    const found = exactClearing(plan, obstacles.flat(), {
      earliestStartMs: epochMs(by.nowMs),
      latestEndMs: epochMs(latestEndMs),
      lowestM: metresHae(LIMITS.lowestM),
      highestM: metresHae(LIMITS.highestM),
    })
    return {
      laterS: found.laterMs === undefined ? undefined : found.laterMs / 1000,
      earlierS: found.earlierMs === undefined ? undefined : found.earlierMs / 1000,
      upM: found.upM as number | undefined,
      downM: found.downM as number | undefined,
    }
  }
  const own = footprintOf(plan)
  const boxes = obstacles.map((one) => footprintOf(one)).filter(({ cells }) => cellsMeet(cells, own.cells))
  const times = (box: typeof own) => box.startMs <= own.endMs && own.startMs <= box.endMs
  const heights = (box: typeof own) =>
    box.altitudeLowerM <= own.altitudeUpperM && own.altitudeLowerM <= box.altitudeUpperM
  const inTime = Float64Array.from(
    boxes.filter(heights).flatMap((box) => [box.startMs - own.endMs, box.endMs - own.startMs]),
  )
  const inHeight = Float64Array.from(
    boxes
      .filter(times)
      .flatMap((box) => [
        box.altitudeLowerM - own.altitudeUpperM - 1e-9,
        box.altitudeUpperM - own.altitudeLowerM + 1e-9,
      ]),
  )
  const shift = (forbidden: Float64Array, direction: 1 | -1, limit: number, step: number) =>
    smallestShift(forbidden, { direction, limit, step }) ?? undefined
  const later = shift(inTime, 1, latestEndMs - own.endMs, 1)
  const earlier = shift(inTime, -1, own.startMs - by.nowMs, 1)
  return {
    laterS: later === undefined ? undefined : later / 1000,
    earlierS: earlier === undefined ? undefined : earlier / 1000,
    upM: shift(inHeight, 1, LIMITS.highestM - own.altitudeUpperM, 0.01),
    downM: shift(inHeight, -1, own.altitudeLowerM - LIMITS.lowestM, 0.01),
  }
}

const DAY_MINUTES = 24 * 60
/** Volumes anywhere in the plan's horizon and a little beyond it, begun before now, open above or below: those that cannot move everywhere. */
const farVolume = fc
  .record({
    east: fc.integer({ min: 0, max: 1 }),
    from: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 30, max: 600 }) },
      { weight: 1, arbitrary: fc.integer({ min: -90, max: 30 }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(2 * DAY_MINUTES, 9 * DAY_MINUTES, 29 * DAY_MINUTES, 30 * DAY_MINUTES - 20),
      },
    ),
    minutes: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 200 }) },
      { weight: 1, arbitrary: fc.constantFrom(3 * DAY_MINUTES, 28 * DAY_MINUTES) },
    ),
    low: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(-Infinity, -8000) },
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 200 }) },
    ),
    high: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(Infinity, 100_000) },
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 100 }) },
    ),
  })
  .map(({ east, from, minutes, low, high }) =>
    volume({
      outline: square(east),
      from,
      to: from + minutes,
      low,
      high: high > 200 ? high : Math.max(low, 0) + high,
    }),
  )
const farVolumes = fc.array(farVolume, { minLength: 1, maxLength: 3 })

test.each([false, true])('a plan that cannot move one way is shown the others (exact: %s)', (exact) => {
  const ways = { laterS: 0, earlierS: 0, upM: 0, downM: 0 }
  const stuck = { laterS: 0, earlierS: 0, upM: 0, downM: 0 }
  fc.assert(
    fc.property(fc.array(farVolumes, { minLength: 1, maxLength: 8 }), farVolumes, (zones, plan) => {
      const sky = new Sky({ exact })
      const live = zones.filter((one) => one.every(({ endMs }) => endMs > sky.nowMs))
      live.forEach((extents, n) => sky.grant({ kind: 'putConstraint', id: idOf(n, 1), extents }))
      const found = explain(sky.state, planOf(sky, plan))
      if (found === null) return
      const expected = plainClearing(plan, live, { exact, nowMs: sky.nowMs })
      expect({ ...expected, ...found.summary.clearing }).toEqual(expected)
      expect(Object.keys(found.summary.clearing).length).toBe(
        Object.values(expected).filter((amount) => amount !== undefined).length,
      )
      for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
        if (expected[way] === undefined) stuck[way] += 1
        else ways[way] += 1
      }
    }),
    { numRuns: 200 },
  )
  for (const count of [...Object.values(ways), ...Object.values(stuck)]) expect(count).toBeGreaterThan(5)
})

describe('where there is no way out', () => {
  test('not before now, not beyond the horizon, not out of the standard’s heights', () => {
    const whole = volume({ from: 0, to: 30 * 24 * 60, low: -8000, high: 100_000 })
    const { check } = scene(false, [[whole]], [])
    expect(check([volume()])?.summary.clearing).toEqual({})
    const lower = scene(false, [[volume({ from: 0, to: 30 * 24 * 60, low: -8000, high: 99_899 })]], [])
    expect(lower.check([volume()])?.summary.clearing).toEqual({ upM: 99_799.01 })
    const soon = scene(false, [[volume({ from: 0, to: 60, low: -8000, high: 100_000 })]], [])
    expect(soon.check([volume({ from: 30, to: 40 })])?.summary.clearing).toEqual({ laterS: 1800.001 })
    // A plan that began before now cannot be begun earlier.
    expect(soon.check([volume({ from: -10, to: 40 })])?.summary.clearing).toEqual({ laterS: 4200.001 })
    const under = scene(false, [[volume({ from: 0, to: 30 * 24 * 60, low: -7900, high: 100_000 })]], [])
    expect(under.check([volume({ low: 0, high: 99.98 })])?.summary.clearing).toEqual({ downM: 7999.99 })
    expect(under.check([volume({ low: 0, high: 101 })])?.summary.clearing).toEqual({})
  })

  test('a free time weeks away is found, and the nearest one before it', () => {
    const busy = [[volume({ from: 0, to: 20 * 24 * 60 })]]
    const { check } = scene(false, busy, [])
    expect(check([volume({ from: 60, to: 120 })])?.summary.clearing.laterS).toBe(
      (20 * 24 * HOUR_MS - HOUR_MS + 1) / 1000,
    )
  })
})

describe('a blocking item', () => {
  const one = (exact: boolean, obstacle: Volume4D, plan: Volume4D) =>
    scene(exact, [[obstacle]], []).check([plan])?.summary.blocking[0]

  test('that truly overlaps tells by how much, and the axis that takes least', () => {
    expect(
      one(
        false,
        volume({ from: 60, to: 120, low: 100, high: 200 }),
        volume({ from: 119, to: 180, low: 150, high: 300 }),
      ),
    ).toEqual({
      entity: 'operational_intent',
      id: idOf(0),
      manager: 'uss1',
      overlaps: true,
      axis: 'height',
      heightM: 50,
      timeS: 60,
      distanceM: 0,
    })
    expect(one(false, volume(), volume({ from: 120, to: 180 }))).toMatchObject({
      overlaps: true,
      axis: 'time',
      timeS: 0,
      heightM: 100,
    })
    expect(one(true, volume({ low: -50 }), volume({ low: 195, high: 300 }))).toMatchObject({
      axis: 'height',
      heightM: 5,
    })
  })

  test('that only shares the standard’s cells tells what parts the two', () => {
    const near = one(false, volume({ outline: square(0, 0, 0.001) }), volume({ outline: square(0.2, 0, 0.001) }))
    expect(near).toMatchObject({ overlaps: false, axis: 'area', heightM: 100, timeS: 3600 })
    // 0.001° of longitude at 42° N.
    expect(near?.distanceM).toBeCloseTo(82.8, 0)
    expect(
      one(true, volume({ outline: square(0, 0, 0.001) }), volume({ outline: square(0.2, 0, 0.001) })),
    ).toBeUndefined()
  })

  test('an open band is shared without end', () => {
    const { check } = scene(false, [], [[volume({ low: -Infinity, high: Infinity })]])
    const found = check([volume()])
    expect(found?.summary).toMatchObject({
      missingConstraints: 1,
      missingOperationalIntents: 0,
      blocking: [{ entity: 'constraint', heightM: 100 }],
    })
    expect(found?.summary.clearing).toEqual({ laterS: 3600.001 })
  })
})

test('a crowd in the way is counted whole and listed as far as an answer goes', () => {
  const sky = new Sky()
  const count = LIMITS.missingListed + 50
  const outline = square(0, 0, 0.001)
  for (let n = 0; n < count; n += 1)
    sky.grant({ kind: 'putConstraint', id: idOf(count - n), extents: [volume({ outline })] })
  const found = explain(sky.state, planOf(sky, [volume({ outline })]))
  expect(found?.summary.missingConstraints).toBe(count)
  expect(found?.missing.constraints.map(({ id }) => id)).toEqual(
    Array.from({ length: LIMITS.missingListed }, (_, n) => idOf(n + 1)),
  )
  expect(found?.summary.blocking.map(({ id }) => id)).toEqual(
    Array.from({ length: LIMITS.blockingListed }, (_, n) => idOf(n + 1)),
  )
  expect(found?.summary.clearing).toEqual({ laterS: 3600.001, upM: 100.01, downM: 100.01 })
})

test('times of a fraction of a millisecond still clear', () => {
  const plan = [
    { ...volume(), startMs: (NOON_MS + HOUR_MS + 0.25) as EpochMs, endMs: (NOON_MS + 2 * HOUR_MS + 0.75) as EpochMs },
  ]
  for (const exact of [false, true]) {
    const { check } = scene(exact, [[volume()]], [])
    const { laterS, earlierS } = check(plan)!.summary.clearing
    expect(check(moved(plan, { ms: laterS! * 1000 }))).toBeNull()
    expect(earlierS).toBeUndefined()
  }
})

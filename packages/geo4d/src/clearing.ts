import { type DurationMs, durationMs, type EpochMs, type Metres, type MetresHae, metres } from '@parley/units'
import { shapesIntersect } from './intersect.ts'
import { type Shape, shapeOf } from './shape.ts'
import { type ShiftSearch, smallestShift } from './shift.ts'
import type { Outline, Volume4D } from './volume.ts'

/** How far a plan may be moved. */
export interface ClearingLimits {
  readonly earliestStartMs: EpochMs
  readonly latestEndMs: EpochMs
  readonly lowestM: MetresHae
  readonly highestM: MetresHae
}

/** For each direction in which one exists, the smallest shift of the whole plan after which it meets nothing; positive amounts. */
export interface Clearing {
  readonly laterMs?: DurationMs
  readonly earlierMs?: DurationMs
  readonly upM?: Metres
  readonly downM?: Metres
}

const TIME_STEP_MS = 1
const HEIGHT_STEP_M = 0.01
/** Far below the steps, far above what rounding adds when a shift is carried out: a cleared face never rounds back into touching. */
const TIME_MARGIN_MS = 5e-4
const HEIGHT_MARGIN_M = 1e-6

/** Volumes to keep clear of: their bounds at hand, their outlines made only when asked for. */
export interface Obstacles {
  readonly count: number
  /** Start and end in ms, lower and upper face in metres, of each in turn. */
  readonly bounds: Float64Array
  outlineOf(at: number): Outline
}

/**
 * The smallest shifts, each in one direction alone and of all volumes together, after which `plan` meets none of `obstacles`.
 * A direction is absent when no shift within `limits` clears. Empty also when the plan meets nothing as it is.
 *
 * Times move in whole milliseconds, heights in centimetres; touching is meeting, so a shifted plan is at least one step clear.
 */
export function exactClearing(
  plan: readonly Volume4D[],
  obstacles: readonly Volume4D[],
  limits: ClearingLimits,
): Clearing {
  const bounds = new Float64Array(4 * obstacles.length)
  for (const [at, { startMs, endMs, altitudeLowerM, altitudeUpperM }] of obstacles.entries())
    bounds.set([startMs, endMs, altitudeLowerM, altitudeUpperM], 4 * at)
  return clearingAmong(plan, { count: obstacles.length, bounds, outlineOf: (at) => obstacles[at]!.outline }, limits)
}

/**
 * {@link exactClearing} for obstacles that an index holds. Outlines are compared only while their volumes stand in the way of a
 * shift, those that reach farthest first: in a crowd most never are.
 */
export function clearingAmong(plan: readonly Volume4D[], obstacles: Obstacles, limits: ClearingLimits): Clearing {
  const reach = reachOf(plan, limits)
  const pairs = new Pairs(plan, obstacles)
  const inTime = new Intervals()
  const inHeight = new Intervals()
  const atOnce: number[] = []
  const { bounds } = obstacles
  for (let at = 0; at < obstacles.count; at++) {
    const startMs = bounds[4 * at]!
    const endMs = bounds[4 * at + 1]!
    const lowerM = bounds[4 * at + 2]!
    const upperM = bounds[4 * at + 3]!
    for (let k = 0; k < plan.length; k++) {
      const volume = plan[k]!
      const heights = volume.altitudeLowerM <= upperM && lowerM <= volume.altitudeUpperM
      const times = volume.startMs <= endMs && startMs <= volume.endMs
      if (!heights && !times) continue
      const pair = at * plan.length + k
      if (heights && times) atOnce.push(pair)
      if (heights && (times || withinReach(startMs - volume.endMs, endMs - volume.startMs, reach.time)))
        inTime.add(pair, startMs - volume.endMs - TIME_MARGIN_MS, endMs - volume.startMs + TIME_MARGIN_MS)
      if (
        times &&
        (heights || withinReach(lowerM - volume.altitudeUpperM, upperM - volume.altitudeLowerM, reach.height))
      )
        inHeight.add(
          pair,
          lowerM - volume.altitudeUpperM - HEIGHT_MARGIN_M,
          upperM - volume.altitudeLowerM + HEIGHT_MARGIN_M,
        )
    }
  }
  if (!atOnce.some((pair) => pairs.meet(pair))) return {}
  const later = inTime.smallestShift(pairs, { direction: 1, limit: reach.time.forward, step: TIME_STEP_MS })
  const earlier = inTime.smallestShift(pairs, { direction: -1, limit: reach.time.back, step: TIME_STEP_MS })
  const up = inHeight.smallestShift(pairs, { direction: 1, limit: reach.height.forward, step: HEIGHT_STEP_M })
  const down = inHeight.smallestShift(pairs, { direction: -1, limit: reach.height.back, step: HEIGHT_STEP_M })
  return {
    ...(later === null ? {} : { laterMs: durationMs(later) }),
    ...(earlier === null ? {} : { earlierMs: durationMs(earlier) }),
    ...(up === null ? {} : { upM: metres(up) }),
    ...(down === null ? {} : { downM: metres(down) }),
  }
}

/** Whether outlines of the plan and of obstacles meet, found out once for each pair; a pair is `obstacle * plan.length + volume`. */
class Pairs {
  readonly #plan: readonly Shape[]
  readonly #obstacles: Obstacles
  readonly #shapes = new Map<number, Shape>()
  readonly #known = new Map<number, boolean>()

  constructor(plan: readonly Volume4D[], obstacles: Obstacles) {
    this.#plan = plan.map(({ outline }) => shapeOf(outline))
    this.#obstacles = obstacles
  }

  meet(pair: number): boolean {
    const known = this.#known.get(pair)
    if (known !== undefined) return known
    const k = pair % this.#plan.length
    const at = (pair - k) / this.#plan.length
    const met = shapesIntersect(this.#plan[k]!, this.#shapeOf(at))
    this.#known.set(pair, met)
    return met
  }

  #shapeOf(at: number): Shape {
    let shape = this.#shapes.get(at)
    if (shape === undefined) {
      shape = shapeOf(this.#obstacles.outlineOf(at))
      this.#shapes.set(at, shape)
    }
    return shape
  }
}

/** Shifts that pairs forbid if their outlines meet. */
class Intervals {
  readonly #pairs: number[] = []
  readonly #ends: number[] = []

  add(pair: number, lo: number, hi: number): void {
    this.#pairs.push(pair)
    this.#ends.push(lo, hi)
  }

  smallestShift(pairs: Pairs, search: ShiftSearch): number | null {
    return smallestShift(Float64Array.from(this.#ends), {
      ...search,
      forbids: (interval) => pairs.meet(this.#pairs[interval]!),
    })
  }
}

/** The longest shifts allowed: positive amounts, negative when not even the plan as it is fits the limits. */
interface Reach {
  readonly forward: number
  readonly back: number
}

function reachOf(plan: readonly Volume4D[], limits: ClearingLimits): { time: Reach; height: Reach } {
  const { earliestStartMs, lowestM }: { earliestStartMs: number; lowestM: number } = limits
  let start = Infinity
  let end = -Infinity
  let lower = Infinity
  let upper = -Infinity
  for (const volume of plan) {
    start = Math.min(start, volume.startMs)
    end = Math.max(end, volume.endMs)
    lower = Math.min(lower, volume.altitudeLowerM)
    upper = Math.max(upper, volume.altitudeUpperM)
  }
  return {
    time: { forward: distanceTo(limits.latestEndMs, end), back: distanceTo(-earliestStartMs, -start) },
    height: { forward: distanceTo(limits.highestM, upper), back: distanceTo(-lowestM, -lower) },
  }
}

/** An unbounded face cannot be moved past a limit, not even an infinite one. */
function distanceTo(limit: number, face: number): number {
  return face === Infinity ? -Infinity : limit - face
}

/** A plan that cannot move one way may still move the other: the reach always holds the plan where it is. */
function withinReach(lo: number, hi: number, reach: Reach): boolean {
  return lo <= Math.max(0, reach.forward) && hi >= -Math.max(0, reach.back)
}

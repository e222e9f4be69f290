import { type DurationMs, durationMs, type EpochMs, type Metres, type MetresHae, metres } from '@parley/units'
import { boundsApart, heightsMeet, shapesIntersect, timesMeet } from './intersect.ts'
import { shapeOf } from './shape.ts'
import { smallestShift } from './shift.ts'
import type { Volume4D } from './volume.ts'

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
  const reach = reachOf(plan, limits)
  const planShapes = plan.map((volume) => shapeOf(volume.outline))
  const timeForbidden: number[] = []
  const heightForbidden: number[] = []
  let meets = false
  for (const obstacle of obstacles) {
    const obstacleShape = shapeOf(obstacle.outline)
    for (const [k, volume] of plan.entries()) {
      const heights = heightsMeet(volume, obstacle)
      const times = timesMeet(volume, obstacle)
      const byTime =
        heights && withinReach(obstacle.startMs - volume.endMs, obstacle.endMs - volume.startMs, reach.time)
      const byHeight =
        times &&
        withinReach(
          obstacle.altitudeLowerM - volume.altitudeUpperM,
          obstacle.altitudeUpperM - volume.altitudeLowerM,
          reach.height,
        )
      if (!byTime && !byHeight && !(heights && times)) continue
      const shape = planShapes[k]
      if (shape === undefined || boundsApart(shape, obstacleShape) || !shapesIntersect(shape, obstacleShape)) continue
      if (heights && times) meets = true
      if (heights) {
        timeForbidden.push(
          obstacle.startMs - volume.endMs - TIME_MARGIN_MS,
          obstacle.endMs - volume.startMs + TIME_MARGIN_MS,
        )
      }
      if (times) {
        heightForbidden.push(
          obstacle.altitudeLowerM - volume.altitudeUpperM - HEIGHT_MARGIN_M,
          obstacle.altitudeUpperM - volume.altitudeLowerM + HEIGHT_MARGIN_M,
        )
      }
    }
  }
  if (!meets) return {}
  const inTime = Float64Array.from(timeForbidden)
  const inHeight = Float64Array.from(heightForbidden)
  const later = smallestShift(inTime, { direction: 1, limit: reach.time.forward, step: TIME_STEP_MS })
  const earlier = smallestShift(inTime, { direction: -1, limit: reach.time.back, step: TIME_STEP_MS })
  const up = smallestShift(inHeight, { direction: 1, limit: reach.height.forward, step: HEIGHT_STEP_M })
  const down = smallestShift(inHeight, { direction: -1, limit: reach.height.back, step: HEIGHT_STEP_M })
  return {
    ...(later === null ? {} : { laterMs: durationMs(later) }),
    ...(earlier === null ? {} : { earlierMs: durationMs(earlier) }),
    ...(up === null ? {} : { upM: metres(up) }),
    ...(down === null ? {} : { downM: metres(down) }),
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

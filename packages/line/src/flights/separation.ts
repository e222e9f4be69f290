import { anyVolumesIntersect, outlineDistance, smallestShift, type Volume4D } from '@parley/geo4d'
import type { SeparationProfile } from '../charter/charter.ts'

/** How two volumes stand to each other under a profile. Gaps are negative where the two share height or time. */
export interface Standing {
  readonly distanceM: number
  readonly heightGapM: number
  readonly timeGapS: number
  readonly conflict: boolean
}

/** Limits of a plan's shift: times in seconds, heights in metres above the ellipsoid. */
export interface ShiftLimits {
  readonly earliestStartS: number
  readonly latestEndS: number
  readonly lowestM: number
  readonly highestM: number
}

/** The smallest shift of the whole plan in one direction after which it keeps its distance; absent where there is none. */
export interface Shifts {
  readonly laterS?: number
  readonly earlierS?: number
  readonly upM?: number
  readonly downM?: number
}

/** More than rounding, less than the centimetre that acts are written in. */
const EDGE = 1e-6

const metres = (cm: number): number => cm / 100

/** Two volumes side by side. A conflict is where distance, height and time are all undercut, and for longer than the profile bears. */
export function standingOf(a: Volume4D, b: Volume4D, profile: SeparationProfile): Standing {
  const distanceM = outlineDistance(a.outline, b.outline)
  const heightGapM = Math.max(a.altitudeLowerM - b.altitudeUpperM, b.altitudeLowerM - a.altitudeUpperM)
  const timeGapS = Math.max(a.startMs - b.endMs, b.startMs - a.endMs) / 1000
  return {
    distanceM,
    heightGapM,
    timeGapS,
    conflict: tooNear(distanceM, profile) && tooLevel(heightGapM, profile) && tooLong(timeGapS, profile),
  }
}

/** At least the distance is enough; without a distance only what does not touch is apart. */
const tooNear = (distanceM: number, { lateralCm }: SeparationProfile): boolean =>
  lateralCm === 0 ? distanceM === 0 : distanceM < metres(lateralCm) - EDGE

const tooLevel = (heightGapM: number, { verticalCm }: SeparationProfile): boolean =>
  verticalCm === 0 ? heightGapM <= 0 : heightGapM < metres(verticalCm) - EDGE

/** Shared time up to the tolerance is borne; without a tolerance even a shared instant is not. */
const tooLong = (timeGapS: number, { timeS, toleranceS }: SeparationProfile): boolean =>
  toleranceS === 0 ? timeGapS <= timeS : timeGapS < timeS - toleranceS

const bare = ({ lateralCm, verticalCm, timeS, toleranceS }: SeparationProfile): boolean =>
  lateralCm === 0 && verticalCm === 0 && timeS === 0 && toleranceS === 0

/** Whether any volume of one plan comes too near to any of the other. */
export function plansConflict(a: readonly Volume4D[], b: readonly Volume4D[], profile: SeparationProfile): boolean {
  if (bare(profile)) return anyVolumesIntersect(a, b)
  return a.some((one) => b.some((other) => mayMeet(one, other, profile) && standingOf(one, other, profile).conflict))
}

/** The cheap part of the question: time and height. */
function mayMeet(a: Volume4D, b: Volume4D, profile: SeparationProfile): boolean {
  const timeGapS = Math.max(a.startMs - b.endMs, b.startMs - a.endMs) / 1000
  const heightGapM = Math.max(a.altitudeLowerM - b.altitudeUpperM, b.altitudeLowerM - a.altitudeUpperM)
  return tooLong(timeGapS, profile) && tooLevel(heightGapM, profile)
}

/** A profile of the two by which the stricter of each holds: what a plan under one owes a plan under the other. */
export const stricter = (a: SeparationProfile, b: SeparationProfile): SeparationProfile => ({
  name: a.name === b.name ? a.name : `${a.name}+${b.name}`,
  lateralCm: Math.max(a.lateralCm, b.lateralCm),
  verticalCm: Math.max(a.verticalCm, b.verticalCm),
  timeS: Math.max(a.timeS, b.timeS),
  toleranceS: Math.min(a.toleranceS, b.toleranceS),
})

/** Heights in acts are whole centimetres, times whole seconds: shifts are too. */
const HEIGHT_STEP_M = 0.01
const TIME_STEP_S = 1

/** The smallest shifts of a plan after which it is clear of all `others`, each under its profile. */
export function shiftsToClear(
  plan: readonly Volume4D[],
  others: readonly { readonly volumes: readonly Volume4D[]; readonly profile: SeparationProfile }[],
  limits: ShiftLimits,
): Shifts {
  const times: number[] = []
  const heights: number[] = []
  for (const { volumes, profile } of others) {
    for (const a of plan) {
      for (const b of volumes) {
        if (!tooNear(outlineDistance(a.outline, b.outline), profile)) continue
        const { heightGapM, timeGapS } = standingOf(a, b, profile)
        const slackS = profile.timeS - profile.toleranceS - (profile.toleranceS === 0 ? 0 : EDGE)
        if (tooLevel(heightGapM, profile)) {
          // Gap after a shift s: max(aStart + s − bEnd, bStart − aEnd − s), undercut while it is at most the slack.
          const [low, high] = [(b.startMs - a.endMs) / 1000 - slackS, (b.endMs - a.startMs) / 1000 + slackS]
          if (low <= high) times.push(low, high)
        }
        if (tooLong(timeGapS, profile)) {
          const apart = metres(profile.verticalCm)
          const edge = profile.verticalCm === 0 ? EDGE : -2 * EDGE
          heights.push(
            b.altitudeLowerM - a.altitudeUpperM - apart - edge,
            b.altitudeUpperM - a.altitudeLowerM + apart + edge,
          )
        }
      }
    }
  }
  const startS = Math.min(...plan.map(({ startMs }) => startMs / 1000))
  const endS = Math.max(...plan.map(({ endMs }) => endMs / 1000))
  const lowM = Math.min(...plan.map(({ altitudeLowerM }) => altitudeLowerM))
  const highM = Math.max(...plan.map(({ altitudeUpperM }) => altitudeUpperM))
  const shift = (forbidden: number[], direction: 1 | -1, room: { limit: number; step: number }): number | null =>
    room.limit < room.step ? null : smallestShift(Float64Array.from(forbidden), { direction, ...room })
  const laterS = shift(times, 1, { limit: limits.latestEndS - endS, step: TIME_STEP_S })
  const earlierS = shift(times, -1, { limit: startS - limits.earliestStartS, step: TIME_STEP_S })
  const upM = shift(heights, 1, { limit: limits.highestM - highM, step: HEIGHT_STEP_M })
  const downM = shift(heights, -1, { limit: lowM - limits.lowestM, step: HEIGHT_STEP_M })
  return {
    ...(laterS === null ? {} : { laterS }),
    ...(earlierS === null ? {} : { earlierS }),
    ...(upM === null ? {} : { upM }),
    ...(downM === null ? {} : { downM }),
  }
}

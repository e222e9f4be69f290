import { geodesicDistance } from './geodesic.ts'
import { likelyMistakes, type PositionReading, type Suspicion } from './position.ts'

/** Whether two texts name one place, as a read-back in a second notation must. */
export interface CrossCheck {
  readonly agree: boolean
  readonly distanceM: number
  /** How far apart the digits given allow them to be. */
  readonly toleranceM: number
  /** The usual mistakes in either text that would make them agree; empty when they do, or when none explains it. */
  readonly explanations: readonly { readonly of: 'first' | 'second'; readonly kind: Suspicion['kind'] }[]
}

/**
 * Compares two readings of what should be one position: a notation typed beside its echo, or two parties' figures. Says which usual
 * mistake would explain a difference, never which text is right.
 */
export function crossCheckPositions(first: PositionReading, second: PositionReading): CrossCheck {
  // Half a unit in each direction of each text is a diagonal.
  const toleranceM = Math.SQRT2 * (first.precisionM + second.precisionM)
  const distanceM = geodesicDistance(first.point, second.point)
  if (distanceM <= toleranceM) return { agree: true, distanceM, toleranceM, explanations: [] }
  const explains = (reading: PositionReading, other: PositionReading) => {
    const kinds = [...reading.suspicions, ...likelyMistakes(reading.point)]
      .filter(({ point }) => geodesicDistance(point, other.point) <= toleranceM)
      .map(({ kind }) => kind)
    return [...new Set(kinds)]
  }
  return {
    agree: false,
    distanceM,
    toleranceM,
    explanations: [
      ...explains(first, second).map((kind) => ({ of: 'first' as const, kind })),
      ...explains(second, first).map((kind) => ({ of: 'second' as const, kind })),
    ],
  }
}

import { type Ball, ballGapM } from '../geometry/ball.ts'
import { limitGap } from '../model/height.ts'
import { type Item, isMovable, type Piece } from '../model/item.ts'
import { horizontalGap } from './meet.ts'
import type { Minima } from './minima.ts'

/**
 * The smallest shift of one whole item, in one direction at a time, after which it no longer meets the other. A direction is absent when
 * no shift within the limits does it. Ground and other items are not looked at.
 */
export interface Clearing {
  readonly moves: 'a' | 'b'
  readonly laterS?: number
  readonly earlierS?: number
  readonly upM?: number
  readonly downM?: number
}

/** Furthest shifts looked for. */
const MAX_SHIFT_MS = 24 * 3_600_000
const MAX_SHIFT_M = 10_000
/** Pairs of pieces compared for one clearing; above it none is given. */
const MAX_PAIRS = 40_000_000

interface Pair {
  readonly itemA: Item
  readonly itemB: Item
  readonly ballsA: readonly Ball[]
  readonly ballsB: readonly Ball[]
}

/** Null when neither item can give way, or when the two are too large to try. The one of lower priority moves, else the second. */
export function clearingOf(pair: Pair, minima: Minima): Clearing | null {
  const { itemA, itemB } = pair
  const movableA = isMovable(itemA)
  const movableB = isMovable(itemB)
  if (!movableA && !movableB) return null
  if (itemA.pieces.length * itemB.pieces.length > MAX_PAIRS) return null
  const moves = movableB && !(movableA && itemA.priority < itemB.priority) ? 'b' : 'a'
  const { times, heights } = forbidden(pair, minima)
  const sign = moves === 'b' ? 1 : -1
  const later = smallest(times, { direction: sign, limit: MAX_SHIFT_MS, step: 1000, touching: minima.touching })
  const earlier = smallest(times, { direction: -sign, limit: MAX_SHIFT_MS, step: 1000, touching: minima.touching })
  const up =
    heights === null
      ? null
      : smallest(heights, { direction: sign, limit: MAX_SHIFT_M, step: 1, touching: minima.touching })
  const down =
    heights === null
      ? null
      : smallest(heights, { direction: -sign, limit: MAX_SHIFT_M, step: 1, touching: minima.touching })
  return {
    moves,
    ...(later === null ? {} : { laterS: later / 1000 }),
    ...(earlier === null ? {} : { earlierS: earlier / 1000 }),
    ...(up === null ? {} : { upM: up }),
    ...(down === null ? {} : { downM: down }),
  }
}

/**
 * Open intervals of shifts of B against A, as `lo, hi` pairs, at which some pieces still meet: in time for those whose areas and heights
 * meet or may meet, in height for those whose areas and times do. Moving pieces are taken as they lie, so a shift found keeps them apart
 * throughout but may be longer by the length of one stretch of track. `heights` is null where heights cannot be compared.
 */
function forbidden(
  { itemA, itemB, ballsA, ballsB }: Pair,
  minima: Minima,
): { times: number[]; heights: number[] | null } {
  const times: number[] = []
  let heights: number[] | null = []
  const time = new Float64Array(2)
  const height = new Float64Array(2)
  for (const [i, a] of itemA.pieces.entries()) {
    for (const [j, b] of itemB.pieces.entries()) {
      const requiredM = minima.horizontalM + a.margin.lateralM + b.margin.lateralM
      if (ballGapM(ballsA[i] as Ball, ballsB[j] as Ball) > requiredM) continue
      timeShifts(a, b, { minima, out: time })
      const comparable = heightShifts(a, b, { minima, out: height })
      const timesMeet = containsZero(time)
      const heightsMeet = !comparable || containsZero(height)
      const newTime = heightsMeet && !lastContains(times, time)
      const newHeight = timesMeet && heights !== null && (!comparable || !lastContains(heights, height))
      // What the interval before covers needs no geometry: pieces follow each other, and so do their shifts.
      if (!newTime && !newHeight) continue
      if (horizontalGap(a.shape, b.shape, requiredM) === null) continue
      if (newTime) push(times, time)
      if (!newHeight) continue
      if (comparable && heights !== null) push(heights, height)
      else heights = null
    }
  }
  return { times, heights }
}

interface ShiftOptions {
  readonly minima: Minima
  readonly out: Float64Array
}

function containsZero(range: Float64Array): boolean {
  return (range[0] as number) <= 0 && (range[1] as number) >= 0
}

function lastContains(intervals: readonly number[], range: Float64Array): boolean {
  const at = intervals.length - 2
  return (
    at >= 0 &&
    (intervals[at] as number) <= (range[0] as number) &&
    (intervals[at + 1] as number) >= (range[1] as number)
  )
}

/** Adds an open interval, made one with the one before where they overlap; two that only touch leave a gap of one point. */
function push(intervals: number[], range: Float64Array): void {
  const low = range[0] as number
  const high = range[1] as number
  const at = intervals.length - 2
  if (at >= 0 && low < (intervals[at + 1] as number) && high > (intervals[at] as number)) {
    intervals[at] = Math.min(intervals[at] as number, low)
    intervals[at + 1] = Math.max(intervals[at + 1] as number, high)
  } else {
    intervals.push(low, high)
  }
}

type Range = readonly [low: number, high: number]

function timeShifts(a: Piece, b: Piece, { minima, out }: ShiftOptions): void {
  const required = minima.timeApartMs + a.margin.timeMs + b.margin.timeMs
  out[0] = a.interval.startMs - b.interval.endMs - required
  out[1] = a.interval.endMs - b.interval.startMs + required
}

const gap = new Float64Array(2)

/** False when the heights cannot be compared. */
function heightShifts(a: Piece, b: Piece, { minima, out }: ShiftOptions): boolean {
  if (a.band.unknown !== undefined || b.band.unknown !== undefined) return false
  const required = minima.verticalM + a.margin.verticalM + b.margin.verticalM
  const samePlace = minima.horizontalM === 0 && a.margin.lateralM === 0 && b.margin.lateralM === 0
  limitGap(a.band.lower, b.band.upper, { samePlace, out: gap })
  if (gap[0] !== gap[1]) return false
  out[0] = (gap[0] as number) - required
  limitGap(b.band.lower, a.band.upper, { samePlace, out: gap })
  if (gap[0] !== gap[1]) return false
  out[1] = required - (gap[0] as number)
  return true
}

/** The smallest multiple of `step` above 0 along `direction` that lies in none of the open intervals; null beyond `limit`. */
export function smallest(
  intervals: readonly number[],
  { direction, limit, step, touching }: { direction: number; limit: number; step: number; touching: 'apart' | 'meets' },
): number | null {
  const along: Range[] = []
  for (let k = 0; k < intervals.length; k += 2) {
    const low = intervals[k] as number
    const high = intervals[k + 1] as number
    along.push(direction > 0 ? [low, high] : [-high, -low])
  }
  along.sort((x, y) => x[0] - y[0])
  let shift = step
  for (const [low, high] of along) {
    const inside = touching === 'meets' ? low <= shift && shift <= high : low < shift && shift < high
    if (!inside) {
      if (low > shift) break
      continue
    }
    // The next multiple at or (when touching meets) past the end; the tiny term keeps 0.1 + 0.2 from costing a step.
    const steps = touching === 'meets' ? Math.floor(high / step) + 1 : Math.ceil(high / step - 1e-9)
    shift = steps * step
    if (!(shift <= limit)) return null
  }
  return shift <= limit ? shift : null
}

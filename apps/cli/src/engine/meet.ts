import { frameAt, moveFrame, outlinesIntersect, projectRing, unproject } from '@parley/geo4d'
import { approach, roughSegmentDistanceM, sharedPlace } from '../geometry/approach.ts'
import { type Ball, ballGapM } from '../geometry/ball.ts'
import { limitGap } from '../model/height.ts'
import type { Interval, Piece, Shape } from '../model/item.ts'
import type { Minima } from './minima.ts'

/**
 * One contact of two pieces. All three distances are between the pieces as stated or recorded, margins not taken off; each is judged
 * against `required…`, the minimum plus both margins.
 */
export interface Contact {
  readonly a: number
  readonly b: number
  /** When the contact lasts, margins included; may be open. */
  readonly startMs: number
  readonly endMs: number
  /** Along the ellipsoid; 0 when the areas share a point. */
  readonly distanceM: number
  readonly requiredDistanceM: number
  /** Shared band when positive, gap when negative; NaN when the heights cannot be compared. */
  readonly sharedHeightM: number
  readonly requiredHeightM: number
  /** Thickness of the thinner of the two bands: the most that can be shared. */
  readonly thicknessM: number
  /** Shared time when positive, gap when negative. */
  readonly sharedTimeMs: number
  readonly requiredTimeMs: number
  /** Duration of the shorter of the two. */
  readonly durationMs: number
  /** Why it is not certain; undefined when it is. */
  readonly undecided: string | undefined
  /** Of moving pieces: the instant at which they are nearest, and where. */
  readonly nearest?: { readonly atMs: number; readonly latDeg: number; readonly lngDeg: number }
}

const heightGap = new Float64Array(4)

/**
 * Whether two pieces meet under the minima, and how. Null when they do not.
 *
 * They meet when at once: the distance is below the minimum plus both margins (or, when that is 0, they share a point); the height gap is
 * below its minimum plus both margins; the time gap too. A gap of exactly that much is no contact: bands [100, 200] and [200, 300],
 * intervals [10:00, 11:00) and [11:00, 12:00). A piece without thickness or duration meets what it lies in.
 *
 * Two moving pieces under minima that ask for the same instant are compared as they move, everything else as it lies.
 */
export function meet(a: Piece, b: Piece, { minima, indexA, indexB, ballA, ballB }: MeetOptions): Contact | null {
  const requiredTimeMs = minima.timeApartMs + a.margin.timeMs + b.margin.timeMs
  const timeGapMs = timeGapOf(a, b)
  if (!timesMeet(a, b, { gapMs: timeGapMs, requiredMs: requiredTimeMs, minima })) return null
  const requiredHeightM = minima.verticalM + a.margin.verticalM + b.margin.verticalM
  const heights = heightsMeet(a, b, { requiredM: requiredHeightM, minima })
  if (heights === 'apart') return null
  const requiredDistanceM = minima.horizontalM + a.margin.lateralM + b.margin.lateralM
  if (ballGapM(ballA, ballB) > requiredDistanceM) return null
  const thicknessM = Math.min(thicknessOf(a), thicknessOf(b))
  const durationMs = Math.min(a.interval.endMs - a.interval.startMs, b.interval.endMs - b.interval.startMs)
  const sharedHeightM = heights === 'undecided' ? Number.NaN : Math.min(-(heightGap[2] as number), thicknessM)
  const base = {
    a: indexA,
    b: indexB,
    requiredDistanceM,
    requiredHeightM,
    requiredTimeMs,
    sharedTimeMs: Math.min(-timeGapMs, durationMs),
    thicknessM,
    durationMs,
  }
  const asTheyMove = minima.horizontalM > 0 && requiredTimeMs === 0 && requiredHeightM > 0 && heights === 'meet'
  if (asTheyMove && a.motion !== undefined && b.motion !== undefined) {
    const moving = meetMoving(a, b, { requiredDistanceM, requiredHeightM })
    if (moving === null) return null
    return { ...base, ...moving, sharedTimeMs: moving.endMs - moving.startMs, undecided: uncertain(a, b, false) }
  }
  const distanceM = horizontalGap(a.shape, b.shape, requiredDistanceM)
  if (distanceM === null) return null
  return {
    ...base,
    distanceM,
    sharedHeightM,
    startMs:
      Math.max(a.interval.startMs - a.margin.timeMs, b.interval.startMs - b.margin.timeMs) - minima.timeApartMs / 2,
    endMs: Math.min(a.interval.endMs + a.margin.timeMs, b.interval.endMs + b.margin.timeMs) + minima.timeApartMs / 2,
    undecided: uncertain(a, b, heights === 'undecided'),
  }
}

/** From the end of the earlier to the start of the later; negative when they overlap. */
function timeGapOf(a: Piece, b: Piece): number {
  return Math.max(a.interval.startMs - b.interval.endMs, b.interval.startMs - a.interval.endMs)
}

/** A quick no to most pairs: too far apart in time, whatever else they are. */
export function isApartInTime(a: Piece, b: Piece, minima: Minima): boolean {
  return timeGapOf(a, b) > minima.timeApartMs + a.margin.timeMs + b.margin.timeMs
}

export interface MeetOptions {
  readonly minima: Minima
  readonly indexA: number
  readonly indexB: number
  readonly ballA: Ball
  readonly ballB: Ball
}

function uncertain(a: Piece, b: Piece, heights: boolean): string | undefined {
  if (a.interval.unknown !== undefined || b.interval.unknown !== undefined) {
    return `time: ${a.interval.unknown ?? b.interval.unknown}`
  }
  if (!heights) return undefined
  const unknown = a.band.unknown ?? b.band.unknown
  if (unknown !== undefined) return `height: ${unknown}`
  return `height: ${references(a)} cannot be compared with ${references(b)}`
}

function references({ band }: Piece): string {
  const names = [band.lower, band.upper]
    .filter(({ valueM }) => Number.isFinite(valueM))
    .map(({ reference }) => reference)
  return [...new Set(names)].join(' and ') || 'no limit'
}

function timesMeet(
  a: Piece,
  b: Piece,
  { gapMs, requiredMs, minima }: { gapMs: number; requiredMs: number; minima: Minima },
): boolean {
  if (gapMs < requiredMs) return true
  if (gapMs > requiredMs) return false
  if (minima.touching === 'meets') return true
  if (requiredMs > 0) return false
  // Half-open intervals that touch share an instant only where one of them is that instant and the other starts with it.
  return isStartOf(a.interval, b.interval) || isStartOf(b.interval, a.interval)
}

function isStartOf(instant: Interval, interval: Interval): boolean {
  return instant.startMs === instant.endMs && instant.startMs === interval.startMs
}

/** Judges the bands and leaves the gap in `heightGap[2]` when it is certain. */
function heightsMeet(
  a: Piece,
  b: Piece,
  { requiredM, minima }: { requiredM: number; minima: Minima },
): 'apart' | 'meet' | 'undecided' {
  // Ground is the same for both only where they share a point.
  const samePlace = minima.horizontalM === 0 && a.margin.lateralM === 0 && b.margin.lateralM === 0
  limitGap(b.band.lower, a.band.upper, { samePlace, out: heightGap })
  const least = heightGap[0] as number
  const most = heightGap[1] as number
  limitGap(a.band.lower, b.band.upper, { samePlace, out: heightGap })
  const leastGapM = Math.max(least, heightGap[0] as number)
  const mostGapM = Math.max(most, heightGap[1] as number)
  heightGap[2] = leastGapM === mostGapM ? leastGapM : Number.NaN
  const touches = minima.touching === 'meets' || (requiredM === 0 && (isFlat(a) || isFlat(b)))
  const counts = (gapM: number): boolean => gapM < requiredM || (gapM === requiredM && touches)
  if (!counts(leastGapM)) return 'apart'
  if (a.band.unknown !== undefined || b.band.unknown !== undefined) return 'undecided'
  return counts(mostGapM) ? 'meet' : 'undecided'
}

function thicknessOf({ band: { lower, upper } }: Piece): number {
  const thicknessM = upper.valueM - lower.valueM
  return lower.reference === upper.reference || thicknessM === Infinity ? thicknessM : Number.NaN
}

function isFlat({ band }: Piece): boolean {
  return band.lower.valueM === band.upper.valueM && band.lower.reference === band.upper.reference
}

/** Share of the distance by which the quick estimate may be wrong, far more than it ever is within 200 km. */
const ROUGH = 1e-3
const ROUGH_M = 1

/** The distance when it is below `requiredM` (or, for 0, when the shapes share a point); null when it is not. */
export function horizontalGap(a: Shape, b: Shape, requiredM: number): number | null {
  if (requiredM === 0) {
    const outlineA = a.kind === 'segment' ? null : a.outline
    const outlineB = b.kind === 'segment' ? null : b.outline
    if (outlineA !== null && outlineB !== null) return outlinesIntersect(outlineA, outlineB) ? 0 : null
    return approach(a, b).distanceM === 0 ? 0 : null
  }
  if (a.kind === 'segment' && b.kind === 'segment') {
    const rough = roughSegmentDistanceM(a.ends, b.ends)
    if (rough > requiredM * (1 + ROUGH) + ROUGH_M) return null
    if (rough < requiredM * (1 - ROUGH) - ROUGH_M) return rough
  }
  const { distanceM } = approach(a, b)
  return distanceM < requiredM ? distanceM : null
}

const frame = frameAt(0, 0)
const planeA = new Float64Array(4)
const planeB = new Float64Array(4)
const place = new Float64Array(2)

interface Moving {
  readonly startMs: number
  readonly endMs: number
  readonly distanceM: number
  readonly sharedHeightM: number
  readonly nearest: { readonly atMs: number; readonly latDeg: number; readonly lngDeg: number }
}

/**
 * When two positions that move linearly along their segments are closer than the minima in the plane and in height: one stretch of time,
 * since both conditions hold on one stretch each. The instant named is the one at which they are nearest in the plane within it.
 */
function meetMoving(
  a: Piece,
  b: Piece,
  required: { requiredDistanceM: number; requiredHeightM: number },
): Moving | null {
  if (a.shape.kind !== 'segment' || b.shape.kind !== 'segment' || a.motion === undefined || b.motion === undefined)
    return null
  const startMs = Math.max(a.interval.startMs, b.interval.startMs)
  const endMs = Math.min(a.interval.endMs, b.interval.endMs)
  moveFrame(frame, a.shape.ends[0] as number, a.shape.ends[1] as number)
  projectRing(frame, a.shape.ends, 2, planeA)
  projectRing(frame, b.shape.ends, 2, planeB)
  const atA = (ms: number, from: number, to: number): number => linear(a, ms, from, to)
  const atB = (ms: number, from: number, to: number): number => linear(b, ms, from, to)
  const offset = (ms: number): readonly [number, number, number] => [
    atA(ms, planeA[0] as number, planeA[2] as number) - atB(ms, planeB[0] as number, planeB[2] as number),
    atA(ms, planeA[1] as number, planeA[3] as number) - atB(ms, planeB[1] as number, planeB[3] as number),
    atA(ms, a.motion?.startHeightM ?? 0, a.motion?.endHeightM ?? 0) -
      atB(ms, b.motion?.startHeightM ?? 0, b.motion?.endHeightM ?? 0),
  ]
  const [x0, y0, h0] = offset(startMs)
  const [x1, y1, h1] = offset(endMs)
  const within = intersection(
    closerThan([x0, y0], [x1 - x0, y1 - y0], required.requiredDistanceM),
    closerThan([h0, 0], [h1 - h0, 0], required.requiredHeightM),
  )
  if (within === null) return null
  const spanMs = endMs - startMs
  const along = nearestAlong([x0, y0], [x1 - x0, y1 - y0], within)
  const atMs = startMs + along * spanMs
  const [dx, dy, dh] = offset(atMs)
  const middleX =
    (atA(atMs, planeA[0] as number, planeA[2] as number) + atB(atMs, planeB[0] as number, planeB[2] as number)) / 2
  const middleY =
    (atA(atMs, planeA[1] as number, planeA[3] as number) + atB(atMs, planeB[1] as number, planeB[3] as number)) / 2
  unproject(frame, middleX, middleY, place)
  return {
    startMs: startMs + within[0] * spanMs,
    endMs: startMs + within[1] * spanMs,
    distanceM: Math.hypot(dx, dy),
    sharedHeightM: -Math.abs(dh),
    nearest: { atMs, latDeg: place[0] as number, lngDeg: place[1] as number },
  }
}

function linear({ interval }: Piece, ms: number, from: number, to: number): number {
  const span = interval.endMs - interval.startMs
  return span === 0 ? from : from + ((ms - interval.startMs) / span) * (to - from)
}

type Stretch = readonly [from: number, to: number]

/** The part of 0…1 in which `start + s * change` is shorter than `limit`; null when there is none. */
function closerThan(
  start: readonly [number, number],
  change: readonly [number, number],
  limit: number,
): Stretch | null {
  const a = change[0] * change[0] + change[1] * change[1]
  const halfB = start[0] * change[0] + start[1] * change[1]
  const c = start[0] * start[0] + start[1] * start[1] - limit * limit
  if (a === 0) return c < 0 ? [0, 1] : null
  const discriminant = halfB * halfB - a * c
  if (discriminant <= 0) return null
  const root = Math.sqrt(discriminant)
  const from = Math.max(0, (-halfB - root) / a)
  const to = Math.min(1, (-halfB + root) / a)
  return from < to ? [from, to] : null
}

function intersection(a: Stretch | null, b: Stretch | null): Stretch | null {
  if (a === null || b === null) return null
  const from = Math.max(a[0], b[0])
  const to = Math.min(a[1], b[1])
  return from < to ? [from, to] : null
}

function nearestAlong(start: readonly [number, number], change: readonly [number, number], within: Stretch): number {
  const length2 = change[0] * change[0] + change[1] * change[1]
  const s = length2 === 0 ? within[0] : -(start[0] * change[0] + start[1] * change[1]) / length2
  return Math.min(within[1], Math.max(within[0], s))
}

/** Where two pieces meet: a place in both, or half-way between their nearest points. */
export function placeOf(a: Shape, b: Shape): { latDeg: number; lngDeg: number } {
  const { distanceM, latDeg, lngDeg } = approach(a, b)
  if (distanceM === 0 && a.kind === 'area' && b.kind === 'area') {
    const shared = sharedPlace(a, b)
    if (shared !== null) return { latDeg: shared[0], lngDeg: shared[1] }
  }
  return { latDeg, lngDeg }
}

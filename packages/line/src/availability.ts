import type { MeasuredKind } from './measure.ts'

/** Seconds of an hour in each state; what is missing to 3600 nobody observed. */
export interface AvailabilityBucket {
  /** Beginning of the hour, unix seconds. */
  readonly startS: number
  openS: number
  degradedS: number
  /** Silent or forked. */
  downS: number
}

/** A time without word, in the order they began. */
export interface Gap {
  readonly fromS: number
  /** Null while it lasts. */
  toS: number | null
}

/** What is kept of one direction: at most 745 hours and 256 gaps, whatever the number of samples. Plain JSON. */
export interface DirectionAvailability {
  readonly from: string
  readonly to: string
  /** Ascending by hour. */
  buckets: AvailabilityBucket[]
  gaps: Gap[]
  last: { readonly kind: MeasuredKind; readonly atS: number } | null
}

/** What is kept of all directions of a table. Plain JSON: a node writes it down and goes on with it after a restart. */
export interface AvailabilityBook {
  readonly v: 1
  readonly directions: DirectionAvailability[]
}

export const createAvailability = (): AvailabilityBook => ({ v: 1, directions: [] })

/** What was measured of a direction at a time, unix seconds on the node's clock. */
export interface AvailabilitySample {
  readonly from: string
  readonly to: string
  readonly kind: MeasuredKind
  readonly atS: number
  /** Since when it is so: for silence the last word, which the gap then begins with. `atS` when left out. */
  readonly sinceS?: number
}

const HOUR_S = 3600
const MAX_BUCKETS = 745
const MAX_GAPS = 256
/** A state holds until the next sample, but no longer than this: a node that slept observed nothing. */
export const MAX_HOLD_S = 60

/** Takes a sample. One that is not later than the one before changes the state and no time. */
export function recordSample(book: AvailabilityBook, { from, to, kind, atS, sinceS = atS }: AvailabilitySample): void {
  let direction = book.directions.find((one) => one.from === from && one.to === to)
  if (direction === undefined) {
    direction = { from, to, buckets: [], gaps: [], last: null }
    book.directions.push(direction)
  }
  const { last } = direction
  const held = last !== null && atS > last.atS && atS - last.atS <= MAX_HOLD_S
  if (held) addTime(direction, last.kind, { fromS: last.atS, toS: atS })
  const down = isDown(kind)
  const open = direction.gaps.at(-1)
  const gap = open?.toS === null ? open : undefined
  if (gap !== undefined && !(down && held)) {
    // What nobody observed is no gap: it ends where the last sample stood.
    gap.toS = held ? atS : (last?.atS ?? atS)
  }
  if (down && direction.gaps.at(-1)?.toS !== null) {
    const before = direction.gaps.at(-1)?.toS ?? Number.NEGATIVE_INFINITY
    direction.gaps.push({ fromS: Math.max(Math.min(sinceS, atS), before), toS: null })
    if (direction.gaps.length > MAX_GAPS) direction.gaps = direction.gaps.slice(-MAX_GAPS)
  }
  direction.last = { kind, atS: Math.max(atS, last?.atS ?? atS) }
}

const isDown = (kind: MeasuredKind): boolean => kind === 'silent' || kind === 'forked'

function addTime(direction: DirectionAvailability, kind: MeasuredKind, span: { fromS: number; toS: number }): void {
  if (kind === 'unknown') return
  let { fromS } = span
  while (fromS < span.toS) {
    const startS = Math.floor(fromS / HOUR_S) * HOUR_S
    const toS = Math.min(span.toS, startS + HOUR_S)
    const bucket = bucketAt(direction, startS)
    if (kind === 'open') bucket.openS += toS - fromS
    else if (kind === 'degraded') bucket.degradedS += toS - fromS
    else bucket.downS += toS - fromS
    fromS = toS
  }
}

function bucketAt(direction: DirectionAvailability, startS: number): AvailabilityBucket {
  const { buckets } = direction
  let at = buckets.length
  while (at > 0 && (buckets[at - 1] as AvailabilityBucket).startS > startS) at -= 1
  const found = buckets[at - 1]
  if (found?.startS === startS) return found
  const bucket: AvailabilityBucket = { startS, openS: 0, degradedS: 0, downS: 0 }
  buckets.splice(at, 0, bucket)
  if (buckets.length > MAX_BUCKETS) buckets.shift()
  return bucket
}

/** Both books as one; they must be of times that do not overlap, such as before and after a restart. */
export function mergeAvailability(a: AvailabilityBook, b: AvailabilityBook): AvailabilityBook {
  const merged = createAvailability()
  for (const { from, to, buckets, gaps, last } of [...a.directions, ...b.directions]) {
    let direction = merged.directions.find((one) => one.from === from && one.to === to)
    if (direction === undefined) {
      direction = { from, to, buckets: [], gaps: [], last: null }
      merged.directions.push(direction)
    }
    for (const { startS, openS, degradedS, downS } of buckets) {
      const bucket = bucketAt(direction, startS)
      bucket.openS += openS
      bucket.degradedS += degradedS
      bucket.downS += downS
    }
    direction.gaps = [...direction.gaps, ...gaps.map((gap) => ({ ...gap }))]
      .sort((x, y) => x.fromS - y.fromS)
      .slice(-MAX_GAPS)
    if (last !== null && (direction.last === null || last.atS > direction.last.atS)) direction.last = last
  }
  merged.directions.sort((x, y) => (x.from === y.from ? (x.to < y.to ? -1 : 1) : x.from < y.from ? -1 : 1))
  return merged
}

export const AVAILABILITY_PERIODS = { day: 86_400, week: 604_800, month: 2_592_000 } as const
export type AvailabilityPeriod = keyof typeof AVAILABILITY_PERIODS

/** How a direction did over a period, counted in whole hours back from the current one. */
export interface Availability {
  readonly from: string
  readonly to: string
  readonly period: AvailabilityPeriod
  /** Seconds observed in each state. */
  readonly openS: number
  readonly degradedS: number
  readonly downS: number
  readonly observedS: number
  /** Of the seconds observed, those in which word came, open or degraded; null when nothing was observed. */
  readonly share: number | null
  /** Gaps that reach into the period, oldest first. */
  readonly gaps: readonly { readonly fromS: number; readonly toS: number | null; readonly lengthS: number }[]
}

/** How each direction did over the last day (24 h), week (7 d) or month (30 d). */
export function availability(
  book: AvailabilityBook,
  { period, nowS }: { readonly period: AvailabilityPeriod; readonly nowS: number },
): readonly Availability[] {
  const beginS = (Math.floor(nowS / HOUR_S) + 1) * HOUR_S - AVAILABILITY_PERIODS[period]
  return book.directions.map(({ from, to, buckets, gaps }) => {
    const within = buckets.filter(({ startS }) => startS >= beginS && startS <= nowS)
    const sum = (read: (bucket: AvailabilityBucket) => number): number =>
      within.reduce((total, bucket) => total + read(bucket), 0)
    const openS = sum((bucket) => bucket.openS)
    const degradedS = sum((bucket) => bucket.degradedS)
    const downS = sum((bucket) => bucket.downS)
    const observedS = openS + degradedS + downS
    return {
      from,
      to,
      period,
      openS,
      degradedS,
      downS,
      observedS,
      share: observedS === 0 ? null : (openS + degradedS) / observedS,
      gaps: gaps
        .filter(({ toS }) => toS === null || toS > beginS)
        .map(({ fromS, toS }) => ({ fromS, toS, lengthS: (toS ?? nowS) - fromS })),
    }
  })
}

/** The hours of a period as a row for a picture, oldest first: an hour nobody observed is null. */
export function availabilityHours(
  direction: DirectionAvailability,
  { period, nowS }: { readonly period: AvailabilityPeriod; readonly nowS: number },
): readonly (AvailabilityBucket | null)[] {
  const lastS = Math.floor(nowS / HOUR_S) * HOUR_S
  const hours = AVAILABILITY_PERIODS[period] / HOUR_S
  const byStart = new Map(direction.buckets.map((bucket) => [bucket.startS, bucket]))
  return Array.from({ length: hours }, (_, i) => byStart.get(lastS - (hours - 1 - i) * HOUR_S) ?? null)
}

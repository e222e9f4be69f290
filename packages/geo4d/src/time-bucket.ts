/** Steps of time in a bucket, and of every dimension of a posting's box. */
export const BUCKET_STEPS = 128
export const LAST_STEP = BUCKET_STEPS - 1

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Length of a bucket by cell class (finest, middle, coarsest, everywhere) for volumes of ordinary length. */
const ORDINARY_MS = [HOUR_MS / 2, 2 * HOUR_MS, 8 * HOUR_MS, 8 * HOUR_MS] as const
const LONG_MS = DAY_MS
const VERY_LONG_MS = 30 * DAY_MS
/** A volume is posted in at most this many buckets; longer ones take the next duration class. */
const MAX_BUCKETS = 6

/** Ordinary, days, months, and always: one bucket for all time. */
export const DURATION_CLASSES = 4
const ALWAYS = 3
/** Buckets are numbers of 30 bits; times thousands of years away share the outermost. */
const BUCKET_LIMIT = 0x20000000

/** Length in ms of a bucket; `Infinity` for the one bucket of all time. */
export function bucketMs(cellClass: number, durationClass: number): number {
  switch (durationClass) {
    case 0:
      return ORDINARY_MS[cellClass]!
    case 1:
      return LONG_MS
    case 2:
      return VERY_LONG_MS
    default:
      return Infinity
  }
}

/** The shortest buckets of which the interval touches few. */
export function chooseDurationClass(cellClass: number, startMs: number, endMs: number): number {
  const duration = endMs - startMs
  for (let durationClass = 0; durationClass < ALWAYS; durationClass++) {
    if (duration <= (MAX_BUCKETS - 1) * bucketMs(cellClass, durationClass)) return durationClass
  }
  return ALWAYS
}

/**
 * Step of an instant, counted from 1970: never decreasing in time, so that intervals which meet have steps that meet.
 * Buckets run from `-bucketLimit` to `bucketLimit - 1`; what lies beyond shares the outermost.
 */
export function timeStep(timeMs: number, lengthMs: number, bucketLimit = BUCKET_LIMIT): number {
  if (lengthMs === Infinity) return 0
  const limit = BUCKET_STEPS * bucketLimit
  const step = Math.floor(timeMs * (BUCKET_STEPS / lengthMs))
  return step < -limit ? -limit : step > limit - 1 ? limit - 1 : step
}

/** Step of a height, 0..127, never decreasing: 10 m up to 800 m, then coarser, open at both ends. */
export function heightStep(heightM: number): number {
  if (heightM < 800) return heightM < -100 ? 0 : 1 + Math.floor((heightM + 100) / 10)
  if (heightM < 2000) return 91 + Math.floor((heightM - 800) / 60)
  if (heightM < 10_000) return 111 + Math.floor((heightM - 2000) / 600)
  return heightM < 20_000 ? 125 : heightM < 60_000 ? 126 : 127
}

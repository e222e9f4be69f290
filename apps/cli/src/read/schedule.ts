import type { Interval } from '../model/item.ts'

export const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const

/** The same hours on some days of the week. Days and hours are those of `offsetMs`; an end at or before its start is on the next day. */
export interface DailyPeriod {
  /** 0 is Sunday. */
  readonly days: ReadonlySet<number>
  readonly startOfDayMs: number
  readonly endOfDayMs: number
  readonly offsetMs: number
}

/** When a piece exists: always between two instants, or in the daily periods between them. */
export interface Timing {
  readonly startMs: number
  readonly endMs: number
  readonly daily: readonly DailyPeriod[]
  /** Why the true times may be fewer: daylight events, times not stated. */
  readonly unknown?: string
}

const DAY_MS = 86_400_000
/** Longest stretch a weekly schedule is written out for: two years. */
const MAX_SPAN_MS = 732 * DAY_MS

export function always(startMs: number, endMs: number): Timing {
  return { startMs, endMs, daily: [] }
}

/**
 * Writes a timing out as intervals, weekly schedules only within `window`, the time in which anything else happens.
 * A schedule without bounds that meets a window longer than two years is not written out: one interval, marked unknown.
 */
export function expandTiming(timing: Timing, window: { startMs: number; endMs: number }): Interval[] {
  const { startMs, endMs } = timing
  const base: Interval = timing.unknown === undefined ? { startMs, endMs } : { startMs, endMs, unknown: timing.unknown }
  if (timing.daily.length === 0) return [base]
  const from = Math.max(startMs, window.startMs)
  const to = Math.min(endMs, window.endMs)
  if (from > to) return []
  if (to - from > MAX_SPAN_MS)
    return [{ ...base, unknown: 'weekly schedule over more than two years, not written out' }]
  const intervals: Interval[] = []
  for (const period of timing.daily) {
    const length =
      period.endOfDayMs > period.startOfDayMs
        ? period.endOfDayMs - period.startOfDayMs
        : period.endOfDayMs + DAY_MS - period.startOfDayMs
    for (let day = Math.floor((from + period.offsetMs) / DAY_MS) - 1; day * DAY_MS - period.offsetMs <= to; day++) {
      // 1970-01-01 was a Thursday.
      if (!period.days.has((((day + 4) % 7) + 7) % 7)) continue
      const opens = day * DAY_MS - period.offsetMs + period.startOfDayMs
      const start = Math.max(opens, startMs)
      const end = Math.min(opens + length, endMs)
      if (start >= end || end < from || start > to) continue
      intervals.push(
        timing.unknown === undefined
          ? { startMs: start, endMs: end }
          : { startMs: start, endMs: end, unknown: timing.unknown },
      )
    }
  }
  return intervals
}

import type { EpochMs } from '@parley/units'

const LONGEST = 64
const DAY_MS = 86_400_000
/** 0000-01-01T00:00:00Z and the end of 9999: the years that four digits can write. */
const EARLIEST_MS = -62_167_219_200_000
const BEYOND_MS = 253_402_300_800_000
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** The value of two decimal digits at `at`, or NaN. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

function daysInMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && leap ? 29 : (DAYS_IN_MONTH[month - 1] as number)
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Offset from UTC in minutes of the zone that starts at `at` and must end the text, or NaN. */
function zoneMinutes(text: string, at: number): number {
  const sign = text.charCodeAt(at)
  if (sign === 0x5a || sign === 0x7a) return text.length === at + 1 ? 0 : Number.NaN
  if ((sign !== 0x2b && sign !== 0x2d) || text.length !== at + 6 || text[at + 3] !== ':') return Number.NaN
  const hours = twoDigits(text, at + 1)
  const minutes = twoDigits(text, at + 4)
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN
  return (sign === 0x2b ? 1 : -1) * (hours * 60 + minutes)
}

/** Whether the instant is the midnight that follows the last day of a UTC month, where a leap second may stand. */
function isMonthEnd(midnightMs: number): boolean {
  return midnightMs % DAY_MS === 0 && new Date(midnightMs).getUTCDate() === 1
}

/**
 * Reads an RFC 3339 date-time and returns its instant to the microsecond, or null when the text is not one.
 *
 * A zone is demanded (`Z` or an offset up to ±23:59); a time without one is refused, never guessed. Digits of the
 * second beyond the sixth are cut off, towards the past. A leap second (`:60`, only where UTC ends a month) becomes
 * the first instant of the next minute, fraction dropped, so that order is kept. Instants outside the years 0000 to
 * 9999 UTC are refused.
 */
export function parseRfc3339(text: string): EpochMs | null {
  if (text.length < 20 || text.length > LONGEST) return null
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return null
  if (text[10] !== 'T' && text[10] !== 't') return null
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return null
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return null
  let at = 19
  let fractionUs = 0
  if (text[at] === '.') {
    let weight = 100_000
    const first = ++at
    for (; at < text.length; at++) {
      const digit = text.charCodeAt(at) - 48
      if (!(digit >= 0 && digit <= 9)) break
      fractionUs += digit * weight
      weight = weight > 1 ? weight / 10 : 0
    }
    if (at === first) return null
  }
  const zone = zoneMinutes(text, at)
  if (Number.isNaN(zone)) return null
  const minuteMs = daysFromEpoch(year, month, day) * DAY_MS + (hour * 60 + minute - zone) * 60_000
  if (second === 60 && !isMonthEnd(minuteMs + 60_000)) return null
  const instantMs = second === 60 ? minuteMs + 60_000 : minuteMs + second * 1000 + fractionUs / 1000
  return instantMs >= EARLIEST_MS && instantMs < BEYOND_MS ? (instantMs as EpochMs) : null
}

const pairs = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'))
const triples = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'))

/** The last day written: most instants of an answer lie on few days, and the date is the costly half. */
let writtenDay = 0
let writtenDate = '1970-01-01'

function dateOf(day: number): string {
  if (day !== writtenDay) {
    writtenDate = new Date(day * DAY_MS).toISOString().slice(0, 10)
    writtenDay = day
  }
  return writtenDate
}

/**
 * Writes an instant as `YYYY-MM-DDTHH:MM:SS.sssZ`, or with six digits where it has a part of a millisecond: what was
 * read is written back as the same instant (between the years 1692 and 2247; beyond, a double no longer holds every
 * microsecond). Throws RangeError when the instant is not finite or outside the years 0000 to 9999.
 */
export function formatRfc3339(instantMs: number): string {
  let whole = Math.floor(instantMs)
  if (!(whole >= EARLIEST_MS && whole < BEYOND_MS)) throw new RangeError(`No RFC 3339 text for instant ${instantMs}`)
  // A double holds the milliseconds of our time to a quarter of a microsecond: rounding finds the microsecond read.
  let micros = Math.round((instantMs - whole) * 1000)
  if (micros === 1000) {
    whole += 1
    micros = 0
  }
  const day = Math.floor(whole / DAY_MS)
  const ofDay = whole - day * DAY_MS
  const hours = pairs[Math.floor(ofDay / 3_600_000)]
  const minutes = pairs[Math.floor(ofDay / 60_000) % 60]
  const seconds = pairs[Math.floor(ofDay / 1000) % 60]
  const fraction = micros === 0 ? triples[ofDay % 1000] : `${triples[ofDay % 1000]}${triples[micros]}`
  return `${dateOf(day)}T${hours}:${minutes}:${seconds}.${fraction}Z`
}

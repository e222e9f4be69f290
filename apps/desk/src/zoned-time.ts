/** Wall-clock time in a named zone, to and from UTC, with the two traps named instead of guessed. */

export interface WallTime {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  millisecond: number
}

export type ZonedResult =
  | { kind: 'instant'; utcMs: number }
  /** The clocks skip this wall time (summer time begins). */
  | { kind: 'gap' }
  /** The clocks show this wall time twice (summer time ends); both instants, earlier first. */
  | { kind: 'twice'; utcMs: readonly [number, number] }

const formats = new Map<string, Intl.DateTimeFormat>()

function partsFormat(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(zone, format)
  }
  return format
}

/** Whether this machine knows the IANA zone. */
export function isKnownZone(zone: string): boolean {
  try {
    partsFormat(zone)
    return true
  } catch {
    return false
  }
}

/** The wall time `zone` shows at an instant; the millisecond is that of UTC. @throws RangeError for an unknown zone */
function wallTime(utcMs: number, zone: string): WallTime {
  const found: Record<string, number> = {}
  for (const part of partsFormat(zone).formatToParts(utcMs)) found[part.type] = Number(part.value)
  return {
    year: found['year'] ?? 0,
    month: found['month'] ?? 0,
    day: found['day'] ?? 0,
    hour: found['hour'] ?? 0,
    minute: found['minute'] ?? 0,
    second: found['second'] ?? 0,
    millisecond: ((Math.floor(utcMs) % 1000) + 1000) % 1000,
  }
}

function asIfUtc(wall: WallTime): number {
  return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second, wall.millisecond)
}

/** Offset of a zone from UTC at an instant, in minutes, east positive. */
function zoneOffsetMinutes(utcMs: number, zone: string): number {
  return Math.round((asIfUtc(wallTime(utcMs, zone)) - Math.floor(utcMs)) / 60_000)
}

/** Which instant a wall time in a zone is: one, none (`gap`) or two (`twice`). */
export function instantOf(wall: WallTime, zone: string): ZonedResult {
  const naive = asIfUtc(wall)
  const offsets = new Set([-86_400_000, 0, 86_400_000].map((around) => zoneOffsetMinutes(naive + around, zone)))
  const instants: number[] = []
  for (const offset of offsets) {
    const candidate = naive - offset * 60_000
    if (asIfUtc(wallTime(candidate, zone)) === naive) instants.push(candidate)
  }
  const [first, second] = instants.sort((a, b) => a - b)
  if (first === undefined) return { kind: 'gap' }
  if (second !== undefined) return { kind: 'twice', utcMs: [first, second] }
  return { kind: 'instant', utcMs: first }
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/

/** Reads `YYYY-MM-DD` and 24-hour `HH:MM[:SS[.mmm]]`; null when either is anything else, "12:00 p.m." among it. */
export function readWallTime(date: string, time: string): WallTime | null {
  const day = DATE.exec(date.trim())
  const clock = TIME.exec(time.trim())
  if (day === null || clock === null) return null
  const wall: WallTime = {
    year: Number(day[1]),
    month: Number(day[2]),
    day: Number(day[3]),
    hour: Number(clock[1]),
    minute: Number(clock[2]),
    second: Number(clock[3] ?? 0),
    millisecond: Number((clock[4] ?? '0').padEnd(3, '0')),
  }
  const back = new Date(asIfUtc(wall))
  const real =
    back.getUTCMonth() + 1 === wall.month &&
    back.getUTCDate() === wall.day &&
    wall.hour < 24 &&
    wall.minute < 60 &&
    wall.second < 60
  return real ? wall : null
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `2026-11-22` as the zone shows it. */
export function dateText(utcMs: number, zone: string): string {
  const wall = wallTime(utcMs, zone)
  return `${wall.year}-${two(wall.month)}-${two(wall.day)}`
}

/** `10:15`, `10:15:30` or `10:15:30.001`: as short as the instant allows, or with seconds when asked. */
export function clockText(utcMs: number, zone: string, seconds: 'as-needed' | 'always' = 'as-needed'): string {
  const wall = wallTime(utcMs, zone)
  const base = `${two(wall.hour)}:${two(wall.minute)}`
  if (seconds === 'always') return `${base}:${two(wall.second)}`
  if (wall.millisecond !== 0) return `${base}:${two(wall.second)}.${String(wall.millisecond).padStart(3, '0')}`
  return wall.second === 0 ? base : `${base}:${two(wall.second)}`
}

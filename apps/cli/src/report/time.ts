/** Shows instants in UTC and, when asked for, in one more zone. */
export interface TimeFormat {
  readonly zone: string | null
  /** RFC 3339 in UTC, whole seconds; "no limit" for an open end. */
  utc(ms: number): string
  /** Date, time and offset in the zone of choice at that instant; null without one or for an open end. */
  local(ms: number): string | null
}

const FAR_MS = 8.64e15

/**
 * A time format for one IANA zone.
 *
 * @throws {RangeError} the zone does not exist.
 */
export function timeFormat(zone: string | null): TimeFormat {
  const format =
    zone === null
      ? null
      : new Intl.DateTimeFormat('en-GB', {
          timeZone: zone,
          year: 'numeric',
          month: '2-digit',
          day: '2-digit',
          hour: '2-digit',
          minute: '2-digit',
          second: '2-digit',
          hourCycle: 'h23',
          timeZoneName: 'longOffset',
        })
  return {
    zone,
    utc: (ms) =>
      Math.abs(ms) <= FAR_MS ? `${new Date(Math.round(ms / 1000) * 1000).toISOString().slice(0, 19)}Z` : 'no limit',
    local: (ms) => {
      if (format === null || !(Math.abs(ms) <= FAR_MS)) return null
      const parts = new Map(format.formatToParts(Math.round(ms / 1000) * 1000).map(({ type, value }) => [type, value]))
      const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? ''
      const offset = part('timeZoneName').replace('GMT', '') || '+00:00'
      return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')} ${offset}`
    },
  }
}

/** A duration in words short enough for a table: "2 h 05 min", "3 min 01 s", "12 s". */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'without end'
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${two(minutes % 60)} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

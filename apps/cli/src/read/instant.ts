import { refuse } from './field.ts'

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,12}))?([Zz]|[+-]\d{2}:\d{2})?$/

/**
 * Reads an RFC 3339 instant as epoch milliseconds, finer digits dropped. The zone is required: a clock time without one is refused,
 * never completed. With `zulu` only `Z` will do, as F3548-21 demands.
 */
export function instantAt(value: unknown, pointer: string, options: { zulu: boolean } = { zulu: false }): number {
  if (typeof value !== 'string') {
    refuse(value === undefined ? 'missing-field' : 'wrong-type', pointer, {
      value,
      rule: 'an RFC 3339 time is required',
    })
  }
  const parts = RFC3339.exec(value)
  if (parts === null)
    refuse('wrong-type', pointer, { value, rule: 'an RFC 3339 time is required, as 2026-03-01T10:00:00Z' })
  const zone = parts[8]
  if (zone === undefined)
    refuse('no-zone', pointer, { value, rule: 'a time without a zone is refused: end it with Z or an offset' })
  if (options.zulu && zone !== 'Z') {
    refuse('not-allowed', pointer, { value, rule: 'F3548-21 allows only the zone Z' })
  }
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  if (year < 1900 || month < 1 || month > 12 || day < 1 || day > days || hour > 23 || minute > 59 || second > 59) {
    refuse('out-of-range', pointer, { value, rule: 'no such date or time of day' })
  }
  const millis = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3))
  const utc = Date.UTC(year, month - 1, day, hour, minute, second, millis)
  return utc - offsetMs(zone, pointer)
}

/** The offset of `Z` or `+hh:mm` in milliseconds. */
export function offsetMs(zone: string, pointer: string): number {
  if (zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4, 6))
  if (hours > 23 || minutes > 59) refuse('out-of-range', pointer, { value: zone, rule: 'no such offset' })
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

import type { ZoneView } from './scenario.ts'
import { clockText, dateText } from './zoned-time.ts'

/** Instants and spans as the desk writes them everywhere: date and 24-hour clock, zone always said. */

/** `2026-11-22 10:15Z`; `…` for an open bound. */
export function utcText(ms: number): string {
  return Number.isFinite(ms) ? `${dateText(ms, 'UTC')} ${clockText(ms, 'UTC')}Z` : '…'
}

/** `2026-11-22 10:15Z – 11:15Z`, the second date only when it differs. */
export function utcSpan(startMs: number, endMs: number): string {
  const sameDay =
    Number.isFinite(startMs) && Number.isFinite(endMs) && dateText(startMs, 'UTC') === dateText(endMs, 'UTC')
  return sameDay ? `${utcText(startMs)} – ${clockText(endMs, 'UTC')}Z` : `${utcText(startMs)} – ${utcText(endMs)}`
}

/** `11:15 – 12:15 WEST, Portugal`: the same span on the clocks of a zone. */
export function zoneSpan(startMs: number, endMs: number, { timeZone, label }: ZoneView): string {
  const one = (ms: number): string => (Number.isFinite(ms) ? clockText(ms, timeZone) : '…')
  return `${one(startMs)} – ${one(endMs)} ${label}`
}

export function zoneClock(ms: number, { timeZone, label }: ZoneView): string {
  return `${clockText(ms, timeZone)} ${label}`
}

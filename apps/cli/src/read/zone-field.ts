import { arrayAt, isRecord, member, oneOf, printable, recordAt, refuse, textAt } from './field.ts'
import { instantAt, offsetMs } from './instant.ts'
import { type DailyPeriod, type Timing, WEEKDAYS } from './schedule.ts'

const TIME_OF_DAY = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?$/
const DAYLIGHT = ['BMCT', 'SR', 'SS', 'EECT'] as const

/** The first text of a list of `{text, lang}`, or a plain text; what ED-318 and ED-269 call names. */
export function zoneText(value: unknown, fallback: string): string {
  if (!Array.isArray(value)) return printable(value, fallback)
  const english = value.find(
    (entry) => isRecord(entry) && typeof entry['lang'] === 'string' && entry['lang'].startsWith('en'),
  )
  const entry = (english ?? value[0]) as unknown
  return isRecord(entry) ? printable(entry['text'], fallback) : fallback
}

/**
 * A period of applicability: `startDateTime`, `endDateTime` and a weekly `schedule` (ED-318, ED-269 `dailyPeriod`). Hours bound to
 * daylight are not computed: the period is kept whole and marked, so that what it meets is undecided.
 */
export function applicability(value: unknown, pointer: string, clip: { startMs: number; endMs: number }): Timing {
  const period = recordAt(value, pointer)
  const read = (key: string, open: number): number => {
    const stated = period[key]
    return stated === undefined || stated === null ? open : instantAt(stated, member(pointer, key))
  }
  const startMs = read('startDateTime', -Infinity)
  const endMs = read('endDateTime', Infinity)
  if (startMs > endMs)
    refuse('out-of-range', member(pointer, 'endDateTime'), {
      value: period['endDateTime'],
      rule: 'ends before it starts',
    })
  const key = period['schedule'] === undefined || period['schedule'] === null ? 'dailyPeriod' : 'schedule'
  const bounds = { startMs: Math.max(startMs, clip.startMs), endMs: Math.min(endMs, clip.endMs) }
  if (period[key] === undefined || period[key] === null) return { ...bounds, daily: [] }
  const daily: DailyPeriod[] = []
  let unknown: string | undefined
  for (const [index, entry] of arrayAt(period[key], member(pointer, key), { min: 0, max: 1_000 }).entries()) {
    const read = dailyPeriod(entry, member(member(pointer, key), index))
    if (read === 'daylight') unknown = 'hours bound to daylight (BMCT, SR, SS, EECT) are not computed'
    else if (read !== 'all day, every day') daily.push(read)
    else return unknown === undefined ? { ...bounds, daily: [] } : { ...bounds, daily: [], unknown }
  }
  return unknown === undefined ? { ...bounds, daily } : { ...bounds, daily: [], unknown }
}

function dailyPeriod(value: unknown, pointer: string): DailyPeriod | 'daylight' | 'all day, every day' {
  const period = recordAt(value, pointer)
  const named = arrayAt(period['day'], member(pointer, 'day'), { min: 0, max: 8 })
  const days = new Set<number>()
  for (const [index, day] of named.entries()) {
    const name = oneOf(day, member(member(pointer, 'day'), index), [...WEEKDAYS, 'ANY'])
    if (name === 'ANY') for (let k = 0; k < 7; k++) days.add(k)
    else days.add(WEEKDAYS.indexOf(name))
  }
  if (days.size === 0) for (let k = 0; k < 7; k++) days.add(k)
  for (const key of ['startEvent', 'endEvent']) {
    if (period[key] === undefined || period[key] === null) continue
    oneOf(period[key], member(pointer, key), DAYLIGHT)
    return 'daylight'
  }
  const start = timeOfDay(period['startTime'], member(pointer, 'startTime'))
  const end = timeOfDay(period['endTime'], member(pointer, 'endTime'))
  if (start === null && end === null) {
    if (days.size === 7) return 'all day, every day'
    return { days, startOfDayMs: 0, endOfDayMs: 86_400_000, offsetMs: 0 }
  }
  if (start === null || end === null) {
    refuse('missing-field', pointer, { value: period, rule: 'startTime and endTime are stated both or not at all' })
  }
  if (start.offsetMs !== end.offsetMs) {
    refuse('not-allowed', member(pointer, 'endTime'), {
      value: period['endTime'],
      rule: 'startTime and endTime need one and the same zone',
    })
  }
  return { days, startOfDayMs: start.ofDayMs, endOfDayMs: end.ofDayMs, offsetMs: start.offsetMs }
}

function timeOfDay(value: unknown, pointer: string): { ofDayMs: number; offsetMs: number } | null {
  if (value === undefined || value === null) return null
  const parts = TIME_OF_DAY.exec(textAt(value, pointer))
  if (parts === null) refuse('wrong-type', pointer, { value, rule: 'a time of day is required, as 16:00:00Z' })
  const zone = parts[5]
  if (zone === undefined)
    refuse('no-zone', pointer, { value, rule: 'a time of day without a zone is refused: end it with Z or an offset' })
  const [hours, minutes, seconds] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)]
  if (hours > 24 || minutes > 59 || seconds > 59 || (hours === 24 && minutes + seconds > 0)) {
    refuse('out-of-range', pointer, { value, rule: 'no such time of day' })
  }
  const millis = Number((parts[4] ?? '').padEnd(3, '0').slice(0, 3))
  return { ofDayMs: ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis, offsetMs: offsetMs(zone, pointer) }
}

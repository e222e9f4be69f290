import { describe, expect, test } from 'vitest'
import { utcSpan, utcText, zoneSpan } from '../src/instant-text.ts'
import { clockText, dateText, instantOf, isKnownZone, readWallTime } from '../src/zoned-time.ts'

const at = (text: string): number => Date.parse(text)
const read = (date: string, time: string, zone: string) => {
  const wall = readWallTime(date, time)
  return wall === null ? null : instantOf(wall, zone)
}

describe('wall time to instant', () => {
  test('noon in Damascus in November 2017 is 10:00Z, by the rule of that year', () => {
    expect(read('2017-11-11', '12:00', 'Asia/Damascus')).toEqual({ kind: 'instant', utcMs: at('2017-11-11T10:00:00Z') })
    expect(read('2017-07-09', '12:00', 'Asia/Damascus')).toEqual({ kind: 'instant', utcMs: at('2017-07-09T09:00:00Z') })
  })

  test('11:00 on two sides of the border is not the same instant', () => {
    const spain = read('2025-08-14', '11:00', 'Europe/Madrid')
    const portugal = read('2025-08-14', '11:00', 'Europe/Lisbon')
    expect(spain).toEqual({ kind: 'instant', utcMs: at('2025-08-14T09:00:00Z') })
    expect(portugal).toEqual({ kind: 'instant', utcMs: at('2025-08-14T10:00:00Z') })
  })

  test('a time the clocks skip has no instant, one they show twice has two', () => {
    expect(read('2026-03-29', '02:30', 'Europe/Madrid')).toEqual({ kind: 'gap' })
    expect(read('2026-10-25', '02:30', 'Europe/Madrid')).toEqual({
      kind: 'twice',
      utcMs: [at('2026-10-25T00:30:00Z'), at('2026-10-25T01:30:00Z')],
    })
  })

  test.each([
    ['2017-11-11', '12:00 p.m.'],
    ['2017-11-11', '24:00'],
    ['2017-11-11', '12:60'],
    ['2026-02-29', '12:00'],
    ['11/11/2017', '12:00'],
    ['2017-11-11', '9:00'],
    ['', ''],
  ])('"%s %s" is refused', (date, time) => {
    expect(readWallTime(date, time)).toBeNull()
  })

  test('unknown zones are known as unknown', () => {
    expect(isKnownZone('Etc/GMT-1')).toBe(true)
    expect(isKnownZone('Mars/Olympus')).toBe(false)
  })
})

describe('instants as text', () => {
  const ms = at('2026-11-22T10:15:00Z')
  test('as short as the instant allows', () => {
    expect(clockText(ms, 'UTC')).toBe('10:15')
    expect(clockText(ms + 30_000, 'UTC')).toBe('10:15:30')
    expect(clockText(ms + 1, 'UTC')).toBe('10:15:00.001')
    expect(clockText(ms, 'Etc/GMT-2', 'always')).toBe('12:15:00')
  })
  test('the date is that of the zone', () => {
    expect(dateText(at('2017-04-07T00:40:00Z'), 'America/New_York')).toBe('2017-04-06')
  })
  test('spans say the zone, repeat the date only when it changes, and show open ends', () => {
    expect(utcSpan(ms, ms + 3_600_000)).toBe('2026-11-22 10:15Z – 11:15Z')
    expect(utcSpan(ms, ms + 86_400_000)).toBe('2026-11-22 10:15Z – 2026-11-23 10:15Z')
    expect(utcSpan(ms, Infinity)).toBe('2026-11-22 10:15Z – …')
    expect(utcText(-Infinity)).toBe('…')
    expect(zoneSpan(ms, ms + 60_000, { timeZone: 'Etc/GMT-1', label: 'WEST, Portugal' })).toBe(
      '11:15 – 11:16 WEST, Portugal',
    )
  })
})

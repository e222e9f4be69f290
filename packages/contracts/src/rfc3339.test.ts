import { describe, expect, test } from 'vitest'
import { formatRfc3339, parseRfc3339 } from './rfc3339.ts'

describe('parseRfc3339', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-11-22T10:15:00Z', Date.UTC(2026, 10, 22, 10, 15)],
    ['2026-11-22T10:15:00+01:00', Date.UTC(2026, 10, 22, 9, 15)],
    ['2026-11-22T10:15:00-23:59', Date.UTC(2026, 10, 23, 10, 14)],
    ['2026-11-22T10:15:00-00:00', Date.UTC(2026, 10, 22, 10, 15)],
    ['2026-11-22t10:15:00z', Date.UTC(2026, 10, 22, 10, 15)],
    ['2026-11-22T10:15:00.5Z', Date.UTC(2026, 10, 22, 10, 15, 0, 500)],
    ['2026-11-22T10:15:00.1239999999Z', Date.UTC(2026, 10, 22, 10, 15, 0, 123) + 0.999],
    ['1969-12-31T23:59:59.9995Z', -0.5],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['0000-01-01T00:00:00Z', -62_167_219_200_000],
    ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
  ])('%s', (text, instant) => {
    expect(parseRfc3339(text)).toBe(instant)
  })

  test('a leap second is the first instant of the next minute, in any zone, so that order is kept', () => {
    const after = Date.UTC(2017, 0, 1)
    expect(parseRfc3339('2016-12-31T23:59:60Z')).toBe(after)
    expect(parseRfc3339('2016-12-31T23:59:60.9Z')).toBe(after)
    expect(parseRfc3339('2017-01-01T00:59:60+01:00')).toBe(after)
    expect(parseRfc3339('2016-12-31T23:59:59.999Z')).toBe(after - 1)
  })

  test.each([
    ['no zone', '2026-11-22T10:15:00'],
    ['no zone, with fraction', '2026-11-22T10:15:00.000'],
    ['a leap second inside a day', '2016-12-31T12:00:60Z'],
    ['a leap second inside a month', '2016-12-30T23:59:60Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['29 February of a common year', '2100-02-29T00:00:00Z'],
    ['31 April', '2026-04-31T00:00:00Z'],
    ['hour 24', '2026-01-01T24:00:00Z'],
    ['second 61', '2026-12-31T23:59:61Z'],
    ['a space for T', '2026-11-22 10:15:00Z'],
    ['an empty fraction', '2026-11-22T10:15:00.Z'],
    ['a comma', '2026-11-22T10:15:00,5Z'],
    ['offset without colon', '2026-11-22T10:15:00+0100'],
    ['offset of 24 hours', '2026-11-22T10:15:00+24:00'],
    ['text behind', '2026-11-22T10:15:00Z[UTC]'],
    ['a white space', ' 2026-11-22T10:15:00Z'],
    ['digits of another script', '２026-11-22T10:15:00Z'],
    ['a sign in a number', '2026-+1-22T10:15:00Z'],
    ['before the year 0', '0000-01-01T00:00:00+00:01'],
    ['beyond the year 9999', '9999-12-31T23:59:59-00:01'],
    ['a date alone', '2026-11-22'],
    ['nothing', ''],
    ['too long', `2026-11-22T10:15:00.${'1'.repeat(64)}Z`],
  ])('refuses %s', (_, text) => {
    expect(parseRfc3339(text)).toBeNull()
  })
})

describe('formatRfc3339', () => {
  test('writes milliseconds and Z, microseconds where there are some', () => {
    expect(formatRfc3339(0)).toBe('1970-01-01T00:00:00.000Z')
    expect(formatRfc3339(1234.5)).toBe('1970-01-01T00:00:01.234500Z')
    expect(formatRfc3339(1234.001)).toBe('1970-01-01T00:00:01.234001Z')
    expect(formatRfc3339(-0.5)).toBe('1969-12-31T23:59:59.999500Z')
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e15])('throws for %d', (instant) => {
    expect(() => formatRfc3339(instant)).toThrow(RangeError)
  })
})

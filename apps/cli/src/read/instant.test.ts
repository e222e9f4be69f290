import { expect, test } from 'vitest'
import { InputError } from './finding.ts'
import { instantAt } from './instant.ts'

test.each([
  ['2017-11-11T10:00:00Z', Date.UTC(2017, 10, 11, 10)],
  ['2017-11-11T12:00:00+02:00', Date.UTC(2017, 10, 11, 10)],
  ['2015-02-15T00:00:00+02:00', Date.UTC(2015, 1, 14, 22)],
  ['2024-02-29t23:59:59.123456z', Date.UTC(2024, 1, 29, 23, 59, 59, 123)],
])('%s is read', (text, ms) => {
  expect(instantAt(text, '')).toBe(ms)
})

test.each([
  ['2017-11-11T12:00:00', 'no-zone'],
  ['12:00 p.m.', 'wrong-type'],
  ['2023-02-29T00:00:00Z', 'out-of-range'],
  ['2023-13-01T00:00:00Z', 'out-of-range'],
  ['2023-01-01T24:00:00Z', 'out-of-range'],
  ['2023-01-01T00:00:00+25:00', 'out-of-range'],
  ['0001-01-01T00:00:00Z', 'out-of-range'],
  [1_510_394_400_000, 'wrong-type'],
  [undefined, 'missing-field'],
])('%s is refused as %s', (value, code) => {
  expect(() => instantAt(value, '/time')).toThrow(
    expect.objectContaining({ code, facts: expect.objectContaining({ position: '/time' }) }),
  )
})

test('an offset is refused where F3548 wants Z', () => {
  expect(() => instantAt('2017-11-11T12:00:00+02:00', '/t', { zulu: true })).toThrow(InputError)
})

import { expect, test } from 'vitest'
import { parseUssAvailability } from './availability.ts'
import { fromDateTime, fromTime, toTime } from './common.ts'

test('an instant survives its wire form', () => {
  expect(toTime(1_700_000_000_123)).toEqual({ value: '2023-11-14T22:13:20.123Z', format: 'RFC3339' })
  expect(fromTime(toTime(1_700_000_000_123))).toBe(1_700_000_000_123)
  expect(fromDateTime('2023-11-14T23:13:20.123+01:00')).toBe(1_700_000_000_123)
})

test('what is no date-time throws', () => {
  expect(() => fromDateTime('yesterday')).toThrow(RangeError)
})

test.each([
  ['normal', 'Normal'],
  ['DOWN', 'Down'],
  ['Unknown', 'Unknown'],
  ['purple', null],
] as const)('availability %s', (text, state) => {
  expect(parseUssAvailability(text)).toBe(state)
})

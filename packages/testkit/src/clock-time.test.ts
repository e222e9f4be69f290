import { expect, test } from 'vitest'
import { clockMs } from './clock-time.ts'

test('clock times are read with their zone or not at all', () => {
  expect(clockMs('09:00Z')).toBe(32_400_000)
  expect(clockMs('09:00:30Z')).toBe(32_430_000)
  expect(clockMs('24:00Z')).toBe(86_400_000)
  expect(['09:00', '9:00Z', '24:01Z', '23:60Z', '09:00:60Z', '09:00+01:00', ''].map(clockMs)).toEqual(
    Array(7).fill(null),
  )
})

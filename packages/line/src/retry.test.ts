import { expect, test } from 'vitest'
import { backlogAlarm, catchUpRequests, retryDelayMs } from './retry.ts'

test('retries after 1, 2, 4 … 30 s and stays there', () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => retryDelayMs(failures, { chance: 0 }))
  expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

test('chance adds at most a quarter, and never takes', () => {
  expect(retryDelayMs(1, { chance: 0.999999 })).toBeLessThanOrEqual(1250)
  expect(retryDelayMs(6, { chance: 0.5 })).toBe(33_750)
})

test('waits as long as the peer asks for, not less than the schedule', () => {
  expect(retryDelayMs(1, { chance: 0, retryAfterS: 12 })).toBe(12_000)
  expect(retryDelayMs(6, { chance: 0, retryAfterS: 12 })).toBe(30_000)
})

test('a backlog of more than 1000 acts or 64 MiB is an alarm', () => {
  const limits = { acts: 1000, bytes: 67_108_864 }
  expect(backlogAlarm({ acts: 1000, bytes: 67_108_864 }, limits)).toBeNull()
  expect(backlogAlarm({ acts: 1001, bytes: 0 }, limits)).toBe('acts')
  expect(backlogAlarm({ acts: 1, bytes: 67_108_865 }, limits)).toBe('bytes')
})

test('an hour of 10,000 acts comes in with one head and two uploads', () => {
  expect(catchUpRequests(0)).toBe(0)
  expect(catchUpRequests(8192)).toBe(2)
  expect(catchUpRequests(10_000)).toBe(3)
})

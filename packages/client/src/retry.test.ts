import { expect, test } from 'vitest'
import { DEFAULT_RETRY, mayPass, pause, retryAfterMs, retryDelayMs } from './retry.ts'

test('waits double up to the limit, less up to half at random', () => {
  const policy = { attempts: 9, firstDelayMs: 100, maxDelayMs: 500 }
  expect([1, 2, 3, 4, 5].map((attempt) => retryDelayMs(policy, attempt, 0))).toEqual([100, 200, 400, 500, 500])
  expect(retryDelayMs(policy, 2, 0.5)).toBe(150)
  expect(DEFAULT_RETRY.attempts).toBeGreaterThan(1)
})

test('only statuses that may pass by themselves are repeated', () => {
  expect([200, 201, 400, 401, 403, 404, 409, 413, 500, 501].filter(mayPass)).toEqual([])
  expect([408, 429, 502, 503, 504].every(mayPass)).toBe(true)
})

test('Retry-After is read in seconds only', () => {
  expect(retryAfterMs('3')).toBe(3000)
  expect(retryAfterMs(null)).toBe(0)
  expect(retryAfterMs('Wed, 21 Oct 2026 07:28:00 GMT')).toBe(0)
})

test('a pause ends with the reason of the signal', async () => {
  const stop = new AbortController()
  const pausing = pause(60_000, stop.signal)
  stop.abort(new Error('enough'))
  await expect(pausing).rejects.toThrow('enough')
  await expect(pause(0, stop.signal)).rejects.toThrow('enough')
})

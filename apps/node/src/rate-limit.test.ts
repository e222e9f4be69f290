import { epochMs } from '@parley/units'
import { describe, expect, test } from 'vitest'
import { RateLimiter } from './rate-limit.ts'

const taken = (limiter: RateLimiter, client: string, nowMs: number): boolean => {
  try {
    limiter.take(client, epochMs(nowMs))
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'RATE_LIMITED' })
    return false
  }
}
const count = (limiter: RateLimiter, tries: number, nowMs: number): number =>
  Array.from({ length: tries }, () => taken(limiter, 'uss1', nowMs)).filter(Boolean).length

describe('the limit of requests', () => {
  test('lets a second’s worth through at once and then as time goes', () => {
    const limiter = new RateLimiter(10)
    expect(count(limiter, 50, 0)).toBe(10)
    expect(count(limiter, 50, 500)).toBe(5)
    expect(count(limiter, 50, 60_000)).toBe(10)
  })

  test('counts each client by itself', () => {
    const limiter = new RateLimiter(1)
    expect([taken(limiter, 'a', 0), taken(limiter, 'a', 0), taken(limiter, 'b', 0)]).toEqual([true, false, true])
  })

  test('is not fooled by a clock that goes back', () => {
    const limiter = new RateLimiter(10)
    expect(count(limiter, 10, 100_000)).toBe(10)
    expect(count(limiter, 10, 0)).toBe(0)
    expect(count(limiter, 20, 1000)).toBe(10)
  })

  test('is none at 0, and forgets nobody’s limit by remembering too many', () => {
    const none = new RateLimiter(0)
    expect(count(none, 100, 0)).toBe(100)
    const limiter = new RateLimiter(1)
    for (let n = 0; n < 25_000; n += 1) expect(taken(limiter, `client${n}`, 0)).toBe(true)
  })
})

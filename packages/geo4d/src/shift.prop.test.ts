import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { smallestShift } from './shift.ts'

const interval = fc
  .tuple(fc.integer({ min: -400, max: 400 }), fc.integer({ min: 0, max: 120 }))
  .map(([lo, length]) => [lo, lo + length] as const)

describe('smallestShift', () => {
  it('is what trying every multiple in turn finds', () => {
    fc.assert(
      fc.property(
        fc.array(interval, { maxLength: 12 }),
        fc.constantFrom<1 | -1>(1, -1),
        fc.integer({ min: 0, max: 600 }),
        fc.constantFrom(1, 7, 0.5, 0.01),
        (intervals, direction, limit, step) => {
          let expected: number | null = null
          const multiples = step === 0.01 ? (k: number) => k / 100 : (k: number) => k * step
          for (let k = 1; multiples(k) <= limit; k++) {
            const shift = direction * multiples(k)
            if (intervals.some(([lo, hi]) => lo <= shift && shift <= hi)) continue
            expected = multiples(k)
            break
          }
          expect(smallestShift(Float64Array.from(intervals.flat()), { direction, limit, step })).toBe(expected)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('asks of nothing more than once, and never of what it need not know', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(interval, fc.boolean()), { maxLength: 40 }),
        fc.constantFrom<1 | -1>(1, -1),
        fc.integer({ min: 0, max: 600 }),
        (intervals, direction, limit) => {
          const true_ = intervals.filter(([, holds]) => holds).flatMap(([[lo, hi]]) => [lo, hi])
          const search = { direction, limit, step: 1 }
          const expected = smallestShift(Float64Array.from(true_), search)
          const asked: number[] = []
          const forbids = (at: number) => {
            asked.push(at)
            return intervals[at]![1]
          }
          const found = smallestShift(Float64Array.from(intervals.flatMap(([ends]) => ends)), { ...search, forbids })
          expect(found).toBe(expected)
          expect(new Set(asked).size).toBe(asked.length)
          for (const at of asked) {
            const [lo, hi] = intervals[at]![0]
            const [from, to] = direction === 1 ? [lo, hi] : [-hi, -lo]
            expect(to).toBeGreaterThanOrEqual(1)
            expect(from).toBeLessThanOrEqual(expected ?? limit)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('finds the way out of a long crowd in any order', () => {
    // Each overlaps the next by one: a stair of 2,000 steps up to 20,000, then a gap, then more.
    const stair = Array.from({ length: 2000 }, (_, n) => [10 * n, 10 * n + 10] as const)
    const beyond = Array.from({ length: 200 }, (_, n) => [20_002 + n, 20_300] as const)
    const all = [...stair, ...beyond]
    // A stride prime to the number of intervals: neighbours in time are far apart in the list, both ways.
    const strewn = all.map((_, n) => all[(n * 1237) % all.length]!)
    for (const order of [all, all.toReversed(), strewn]) {
      const up = Float64Array.from(order.flat())
      expect(smallestShift(up, { direction: 1, limit: 30_000, step: 1 })).toBe(20_001)
      expect(smallestShift(up, { direction: 1, limit: 20_000, step: 1 })).toBeNull()
      const down = Float64Array.from(order.flatMap(([lo, hi]) => [-hi, -lo]))
      expect(smallestShift(down, { direction: -1, limit: 30_000, step: 1 })).toBe(20_001)
    }
  })

  it('gives up on endless intervals and keeps decimals clean', () => {
    const search = { direction: 1, limit: Infinity, step: 0.01 } as const
    expect(smallestShift(Float64Array.of(-1, Infinity), search)).toBeNull()
    expect(smallestShift(Float64Array.of(-Infinity, 0.0605), search)).toBe(0.07)
    expect(smallestShift(new Float64Array(0), { ...search, limit: Number.NaN })).toBeNull()
  })
})

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

  it('gives up on endless intervals and keeps decimals clean', () => {
    const search = { direction: 1, limit: Infinity, step: 0.01 } as const
    expect(smallestShift(Float64Array.of(-1, Infinity), search)).toBeNull()
    expect(smallestShift(Float64Array.of(-Infinity, 0.0605), search)).toBe(0.07)
    expect(smallestShift(new Float64Array(0), { ...search, limit: Number.NaN })).toBeNull()
  })
})

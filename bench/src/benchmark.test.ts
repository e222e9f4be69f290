import { describe, expect, it } from 'vitest'
import { type Measurement, ratioOf, verdictOf } from './benchmark.ts'
import { table } from './report.ts'
import { quantile } from './statistics.ts'

const measurement: Measurement = { id: 'S1', what: 'query', unit: 'us', value: 8, goal: { kind: 'at-most', value: 10 } }

describe('a measurement', () => {
  it('is met or missed by its goal, and wrong whatever its goal when an answer differs', () => {
    expect(verdictOf(measurement)).toBe('met')
    expect(verdictOf({ ...measurement, value: 11 })).toBe('missed')
    expect(verdictOf({ ...measurement, goal: { kind: 'at-least', value: 10 } })).toBe('missed')
    expect(verdictOf({ ...measurement, right: false })).toBe('wrong')
    expect(verdictOf({ ...measurement, value: null })).toBe('skipped')
    expect(verdictOf({ id: 'S1', what: 'query', unit: 'us', value: 8 })).toBe('shown')
  })

  it('is as many times better than its peer, whichever way better is', () => {
    expect(ratioOf({ ...measurement, peer: { name: 'p', value: 80, better: 'less' } })).toBe(10)
    expect(ratioOf({ ...measurement, peer: { name: 'p', value: 4, better: 'more' } })).toBe(2)
    expect(ratioOf(measurement)).toBeNull()
  })

  it('stands in the table with goal and verdict', () => {
    const lines = table([measurement]).split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[2]).toMatch(/^S1 .*<= 10 us .*8 us .*met$/)
  })
})

it('takes quantiles of unsorted samples', () => {
  expect(quantile(Float64Array.of(5, 1, 4, 2, 3), 0.5)).toBe(3)
  expect(quantile(Float64Array.of(5, 1, 4, 2, 3), 0.99)).toBe(5)
})

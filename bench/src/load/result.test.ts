import { expect, test } from 'vitest'
import { percentiles } from './result.ts'

test('percentiles leave out what was not measured', () => {
  const samples = Float64Array.from({ length: 1100 }, (_, index) => (index < 100 ? -1 : index - 99))
  expect(percentiles(samples)).toEqual({ p50: 501, p90: 901, p99: 991, p999: 1000, max: 1000 })
  expect(percentiles(new Float64Array(0)).p50).toBeNaN()
})

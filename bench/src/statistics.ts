/** The value at a share of the sorted sample, 0..1. */
export function quantile(sample: Float64Array, share: number): number {
  const sorted = sample.slice().sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

export function median(sample: readonly number[]): number {
  return quantile(Float64Array.from(sample), 0.5)
}

export function mean(sample: Float64Array): number {
  return sample.reduce((sum, value) => sum + value, 0) / sample.length
}

/** Microseconds that `work` takes. */
export function microseconds(work: () => void): number {
  const began = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - began) / 1000
}

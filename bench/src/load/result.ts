/** What a stretch of load measured. */
export interface LoadResult {
  /** Requests sent, warm-up included; each was answered. */
  readonly sent: number
  /** Answers by HTTP status, warm-up included. */
  readonly statuses: ReadonlyMap<number, number>
  /** Answers that arrived while measuring, and for how long that was. */
  readonly measured: number
  readonly seconds: number
  readonly perSecond: number
  readonly latencyMs: Percentiles
  /** Processor time of this process for one request, while measuring. */
  readonly generatorCpuUs: number
}

export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Percentiles of the samples that are not negative (negative: not measured). */
export function percentiles(samples: Float64Array): Percentiles {
  const sorted = samples.filter((sample) => sample >= 0).sort()
  const at = (share: number): number =>
    sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) }
}

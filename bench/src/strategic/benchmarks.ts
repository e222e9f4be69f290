import type { Benchmark } from '../benchmark.ts'
import { overReport, subscriptions } from './discovery.ts'
import { covering, pairs4, pairs100, precision } from './geometry.ts'
import { change, crowdGrowth, densityGrowth, exactQuery, memory, workloadCheck } from './query.ts'
import { refusal } from './refusal.ts'

/** S0 to S14 of the performance goals, and S14, which has none; S1 measures S2 and S3 as well. */
export const benchmarks: readonly Benchmark[] = [
  workloadCheck,
  exactQuery,
  change,
  memory,
  covering,
  pairs4,
  pairs100,
  precision,
  overReport,
  subscriptions,
  refusal,
  crowdGrowth,
  densityGrowth,
]

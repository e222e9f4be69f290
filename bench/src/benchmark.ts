import type { Target } from './load/target.ts'

/** What a measured value must be. */
export interface Goal {
  readonly kind: 'at-most' | 'at-least'
  readonly value: number
}

/** One line of the report. */
export interface Measurement {
  readonly id: string
  readonly what: string
  readonly unit: string
  /** Null when it could not be measured here; `note` says why. */
  readonly value: number | null
  readonly goal?: Goal
  /** What stands beside ours, in the same unit, and whether less or more of it is better. */
  readonly peer?: { readonly name: string; readonly value: number; readonly better: 'less' | 'more' }
  /** Set when an answer was compared with another way of getting it; false makes the whole run fail. */
  readonly right?: boolean
  readonly note?: string
}

export interface BenchmarkContext {
  /** Number of plans stored; the goals are for a million. */
  readonly plans: number
  readonly runs: number
  /** A folder for files that may be deleted afterwards. */
  readonly workDir: string
  /** Another service of the same interface, empty, to write to beside ours. */
  readonly peer: Target | null
  /** One line on standard error. */
  progress(text: string): void
}

/** A benchmark by its number in the performance goals, such as S1. */
export interface Benchmark {
  readonly id: string
  readonly title: string
  run(context: BenchmarkContext): Promise<readonly Measurement[]> | readonly Measurement[]
}

/** Met, missed, wrong (an answer differs), shown (no goal), skipped (not measured). */
export type Verdict = 'met' | 'missed' | 'wrong' | 'shown' | 'skipped'

export function verdictOf(measurement: Measurement): Verdict {
  if (measurement.right === false) return 'wrong'
  if (measurement.value === null) return 'skipped'
  const { goal } = measurement
  if (goal === undefined) return 'shown'
  const met = goal.kind === 'at-most' ? measurement.value <= goal.value : measurement.value >= goal.value
  return met ? 'met' : 'missed'
}

/** How many times better ours is than the peer's. */
export function ratioOf({ value, peer }: Measurement): number | null {
  if (value === null || peer === undefined) return null
  return peer.better === 'less' ? peer.value / value : value / peer.value
}

import type { Benchmark } from './benchmark.ts'
import { benchmarks as line } from './line/benchmarks.ts'
import { benchmarks as record } from './record/benchmarks.ts'
import { benchmarks as strategic } from './strategic/benchmarks.ts'
import { benchmarks as writePath } from './write-path/benchmarks.ts'

export interface BenchmarkGroup {
  readonly name: string
  readonly benchmarks: readonly Benchmark[]
}

/** Every group is a file that exports `benchmarks`; a new one is added here and nowhere else. */
export const groups: readonly BenchmarkGroup[] = [
  { name: 'strategic', benchmarks: strategic },
  { name: 'write-path', benchmarks: writePath },
  { name: 'record', benchmarks: record },
  { name: 'line', benchmarks: line },
]

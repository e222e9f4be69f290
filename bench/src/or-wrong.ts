import type { Benchmark, BenchmarkContext, Measurement } from './benchmark.ts'
import { WrongAnswer } from './load/check.ts'

/** A benchmark as its room writes it: throws `WrongAnswer` when an answer is wrong. */
export interface Measured {
  readonly id: string
  readonly title: string
  readonly run: (context: BenchmarkContext) => Promise<Measurement[]>
}

/** A wrong answer ends its own benchmark and fails the run, but keeps no other from being measured. */
export const orWrong = ({ id, title, run }: Measured): Benchmark => ({
  id,
  title,
  run: async (context) => {
    try {
      return await run(context)
    } catch (error) {
      if (error instanceof WrongAnswer) return [{ id, what: error.message, unit: '', value: null, right: false }]
      throw error
    }
  },
})

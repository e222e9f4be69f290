import type { Benchmark } from '../benchmark.ts'
import { orWrong } from '../or-wrong.ts'
import { durableActs } from './durable.ts'
import { poolWithLog } from './pool.ts'
import { proofCost } from './proofs.ts'
import { coldStart } from './start.ts'
import { wholeLog } from './verification.ts'

/** The record: R1 measures R4 as well, R5 measures R6. */
export const benchmarks: readonly Benchmark[] = [
  { id: 'R1', title: 'durable signed acts, log on and off; bytes at rest (R4)', run: durableActs },
  { id: 'R2', title: 'whole log verified, with signatures', run: wholeLog },
  { id: 'R3', title: 'inclusion proofs at 10^8 leaves', run: proofCost },
  { id: 'R5', title: 'cold start of a log, and its memory (R6)', run: coldStart },
  { id: 'R7', title: 'deliveries written to a pool that is a log, and to one that is not', run: poolWithLog },
].map(orWrong)

import type { Benchmark } from '../benchmark.ts'
import { orWrong } from '../or-wrong.ts'
import { catchUp } from './catch-up.ts'
import { idle } from './idle.ts'
import { receiptAlone } from './receipt-alone.ts'
import { receiptedRate } from './receipted-rate.ts'
import { stateShown } from './state-shown.ts'

/** The line between nodes in processes of their own. */
export const benchmarks: readonly Benchmark[] = [
  { id: 'LINE1', title: 'an act to its durable receipt, alone', run: receiptAlone },
  { id: 'LINE2', title: 'receipted acts with many writers', run: receiptedRate },
  { id: 'LINE3', title: 'catching up after an outage', run: catchUp },
  { id: 'LINE4', title: 'three nodes idle: memory and processor', run: idle },
  { id: 'LINE5', title: 'a change of state shown on the other side', run: stateShown },
].map(orWrong)

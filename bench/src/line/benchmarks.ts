import type { Benchmark, Measurement } from '../benchmark.ts'
import { WrongAnswer } from '../load/check.ts'
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
].map(({ id, title, run }) => ({ id, title, run: (context) => orWrong(id, () => run(context)) }))

/** A wrong answer ends its own benchmark and fails the run, but keeps no other from being measured. */
async function orWrong(id: string, run: () => Promise<Measurement[]>): Promise<readonly Measurement[]> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof WrongAnswer) return [{ id, what: error.message, unit: '', value: null, right: false }]
    throw error
  }
}

import { proveInclusion, tileReader } from '@parley/record'
import { openJournal } from './journals.ts'

const PROOFS = 1000

/** A process that opens a log, tells its head, makes proofs over all of it and tells its memory: two lines of JSON. */
const journal = await openJournal(process.argv[2]!, { log: true })
const { size } = journal.log!.checkpoint()!
process.stdout.write(`${JSON.stringify({ size, standing: journal.log!.standing().kind })}\n`)
const reader = tileReader(journal.log!)
let peakBytes = 0
for (let at = 0; at < PROOFS; at++) {
  await proveInclusion(reader, { index: Math.floor((at * size) / PROOFS), size })
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
}
process.stdout.write(`${JSON.stringify({ peakBytes })}\n`)
await journal.close()

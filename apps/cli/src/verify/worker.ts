import { parentPort } from 'node:worker_threads'
import { checkEntries } from '@parley/record'
import { checkHeads } from './check-heads.ts'
import type { CrewAnswer, CrewRequest } from './crew.ts'

/** A thread of a verification: answers each request with the result of its check. */
const port = parentPort
port?.on('message', ({ id, work }: CrewRequest) => {
  let answer: CrewAnswer
  try {
    answer = { id, result: work.kind === 'entries' ? checkEntries(work.job) : checkHeads(work.job) }
  } catch (error) {
    answer = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  port.postMessage(answer, [])
})

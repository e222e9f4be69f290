import { type Continuation, isAct, isRecordError, readContinuation } from '@parley/record'

/** What an entry says of the log before, when it is one that begins a log so; null for any other. */
export function continuationOf(entry: Uint8Array): Continuation | null {
  if (!isAct(entry)) return null
  try {
    return readContinuation(entry)
  } catch (error) {
    if (isRecordError(error)) return null
    throw error
  }
}

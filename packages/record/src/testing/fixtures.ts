import { isRecordError, type RecordErrorCode } from '../errors.ts'

/** Code of the refusal `act` ends in, `accepted` when it does not; other errors go on. */
export function verdict(act: () => unknown): RecordErrorCode | 'accepted' {
  try {
    act()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'accepted'
}

/** The same for what answers later. */
export async function verdictOf(answer: Promise<unknown>): Promise<RecordErrorCode | 'accepted'> {
  try {
    await answer
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'accepted'
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

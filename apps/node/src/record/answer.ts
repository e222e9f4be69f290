import { ApiError, type ErrorCode } from '@parley/contracts'

/** An answer of the witness or mirror protocol: the status it asks for, and the body it asks for or ours where it asks for none. */
export interface ProtocolAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
  readonly retryAfterS?: number
}

export interface RefusalOptions {
  readonly message?: string
  readonly retryAfterS?: number
}

/** A refusal in the shape that all errors of the node have, for statuses whose body the protocol leaves open. */
export function refusal(code: ErrorCode, { message, retryAfterS }: RefusalOptions = {}): ProtocolAnswer {
  const error = new ApiError(code, message === undefined ? {} : { message })
  return {
    status: error.status(),
    contentType: 'application/json; charset=utf-8',
    body: JSON.stringify(error.body()),
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  }
}

/** The disk took nothing: nothing is signed either. */
export const storeRefusal = (): ProtocolAnswer => refusal('STORE_UNAVAILABLE', { retryAfterS: 30 })

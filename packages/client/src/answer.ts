import type { AirspaceConflictResponse, ErrorResponse } from '@parley/contracts'

/** The one error shape. `code` is one of contracts' codes, or `unknown` when the server gave none. */
export type ErrorBody = Omit<ErrorResponse, 'code'> & { readonly code: string }

/** The body of a 409: what the key lacks and, from a Parley node, why it blocks (`blocking`) and what clears it. */
export type ConflictBody = Omit<AirspaceConflictResponse, 'code'> & { readonly code: string }

/**
 * Why a call has no answer:
 * - `stopped`: the caller's signal was aborted;
 * - `deadline`: the call's deadline passed;
 * - `unreachable`: the connection failed or broke before the answer was complete;
 * - `server`: the server answered 5xx;
 * - `unreadable`: the answer was not what the contract says;
 * - `token`: no access token could be had.
 */
export type FailureReason = 'stopped' | 'deadline' | 'unreachable' | 'server' | 'unreadable' | 'token'

/** The request was done; `value` is what the contract says for this method (undefined for an empty answer). */
export interface Accepted<T> {
  readonly kind: 'accepted'
  readonly status: number
  readonly value: T
}

/** 409: something in the airspace or an outdated OVN stands against it. The lists are absent when it was the OVN. */
export interface Conflict {
  readonly kind: 'conflict'
  readonly status: 409
  readonly error: ConflictBody
}

/** Any other 4xx: this request will not be granted as it stands. */
export interface Refused {
  readonly kind: 'refused'
  readonly status: number
  readonly error: ErrorBody
}

/**
 * No usable answer. `sent` is false when the request certainly never left; when it is true, a write may or may not
 * have happened: repeat the very same request, or read the entity.
 */
export interface Failed {
  readonly kind: 'failed'
  readonly reason: FailureReason
  readonly message: string
  readonly sent: boolean
  readonly status?: number
}

/** What a call came to. Nothing is thrown for a refusal or a broken connection. */
export type Answer<T> = Accepted<T> | Conflict | Refused | Failed

/** One line for people: what an answer that is not `accepted` says. */
export function explainAnswer(answer: Conflict | Refused | Failed): string {
  return answer.kind === 'failed' ? `${answer.reason}: ${answer.message}` : `${answer.status}: ${answer.error.message}`
}

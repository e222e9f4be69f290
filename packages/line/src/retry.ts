/** Seconds before each try of a push to a peer that cannot be reached, the last one from then on (record.md 3.9). */
export const RETRY_S: readonly number[] = [1, 2, 4, 8, 16, 30]

/** Most of the wait that chance may add, so that many nodes do not come back at one moment. */
export const RETRY_JITTER = 0.25

/**
 * Milliseconds to wait before the try after `failures` failed ones, from 1 on; `chance` is drawn from [0, 1). What the peer
 * asked for (Retry-After, seconds) is waited for in full, and never less than the schedule says.
 */
export function retryDelayMs(
  failures: number,
  { chance, retryAfterS = 0 }: { readonly chance: number; readonly retryAfterS?: number },
): number {
  const last = RETRY_S.length - 1
  const scheduledS = RETRY_S[Math.min(Math.max(failures, 1) - 1, last)] as number
  return Math.round(Math.max(scheduledS, retryAfterS) * 1000 * (1 + RETRY_JITTER * chance))
}

/** Acts of our log that a peer's mirror has not receipted. */
export interface Backlog {
  readonly acts: number
  readonly bytes: number
}

/** Which limit of the charter the backlog passes, null when none. */
export function backlogAlarm(backlog: Backlog, limits: Backlog): 'acts' | 'bytes' | null {
  if (backlog.acts > limits.acts) return 'acts'
  return backlog.bytes > limits.bytes ? 'bytes' : null
}

/** Entries one add-entries request may carry (c2sp.org/tlog-mirror: 32 packages of 256). */
export const ENTRIES_PER_UPLOAD = 8192

/** Requests that catching up takes on return: one add-checkpoint, and add-entries for every 8192 acts (record.md 3.9). */
export const catchUpRequests = (acts: number): number => (acts === 0 ? 0 : 1 + Math.ceil(acts / ENTRIES_PER_UPLOAD))

/**
 * When and how often a call is repeated. A repeat is always the very same request, so a write whose answer was lost is
 * safe to repeat: a Parley node answers it with the result of the first. Only failures that may pass are repeated:
 * a broken connection, an attempt without answer, no token, 408, 429, 502, 503 and 504. Methods that create something new each time
 * (a report) are never repeated.
 *
 * One repeat is ambiguous by nature: a creation repeated after somebody else has deleted what it made creates anew.
 */
export interface RetryPolicy {
  /** Attempts in all, 1 or more; 1 means no repeat. */
  readonly attempts: number
  /** Wait before the second attempt; it doubles from there, with up to half of it taken off at random. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 4, firstDelayMs: 100, maxDelayMs: 2_000 }

export const NO_RETRY: RetryPolicy = { attempts: 1, firstDelayMs: 0, maxDelayMs: 0 }

/** The wait after `attempt` (1 is the first) has failed; `random` is in [0, 1). */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const full = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1))
  return full * (1 - random / 2)
}

const PASSING = new Set([408, 429, 502, 503, 504])

/** Whether a status may go away by itself. */
export function mayPass(status: number): boolean {
  return PASSING.has(status)
}

/** Milliseconds that a `Retry-After` header in seconds asks for; 0 when absent or not a number of seconds. */
export function retryAfterMs(header: string | null): number {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : 0
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it is aborted. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error)
      return
    }
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, delayMs)
    signal.addEventListener('abort', stop, { once: true })
  })
}

import { FaultError } from '@parley/units'
import { readBody } from './read-body.ts'
import { DEFAULT_RETRY, mayPass, pause, type RetryPolicy, retryAfterMs, retryDelayMs } from './retry.ts'
import type { TokenSource } from './token-source.ts'

/** Why a file of a log could not be had. `details.status` is the HTTP status where there was one. */
export class LogFetchError extends FaultError {
  readonly code: 'log-unreachable' | 'log-not-allowed' | 'log-refused' | 'log-too-large'

  constructor(
    code: LogFetchError['code'],
    message: string,
    details: { readonly url: string; readonly status?: number },
    options?: ErrorOptions,
  ) {
    super(message, { ...details }, options)
    this.code = code
  }
}

export interface LogFetcherOptions {
  /** The log's prefix, for example `http://localhost:8080/log`; a slash at its end makes no difference. */
  readonly baseUrl: string
  /** For logs that only members may read. */
  readonly token?: TokenSource
  /** Scopes to ask for; the first a member always has by default. */
  readonly scopes?: readonly string[]
  readonly retry?: RetryPolicy
  /** Limit of one attempt, 30 s unless told. */
  readonly attemptMs?: number
  readonly signal?: AbortSignal
  readonly fetch?: typeof fetch
}

const ATTEMPT_MS = 30_000
const PERSISTENT: RetryPolicy = { ...DEFAULT_RETRY, attempts: 6, maxDelayMs: 5_000 }
/** 256 entries of 65,535 bytes with their lengths: nothing a log serves is longer, blobs of up to 64 MiB apart. */
const MOST_BYTES = 64 << 20

/**
 * Fetches files of a log by their path under its prefix (`checkpoint`, `tile/0/000`, …). The function gives null where
 * the server says that there is no such file, and rejects with a {@link LogFetchError} where it cannot be known: a file
 * must never look absent because the network was.
 *
 * @example
 * const fetchFile = logFetcher({ baseUrl: 'http://localhost:8080/log' })
 * const checkpoint = await fetchFile('checkpoint')
 */
export function logFetcher(options: LogFetcherOptions): (path: string) => Promise<Uint8Array | null> {
  const { token, scopes = ['utm.strategic_coordination'], retry = PERSISTENT, attemptMs = ATTEMPT_MS } = options
  const doFetch = options.fetch ?? fetch
  const base = options.baseUrl.replace(/\/+$/, '')
  const never = new AbortController().signal
  const stop = options.signal ?? never

  const once = async (url: string, fresh: boolean): Promise<Fetched> => {
    const headers: Record<string, string> = {}
    if (token !== undefined) headers['authorization'] = `Bearer ${await token(scopes, { signal: stop, fresh })}`
    const signal = AbortSignal.any([stop, AbortSignal.timeout(attemptMs)])
    const response = await doFetch(url, { headers, redirect: 'error', signal })
    if (response.ok) return { kind: 'bytes', bytes: await bodyOf(response, url) }
    const text = (await response.text()).slice(0, 300)
    return { kind: 'status', status: response.status, text, waitMs: retryAfterMs(response.headers.get('retry-after')) }
  }

  return async (path) => {
    const url = `${base}/${path}`
    for (let attempt = 1, renewed = false; ; attempt++) {
      let waitMs = 0
      try {
        const answer = await once(url, renewed)
        if (answer.kind === 'bytes') return answer.bytes
        if (answer.status === 404) return null
        if (answer.status === 401 && token !== undefined && !renewed) {
          renewed = true
          continue
        }
        waitMs = answer.waitMs
        if (!mayPass(answer.status) || attempt >= retry.attempts) throw refused(url, answer)
      } catch (cause) {
        stop.throwIfAborted()
        if (cause instanceof FaultError) throw cause
        if (attempt >= retry.attempts)
          throw new LogFetchError('log-unreachable', `${url} cannot be reached: ${reasonOf(cause)}`, { url }, { cause })
      }
      await pause(Math.max(waitMs, retryDelayMs(retry, attempt, Math.random())), stop)
    }
  }
}

type Fetched =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'status'; readonly status: number; readonly text: string; readonly waitMs: number }

function bodyOf(response: Response, url: string): Promise<Uint8Array> {
  const tooLarge = (): LogFetchError =>
    new LogFetchError('log-too-large', `${url} gives more than ${MOST_BYTES} bytes, which no file of a log has`, {
      url,
    })
  return readBody(response, { most: MOST_BYTES, tooLong: tooLarge })
}

function refused(url: string, { status, text }: Extract<Fetched, { kind: 'status' }>): LogFetchError {
  const details = { url, status }
  if (status === 401 || status === 403)
    return new LogFetchError('log-not-allowed', `${url} may be read by members only (HTTP ${status})`, details)
  return new LogFetchError('log-refused', `${url} answers HTTP ${status}${text === '' ? '' : `: ${text}`}`, details)
}

function reasonOf(cause: unknown): string {
  const { message, cause: deeper } = cause as Error
  const inner = (deeper as { code?: unknown } | undefined)?.code
  return typeof inner === 'string' ? inner : message
}

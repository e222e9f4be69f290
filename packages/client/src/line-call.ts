import type { LineReason } from '@parley/contracts'
import { LineRefusedError, LineUnreachableError } from './line-errors.ts'
import { readBody } from './read-body.ts'
import { mayPass, pause, type RetryPolicy, retryAfterMs, retryDelayMs } from './retry.ts'

/** How to reach the node's own line API. */
export interface LineConnection {
  /** Origin and path prefix of the node without a trailing slash. */
  readonly baseUrl: string
  /** Content of `keys/desk.token`; null: the node is on this machine. */
  readonly token: string | null
  readonly fetch: typeof fetch
  readonly retry: RetryPolicy
  readonly attemptMs: number
}

export interface LineCallOptions {
  /** Rejects with its reason as soon as it is aborted. */
  readonly signal?: AbortSignal
}

export interface LineRequest {
  readonly method: 'GET' | 'PUT' | 'POST'
  /** Below `/line/v1`. */
  readonly path: string
  readonly body?: {
    readonly type: 'application/json' | 'text/plain' | 'application/octet-stream'
    readonly content: string | Uint8Array
  }
  readonly accept?: string
  /** Statuses beyond 2xx whose answer is wanted as it is. */
  readonly wanted?: readonly number[]
}

export interface LineAnswer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** Nothing that is answered as a whole is longer. */
const MOST_BYTES = 64 << 20
const LONGEST_EXCERPT = 300

/**
 * Sends a request, again where its failure may pass, and gives the whole answer. Every call of the line may be repeated: the node
 * recognises what it has done already.
 *
 * @throws {LineRefusedError} for 4xx
 * @throws {LineUnreachableError} when there is no usable answer
 */
export async function callLine(
  connection: LineConnection,
  request: LineRequest,
  { signal }: LineCallOptions = {},
): Promise<LineAnswer> {
  const stop = signal ?? new AbortController().signal
  const { retry } = connection
  for (let attempt = 1; ; attempt++) {
    let waitMs: number
    try {
      const response = await sendLine(
        connection,
        request,
        AbortSignal.any([stop, AbortSignal.timeout(connection.attemptMs)]),
      )
      const { path } = request
      const tooLong = (): LineUnreachableError =>
        new LineUnreachableError('line-unreadable', `${path} gives more than ${MOST_BYTES} bytes`, { url: path })
      const bytes = await readBody(response, { most: MOST_BYTES, tooLong })
      if (response.ok || request.wanted?.includes(response.status) === true)
        return { status: response.status, headers: response.headers, bytes }
      const error = errorOf({ status: response.status, bytes, url: urlOf(connection, request) })
      if (!mayPass(response.status) || attempt >= retry.attempts) throw error
      waitMs = retryAfterMs(response.headers.get('retry-after'))
    } catch (cause) {
      stop.throwIfAborted()
      if (cause instanceof LineRefusedError || cause instanceof LineUnreachableError) throw cause
      if (attempt >= retry.attempts) {
        const url = urlOf(connection, request)
        const message = `${connection.baseUrl} cannot be reached: ${reasonOf(cause)}`
        throw new LineUnreachableError('line-unreachable', message, { url }, { cause })
      }
      waitMs = 0
    }
    await pause(Math.max(waitMs, retryDelayMs(retry, attempt, Math.random())), stop)
  }
}

const urlOf = ({ baseUrl }: LineConnection, { path }: LineRequest): string => `${baseUrl}/line/v1${path}`

/** One attempt; whatever `fetch` rejects with goes on. */
export function sendLine(connection: LineConnection, request: LineRequest, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept: request.accept ?? 'application/json' }
  if (connection.token !== null) headers['authorization'] = `Bearer ${connection.token}`
  if (request.body !== undefined) headers['content-type'] = request.body.type
  const content = request.body?.content
  return connection.fetch(urlOf(connection, request), {
    method: request.method,
    headers,
    // A copy: what fetch takes may not lie in memory shared with a worker.
    body: content === undefined ? null : typeof content === 'string' ? content : content.slice(),
    redirect: 'error',
    signal,
  })
}

/** What an answer that is not 2xx says. A node that is not Parley may answer without a code, or without JSON at all. */
export function errorOf({
  status,
  bytes,
  url,
}: {
  readonly status: number
  readonly bytes: Uint8Array
  readonly url: string
}): LineRefusedError | LineUnreachableError {
  const text = new TextDecoder().decode(bytes)
  const { message, code, reasons, ...facts } = objectOf(text)
  const said = typeof message === 'string' && message !== '' ? message : text.slice(0, LONGEST_EXCERPT)
  if (status >= 500) {
    const told = `the node fails (HTTP ${status})${said === '' ? '' : `: ${said}`}`
    return new LineUnreachableError('line-server', told, { url, status })
  }
  return new LineRefusedError(typeof code === 'string' ? code : 'unknown', said === '' ? `HTTP ${status}` : said, {
    status,
    reasons: Array.isArray(reasons) ? (reasons as LineReason[]) : [],
    facts,
  })
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {}
  } catch {
    return {}
  }
}

/** `fetch` hides what went wrong in the cause. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.name === 'TimeoutError') return 'no answer in time'
  const { code, message } = (cause.cause ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code === 'string' && code !== '') return code
  return typeof message === 'string' && message !== '' ? message : cause.message
}

import type { Scope } from '@parley/contracts'
import type { Answer, ErrorBody, Failed } from './answer.ts'
import { DEFAULT_RETRY, mayPass, NO_RETRY, pause, type RetryPolicy, retryAfterMs, retryDelayMs } from './retry.ts'
import type { TokenSource } from './token-source.ts'

/** Options that every method takes last. */
export interface CallOptions {
  /** Gives up at once when aborted; the answer is then `failed` with reason `stopped`. */
  readonly signal?: AbortSignal
  /** Limit of the whole call with its repeats, 15 s unless told. */
  readonly deadlineMs?: number
  /** Limit of one attempt, 5 s unless told. */
  readonly attemptMs?: number
  readonly retry?: RetryPolicy
  /** Asks for a token with these scopes instead of the method's own. */
  readonly scopes?: readonly Scope[]
}

/** How to reach one server. */
export interface Connection {
  /** Origin and path prefix without a trailing slash. */
  readonly baseUrl: string
  readonly token: TokenSource
  readonly fetch: typeof fetch
  /** Defaults for what a call leaves open. */
  readonly defaults: CallOptions
}

export interface Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly path: string
  /** Empty: no token is sent. */
  readonly scopes: readonly Scope[]
  readonly body?: unknown
  /** False where a repeat would do it twice. */
  readonly repeatable?: boolean
}

const DEADLINE_MS = 15_000
const ATTEMPT_MS = 5_000

const late = (request: Request): string => `${request.method} ${request.path} had no answer in time.`

/**
 * Sends one request, repeats it as the policy says, and sorts what comes back. Never rejects.
 * The body is written once: every attempt sends the same bytes.
 */
export async function call<T>(connection: Connection, request: Request, options: CallOptions = {}): Promise<Answer<T>> {
  const settings = { ...connection.defaults, ...options }
  const policy = request.repeatable === false ? NO_RETRY : (settings.retry ?? DEFAULT_RETRY)
  const body = request.body === undefined ? null : JSON.stringify(request.body)
  const scopes = request.scopes.length === 0 ? [] : (settings.scopes ?? request.scopes)
  const deadline = AbortSignal.timeout(settings.deadlineMs ?? DEADLINE_MS)
  const whole = settings.signal === undefined ? deadline : AbortSignal.any([deadline, settings.signal])
  let sent = false
  let renewed = false

  const fail = (reason: Failed['reason'], message: string, status?: number): Failed =>
    status === undefined ? { kind: 'failed', reason, message, sent } : { kind: 'failed', reason, message, sent, status }
  const overdue = (): Failed | null => {
    if (settings.signal?.aborted === true) return fail('stopped', 'The caller stopped the call.')
    return deadline.aborted ? fail('deadline', late(request)) : null
  }

  const once = async (): Promise<{ answer: Answer<T>; waitMs: number }> => {
    let token: string | null = null
    if (scopes.length > 0) {
      try {
        token = await connection.token(scopes, { signal: whole, fresh: renewed })
      } catch (error) {
        return { answer: overdue() ?? fail('token', message(error)), waitMs: 0 }
      }
    }
    const limit = AbortSignal.timeout(settings.attemptMs ?? ATTEMPT_MS)
    try {
      if (whole.aborted) throw whole.reason
      sent = true
      const response = await connection.fetch(connection.baseUrl + request.path, {
        method: request.method,
        headers: headers(token, body !== null),
        body,
        redirect: 'error',
        signal: AbortSignal.any([whole, limit]),
      })
      const text = await response.text()
      if (response.status === 401 && token !== null && !renewed) {
        renewed = true
        return await once()
      }
      const waitMs = retryAfterMs(response.headers.get('retry-after'))
      return { answer: sortAnswer<T>(response.status, text, sent), waitMs }
    } catch (error) {
      const failed = limit.aborted ? fail('deadline', late(request)) : fail('unreachable', message(error))
      return { answer: overdue() ?? failed, waitMs: 0 }
    }
  }

  for (let attempt = 1; ; attempt++) {
    const { answer, waitMs } = await once()
    if (attempt >= policy.attempts || !isPassing(answer)) return answer
    try {
      await pause(Math.max(waitMs, retryDelayMs(policy, attempt, Math.random())), whole)
    } catch {
      return overdue() ?? answer
    }
  }
}

function isPassing(answer: Answer<unknown>): boolean {
  switch (answer.kind) {
    case 'accepted':
    case 'conflict':
      return false
    case 'refused':
      return mayPass(answer.status)
    case 'failed':
      return (
        answer.reason === 'unreachable' ||
        answer.reason === 'deadline' ||
        answer.reason === 'token' ||
        (answer.reason === 'server' && mayPass(answer.status ?? 0))
      )
  }
}

function headers(token: string | null, hasBody: boolean): Record<string, string> {
  const result: Record<string, string> = { accept: 'application/json' }
  if (hasBody) result['content-type'] = 'application/json'
  if (token !== null) result['authorization'] = `Bearer ${token}`
  return result
}

/** Sorts a complete answer by its status. Only an answer of 2xx and 409 promises a body of a shape. */
export function sortAnswer<T>(status: number, text: string, sent: boolean): Answer<T> {
  const body = parse(text)
  if (status >= 200 && status < 300) {
    if (text === '') return { kind: 'accepted', status, value: undefined as T }
    return body === undefined
      ? { kind: 'failed', reason: 'unreadable', message: `The answer (HTTP ${status}) is not JSON.`, sent, status }
      : { kind: 'accepted', status, value: body as T }
  }
  const error = errorOf(body, text)
  if (status === 409) return { kind: 'conflict', status, error }
  if (status >= 400 && status < 500) return { kind: 'refused', status, error }
  return { kind: 'failed', reason: status >= 500 ? 'server' : 'unreadable', message: error.message, sent, status }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const LONGEST_EXCERPT = 200

/** Servers that are not Parley may answer without a code, or without JSON at all: the text is then the message. */
function errorOf(body: unknown, text: string): ErrorBody {
  if (typeof body === 'object' && body !== null) {
    const fields = body as { message?: unknown; code?: unknown; error_message?: unknown }
    const said = fields.message ?? fields.error_message
    return {
      ...body,
      message: typeof said === 'string' ? said : '',
      code: typeof fields.code === 'string' ? fields.code : 'unknown',
    }
  }
  return { message: text.slice(0, LONGEST_EXCERPT), code: 'unknown' }
}

/** `fetch` hides what went wrong in the cause. */
function message(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error && error.cause.message !== ''
    ? `${error.message}: ${error.cause.message}`
    : error.message
}

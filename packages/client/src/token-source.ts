import { FaultError } from '@parley/units'

export interface TokenRequest {
  /** Give up when aborted. */
  readonly signal?: AbortSignal
  /** Do not answer from a cache: the last token was not accepted. */
  readonly fresh?: boolean
}

/**
 * Gives a bearer token that carries all of `scopes`. A function that takes no argument and always gives the same
 * token is one, too. Rejects when none can be had.
 */
export type TokenSource = (scopes: readonly string[], request?: TokenRequest) => Promise<string>

/** The issuer gave no token. `details.status` is its HTTP status where it answered. */
export class TokenError extends FaultError {
  readonly code = 'token-unavailable'
}

export interface IssuerTokenSourceOptions {
  /** The token endpoint in full, for example `http://localhost:8080/token`. */
  readonly issuerUrl: string
  /** Host name of the server the token is for, without port: the token's `aud`. */
  readonly audience: string
  /** Who asks: the token's `sub`, which the pool takes as the manager's name. */
  readonly sub: string
  readonly fetch?: typeof fetch
  readonly nowMs?: () => number
}

/** A token is renewed this long before it expires, so that it does not expire under way. */
const RENEW_BEFORE_MS = 60_000
const DEADLINE_MS = 10_000

interface Cached {
  readonly token: string
  readonly expiresMs: number
}

/**
 * Tokens from an issuer that answers `GET …?grant_type=client_credentials&scope=…&intended_audience=…&sub=…` with
 * `{access_token}`, as Parley's development issuer and InterUSS's dummy OAuth do. One token for each set of scopes is
 * kept until a minute before it expires, and calls that ask at the same time share one request.
 *
 * @example
 * const token = issuerTokenSource({ issuerUrl: 'http://localhost:8080/token', audience: 'localhost', sub: 'uss1' })
 * const bearer = await token(['utm.strategic_coordination'])
 */
export function issuerTokenSource(options: IssuerTokenSourceOptions): TokenSource {
  const doFetch = options.fetch ?? fetch
  const nowMs = options.nowMs ?? Date.now
  const cached = new Map<string, Cached>()
  const underWay = new Map<string, Promise<string>>()

  const obtain = async (scope: string): Promise<string> => {
    const url = new URL(options.issuerUrl)
    url.searchParams.set('grant_type', 'client_credentials')
    url.searchParams.set('scope', scope)
    url.searchParams.set('intended_audience', options.audience)
    url.searchParams.set('sub', options.sub)
    let response: Response
    let text: string
    try {
      response = await doFetch(url, {
        signal: AbortSignal.timeout(DEADLINE_MS),
        headers: { accept: 'application/json' },
      })
      text = await response.text()
    } catch (cause) {
      throw new TokenError(`The token issuer at ${url.origin} cannot be reached.`, { issuer: url.origin }, { cause })
    }
    const token = response.ok ? accessToken(text) : null
    if (token === null) {
      throw new TokenError(`The token issuer at ${url.origin} gave no token (HTTP ${response.status}).`, {
        issuer: url.origin,
        status: response.status,
      })
    }
    cached.set(scope, { token, expiresMs: tokenExpiresMs(token) ?? nowMs() })
    return token
  }

  return (scopes, request) => {
    const scope = [...new Set(scopes)].sort().join(' ')
    const known = cached.get(scope)
    if (known !== undefined && request?.fresh !== true && known.expiresMs - RENEW_BEFORE_MS > nowMs()) {
      return Promise.resolve(known.token)
    }
    let pending = underWay.get(scope)
    if (pending === undefined) {
      pending = obtain(scope).finally(() => underWay.delete(scope))
      underWay.set(scope, pending)
    }
    return request?.signal === undefined ? pending : orAborted(pending, request.signal)
  }
}

/** One caller giving up must not take the shared request from the others. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function accessToken(text: string): string | null {
  try {
    const body = JSON.parse(text) as { access_token?: unknown } | null
    return typeof body?.access_token === 'string' && body.access_token !== '' ? body.access_token : null
  } catch {
    return null
  }
}

/** When a JWT says it expires (`exp`), in epoch milliseconds; null when it does not say so readably. */
export function tokenExpiresMs(token: string): number | null {
  const payload = token.split('.')[1]
  if (payload === undefined) return null
  try {
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { exp?: unknown } | null
    return typeof claims?.exp === 'number' ? claims.exp * 1000 : null
  } catch {
    return null
  }
}

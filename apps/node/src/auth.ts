import { createPublicKey, type KeyObject, verify as verifySignature } from 'node:crypto'
import { ApiError } from '@parley/contracts'
import type { Clock } from '@parley/units'
import { decodeProtectedHeader } from 'jose'

/** Who asks, as their token says. */
export interface Identity {
  readonly sub: string
  readonly scopes: ReadonlySet<string>
}

interface CachedIdentity extends Identity {
  readonly expiresAtS: number
}

/** Where the keys of trusted authorities come from; read at every new token. */
export interface TrustedKeys {
  keys(): Promise<readonly KeyObject[]>
}

const MAX_LIFETIME_S = 3600
const CACHE_LIMIT = 10_000
const MAX_TOKEN_CHARS = 8_192
/** RFC 7518, 3.3. */
const MIN_MODULUS_BITS = 2048

/**
 * Checks bearer tokens as the standard's deployments do: RS256 by any trusted key (`kid` is not relied on), non-empty `sub` and
 * `iss`, an `exp` ahead but at most an hour, an `aud` this node goes by. A token found good is remembered until it expires.
 */
export class TokenVerifier {
  readonly #trusted: TrustedKeys
  readonly #audiences: ReadonlySet<string>
  readonly #clock: Clock
  readonly #cache = new Map<string, CachedIdentity>()

  constructor(options: {
    readonly trusted: TrustedKeys
    readonly audiences: readonly string[]
    readonly clock: Clock
  }) {
    this.#trusted = options.trusted
    this.#audiences = new Set(options.audiences)
    this.#clock = options.clock
  }

  /** The identity of a token seen before and still good; null: use `verify`. */
  known(authorization: string | undefined): Identity | null {
    if (authorization === undefined) return null
    const cached = this.#cache.get(authorization)
    return cached !== undefined && cached.expiresAtS * 1000 > this.#clock.nowMs() ? cached : null
  }

  /** @throws {ApiError} one of the `AUTH_…` codes */
  async verify(authorization: string | undefined): Promise<Identity> {
    if (authorization === undefined || authorization === '') throw new ApiError('AUTH_MISSING')
    const match = /^bearer +(\S+)$/i.exec(authorization)
    if (match === null)
      throw new ApiError('AUTH_MISSING', { message: 'Authorization is not of the form: Bearer <token>' })
    const token = match[1] as string
    if (token.length > MAX_TOKEN_CHARS)
      throw new ApiError('AUTH_TOKEN_INVALID', { message: `the token is longer than ${MAX_TOKEN_CHARS} characters` })
    const claims = await this.#claims(token)
    const identity = this.#judge(claims)
    // A full cache is emptied whole: what is in use comes back at the cost of one check each.
    if (this.#cache.size >= CACHE_LIMIT) this.#cache.clear()
    this.#cache.set(authorization, identity)
    return identity
  }

  async #claims(token: string): Promise<Record<string, unknown>> {
    let header: ReturnType<typeof decodeProtectedHeader>
    try {
      header = decodeProtectedHeader(token)
    } catch (cause) {
      throw new ApiError('AUTH_TOKEN_INVALID', { cause })
    }
    if (header.alg !== 'RS256') throw new ApiError('AUTH_ALGORITHM_REFUSED')
    const parts = token.split('.')
    const [, payload, signature] = parts
    // An extension that must be understood is one that is not.
    const isReadable = parts.length === 3 && isBase64url(payload) && isBase64url(signature) && header.crit === undefined
    const keys = await this.#trusted.keys()
    if (!isReadable || !isSignedByAny(token, signature, keys)) throw new ApiError('AUTH_SIGNATURE_INVALID')
    let claims: unknown
    try {
      claims = JSON.parse(utf8.decode(Buffer.from(payload, 'base64url')))
    } catch (cause) {
      throw new ApiError('AUTH_TOKEN_INVALID', { cause })
    }
    if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
      throw new ApiError('AUTH_TOKEN_INVALID', { message: 'the claims are not a JSON object' })
    return claims as Record<string, unknown>
  }

  #judge(claims: Record<string, unknown>): CachedIdentity {
    const nowS = this.#clock.nowMs() / 1000
    const { sub, iss, exp, aud, nbf, scope } = claims
    const missing = (claim: string, rule: string): ApiError =>
      new ApiError('AUTH_CLAIM_MISSING', { message: `claim ${claim} ${rule}` })
    if (typeof sub !== 'string' || sub === '') throw missing('sub', 'must be a non-empty text')
    // Half a character cannot be kept: the journal would hand back another name.
    if (/\p{Surrogate}/u.test(sub)) throw missing('sub', 'must be well-formed text')
    if (typeof iss !== 'string' || iss === '') throw missing('iss', 'must be a non-empty text')
    if (typeof exp !== 'number' || !Number.isFinite(exp)) throw missing('exp', 'must be a number of seconds')
    if (exp <= nowS) throw new ApiError('AUTH_TOKEN_EXPIRED')
    if (exp > nowS + MAX_LIFETIME_S + 1) throw new ApiError('AUTH_LIFETIME_TOO_LONG')
    if (nbf !== undefined && (typeof nbf !== 'number' || nbf > nowS + 5)) throw new ApiError('AUTH_TOKEN_NOT_YET_VALID')
    const audiences = typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud : []
    if (audiences.length === 0) throw missing('aud', 'must name a host')
    if (!audiences.some((one) => typeof one === 'string' && this.#audiences.has(one)))
      throw new ApiError('AUTH_AUDIENCE_WRONG')
    const scopes = typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : []
    return { sub, scopes: new Set(scopes), expiresAtS: exp }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** RFC 7515: the alphabet for URLs, no padding; one character over holds no byte. */
const isBase64url = (text: string | undefined): text is string =>
  text !== undefined && /^[\w-]+$/.test(text) && text.length % 4 !== 1

/**
 * Whether the last part is the RS256 signature, over what stands before it, by one of the keys that are RSA and long enough for it.
 * At once and on this thread: that is a tenth of what the way through the thread pool takes.
 */
function isSignedByAny(token: string, signature: string, keys: readonly KeyObject[]): boolean {
  const signed = Buffer.from(token.slice(0, -(signature.length + 1)), 'latin1')
  const bytes = Buffer.from(signature, 'base64url')
  return keys.some(
    (key) =>
      key.asymmetricKeyType === 'rsa' &&
      (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_MODULUS_BITS &&
      verifySignature('RSA-SHA256', signed, key, bytes),
  )
}

/** Refuses who carries none of the scope sets in full. @throws {ApiError} `SCOPE_MISSING` */
export function requireScopes(identity: Identity, alternatives: readonly (readonly string[])[]): void {
  for (const set of alternatives) if (set.every((scope) => identity.scopes.has(scope))) return
  throw new ApiError('SCOPE_MISSING', {
    message: `the token needs ${alternatives.map((set) => set.join(' and ')).join(', or ')}`,
  })
}

/** Keys given once, as PEM texts. */
export function fixedKeys(pems: readonly string[]): TrustedKeys {
  const keys = pems.map((pem) => createPublicKey(pem))
  return { keys: () => Promise.resolve(keys) }
}

/** All keys of several sources. */
export function allKeys(sources: readonly TrustedKeys[]): TrustedKeys {
  return { keys: async () => (await Promise.all(sources.map((source) => source.keys()))).flat() }
}

const JWKS_REFRESH_MS = 60_000
const JWKS_STALE_MS = 3_600_000
const JWKS_TIMEOUT_MS = 5_000

/** RSA keys of a JSON Web Key Set: asked for at most once a minute, and trusted for an hour when the authority does not answer. */
export function remoteKeys(url: string, clock: Clock): TrustedKeys {
  let keys: readonly KeyObject[] = []
  let fetchedAtMs = Number.NEGATIVE_INFINITY
  let triedAtMs = Number.NEGATIVE_INFINITY
  let refreshing: Promise<void> = Promise.resolve()
  const refresh = async (): Promise<void> => {
    const response = await fetch(url, { signal: AbortSignal.timeout(JWKS_TIMEOUT_MS) })
    if (!response.ok) return
    const set = (await response.json()) as { keys?: { kty?: string }[] }
    keys = (set.keys ?? [])
      .filter((jwk) => jwk.kty === 'RSA')
      .map((jwk) => createPublicKey({ key: jwk as import('node:crypto').JsonWebKey, format: 'jwk' }))
    fetchedAtMs = clock.nowMs()
  }
  return {
    async keys() {
      if (clock.nowMs() - triedAtMs >= JWKS_REFRESH_MS) {
        triedAtMs = clock.nowMs()
        refreshing = refresh().catch(() => undefined)
      }
      // Whoever comes while the keys are on their way waits for them too.
      await refreshing
      return clock.nowMs() - fetchedAtMs <= JWKS_STALE_MS ? keys : []
    },
  }
}

import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'

/** What a token says, once its signature holds. */
interface Bearer {
  readonly sub: string
  readonly scopes: ReadonlySet<string>
}

/** Gives the bearer of an `Authorization` header, or null when there is none that holds. */
export type BearerCheck = (authorization: string | undefined) => Promise<Bearer | null>

export interface BearerCheckOptions {
  /** Where the issuer publishes its JSON Web Key Set. */
  readonly keysUrl: URL
  /** Host name that a token must be for. */
  readonly audience: string
}

const DEADLINE_MS = 5_000
const KEEP_KEYS_MS = 60_000

/**
 * Checks tokens as F3548-21 wants them: RS256 by one of the issuer's keys, for this audience, not expired, with a
 * subject. Keys are fetched when first needed and kept for a minute.
 */
export function createBearerCheck(options: BearerCheckOptions): BearerCheck {
  let keys: Promise<KeyObject[]> | null = null
  let fetchedMs = 0

  const currentKeys = (): Promise<KeyObject[]> => {
    if (keys === null || Date.now() - fetchedMs > KEEP_KEYS_MS) {
      fetchedMs = Date.now()
      keys = fetchKeys(options.keysUrl)
      keys.catch(() => {
        keys = null
      })
    }
    return keys
  }

  return async (authorization) => {
    const token = /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return null
    const [head, payload, signature] = token.split('.') as [string, string, string]
    const header = decode(head)
    const claims = decode(payload)
    if (header?.['alg'] !== 'RS256' || claims === null) return null
    const signed = Buffer.from(`${head}.${payload}`)
    const holds = (await currentKeys()).some((key) =>
      verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url')),
    )
    const { sub, aud, exp, scope } = claims
    const isFor = aud === options.audience || (Array.isArray(aud) && aud.includes(options.audience))
    if (!holds || !isFor || typeof exp !== 'number' || exp * 1000 <= Date.now()) return null
    if (typeof sub !== 'string' || sub === '') return null
    return { sub, scopes: new Set(typeof scope === 'string' ? scope.split(' ') : []) }
  }
}

async function fetchKeys(url: URL): Promise<KeyObject[]> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) })
  const set = (await response.json()) as { keys?: JsonWebKey[] }
  return (set.keys ?? []).filter((key) => key.kty === 'RSA').map((key) => createPublicKey({ key, format: 'jwk' }))
}

function decode(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

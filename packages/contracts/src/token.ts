import { type Static, Type } from 'typebox'
import { named, optional } from './schema.ts'

/** Answer of the development token issuer. */
export const TokenResponse = named('TokenResponse', {
  access_token: Type.String(),
  token_type: Type.Enum(['Bearer']),
  expires_in: Type.Integer(),
})
export type TokenResponse = Static<typeof TokenResponse>

export const JsonWebKey = named('JsonWebKey', {
  kty: Type.Enum(['RSA']),
  n: Type.String(),
  e: Type.String(),
  kid: optional(Type.String()),
  alg: optional(Type.Enum(['RS256'])),
  use: optional(Type.Enum(['sig'])),
})
export type JsonWebKey = Static<typeof JsonWebKey>

/** RFC 7517 key set. */
export const JsonWebKeySet = named('JsonWebKeySet', { keys: Type.Array(JsonWebKey) })
export type JsonWebKeySet = Static<typeof JsonWebKeySet>

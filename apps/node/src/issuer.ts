import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonWebKeySet, TokenResponse } from '@parley/contracts'
import type { Clock } from '@parley/units'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'
import type { TrustedKeys } from './auth.ts'

/** What a caller asks the development issuer for. */
export interface TokenWish {
  readonly audience: string
  readonly scope: string
  readonly issuer: string
  readonly sub: string
  /** Seconds since the epoch; null: in an hour. */
  readonly expireS: number | null
}

const LIFETIME_S = 3600

/**
 * Issues a token to whoever asks, for development and demonstration: that is why it starts only when told to and only where no other
 * machine can reach it. Its key lies with the data, so that tokens outlive a restart.
 */
export class Issuer implements TrustedKeys {
  readonly #privateKey: KeyObject
  readonly #publicKey: KeyObject
  readonly #kid: string
  readonly #jwks: JsonWebKeySet
  readonly #clock: Clock

  private constructor(
    privateKey: KeyObject,
    kid: string,
    rest: { readonly jwks: JsonWebKeySet; readonly clock: Clock },
  ) {
    this.#privateKey = privateKey
    this.#publicKey = createPublicKey(privateKey)
    this.#kid = kid
    this.#jwks = rest.jwks
    this.#clock = rest.clock
  }

  static async open(dataDir: string, clock: Clock): Promise<Issuer> {
    const file = join(dataDir, 'issuer-key.pem')
    if (!existsSync(file)) {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      // Whole or not there, however the process ends; nobody else writes here, the journal's lock is held.
      const draft = join(dataDir, '.issuer-key.pem')
      await rm(draft, { force: true })
      await writeFile(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
      await rename(draft, file)
    }
    const privateKey = createPrivateKey(readFileSync(file))
    const jwk = await exportJWK(createPublicKey(privateKey))
    const kid = await calculateJwkThumbprint(jwk)
    const jwks: JsonWebKeySet = {
      keys: [{ kty: 'RSA', n: jwk.n as string, e: jwk.e as string, kid, alg: 'RS256', use: 'sig' }],
    }
    return new Issuer(privateKey, kid, { jwks, clock })
  }

  keys(): Promise<readonly KeyObject[]> {
    return Promise.resolve([this.#publicKey])
  }

  get jwks(): JsonWebKeySet {
    return this.#jwks
  }

  get publicKeyPem(): string {
    return this.#publicKey.export({ type: 'spki', format: 'pem' }) as string
  }

  async issue(wish: TokenWish): Promise<TokenResponse> {
    const nowS = Math.floor(this.#clock.nowMs() / 1000)
    const expireS = wish.expireS ?? nowS + LIFETIME_S
    const token = await new SignJWT({
      aud: wish.audience,
      scope: wish.scope,
      iss: wish.issuer,
      exp: expireS,
      sub: wish.sub,
    })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: this.#kid })
      .sign(this.#privateKey)
    return { access_token: token, token_type: 'Bearer', expires_in: expireS - nowS }
  }
}

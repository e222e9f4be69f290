import { createPublicKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, epochMs } from '@parley/units'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { allKeys, fixedKeys, remoteKeys, TokenVerifier } from '../src/auth.ts'
import { goodClaims, makeToken, strangerKey } from './harness.ts'

const first = strangerKey()
const second = strangerKey()
const jwk = (key: KeyObject): object => createPublicKey(key).export({ format: 'jwk' })

/** What the authority answers; a function may take its time or fail. */
let answer: () => Promise<{ readonly status?: number; readonly body: string }>
let asked = 0
let server: Server
let url: string
const clock: Clock & { ms: number } = { ms: 0, nowMs: () => epochMs(clock.ms) }

beforeEach(async () => {
  asked = 0
  clock.ms = Date.now()
  answer = () => Promise.resolve({ body: JSON.stringify({ keys: [jwk(first)] }) })
  server = createServer((_request, response) => {
    asked += 1
    answer().then(
      ({ status = 200, body }) => response.writeHead(status).end(body),
      () => response.destroy(),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const verifier = (): TokenVerifier =>
  new TokenVerifier({ trusted: allKeys([remoteKeys(url, clock)]), audiences: ['localhost'], clock })
const bearer = (key: KeyObject, claims: object = {}): string =>
  `Bearer ${makeToken(key, { ...goodClaims(), exp: Math.floor(clock.ms / 1000) + 3000, ...claims })}`

describe('keys of an authority on the network', () => {
  test('are asked for once, and all who come meanwhile wait for them', async () => {
    let give: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      give = resolve
    })
    answer = async () => {
      await held
      return { body: JSON.stringify({ keys: [jwk(first)] }) }
    }
    const checks = verifier()
    const verified = Array.from({ length: 20 }, (_, n) => checks.verify(bearer(first, { sub: `uss${n}` })))
    await expect.poll(() => asked).toBe(1)
    give()
    expect((await Promise.all(verified)).map(({ sub }) => sub)).toEqual(Array.from({ length: 20 }, (_, n) => `uss${n}`))
    expect(asked).toBe(1)
  })

  test('are asked for again after a minute, so that a new key counts and an old one does not', async () => {
    const checks = verifier()
    await checks.verify(bearer(first))
    answer = () => Promise.resolve({ body: JSON.stringify({ keys: [jwk(second)] }) })
    await expect(checks.verify(bearer(second))).rejects.toMatchObject({ code: 'AUTH_SIGNATURE_INVALID' })
    clock.ms += 60_001
    await checks.verify(bearer(second))
    await expect(checks.verify(bearer(first, { sub: 'late' }))).rejects.toMatchObject({
      code: 'AUTH_SIGNATURE_INVALID',
    })
    expect(asked).toBe(2)
  })

  test.each([
    ['a refusal', () => Promise.resolve({ status: 500, body: '{"keys":[]}' })],
    ['no JSON', () => Promise.resolve({ body: 'sorry' })],
    ['keys that are none', () => Promise.resolve({ body: '{"keys":[{"kty":"RSA","n":5}]}' })],
    ['a connection cut', () => Promise.reject(new Error('cut'))],
  ])('stay trusted for an hour through %s, and no longer', async (_name, broken) => {
    const checks = verifier()
    await checks.verify(bearer(first))
    answer = broken
    clock.ms += 50 * 60_000
    await checks.verify(bearer(first, { sub: 'still' }))
    clock.ms += 11 * 60_000
    await expect(checks.verify(bearer(first, { sub: 'no more' }))).rejects.toMatchObject({
      code: 'AUTH_SIGNATURE_INVALID',
    })
    expect(asked).toBeGreaterThan(1)
  })

  test('of other kinds are passed over', async () => {
    answer = () =>
      Promise.resolve({
        body: JSON.stringify({
          keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }, { kty: 'oct', k: 'AAAA' }, jwk(first)],
        }),
      })
    await verifier().verify(bearer(first))
  })

  test('count beside keys from files', async () => {
    const pem = createPublicKey(second).export({ type: 'spki', format: 'pem' }) as string
    const checks = new TokenVerifier({
      trusted: allKeys([fixedKeys([pem]), remoteKeys(url, clock)]),
      audiences: ['localhost'],
      clock,
    })
    await checks.verify(bearer(first))
    await checks.verify(bearer(second))
  })
})

describe('a token found good', () => {
  test('is known until it expires, and not a moment longer', async () => {
    const checks = verifier()
    const header = bearer(first, { exp: Math.floor(clock.ms / 1000) + 10 })
    expect(checks.known(header)).toBeNull()
    await checks.verify(header)
    expect(checks.known(header)).toMatchObject({ sub: 'uss1' })
    expect(checks.known(`${header}x`)).toBeNull()
    expect(checks.known(undefined)).toBeNull()
    clock.ms = (Math.floor(clock.ms / 1000) + 10) * 1000
    expect(checks.known(header)).toBeNull()
    await expect(checks.verify(header)).rejects.toMatchObject({ code: 'AUTH_TOKEN_EXPIRED' })
  })
})

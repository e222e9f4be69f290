import { expect, test } from 'vitest'
import { issuerTokenSource, TokenError, tokenExpiresMs } from './token-source.ts'

const jwt = (expS: number, n = 0): string =>
  ['{"alg":"RS256"}', JSON.stringify({ exp: expS, n }), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

function issuer(lifetimeS: number) {
  const asked: URL[] = []
  const clock = { nowMs: 1_000_000 }
  const source = issuerTokenSource({
    issuerUrl: 'http://localhost:8080/token',
    audience: 'localhost',
    sub: 'uss1',
    nowMs: () => clock.nowMs,
    fetch: (input) => {
      asked.push(new URL(input instanceof Request ? input.url : input))
      return Promise.resolve(Response.json({ access_token: jwt(clock.nowMs / 1000 + lifetimeS, asked.length) }))
    },
  })
  return { asked, clock, source }
}

test('one token for each set of scopes, whatever their order, until a minute before it expires', async () => {
  const { asked, clock, source } = issuer(3600)
  const [first, second] = await Promise.all([source(['b', 'a']), source(['a', 'b', 'a'])])
  expect(second).toBe(first)
  expect(asked).toHaveLength(1)
  expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
    grant_type: 'client_credentials',
    scope: 'a b',
    intended_audience: 'localhost',
    sub: 'uss1',
  })
  expect(await source(['a'])).not.toBe(first)
  clock.nowMs += 3539_000
  expect(await source(['a', 'b'])).toBe(first)
  clock.nowMs += 2_000
  expect(await source(['a', 'b'])).not.toBe(first)
})

test('a fresh one is asked for although the last still stands', async () => {
  const { asked, source } = issuer(3600)
  const first = await source(['a'])
  expect(await source(['a'], { fresh: true })).not.toBe(first)
  expect(asked).toHaveLength(2)
})

test('one caller giving up does not take the request from another', async () => {
  let release = () => {}
  const source = issuerTokenSource({
    issuerUrl: 'http://localhost/token',
    audience: 'localhost',
    sub: 'uss1',
    fetch: () =>
      new Promise((resolve) => {
        release = () => resolve(Response.json({ access_token: jwt(9e9) }))
      }),
  })
  const impatient = new AbortController()
  const gone = source(['a'], { signal: impatient.signal })
  const stays = source(['a'])
  impatient.abort(new Error('gave up'))
  await expect(gone).rejects.toThrow('gave up')
  release()
  expect(await stays).toBe(jwt(9e9))
})

test.each([
  ['a refusal', () => Promise.resolve(new Response('no', { status: 403 }))],
  ['an answer that is not JSON', () => Promise.resolve(new Response('<html>'))],
  ['an answer without a token', () => Promise.resolve(Response.json({ access_token: 7 }))],
  ['a broken connection', () => Promise.reject(new TypeError('fetch failed'))],
])('%s is a TokenError and is not kept', async (_name, fetch) => {
  let calls = 0
  const source = issuerTokenSource({
    issuerUrl: 'http://localhost/token',
    audience: 'localhost',
    sub: 'uss1',
    fetch: () => {
      calls++
      return fetch()
    },
  })
  await expect(source(['a'])).rejects.toBeInstanceOf(TokenError)
  await expect(source(['a'])).rejects.toBeInstanceOf(TokenError)
  expect(calls).toBe(2)
})

test('a token that does not say when it expires is used once', () => {
  expect(tokenExpiresMs('opaque')).toBeNull()
  expect(tokenExpiresMs('a.%%%.c')).toBeNull()
  expect(tokenExpiresMs(jwt(12))).toBe(12_000)
})

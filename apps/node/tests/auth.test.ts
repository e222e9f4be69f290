import { type Operation, operationList } from '@parley/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  expectError,
  goodClaims,
  makeHmacToken,
  makeToken,
  makeUnsignedToken,
  newId,
  startTestNode,
  strangerKey,
  type TestNode,
} from './harness.ts'

let node: TestNode
const stranger = strangerKey()

beforeAll(async () => {
  node = await startTestNode({ audiences: ['pool.example'] })
})
afterAll(() => node[Symbol.asyncDispose]())

const pathOf = ({ path }: Operation): string =>
  path.replaceAll(/\{(entityid|subscriptionid|id)\}/g, newId()).replaceAll(/\{\w+\}/g, 'x'.repeat(20))

const guarded = operationList.filter(({ scopes }) => scopes.length > 0)
const open = operationList.filter(({ scopes }) => scopes.length === 0)

/** What a header may hold that is no good token; each as refused and for what. */
function badHeaders(): Record<string, readonly [authorization: string | null, code: string]> {
  const signed = (claims: object, header?: Record<string, unknown>) =>
    `Bearer ${makeToken(node.privateKey, { ...goodClaims(), ...claims }, header)}`
  const good = makeToken(node.privateKey, goodClaims())
  const [head, payload, signature] = good.split('.') as [string, string, string]
  const now = Math.floor(Date.now() / 1000)
  return {
    'no header at all': [null, 'AUTH_MISSING'],
    'an empty header': ['', 'AUTH_MISSING'],
    'the scheme alone': ['Bearer', 'AUTH_MISSING'],
    'another scheme': [`Basic ${good}`, 'AUTH_MISSING'],
    'the token alone': [good, 'AUTH_MISSING'],
    'two tokens': [`Bearer ${good} ${good}`, 'AUTH_MISSING'],
    'no token but text': ['Bearer nonsense', 'AUTH_TOKEN_INVALID'],
    'two parts': [`Bearer ${head}.${payload}`, 'AUTH_TOKEN_INVALID'],
    'an empty signature': [`Bearer ${head}.${payload}.`, 'AUTH_SIGNATURE_INVALID'],
    'a signature with padding': [`Bearer ${good}==`, 'AUTH_SIGNATURE_INVALID'],
    'a signature with a character too many': [`Bearer ${good}AAA`, 'AUTH_SIGNATURE_INVALID'],
    'a signature with a character that is none': [
      `Bearer ${head}.${payload}.${signature.slice(0, 9)}+${signature.slice(10)}`,
      'AUTH_SIGNATURE_INVALID',
    ],
    'five parts': [`Bearer ${good}.${payload}.${signature}`, 'AUTH_SIGNATURE_INVALID'],
    'a token longer than any': [`Bearer ${good}${'A'.repeat(9000)}`, 'AUTH_TOKEN_INVALID'],
    'alg none': [`Bearer ${makeUnsignedToken(goodClaims())}`, 'AUTH_ALGORITHM_REFUSED'],
    'alg none with the signature of a good one': [
      `Bearer ${makeUnsignedToken(goodClaims())}${signature}`,
      'AUTH_ALGORITHM_REFUSED',
    ],
    'HS256 with the public key as the secret': [
      `Bearer ${makeHmacToken(node.publicPem, goodClaims())}`,
      'AUTH_ALGORITHM_REFUSED',
    ],
    'alg RS512': [signed({}, { alg: 'RS512', typ: 'JWT' }), 'AUTH_ALGORITHM_REFUSED'],
    'no alg': [signed({}, { typ: 'JWT' }), 'AUTH_ALGORITHM_REFUSED'],
    'alg as a list': [signed({}, { alg: ['RS256'] }), 'AUTH_ALGORITHM_REFUSED'],
    'an extension that must be understood': [signed({}, { alg: 'RS256', crit: ['x'], x: 1 }), 'AUTH_SIGNATURE_INVALID'],
    'a key nobody trusts': [`Bearer ${makeToken(stranger, goodClaims())}`, 'AUTH_SIGNATURE_INVALID'],
    'claims changed after signing': [
      `Bearer ${head}.${Buffer.from(JSON.stringify({ ...goodClaims(), sub: 'uss2' })).toString('base64url')}.${signature}`,
      'AUTH_SIGNATURE_INVALID',
    ],
    'claims that are no JSON': [`Bearer ${makeToken(node.privateKey, 'not json')}`, 'AUTH_TOKEN_INVALID'],
    'claims that are a list': [`Bearer ${makeToken(node.privateKey, [1])}`, 'AUTH_TOKEN_INVALID'],
    'claims that are null': [`Bearer ${makeToken(node.privateKey, 'null')}`, 'AUTH_TOKEN_INVALID'],
    'no sub': [signed({ sub: undefined }), 'AUTH_CLAIM_MISSING'],
    'an empty sub': [signed({ sub: '' }), 'AUTH_CLAIM_MISSING'],
    'sub as a number': [signed({ sub: 5 }), 'AUTH_CLAIM_MISSING'],
    'sub with half a character': [signed({ sub: 'uss\ud800' }), 'AUTH_CLAIM_MISSING'],
    'no iss': [signed({ iss: undefined }), 'AUTH_CLAIM_MISSING'],
    'an empty iss': [signed({ iss: '' }), 'AUTH_CLAIM_MISSING'],
    'iss as an object': [signed({ iss: {} }), 'AUTH_CLAIM_MISSING'],
    'no exp': [signed({ exp: undefined }), 'AUTH_CLAIM_MISSING'],
    'exp as text': [signed({ exp: String(now + 600) }), 'AUTH_CLAIM_MISSING'],
    'exp as null': [signed({ exp: null }), 'AUTH_CLAIM_MISSING'],
    expired: [signed({ exp: now - 1 }), 'AUTH_TOKEN_EXPIRED'],
    'expired long ago': [signed({ exp: -1e18 }), 'AUTH_TOKEN_EXPIRED'],
    'valid for more than an hour': [signed({ exp: now + 3700 }), 'AUTH_LIFETIME_TOO_LONG'],
    'valid for ever': [signed({ exp: 1e300 }), 'AUTH_LIFETIME_TOO_LONG'],
    'not valid yet': [signed({ nbf: now + 600 }), 'AUTH_TOKEN_NOT_YET_VALID'],
    'nbf as text': [signed({ nbf: 'now' }), 'AUTH_TOKEN_NOT_YET_VALID'],
    'no aud': [signed({ aud: undefined }), 'AUTH_CLAIM_MISSING'],
    'an empty list of aud': [signed({ aud: [] }), 'AUTH_CLAIM_MISSING'],
    'aud as a number': [signed({ aud: 5 }), 'AUTH_CLAIM_MISSING'],
    'another aud': [signed({ aud: 'elsewhere.example' }), 'AUTH_AUDIENCE_WRONG'],
    'aud with a port': [signed({ aud: 'localhost:8080' }), 'AUTH_AUDIENCE_WRONG'],
    'an empty aud': [signed({ aud: '' }), 'AUTH_AUDIENCE_WRONG'],
    'a list of other aud': [signed({ aud: ['a', 5, null] }), 'AUTH_AUDIENCE_WRONG'],
  }
}

describe.each(guarded.map((operation) => [operation.operationId, operation] as const))('%s', (_name, operation) => {
  // A body that would be refused, were it looked at: who may not ask is told so first.
  const asked = operation.requestBody === null ? {} : { raw: '{"not": "looked at' }

  test('refuses every token that is not good with 401', async () => {
    for (const [name, [authorization, code]] of Object.entries(badHeaders())) {
      const reply = await node.ask(operation.method, pathOf(operation), {
        ...asked,
        token: null,
        ...(authorization === null ? {} : { headers: { authorization } }),
      })
      expect([name, reply.status, reply.json?.['code']]).toEqual([name, 401, code])
      expectError(reply, 401, code)
    }
  })

  test('refuses tokens without a scope for it with 403', async () => {
    const known = new Set(operation.scopes.flat() as string[])
    const others = [...new Set(guarded.flatMap(({ scopes }) => scopes.flat() as string[]))].filter(
      (scope) => !known.has(scope),
    )
    const scopes: Record<string, unknown> = {
      'no claim': undefined,
      empty: '',
      'a scope of another name': 'something.else',
      'all scopes but those': others.join(' '),
      'as a list': [...known],
      'as a number': 5,
      'in capitals': [...known].join(' ').toUpperCase(),
      'part of the name': [...known].map((scope) => scope.slice(0, -1)).join(' '),
    }
    for (const [name, scope] of Object.entries(scopes)) {
      const reply = await node.ask(operation.method, pathOf(operation), {
        ...asked,
        token: makeToken(node.privateKey, { ...goodClaims(), scope }),
      })
      expect([name, reply.status]).toEqual([name, 403])
      expectError(reply, 403, 'SCOPE_MISSING')
    }
  })

  test('lets each of its scope sets pass', async () => {
    if (operation.operationId === 'followDecisions') return
    for (const set of operation.scopes) {
      const reply = await node.ask(operation.method, pathOf(operation), {
        ...asked,
        token: node.token('uss1', set.join(' ')),
      })
      expect([401, 403]).not.toContain(reply.status)
      expect(reply.status).toBeLessThan(500)
    }
  })
})

describe('a good token', () => {
  const path = '/dss/v1/uss_availability/uss9'
  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('is taken after %s', async (scheme) => {
    const reply = await node.ask('GET', path, { token: null, headers: { authorization: `${scheme} ${node.token()}` } })
    expect([reply.status, reply.text]).toEqual([200, expect.any(String)])
  })

  test.each([
    ['an audience of the node', { aud: 'pool.example' }],
    ['127.0.0.1', { aud: '127.0.0.1' }],
    ['a list that holds one', { aud: ['elsewhere.example', 'localhost'] }],
    ['a nearly expired one', { exp: Math.floor(Date.now() / 1000) + 30 }],
    ['one of nearly an hour', { exp: Math.floor(Date.now() / 1000) + 3590 }],
    ['one valid since now', { nbf: Math.floor(Date.now() / 1000) }],
    ['scopes parted by several spaces', { scope: '  x   utm.strategic_coordination ' }],
    ['an unknown kid', {}],
  ])('%s', async (name, claims) => {
    const header = name === 'an unknown kid' ? { alg: 'RS256', kid: 'nobody' } : undefined
    const reply = await node.ask('GET', path, {
      token: makeToken(node.privateKey, { ...goodClaims(), ...claims }, header),
    })
    expect([reply.status, reply.text]).toEqual([200, expect.any(String)])
  })
})

describe('what asks for no token', () => {
  test.each(open.map((operation) => [operation.operationId, operation] as const))(
    '%s answers without one, and with a bad one',
    async (_name, operation) => {
      for (const authorization of [undefined, 'Bearer nonsense']) {
        const reply = await node.ask(operation.method, pathOf(operation), {
          token: null,
          ...(authorization && { headers: { authorization } }),
        })
        expect([401, 403]).not.toContain(reply.status)
        expect(reply.status).toBeLessThan(500)
      }
    },
  )

  test('are the version, the certificates, the health, the description, the status and the issuer', () => {
    expect(open.map(({ path }) => path).toSorted()).toEqual([
      '/.well-known/jwks.json',
      '/aux/v1/configuration/accepted_ca_certs',
      '/aux/v1/configuration/ca_certs',
      '/aux/v1/version',
      '/healthy',
      '/openapi.json',
      '/parley/v1/status',
      '/token',
      '/token/public-key.pem',
    ])
  })
})

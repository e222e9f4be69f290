import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { systemClock } from '@parley/units'
import { expect, test } from 'vitest'
import { TokenVerifier } from './auth.ts'

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength })
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function bearer(key: KeyObject): string {
  const exp = Math.floor(Date.now() / 1000) + 600
  const signed = `${part({ alg: 'RS256' })}.${part({ sub: 'uss1', iss: 'i', aud: 'pool', exp, scope: 'a b' })}`
  return `Bearer ${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

const verifierFor = (...keys: KeyObject[]): TokenVerifier =>
  new TokenVerifier({ trusted: { keys: () => Promise.resolve(keys) }, audiences: ['pool'], clock: systemClock })

test('a token is good by any of the trusted keys, whatever the others are', async () => {
  const [first, second] = [rsa(2048), rsa(2048)]
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const verifier = verifierFor(curve.publicKey, first.publicKey, second.publicKey)
  for (const { privateKey } of [first, second]) {
    const token = bearer(privateKey)
    expect(verifier.known(token)).toBeNull()
    expect(await verifier.verify(token)).toMatchObject({ sub: 'uss1', scopes: new Set(['a', 'b']) })
    expect(verifier.known(token)).toMatchObject({ sub: 'uss1' })
  }
})

test.each([
  ['an RSA key of less than 2,048 bits', rsa(1024)],
  ['a key for another algorithm', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['an RSA key for another padding', generateKeyPairSync('rsa-pss', { modulusLength: 2048 })],
])('%s vouches for nothing, trusted or not', async (_name, { privateKey, publicKey }) => {
  await expect(verifierFor(publicKey).verify(bearer(privateKey))).rejects.toMatchObject({
    code: 'AUTH_SIGNATURE_INVALID',
  })
})

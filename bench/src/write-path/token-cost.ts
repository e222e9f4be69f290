import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { systemClock } from '@parley/units'
import { median, microseconds } from '../statistics.ts'

/** The node's own check of bearer tokens; a room of its own has no door for it. */
interface TokenVerifier {
  known(authorization: string | undefined): { readonly sub: string } | null
  verify(authorization: string | undefined): Promise<{ readonly sub: string }>
}

interface AuthModule {
  readonly TokenVerifier: new (options: {
    readonly trusted: { keys(): Promise<readonly KeyObject[]> }
    readonly audiences: readonly string[]
    readonly clock: typeof systemClock
  }) => TokenVerifier
}

const AUTH_MODULE = new URL('../../../apps/node/dist/auth.js', import.meta.url).href
const TOKENS = 2000
const WARM_UP = 500
const ROUNDS = 9
const LOOKUPS = 100_000

/** Microseconds to check a token for the first time (RS256, 2,048 bits) and again. */
export async function tokenCost(): Promise<{ coldUs: number; warmUs: number; right: boolean }> {
  const { TokenVerifier } = (await import(AUTH_MODULE)) as AuthModule
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keys = [createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))]
  const verifier = new TokenVerifier({
    trusted: { keys: () => Promise.resolve(keys) },
    audiences: ['127.0.0.1'],
    clock: systemClock,
  })
  const expS = Math.floor(Date.now() / 1000) + 3000
  const bearers = Array.from({ length: WARM_UP + TOKENS }, (_, index) =>
    bearer(privateKey, { sub: `uss${index}`, expS }),
  )
  let right = true
  for (const one of bearers.slice(0, WARM_UP)) await verifier.verify(one)
  const cold = new Float64Array(TOKENS)
  for (let index = 0; index < TOKENS; index++) {
    const began = process.hrtime.bigint()
    const { sub } = await verifier.verify(bearers[WARM_UP + index])
    cold[index] = Number(process.hrtime.bigint() - began) / 1000
    right &&= sub === `uss${WARM_UP + index}`
  }
  const rounds: number[] = []
  const last = bearers.at(-1)
  for (let round = 0; round < ROUNDS; round++) {
    let found = 0
    const spent = microseconds(() => {
      for (let lookup = 0; lookup < LOOKUPS; lookup++) if (verifier.known(last) !== null) found++
    })
    right &&= found === LOOKUPS
    rounds.push(spent / LOOKUPS)
  }
  const forged = bearer(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, { sub: 'x', expS })
  right &&= await verifier.verify(forged).then(
    () => false,
    () => true,
  )
  return { coldUs: median([...cold]), warmUs: median(rounds), right }
}

function bearer(key: KeyObject, { sub, expS }: { readonly sub: string; readonly expS: number }): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { aud: '127.0.0.1', scope: 'utm.strategic_coordination', iss: 'bench', exp: expS, sub }
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
  return `Bearer ${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

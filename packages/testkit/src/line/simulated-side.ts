import { createHash } from 'node:crypto'
import { createSigner, formatIdentity, formatSkey, type Grant, type Signer } from '@parley/record'

/** Kinds that a simulated officer may say: all that needs no root. */
const OFFICER_KINDS = [
  'ack.*',
  'area.*',
  'border.agree',
  'escalation',
  'intent.*',
  'line.open',
  'line.resume',
  'line.suspend',
  'message',
  'message.close',
  'state.digest',
  'watch.close',
  'watch.open',
]

/** The people of one simulated side: three custodians of its root and two officers. All of it follows from the secret. */
export interface SimulatedSide {
  readonly party: string
  readonly root: readonly { readonly person: string; readonly signer: Signer }[]
  readonly officers: readonly { readonly person: string; readonly signer: Signer; readonly skey: string }[]
  /** Identity of the desk that opens seals. */
  readonly identity: string
}

/** The keys of a side at a table, made of 32 secret bytes: the same ones whenever they are asked for. For demonstrations and tests only. */
export function simulatedSide(table: string, party: string, secret: Uint8Array): SimulatedSide {
  const seedOf = (label: string): Uint8Array =>
    createHash('sha256').update(secret).update(`parley-simulated\n${table}\n${party}\n${label}`).digest()
  const keyOf = (label: string): Signer => createSigner({ name: `${party}/${label}`, type: 0x01, seed: seedOf(label) })
  return {
    party,
    root: [1, 2, 3].map((n) => ({ person: `custodian-${n}`, signer: keyOf(`root-${n}`) })),
    officers: ['duty-1', 'duty-2'].map((person) => ({
      person,
      signer: keyOf(person),
      skey: formatSkey({ name: `${party}/${person}`, type: 0x01, seed: seedOf(person) }),
    })),
    identity: formatIdentity(seedOf('desk')),
  }
}

/** What the enrolment says of the officers of a simulated side. */
export const grantsOf = (side: SimulatedSide, notAfterS: number): readonly Grant[] =>
  side.officers.map(({ person, signer }) => ({
    key: signer.key,
    person,
    kinds: OFFICER_KINDS,
    notBeforeIndex: 0,
    notAfterS,
    maxPerDay: 100_000,
  }))

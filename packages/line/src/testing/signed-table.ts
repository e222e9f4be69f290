import {
  type Act,
  createSigner,
  encodeHex,
  type EnrolmentText,
  encodeUtf8,
  formatEnrolmentText,
  formatNote,
  type Grant,
  type KeyType,
  keysOf,
  openEnrolment,
  sha256,
  signAct,
  signText,
  type Signer,
} from '@parley/record'
import { enrolmentFingerprint } from '@parley/record'
import type { Charter, CharterParty } from '../charter/charter.ts'
import { defaultCharter } from '../charter/default-charter.ts'
import { formatCharter } from '../charter/charter-text.ts'
import { NOON_S, TABLE } from './said-table.ts'

const KINDS = [
  'ack.*',
  'area.*',
  'border.agree',
  'intent.*',
  'line.open',
  'line.resume',
  'line.suspend',
  'message',
  'state.digest',
  'watch.*',
]

/** The keys of one member: three custodians, two officers, a log and its cosigners, the same in every run. */
export interface MemberKeys {
  readonly party: string
  readonly origin: string
  readonly root: readonly Signer[]
  readonly officers: readonly Signer[]
  readonly enrolment: EnrolmentText
}

const signerOf = (name: string, type: KeyType = 0x01): Signer =>
  createSigner({ name, type, seed: sha256(encodeUtf8(`signed-table ${name}`)) })

export function memberKeys(party: string): MemberKeys {
  const origin = `${TABLE}.parley/${party}/1`
  const log = signerOf(origin)
  const mirror = signerOf(`${party}/mirror`, 0x04)
  const witness = signerOf(`${party}/witness`, 0x04)
  const root = [1, 2, 3].map((i) => signerOf(`${party}/root-${i}`))
  const officers = [1, 2].map((i) => signerOf(`${party}/duty-${i}`))
  const grants = officers.map(
    ({ key }, i): Grant => ({
      key,
      person: `officer-${i + 1}`,
      kinds: KINDS,
      notBeforeIndex: 0,
      notAfterS: 4_000_000_000,
      maxPerDay: 10_000,
    }),
  )
  const text = formatEnrolmentText({
    table: TABLE,
    party,
    atS: NOON_S,
    logNumber: 1,
    log: log.key,
    mirrors: [mirror.key],
    witnesses: [witness.key],
    root: root.map(({ key }, i) => ({ person: `custodian-${i + 1}`, key })),
    officers: grants,
    desks: [],
    tlsPins: [encodeHex(sha256(encodeUtf8(party)))],
  })
  const signatures = [log, mirror, witness, ...root, ...officers].map((signer) => signText(text, signer, NOON_S))
  const enrolment = openEnrolment(formatNote({ text, signatures }))
  if (keysOf(enrolment.enrolment).length !== signatures.length) throw new Error('a key has not signed')
  return { party, origin, root, officers, enrolment }
}

/** The charter of these members, the observers named among them, and its note signed by the custodians given. */
export function signedCharter(
  members: readonly MemberKeys[],
  {
    observers = [],
    change = {},
    signers = members.flatMap(({ root }) => root.slice(0, 2)),
  }: {
    readonly observers?: readonly string[]
    readonly change?: Partial<Omit<Charter, 'table' | 'parties'>>
    readonly signers?: readonly Signer[]
  } = {},
): { readonly charter: Charter; readonly text: string; readonly note: Uint8Array } {
  const parties = members.map(
    ({ party, enrolment }): CharterParty => ({
      party,
      title: { en: party },
      role: observers.includes(party) ? 'observer' : 'party',
      roles: ['duty', 'lead'],
      enrolment: enrolmentFingerprint(enrolment.text),
    }),
  )
  const charter = defaultCharter({ table: TABLE, atS: NOON_S, parties, change })
  const text = formatCharter(charter)
  return {
    charter,
    text,
    note: formatNote({ text, signatures: signers.map((signer) => signText(text, signer, NOON_S)) }),
  }
}

let drawn = 0

/** The entry of an act of a member, signed by its first officer unless said otherwise. */
export function signedEntry(
  member: MemberKeys,
  over: Partial<Act> & Pick<Act, 'kind'>,
  signers: readonly Signer[] = member.officers.slice(0, 1),
): Uint8Array {
  drawn += 1
  return signAct(
    {
      v: 1,
      table: TABLE,
      o: member.origin,
      id: encodeHex(sha256(encodeUtf8(`act ${drawn}`))).slice(0, 32),
      at: NOON_S,
      seen: [],
      to: [],
      body: {},
      ...over,
    },
    signers,
  )
}

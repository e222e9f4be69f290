import { createHash } from 'node:crypto'
import { type Act, formatActText, signAct } from '../act.ts'
import { encodeBase64 } from '../base64.ts'
import { concatBytes, encodeHex } from '../bytes.ts'
import type { JsonObject } from '../canonical-json.ts'
import type { Enrolment } from '../keys/enrolment.ts'
import { formatEnrolmentText, keysOf } from '../keys/enrolment.ts'
import type { Grant } from '../keys/grant.ts'
import { signText } from '../keys/possession.ts'
import { leafHash } from '../merkle.ts'
import { formatNote } from '../note.ts'
import { createSigner, type Signer } from '../signer.ts'
import type { KeyType } from '../vkey.ts'
import { ALPHA, BRAVO } from './seal-fixture.ts'

export const TABLE = 'ridge-7'
export const PARTIES = ['north', 'south']
export const AT = 1_700_000_000
/** Long after every act of the tests. */
export const NEVER = 4_000_000_000

/** A signer whose seed is the hash of its name and a salt: the same in every run. */
export function signerOf(name: string, type: KeyType = 0x01, salt = ''): Signer {
  return createSigner({ name, type, seed: new Uint8Array(createHash('sha256').update(`${name} ${salt}`).digest()) })
}

/** Everything one party holds. */
export interface PartyKeys {
  readonly party: string
  readonly origin: string
  readonly log: Signer
  readonly mirror: Signer
  readonly witness: Signer
  readonly root: readonly [Signer, Signer, Signer]
  /** Two persons; `ada` has a second key. */
  readonly ada: Signer
  readonly ada2: Signer
  readonly ben: Signer
  /** May delegate messages. */
  readonly chief: Signer
}

export function partyKeys(party: string, salt = ''): PartyKeys {
  const key = (name: string, type: KeyType = 0x01): Signer => signerOf(`${party}/${name}`, type, salt)
  return {
    party,
    origin: `${TABLE}.parley/${party}/1`,
    log: signerOf(`${TABLE}.parley/${party}/1`, 0x01, salt),
    mirror: key('mirror', 0x04),
    witness: key('witness', 0x04),
    root: [key('root-1'), key('root-2'), key('root-3')],
    ada: key('duty-1'),
    ada2: key('duty-1b'),
    ben: key('duty-2'),
    chief: key('chief'),
  }
}

export const grantOf = (signer: Signer, person: string, over: Partial<Grant> = {}): Grant => ({
  key: signer.key,
  person,
  kinds: ['ack.*', 'agreement.*', 'message', 'sealed', 'seal.fault', 'state.digest', 'test', 'zone.*'].sort(),
  notBeforeIndex: 0,
  notAfterS: NEVER,
  maxPerDay: 100,
  ...over,
})

export function enrolmentOf(keys: PartyKeys, over: Partial<Enrolment> = {}): Enrolment {
  const desk = keys.party === 'north' ? ALPHA : BRAVO
  return {
    table: TABLE,
    party: keys.party,
    atS: AT,
    logNumber: 1,
    log: keys.log.key,
    mirrors: [keys.mirror.key],
    witnesses: [keys.witness.key],
    root: keys.root.map(({ key }, i) => ({ person: `custodian-${i + 1}`, key })),
    officers: [
      grantOf(keys.ada, 'ada'),
      grantOf(keys.ada2, 'ada'),
      grantOf(keys.ben, 'ben'),
      grantOf(keys.chief, 'chief', { kinds: ['key.delegate', 'message', 'test'], maxPerDay: 10 }),
    ],
    desks: [{ desk: 'duty', recipient: desk.recipient }],
    tlsPins: [createHash('sha256').update(keys.party).digest('hex')],
    ...over,
  }
}

export const signersOf = (keys: PartyKeys): readonly Signer[] => [
  keys.log,
  keys.mirror,
  keys.witness,
  ...keys.root,
  keys.ada,
  keys.ada2,
  keys.ben,
  keys.chief,
]

/** The enrolment as a note signed by every key in it. */
export function signedEnrolment(keys: PartyKeys, over: Partial<Enrolment> = {}): Uint8Array {
  const enrolment = enrolmentOf(keys, over)
  const text = formatEnrolmentText(enrolment)
  const signers = signersOf(keys).filter(({ key }) => keysOf(enrolment).some(({ keyId }) => keyId === key.keyId))
  return formatNote({ text, signatures: signers.map((signer) => signText(text, signer, AT)) })
}

let counter = 0

/** An act of the party, a message unless said otherwise, with an id of its own. */
export function actOf(keys: PartyKeys, over: Partial<Act> = {}): Act {
  counter += 1
  return {
    v: 1,
    table: TABLE,
    o: keys.origin,
    id: encodeHex(new Uint8Array(createHash('md5').update(String(counter)).digest())),
    kind: 'message',
    at: AT,
    seen: [],
    to: [],
    body: { text: 'all quiet' },
    ...over,
  }
}

/** The entry of an act signed by any of our keys, node keys included, in this order. */
export function entryOf(act: Act, signers: readonly Signer[]): Uint8Array {
  if (signers.every(({ key }) => key.type === 0x01)) return signAct(act, signers)
  const text = formatActText(act)
  return formatNote({ text, signatures: signers.map((signer) => signText(text, signer, AT)) })
}

export const keyAct = (keys: PartyKeys, kind: string, body: JsonObject): Act => actOf(keys, { kind, body })
export const leafText = (entry: Uint8Array): string => encodeBase64(leafHash(entry))

/** The entry with a bit of its last signature flipped. */
export function spoilSignature(entry: Uint8Array): Uint8Array {
  const out = concatBytes(entry)
  const at = out.length - 20
  out[at] = out[at] === 0x41 ? 0x42 : 0x41
  return out
}

import { encodeHex, encodeUtf8 } from '../bytes.ts'
import { formatCanonicalJson, type JsonObject, type JsonValue, parseCanonicalJson } from '../canonical-json.ts'
import { isRecordError, RecordError, shown } from '../errors.ts'
import { parseNote } from '../note.ts'
import { parseLogName } from '../origin.ts'
import { parseRecipient } from '../seal/recipient.ts'
import { MAX_SIGNATURES, type SignatureLine } from '../signature-line.ts'
import { formatVkey, type KeyType, parseVkey, type VerifierKey } from '../vkey.ts'
import { FieldReader, isPin } from './fields.ts'
import { type Grant, grantBody, readGrant, wideningOf } from './grant.ts'
import { DEFAULT_KIND_RULES } from './kinds.ts'
import { verifyText } from './possession.ts'

export const ENROLMENT_HEADER = 'parley.enrol/v1'
export const ROOT_CUSTODIANS = 3
/** Custodians that must sign what only the root may say. */
export const ROOT_THRESHOLD = 2

/** One of the three who hold a party's root. */
export interface Custodian {
  readonly person: string
  readonly key: VerifierKey
}

/** Where a desk of a party receives seals. */
export interface SealDesk {
  readonly desk: string
  /** `age1…` or `age1pq1…`. */
  readonly recipient: string
}

/** Everything one party brings to a table (record.md 2.5): what the other side must have compared before it trusts it. */
export interface Enrolment {
  readonly table: string
  readonly party: string
  /** Unix seconds at which it was written. */
  readonly atS: number
  /** Number of the log, the last part of its origin; 1 at a first enrolment. */
  readonly logNumber: number
  /** Signs checkpoints; its name is the origin `<table>.parley/<party>/<number>`. */
  readonly log: VerifierKey
  readonly mirrors: readonly VerifierKey[]
  readonly witnesses: readonly VerifierKey[]
  readonly root: readonly Custodian[]
  readonly officers: readonly Grant[]
  readonly desks: readonly SealDesk[]
  /** SHA-256 of the node's SubjectPublicKeyInfo, hex, sorted. */
  readonly tlsPins: readonly string[]
}

/** An enrolment with the text it was read from: the text, never the note, is what is committed to and compared. */
export interface EnrolmentText {
  readonly enrolment: Enrolment
  readonly text: string
}

const FIELDS = ['at', 'log', 'mirrors', 'officers', 'party', 'root', 'seal', 'table', 'tls', 'v', 'witnesses']

/** Every key of an enrolment in the order of its fields. */
export function keysOf(enrolment: Enrolment): readonly VerifierKey[] {
  return [
    enrolment.log,
    ...enrolment.mirrors,
    ...enrolment.officers.map(({ key }) => key),
    ...enrolment.root.map(({ key }) => key),
    ...enrolment.witnesses,
  ]
}

/** The text of an enrolment note, to be signed by every key in it. Throws what `parseEnrolmentText` throws. */
export function formatEnrolmentText(enrolment: Enrolment): string {
  const value: JsonObject = {
    at: enrolment.atS,
    log: formatVkey(enrolment.log),
    mirrors: enrolment.mirrors.map(formatVkey),
    officers: enrolment.officers.map(grantBody),
    party: enrolment.party,
    root: enrolment.root.map(({ person, key }) => ({ person, vkey: formatVkey(key) })),
    seal: enrolment.desks.map(({ desk, recipient }) => ({ desk, recipient })),
    table: enrolment.table,
    tls: [...enrolment.tlsPins],
    v: 1,
    witnesses: enrolment.witnesses.map(formatVkey),
  }
  const text = `${ENROLMENT_HEADER}\n${formatCanonicalJson(value)}\n`
  parseEnrolmentText(text)
  return text
}

/**
 * Reads the text of an enrolment and vets every key, recipient and pin in it: good public keys, none twice under any
 * name, no two with one name and key id, three root custodians who are three persons, names that begin with the party's.
 * Signatures are not looked at: `openEnrolment`. Throws ENROLMENT_FIELD, ENROLMENT_KEY.
 */
export function parseEnrolmentText(text: string): Enrolment {
  const refuse = (field: string, value: string | number | null, rule: string): RecordError =>
    new RecordError('ENROLMENT_FIELD', { field, value, rule })
  const lines = text.split('\n')
  if (lines.length !== 3 || lines[2] !== '' || lines[0] !== ENROLMENT_HEADER) {
    throw refuse('enrolment', shown(lines[0] as string), `must be the line ${ENROLMENT_HEADER} and one line of JSON`)
  }
  let value: JsonValue
  try {
    value = parseCanonicalJson(encodeUtf8(lines[1] as string))
  } catch (error) {
    if (!isRecordError(error)) throw error
    throw new RecordError('ENROLMENT_FIELD', error.details, { cause: error })
  }
  const fields = new FieldReader(value, 'ENROLMENT_FIELD').only(...FIELDS)
  fields.integer('v', { min: 1, max: 1 })
  const table = fields.identifier('table')
  const party = fields.identifier('party')
  const log = fields.parsed('log', parseVkey)
  const enrolment: Enrolment = {
    table,
    party,
    atS: fields.integer('at', { min: 0 }),
    logNumber: logNumberOf(log, { table, party }),
    log,
    mirrors: cosigners(fields, 'mirrors'),
    witnesses: cosigners(fields, 'witnesses'),
    root: fields.objects('root').map(readCustodian),
    officers: fields.objects('officers').map(readGrant),
    desks: fields.objects('seal').map((desk) => {
      desk.only('desk', 'recipient')
      return { desk: desk.identifier('desk'), recipient: desk.parsed('recipient', parseRecipient).text }
    }),
    tlsPins: fields.texts('tls'),
  }
  checkKeys(enrolment)
  if (enrolment.root.length !== ROOT_CUSTODIANS)
    throw refuse('root', enrolment.root.length, `must be ${ROOT_CUSTODIANS} custodians`)
  if (new Set(enrolment.root.map(({ person }) => person)).size !== ROOT_CUSTODIANS) {
    throw refuse('root', null, `must be ${ROOT_CUSTODIANS} different persons`)
  }
  for (const officer of enrolment.officers) {
    const widening = wideningOf(officer, null, DEFAULT_KIND_RULES)
    if (widening !== null) throw new RecordError('ENROLMENT_FIELD', widening.details)
  }
  sortedOnce(
    enrolment.desks.map(({ desk }) => desk),
    'seal',
    refuse,
  )
  sortedOnce(enrolment.tlsPins, 'tls', refuse)
  if (new Set(enrolment.desks.map(({ recipient }) => recipient)).size !== enrolment.desks.length) {
    throw refuse('seal', null, 'must have a recipient of its own for every desk')
  }
  const badPin = enrolment.tlsPins.find((pin) => !isPin(pin))
  if (badPin !== undefined)
    throw refuse('tls', shown(badPin), 'must be SHA-256 of public keys as 64 lower-case hex digits')
  return enrolment
}

function logNumberOf(log: VerifierKey, { table, party }: { readonly table: string; readonly party: string }): number {
  try {
    const name = parseLogName(log.name)
    if (log.type === 0x01 && name.table === table && name.party === party) return name.number
  } catch (error) {
    if (!isRecordError(error)) throw error
  }
  throw new RecordError('ENROLMENT_KEY', {
    field: 'log',
    value: shown(log.name),
    rule: `must be a key of type 0x01 named ${table}.parley/${party}/<number from 1>`,
  })
}

function readCustodian(fields: FieldReader): Custodian {
  fields.only('person', 'vkey')
  const key = fields.parsed('vkey', parseVkey)
  if (key.type !== 0x01) throw fields.refusal('vkey', 'must be of type 0x01')
  return { person: fields.identifier('person'), key }
}

function cosigners(fields: FieldReader, field: string): readonly VerifierKey[] {
  const keys = fields.texts(field).map((text) => {
    try {
      return parseVkey(text)
    } catch (error) {
      if (!isRecordError(error)) throw error
      throw new RecordError('ENROLMENT_KEY', { ...error.details, field }, { cause: error })
    }
  })
  if (keys.length === 0) throw fields.refusal(field, 'must name at least one key')
  const cosigning: readonly KeyType[] = [0x04, 0x06]
  if (keys.some(({ type }) => !cosigning.includes(type))) throw fields.refusal(field, 'must be of type 0x04 or 0x06')
  return keys
}

function checkKeys(enrolment: Enrolment): void {
  const keys = keysOf(enrolment)
  const refuse = (key: VerifierKey, rule: string): RecordError =>
    new RecordError('ENROLMENT_KEY', { field: 'vkey', value: shown(formatVkey(key)), rule })
  if (keys.length > MAX_SIGNATURES) {
    throw new RecordError('ENROLMENT_KEY', {
      field: 'enrolment',
      value: keys.length,
      rule: `must hold at most ${MAX_SIGNATURES} keys, since each signs the note: delegate further officers by key.delegate`,
    })
  }
  const byKey = new Set<string>()
  const byId = new Set<string>()
  const byName = new Map<string, KeyType>()
  for (const key of keys) {
    const content = encodeHex(key.publicKey)
    if (byKey.has(content)) throw refuse(key, 'must not be a public key that stands twice, under whatever name')
    byKey.add(content)
    const id = `${key.name}+${key.keyId}`
    if (byId.has(id)) throw refuse(key, 'must not share name and key id with another')
    byId.add(id)
    const other = byName.get(key.name)
    // A mirror may have an Ed25519 and an ML-DSA key under its one name (tlog-cosignature); nothing else shares one.
    if (other !== undefined && (key.type === 0x01 || other === 0x01 || other === key.type)) {
      throw refuse(key, 'must have a name of its own')
    }
    byName.set(key.name, key.type)
    if (key !== enrolment.log && !key.name.startsWith(`${enrolment.party}/`)) {
      throw refuse(key, `must have a name that begins with ${enrolment.party}/`)
    }
  }
}

function sortedOnce(
  values: readonly string[],
  field: string,
  refuse: (field: string, value: string | null, rule: string) => RecordError,
): void {
  const found = values.find((value, i) => i > 0 && (values[i - 1] as string) >= value)
  if (found !== undefined) throw refuse(field, shown(found), 'must be sorted, none twice')
}

/** What signatures an enrolment carries. */
export interface EnrolmentSignatures {
  readonly signed: readonly VerifierKey[]
  readonly missing: readonly VerifierKey[]
}

/**
 * Which keys of an enrolment have signed its text. Lines of other keys are set aside. Throws ENROLMENT_UNSIGNED for a
 * line of one of its keys that does not verify.
 */
export function enrolmentSignatures(
  { enrolment, text }: EnrolmentText,
  lines: readonly SignatureLine[],
): EnrolmentSignatures {
  const signed: VerifierKey[] = []
  const missing: VerifierKey[] = []
  for (const key of keysOf(enrolment)) {
    const line = lines.find(({ name, keyId }) => name === key.name && keyId === key.keyId)
    if (line === undefined) {
      missing.push(key)
      continue
    }
    if (!verifyText(key, text, line)) {
      throw new RecordError('ENROLMENT_UNSIGNED', {
        field: 'signature line',
        value: shown(key.name),
        rule: 'must verify',
      })
    }
    signed.push(key)
  }
  return { signed, missing }
}

/**
 * Opens an enrolment note: vetted as `parseEnrolmentText` does, and signed by every key in it, which shows that the party
 * holds them, its root among them. That the party is who it says only the comparison of both sides' codes can show.
 * Throws ENROLMENT_FIELD, ENROLMENT_KEY, ENROLMENT_UNSIGNED, and what `parseNote` throws.
 */
export function openEnrolment(note: Uint8Array): EnrolmentText {
  const { text, signatures } = parseNote(note)
  const opened: EnrolmentText = { enrolment: parseEnrolmentText(text), text }
  const { missing } = enrolmentSignatures(opened, signatures)
  const [first] = missing
  if (first !== undefined) {
    throw new RecordError('ENROLMENT_UNSIGNED', {
      field: 'signature lines',
      value: missing.length,
      rule: `must be there for every key in the enrolment; the first one missing is ${first.name}`,
    })
  }
  return opened
}

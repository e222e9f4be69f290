import type { ParsedAct } from '../act.ts'
import { RecordError, shown } from '../errors.ts'
import { formatVkey, type VerifierKey } from '../vkey.ts'
import { ROOT_THRESHOLD } from './enrolment.ts'
import { type Grant, wideningOf } from './grant.ts'
import { type KeyAct, tryKeyAct } from './key-acts.ts'
import { countsAt, type KeyBook, type KeyRecord, type OfficerGrant, recordOfPublicKey } from './key-book.ts'
import { isNodeRole, type KeyEffect } from './key-effect.ts'
import { coversKind } from './kinds.ts'
import { verifyText } from './possession.ts'
import { type Reason, type ReasonCode, reason } from './reasons.ts'
import { useKey, usesBefore } from './uses.ts'

interface Place {
  readonly index: number
  /** Known keys whose line on this act verified. */
  readonly signers: readonly KeyRecord[]
}

interface Judged {
  readonly reasons: readonly Reason[]
  readonly effect: KeyEffect | null
}

/** How many custodians of the root, as persons, signed with keys that count at this index. */
export function rootSigners(signers: readonly KeyRecord[], index: number): number {
  return new Set(
    signers.filter((record) => record.role === 'root' && countsAt(record, index)).map(({ person }) => person),
  ).size
}

/** What a key act does, or why it does nothing. Decided by the log up to `index` and nothing else. */
export function judgeKeyAct(book: KeyBook, parsed: ParsedAct, place: Place): Judged {
  const { act } = parsed
  if (act.exp !== undefined) {
    return refuse('key-act.exp', 'exp', {
      value: act.exp,
      rule: 'must not be there: keys cannot depend on when an act arrived',
    })
  }
  if (act.ref !== undefined && act.ref.o !== book.origin) {
    return refuse('key-act.ref', 'ref.o', {
      value: shown(act.ref.o),
      rule: 'must be this log: keys cannot depend on another',
    })
  }
  const keyAct = tryKeyAct(act)
  if (keyAct instanceof RecordError) return refuse('key-act.body', keyAct.details.field, keyAct.details)
  if (keyAct === null)
    return refuse('act.kind', 'kind', { value: shown(act.kind), rule: 'must be a known kind of key act' })
  switch (keyAct.kind) {
    case 'delegate':
      return judgeDelegation(book, { grant: keyAct.grant, atS: act.at, place })
    case 'rotate-key':
      return judgeRotation(book, { keyAct, parsed, place })
    case 'revoke':
      return judgeRevocation(book, keyAct, place)
    case 'seal':
    case 'rotate-seal':
    case 'revoke-seal':
    case 'rotate-tls':
    case 'revoke-tls':
      return rootSigners(place.signers, place.index) < ROOT_THRESHOLD
        ? unsignedByRoot(place)
        : judgeAddress(book, keyAct, place)
    case 'continue':
      return refuse('key-act.body', 'kind', { value: shown(act.kind), rule: 'must be entry 0 of the log that goes on' })
  }
}

function refuse(
  code: ReasonCode,
  field: string,
  { value, rule }: { readonly value: string | number | null; readonly rule: string },
): Judged {
  return { reasons: [reason(code, field, { value, rule })], effect: null }
}

const unsignedByRoot = ({ signers, index }: Place): Judged =>
  refuse('key-act.unsigned', 'signature lines', {
    value: rootSigners(signers, index),
    rule: `must be of ${ROOT_THRESHOLD} custodians of the root`,
  })

/** A key that enters the book must be new to it, and its name must be free. */
function newcomerFault(
  book: KeyBook,
  key: VerifierKey,
  { index, replaces }: { index: number; replaces: KeyRecord | null },
): Judged | null {
  const duplicate = (rule: string): Judged =>
    refuse('key-act.duplicate-key', 'vkey', { value: shown(formatVkey(key)), rule })
  if (recordOfPublicKey(book, key.publicKey, index) !== null) return duplicate('must not be a key this log has known')
  const namesakes = book.keys.filter((record) => record.enteredAt < index && record.key.name === key.name)
  if (namesakes.some((record) => record.key.keyId === key.keyId))
    return duplicate('must not share name and key id with another')
  if (namesakes.some((record) => record !== replaces && (record.until === null || record.until > index))) {
    // A mirror's Ed25519 and ML-DSA keys share its one name.
    const shared = replaces !== null && namesakes.every((record) => record.role === replaces.role)
    if (!shared) return duplicate('must have a name that no other key has')
  }
  const mustStart = replaces?.role === 'log' ? book.origin : `${book.party}/`
  if (replaces?.role === 'log' ? key.name !== mustStart : !key.name.startsWith(mustStart)) {
    return refuse('key-act.body', 'vkey', {
      value: shown(key.name),
      rule: `must have a name that begins with ${mustStart}`,
    })
  }
  return null
}

function judgeDelegation(
  book: KeyBook,
  { grant, atS, place }: { readonly grant: Grant; readonly atS: number; readonly place: Place },
): Judged {
  const { index, signers } = place
  let by: KeyRecord | null = null
  if (rootSigners(signers, index) < ROOT_THRESHOLD) {
    const officers = signers.filter((record) => record.role === 'officer' && countsAt(record, index))
    by = officers.find((record) => record.grant !== null && coversKind(record.grant.kinds, 'key.delegate')) ?? null
    const under = by?.grant ?? null
    if (by === null || under === null) {
      return refuse('key-act.unsigned', 'signature lines', {
        value: signers.length,
        rule: `must be of ${ROOT_THRESHOLD} custodians of the root, or of an officer who may delegate`,
      })
    }
    const name = shown(by.key.name)
    if (under.depth !== 1) {
      const rule = 'must not delegate further: it holds what another officer delegated'
      return refuse('key-act.depth', 'signature line', { value: name, rule })
    }
    // By the claimed time: when the act arrived must not decide who may speak.
    if (atS > under.notAfterS) {
      const rule = `must not be later than ${under.notAfterS}, when ${name} expires`
      return refuse('grant.expired', 'at', { value: atS, rule })
    }
    const used = usesBefore(book, useKey(under.id, atS), index)
    if (used >= under.maxPerDay) {
      const rule = `must be at most ${under.maxPerDay} acts a day by ${name}`
      return refuse('grant.quota', 'signature line', { value: used + 1, rule })
    }
  }
  const duplicate = newcomerFault(book, grant.key, { index, replaces: null })
  if (duplicate !== null) return duplicate
  const widening = wideningOf(grant, by?.grant ?? null, book.rules)
  if (widening !== null) return refuse('key-act.scope', widening.details.field, widening.details)
  const officer: OfficerGrant = { ...grant, id: index + GRANTS_OF_ENROLMENT, depth: by === null ? 1 : 2, by }
  return { reasons: [], effect: { kind: 'add-officer', key: grant.key, grant: officer } }
}

/** Grants of the enrolment are numbered from 0, later ones from here by their index. */
const GRANTS_OF_ENROLMENT = 16

function judgeRotation(
  book: KeyBook,
  { keyAct, parsed, place }: { keyAct: KeyAct & { kind: 'rotate-key' }; parsed: ParsedAct; place: Place },
): Judged {
  const { index, signers } = place
  const { old, next, role } = keyAct
  const record = recordOfPublicKey(book, old.publicKey, index)
  if (record === null || record.role !== role || record.until !== null) {
    // A later entry may have ended it since: then it still counted here.
    if (record === null || record.role !== role || !countsAt(record, index)) {
      return refuse('key-act.unknown-key', 'old', {
        value: shown(formatVkey(old)),
        rule: `must be a ${role} key in force`,
      })
    }
  }
  const fault = newcomerFault(book, next, { index, replaces: record })
  if (fault !== null) return fault
  const byOld = signers.includes(record)
  const line = parsed.signatures.find(({ name, keyId }) => name === next.name && keyId === next.keyId)
  const byNew = line !== undefined && verifyText(next, parsed.text, line)
  const byRoot = rootSigners(signers, index) >= ROOT_THRESHOLD
  const enough = isNodeRole(record.role) ? byOld && byNew && byRoot : byRoot || (byOld && byNew)
  if (!enough) {
    const rule = isNodeRole(record.role)
      ? `must be of the old key, the new key and ${ROOT_THRESHOLD} custodians of the root`
      : `must be of the old key and the new key, or of ${ROOT_THRESHOLD} custodians of the root`
    const value = [byOld ? 'old' : '', byNew ? 'new' : '', byRoot ? 'root' : ''].filter((who) => who !== '').join(' + ')
    return refuse('key-act.unsigned', 'signature lines', { value: value === '' ? 'none' : value, rule })
  }
  return { reasons: [], effect: { kind: 'replace', old: record, next } }
}

function judgeRevocation(
  book: KeyBook,
  { key, role, suspectSince }: KeyAct & { kind: 'revoke' },
  place: Place,
): Judged {
  const { index, signers } = place
  const record = recordOfPublicKey(book, key.publicKey, index)
  const revokedBefore = record !== null && record.revokedAt !== null && record.revokedAt < index
  const same = record !== null && record.role === role && record.key.type === key.type && record.key.name === key.name
  if (!same || revokedBefore) {
    const rule = revokedBefore ? 'must not be revoked already' : `must be a ${role} key this log knows`
    return refuse('key-act.unknown-key', 'key', { value: shown(formatVkey(key)), rule })
  }
  if (suspectSince !== null && suspectSince > index) {
    return refuse('key-act.body', 'suspect_since', {
      value: suspectSince,
      rule: `must not lie ahead of ${index}, where it stands`,
    })
  }
  if (rootSigners(signers, index) < ROOT_THRESHOLD) return unsignedByRoot(place)
  if (record.role === 'root') {
    const left = book.keys.filter((other) => other.role === 'root' && other !== record && countsAt(other, index)).length
    if (left < ROOT_THRESHOLD) {
      return refuse('key-act.last', 'key', {
        value: shown(key.name),
        rule: `must leave ${ROOT_THRESHOLD} custodians; beyond that, the ceremony is repeated`,
      })
    }
  }
  return { reasons: [], effect: { kind: 'revoke', record, suspectSince } }
}

function judgeAddress(
  book: KeyBook,
  keyAct: KeyAct & { kind: 'seal' | 'rotate-seal' | 'revoke-seal' | 'rotate-tls' | 'revoke-tls' },
  { index }: Place,
): Judged {
  const inForce = ({ from, until }: { from: number; until: number | null }): boolean =>
    from <= index && (until === null || index < until)
  const unknown = (field: string, value: string, rule: string): Judged =>
    refuse('key-act.unknown-key', field, { value: shown(value), rule })
  const taken = (field: string, value: string): Judged =>
    refuse('key-act.duplicate-key', field, { value: shown(value), rule: 'must not be one this log has known' })
  const knownRecipient = (recipient: string): boolean =>
    book.desks.some((desk) => desk.recipient === recipient && desk.from <= index)
  const deskOf = (recipient: string): string | null =>
    book.desks.find((desk) => desk.recipient === recipient && inForce(desk))?.desk ?? null
  switch (keyAct.kind) {
    case 'seal': {
      const { desk, recipient } = keyAct
      return knownRecipient(recipient)
        ? taken('recipient', recipient)
        : { reasons: [], effect: { kind: 'set-desk', desk, recipient } }
    }
    case 'rotate-seal': {
      const desk = deskOf(keyAct.old)
      if (desk === null) return unknown('old', keyAct.old, 'must be the recipient of a desk in force')
      if (knownRecipient(keyAct.next)) return taken('new', keyAct.next)
      return { reasons: [], effect: { kind: 'set-desk', desk, recipient: keyAct.next } }
    }
    case 'revoke-seal': {
      const desk = deskOf(keyAct.recipient)
      if (desk === null) return unknown('key', keyAct.recipient, 'must be the recipient of a desk in force')
      return { reasons: [], effect: { kind: 'set-desk', desk, recipient: null } }
    }
    case 'rotate-tls':
    case 'revoke-tls': {
      const old = keyAct.kind === 'rotate-tls' ? keyAct.old : keyAct.pin
      const next = keyAct.kind === 'rotate-tls' ? keyAct.next : null
      if (!book.pins.some((pin) => pin.pin === old && inForce(pin)))
        return unknown('old', old, 'must be a TLS key in force')
      if (next !== null && book.pins.some((pin) => pin.pin === next && pin.from <= index)) return taken('new', next)
      return { reasons: [], effect: { kind: 'set-pin', old, next } }
    }
  }
}

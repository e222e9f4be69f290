import { encodeHex } from '../bytes.ts'
import type { VerifierKey } from '../vkey.ts'
import type { Enrolment } from './enrolment.ts'
import type { Grant } from './grant.ts'
import { createIdTable, type IdTable } from './id-table.ts'
import { DEFAULT_KIND_RULES, type KindRule } from './kinds.ts'

export type KeyRole = 'root' | 'log' | 'mirror' | 'witness' | 'officer'

/** One key of a party over the life of its log. Positions are indices of that log. */
export interface KeyRecord {
  readonly key: VerifierKey
  readonly role: KeyRole
  /** Who holds it; null for keys that a node holds. */
  readonly person: string | null
  /** An officer's scope; null for every other role. */
  readonly grant: OfficerGrant | null
  /** The entry that brought it in, -1 for the enrolment. Before it, nobody knew the key. */
  readonly enteredAt: number
  /** It counts from here on. */
  readonly from: number
  /** It no longer counts from here on; null while it does. */
  until: number | null
  /** The entry that revoked it, null when it was rotated out or still counts. */
  revokedAt: number | null
  /** Acts from here to `revokedAt` are contested; null when the revocation claims nothing about the past. */
  suspectSince: number | null
}

/** A grant with its place in the chain of delegation. */
export interface OfficerGrant extends Grant {
  /** Stays the same when the key is rotated, so that a new key brings no new quota. */
  readonly id: number
  /** 1 when the root granted it, 2 when an officer did. */
  readonly depth: 1 | 2
  /** The officer who granted it, null for the root. */
  readonly by: KeyRecord | null
}

/** A desk's recipient from an index on. */
export interface DeskRecord {
  readonly desk: string
  readonly recipient: string
  readonly from: number
  until: number | null
}

/** The SHA-256 of a TLS key the node may show, from an index on. */
export interface PinRecord {
  readonly pin: string
  readonly from: number
  until: number | null
}

/** A head this log cited, where it grew. */
interface SeenStep {
  readonly index: number
  readonly n: number
  readonly r: string
}

/**
 * Everything one party's log says of who may speak in it: a projection of its enrolment and its entries in order, and of
 * nothing else, so that two replicas with the same prefix hold the same book. Entries are added by `applyEntry`; it keeps
 * the history, so that `judgeAct` answers for any index up to `size` alike, whatever came later.
 */
export interface KeyBook {
  readonly table: string
  readonly party: string
  readonly origin: string
  readonly parties: ReadonlySet<string>
  readonly rules: readonly KindRule[]
  /** Seconds by which a claimed time may differ from the time of receipt. */
  readonly skewS: number
  /** Entries applied; the index of the next. */
  size: number
  readonly keys: KeyRecord[]
  readonly desks: DeskRecord[]
  readonly pins: PinRecord[]
  /** The first index of each act id. */
  readonly ids: IdTable
  /** Per log, the heads cited, growing. */
  readonly seen: Map<string, SeenStep[]>
  /** Per grant and UTC day, the indices at which it was used. */
  readonly uses: Map<string, number[]>
}

export interface KeyBookOptions {
  /** Ids of all parties of the table, the log's own among them. */
  readonly parties: readonly string[]
  /** The charter's kinds; the default table when left out. */
  readonly rules?: readonly KindRule[]
  /** The charter's skew in seconds; 300 when left out. */
  readonly skewS?: number
}

/** Five minutes: a mirror cosigns within seconds when the line is open, and clocks on both sides are kept to 30 s. */
export const DEFAULT_SKEW_S = 300

/** The book of a log of which no entry was applied: what the enrolment grants, from index 0. */
export function createKeyBook(enrolment: Enrolment, options: KeyBookOptions): KeyBook {
  const book = emptyBook(enrolment, options)
  const add = (key: VerifierKey, role: KeyRole, person: string | null): void => {
    book.keys.push(newRecord({ key, role, person, grant: null, enteredAt: -1, from: 0 }))
  }
  add(enrolment.log, 'log', null)
  for (const key of enrolment.mirrors) add(key, 'mirror', null)
  for (const key of enrolment.witnesses) add(key, 'witness', null)
  for (const { key, person } of enrolment.root) add(key, 'root', person)
  enrolment.officers.forEach((grant, id) => {
    const { key, person, notBeforeIndex } = grant
    const officer: OfficerGrant = { ...grant, id, depth: 1, by: null }
    book.keys.push(newRecord({ key, role: 'officer', person, grant: officer, enteredAt: -1, from: notBeforeIndex }))
  })
  for (const { desk, recipient } of enrolment.desks) book.desks.push({ desk, recipient, from: 0, until: null })
  for (const pin of enrolment.tlsPins) book.pins.push({ pin, from: 0, until: null })
  return book
}

export function emptyBook(
  { table, party, log }: Pick<Enrolment, 'table' | 'party' | 'log'>,
  { parties, rules = DEFAULT_KIND_RULES, skewS = DEFAULT_SKEW_S }: KeyBookOptions,
): KeyBook {
  return {
    table,
    party,
    origin: log.name,
    parties: new Set([...parties, party]),
    rules,
    skewS,
    size: 0,
    keys: [],
    desks: [],
    pins: [],
    ids: createIdTable(),
    seen: new Map(),
    uses: new Map(),
  }
}

export function newRecord(
  parts: Pick<KeyRecord, 'key' | 'role' | 'person' | 'grant' | 'enteredAt' | 'from'>,
): KeyRecord {
  return { ...parts, until: null, revokedAt: null, suspectSince: null }
}

/** Whether the key counts at this index. */
export const countsAt = (record: KeyRecord, index: number): boolean =>
  record.from <= index && (record.until === null || index < record.until)

/** The record of a key by name and key id, among those an entry at `index` may know of; null when there is none. */
export function recordOf(
  book: KeyBook,
  { name, keyId }: { readonly name: string; readonly keyId: number },
  index: number,
): KeyRecord | null {
  return (
    book.keys.findLast(({ key, enteredAt }) => key.keyId === keyId && key.name === name && enteredAt < index) ?? null
  )
}

/** The record of a public key under whatever name, among those an entry at `index` may know of; null when there is none. */
export function recordOfPublicKey(book: KeyBook, publicKey: Uint8Array, index: number): KeyRecord | null {
  const content = encodeHex(publicKey)
  return book.keys.findLast(({ key, enteredAt }) => enteredAt < index && encodeHex(key.publicKey) === content) ?? null
}

/**
 * The log keys of which every one must have signed a checkpoint of this size: one, or the old and the new one at the size
 * whose last entry is the rotation; none where the key was revoked without a successor, and then no checkpoint of that
 * size is acceptable: the log must go on under its next number.
 */
export function logKeysForSize(book: KeyBook, size: number): readonly VerifierKey[] {
  // The entry that brings a key in or puts it out stands at from − 1 or until − 1: the head that ends with it has that size.
  return book.keys
    .filter(({ role, from, until }) => role === 'log' && from <= size && (until === null || size <= until))
    .map(({ key }) => key)
}

/** The mirror or witness keys whose cosignature of a head of this size counts. */
export function cosignersForSize(book: KeyBook, role: 'mirror' | 'witness', size: number): readonly VerifierKey[] {
  return book.keys
    .filter((record) => record.role === role && record.from <= size && (record.until === null || size <= record.until))
    .map(({ key }) => key)
}

/** Where each desk of the party receives seals at this index, by desk. */
export function recipientsAt(book: KeyBook, index: number): ReadonlyMap<string, string> {
  const desks = book.desks.filter(({ from, until }) => from <= index && (until === null || index < until))
  return new Map(desks.map(({ desk, recipient }) => [desk, recipient]))
}

/** The TLS keys the party's node may show at this index, SHA-256 in hex. */
export function tlsPinsAt(book: KeyBook, index: number): readonly string[] {
  return book.pins.filter(({ from, until }) => from <= index && (until === null || index < until)).map(({ pin }) => pin)
}

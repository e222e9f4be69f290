import { sha256 } from '#primitives'
import { compareBytes, concatBytes, encodeHex, encodeUtf8, equalBytes } from '../bytes.ts'
import { RecordError, shown } from '../errors.ts'
import { formatVkey, type VerifierKey } from '../vkey.ts'
import { type Enrolment, type EnrolmentText, keysOf, parseEnrolmentText } from './enrolment.ts'

export const NONCE_BYTES = 32
const SAS_PREFIX = encodeUtf8('parley.sas/v1\n')
/** 20 decimal digits take 66.4 bits; the code is the first 66 of the hash. */
const SAS_BITS = 66n
const SAS_DIGITS = 20

/** What one side reveals after both have committed. */
export interface Reveal {
  /** 32 random bytes drawn for this ceremony. */
  readonly nonce: Uint8Array
  /** The text of the enrolment note, without its signature lines. */
  readonly text: string
}

function checkNonce({ nonce }: Reveal): void {
  if (nonce.length === NONCE_BYTES) return
  throw new RecordError('INVALID_LENGTH', { field: 'nonce', value: nonce.length, rule: `must be ${NONCE_BYTES} bytes` })
}

/**
 * What a side sends before it has seen the other's enrolment: SHA-256(nonce ‖ text), 32 bytes. Without it, whoever sits
 * between two sides could search 2^33 enrolments for two that give one comparison code.
 */
export function enrolmentCommit(reveal: Reveal): Uint8Array {
  checkNonce(reveal)
  return sha256(concatBytes(reveal.nonce, encodeUtf8(reveal.text)))
}

/** The full fingerprint of an enrolment: SHA-256 of its text as 64 hex digits, for paper and ink. */
export const enrolmentFingerprint = (text: string): string => encodeHex(sha256(encodeUtf8(text)))

/** The full fingerprint of a key: SHA-256 of its vkey text as 64 hex digits. */
export const keyFingerprint = (key: VerifierKey): string => encodeHex(sha256(encodeUtf8(formatVkey(key))))

/**
 * The code both sides read to each other over a channel nobody between them can speak on: the first 66 bits of
 * SHA-256("parley.sas/v1\n" ‖ both texts in byte order ‖ both nonces in the order of their texts) as 20 decimal digits in
 * 4 groups. The order of the arguments does not matter. Throws CEREMONY_MISMATCH when both texts are one: a side must not
 * compare a code with itself.
 */
export function comparisonCode(ours: Reveal, theirs: Reveal): string {
  checkNonce(ours)
  checkNonce(theirs)
  const sides = [ours, theirs].map(({ text, nonce }) => ({ text: encodeUtf8(text), nonce }))
  sides.sort((a, b) => compareBytes(a.text, b.text))
  const [first, second] = sides as [(typeof sides)[0], (typeof sides)[0]]
  if (equalBytes(first.text, second.text)) {
    throw new RecordError('CEREMONY_MISMATCH', {
      field: 'text',
      value: null,
      rule: 'must differ: these are one enrolment',
    })
  }
  const digest = sha256(concatBytes(SAS_PREFIX, first.text, second.text, first.nonce, second.nonce))
  const bits = BigInt(`0x${encodeHex(digest)}`) >> (256n - SAS_BITS)
  const digits = bits.toString().padStart(SAS_DIGITS, '0')
  return digits.replace(/(\d{5})(?=\d)/g, '$1 ')
}

/** What a side knows when the other reveals. */
export interface CeremonyMemory {
  readonly nowS: number
  /** An enrolment older than this was not written for this ceremony. */
  readonly maxAgeS: number
  /** Commits of every ceremony before this one, hex. */
  readonly usedCommits: ReadonlySet<string>
  /** Public keys in hex and the table each is enrolled at, of every table this side knows. */
  readonly keysElsewhere: ReadonlyMap<string, string>
}

/** A day: a ceremony is an appointment, not a correspondence. */
export const DEFAULT_MAX_AGE_S = 86_400

/**
 * Checks what the other side reveals against the commit it sent before and against one's own enrolment: it must open the
 * commit, be fresh, be for the same table, and hold no key that stands in one's own or is enrolled at another table. Its
 * signatures are checked by `openEnrolment`; then both read `comparisonCode` to each other, because everything here
 * someone in between could have arranged. Throws CEREMONY_MISMATCH, CEREMONY_STALE, ENROLMENT_FIELD, ENROLMENT_KEY.
 */
export function checkReveal(
  ours: Enrolment,
  { commit, reveal }: { readonly commit: Uint8Array; readonly reveal: Reveal },
  memory: CeremonyMemory,
): EnrolmentText {
  if (!equalBytes(enrolmentCommit(reveal), commit)) {
    throw new RecordError('CEREMONY_MISMATCH', {
      field: 'commit',
      value: encodeHex(commit),
      rule: 'must be SHA-256 of the nonce and the text revealed',
    })
  }
  if (memory.usedCommits.has(encodeHex(commit))) {
    throw new RecordError('CEREMONY_STALE', {
      field: 'nonce',
      value: encodeHex(reveal.nonce),
      rule: 'must not have served in an earlier ceremony',
    })
  }
  const theirs = parseEnrolmentText(reveal.text)
  if (Math.abs(memory.nowS - theirs.atS) > memory.maxAgeS) {
    throw new RecordError('CEREMONY_STALE', {
      field: 'at',
      value: theirs.atS,
      rule: `must be within ${memory.maxAgeS} s of now, ${memory.nowS}: an old enrolment is refused`,
    })
  }
  if (theirs.table !== ours.table) {
    throw new RecordError('CEREMONY_MISMATCH', { field: 'table', value: theirs.table, rule: `must be ${ours.table}` })
  }
  if (theirs.party === ours.party) {
    throw new RecordError('CEREMONY_MISMATCH', { field: 'party', value: theirs.party, rule: 'must be another party' })
  }
  checkKeysApart(ours, theirs, memory.keysElsewhere)
  return { enrolment: theirs, text: reveal.text }
}

/** Refuses keys, recipients and pins that both have, and keys that are enrolled at another table. Throws ENROLMENT_KEY. */
export function checkKeysApart(
  ours: Enrolment,
  theirs: Enrolment,
  keysElsewhere: ReadonlyMap<string, string> = new Map(),
): void {
  const refuse = (value: string, rule: string): RecordError =>
    new RecordError('ENROLMENT_KEY', { field: 'vkey', value: shown(value), rule })
  const own = new Set(keysOf(ours).map(({ publicKey }) => encodeHex(publicKey)))
  for (const key of keysOf(theirs)) {
    const content = encodeHex(key.publicKey)
    if (own.has(content)) throw refuse(formatVkey(key), 'must not be a key of our own enrolment')
    const table = keysElsewhere.get(content)
    if (table !== undefined && table !== theirs.table) {
      throw refuse(formatVkey(key), `must not be a key already enrolled at the table ${table}`)
    }
  }
  const ownRecipients = new Set(ours.desks.map(({ recipient }) => recipient))
  for (const { recipient } of theirs.desks) {
    if (ownRecipients.has(recipient)) throw refuse(recipient, 'must not be a recipient of our own enrolment')
  }
  const pin = theirs.tlsPins.find((text) => ours.tlsPins.includes(text))
  if (pin !== undefined) throw refuse(pin, 'must not be a TLS key of our own enrolment')
}

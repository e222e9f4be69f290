import { decodeBase64 } from './base64.ts'
import {
  formatCanonicalJson,
  type JsonLimits,
  type JsonObject,
  type JsonValue,
  MAX_JSON_STRING_BYTES,
  parseCanonicalText,
} from './canonical-json.ts'
import { HASH_BYTES } from './checkpoint.ts'
import { RecordError, shown } from './errors.ts'
import { checkKeyName } from './key-name.ts'
import { MAX_NOTE_BYTES, openRawNote, parseRawNote, type RawNote, signNote } from './note.ts'
import { isPartyId, parseLogName } from './origin.ts'
import type { SignatureLine } from './signature-line.ts'
import type { Signer } from './signer.ts'
import type { VerifierKey } from './vkey.ts'

/** A head the author's mirror has cosigned: log, size and root in base64. */
export interface Seen {
  readonly o: string
  readonly n: number
  readonly r: string
}

/** The act answered, withdrawn or amended: its log, its index, its leaf hash in base64. */
export interface ActRef {
  readonly o: string
  readonly i: number
  readonly h: string
}

/** What a party says, in the shape in which it is signed (record.md 1.10). Times are unix seconds. */
export interface Act {
  readonly v: 1
  readonly table: string
  /** The log it stands in. */
  readonly o: string
  /** 32 lower-case hex digits, drawn at random by the author. */
  readonly id: string
  readonly kind: string
  /** When the author says it was made. */
  readonly at: number
  /** After this, by the time of receipt, it is recorded without effect. */
  readonly exp?: number
  /** Ascending by `o`, each log once. */
  readonly seen: readonly Seen[]
  readonly ref?: ActRef
  /** Party ids, ascending, each once; empty is the whole table. */
  readonly to: readonly string[]
  readonly body: JsonObject
}

/** An act as its entry holds it; `text` is what the signatures are over. */
export interface ParsedAct {
  readonly act: Act
  readonly text: string
  readonly signatures: readonly SignatureLine[]
}

/** An act with the keys that signed it; `unknown` are the lines of keys that were not given. */
export interface OpenedAct {
  readonly act: Act
  readonly text: string
  readonly verified: readonly VerifierKey[]
  readonly unknown: readonly SignatureLine[]
}

export const ACT_HEADER = 'parley.act/v1\n'
export const MAX_ACT_SIGNATURES = 4
/** The kind whose `body.ct` may be as long as the entry. */
export const SEALED_KIND = 'sealed'

const LIMITS: JsonLimits = { longStringAt: 'body.ct' }
const ID = /^[0-9a-f]{32}$/
const KIND = /^[a-z]+(?:\.[a-z]+)*$/
const MAX_KIND_LENGTH = 40

function refuse(field: string, value: JsonValue | undefined, rule: string): RecordError {
  const seen = typeof value === 'number' ? value : typeof value === 'string' ? shown(value) : (typeof value as string)
  return new RecordError('INVALID_ACT_FIELD', { field, value: seen, rule })
}

function text(value: JsonValue | undefined, field: string): string {
  if (typeof value !== 'string') throw refuse(field, value, 'must be a string')
  return value
}

function count(value: JsonValue | undefined, field: string): number {
  if (typeof value !== 'number' || value < 0) throw refuse(field, value, 'must be a whole number from 0')
  return value
}

function hash(value: JsonValue | undefined, field: string): string {
  const base64 = text(value, field)
  let length: number
  try {
    length = decodeBase64(base64, field).length
  } catch {
    length = -1
  }
  if (length !== HASH_BYTES) throw refuse(field, base64, `must be canonical base64 of ${HASH_BYTES} bytes`)
  return base64
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object, when it has all the `required` keys and beyond them none but the `optional`. */
function shape(
  value: JsonValue | undefined,
  field: string,
  { required, optional = [] }: { readonly required: readonly string[]; readonly optional?: readonly string[] },
): JsonObject {
  if (!isObject(value)) throw refuse(field, value, 'must be an object')
  let found = 0
  for (const key of Object.keys(value)) {
    if (required.includes(key)) found += 1
    else if (!optional.includes(key)) throw refuse(field, key, 'must have no other members')
  }
  if (found === required.length) return value
  throw refuse(field, undefined, `must have the members ${required.join(', ')}`)
}

/** The log's name, when it is one of this table. */
function logOf(value: JsonValue | undefined, field: string, table: string): string {
  const origin = text(value, field)
  let named: string | null
  try {
    named = parseLogName(origin).table
  } catch {
    named = null
  }
  if (named !== table) throw refuse(field, origin, `must be ${table}.parley/<party>/<number>`)
  return origin
}

const ACT = { required: ['at', 'body', 'id', 'kind', 'o', 'seen', 'table', 'to', 'v'], optional: ['exp', 'ref'] }
const SEEN = { required: ['n', 'o', 'r'] }
const REF = { required: ['h', 'i', 'o'] }

function checkSeen(value: JsonValue | undefined, table: string, own: string): readonly Seen[] {
  if (!Array.isArray(value)) throw refuse('seen', value, 'must be an array')
  let last = ''
  for (const item of value as readonly JsonValue[]) {
    const head = shape(item, 'seen', SEEN)
    const origin = logOf(head.o, 'seen.o', table)
    if (origin <= last) throw refuse('seen.o', origin, 'must be in ascending order, each log once')
    if (origin === own) throw refuse('seen.o', origin, "must be a counterpart's log")
    last = origin
    count(head.n, 'seen.n')
    hash(head.r, 'seen.r')
  }
  return value as readonly Seen[]
}

function checkRef(value: JsonValue | undefined, table: string): ActRef {
  const ref = shape(value, 'ref', REF)
  logOf(ref.o, 'ref.o', table)
  count(ref.i, 'ref.i')
  hash(ref.h, 'ref.h')
  return ref as unknown as ActRef
}

function checkTo(value: JsonValue | undefined): readonly string[] {
  if (!Array.isArray(value)) throw refuse('to', value, 'must be an array')
  let last = ''
  for (const item of value as readonly JsonValue[]) {
    const party = text(item, 'to')
    if (!isPartyId(party)) throw refuse('to', party, 'must hold party ids')
    if (party <= last) throw refuse('to', party, 'must be in ascending order, each party once')
    last = party
  }
  return value as readonly string[]
}

/** Holds a JSON value to the rules of an act's fields. */
function checkAct(value: JsonValue): Act {
  if (!isObject(value)) throw refuse('act', value, 'must be an object')
  // Another version may have other members: say so before them.
  if (value.v !== undefined && value.v !== 1) {
    const found = typeof value.v === 'number' ? value.v : typeof value.v
    throw new RecordError('UNSUPPORTED_VERSION', { field: 'v', value: found, rule: 'must be 1' })
  }
  const act = shape(value, 'act', ACT)
  const table = text(act.table, 'table')
  if (!isPartyId(table)) throw refuse('table', table, 'must be 1 to 63 of a to z, 0 to 9 and inner hyphens')
  const o = logOf(act.o, 'o', table)
  const id = text(act.id, 'id')
  if (!ID.test(id)) throw refuse('id', id, 'must be 32 lower-case hex digits')
  const kind = text(act.kind, 'kind')
  if (kind.length > MAX_KIND_LENGTH || !KIND.test(kind)) {
    throw refuse('kind', kind, `must be words of a to z joined by dots, at most ${MAX_KIND_LENGTH} characters`)
  }
  const at = count(act.at, 'at')
  if (act.exp !== undefined) count(act.exp, 'exp')
  const seen = checkSeen(act.seen, table, o)
  if (act.ref !== undefined) checkRef(act.ref, table)
  const to = checkTo(act.to)
  if (!isObject(act.body)) throw refuse('body', act.body, 'must be an object')
  const sealed = act.body.ct
  if (kind !== SEALED_KIND && typeof sealed === 'string' && sealed.length > MAX_JSON_STRING_BYTES / 3) {
    // Only a sealed act's may be longer; the parser let it pass because it meets the body before the kind.
    formatCanonicalJson(sealed)
  }
  return {
    v: 1,
    table,
    o,
    id,
    kind,
    at,
    ...(act.exp === undefined ? {} : { exp: act.exp as number }),
    seen,
    ...(act.ref === undefined ? {} : { ref: act.ref as unknown as ActRef }),
    to,
    body: act.body,
  }
}

function checkSignatures(signatures: readonly SignatureLine[]): void {
  if (signatures.length > MAX_ACT_SIGNATURES) {
    const rule = `must be at most ${MAX_ACT_SIGNATURES} on an act`
    throw new RecordError('TOO_MANY_SIGNATURES', { field: 'signature lines', value: signatures.length, rule })
  }
  for (const { name } of signatures) checkKeyName(name)
}

function readAct(note: RawNote): Act {
  const { text, textBytes } = note
  const end = text.length - 1
  if (!text.startsWith(ACT_HEADER) || text.indexOf('\n', ACT_HEADER.length) !== end) {
    const rule = `must be the line ${ACT_HEADER.trimEnd()} and one line of JSON`
    throw new RecordError('MALFORMED_ACT', { field: 'act', value: shown(text), rule })
  }
  checkSignatures(note.signatures)
  return checkAct(parseCanonicalText(text.slice(ACT_HEADER.length, end), text.length === textBytes.length, LIMITS))
}

/**
 * The act of a log entry, its form and its fields held to the rules, its signatures not verified: who may sign what, and
 * whether `o` is the log the entry stands in, is judged by the key book. Throws NOTE_TOO_LARGE, MALFORMED_NOTE,
 * MALFORMED_ACT, MALFORMED_JSON, NON_CANONICAL_JSON, JSON_LIMIT, UNSUPPORTED_VERSION, INVALID_ACT_FIELD,
 * TOO_MANY_SIGNATURES, INVALID_KEY_NAME and what `parseNote` throws; nothing else, whatever the bytes.
 */
export function parseAct(entry: Uint8Array): ParsedAct {
  const note = parseRawNote(entry)
  return { act: readAct(note), text: note.text, signatures: note.signatures }
}

/**
 * The act of a log entry with the keys that signed it, by the rules of `openNote`. Throws what `parseAct` and `openNote`
 * throw.
 */
export function openAct(entry: Uint8Array, keys: readonly VerifierKey[]): OpenedAct {
  const note = parseRawNote(entry)
  const act = readAct(note)
  const { text, verified, unknown } = openRawNote(note, keys)
  return { act, text, verified, unknown }
}

/** The text that an act's officers sign. Throws MALFORMED_JSON, NON_CANONICAL_JSON, JSON_LIMIT, UNSUPPORTED_VERSION, INVALID_ACT_FIELD. */
export function formatActText(act: Act): string {
  const json = formatCanonicalJson(act as unknown as JsonObject, LIMITS)
  checkAct(act as unknown as JsonObject)
  return `${ACT_HEADER}${json}\n`
}

/**
 * The log entry of an act signed by 1 to 4 signers of type 0x01, in their order. Throws ENTRY_TOO_LARGE above 65,535
 * bytes, TOO_MANY_SIGNATURES, WRONG_KEY_TYPE and what `formatActText` and `signNote` throw.
 */
export function signAct(act: Act, signers: readonly Signer[]): Uint8Array {
  const text = formatActText(act)
  if (signers.length > MAX_ACT_SIGNATURES) {
    const rule = `must be at most ${MAX_ACT_SIGNATURES} on an act`
    throw new RecordError('TOO_MANY_SIGNATURES', { field: 'signers', value: signers.length, rule })
  }
  try {
    return signNote(text, signers)
  } catch (error) {
    if (!(error instanceof RecordError) || error.code !== 'NOTE_TOO_LARGE') throw error
    const rule = `must be at most ${MAX_NOTE_BYTES} bytes with its signatures; larger matter goes into a blob`
    throw new RecordError('ENTRY_TOO_LARGE', { field: 'entry', value: error.details.value, rule })
  }
}

import { decodeBase64 } from '../base64.ts'
import { decodeUtf8 } from '../bytes.ts'
import { RecordError, shown } from '../errors.ts'
import type { RecipientKind } from './recipient.ts'

/** A seal goes to a handful of desks; more is a broadcast, and a broadcast is not a secret. */
export const MAX_SEAL_RECIPIENTS = 32
/** No age file in an entry can be longer than the entry. */
export const MAX_SEAL_BYTES = 65_535

/** What anyone can see of a seal without a key. */
export interface AgeFile {
  readonly kind: RecipientKind
  /** Number of stanzas, each for one recipient. */
  readonly recipients: number
  /** Where the header ends and the payload begins. */
  readonly headerLength: number
}

const VERSION = 'age-encryption.org/v1'
const ARMOR = '-----BEGIN AGE'
const BODY_COLUMNS = 64
const STANZAS: Readonly<Record<string, { readonly kind: RecipientKind; readonly shareBytes: number }>> = {
  X25519: { kind: 'x25519', shareBytes: 32 },
  mlkem768x25519: { kind: 'hybrid', shareBytes: 1120 },
}
/** A file key of 16 bytes and a tag of 16. */
const WRAPPED_KEY_BYTES = 32
const MAC_BYTES = 32
/** A nonce of 16 bytes and at least one chunk, which is a tag when it is empty. */
const MIN_PAYLOAD_BYTES = 32

const malformed = (rule: string, value: string | number | null = null): RecordError =>
  new RecordError('SEAL_NOT_AGE', { field: 'seal', value, rule })
const refused = (rule: string, value: string | number | null): RecordError =>
  new RecordError('SEAL_FORM', { field: 'seal', value, rule })

/** age's base64 is canonical and without padding. */
function bareBase64(text: string, what: string): Uint8Array {
  if (text.includes('=')) throw malformed(`${what} must be base64 without padding`)
  try {
    return decodeBase64(text + '='.repeat((4 - (text.length % 4)) % 4), what)
  } catch {
    throw malformed(`${what} must be canonical base64`, shown(text))
  }
}

/** The header's lines, one at a time, without decoding the payload as text. */
function lineReader(bytes: Uint8Array): { readonly next: () => string; readonly at: () => number } {
  let start = 0
  return {
    next() {
      const end = bytes.indexOf(0x0a, start)
      if (end < 0) throw malformed('header must end in a MAC line')
      const line = bytes.subarray(start, end)
      for (const byte of line) if (byte < 0x20 || byte > 0x7e) throw malformed('header must be visible ASCII')
      start = end + 1
      return decodeUtf8(line)
    },
    at: () => start,
  }
}

/**
 * Reads the header of an age v1 file (c2sp.org/age) and refuses every form a seal may not have: armour, a passphrase, a
 * stanza of a kind we do not know, kinds mixed, more than 32 recipients, more than `maxBytes` (65,535). Whether the
 * stanzas open, and for whom, only their keys can tell. Throws SEAL_NOT_AGE, SEAL_FORM, SEAL_TOO_LARGE.
 */
export function inspectAgeFile(file: Uint8Array, { maxBytes = MAX_SEAL_BYTES } = {}): AgeFile {
  if (file.length > maxBytes) {
    throw new RecordError('SEAL_TOO_LARGE', {
      field: 'seal',
      value: file.length,
      rule: `must be at most ${maxBytes} bytes`,
    })
  }
  // Before any line is read: armour may begin with white space, and its lines are lines of another grammar.
  if (new TextDecoder('latin1').decode(file.subarray(0, 256)).trimStart().startsWith(ARMOR)) {
    throw refused('must be a binary age file, not an armored one', ARMOR)
  }
  const lines = lineReader(file)
  if (lines.next() !== VERSION) throw malformed(`must begin with the line ${VERSION}`)
  let kind: RecipientKind | null = null
  let recipients = 0
  for (;;) {
    const line = lines.next()
    if (line.startsWith('---')) {
      if (!line.startsWith('--- ')) throw malformed('MAC line must be `--- ` and the MAC')
      if (bareBase64(line.slice(4), 'MAC').length !== MAC_BYTES) throw malformed(`MAC must be ${MAC_BYTES} bytes`)
      break
    }
    const [arrow, type, ...args] = line.split(' ')
    if (arrow !== '->' || type === undefined || type === '' || args.includes('')) {
      throw malformed('stanza must be `->` and arguments, one space between them', shown(line))
    }
    const stanza = Object.hasOwn(STANZAS, type) ? STANZAS[type] : undefined
    if (stanza === undefined) {
      const rule =
        type === 'scrypt' ? 'must not be sealed with a passphrase' : 'must have X25519 or hybrid stanzas only'
      throw refused(rule, shown(type))
    }
    if (kind !== null && stanza.kind !== kind) throw refused('must not mix X25519 and hybrid recipients', shown(type))
    kind = stanza.kind
    recipients += 1
    if (recipients > MAX_SEAL_RECIPIENTS)
      throw refused(`must have at most ${MAX_SEAL_RECIPIENTS} recipients`, recipients)
    const [share] = args
    if (args.length !== 1 || share === undefined)
      throw malformed('stanza must have one argument, its share', shown(line))
    if (bareBase64(share, 'share').length !== stanza.shareBytes) {
      throw malformed(`share must be ${stanza.shareBytes} bytes`, shown(share))
    }
    const body = lines.next()
    // A body of 32 bytes is one short line; a full line would announce another.
    if (body.length >= BODY_COLUMNS || bareBase64(body, 'stanza body').length !== WRAPPED_KEY_BYTES) {
      throw malformed(`stanza body must be ${WRAPPED_KEY_BYTES} bytes on one line`, shown(body))
    }
  }
  if (kind === null) throw malformed('must have a recipient')
  if (file.length - lines.at() < MIN_PAYLOAD_BYTES) throw malformed('must have a payload', file.length - lines.at())
  return { kind, recipients, headerLength: lines.at() }
}

import { decodeUtf8, encodeUtf8 } from './bytes.ts'
import { checkCosignatureTime, verifyCosignature } from './cosignature.ts'
import { verifyEd25519 } from './ed25519.ts'
import { RecordError, shown } from './errors.ts'
import { formatSignatureLine, parseSignatureLines, type SignatureLine } from './signature-line.ts'
import type { Signer } from './signer.ts'
import { formatKeyId, type VerifierKey } from './vkey.ts'

/** Largest note in bytes: the largest entry a bundle can carry. Sixteen ML-DSA cosignatures fit. */
export const MAX_NOTE_BYTES = 65_535

/** A text, ending in a newline, and the lines that sign it, in their order, no two of one (name, key id). */
export interface Note {
  readonly text: string
  readonly signatures: readonly SignatureLine[]
}

/** A note with its text's bytes as received: these are what a signature is over. */
export interface RawNote extends Note {
  readonly textBytes: Uint8Array
}

/** A note some of whose signatures are good; `unknown` are the lines of keys that were not given. */
export interface OpenedNote {
  readonly text: string
  readonly verified: readonly VerifierKey[]
  readonly unknown: readonly SignatureLine[]
}

// Everything below U+0020 but the newline.
const CONTROL = /[^\n -\uffff]/
const LONE_SURROGATE = /\p{Surrogate}/u

const malformed = (value: string | number | null, rule: string): RecordError =>
  new RecordError('MALFORMED_NOTE', { field: 'note', value, rule })

/** Where the last empty line stands: the index of the first of its two newlines, −1 when there is none. */
function lastEmptyLine(bytes: Uint8Array): number {
  for (let at = bytes.lastIndexOf(0x0a); at > 0; at = bytes.lastIndexOf(0x0a, at - 1)) {
    if (bytes[at - 1] === 0x0a) return at - 1
  }
  return -1
}

/** `parseNote`, with the text's bytes as a view of `bytes`. */
export function parseRawNote(bytes: Uint8Array): RawNote {
  if (bytes.length > MAX_NOTE_BYTES) {
    const rule = `must be at most ${MAX_NOTE_BYTES} bytes`
    throw new RecordError('NOTE_TOO_LARGE', { field: 'note', value: bytes.length, rule })
  }
  const split = lastEmptyLine(bytes)
  if (split < 0) throw malformed(bytes.length, 'must have an empty line between text and signatures')
  const textBytes = bytes.subarray(0, split + 1)
  const text = decodeUtf8(textBytes, 'note')
  const lines = decodeUtf8(bytes.subarray(split + 2), 'note')
  if (CONTROL.test(text) || CONTROL.test(lines)) {
    throw malformed(bytes.length, 'must hold no control character but the newline')
  }
  if (lines === '') throw malformed(bytes.length, 'must carry a signature line')
  return { text, textBytes, signatures: parseSignatureLines(lines) }
}

/**
 * The parts of a signed note (C2SP signed-note), unverified: text and signatures part at the last empty line. Stricter
 * than Go: base64 must be canonical, no key may sign twice, 16 lines and 65,535 bytes are the most; the size is looked at
 * before anything else. Throws NOTE_TOO_LARGE, MALFORMED_NOTE, INVALID_UTF8 and what `parseSignatureLines` throws.
 */
export function parseNote(bytes: Uint8Array): Note {
  const { text, signatures } = parseRawNote(bytes)
  return { text, signatures }
}

/** Refuses what cannot be the text of a note: it ends in a newline and has no other control character. */
export function checkNoteText(text: string): void {
  if (!text.endsWith('\n')) throw malformed(shown(text), 'must have a text that ends in a newline')
  if (CONTROL.test(text)) throw malformed(shown(text), 'must hold no control character but the newline')
  if (LONE_SURROGATE.test(text)) throw malformed(shown(text), 'must hold no lone surrogate')
}

/** The bytes of a note, such that `parseNote` gives it back. Throws what that would throw. */
export function formatNote({ text, signatures }: Note): Uint8Array {
  checkNoteText(text)
  let lines = ''
  for (const line of signatures) lines += formatSignatureLine(line)
  const bytes = encodeUtf8(`${text}\n${lines}`)
  parseRawNote(bytes)
  return bytes
}

/**
 * Signs `text` with every signer, in their order. Throws WRONG_KEY_TYPE for a signer that is not of type 0x01 (the
 * others sign heads, by `cosignCheckpoint`), and what `formatNote` throws.
 */
export function signNote(text: string, signers: readonly Signer[]): Uint8Array {
  checkNoteText(text)
  const message = encodeUtf8(text)
  const signatures = signers.map((signer) => {
    const { key } = signer
    if (key.type !== 0x01) {
      throw new RecordError('WRONG_KEY_TYPE', { field: 'signer', value: key.type, rule: 'must be of type 0x01' })
    }
    return { name: key.name, keyId: key.keyId, signature: signer.sign(message) }
  })
  return formatNote({ text, signatures })
}

/**
 * Whether the line is the key's signature over a note with this text: over the text for 0x01, over the timestamped head
 * for 0x04 and 0x06. The line's name and key id must be the key's. Throws for a cosigner's key what `parseCheckpoint`
 * throws when the text is no checkpoint.
 */
export function verifySignatureLine(key: VerifierKey, text: Uint8Array | string, line: SignatureLine): boolean {
  if (key.keyId !== line.keyId || key.name !== line.name) return false
  if (key.type !== 0x01) return verifyCosignature(key, typeof text === 'string' ? text : decodeUtf8(text), line)
  return verifyEd25519(key.publicKey, typeof text === 'string' ? encodeUtf8(text) : text, line.signature)
}

/** The one key of this name and id, null when there is none. Throws AMBIGUOUS_KEYS when there are two. */
function findKey(keys: readonly VerifierKey[], line: SignatureLine): VerifierKey | null {
  let found: VerifierKey | null = null
  for (const key of keys) {
    if (key.keyId !== line.keyId || key.name !== line.name) continue
    if (found !== null) {
      const value = `${key.name}+${formatKeyId(key.keyId)}`
      throw new RecordError('AMBIGUOUS_KEYS', { field: 'keys', value, rule: 'must differ in name or key id' })
    }
    found = key
  }
  return found
}

/** `openNote` for a note already parsed. */
export function openRawNote(note: RawNote, keys: readonly VerifierKey[]): OpenedNote {
  const verified: VerifierKey[] = []
  const unknown: SignatureLine[] = []
  for (const line of note.signatures) {
    const key = findKey(keys, line)
    if (key === null) {
      unknown.push(line)
      continue
    }
    if (key.type !== 0x01) checkCosignatureTime(line)
    if (!verifySignatureLine(key, key.type === 0x01 ? note.textBytes : note.text, line)) {
      throw new RecordError('INVALID_SIGNATURE', {
        field: 'signature line',
        value: `${key.name}+${formatKeyId(key.keyId)}`,
        rule: 'must verify: a known key that did not sign this text spoils the note',
      })
    }
    verified.push(key)
  }
  if (verified.length === 0) {
    const rule = 'must carry a signature by one of the given keys'
    throw new RecordError('NO_VERIFIED_SIGNATURE', { field: 'note', value: unknown.length, rule })
  }
  return { text: note.text, verified, unknown }
}

/**
 * Opens a note with the keys one knows, as Go's note.Open does: lines of unknown keys are set aside, a known key whose
 * signature fails refuses the whole note, and at least one must verify. Throws INVALID_SIGNATURE, NO_VERIFIED_SIGNATURE,
 * AMBIGUOUS_KEYS when two of the keys share name and id, INVALID_TIMESTAMP, and what `parseNote` throws.
 */
export const openNote = (bytes: Uint8Array, keys: readonly VerifierKey[]): OpenedNote =>
  openRawNote(parseRawNote(bytes), keys)

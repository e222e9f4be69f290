import { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { cosignatureTimestamp } from './cosignature.ts'
import { RecordError } from './errors.ts'
import { type Note, openRawNote, parseRawNote, signNote } from './note.ts'
import type { SignatureLine } from './signature-line.ts'
import type { Signer } from './signer.ts'
import type { VerifierKey } from './vkey.ts'

/** A cosignature that verified: whose, when by the cosigner's clock in unix seconds, and the line itself. */
export interface Cosignature {
  readonly key: VerifierKey
  readonly timestampS: number
  readonly line: SignatureLine
}

/** A checkpoint whose log signature verified, with the cosignatures of the cosigners that were asked for. */
export interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint
  readonly text: string
  readonly note: Note
  readonly cosignatures: readonly Cosignature[]
}

function checkLogKey(key: VerifierKey, origin: string): void {
  if (key.type !== 0x01) {
    throw new RecordError('WRONG_KEY_TYPE', { field: 'log key', value: key.type, rule: 'must be of type 0x01' })
  }
  if (key.name !== origin) {
    throw new RecordError('WRONG_ORIGIN', {
      field: 'origin',
      value: origin,
      rule: `must be ${key.name}, the log key's name`,
    })
  }
}

/**
 * The checkpoint as a note signed by its log. The signer is of type 0x01 and named as the origin: else WRONG_KEY_TYPE,
 * WRONG_ORIGIN. Throws what `formatCheckpoint` throws.
 */
export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): Uint8Array {
  checkLogKey(signer.key, checkpoint.origin)
  return signNote(formatCheckpoint(checkpoint), [signer])
}

/**
 * Opens a checkpoint: strictly parsed, of the log `logKey` names, signed by that key; the lines of `cosigners` (types
 * 0x04 and 0x06) that are there must verify, all others are set aside. How many cosignatures are enough, and how old they
 * may be, is the caller's policy. Throws WRONG_ORIGIN, NO_VERIFIED_SIGNATURE when the log did not sign, INVALID_SIGNATURE,
 * INVALID_TIMESTAMP, WRONG_KEY_TYPE, AMBIGUOUS_KEYS and what `parseNote` and `parseCheckpoint` throw.
 */
export function openCheckpoint(
  bytes: Uint8Array,
  logKey: VerifierKey,
  cosigners: readonly VerifierKey[] = [],
): OpenedCheckpoint {
  const raw = parseRawNote(bytes)
  const checkpoint = parseCheckpoint(raw.text)
  checkLogKey(logKey, checkpoint.origin)
  for (const { type } of cosigners) {
    if (type === 0x01) {
      throw new RecordError('WRONG_KEY_TYPE', { field: 'cosigner', value: type, rule: 'must be of type 0x04 or 0x06' })
    }
  }
  const { verified } = openRawNote(raw, [logKey, ...cosigners])
  if (!verified.includes(logKey)) {
    const rule = 'must be signed by the log it names'
    throw new RecordError('NO_VERIFIED_SIGNATURE', { field: 'checkpoint', value: logKey.name, rule })
  }
  const cosignatures: Cosignature[] = []
  for (const key of verified) {
    if (key === logKey) continue
    const line = raw.signatures.find(({ name, keyId }) => keyId === key.keyId && name === key.name)!
    cosignatures.push({ key, timestampS: cosignatureTimestamp(line), line })
  }
  return { checkpoint, text: raw.text, note: { text: raw.text, signatures: raw.signatures }, cosignatures }
}

import { type Checkpoint, HASH_BYTES, parseCheckpoint } from './checkpoint.ts'
import { encodeUtf8, readUint64, writeUint64 } from './bytes.ts'
import { ED25519_SIGNATURE_BYTES, verifyEd25519 } from './ed25519.ts'
import { RecordError } from './errors.ts'
import { checkOrigin } from './key-name.ts'
import { ML_DSA_44_SIGNATURE_BYTES, verifyMlDsa44 } from './ml-dsa.ts'
import type { SignatureLine } from './signature-line.ts'
import type { Signer } from './signer.ts'
import { requireSubtree } from './subtree.ts'
import type { VerifierKey } from './vkey.ts'

/** Entries `start` to `end` (exclusive) of the log `origin`, under `hash`; a checkpoint is the one with start 0. */
export interface Subtree {
  readonly origin: string
  readonly start: number
  readonly end: number
  readonly hash: Uint8Array
}

const TIMESTAMP_BYTES = 8

function timestampFault(rule: string, value: number | null): RecordError {
  return new RecordError('INVALID_TIMESTAMP', { field: 'timestamp', value, rule })
}

const isTimestamp = (timestampS: number): boolean => Number.isSafeInteger(timestampS) && timestampS >= 0

/**
 * The time of a cosignature line in unix seconds, 0 when it claims none. Not authenticated until the line is verified.
 * Throws INVALID_TIMESTAMP for a line too short to hold one, or beyond 2^53 − 1.
 */
export function cosignatureTimestamp(line: SignatureLine): number {
  const timestampS = line.signature.length < TIMESTAMP_BYTES ? null : readUint64(line.signature, 0)
  if (timestampS === null) throw timestampFault('must be 8 bytes, big-endian, below 2^53', null)
  return timestampS
}

/** Refuses a line that does not say when it cosigned a head: 0 is no time. Throws INVALID_TIMESTAMP. */
export function checkCosignatureTime(line: SignatureLine): void {
  if (cosignatureTimestamp(line) === 0) throw timestampFault('must not be 0 for a checkpoint', 0)
}

/** What an Ed25519 cosigner signs: the time and the whole text of the checkpoint. Its own name is not in it. */
const cosignedText = (text: string, timestampS: number): Uint8Array =>
  encodeUtf8(`cosignature/v1\ntime ${timestampS}\n${text}`)

const SUBTREE_LABEL = encodeUtf8('subtree/v1\n\0')

/** What an ML-DSA-44 cosigner signs: its own name, the time, the log, the range and its hash. */
function subtreeStruct(cosigner: string, { origin, start, end, hash }: Subtree, timestampS: number): Uint8Array {
  const name = encodeUtf8(cosigner)
  const log = encodeUtf8(origin)
  const out = new Uint8Array(SUBTREE_LABEL.length + 1 + name.length + 8 + 1 + log.length + 8 + 8 + hash.length)
  out.set(SUBTREE_LABEL)
  let at = SUBTREE_LABEL.length
  out[at] = name.length
  out.set(name, at + 1)
  at += 1 + name.length
  writeUint64(out, at, timestampS)
  out[at + 8] = log.length
  out.set(log, at + 9)
  at += 9 + log.length
  writeUint64(out, at, start)
  writeUint64(out, at + 8, end)
  out.set(hash, at + 16)
  return out
}

const asSubtree = ({ origin, size, root }: Checkpoint): Subtree => ({ origin, start: 0, end: size, hash: root })

function timedLine(key: VerifierKey, timestampS: number, signature: Uint8Array): SignatureLine {
  const blob = new Uint8Array(TIMESTAMP_BYTES + signature.length)
  writeUint64(blob, 0, timestampS)
  blob.set(signature, TIMESTAMP_BYTES)
  return { name: key.name, keyId: key.keyId, signature: blob }
}

/**
 * The cosignature line of a checkpoint's text at a time in unix seconds (C2SP tlog-cosignature). The signer must be of
 * type 0x04 or 0x06: WRONG_KEY_TYPE. Throws INVALID_TIMESTAMP unless 1 to 2^53 − 1, and what `parseCheckpoint` throws.
 */
export function cosignCheckpoint(text: string, signer: Signer, timestampS: number): SignatureLine {
  const checkpoint = parseCheckpoint(text)
  if (!isTimestamp(timestampS) || timestampS === 0) {
    throw timestampFault('must be whole unix seconds, 1 to 2^53 − 1', timestampS)
  }
  const { key } = signer
  switch (key.type) {
    case 0x01:
      throw new RecordError('WRONG_KEY_TYPE', {
        field: 'cosigner',
        value: key.type,
        rule: 'must be of type 0x04 or 0x06',
      })
    case 0x04:
      return timedLine(key, timestampS, signer.sign(cosignedText(text, timestampS)))
    case 0x06:
      return timedLine(key, timestampS, signer.sign(subtreeStruct(key.name, asSubtree(checkpoint), timestampS)))
  }
}

/**
 * Whether the line is the cosigner's over this checkpoint text at the time the line claims. False for a key of type 0x01,
 * for a line of a wrong length, and for one that claims no time. Throws what `parseCheckpoint` throws.
 */
export function verifyCosignature(key: VerifierKey, text: string, line: SignatureLine): boolean {
  const checkpoint = parseCheckpoint(text)
  if (key.keyId !== line.keyId || key.name !== line.name) return false
  const expected = key.type === 0x06 ? ML_DSA_44_SIGNATURE_BYTES : ED25519_SIGNATURE_BYTES
  if (line.signature.length !== TIMESTAMP_BYTES + expected) return false
  const timestampS = readUint64(line.signature, 0)
  if (timestampS === null || timestampS === 0) return false
  const signature = line.signature.subarray(TIMESTAMP_BYTES)
  switch (key.type) {
    case 0x01:
      return false
    case 0x04:
      return verifyEd25519(key.publicKey, cosignedText(text, timestampS), signature)
    case 0x06:
      return verifyMlDsa44(key.publicKey, subtreeStruct(key.name, asSubtree(checkpoint), timestampS), signature)
  }
}

function checkSubtree({ origin, start, end, hash }: Subtree, timestampS: number): void {
  checkOrigin(origin)
  requireSubtree(start, end)
  if (hash.length !== HASH_BYTES) {
    throw new RecordError('INVALID_LENGTH', { field: 'hash', value: hash.length, rule: `must be ${HASH_BYTES} bytes` })
  }
  if (!isTimestamp(timestampS) || (start !== 0 && timestampS !== 0)) {
    throw timestampFault('must be whole unix seconds, and 0 where the subtree does not start the log', timestampS)
  }
}

/**
 * The ML-DSA-44 cosignature line of a subtree. A subtree that does not start the log carries no time: `timestampS` must
 * be 0. Throws WRONG_KEY_TYPE, INVALID_ORIGIN, INVALID_SUBTREE, INVALID_LENGTH,
 * INVALID_TIMESTAMP.
 */
export function cosignSubtree(subtree: Subtree, signer: Signer, timestampS: number): SignatureLine {
  checkSubtree(subtree, timestampS)
  if (signer.key.type !== 0x06) {
    throw new RecordError('WRONG_KEY_TYPE', { field: 'cosigner', value: signer.key.type, rule: 'must be of type 0x06' })
  }
  return timedLine(signer.key, timestampS, signer.sign(subtreeStruct(signer.key.name, subtree, timestampS)))
}

/**
 * Whether the line is the ML-DSA-44 cosigner's over this subtree, at the time it claims. Throws what `cosignSubtree`
 * throws for a subtree or a time that no line may carry.
 */
export function verifySubtreeCosignature(key: VerifierKey, subtree: Subtree, line: SignatureLine): boolean {
  const timestampS = cosignatureTimestamp(line)
  checkSubtree(subtree, timestampS)
  return (
    key.type === 0x06 &&
    key.keyId === line.keyId &&
    key.name === line.name &&
    verifyMlDsa44(key.publicKey, subtreeStruct(key.name, subtree, timestampS), line.signature.subarray(TIMESTAMP_BYTES))
  )
}

/**
 * What to make of the time of a verified cosignature: `ahead` of our clock by more than the skew allowed is accepted and
 * shown as a doubt of the clocks; `regressed` behind what the same cosigner said of this log before is refused, and a
 * fault of its clock to put on record.
 */
export type CosignatureTimeVerdict =
  | { readonly kind: 'current' }
  | { readonly kind: 'ahead'; readonly byS: number }
  | { readonly kind: 'regressed'; readonly byS: number }

/**
 * Judges a cosignature's time against the cosigner's previous one for the same log (null at first contact) and our
 * clock, all in unix seconds. An equal time is current: several heads may be cosigned in one second.
 */
export function judgeCosignatureTime(
  timestampS: number,
  { previousS, nowS, skewS }: { readonly previousS: number | null; readonly nowS: number; readonly skewS: number },
): CosignatureTimeVerdict {
  if (previousS !== null && timestampS < previousS) return { kind: 'regressed', byS: previousS - timestampS }
  if (timestampS > nowS + skewS) return { kind: 'ahead', byS: timestampS - nowS }
  return { kind: 'current' }
}

import { decodeBase64, encodeBase64 } from './base64.ts'
import { concatBytes, decodeUtf8, encodeUtf8 } from './bytes.ts'
import { parseSize } from './checkpoint.ts'
import { firstEmptyLine } from './empty-line.ts'
import { RecordError, shown } from './errors.ts'
import { HASH_BYTES } from './merkle.ts'
import { MAX_PROOF_HASHES } from './verify-proof.ts'

/** Most bytes our server reads of an add-checkpoint request: some ML-DSA cosignatures on the note leave room. */
export const MAX_ADD_CHECKPOINT_BYTES = 65_536

/** Most bytes we send: the least that a known witness takes. Only the log's own signature fits for sure. */
export const MAX_SENT_ADD_CHECKPOINT_BYTES = 10_240

/** A request to cosign a head (c2sp.org/tlog-witness, add-checkpoint). */
export interface AddCheckpoint {
  /** Size of the head the cosigner is thought to have cosigned last, 0 for none. */
  readonly oldSize: number
  /** Consistency proof from there; empty when `oldSize` is 0. */
  readonly proof: readonly Uint8Array[]
  /** The checkpoint, signed by its log: bytes of a note. */
  readonly note: Uint8Array
}

/**
 * Body of an add-checkpoint request.
 *
 * @throws RecordError OUT_OF_RANGE (old size), WRONG_PROOF_LENGTH above 63 hashes or with any where old size is 0,
 *   INVALID_HASH, REQUEST_TOO_LARGE above 10 KiB (send the note with the log's signature alone)
 */
export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): Uint8Array {
  if (!Number.isSafeInteger(oldSize) || oldSize < 0) {
    throw new RecordError('OUT_OF_RANGE', { field: 'old', value: String(oldSize), rule: 'must be a size' })
  }
  if (proof.length > MAX_PROOF_HASHES || (oldSize === 0 && proof.length > 0)) {
    const rule = oldSize === 0 ? 'must be empty from size 0' : `must have at most ${MAX_PROOF_HASHES} hashes`
    throw new RecordError('WRONG_PROOF_LENGTH', { field: 'proof', value: proof.length, rule })
  }
  let text = `old ${oldSize}\n`
  for (const [i, hash] of proof.entries()) {
    requireHashBytes(`proof[${i}]`, hash)
    text += `${encodeBase64(hash)}\n`
  }
  const body = concatBytes(encodeUtf8(`${text}\n`), note)
  if (body.length > MAX_SENT_ADD_CHECKPOINT_BYTES) throw tooLarge(body.length, MAX_SENT_ADD_CHECKPOINT_BYTES)
  return body
}

/**
 * The parts of an add-checkpoint request; the note is not opened yet. Sizes have no needless zeros, hashes 32 bytes,
 * and the size of the whole is looked at before anything else.
 *
 * @throws RecordError REQUEST_TOO_LARGE, MALFORMED_REQUEST, WRONG_PROOF_LENGTH, INVALID_HASH, INVALID_BASE64,
 *   INVALID_INTEGER, UNSUPPORTED_SIZE, INVALID_UTF8
 */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  if (body.length > MAX_ADD_CHECKPOINT_BYTES) throw tooLarge(body.length, MAX_ADD_CHECKPOINT_BYTES)
  const end = firstEmptyLine(body)
  if (end === -1) throw malformed('', 'must have an empty line before the checkpoint')
  const [first, ...lines] = decodeUtf8(body.subarray(0, end), 'request').split('\n') as [string, ...string[]]
  if (!first.startsWith('old ')) throw malformed(first, "must begin with 'old ' and a size")
  const oldSize = parseSize(first.slice(4), 'old')
  if (lines.length > MAX_PROOF_HASHES) {
    throw new RecordError('WRONG_PROOF_LENGTH', {
      field: 'proof',
      value: lines.length,
      rule: `must have at most ${MAX_PROOF_HASHES} hashes`,
    })
  }
  const proof = lines.map((line, i) => requireHashBytes(`proof[${i}]`, decodeBase64(line, `proof[${i}]`)))
  return { oldSize, proof, note: body.subarray(end + 2) }
}

function requireHashBytes(field: string, hash: Uint8Array): Uint8Array {
  if (hash.length === HASH_BYTES) return hash
  throw new RecordError('INVALID_HASH', { field, value: hash.length, rule: `must be ${HASH_BYTES} bytes` })
}

const malformed = (value: string, rule: string): RecordError =>
  new RecordError('MALFORMED_REQUEST', { field: 'request', value: shown(value), rule })

const tooLarge = (value: number, limit: number): RecordError =>
  new RecordError('REQUEST_TOO_LARGE', { field: 'request', value, rule: `must be at most ${limit} bytes` })

import { decodeBase64, encodeBase64 } from '../base64.ts'
import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { HASH_BYTES } from '../checkpoint.ts'
import { isRecordError, RecordError } from '../errors.ts'
import { MAX_PROOF_HASHES } from '../verify-proof.ts'

/** What a log was at an earlier size, and the hashes that lead from there to a later head. */
export interface PrefixProof {
  /** Root of the log at the earlier size, 32 bytes. */
  readonly root: Uint8Array
  /** Consistency proof to the later head, 32 bytes each. */
  readonly proof: readonly Uint8Array[]
}

/** `<root>\n` and a line for each hash, base64. */
export function formatPrefixProof({ root, proof }: PrefixProof): Uint8Array {
  return encodeUtf8([root, ...proof].map((hash) => `${encodeBase64(hash)}\n`).join(''))
}

/** Reads what `formatPrefixProof` writes. Throws MALFORMED_EVIDENCE. */
export function parsePrefixProof(bytes: Uint8Array, field: string): PrefixProof {
  const refuse = (rule: string): RecordError => new RecordError('MALFORMED_EVIDENCE', { field, value: null, rule })
  try {
    const lines = decodeUtf8(bytes, field).split('\n')
    if (lines.pop() !== '' || lines.length > 1 + MAX_PROOF_HASHES)
      throw refuse(`must be a root and at most ${MAX_PROOF_HASHES} hashes, a line each`)
    const [root, ...proof] = lines.map((line) => decodeBase64(line, field))
    if (root === undefined || [root, ...proof].some(({ length }) => length !== HASH_BYTES))
      throw refuse(`must have hashes of ${HASH_BYTES} bytes`)
    return { root, proof }
  } catch (error) {
    if (!isRecordError(error) || error.code === 'MALFORMED_EVIDENCE') throw error
    throw new RecordError('MALFORMED_EVIDENCE', { ...error.details, field }, { cause: error })
  }
}

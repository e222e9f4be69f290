import { decodeBase64, encodeBase64 } from '../base64.ts'
import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { HASH_BYTES, parseSize } from '../checkpoint.ts'
import { isRecordError, RecordError } from '../errors.ts'
import { MAX_PROOF_HASHES } from '../verify-proof.ts'

/** A leaf at an index, and the hashes that lead from it to a root. */
export interface LeafProof {
  readonly index: number
  /** Leaf hash, 32 bytes. */
  readonly leaf: Uint8Array
  /** Sibling of the leaf first, child of the root last; 32 bytes each. */
  readonly proof: readonly Uint8Array[]
}

/** `<index>\n<leaf>\n` and a line for each hash, base64. */
export function formatLeafProof({ index, leaf, proof }: LeafProof): Uint8Array {
  return encodeUtf8(`${index}\n${[leaf, ...proof].map((hash) => `${encodeBase64(hash)}\n`).join('')}`)
}

/** Reads what `formatLeafProof` writes. Throws MALFORMED_EVIDENCE. */
export function parseLeafProof(bytes: Uint8Array, field: string): LeafProof {
  const refuse = (rule: string): RecordError => new RecordError('MALFORMED_EVIDENCE', { field, value: null, rule })
  try {
    const lines = decodeUtf8(bytes, field).split('\n')
    if (lines.pop() !== '' || lines.length < 2 || lines.length > 2 + MAX_PROOF_HASHES) {
      throw refuse(`must be an index, a leaf hash and at most ${MAX_PROOF_HASHES} hashes, a line each`)
    }
    const [leaf, ...proof] = lines.slice(1).map((line) => decodeBase64(line, field))
    if (leaf === undefined || [leaf, ...proof].some(({ length }) => length !== HASH_BYTES)) {
      throw refuse(`must have hashes of ${HASH_BYTES} bytes`)
    }
    return { index: parseSize(lines[0] as string, field), leaf, proof }
  } catch (error) {
    if (!isRecordError(error) || error.code === 'MALFORMED_EVIDENCE') throw error
    throw new RecordError('MALFORMED_EVIDENCE', { ...error.details, field }, { cause: error })
  }
}

import { decodeBase64, encodeBase64 } from './base64.ts'
import { concatBytes, decodeUtf8, encodeUtf8 } from './bytes.ts'
import { parseSize } from './checkpoint.ts'
import { firstEmptyLine } from './empty-line.ts'
import { RecordError, shown } from './errors.ts'
import { HASH_BYTES } from './merkle.ts'
import { MAX_NOTE_BYTES } from './note.ts'
import { openByPolicy, type Policy } from './policy.ts'
import type { OpenedCheckpoint } from './signed-checkpoint.ts'
import { MAX_PROOF_HASHES, verifyInclusion } from './verify-proof.ts'

/** First line of a proof file (c2sp.org/tlog-proof). */
const HEADER = 'c2sp.org/tlog-proof@v1'

/** Most bytes of extra data. */
export const MAX_PROOF_EXTRA_BYTES = 65_535

/** Most bytes of a proof file: the longest checkpoint, hashes and extra data there can be. */
export const MAX_PROOF_FILE_BYTES = MAX_NOTE_BYTES + 64 * 45 + Math.ceil(MAX_PROOF_EXTRA_BYTES / 3) * 4 + 128

/** What a `.tlog-proof` file holds: that entry `index` is part of the log at `checkpoint`. It does not hold the entry. */
export interface TlogProof {
  readonly index: number
  /** Inclusion proof, leaf's sibling first. */
  readonly proof: readonly Uint8Array[]
  /** The checkpoint, verbatim: bytes of a note with the log's signature and cosignatures. */
  readonly checkpoint: Uint8Array
  /** Data nobody vouches for, null for none. */
  readonly extra: Uint8Array | null
}

/**
 * The proof as a file.
 *
 * @throws RecordError OUT_OF_RANGE (index), WRONG_PROOF_LENGTH, INVALID_HASH, MALFORMED_PROOF_FILE (extra data of no
 *   bytes or above 65,535)
 */
export function formatTlogProof({ index, proof, checkpoint, extra }: TlogProof): Uint8Array {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new RecordError('OUT_OF_RANGE', { field: 'index', value: String(index), rule: 'must be an index' })
  }
  requireCount(proof.length)
  if (extra !== null && (extra.length === 0 || extra.length > MAX_PROOF_EXTRA_BYTES)) {
    throw malformed(String(extra.length), `must have 1 to ${MAX_PROOF_EXTRA_BYTES} bytes of extra data, or none`)
  }
  let text = `${HEADER}\n`
  if (extra !== null) text += `extra ${encodeBase64(extra)}\n`
  text += `index ${index}\n`
  for (const [i, hash] of proof.entries()) text += `${encodeBase64(requireHash(i, hash))}\n`
  return concatBytes(encodeUtf8(`${text}\n`), checkpoint)
}

/**
 * Reads a proof file. Nothing is verified yet, the checkpoint not even opened.
 *
 * @throws RecordError REQUEST_TOO_LARGE, MALFORMED_PROOF_FILE, WRONG_PROOF_LENGTH, INVALID_HASH, INVALID_BASE64,
 *   INVALID_INTEGER, UNSUPPORTED_SIZE, INVALID_UTF8
 */
export function parseTlogProof(file: Uint8Array): TlogProof {
  if (file.length > MAX_PROOF_FILE_BYTES) {
    const rule = `must be at most ${MAX_PROOF_FILE_BYTES} bytes`
    throw new RecordError('REQUEST_TOO_LARGE', { field: 'proof', value: file.length, rule })
  }
  const end = firstEmptyLine(file)
  if (end === -1) throw malformed('', 'must have an empty line before the checkpoint')
  const [header, ...lines] = decodeUtf8(file.subarray(0, end), 'proof').split('\n') as [string, ...string[]]
  if (header !== HEADER) throw malformed(header, `must begin with ${HEADER}`)
  let extra: Uint8Array | null = null
  if (lines[0]?.startsWith('extra ') === true) {
    extra = decodeBase64((lines.shift() as string).slice(6), 'extra')
    if (extra.length === 0 || extra.length > MAX_PROOF_EXTRA_BYTES) {
      throw malformed(
        String(extra.length),
        `must have 1 to ${MAX_PROOF_EXTRA_BYTES} bytes of extra data, or no such line`,
      )
    }
  }
  const place = lines.shift()
  if (place?.startsWith('index ') !== true) throw malformed(place ?? '', "must have a line 'index ' and a number")
  const index = parseSize(place.slice(6), 'index')
  requireCount(lines.length)
  const proof = lines.map((line, i) => requireHash(i, decodeBase64(line, `proof[${i}]`)))
  return { index, proof, checkpoint: new Uint8Array(file.subarray(end + 2)), extra }
}

/**
 * Verifies a proof against a policy: the checkpoint is signed by a log of the policy and cosigned as its quorum asks, and
 * the entry with the leaf hash `leaf` is number `index` of that log. Gives the opened checkpoint.
 *
 * ```ts
 * const policy = parsePolicy(await readFile('table.policy'))
 * const proof = parseTlogProof(await readFile('act.tlog-proof'))
 * const { checkpoint, cosignatures } = verifyTlogProof(proof, { leaf: leafHash(leafOf(entry)), policy })
 * ```
 *
 * @throws RecordError what `openByPolicy` and `verifyInclusion` throw
 */
export function verifyTlogProof(
  { index, proof, checkpoint }: TlogProof,
  { leaf, policy }: { readonly leaf: Uint8Array; readonly policy: Policy },
): OpenedCheckpoint {
  const opened = openByPolicy(policy, checkpoint)
  const { size, root } = opened.checkpoint
  verifyInclusion({ leaf, index, size, root, proof })
  return opened
}

function requireCount(count: number): void {
  if (count <= MAX_PROOF_HASHES) return
  const rule = `must have at most ${MAX_PROOF_HASHES} hashes`
  throw new RecordError('WRONG_PROOF_LENGTH', { field: 'proof', value: count, rule })
}

function requireHash(index: number, hash: Uint8Array): Uint8Array {
  if (hash.length === HASH_BYTES) return hash
  throw new RecordError('INVALID_HASH', {
    field: `proof[${index}]`,
    value: hash.length,
    rule: `must be ${HASH_BYTES} bytes`,
  })
}

const malformed = (value: string, rule: string): RecordError =>
  new RecordError('MALFORMED_PROOF_FILE', { field: 'proof', value: shown(value), rule })

import { RecordError } from '../errors.ts'
import { leafOf } from '../leaf.ts'
import { leafHash } from '../merkle.ts'
import { openByPolicy, type Policy } from '../policy.ts'
import { type Cosignature, openCheckpoint } from '../signed-checkpoint.ts'
import { parseTlogProof } from '../tlog-proof.ts'
import { verifyInclusion } from '../verify-proof.ts'
import type { VerifierKey } from '../vkey.ts'

/** An act with the proof that its log holds it and that a counterpart's mirror stored it. */
export interface Receipt {
  readonly kind: 'receipt'
  /** The entry as it stands in the log, whole even where the log holds a blob's name in its place. */
  readonly entry: Uint8Array
  /** The `.tlog-proof` file (c2sp.org/tlog-proof), whose checkpoint carries the mirror's line. */
  readonly proof: Uint8Array
}

export interface ReceiptKeys {
  readonly logKey: VerifierKey
  /** Mirrors any of whose cosignature is a receipt; a witness's is not, it vouches for the head and not for the entries. */
  readonly mirrors: readonly VerifierKey[]
  /** The table's policy, where more than one receipt is asked for; null where one is enough. */
  readonly policy: Policy | null
}

export interface ReceiptFinding {
  readonly origin: string
  readonly index: number
  readonly size: number
  /** The mirrors that stored it, with the times by their clocks. */
  readonly receipts: readonly Cosignature[]
}

/**
 * Verifies that the entry stands in the log at the index the proof says, under a head that a mirror has cosigned. Throws
 * EVIDENCE_SHOWS_NOTHING when no mirror has, and what `parseTlogProof`, `openCheckpoint`, `openByPolicy` and
 * `verifyInclusion` throw.
 */
export function verifyReceipt(
  { entry, proof: file }: Receipt,
  { logKey, mirrors, policy }: ReceiptKeys,
): ReceiptFinding {
  const { index, proof, checkpoint: note } = parseTlogProof(file)
  const { checkpoint, cosignatures } = openCheckpoint(note, logKey, mirrors)
  if (policy !== null) openByPolicy(policy, note)
  const { origin, size, root } = checkpoint
  verifyInclusion({ leaf: leafHash(leafOf(entry)), index, size, root, proof })
  if (cosignatures.length === 0) {
    throw new RecordError('EVIDENCE_SHOWS_NOTHING', {
      field: 'proof',
      value: 0,
      rule: 'must carry the cosignature of a mirror: without it nobody has acknowledged the act',
    })
  }
  return { origin, index, size, receipts: cosignatures }
}

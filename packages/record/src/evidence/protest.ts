import { decodeUtf8, encodeUtf8, equalBytes } from '../bytes.ts'
import { formatCanonicalJson, parseCanonicalJson } from '../canonical-json.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { isRecordError, RecordError, shown } from '../errors.ts'
import { FieldReader } from '../keys/fields.ts'
import { openCheckpoint } from '../signed-checkpoint.ts'
import { verifyConsistency } from '../verify-proof.ts'
import { formatVkey, parseVkey, type VerifierKey } from '../vkey.ts'

/**
 * A party says that a counterpart's mirror gave no receipt in time: its own head with observers' cosignatures shows that
 * the head was there to take. Absence cannot be proved; the charter lets the protest stand until the accused shows a
 * receipt of its mirror from before the deadline.
 */
export interface Protest {
  readonly kind: 'non-delivery'
  /** The author's checkpoint note with the observers' cosignature lines. */
  readonly head: Uint8Array
  /** The mirror that should have answered. */
  readonly accused: VerifierKey
  /** Seconds the charter gives it after the observers cosigned. */
  readonly deltaS: number
}

export interface ProtestKeys {
  readonly logKey: VerifierKey
  readonly observers: readonly VerifierKey[]
  /** Observers that must have cosigned the head. */
  readonly quorum: number
}

/** A protest that holds as far as bytes can show it. */
export interface ProtestFinding {
  readonly checkpoint: Checkpoint
  /** When the quorum of observers had cosigned the head, by their clocks, unix seconds. */
  readonly availableAtS: number
  /** Until when a receipt of the accused answers the protest. */
  readonly deadlineS: number
}

const nothing = (field: string, value: string | number | null, rule: string): RecordError =>
  new RecordError('EVIDENCE_SHOWS_NOTHING', { field, value, rule })

/**
 * Verifies that the head was signed and cosigned by a quorum of observers and carries no receipt of the accused mirror.
 * Throws EVIDENCE_SHOWS_NOTHING and what `openCheckpoint` throws.
 */
export function verifyProtest(protest: Protest, { logKey, observers, quorum }: ProtestKeys): ProtestFinding {
  const others = observers.filter(({ publicKey }) => !equalBytes(publicKey, protest.accused.publicKey))
  const { checkpoint, cosignatures } = openCheckpoint(protest.head, logKey, [...others, protest.accused])
  if (cosignatures.some(({ key }) => key === protest.accused)) {
    throw nothing('head', shown(protest.accused.name), 'must not carry a receipt of the accused')
  }
  const timesS = cosignatures.map(({ timestampS }) => timestampS).sort((a, b) => a - b)
  const availableAtS = timesS[quorum - 1]
  if (!Number.isSafeInteger(quorum) || quorum < 1 || availableAtS === undefined) {
    throw nothing('head', timesS.length, `must carry the cosignatures of ${quorum} observers`)
  }
  return { checkpoint, availableAtS, deadlineS: availableAtS + protest.deltaS }
}

/** What the accused answers a protest with: a note with its mirror's line, and how that head follows from the protest's. */
export interface ProtestAnswer {
  readonly note: Uint8Array
  /** Consistency proof from the protest's head; empty when both have one size. */
  readonly proof: readonly Uint8Array[]
}

/**
 * Whether a receipt of the accused answers the protest: `answered` when its mirror cosigned that head, or a later one that
 * extends it, by the deadline; `late` when afterwards. Throws EVIDENCE_SHOWS_NOTHING for a note that is no receipt of it or
 * of a smaller head, and what `openCheckpoint` and `verifyConsistency` throw.
 */
export function judgeProtestAnswer(
  protest: Protest,
  answer: ProtestAnswer,
  keys: ProtestKeys,
): { readonly verdict: 'answered' | 'late'; readonly receiptAtS: number } {
  const { checkpoint, deadlineS } = verifyProtest(protest, keys)
  const receipt = openCheckpoint(answer.note, keys.logKey, [protest.accused])
  const [cosignature] = receipt.cosignatures
  if (cosignature === undefined)
    throw nothing('answer', shown(protest.accused.name), 'must carry a receipt of the accused')
  const { size, root } = receipt.checkpoint
  if (size < checkpoint.size) throw nothing('answer', size, `must be a head of at least ${checkpoint.size}`)
  if (size > checkpoint.size) {
    verifyConsistency({
      from: checkpoint.size,
      to: size,
      fromRoot: checkpoint.root,
      toRoot: root,
      proof: [...answer.proof],
    })
  } else if (!equalBytes(root, checkpoint.root)) {
    throw nothing('answer', size, 'must be the head of the protest: these two are a fork of the log')
  }
  const { timestampS } = cosignature
  return { verdict: timestampS <= deadlineS ? 'answered' : 'late', receiptAtS: timestampS }
}

/** The claim as one line of canonical JSON. */
export function formatClaim({ accused, deltaS }: Protest): Uint8Array {
  return encodeUtf8(`${formatCanonicalJson({ accused: formatVkey(accused), delta_s: deltaS })}\n`)
}

/** Reads what `formatClaim` writes. Throws MALFORMED_EVIDENCE. */
export function parseClaim(bytes: Uint8Array): Pick<Protest, 'accused' | 'deltaS'> {
  try {
    const text = decodeUtf8(bytes, 'claim')
    if (!text.endsWith('\n'))
      throw new RecordError('MALFORMED_EVIDENCE', { field: 'claim', value: null, rule: 'must be one line' })
    const fields = new FieldReader(parseCanonicalJson(bytes.subarray(0, -1)), 'MALFORMED_EVIDENCE', 'claim').only(
      'accused',
      'delta_s',
    )
    return {
      accused: fields.parsed('accused', parseVkey),
      deltaS: fields.integer('delta_s', { min: 1, max: 31_536_000 }),
    }
  } catch (error) {
    if (!isRecordError(error) || error.code === 'MALFORMED_EVIDENCE') throw error
    throw new RecordError('MALFORMED_EVIDENCE', { ...error.details, field: 'claim' }, { cause: error })
  }
}

import { type AddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts'
import { equalBytes } from './bytes.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { type CosignerAnswer, formatTreeSize, PLAIN_TYPE, SIZE_TYPE } from './cosigner-answer.ts'
import { isRecordError, type RecordErrorCode } from './errors.ts'
import { formatNote, parseNote } from './note.ts'
import { openCheckpoint } from './signed-checkpoint.ts'
import { verifyConsistency } from './verify-proof.ts'
import type { VerifierKey } from './vkey.ts'

/** A head of a log as a cosigner keeps it: with the note its log signed, for that is what makes a fork provable. */
export interface SignedHead {
  readonly size: number
  readonly root: Uint8Array
  readonly note: Uint8Array
}

/** The head a cosigner signed last for one origin, and when, in unix seconds: 0 for a head it only took note of. */
export interface CosignedHead extends SignedHead {
  readonly cosignedAtS: number
}

/**
 * What two heads of one log, each signed by it, say about the log. `fork`: same size, other root, proof by itself that
 * the log lied. `inconsistent`: the proof that one begins with the other failed; the log, or whoever sent it, owes
 * the entries before that is a proof.
 */
export interface HeadConflict {
  readonly kind: 'fork' | 'inconsistent'
  readonly origin: string
  /** Note of the head known first, then that of the one just shown. */
  readonly known: Uint8Array
  readonly shown: Uint8Array
}

/** A request granted nothing. `code` says why; `conflict` is to be stored and to raise the alarm, when there is one. */
export interface CosignerRefusal extends CosignerAnswer {
  readonly kind: 'refuse'
  readonly code: RecordErrorCode | CosignerRefusalCode
  readonly conflict: HeadConflict | null
}

export type CosignerRefusalCode =
  | 'UNKNOWN_ORIGIN'
  | 'OLD_SIZE_ABOVE_SIZE'
  | 'OLD_SIZE_MISMATCH'
  | 'ROOT_MISMATCH'
  | 'PROOF_REFUSED'
  | 'CLOCK_REGRESSED'
  | 'NO_PENDING_CHECKPOINT'
  | 'UNKNOWN_UPLOAD_END'
  | 'UPLOAD_END_BEHIND'
  | 'UPLOAD_START_AHEAD'
  | 'UPLOAD_OVERLAP'
  | 'INVALID_UPLOAD_RANGE'
  | 'NOTHING_AUTHENTICATED'

/**
 * An add-checkpoint request whose form and log signature hold. Its note carries the log's line alone: what others have
 * added is neither kept nor passed on.
 */
export interface OpenedAddCheckpoint extends AddCheckpoint {
  readonly checkpoint: Checkpoint
  /** Text of the checkpoint: what is cosigned. */
  readonly text: string
}

/** A refusal, its reason as a line of text. */
export function refusal(
  status: number,
  code: CosignerRefusal['code'],
  { body = `${code}\n`, contentType = PLAIN_TYPE, conflict = null }: Partial<CosignerRefusal> = {},
): CosignerRefusal {
  return { kind: 'refuse', status, code, contentType, body, conflict }
}

/**
 * Opens an add-checkpoint request, as far as that needs no state: form (400, or 413 by size), origin (404), signature
 * of the log (403), old size above the new (400), a size of 0 with the root of something (422). `logKey` gives the key
 * of an origin, null when we do not cosign it.
 */
export function openAddCheckpoint(
  body: Uint8Array,
  logKey: (origin: string) => VerifierKey | null,
): { readonly kind: 'opened'; readonly request: OpenedAddCheckpoint } | CosignerRefusal {
  try {
    const request = parseAddCheckpoint(body)
    const { origin } = parseCheckpoint(parseNote(request.note).text)
    const key = logKey(origin)
    if (key === null) return refusal(404, 'UNKNOWN_ORIGIN')
    const { checkpoint, text, note } = openCheckpoint(request.note, key)
    if (request.oldSize > checkpoint.size) return refusal(400, 'OLD_SIZE_ABOVE_SIZE')
    const signatures = note.signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId)
    return { kind: 'opened', request: { ...request, note: formatNote({ text, signatures }), checkpoint, text } }
  } catch (error) {
    if (isRecordError(error)) return refusal(STATUS[error.code] ?? 400, error.code)
    throw error
  }
}

/** Statuses of refused requests that are not 400. */
const STATUS: Partial<Record<RecordErrorCode, number>> = {
  REQUEST_TOO_LARGE: 413,
  NO_VERIFIED_SIGNATURE: 403,
  INVALID_SIGNATURE: 403,
  WRONG_EMPTY_ROOT: 422,
}

/** To cosign: the new head is first made durable, in the same step that compared the old one, and only then signed. */
export interface CosignDecision {
  readonly kind: 'cosign'
  readonly origin: string
  readonly head: CosignedHead
  /** What to sign, at `head.cosignedAtS`. */
  readonly text: string
  /** Whether the log has grown; otherwise it is the same head again, cosigned afresh. */
  readonly grown: boolean
}

/**
 * Decides an opened add-checkpoint request (c2sp.org/tlog-witness; a mirror decides the same way over its pending
 * checkpoint). `head` is the head last cosigned for that origin, null for none, read and replaced in one atomic step:
 * whoever comes second then has the wrong old size. `nowS` is the clock in unix seconds; a cosigner never signs with an
 * earlier time than before (503).
 */
export function decideAddCheckpoint(
  head: CosignedHead | null,
  request: OpenedAddCheckpoint,
  { nowS }: { readonly nowS: number },
): CosignDecision | CosignerRefusal {
  const { checkpoint, oldSize, proof, note, text } = request
  const { origin, size, root } = checkpoint
  const conflict = (kind: HeadConflict['kind']): HeadConflict | null =>
    head === null ? null : { kind, origin, known: head.note, shown: note }
  const forked = head !== null && head.size === size && !equalBytes(head.root, root) ? conflict('fork') : null
  const known = head?.size ?? 0
  if (oldSize !== known) {
    const answer = { body: formatTreeSize(known), contentType: SIZE_TYPE, conflict: forked }
    return refusal(409, 'OLD_SIZE_MISMATCH', answer)
  }
  if (forked !== null) return refusal(422, 'ROOT_MISMATCH', { conflict: forked })
  if (head === null || known === 0) {
    // Every tree begins with the empty one: there is nothing to prove, and a proof proves nothing.
    if (proof.length > 0) return refusal(422, 'PROOF_REFUSED')
  } else {
    try {
      verifyConsistency({ from: known, to: size, fromRoot: head.root, toRoot: root, proof })
    } catch (error) {
      if (!isRecordError(error)) throw error
      return refusal(422, 'PROOF_REFUSED', { conflict: size === known ? null : conflict('inconsistent') })
    }
  }
  if (nowS < (head?.cosignedAtS ?? 0)) return refusal(503, 'CLOCK_REGRESSED')
  return { kind: 'cosign', origin, head: { size, root, note, cosignedAtS: nowS }, text, grown: size > known }
}

/**
 * What a head of a log that someone shows means to one who knows another of it: both opened, of the same origin.
 * `older` is ignored, `newer` needs a consistency proof, `fork` is a proof against the log.
 */
export function compareHeads(
  known: Pick<Checkpoint, 'size' | 'root'>,
  offered: Pick<Checkpoint, 'size' | 'root'>,
): 'same' | 'older' | 'newer' | 'fork' {
  if (offered.size !== known.size) return offered.size < known.size ? 'older' : 'newer'
  return equalBytes(offered.root, known.root) ? 'same' : 'fork'
}

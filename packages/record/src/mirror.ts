import type { AddEntriesHeader, EntryPackage } from './add-entries.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { CompactRange } from './compact-range.ts'
import { type CosignerAnswer, formatMirrorInfo, MIRROR_INFO_TYPE, type MirrorInfo } from './cosigner-answer.ts'
import { isRecordError } from './errors.ts'
import { leafHash } from './merkle.ts'
import { parseNote } from './note.ts'
import { formatTicket, openTicket } from './ticket.ts'
import { verifySubtreeConsistency } from './verify-proof.ts'
import { type CosignedHead, type CosignerRefusal, refusal, type SignedHead } from './witness.ts'

/** Most heads a mirror remembers that were pending before the present one. */
export const MAX_PAST_HEADS = 16

/** Most entries of an upload that the mirror holds already: one request's worth. */
export const MAX_OVERLAP = 8192

/** What a mirror knows of one log; committed ≤ pending, and entries are held from 0 up to `nextEntry`. */
export interface MirrorState {
  readonly origin: string
  /** The mirror checkpoint: what was cosigned as held; null before the first. */
  readonly committed: CosignedHead | null
  /** The head the log has committed itself to and whose entries are still coming; null before the first. */
  readonly pending: SignedHead | null
  /** Heads that were pending before, newest last; uploads up to them go on. */
  readonly past: readonly SignedHead[]
  /** Index of the first entry not held durably. */
  readonly nextEntry: number
}

/** State of a mirror that has seen nothing of a log. */
export const emptyMirror = (origin: string): MirrorState => ({
  origin,
  committed: null,
  pending: null,
  past: [],
  nextEntry: 0,
})

/** The head a mirror's `decideAddCheckpoint` compares with: its pending one. It signs nothing there, so no clock holds it back. */
export const pendingHead = ({ pending }: MirrorState): CosignedHead | null =>
  pending === null ? null : { ...pending, cosignedAtS: 0 }

/** The state after `decideAddCheckpoint` granted a head: pending now, durable before the answer; nothing is cosigned. */
export function withPending(state: MirrorState, { size, root, note }: SignedHead): MirrorState {
  const { pending, past } = state
  const kept = pending === null || pending.size === size ? past : [...past, pending].slice(-MAX_PAST_HEADS)
  return { ...state, pending: { size, root, note }, past: kept }
}

/** An upload may come: its packages are checked against `target`. */
export interface UploadDecision {
  readonly kind: 'proceed'
  readonly target: SignedHead
}

/**
 * Decides the header of an add-entries request (c2sp.org/tlog-mirror), before its packages are read; `state` is null for
 * an origin we do not mirror (404). 422 when the log never showed a head; 409 with the mirror's state when the end is
 * no head we took, is behind what we have cosigned, or the start leaves a gap or repeats more than 8,192 entries. State
 * somewhat behind does no harm.
 */
export function decideAddEntries(
  state: MirrorState | null,
  { start, end, ticket }: AddEntriesHeader,
  { ticketKey }: { readonly ticketKey: Uint8Array },
): UploadDecision | CosignerRefusal {
  if (state === null) return refusal(404, 'UNKNOWN_ORIGIN')
  if (state.pending === null) return refusal(422, 'NO_PENDING_CHECKPOINT')
  if (start > end) return refusal(400, 'INVALID_UPLOAD_RANGE')
  const target = findHead(state, end) ?? headOfTicket(state, end, openTicket(ticket, ticketKey))
  if (target === null) return conflict(state, 'UNKNOWN_UPLOAD_END', { head: state.pending, ticketKey })
  if (end < (state.committed?.size ?? 0)) {
    return conflict(state, 'UPLOAD_END_BEHIND', { head: state.pending, ticketKey })
  }
  if (start > state.nextEntry) return conflict(state, 'UPLOAD_START_AHEAD', { head: target, ticketKey })
  if (Math.min(end, state.nextEntry) - start > MAX_OVERLAP) {
    return conflict(state, 'UPLOAD_OVERLAP', { head: target, ticketKey })
  }
  return { kind: 'proceed', target }
}

/**
 * Holds a package against the head the upload is for: its entries, after `before`, the tree of the entries
 * `[subtreeStart, start)` we hold already, make a subtree of that head's tree. Null when they do; else the refusal (422)
 * that ends the upload, with nothing of this package kept.
 */
export function checkPackage(
  { subtreeStart, start, end, entries, proof }: EntryPackage,
  target: SignedHead,
  before: CompactRange,
): CosignerRefusal | null {
  if (before.size !== start - subtreeStart) {
    throw new RangeError(`${start - subtreeStart} leaves stand before the package, not ${before.size}`)
  }
  const subtree = before.clone()
  for (const entry of entries) subtree.append(leafHash(entry))
  try {
    const { size, root } = target
    verifySubtreeConsistency({ start: subtreeStart, end, size, subtree: subtree.root(), root, proof })
    return null
  } catch (error) {
    if (isRecordError(error)) return refusal(422, 'PROOF_REFUSED')
    throw error
  }
}

/** The entries of a checked package that are not held yet: those from `nextEntry` on, which is at or after its start. */
export const freshEntries = (
  { start, entries }: Pick<EntryPackage, 'start' | 'entries'>,
  nextEntry: number,
): readonly Uint8Array[] => entries.slice(Math.max(0, nextEntry - start))

/** All entries of the upload are held: `head` becomes the mirror checkpoint, durably, and only then is cosigned. */
export interface CommitDecision {
  readonly kind: 'commit'
  readonly origin: string
  readonly head: CosignedHead
  /** What to sign, at `head.cosignedAtS`. */
  readonly text: string
  /** Whether the mirror checkpoint moves; otherwise it is cosigned afresh. */
  readonly grown: boolean
}

/** Some entries are held now, others are still to come: 202. */
export interface ContinueDecision extends CosignerAnswer {
  readonly kind: 'continue'
  readonly info: MirrorInfo
}

/**
 * Decides the end of an add-entries request, over the state as it is then: read and replaced in one atomic step with the
 * mirror checkpoint, which never goes back. `complete` says whether all packages were read and are durable, `saved` how
 * many. 202 with where to go on when only some are, 400 when none is and some should be, 409 when another upload
 * has brought the mirror further, 503 when the clock `nowS` (unix seconds) is behind our last signature.
 */
export function decideUploadEnd(
  state: MirrorState,
  upload: { readonly target: SignedHead; readonly complete: boolean; readonly saved: number },
  { nowS, ticketKey }: { readonly nowS: number; readonly ticketKey: Uint8Array },
): CommitDecision | ContinueDecision | CosignerRefusal {
  const { target, complete, saved } = upload
  if (!complete && saved === 0) return refusal(400, 'NOTHING_AUTHENTICATED')
  if (!complete || state.nextEntry < target.size) {
    const info = infoOf(state, target, ticketKey)
    return { kind: 'continue', status: 202, contentType: MIRROR_INFO_TYPE, body: formatMirrorInfo(info), info }
  }
  const committed = state.committed?.size ?? 0
  if (target.size < committed) {
    return conflict(state, 'UPLOAD_END_BEHIND', { head: state.pending ?? target, ticketKey })
  }
  if (nowS < (state.committed?.cosignedAtS ?? 0)) return refusal(503, 'CLOCK_REGRESSED')
  return {
    kind: 'commit',
    origin: state.origin,
    head: { size: target.size, root: target.root, note: target.note, cosignedAtS: nowS },
    text: parseNote(target.note).text,
    grown: target.size > committed,
  }
}

const findHead = ({ committed, pending, past }: MirrorState, size: number): SignedHead | null =>
  [pending, ...past.toReversed(), committed].find((head) => head?.size === size) ?? null

/** The head of a ticket of ours, when it is of this log and size, and not beyond what the log has shown since. */
function headOfTicket({ origin, pending }: MirrorState, size: number, note: Uint8Array | null): SignedHead | null {
  if (note === null) return null
  const head = parseCheckpoint(parseNote(note).text)
  if (head.origin !== origin || head.size !== size || size > (pending?.size ?? 0)) return null
  return { size, root: head.root, note }
}

const infoOf = ({ nextEntry }: MirrorState, head: SignedHead, ticketKey: Uint8Array): MirrorInfo => ({
  size: head.size,
  nextEntry,
  ticket: formatTicket(head.note, ticketKey),
})

const conflict = (
  state: MirrorState,
  code: CosignerRefusal['code'],
  { head, ticketKey }: { readonly head: SignedHead; readonly ticketKey: Uint8Array },
): CosignerRefusal =>
  refusal(409, code, { body: formatMirrorInfo(infoOf(state, head, ticketKey)), contentType: MIRROR_INFO_TYPE })

import { cosignersOf, quorumMet, quorumOf, type TableCosigner } from './charter/charter-quorum.ts'
import type { QuorumPolicy } from './charter/charter.ts'
import { type LineAct, type LineProjection, receiptBy } from './line-projection.ts'

/** Whether an act binds yet, and whose cosignature it waits for. */
export interface Binding {
  /** Null where the charter asks for no quorum: the counterpart's receipt is enough. */
  readonly quorum: QuorumPolicy | null
  /** `pending`: recorded, receipted perhaps, and without binding effect; the screen marks it (catalogue 80). */
  readonly kind: 'binding' | 'pending'
  readonly cosigned: readonly TableCosigner[]
  /** Cosigners of the quorum that have not covered it. Not all of them may be needed. */
  readonly missing: readonly TableCosigner[]
}

/**
 * Whether the cosignatures in hand meet the quorum that the charter asks of this act's kind. A cosigner in `faulty`, proven to
 * have signed two branches of a log, counts for nothing, and what rested on it is pending again (catalogue 79).
 */
export function bindingOf(line: LineProjection, act: LineAct, faulty: readonly TableCosigner[] = []): Binding {
  const { charter } = line
  const quorum = act.act === null ? null : quorumOf(charter, act.act.kind)
  if (quorum === null) return { quorum, kind: 'binding', cosigned: [], missing: [] }
  const author = act.party
  const isFaulty = (one: TableCosigner): boolean =>
    faulty.some(({ party, role }) => party === one.party && role === one.role)
  const all = cosignersOf(charter, quorum, { author })
  const cosigned = all.filter(
    (one) => !isFaulty(one) && receiptBy(line, act, { by: one.party, role: one.role }) !== null,
  )
  const kind = quorumMet(charter, quorum, { author, cosigned }) ? 'binding' : 'pending'
  return { quorum, kind, cosigned, missing: all.filter((one) => !cosigned.includes(one)) }
}

import { bodyOf, foldParty, type LineAct, type LineProjection, type PartyFold, receiptBy } from './line-projection.ts'
import { ACK_ANSWER, ACK_OPEN, ACK_READBACK, ACK_TAKE } from './messages/acks.ts'
import { MESSAGE } from './messages/message.ts'
import type { ActPlace } from './place.ts'

/**
 * How far an act has come to one counterpart (record.md 3.1): 0 a socket is up, 1 its machine knows the head, 2 its machine
 * holds the contents — delivered —, 3 a person opened it, 4 it was answered; null with not even a socket.
 */
export type ReceiptLevel = 0 | 1 | 2 | 3 | 4

interface Acknowledged {
  /** By message number, and by log and index of a `ref`. */
  readonly levels: Map<string, 3 | 4>
}

const raise = ({ levels }: Acknowledged, key: string, level: 3 | 4): void => {
  if ((levels.get(key) ?? 0) < level) levels.set(key, level)
}

const ACKNOWLEDGED: PartyFold<Acknowledged> = {
  start: () => ({ levels: new Map() }),
  step: (state, act) => {
    if (!act.effective || act.act === null) return
    const answer = bodyOf(act, ACK_ANSWER)
    if (answer !== null) raise(state, answer.number, 4)
    for (const kind of [ACK_OPEN, ACK_TAKE, ACK_READBACK]) {
      const body = bodyOf(act, kind)
      if (body !== null) raise(state, body.number, 3)
    }
    const { ref, kind } = act.act
    if (ref === undefined) return
    if (kind.startsWith('ack.')) raise(state, `${ref.o} ${ref.i}`, kind === 'ack.answer' ? 4 : 3)
    if (kind === 'intent.ack') raise(state, `${ref.o} ${ref.i}`, 4)
  },
}

/** How far the act has come to `party`; `linkUp` says whether a connection to it stands now. */
export function receiptLevel(
  line: LineProjection,
  act: LineAct,
  { party, linkUp = false }: { readonly party: string; readonly linkUp?: boolean },
): ReceiptLevel | null {
  const { levels } = foldParty(line, ACKNOWLEDGED, party)
  const number = bodyOf(act, MESSAGE)?.number
  const byPerson = Math.max(
    levels.get(`${act.origin} ${act.index}`) ?? 0,
    number === undefined ? 0 : (levels.get(number) ?? 0),
  )
  if (byPerson > 0) return byPerson as 3 | 4
  if (receiptBy(line, act, { by: party, role: 'mirror' }) !== null) return 2
  if (receiptBy(line, act, { by: party, role: 'witness' }) !== null) return 1
  return linkUp ? 0 : null
}

/** A guarantor held the act so long that the charter deems it delivered, whatever the addressee's mirror says. */
export interface DeemedReceipt {
  readonly guarantor: string
  /** Unix seconds, on the guarantor's clock. */
  readonly atS: number
}

/** Since when the act counts as delivered to all by the charter's rule; null where it has none, or its time has not come. */
export function deemedDelivered(line: LineProjection, place: ActPlace, nowS: number): DeemedReceipt | null {
  const rule = line.charter.deemedDelivery
  if (rule === null) return null
  const held = rule.guarantors
    .flatMap((guarantor): DeemedReceipt[] => {
      const receipt = receiptBy(line, place, { by: guarantor, role: 'mirror' })
      return receipt === null ? [] : [{ guarantor, atS: receipt.timestampS + rule.afterS }]
    })
    .filter(({ atS }) => atS <= nowS)
  return held.reduce<DeemedReceipt | null>(
    (first, next) => (first === null || next.atS < first.atS ? next : first),
    null,
  )
}

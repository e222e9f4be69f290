import { bodyOf, foldParty, type LineAct, type LineProjection, type PartyFold } from '../line-projection.ts'
import type { RoleAddress } from './message.ts'
import { WATCH_CLOSE, WATCH_OPEN, type WatchCloseBody } from './watch.ts'

/** A role that is manned. */
export interface OpenWatch {
  readonly role: RoleAddress
  readonly sinceS: number
  readonly origin: string
  readonly index: number
}

/** A watch that ended, with what it handed over. */
export interface ClosedWatch {
  readonly role: RoleAddress
  readonly fromS: number | null
  readonly toS: number
  readonly handover: WatchCloseBody['handover']
}

interface Watches {
  readonly open: Map<string, LineAct>
  readonly closed: ClosedWatch[]
}

/** Watches kept in view; the log has all of them. */
const CLOSED_KEPT = 64

const WATCHES: PartyFold<Watches> = {
  start: () => ({ open: new Map(), closed: [] }),
  step(watches, act) {
    if (!act.effective) return
    const opened = bodyOf(act, WATCH_OPEN)
    if (opened !== null && opened.role.party === act.party) {
      if (!watches.open.has(opened.role.role)) watches.open.set(opened.role.role, act)
      return
    }
    const ended = bodyOf(act, WATCH_CLOSE)
    if (ended === null || ended.role.party !== act.party) return
    const from = watches.open.get(ended.role.role)
    watches.open.delete(ended.role.role)
    watches.closed.push({ role: ended.role, fromS: from?.atS ?? null, toS: act.atS, handover: ended.handover })
    if (watches.closed.length > CLOSED_KEPT) watches.closed.shift()
  },
}

/** Which roles of a party are manned, by the party's own acts, and the watches before. */
export function rosterOf(
  line: LineProjection,
  party: string,
): { readonly open: readonly OpenWatch[]; readonly closed: readonly ClosedWatch[] } {
  const { open, closed } = foldParty(line, WATCHES, party)
  return {
    open: [...open.values()].map((act) => ({
      role: (bodyOf(act, WATCH_OPEN) as { role: RoleAddress }).role,
      sinceS: act.atS,
      origin: act.origin,
      index: act.index,
    })),
    closed: [...closed],
  }
}

import type { ActRef, JsonValue } from '@parley/record'
import type { SeparationProfile } from '../charter/charter.ts'
import { bodyOf, foldParty, type LineAct, type LineProjection, type PartyFold, receiptBy } from '../line-projection.ts'
import {
  INTENT_ACK,
  INTENT_ACTIVATE,
  INTENT_END,
  INTENT_PROPOSE,
  INTENT_WITHDRAW,
  type IntentAckBody,
  type ProposeBody,
} from './intent-acts.ts'
import { keyOf, refOf } from './refs.ts'
import { plansConflict, stricter } from './separation.ts'

interface Proposal {
  readonly act: LineAct
  readonly body: ProposeBody
  /** Its withdrawal or end by its author, the first of them. */
  closed: { readonly act: LineAct; readonly how: 'withdrawn' | 'ended' } | null
  activated: LineAct | null
}

interface Ack {
  readonly act: LineAct
  readonly body: IntentAckBody
  /** Plans of its own side that were open when it was said. */
  readonly own: readonly Proposal[]
}

interface Flights {
  readonly proposals: Map<string, Proposal>
  /** Those of them that are not closed. */
  readonly open: Set<Proposal>
  readonly acks: Map<string, Ack[]>
}

const FLIGHTS: PartyFold<Flights> = {
  start: () => ({ proposals: new Map(), open: new Set(), acks: new Map() }),
  step(flights, act) {
    if (!act.effective) return
    const body = bodyOf(act, INTENT_PROPOSE)
    if (body !== null) {
      const proposal = { act, body, closed: null, activated: null }
      flights.proposals.set(keyOf(refOf(act)), proposal)
      flights.open.add(proposal)
      return
    }
    const ack = bodyOf(act, INTENT_ACK)
    if (ack !== null) {
      const key = keyOf(ack.ref)
      flights.acks.set(key, [...(flights.acks.get(key) ?? []), { act, body: ack, own: [...flights.open] }])
      return
    }
    const about = bodyOf(act, INTENT_WITHDRAW) ?? bodyOf(act, INTENT_ACTIVATE) ?? bodyOf(act, INTENT_END)
    const proposal = about === null ? undefined : flights.proposals.get(keyOf(about.ref))
    if (proposal === undefined || proposal.closed !== null) return
    if (act.kind === INTENT_ACTIVATE) proposal.activated ??= act
    // A plan that is acted on is not withdrawn any more, only ended (R4).
    else if (act.kind === INTENT_END) proposal.closed = { act, how: 'ended' }
    else if (proposal.activated === null) proposal.closed = { act, how: 'withdrawn' }
    if (proposal.closed !== null) flights.open.delete(proposal)
  },
}

/** Why an acknowledgement does not count. */
export type AckFault =
  /** Its author had not seen the proposal, or had seen it closed. */
  | { readonly kind: 'not-seen' }
  | { readonly kind: 'closed' }
  /** The acknowledging side has a plan of its own there that the proposal does not cite (R2). */
  | { readonly kind: 'own-plan-uncited'; readonly plan: ActRef }
  /** It overlaps a plan of one's own, and that takes an explicit consent by two officers (R2). */
  | { readonly kind: 'consent-needed'; readonly plan: ActRef }

/** What one affected side has said to a plan. */
export interface AckView {
  readonly party: string
  /** null: nothing yet. */
  readonly act: ActRef | null
  readonly atS: number | null
  readonly consent: boolean
  /** null: it counts. */
  readonly fault: AckFault | null
}

export type IntentState =
  /** Waits for the sides that have not acknowledged. */
  | 'proposed'
  /** Every affected side has acknowledged: its author may act once it has seen that. */
  | 'accepted'
  | 'active'
  | 'withdrawn'
  | 'ended'
  /** Crossed another proposal that goes first: withdraw it, or propose it anew citing the other (R5). */
  | 'lost'
  /** Leaves out a plan that its author had seen (R1, R3), or names a profile that the charter does not have. */
  | 'invalid'

/** How a plan stands to another that it comes too near to. */
export interface IntentConflict {
  readonly with: ActRef
  readonly party: string
  /** `cites`: this plan cites the other; `cited`: the other cites this one; `crossed`: neither had seen the other; `uncited`: it had. */
  readonly kind: 'cites' | 'cited' | 'crossed' | 'uncited'
  /** Of two that crossed: which goes first, null while a receipt is missing to tell. */
  readonly winner: 'this' | 'other' | null
}

export interface IntentView {
  readonly ref: ActRef
  readonly party: string
  readonly body: ProposeBody
  readonly atS: number
  readonly state: IntentState
  readonly acks: readonly AckView[]
  /** Affected sides whose acknowledgement does not count yet. */
  readonly missing: readonly string[]
  /** Plans that are open and too near. */
  readonly conflicts: readonly IntentConflict[]
  /** An activation before the author could know of every acknowledgement (R4): shown, and without effect. */
  readonly actedEarly: ActRef | null
  readonly act: LineAct
}

/** Sides that must acknowledge a plan: every party of the table but its author. Guarantors and observers do not fly. */
export const affectedBy = (line: LineProjection, party: string): readonly string[] =>
  line.charter.parties.filter((member) => member.role === 'party' && member.party !== party).map((one) => one.party)

export const profileOf = (line: LineProjection, name: string): SeparationProfile | null =>
  line.charter.profiles.find((profile) => profile.name === name) ?? null

/** Whether the author of `act` had seen the entry, by the heads its act cites; its own log it knows. */
const saw = (act: LineAct, origin: string, index: number): boolean =>
  act.act?.seen.some(({ o, n }) => o === origin && n > index) ?? false

const allProposals = (line: LineProjection): Proposal[] =>
  line.charter.parties.flatMap(({ party }) => [...foldParty(line, FLIGHTS, party).proposals.values()])

/** Whether `proposal` was open in the view of `act`'s author: seen, and not seen closed. */
const openTo = (act: LineAct, { act: proposed, closed }: Proposal): boolean =>
  saw(act, proposed.origin, proposed.index) && (closed === null || !saw(act, closed.act.origin, closed.act.index))

/** Two bodies never come nearer to each other or farther apart. */
const NEAR = new WeakMap<ProposeBody, WeakMap<ProposeBody, boolean>>()

function near(line: LineProjection, a: Proposal, b: Proposal): boolean {
  let others = NEAR.get(a.body)
  if (others === undefined) {
    others = new WeakMap()
    NEAR.set(a.body, others)
  }
  const known = others.get(b.body)
  if (known !== undefined) return known
  const found = comesNear(line, a, b)
  others.set(b.body, found)
  return found
}

function comesNear(line: LineProjection, a: Proposal, b: Proposal): boolean {
  const [first, second] = [profileOf(line, a.body.profile), profileOf(line, b.body.profile)]
  if (first === null || second === null) return false
  return plansConflict(a.body.volumes, b.body.volumes, stricter(first, second))
}

const cites = ({ body }: Proposal, { act }: Proposal): boolean =>
  body.key.some((ref) => keyOf(ref) === keyOf(refOf(act)))

const VIEWS = new WeakMap<LineProjection, { readonly version: number; readonly views: readonly IntentView[] }>()

/** All plans of the line with their states, in the order of their times. Made once for each version of the projection. */
export function intentsOf(line: LineProjection): readonly IntentView[] {
  const known = VIEWS.get(line)
  if (known?.version === line.version) return known.views
  const views = viewsOf(line)
  VIEWS.set(line, { version: line.version, views })
  return views
}

function viewsOf(line: LineProjection): readonly IntentView[] {
  const proposals = allProposals(line)
  const pairs = neighbours(line, proposals)
  const uncited = new Map(proposals.map((one) => [one, isInvalid(line, one, pairs.get(one) ?? [])]))
  return proposals
    .map((one) => viewOf(line, one, { near: pairs.get(one) ?? [], invalid: (other) => uncited.get(other) ?? true }))
    .sort((a, b) => a.atS - b.atS || (a.ref.o < b.ref.o ? -1 : a.ref.o > b.ref.o ? 1 : a.ref.i - b.ref.i))
}

/**
 * Of each proposal the others, of other sides, that it comes too near to, in the order of `proposals`. Two that are both closed are left
 * out: neither hinders anything. Those that are far apart in time are not compared.
 */
function neighbours(line: LineProjection, proposals: readonly Proposal[]): Map<Proposal, Proposal[]> {
  const marginMs = Math.max(0, ...line.charter.profiles.map(({ timeS }) => timeS)) * 1000
  const spans = proposals
    .map((proposal, at) => ({ proposal, at, ...spanOf(proposal, marginMs) }))
    .toSorted((a, b) => a.startMs - b.startMs)
  const found = new Map(proposals.map((one) => [one, [] as { readonly at: number; readonly other: Proposal }[]]))
  let active: typeof spans = []
  for (const b of spans) {
    active = active.filter(({ endMs }) => endMs >= b.startMs)
    for (const a of active) {
      const [one, other] = a.at < b.at ? [a, b] : [b, a]
      if (one.proposal.closed !== null && other.proposal.closed !== null) continue
      if (one.proposal.act.party === other.proposal.act.party || !near(line, one.proposal, other.proposal)) continue
      found.get(one.proposal)?.push({ at: other.at, other: other.proposal })
      found.get(other.proposal)?.push({ at: one.at, other: one.proposal })
    }
    active.push(b)
  }
  return new Map(
    [...found].map(([proposal, list]) => [proposal, list.toSorted((a, b) => a.at - b.at).map(({ other }) => other)]),
  )
}

/** From when to when a plan may come near to another one. */
const spanOf = ({ body }: Proposal, marginMs: number): { readonly startMs: number; readonly endMs: number } => ({
  startMs: Math.min(...body.volumes.map(({ startMs }) => startMs)),
  endMs: Math.max(...body.volumes.map(({ endMs }) => endMs)) + marginMs,
})

/** R1 and R3: a plan cites every plan it comes too near to that its author has seen open; one that does not has no effect. */
function isInvalid(line: LineProjection, proposal: Proposal, others: readonly Proposal[]): boolean {
  if (profileOf(line, proposal.body.profile) === null) return true
  return others.some((other) => openTo(proposal.act, other) && !cites(proposal, other))
}

interface Surroundings {
  readonly near: readonly Proposal[]
  readonly invalid: (proposal: Proposal) => boolean
}

function viewOf(line: LineProjection, proposal: Proposal, around: Surroundings): IntentView {
  const { act, body, closed } = proposal
  const acks = affectedBy(line, act.party).map((party) => ackOf(line, proposal, party))
  const missing = acks.filter(({ act: ack, fault }) => ack === null || fault !== null).map(({ party }) => party)
  const early = proposal.activated !== null && !knewAllAcks(line, proposal)
  const conflicts = around.near.flatMap((other) => conflictOf(line, proposal, { other, ...around }))
  const lost = conflicts.some(({ kind, winner }) => kind === 'crossed' && winner === 'other')
  const state = ((): IntentState => {
    if (closed !== null) return closed.how
    if (around.invalid(proposal)) return 'invalid'
    if (proposal.activated !== null && !early) return 'active'
    if (missing.length === 0) return 'accepted'
    return lost ? 'lost' : 'proposed'
  })()
  return {
    ref: refOf(act),
    party: act.party,
    body,
    atS: act.atS,
    state,
    acks,
    missing,
    conflicts,
    actedEarly: early && proposal.activated !== null ? refOf(proposal.activated) : null,
    act,
  }
}

/** The first acknowledgement of the side that counts, else its last one with what is wrong with it. */
function ackOf(line: LineProjection, proposal: Proposal, party: string): AckView {
  const acks = foldParty(line, FLIGHTS, party).acks.get(keyOf(refOf(proposal.act))) ?? []
  const judged = acks.map((ack) => ({ ack, fault: ackFault(line, proposal, ack) }))
  const best = judged.find(({ fault }) => fault === null) ?? judged.at(-1)
  if (best === undefined) return { party, act: null, atS: null, consent: false, fault: null }
  const { ack, fault } = best
  return { party, act: refOf(ack.act), atS: ack.act.atS, consent: ack.body.consent, fault }
}

/** R2, decided by the acknowledging side's own log and what its act cites. */
function ackFault(line: LineProjection, proposal: Proposal, ack: Ack): AckFault | null {
  const { act: proposed } = proposal
  if (!saw(ack.act, proposed.origin, proposed.index)) return { kind: 'not-seen' }
  if (!openTo(ack.act, proposal)) return { kind: 'closed' }
  for (const own of ack.own) {
    if (!near(line, proposal, own)) continue
    const plan = refOf(own.act)
    if (!cites(proposal, own)) return { kind: 'own-plan-uncited', plan }
    if (!ack.body.consent || ack.act.officers.length < 2) return { kind: 'consent-needed', plan }
  }
  return null
}

/** R4: whether the activation cites heads that hold an acknowledgement that counts, of every affected side. */
function knewAllAcks(line: LineProjection, proposal: Proposal): boolean {
  const { activated } = proposal
  if (activated === null) return false
  return affectedBy(line, proposal.act.party).every((party) => {
    const acks = foldParty(line, FLIGHTS, party).acks.get(keyOf(refOf(proposal.act))) ?? []
    return acks.some((ack) => ackFault(line, proposal, ack) === null && saw(activated, ack.act.origin, ack.act.index))
  })
}

function conflictOf(
  line: LineProjection,
  proposal: Proposal,
  { other, invalid }: Surroundings & { readonly other: Proposal },
): IntentConflict[] {
  if (other.closed !== null) return []
  const found = { with: refOf(other.act), party: other.act.party }
  if (cites(proposal, other)) return [{ ...found, kind: 'cites', winner: null }]
  if (cites(other, proposal)) return [{ ...found, kind: 'cited', winner: null }]
  if (openTo(proposal.act, other) || openTo(other.act, proposal)) return [{ ...found, kind: 'uncited', winner: null }]
  if (invalid(other)) return []
  return [{ ...found, kind: 'crossed', winner: winnerOf(line, proposal, other) }]
}

/**
 * R5: of two proposals that crossed, the one of lower priority number goes first, then the one that the other side held first, then
 * the lower leaf hash. Each time is that on the other side's clock, so that both sides have the same two.
 */
function winnerOf(line: LineProjection, a: Proposal, b: Proposal): 'this' | 'other' | null {
  if (a.body.priority !== b.body.priority) return a.body.priority < b.body.priority ? 'this' : 'other'
  const first = receiptBy(line, a.act, { by: b.act.party, role: 'mirror' })?.timestampS
  const second = receiptBy(line, b.act, { by: a.act.party, role: 'mirror' })?.timestampS
  if (first === undefined || second === undefined) return null
  if (first !== second) return first < second ? 'this' : 'other'
  return a.act.leaf < b.act.leaf ? 'this' : 'other'
}

/** What both sides must agree on about flights: proposals, acknowledgements and what became of them, by leaf hash. */
export function flightsDigest(line: LineProjection): JsonValue {
  const rows: JsonValue[] = []
  for (const { party } of line.charter.parties) {
    const { proposals, acks } = foldParty(line, FLIGHTS, party)
    for (const { act, closed, activated } of proposals.values())
      rows.push([act.origin, act.index, act.leaf, closed?.act.leaf ?? null, activated?.leaf ?? null])
    for (const [key, list] of acks) for (const { act, body } of list) rows.push([key, act.leaf, body.consent])
  }
  return rows.map((row) => JSON.stringify(row)).sort()
}

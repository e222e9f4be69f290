import type { ActPlace } from './place.ts'
import {
  bodyOf,
  foldParty,
  type LineAct,
  type LineFork,
  type LineProjection,
  logsOf,
  type PartyFold,
} from './line-projection.ts'
import {
  type CloseReason,
  LINE_CLOSE,
  LINE_OPEN,
  LINE_RESUME,
  LINE_SUSPEND,
  type SuspensionReason,
  type SuspensionScope,
} from './line-kinds.ts'

/** An act that is quoted: where it stands, the time it takes effect at, when this replica learnt of it. */
export interface Quoted extends ActPlace {
  /** Leaf hash in base64. */
  readonly leaf: string
  readonly atS: number
  readonly learntS: number
}

/** One suspension a party declared: "suspended T1–T2, learnt at U". */
export interface Suspension {
  readonly by: string
  readonly act: Quoted
  readonly scope: SuspensionScope
  readonly reason: SuspensionReason
  /** Since when the party says it holds; may lie before or after the act. Unix seconds. */
  readonly sinceS: number
  /** Until when it says it will last; it lasts until resumed all the same. */
  readonly untilS: number | null
  readonly safetyOnly: boolean
  /** The act of the same party that ended it, null while it lasts. */
  readonly resumed: Quoted | null
}

/** A resumption that ended nothing, and why: it stands in the log and is shown, without effect. */
export interface IdleResume {
  readonly act: Quoted
  readonly why: 'not-a-suspension' | 'already-resumed'
}

/** All that one party has said of the line, folded from its own logs. */
export interface Declarations {
  readonly opened: Quoted | null
  readonly closed: { readonly act: Quoted; readonly reason: CloseReason } | null
  /** In the order of the log, those that ended too. */
  readonly suspensions: readonly Suspension[]
  readonly idleResumes: readonly IdleResume[]
}

interface Mutable {
  opened: Quoted | null
  closed: Declarations['closed']
  suspensions: Suspension[]
  idleResumes: IdleResume[]
}

/** The act, to be quoted. */
export const quoted = ({ origin, index, leaf, atS, learntS }: LineAct): Quoted => ({
  origin,
  index,
  leaf,
  atS,
  learntS,
})

const DECLARATIONS: PartyFold<Mutable> = {
  start: () => ({ opened: null, closed: null, suspensions: [], idleResumes: [] }),
  step: (state, act) => {
    // After its close a party has nothing left to declare.
    if (!act.effective || state.closed !== null) return
    if (bodyOf(act, LINE_OPEN) !== null) {
      state.opened ??= quoted(act)
      return
    }
    const close = bodyOf(act, LINE_CLOSE)
    if (close !== null) {
      state.closed = { act: quoted(act), reason: close.reason }
      return
    }
    const suspend = bodyOf(act, LINE_SUSPEND)
    if (suspend !== null) {
      state.suspensions.push({ by: act.party, act: quoted(act), ...suspend, resumed: null })
      return
    }
    const resume = bodyOf(act, LINE_RESUME)
    if (resume === null) return
    const { o, i, h } = resume.ref
    const at = state.suspensions.findIndex(
      ({ act: { origin, index, leaf } }) => origin === o && index === i && leaf === h,
    )
    const ended = state.suspensions[at]
    if (ended === undefined || ended.resumed !== null) {
      state.idleResumes.push({ act: quoted(act), why: ended === undefined ? 'not-a-suspension' : 'already-resumed' })
    } else {
      state.suspensions[at] = { ...ended, resumed: quoted(act) }
    }
  },
}

/** All that a party has said of the line in the acts in hand. */
export const declarationsOf = (line: LineProjection, party: string): Declarations =>
  foldParty(line, DECLARATIONS, party)

/** What a party declares now; measured facts are no part of it, and neither is inferred from the other. */
export type DeclaredState = {
  readonly party: string
  /** Suspensions that hold now: none, one or several, each ended by its own resumption. */
  readonly suspensions: readonly Suspension[]
  /** Suspensions declared for a time that has not come. */
  readonly announced: readonly Suspension[]
} & (
  | { readonly kind: 'unopened' }
  | { readonly kind: 'open'; readonly sinceS: number; readonly by: Quoted; readonly learntS: number }
  | {
      readonly kind: 'suspended'
      /** Of the suspension that holds longest. */
      readonly sinceS: number
      readonly by: Quoted
      readonly learntS: number
      readonly reason: SuspensionReason
      /** `all` also where flights and messages are suspended one by one. */
      readonly scope: SuspensionScope
      readonly untilS: number | null
      /** Whether any of them takes nothing but safety traffic. */
      readonly safetyOnly: boolean
      /** The announced end has passed, and nobody resumed. */
      readonly overdue: boolean
    }
  | {
      readonly kind: 'closed'
      readonly sinceS: number
      readonly by: Quoted
      readonly learntS: number
      readonly reason: CloseReason
    }
  | { readonly kind: 'forked'; readonly sinceS: number; readonly fork: LineFork }
)

/**
 * What the party declares at `nowS` (its own words, from its own log, whenever they arrived), unix seconds on any clock
 * within the charter's skew: only an announced suspension depends on it. A proven fork of one of its logs goes before all.
 */
export function declaredState(line: LineProjection, party: string, nowS: number): DeclaredState {
  const { opened, closed, suspensions } = declarationsOf(line, party)
  const lasting = suspensions.filter(({ resumed }) => resumed === null)
  const holding = lasting.filter(({ sinceS }) => sinceS <= nowS)
  const common = { party, suspensions: holding, announced: lasting.filter(({ sinceS }) => sinceS > nowS) }
  const fork = line.forks.find(({ origin }) => logsOf(line, party).some((log) => log.origin === origin))
  if (fork !== undefined) return { ...common, kind: 'forked', sinceS: fork.foundS, fork }
  if (closed !== null) {
    const { act, reason } = closed
    return { ...common, kind: 'closed', sinceS: act.atS, by: act, learntS: act.learntS, reason }
  }
  const first = holding.toSorted((a, b) => a.sinceS - b.sinceS || a.act.index - b.act.index)[0]
  if (first !== undefined) {
    const scopes = new Set(holding.map(({ scope }) => scope))
    const untils = holding.map(({ untilS }) => untilS)
    const untilS = untils.some((until) => until === null) ? null : Math.max(...(untils as number[]))
    return {
      ...common,
      kind: 'suspended',
      sinceS: first.sinceS,
      by: first.act,
      learntS: first.act.learntS,
      reason: first.reason,
      scope: scopes.size === 1 ? first.scope : 'all',
      untilS,
      safetyOnly: holding.some(({ safetyOnly }) => safetyOnly),
      overdue: untilS !== null && untilS <= nowS,
    }
  }
  if (opened === null) return { ...common, kind: 'unopened' }
  const resumed = suspensions.flatMap(({ resumed }) => (resumed === null ? [] : [resumed]))
  const last = resumed.toSorted((a, b) => b.atS - a.atS || b.index - a.index)[0] ?? opened
  return { ...common, kind: 'open', sinceS: last.atS, by: last, learntS: last.learntS }
}

/** Whether any acting member has closed the line: then it is closed for all. */
export function closedBy(
  line: LineProjection,
): { readonly party: string; readonly act: Quoted; readonly reason: CloseReason } | null {
  for (const { party } of line.charter.parties) {
    const { closed } = declarationsOf(line, party)
    if (closed !== null) return { party, ...closed }
  }
  return null
}

/** Seconds for which a party declared the line suspended between two times, by its own words; overlaps count once. */
export function suspendedS(
  line: LineProjection,
  party: string,
  { fromS, toS }: { readonly fromS: number; readonly toS: number },
): number {
  const spans = declarationsOf(line, party)
    .suspensions.map(({ sinceS, resumed }) => ({
      from: Math.max(sinceS, fromS),
      to: Math.min(resumed?.atS ?? toS, toS),
    }))
    .filter(({ from, to }) => to > from)
    .sort((a, b) => a.from - b.from)
  let total = 0
  let covered = fromS
  for (const { from, to } of spans) {
    total += Math.max(0, to - Math.max(from, covered))
    covered = Math.max(covered, to)
  }
  return total
}

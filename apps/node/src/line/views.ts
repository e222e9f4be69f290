import type {
  LineAct as LineActJson,
  LineAvailability,
  LineClock,
  LineDeclared,
  LineDraft,
  LineLink,
  LineMeasured,
  LineMessage,
  LinePartyState,
  LineStep,
  LineSuspension,
  LineTableState,
} from '@parley/contracts'
import {
  AVAILABILITY_PERIODS,
  availability,
  bindingOf,
  type AvailabilityPeriod,
  checkSequence,
  declarationsOf,
  declaredState,
  digestBody,
  digestSaid,
  digestVerdicts,
  dueEscalations,
  formatRole,
  type LadderStep,
  type LineAct,
  type MessageView,
  messagesOf,
  nextNumber,
  type Language,
  printMessage,
  protestDue,
  rosterOf,
  saidUnder,
  stateNow,
  testCalls,
  worst,
  yearOf,
} from '@parley/line'
import type { CosignerLink } from '../record/cosigner-link.ts'
import type { OpenLine, Peer } from './open-line.ts'

const MEASURED_UNKNOWN: LineMeasured = { kind: 'unknown', reasons: [], sinceS: null, ageS: null }
const PERIODS = Object.keys(AVAILABILITY_PERIODS) as AvailabilityPeriod[]

export function declaredView(line: OpenLine, party: string): LineDeclared {
  const state = declaredState(line.line, party, line.nowS())
  const nothing = {
    sinceS: null,
    by: null,
    reason: null,
    scope: null,
    untilS: null,
    safetyOnly: false,
    learntS: null,
    act: null,
  }
  switch (state.kind) {
    case 'unopened':
      return { ...nothing, kind: 'joining' }
    case 'forked':
      // What a fork is said elsewhere; the party itself has declared nothing that could be believed.
      return { ...nothing, kind: 'closed', sinceS: state.sinceS, by: party, reason: 'forked' }
    case 'open':
      return {
        ...nothing,
        kind: 'open',
        sinceS: state.sinceS,
        by: party,
        learntS: state.learntS,
        act: placeOf(state.by),
      }
    case 'closed':
      return {
        ...nothing,
        kind: 'closed',
        sinceS: state.sinceS,
        by: party,
        reason: state.reason,
        learntS: state.learntS,
        act: placeOf(state.by),
      }
    case 'suspended':
      return {
        kind: 'suspended',
        sinceS: state.sinceS,
        by: party,
        reason: state.reason,
        scope: state.scope,
        untilS: state.untilS,
        safetyOnly: state.safetyOnly,
        learntS: state.learntS,
        act: placeOf(state.by),
      }
  }
}

const placeOf = ({ origin, index }: { readonly origin: string; readonly index: number }) => ({ origin, index })

function measuredView(now: Peer['toNow']): LineMeasured {
  if (now === null) return MEASURED_UNKNOWN
  const { measured, standing } = now
  return {
    kind: standing.kind,
    reasons: [...standing.reasons],
    sinceS: standing.sinceS,
    ageS: measured.ageMs === null ? null : Math.round(measured.ageMs) / 1000,
  }
}

function linkView(line: OpenLine, peer: Peer): LineLink {
  const address = line.addressOf(peer.party)
  const link: CosignerLink = peer.mirrorLink ?? peer.witnessLink
  const status = link.status()
  const backlog = line.backlog(peer)
  return {
    address,
    relay: address?.startsWith('relay:') === true,
    state: address === null ? 'none' : status.state,
    receivedByThem: peer.received,
    backlog: backlog.acts,
    backlogBytes: backlog.bytes,
    heldHere: peer.committed?.size ?? 0,
    clockOffsetS: status.clockOffsetS === null ? null : Math.round(status.clockOffsetS),
    alarm: status.alarm,
  }
}

/** The worse of all directions to and from members that act. */
export function worstOf(line: OpenLine): LineTableState['worst'] {
  const directions = line.peers
    .filter(({ member }) => member.role !== 'observer')
    .flatMap(({ toNow, fromNow }) => [toNow, fromNow])
    .flatMap((now) => (now === null ? [] : [now.measured]))
  return worst(directions)?.kind ?? null
}

const MAX_SUSPENSIONS = 100

const suspensionsView = (line: OpenLine, party: string): LineSuspension[] =>
  declarationsOf(line.line, party)
    .suspensions.slice(-MAX_SUSPENSIONS)
    .map(({ act, scope, reason, sinceS, untilS, safetyOnly, resumed }) => ({
      sinceS,
      untilS,
      reason,
      scope,
      safetyOnly,
      learntS: act.learntS,
      act: { origin: act.origin, index: act.index, leaf: act.leaf },
      resumedS: resumed?.atS ?? null,
      resumedLearntS: resumed?.learntS ?? null,
    }))

function partyView(line: OpenLine, party: string): LinePartyState {
  const member = line.charter.parties.find((one) => one.party === party)
  const peer = line.peers.find((one) => one.party === party)
  const origin = peer?.origin ?? line.origin
  const { open } = rosterOf(line.line, party)
  const roles = member?.roles ?? []
  return {
    party,
    own: peer === undefined,
    role: member?.role ?? 'observer',
    title: { ...member?.title },
    roles: [...roles],
    origin,
    size: line.projector.size(origin),
    declared: declaredView(line, party),
    suspensions: suspensionsView(line, party),
    measured: peer === undefined ? null : { to: measuredView(peer.toNow), from: measuredView(peer.fromNow) },
    link: peer === undefined ? null : linkView(line, peer),
    watches: roles.map((role) => {
      const watch = open.find((one) => one.role.role === role)
      return { role, open: watch !== undefined, openSinceS: watch?.sinceS ?? null }
    }),
  }
}

/** Everything about messages that is asked for often, made once for each version of the projection. */
interface MessagesNow {
  readonly version: number
  readonly atMs: number
  readonly views: readonly MessageView[]
  readonly gaps: readonly string[]
}
const MESSAGES = new WeakMap<OpenLine, MessagesNow>()
/** From so many messages on, a state may show clocks that are this old: reading all messages for each change would hold up others. */
const MANY_MESSAGES = 500
const RECENT_MS = 1_000

function readMessages(line: OpenLine, { recent }: { readonly recent: boolean }): MessagesNow {
  const known = MESSAGES.get(line)
  const { version } = line.line
  const atMs = performance.now()
  if (known?.version === version) return known
  if (recent && known !== undefined && known.views.length >= MANY_MESSAGES && atMs - known.atMs < RECENT_MS)
    return known
  const made = {
    version,
    views: messagesOf(line.line),
    gaps: checkSequence(line.line).flatMap(({ missing }) => missing),
    atMs: performance.now(),
  }
  MESSAGES.set(line, made)
  return made
}

export const messagesNow = (line: OpenLine): readonly MessageView[] => readMessages(line, { recent: false }).views

export function clockView(view: MessageView): LineClock {
  const { number, body, clock, ladder } = view
  return {
    number,
    precedence: body.precedence,
    to: formatRole(body.to),
    dueS: clock.dueS,
    stoppedS: clock.stoppedS,
    escalation: ladder.flatMap((one) => (one.step === 'escalated' ? [one.to] : [])),
  }
}

const MAX_CLOCKS = 1_000

export function stateView(line: OpenLine, phase: LineTableState['phase']): LineTableState {
  const nowS = line.nowS()
  const { charter } = line
  const { views, gaps } = readMessages(line, { recent: true })
  const running = views
    .filter(({ clock, standing }) => clock.stoppedS === null && standing !== 'closed')
    .toSorted((a, b) => a.clock.dueS - b.clock.dueS)
  return {
    table: charter.table,
    party: line.party,
    phase: line.halted === null ? phase : 'halted',
    worst: worstOf(line),
    nowS,
    version: line.line.version,
    charter: { version: charter.version, sha256: line.charterSha256 },
    digest: digestSaid(line.line, line.party),
    parties: charter.parties.map(({ party }) => partyView(line, party)),
    clocks: running.slice(0, MAX_CLOCKS).map(clockView),
    availability: PERIODS.flatMap((period) =>
      availability(line.availability, { period, nowS }).map(
        ({ from, to, share, observedS, gaps }): LineAvailability => {
          const outgoing = from === line.party
          return {
            period,
            party: outgoing ? to : from,
            direction: outgoing ? 'to' : 'from',
            share,
            observedS,
            gaps: gaps.map(({ fromS, toS, lengthS }) => ({ fromS, untilS: toS, lengthS })),
          }
        },
      ),
    ),
    gaps: [...gaps],
    forks: line.line.forks.map(({ origin, foundS, evidence }) => ({ origin, foundS, evidence })),
    halted: line.halted,
    tests: testsView(line),
    protests: charter.parties.flatMap(({ party }) =>
      protestDue(line.line, party, nowS).map((due) => ({ ...due, witnesses: [...due.witnesses] })),
    ),
    digests: digestsView(line),
  }
}

function testsView(line: OpenLine): NonNullable<LineTableState['tests']> {
  const nowS = line.nowS()
  return testCalls(line.line, { fromS: nowS - 2 * line.charter.tests.everyS, nowS }).map(
    ({ party, fromS, dueS, state, number, late }) => ({ party, fromS, dueS, state, number, late }),
  )
}

type DigestsView = NonNullable<LineTableState['digests']>

const DIGEST_EVERY_MS = 10_000
const DIGESTS = new WeakMap<OpenLine, { readonly version: number; readonly atMs: number; readonly view: DigestsView }>()

/** Comparing digests folds the whole line anew: done where there is one, and not for every change. */
function digestsView(line: OpenLine): DigestsView {
  if (line.projector.digests === 0) return []
  const known = DIGESTS.get(line)
  const { version } = line.line
  const atMs = performance.now()
  if (known !== undefined && (known.version === version || atMs - known.atMs < DIGEST_EVERY_MS)) return known.view
  const verdicts = digestVerdicts(line.line, (origin, size) => line.projector.knownRoot(origin, size))
  const view = verdicts.map(({ party, verdict, act }) => ({ party, verdict, ...placeOf(act) }))
  DIGESTS.set(line, { version, atMs, view })
  return view
}

export const gapsOf = (line: OpenLine): string[] => [...readMessages(line, { recent: false }).gaps]

const STEPS: Readonly<Record<LadderStep['step'], LineStep['step']>> = {
  signed: 'queued',
  transmitted: 'transmitted',
  arrived: 'arrived',
  opened: 'opened',
  taken: 'taken',
  readback: 'read-back',
  relayed: 'relayed',
  escalated: 'escalated',
  answered: 'answered',
  closed: 'closed',
}

function stepView(step: LadderStep): LineStep {
  const { step: kind, atS, by, ...rest } = step
  const place = rest as { readonly origin?: string; readonly index?: number; readonly [more: string]: unknown }
  const { origin, index, ...detail } = place
  return {
    step: STEPS[kind],
    atS,
    by: step.step === 'taken' ? formatRole(step.role) : by,
    origin: origin ?? null,
    index: index ?? null,
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  }
}

export function messageView(line: OpenLine, view: MessageView, print: readonly Language[] = []): LineMessage {
  const { number, body, act, ladder, standing, done, notes } = view
  return {
    number,
    direction: body.to.party === line.party ? 'in' : body.from.party === line.party ? 'out' : 'other',
    origin: act.origin,
    index: act.index,
    leaf: act.leaf,
    atS: act.atS,
    learntS: act.learntS,
    effective: act.effective,
    precedence: body.precedence,
    from: formatRole(body.from),
    to: formatRole(body.to),
    subject: body.subject,
    body: act.act?.body ?? {},
    ladder: ladder.map(stepView),
    state: standing,
    done,
    clock: clockView(view),
    unknownRefs: notes.flatMap((note) => (note.kind === 'unknown-refs' ? [...note.refs] : [])),
    gaps: notes.flatMap((note) => (note.kind === 'gap-before' ? [...note.missing] : [])),
    problems: saidUnder(line.line, act)
      .map(
        ({ by, sinceS }) => `sent while ${by} had suspended the line, since ${new Date(sinceS * 1000).toISOString()}`,
      )
      .concat(
        notes.flatMap((note) =>
          note.kind === 'number-reused'
            ? [`the number ${number} was used before, at ${note.first.index} of ${note.first.origin}`]
            : [],
        ),
      ),
    ...(print.length === 0
      ? {}
      : { print: Object.fromEntries(print.map((language) => [language, printMessage(body, language)])) }),
  }
}

/** The escalations that are due and stand in no log, as clocks. */
export function dueView(line: OpenLine): LineClock[] {
  const byNumber = new Map(messagesNow(line).map((view) => [view.number, view]))
  const due = new Map<string, LineClock>()
  for (const { number, step } of dueEscalations(line.line, line.nowS())) {
    const view = byNumber.get(number)
    if (view === undefined) continue
    const known = due.get(number) ?? { ...clockView(view), escalation: [] }
    due.set(number, { ...known, escalation: [...known.escalation, step] })
  }
  return [...due.values()]
}

export function actView(line: OpenLine, act: LineAct, entry: Uint8Array | null): LineActJson {
  const binding = bindingOf(line.line, act)
  return {
    origin: act.origin,
    party: act.party,
    index: act.index,
    leaf: act.leaf,
    note: entry === null ? null : textOf(entry),
    kind: act.act?.kind ?? null,
    atS: act.act?.at ?? null,
    learntS: act.learntS,
    verdict: act.fault === null ? act.judgement.verdict : 'invalid',
    effective: act.effective,
    reasons: [
      ...act.judgement.reasons.map(({ code, outcome, field, value, rule }) => ({ code, outcome, field, value, rule })),
      ...(act.fault === null ? [] : [{ code: 'ACT_BODY', outcome: 'INV' as const, ...act.fault }]),
    ],
    receiptS: act.receiptS,
    binding: binding.kind,
    ...(binding.kind === 'pending' ? { waitsFor: binding.missing.map(({ party, role }) => `${party}/${role}`) } : {}),
  }
}

function textOf(entry: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(entry)
  } catch {
    return null
  }
}

export async function draftView(line: OpenLine, { digest }: { readonly digest: boolean }): Promise<LineDraft> {
  const stateDigest = digest ? await stateDigestOf(line) : null
  const at = line.nowS()
  const { charter, party } = line
  const seen = line.peers
    .flatMap(({ origin, committed }) => {
      // Only what was also projected: an act cites what its author could have read.
      if (committed === null || committed.size === 0 || line.projector.size(origin) < committed.size) return []
      return [{ o: origin, n: committed.size, r: committed.root }]
    })
    .toSorted((a, b) => (a.o < b.o ? -1 : 1))
  const year = yearOf(at)
  return {
    table: charter.table,
    party,
    o: line.origin,
    at,
    seen,
    head: line.projector.size(line.origin),
    nextNumbers: Object.fromEntries(
      charter.parties
        .filter((member) => member.party !== party)
        .map((member) => [member.party, nextNumber(line.line, { from: party, to: member.party, year })]),
    ),
    charter: { version: charter.version, sha256: line.charterSha256 },
    digest: stateDigest?.digest ?? null,
    ...(digest ? { stateDigest } : {}),
  }
}

const DIGEST_TRIES = 5

/** The body of a `state.digest` act over the newest state that can be compared. */
async function stateDigestOf(line: OpenLine): Promise<NonNullable<LineDraft['stateDigest']>> {
  const { projector } = line
  // More may come in while roots are looked up.
  for (let tries = 0; tries < DIGEST_TRIES; tries += 1) {
    await projector.knowRoots(stateNow(line.line).prefixes)
    const { prefixes } = stateNow(line.line)
    if (prefixes.every(({ o, n }) => projector.knownRoot(o, n) !== null)) break
  }
  const { heads, ...said } = digestBody(line.line, (origin, size) => projector.knownRoot(origin, size))
  return { ...said, heads: [...heads] }
}

/** A view of the line as plain JSON: acts inside it become the place where they stand. */
export function plainView(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainView)
  if (typeof value !== 'object' || value === null) return value
  if ('judgement' in value && 'leaf' in value) {
    const { origin, index, leaf, party, atS, receiptS, learntS } = value as LineAct
    return { origin, index, leaf, party, atS, receiptS, learntS }
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainView(inner)]))
}

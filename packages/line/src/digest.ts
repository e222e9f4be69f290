import {
  encodeHex,
  encodeUtf8,
  formatCanonicalJson,
  type JsonValue,
  type ProjectedHead,
  sha256,
  type StateDigest,
} from '@parley/record'
import { charterHash, formatCharter } from './charter/charter-text.ts'
import { declarationsOf, type Quoted, quoted } from './declared.ts'
import { LineError, shown } from './errors.ts'
import { closedPrefixes, type Prefix } from './heads.ts'
import { STATE_DIGEST_ACT } from './line-kinds.ts'
import {
  bodyOf,
  foldParty,
  type LineAct,
  type LineLog,
  type LineProjection,
  type PartyFold,
} from './line-projection.ts'
import { areasOf } from './flights/areas.ts'
import { bordersOf } from './flights/borders.ts'
import { flightsDigest, intentsOf } from './flights/intents.ts'
import { messagesDigest, messagesOf } from './messages/messages.ts'

/**
 * Reasons that rest on cosignatures a replica may hold or not, and on what had arrived when it judged. A digest is of what
 * the logs alone decide: else two honest replicas would contradict each other.
 */
const NOT_OF_THE_LOGS: ReadonlySet<string> = new Set([
  'act.expired',
  'time.disputed',
  // Held against the time of receipt where the claimed one is disputed.
  'grant.expired',
  'seen.uncosigned',
  'seen.unverified',
  'ref.unverified',
])

/** The act as the logs alone have it. */
function ofTheLogs(act: LineAct): LineAct {
  const counts = act.judgement.reasons.every(({ code, effect }) => effect || NOT_OF_THE_LOGS.has(code))
  return {
    ...act,
    effective: act.act !== null && act.fault === null && counts,
    atS: act.act?.at ?? 0,
    receiptS: null,
    learntS: 0,
  }
}

/** The line as it was at these prefixes, without anything that this replica alone knows. */
function prefixOf(line: LineProjection, prefixes: readonly Prefix[]): LineProjection {
  const sizes = new Map(prefixes.map(({ o, n }) => [o, n]))
  const logs = new Map(
    [...line.logs]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([origin, log]) => {
        const entries = log.entries.slice(0, sizes.get(origin) ?? 0).map(ofTheLogs)
        const prefix: LineLog = { ...log, entries, waiting: new Map(), mirrored: [], epoch: 0 }
        return [origin, prefix] as const
      })
      // Whether an empty log is known by name says nothing.
      .filter(([, { entries }]) => entries.length > 0),
  )
  return { ...line, logs, receipts: new Map(), forks: [], pending: new Map(), version: 0, folds: new Map() }
}

const hashOf = (value: JsonValue): string => encodeHex(sha256(encodeUtf8(formatCanonicalJson(value))))

const place = ({ leaf }: Quoted): string => leaf

function declaredDigest(line: LineProjection): JsonValue {
  return line.charter.parties.map(({ party }) => {
    const { opened, closed, suspensions, idleResumes } = declarationsOf(line, party)
    return {
      closed: closed === null ? null : place(closed.act),
      idle: idleResumes.map(({ act, why }) => [place(act), why]),
      opened: opened === null ? null : place(opened),
      party,
      suspensions: suspensions.map(({ act, scope, reason, sinceS, untilS, safetyOnly, resumed }) => ({
        act: place(act),
        reason,
        resumed: resumed === null ? null : place(resumed),
        safety_only: safetyOnly,
        scope,
        since: sinceS,
        until: untilS,
      })),
    }
  })
}

/** What the rules make of the messages: not only which acts there are, so that two versions of the rules show. */
function messagesState(line: LineProjection): JsonValue {
  const messages = messagesOf(line).map(({ act, number, standing, done, notes }) => [
    act.leaf,
    number,
    standing,
    done,
    notes.map(({ kind }) => kind),
  ])
  return [hashOf(messagesDigest(line)), hashOf(messages)]
}

/** What the rules make of flights, areas and borders. Where only receipts decide a crossing it is undecided here, on both sides. */
function flightsState(line: LineProjection): JsonValue {
  const intents = intentsOf(line).map(({ ref, state, missing, conflicts, actedEarly }) => [
    ref.h,
    state,
    [...missing],
    conflicts.map(({ with: other, kind, winner }) => [other.h, kind, winner]),
    actedEarly?.h ?? null,
  ])
  const areas = areasOf(line).map(({ ref, liftedS }) => [ref.h, liftedS])
  const borders = bordersOf(line).map(({ body, agreed, inForce, superseded }) => [
    body.id,
    body.version,
    agreed.map(({ ref }) => ref.h),
    inForce,
    superseded,
  ])
  return [hashOf(flightsDigest(line)), hashOf(intents), hashOf(areas), hashOf(borders)]
}

/** How many entries there are by log, and which of them do not count. */
function effectDigest(line: LineProjection): JsonValue {
  return [...line.logs.values()].map(({ origin, entries }) => ({
    o: origin,
    n: entries.length,
    idle: hashOf(entries.flatMap(({ effective, index }) => (effective ? [] : [index]))),
  }))
}

/**
 * SHA-256 in hex of what the projection makes of these prefixes: canonical JSON of what each party declared, which acts
 * count, the messages and the flights. A function of the logs alone (record.md P10): no receipt, no clock, nothing of this
 * replica enters. Throws HEADS_OPEN for prefixes that are not in hand, or that cite beyond themselves.
 */
export function digestAt(line: LineProjection, prefixes: readonly Prefix[]): string {
  const closed = new Map(closedPrefixes(line, prefixes).map(({ o, n }) => [o, n]))
  for (const { o, n } of prefixes) {
    if ((closed.get(o) ?? 0) === n) continue
    const rule = 'must be in hand, and cite nothing beyond the other prefixes'
    throw new LineError('HEADS_OPEN', { field: 'heads', value: `${shown(o)} ${n}`, rule })
  }
  const prefix = prefixOf(line, prefixes)
  return hashOf({
    charter: charterHash(formatCharter(line.charter)),
    declared: hashOf(declaredDigest(prefix)),
    effects: hashOf(effectDigest(prefix)),
    flights: hashOf(flightsState(prefix)),
    messages: hashOf(messagesState(prefix)),
    projection: line.charter.projection,
    v: 1,
  })
}

/** The newest state that can be compared: the largest closed prefixes in hand, and the digest there. */
export function stateNow(line: LineProjection): { readonly prefixes: readonly Prefix[]; readonly digest: string } {
  const prefixes = closedPrefixes(line)
  const key = prefixes.map(({ o, n }) => `${o} ${n}`).join()
  const epochs = epochsOf(line)
  const known = NOW.get(line)
  if (known?.key === key && known.epochs === epochs) return { prefixes, digest: known.digest }
  const digest = digestAt(line, prefixes)
  NOW.set(line, { key, epochs, digest })
  return { prefixes, digest }
}

const NOW = new WeakMap<LineProjection, { readonly key: string; readonly epochs: number; readonly digest: string }>()

const epochsOf = (line: LineProjection): number => [...line.logs.values()].reduce((sum, { epoch }) => sum + epoch, 0)

/** What became of a party's newest `state.digest`. */
export interface DigestVerdict {
  readonly party: string
  readonly act: Quoted
  /**
   * `differs`: both projected the same logs and got different states. Both sides mark it, and neither acts by itself until
   * a later digest agrees (catalogue 83). `other-heads`: a head it cites is not one of the logs in hand. `waiting`: not all
   * it is over is in hand. `other-projection`: not to be compared.
   */
  readonly verdict: 'agrees' | 'differs' | 'other-heads' | 'other-projection' | 'waiting'
  readonly theirs: string
  readonly ours: string | null
}

const LATEST: PartyFold<{ act: LineAct | null }> = {
  start: () => ({ act: null }),
  step: (state, act) => {
    if (act.effective && act.kind === STATE_DIGEST_ACT) state.act = act
  },
}

/** Digest in hex of the party's newest `state.digest`, null while it has said none. */
export function digestSaid(line: LineProjection, party: string): string | null {
  const { act } = foldParty(line, LATEST, party)
  return (act === null ? null : bodyOf(act, STATE_DIGEST_ACT))?.digest ?? null
}

const VERDICTS = new WeakMap<LineProjection, Map<string, string>>()

/**
 * The newest digest of each party against our own projection of the same prefixes. `rootAt` gives the root in base64 that
 * a log had at a size, null when it is not in hand.
 */
export function digestVerdicts(
  line: LineProjection,
  rootAt: (origin: string, size: number) => string | null = () => null,
): readonly DigestVerdict[] {
  return line.charter.parties.flatMap(({ party }): DigestVerdict[] => {
    const { act } = foldParty(line, LATEST, party)
    const said = act === null ? null : bodyOf(act, STATE_DIGEST_ACT)
    if (act === null || said === null) return []
    const common = { party, act: quoted(act), theirs: said.digest }
    if (said.projection !== line.charter.projection) return [{ ...common, verdict: 'other-projection', ours: null }]
    const untrue = said.heads.some(({ o, n, r }) => {
      const root = rootAt(o, n)
      return root !== null && root !== r
    })
    if (untrue) return [{ ...common, verdict: 'other-heads', ours: null }]
    const ours = ownDigest(line, act, said)
    if (ours === null) return [{ ...common, verdict: 'waiting', ours }]
    return [{ ...common, verdict: ours === said.digest ? 'agrees' : 'differs', ours }]
  })
}

function ownDigest(line: LineProjection, { leaf }: LineAct, { heads }: StateDigest): string | null {
  let known = VERDICTS.get(line)
  if (known === undefined) {
    known = new Map()
    VERDICTS.set(line, known)
  }
  const key = `${leaf} ${epochsOf(line)}`
  const before = known.get(key)
  if (before !== undefined) return before
  if (heads.some(({ o, n }) => (line.logs.get(o)?.entries.length ?? 0) < n)) return null
  try {
    const digest = digestAt(line, heads)
    known.set(key, digest)
    return digest
  } catch (error) {
    // Heads that cite beyond themselves are no state anybody can compute; they stay uncompared.
    if (error instanceof LineError && error.code === 'HEADS_OPEN') return null
    throw error
  }
}

/** Whether the node may do by itself what the rules allow it: not while any party's digest contradicts ours. */
export const mayAutoAct = (line: LineProjection): boolean =>
  digestVerdicts(line).every(({ verdict }) => verdict !== 'differs')

/** The body of a `state.digest` act over the newest comparable state; `rootAt` must know the root at each size. Throws HEADS_OPEN. */
export function digestBody(
  line: LineProjection,
  rootAt: (origin: string, size: number) => string | null,
): { readonly digest: string; readonly heads: readonly ProjectedHead[]; readonly projection: string } {
  const { prefixes, digest } = stateNow(line)
  const heads = prefixes.map(({ o, n }): ProjectedHead => {
    const r = rootAt(o, n)
    if (r === null)
      throw new LineError('HEADS_OPEN', { field: 'heads', value: `${shown(o)} ${n}`, rule: 'must have a known root' })
    return { o, n, r }
  })
  return { digest, heads, projection: line.charter.projection }
}

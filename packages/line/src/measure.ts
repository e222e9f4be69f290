/** Why a direction is not all it should be: one code for each condition of record.md 3.7. */
export const DEGRADATIONS = ['age', 'contents', 'backlog', 'relay', 'quota', 'clock', 'quorum'] as const
export type Degradation = (typeof DEGRADATIONS)[number]

/**
 * What a node has observed of one direction, on its own monotonic clock in milliseconds: the log of `from` as the mirror of
 * `to` receives it. For our own log these are the cosignatures we got; for a peer's log, those our mirror gave.
 */
export interface DirectionObservation {
  readonly from: string
  readonly to: string
  /** When this node began to look; before the first word, ages count from here. */
  readonly watchedSinceMs: number
  /** Newest mirror cosignature with a fresh timestamp over the head of that moment (L2), null for none yet. */
  readonly contentsMs: number | null
  /** Newest witness cosignature with a fresh timestamp (L1), null for none yet. */
  readonly headMs: number | null
  /** When the oldest act was appended that no mirror cosignature of `to` covers, null when all are covered. */
  readonly oldestUnreceiptedMs: number | null
  /** Since when the relay is the only way, null while there is another. */
  readonly relayOnlySinceMs: number | null
  /** Since when the quota holds acts back (429), null when it does not. */
  readonly quotaSinceMs: number | null
  /** Offset of the peer's clock in seconds, null while nobody has measured it. */
  readonly clockOffsetS: number | null
  /** When that offset passed the charter's limit, null while it has not. */
  readonly clockSinceMs: number | null
  /** Since when cosigners are missing for the kinds that bind, null while there are enough. */
  readonly quorumShortSinceMs: number | null
  /** When a fork of this log was proven, null when none is. */
  readonly forkedSinceMs: number | null
}

/** A direction of which nothing was observed yet. */
export const newDirection = (from: string, to: string, watchedSinceMs: number): DirectionObservation => ({
  from,
  to,
  watchedSinceMs,
  contentsMs: null,
  headMs: null,
  oldestUnreceiptedMs: null,
  relayOnlySinceMs: null,
  quotaSinceMs: null,
  clockOffsetS: null,
  clockSinceMs: null,
  quorumShortSinceMs: null,
  forkedSinceMs: null,
})

/** `unknown`: nothing heard yet, and too early to call it silence. */
export type MeasuredKind = 'open' | 'degraded' | 'silent' | 'forked' | 'unknown'

/** The state of one direction, as measured now. */
export interface MeasuredDirection {
  readonly from: string
  readonly to: string
  readonly kind: MeasuredKind
  /** Every condition that holds, in the order of `DEGRADATIONS`; empty when open. */
  readonly reasons: readonly Degradation[]
  /** Since when it holds, ms of the same clock: for silence the last word, null for open, which has no beginning in what was observed. */
  readonly sinceMs: number | null
  /** Milliseconds since the last fresh mirror cosignature of the newest head; null before the first. */
  readonly ageMs: number | null
}

/** What the state is measured against. */
export interface MeasureLimits {
  /** H of record.md 3.7, seconds. */
  readonly heartbeatS: number
  readonly maxClockOffsetS: number
}

/** Heartbeats without word after which a direction is late, and after which it is silent. */
export const LATE_AFTER = 3
export const SILENT_AFTER = 12

/**
 * The state of one direction by the thresholds of record.md 3.7, and by nothing else: no memory, no hysteresis. Open up to
 * 3 H of age; degraded beyond, or while the head arrives and the contents do not, only the relay carries, a quota holds,
 * clocks differ, cosigners are missing, or an act stands unreceipted for more than 3 H; silent after 12 H without any
 * word, head or contents; forked whatever else. All times are of one monotonic clock: ages never come from a remote stamp.
 */
export function measure(
  observed: DirectionObservation,
  nowMs: number,
  { heartbeatS, maxClockOffsetS }: MeasureLimits,
): MeasuredDirection {
  const { from, to, contentsMs, headMs, watchedSinceMs, forkedSinceMs } = observed
  const lateMs = LATE_AFTER * heartbeatS * 1000
  const silentMs = SILENT_AFTER * heartbeatS * 1000
  const ageMs = contentsMs === null ? null : Math.max(0, nowMs - contentsMs)
  const found = (kind: MeasuredKind, sinceMs: number | null, reasons: readonly Degradation[]): MeasuredDirection => ({
    from,
    to,
    kind,
    reasons,
    sinceMs,
    ageMs,
  })
  if (forkedSinceMs !== null) return found('forked', forkedSinceMs, [])
  const lastWordMs = Math.max(contentsMs ?? Number.NEGATIVE_INFINITY, headMs ?? Number.NEGATIVE_INFINITY)
  const heard = lastWordMs > Number.NEGATIVE_INFINITY
  const sinceWord = heard ? lastWordMs : watchedSinceMs
  if (nowMs - sinceWord > silentMs) return found('silent', sinceWord, [])
  if (!heard) return found('unknown', watchedSinceMs, [])

  const causes = new Map<Degradation, number>()
  const contentsSinceMs = contentsMs ?? watchedSinceMs
  if (nowMs - contentsSinceMs > lateMs) {
    // The head is cosigned in time and the contents are not: the peer answers and takes nothing (catalogue 76).
    const headInTime = headMs !== null && nowMs - headMs <= lateMs
    causes.set(headInTime ? 'contents' : 'age', contentsSinceMs + lateMs)
  }
  const { oldestUnreceiptedMs, relayOnlySinceMs, quotaSinceMs, clockOffsetS, clockSinceMs, quorumShortSinceMs } =
    observed
  if (oldestUnreceiptedMs !== null && nowMs - oldestUnreceiptedMs > lateMs)
    causes.set('backlog', oldestUnreceiptedMs + lateMs)
  if (relayOnlySinceMs !== null) causes.set('relay', relayOnlySinceMs)
  if (quotaSinceMs !== null) causes.set('quota', quotaSinceMs)
  if (clockOffsetS !== null && Math.abs(clockOffsetS) > maxClockOffsetS) causes.set('clock', clockSinceMs ?? nowMs)
  if (quorumShortSinceMs !== null) causes.set('quorum', quorumShortSinceMs)
  if (causes.size === 0) {
    // Within 3 H of the start a head may have come before the first contents.
    return contentsMs === null ? found('unknown', watchedSinceMs, []) : found('open', null, [])
  }
  return found(
    'degraded',
    Math.min(...causes.values()),
    DEGRADATIONS.filter((cause) => causes.has(cause)),
  )
}

const SEVERITY: Readonly<Record<MeasuredKind, number>> = { open: 0, unknown: 1, degraded: 2, silent: 3, forked: 4 }

/** The worst of several directions, for one lamp; null of none. The directions stay to be shown apart. */
export function worst(directions: readonly MeasuredDirection[]): MeasuredDirection | null {
  return directions.reduce<MeasuredDirection | null>(
    (found, next) => (found === null || SEVERITY[next.kind] > SEVERITY[found.kind] ? next : found),
    null,
  )
}

/** What a screen keeps of a direction: the state and since when it has been that. */
export interface Standing {
  readonly kind: MeasuredKind
  readonly reasons: readonly Degradation[]
  /** Unix seconds on the node's clock. */
  readonly sinceS: number
}

/**
 * Carries the beginning of a state on while its kind stays, so that "open since" has an answer too. `clock` reads both
 * clocks at one moment. A kind that stays keeps its beginning though reasons come and go.
 */
export function standing(
  before: Standing | null,
  measured: MeasuredDirection,
  clock: { readonly nowMs: number; readonly nowS: number },
): Standing {
  const { kind, reasons, sinceMs } = measured
  if (before !== null && before.kind === kind) return { kind, reasons, sinceS: before.sinceS }
  const elapsedMs = sinceMs === null ? 0 : Math.max(0, clock.nowMs - sinceMs)
  return { kind, reasons, sinceS: Math.floor(clock.nowS - elapsedMs / 1000) }
}

/** What the line in this state allows beside reading and signing (record.md 3.7), for the screen. */
export const ADVICE: Readonly<Record<MeasuredKind, 'all' | 'flash-also-elsewhere' | 'queue-and-call' | 'nothing'>> = {
  open: 'all',
  unknown: 'all',
  degraded: 'flash-also-elsewhere',
  silent: 'queue-and-call',
  forked: 'nothing',
}

import { type Act, encodeBase64, type Enrolment, isRecordError, type Judgement, parseLogName } from '@parley/record'
import type { ActKind } from './act-kind.ts'
import type { Charter } from './charter/charter.ts'
import { isLineError, LineError, type LineErrorDetails, shown } from './errors.ts'
import { kindOf } from './kinds.ts'
import type { ActPlace } from './place.ts'

/** An act as it came from a log a replica holds, judged by @parley/record. */
export interface JudgedAct {
  readonly origin: string
  readonly index: number
  /** 32 bytes. */
  readonly leafHash: Uint8Array
  /** Null when the entry is no act at all. */
  readonly act: Act | null
  readonly judgement: Judgement
  /** Labels of the persons whose officer keys signed, each once: `officersOf`. Consent to overlap needs two. */
  readonly officers: readonly string[]
  /** First cosignature of another member's mirror over it, on that cosigner's clock, unix seconds; null while none is in hand. */
  readonly receiptS: number | null
  /** When this replica learnt of it, unix seconds on its own clock. Only shown; nothing is decided by it. */
  readonly learntS: number
}

/**
 * An act as the line holds it. Owned by the projection, which changes it in place when a receipt or a new judgement comes, so
 * that whoever kept it (a fold) sees that: read, never written.
 */
export interface LineAct {
  readonly origin: string
  readonly party: string
  readonly index: number
  /** Leaf hash in base64: with origin and index, what a `ref` or a key cites. */
  readonly leaf: string
  readonly act: Act | null
  /** The table's entry for its kind; null for kinds of other mechanisms and for entries that are no act. */
  readonly kind: ActKind | null
  /** What the kind's parser made of the body; read it with `bodyOf`. */
  readonly body: unknown
  /** What the line's own rules found wrong with the body; null when nothing. */
  readonly fault: LineErrorDetails | null
  readonly judgement: Judgement
  /** Whether it counts: judged so, and its body holds. */
  readonly effective: boolean
  readonly officers: readonly string[]
  /** Its effect takes this time: the claimed one, or that of receipt where the claim is disputed; 0 when it is no act. */
  readonly atS: number
  readonly receiptS: number | null
  readonly learntS: number
}

/** One log of a party, without a gap from entry 0 on. */
export interface LineLog {
  readonly origin: string
  readonly party: string
  /** Number of the log, the last part of its origin. */
  readonly number: number
  readonly entries: LineAct[]
  /** Acts that came before one that precedes them. */
  readonly waiting: Map<number, JudgedAct>
  /** The lists of `receipts` that are of mirrors over this log. */
  readonly mirrored: LineReceipt[][]
  /** Rises whenever an entry that was there changes its verdict: folds over this log start anew. */
  epoch: number
}

/** A verified cosignature of another member over a head of a log: the machine's receipt. */
export interface LineReceipt {
  /** The member whose key it is. */
  readonly by: string
  /** `mirror` holds the contents (L2), `witness` has seen the head (L1). */
  readonly role: 'mirror' | 'witness'
  readonly origin: string
  readonly size: number
  /** On the cosigner's clock, unix seconds. */
  readonly timestampS: number
  /** When this replica learnt of it. */
  readonly learntS: number
}

/** A proof that a log forked, held by this replica (record.md 2.3). */
export interface LineFork {
  readonly origin: string
  /** When it was found, on this replica's clock. */
  readonly foundS: number
  /** Where the evidence lies, as the node names it. */
  readonly evidence: string
}

/**
 * Everything one replica holds of a table: the acts of all its logs, judged, with what the kinds' parsers made of them. What
 * it answers is a function of what it has been given and not of the order it came in (record.md P10): each log is folded in
 * its own order, and logs are joined only where something is asked. Mutable, changed by `applyAct`, `applyReceipt` and
 * `applyFork` alone; holds every act in memory.
 */
export interface LineProjection {
  readonly charter: Charter
  readonly enrolments: readonly Enrolment[]
  readonly logs: Map<string, LineLog>
  /** Per log and cosigner, growing by size: the first cosignature at each size. */
  readonly receipts: Map<string, LineReceipt[]>
  readonly forks: LineFork[]
  /** Acts that were judged before all they cite was in hand, by origin and index: `unsettled`. */
  readonly pending: Map<string, ActPlace>
  /** Rises with every change; equal versions of one projection answer alike. */
  version: number
  /** What folds have made so far; only `foldParty` looks in. */
  readonly folds: Map<PartyFold<unknown>, Map<string, FoldState>>
}

interface FoldState {
  state: unknown
  /** Per log of the party in order: entries folded, and the epoch they were folded in. */
  readonly done: { readonly log: LineLog; count: number; epoch: number }[]
}

/** A fold over one party's acts in the order of its logs. `step` may change the state it is given. */
export interface PartyFold<S> {
  readonly start: (line: LineProjection, party: string) => S
  /** Called for every act, effective or not. Depends on the acts alone: what other logs hold is joined when asked. */
  readonly step: (state: S, act: LineAct) => void
}

/** A line of which nothing was applied. The enrolments are those the charter names, in any order. Throws UNKNOWN_PARTY. */
export function createLine(charter: Charter, enrolments: readonly Enrolment[]): LineProjection {
  for (const { party, table } of enrolments) {
    if (table === charter.table && charter.parties.some((member) => member.party === party)) continue
    const rule = `must be a member of ${charter.table}, as its charter says`
    throw new LineError('UNKNOWN_PARTY', { field: 'enrolments', value: shown(party), rule })
  }
  const logs = new Map<string, LineLog>()
  for (const { log, party, logNumber } of enrolments) logs.set(log.name, emptyLog(log.name, party, logNumber))
  return { charter, enrolments, logs, receipts: new Map(), forks: [], pending: new Map(), version: 0, folds: new Map() }
}

const emptyLog = (origin: string, party: string, number: number): LineLog => ({
  origin,
  party,
  number,
  entries: [],
  waiting: new Map(),
  mirrored: [],
  epoch: 0,
})

/**
 * Gives the line an act. One whose predecessors in its log are missing waits for them; one that is there already takes its
 * new judgement, receipt and officers, so that a replica may judge again what it could not settle. Throws UNKNOWN_LOG for a
 * log of no member, ENTRY_ORDER for what is no index, ENTRY_CONFLICT when another entry stands at that index: then the log
 * forked, and the first stays.
 */
export function applyAct(line: LineProjection, judged: JudgedAct): void {
  if (!Number.isSafeInteger(judged.index) || judged.index < 0)
    throw new LineError('ENTRY_ORDER', { field: 'index', value: judged.index, rule: 'must be a whole number from 0' })
  const log = logFor(line, judged.origin)
  const present = log.entries[judged.index]
  if (present !== undefined) {
    if (present.leaf !== encodeBase64(judged.leafHash)) throw conflict(log, judged)
    judgeAgain(line, log, { ...judged, learntS: present.learntS })
    return
  }
  if (judged.index > log.entries.length) {
    const waiting = log.waiting.get(judged.index)
    if (waiting !== undefined && encodeBase64(waiting.leafHash) !== encodeBase64(judged.leafHash))
      throw conflict(log, judged)
    log.waiting.set(judged.index, judged)
    return
  }
  let next: JudgedAct | undefined = judged
  while (next !== undefined) {
    log.waiting.delete(next.index)
    const entry = read(log, next)
    log.entries.push(entry)
    notePending(line, entry)
    line.version += 1
    next = log.waiting.size === 0 ? undefined : log.waiting.get(log.entries.length)
  }
}

const conflict = (log: LineLog, { leafHash, index }: JudgedAct): LineError =>
  new LineError('ENTRY_CONFLICT', {
    field: 'leafHash',
    value: encodeBase64(leafHash),
    rule: `must be the entry this replica holds at ${index} of ${log.origin}`,
  })

const UNVERIFIED: ReadonlySet<string> = new Set(['ref.unverified', 'seen.unverified'])

function notePending(line: LineProjection, entry: LineAct): void {
  const { origin, index } = entry
  const open = entry.judgement.reasons.some(({ code }) => UNVERIFIED.has(code)) && !citedInHand(line, entry)
  if (open) line.pending.set(`${origin} ${index}`, { origin, index })
  else if (line.pending.size > 0) line.pending.delete(`${origin} ${index}`)
}

/** Whether all the act cites is in hand, so that a judgement of it now is final as far as citations go. */
function citedInHand(line: LineProjection, { act }: LineAct): boolean {
  if (act === null) return true
  const { ref, seen } = act
  if (ref !== undefined && actAt(line, { origin: ref.o, index: ref.i }) === null) return false
  return seen.every(({ o, n }) => (line.logs.get(o)?.entries.length ?? 0) >= n)
}

/**
 * Acts that were judged before what they cite was in hand, and can be settled now: judge each again and give it to
 * `applyAct`. Empty when nothing is left to settle.
 */
export function unsettled(line: LineProjection): readonly ActPlace[] {
  return [...line.pending.values()].filter((place) => {
    const act = actAt(line, place)
    return act !== null && citedInHand(line, act)
  })
}

function judgeAgain(line: LineProjection, log: LineLog, judged: JudgedAct): void {
  const entry = log.entries[judged.index] as Changeable
  const now = read(log, judged)
  const same =
    entry.effective === now.effective &&
    entry.atS === now.atS &&
    entry.officers.length === now.officers.length &&
    entry.judgement.reasons.length === now.judgement.reasons.length &&
    entry.judgement.reasons.every((reason, i) => reason.code === now.judgement.reasons[i]?.code)
  Object.assign(entry, { ...now, receiptS: earlier(entry.receiptS, now.receiptS) })
  notePending(line, entry)
  line.version += 1
  if (!same) log.epoch += 1
}

type Changeable = { -readonly [field in keyof LineAct]: LineAct[field] }

function read(log: LineLog, judged: JudgedAct): LineAct {
  const { act, judgement, index, origin } = judged
  const kind = act === null ? null : kindOf(act.kind)
  let body: unknown = null
  let fault: LineErrorDetails | null = null
  if (act !== null && kind !== null) {
    try {
      body = kind.parse(act.body, act)
    } catch (error) {
      if (!isLineError(error)) throw error
      fault = error.details
    }
  }
  return {
    origin,
    party: log.party,
    index,
    leaf: encodeBase64(judged.leafHash),
    act,
    kind,
    body,
    fault,
    judgement,
    effective: judgement.effect && fault === null && act !== null,
    officers: judged.officers,
    atS: judgement.effectAtS ?? 0,
    receiptS: earlier(judged.receiptS, firstReceipt(log, index)),
    learntS: judged.learntS,
  }
}

const earlier = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b)

/** The log by name; a member's next log number comes in with its first entry. */
function logFor(line: LineProjection, origin: string): LineLog {
  const known = line.logs.get(origin)
  if (known !== undefined) return known
  const unknown = (): LineError =>
    new LineError('UNKNOWN_LOG', {
      field: 'origin',
      value: shown(origin),
      rule: `must be a log of a member of ${line.charter.table}`,
    })
  try {
    const { table, party, number } = parseLogName(origin)
    if (table !== line.charter.table || !line.charter.parties.some((member) => member.party === party)) throw unknown()
    const log = emptyLog(origin, party, number)
    line.logs.set(origin, log)
    return log
  } catch (error) {
    if (isRecordError(error)) throw unknown()
    throw error
  }
}

/** Gives the line a cosignature that verified. Throws UNKNOWN_LOG. */
export function applyReceipt(line: LineProjection, receipt: LineReceipt): void {
  const log = logFor(line, receipt.origin)
  if (receipt.by === log.party) return
  const key = receiptKey(receipt)
  let list = line.receipts.get(key)
  if (list === undefined) {
    list = []
    line.receipts.set(key, list)
    if (receipt.role === 'mirror') log.mirrored.push(list)
  }
  let at = list.length
  while (at > 0 && (list[at - 1] as LineReceipt).size >= receipt.size) at -= 1
  const there = list[at]
  const before = list[at - 1]
  const covered = before?.size ?? 0
  if (there?.size === receipt.size) {
    if (there.timestampS <= receipt.timestampS) return
    list[at] = receipt
  } else {
    list.splice(at, 0, receipt)
  }
  line.version += 1
  if (receipt.role !== 'mirror') return
  const upTo = Math.min(receipt.size, log.entries.length)
  for (let i = covered; i < upTo; i += 1) {
    const entry = log.entries[i] as Changeable
    entry.receiptS = earlier(entry.receiptS, receipt.timestampS)
  }
}

const receiptKey = ({ origin, by, role }: Pick<LineReceipt, 'origin' | 'by' | 'role'>): string =>
  `${origin} ${by} ${role}`

/** The first cosignature of a member that covers the act, null when there is none. */
export function receiptBy(
  line: LineProjection,
  { origin, index }: ActPlace,
  { by, role }: Pick<LineReceipt, 'by' | 'role'>,
): LineReceipt | null {
  const list = line.receipts.get(receiptKey({ origin, by, role }))
  return list === undefined ? null : firstCovering(list, index)
}

/** The first of a growing list whose head covers the index. */
function firstCovering(list: readonly LineReceipt[], index: number): LineReceipt | null {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle] as LineReceipt).size > index) high = middle
    else low = middle + 1
  }
  return list[low] ?? null
}

function firstReceipt({ mirrored }: LineLog, index: number): number | null {
  let first: number | null = null
  for (const list of mirrored) first = earlier(first, firstCovering(list, index)?.timestampS ?? null)
  return first
}

/** Tells the line of a fork that was proven. A log has one at most; the first stays. */
export function applyFork(line: LineProjection, fork: LineFork): void {
  if (line.forks.some(({ origin }) => origin === fork.origin)) return
  line.forks.push(fork)
  line.version += 1
}

/** The logs of a party in the order of their numbers. */
export const logsOf = (line: LineProjection, party: string): readonly LineLog[] =>
  [...line.logs.values()].filter((log) => log.party === party).sort((a, b) => a.number - b.number)

/** The act at a place, null while it is not in hand. */
export const actAt = (line: LineProjection, { origin, index }: ActPlace): LineAct | null =>
  line.logs.get(origin)?.entries[index] ?? null

/** The body of an act of this kind, typed; null for an act of another kind or one whose body does not hold. */
export const bodyOf = <B>(act: LineAct, kind: ActKind<B>): B | null =>
  act.kind === kind && act.fault === null ? (act.body as B) : null

/**
 * What the fold makes of all acts of a party in hand. It goes on where it stopped, and starts anew where a verdict has
 * changed. The state belongs to the fold: read it, and ask again after the next change. Folds are told apart by identity,
 * so that one is a constant of its module.
 */
export function foldParty<S>(line: LineProjection, fold: PartyFold<S>, party: string): S {
  const key = fold as PartyFold<unknown>
  let byParty = line.folds.get(key)
  if (byParty === undefined) {
    byParty = new Map()
    line.folds.set(key, byParty)
  }
  const logs = logsOf(line, party)
  let folded = byParty.get(party)
  if (folded === undefined || !continues(folded, logs)) {
    folded = { state: fold.start(line, party), done: [] }
    byParty.set(party, folded)
  }
  for (const [i, log] of logs.entries()) {
    folded.done[i] ??= { log, count: 0, epoch: log.epoch }
    const done = folded.done[i]
    for (; done.count < log.entries.length; done.count += 1)
      fold.step(folded.state as S, log.entries[done.count] as LineAct)
  }
  return folded.state as S
}

/** Whether what was folded is a prefix of what there is now, unchanged. */
function continues({ done }: FoldState, logs: readonly LineLog[]): boolean {
  return done.every(({ log, count, epoch }, i) => {
    if (logs[i] !== log || log.epoch !== epoch) return false
    const laterFolded = done.slice(i + 1).some((later) => later.count > 0)
    return count === log.entries.length || !laterFolded
  })
}

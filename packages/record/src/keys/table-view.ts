import { type Act, parseAct, type Seen } from '../act.ts'
import { encodeBase64 } from '../base64.ts'
import { CompactRange } from '../compact-range.ts'
import { isRecordError } from '../errors.ts'
import { EMPTY_ROOT, leafHash } from '../merkle.ts'
import type { ActContext, CitedEntry } from './act-context.ts'
import { applyEntry } from './apply-entry.ts'
import type { Enrolment } from './enrolment.ts'
import { type Judgement, judgeAct } from './judge-act.ts'
import { createKeyBook, type KeyBook, type KeyBookOptions } from './key-book.ts'

/** A verified cosignature of a mirror over a head of another party's log. */
export interface HeadReceipt {
  /** The party whose mirror it is. */
  readonly by: string
  readonly origin: string
  readonly size: number
  /** Base64 of 32 bytes. */
  readonly root: string
  readonly timestampS: number
}

interface LogView {
  readonly book: KeyBook
  readonly entries: Uint8Array[]
  readonly leaves: Uint8Array[]
  /** The root in base64 at each size. */
  readonly roots: string[]
  readonly range: CompactRange
  /** The heads each entry cites; none for what is no act. */
  readonly cited: (readonly Seen[])[]
  /** Entries that came before one that precedes them. */
  readonly waiting: Map<number, Uint8Array>
}

/**
 * All logs of a table as one replica holds them: entries in any order across logs and within one, cosignatures in any
 * order between them. What it makes of an act is a function of the set it has been given (record.md P10). It keeps every
 * entry in memory: for a desk, a verifier, a test, up to some hundred thousand acts.
 */
export interface TableView {
  readonly logs: ReadonlyMap<string, LogView>
  readonly receipts: HeadReceipt[]
}

/** A view that has been given nothing but the parties' enrolments. */
export function createTableView(
  enrolments: readonly Enrolment[],
  options: Omit<KeyBookOptions, 'parties'> = {},
): TableView {
  const parties = enrolments.map(({ party }) => party)
  const logs = new Map(
    enrolments.map((enrolment): [string, LogView] => [
      enrolment.log.name,
      {
        book: createKeyBook(enrolment, { ...options, parties }),
        entries: [],
        leaves: [],
        roots: [encodeBase64(EMPTY_ROOT)],
        range: new CompactRange(),
        cited: [],
        waiting: new Map(),
      },
    ]),
  )
  return { logs, receipts: [] }
}

/** Gives the view an entry that a signed head of its log covers. One whose predecessors are missing waits for them. */
export function receiveEntry(
  view: TableView,
  { origin, index }: { readonly origin: string; readonly index: number },
  entry: Uint8Array,
): void {
  const log = view.logs.get(origin)
  if (log === undefined || index < log.entries.length) return
  log.waiting.set(index, entry)
  for (let next = log.waiting.get(log.entries.length); next !== undefined; next = log.waiting.get(log.entries.length)) {
    log.waiting.delete(log.entries.length)
    applyEntry(log.book, next)
    log.entries.push(next)
    const leaf = leafHash(next)
    log.leaves.push(leaf)
    log.range.append(leaf)
    log.roots.push(encodeBase64(log.range.root()))
    log.cited.push(tryAct(next)?.seen ?? [])
  }
}

/** Gives the view a cosignature that verified. */
export function receiveReceipt(view: TableView, receipt: HeadReceipt): void {
  view.receipts.push(receipt)
}

/** What becomes of every act the view holds without a gap before it, by log, in the order of the log. */
export function judgeTable(view: TableView): ReadonlyMap<string, readonly Judgement[]> {
  return new Map([...view.logs].map(([origin, log]) => [origin, judgeLog(view, log)]))
}

function judgeLog(view: TableView, log: LogView): Judgement[] {
  const { party, origin } = log.book
  const mirrored = new Set<string>()
  /** When each head was first cosigned by anyone but this party: no act that cites it is older. */
  const firstS = new Map<string, number>()
  /** The earliest receipt of this log at each size. */
  const bySizeS = new Map<number, number>()
  for (const { by, origin: o, size, root, timestampS } of view.receipts) {
    const head = `${o} ${size} ${root}`
    if (by === party) mirrored.add(head)
    else firstS.set(head, Math.min(firstS.get(head) ?? timestampS, timestampS))
    if (by !== party && o === origin && log.roots[size] === root) {
      bySizeS.set(size, Math.min(bySizeS.get(size) ?? timestampS, timestampS))
    }
  }
  const receiptsAtS = earliestFrom(bySizeS, log.entries.length)
  let lowerBoundS: number | null = null
  return log.entries.map((entry, index) => {
    for (const { o, n, r } of log.cited[index] ?? []) {
      const bound = firstS.get(`${o} ${n} ${r}`)
      if (bound !== undefined && (lowerBoundS === null || bound > lowerBoundS)) lowerBoundS = bound
    }
    const context: ActContext = {
      receiptAtS: receiptsAtS[index] ?? null,
      lowerBoundS,
      cosigned: (o, size, root) => (mirrored.size > 0 ? mirrored.has(`${o} ${size} ${root}`) : null),
      rootAt: (o, size) => view.logs.get(o)?.roots[size] ?? null,
      entryAt: (o, i) => citedEntry(view, o, i),
    }
    return judgeAct(log.book, entry, index, context)
  })
}

/** For each index, the earliest time among the sizes above it. */
function earliestFrom(bySizeS: ReadonlyMap<number, number>, count: number): (number | null)[] {
  const out: (number | null)[] = Array.from({ length: count }, () => null)
  let best: number | null = null
  for (let size = count; size > 0; size -= 1) {
    const here = bySizeS.get(size)
    if (here !== undefined && (best === null || here < best)) best = here
    out[size - 1] = best
  }
  return out
}

function citedEntry(view: TableView, origin: string, index: number): CitedEntry | null {
  const log = view.logs.get(origin)
  const leaf = log?.leaves[index]
  const entry = log?.entries[index]
  if (leaf === undefined || entry === undefined) return null
  const act = tryAct(entry)
  return { leaf, sealedTo: act?.kind === 'sealed' ? act.to : null }
}

function tryAct(entry: Uint8Array): Act | null {
  try {
    return parseAct(entry).act
  } catch (error) {
    if (isRecordError(error)) return null
    throw error
  }
}

/** For an act, how many entries of each log happened before it, itself not counted. */
export type CausalPast = ReadonlyMap<string, number>

/**
 * What happened before every act, by log and index (record.md 3.4): in one log the entries before it; across logs those
 * below a head it or an act before it cites, and what happened before those. Act `a` happened before `b` when its index is
 * below `b`'s count for `a`'s log; where neither did, they crossed. A head that the view's own log does not have at that
 * size adds nothing: nobody can have seen it.
 */
export function causalPasts(view: TableView): ReadonlyMap<string, readonly CausalPast[]> {
  const pasts = new Map<string, CausalPast[]>([...view.logs.keys()].map((origin) => [origin, []]))
  // Each round takes every log as far as the heads it cites are taken; heads that cite each other in a ring never are.
  for (let moved = true; moved; ) {
    moved = false
    for (const [origin, log] of view.logs) {
      const done = pasts.get(origin) as CausalPast[]
      for (let index = done.length; index < log.entries.length; index = done.length) {
        const past = pastOf(view, { pasts, log, index })
        if (past === null) break
        done.push(past)
        moved = true
      }
    }
  }
  return pasts
}

function pastOf(
  view: TableView,
  {
    pasts,
    log,
    index,
  }: { readonly pasts: ReadonlyMap<string, readonly CausalPast[]>; readonly log: LogView; readonly index: number },
): CausalPast | null {
  const { origin } = log.book
  const past = new Map(index === 0 ? [] : pasts.get(origin)?.[index - 1])
  past.set(origin, index)
  for (const { o, n, r } of log.cited[index] ?? []) {
    if (n === 0 || view.logs.get(o)?.roots[n] !== r) continue
    const last = pasts.get(o)?.[n - 1]
    if (last === undefined) return null
    for (const [other, count] of last) past.set(other, Math.max(past.get(other) ?? 0, count))
    past.set(o, Math.max(past.get(o) ?? 0, n))
  }
  return past
}

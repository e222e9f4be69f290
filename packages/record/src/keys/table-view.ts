import { type Act, parseAct } from '../act.ts'
import { encodeBase64 } from '../base64.ts'
import { CompactRange } from '../compact-range.ts'
import { isRecordError } from '../errors.ts'
import { EMPTY_ROOT, leafHash } from '../merkle.ts'
import type { ActContext, CitedEntry } from './act-context.ts'
import { applyEntry } from './apply-entry.ts'
import type { Enrolment } from './enrolment.ts'
import { judgeAct, type Judgement } from './judge-act.ts'
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
  const covering = view.receipts.filter((receipt) => receipt.origin === origin && receipt.by !== party)
  const mirrored = new Set(
    view.receipts.filter(({ by }) => by === party).map(({ origin: o, size, root }) => `${o} ${size} ${root}`),
  )
  const sawMirror = mirrored.size > 0
  let lowerBoundS: number | null = null
  return log.entries.map((entry, index) => {
    for (const { o, n, r } of tryAct(entry)?.seen ?? []) {
      const bound = firstCosigned(view, { origin: o, size: n, root: r }, party)
      if (bound !== null && (lowerBoundS === null || bound > lowerBoundS)) lowerBoundS = bound
    }
    const timesS = covering.filter(({ size }) => size > index).map(({ timestampS }) => timestampS)
    const context: ActContext = {
      receiptAtS: timesS.length === 0 ? null : Math.min(...timesS),
      lowerBoundS,
      cosigned: (o, size, root) => (sawMirror ? mirrored.has(`${o} ${size} ${root}`) : null),
      rootAt: (o, size) => view.logs.get(o)?.roots[size] ?? null,
      entryAt: (o, i) => citedEntry(view, o, i),
    }
    return judgeAct(log.book, entry, index, context)
  })
}

/** When this head was first cosigned by anyone but the party that cites it: no act that cites it is older. */
function firstCosigned(
  view: TableView,
  head: { readonly origin: string; readonly size: number; readonly root: string },
  citedBy: string,
): number | null {
  const timesS = view.receipts
    .filter(
      ({ by, origin, size, root }) =>
        by !== citedBy && origin === head.origin && size === head.size && root === head.root,
    )
    .map(({ timestampS }) => timestampS)
  return timesS.length === 0 ? null : Math.min(...timesS)
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

/** An act by the log and the index it stands at. */
export interface ActPlace {
  readonly origin: string
  readonly index: number
}

/**
 * Whether act `a` happened before act `b` (record.md 3.4): in one log by index, across logs when a head that `b`'s log had
 * cited by then covers `a`, directly or through others. Acts of which neither happened before the other crossed.
 */
export function happenedBefore(view: TableView, a: ActPlace, b: ActPlace): boolean {
  const reached = new Map<string, number>()
  const open: ActPlace[] = [b]
  while (open.length > 0) {
    const { origin, index } = open.pop() as ActPlace
    const log = view.logs.get(origin)
    for (let i = reached.get(origin) ?? 0; i <= index; i += 1) {
      const entry = log?.entries[i]
      if (entry === undefined) break
      for (const { o, n } of tryAct(entry)?.seen ?? [])
        if (n > 0 && n > (reached.get(o) ?? 0)) open.push({ origin: o, index: n - 1 })
    }
    reached.set(origin, Math.max(reached.get(origin) ?? 0, index + 1))
  }
  const known = reached.get(a.origin) ?? 0
  return a.origin === b.origin ? a.index < b.index : a.index < known
}

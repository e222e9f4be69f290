import type { ActPlace } from './place.ts'
import type { LineAct, LineProjection } from './line-projection.ts'

/** Per log, how many of its entries precede or are the act: what its author can have known. Logs in no order. */
export type Known = ReadonlyMap<string, number>

interface LogVectors {
  /** Per entry, entries known of each other log, by the log's slot. Entries that cite nothing new share theirs. */
  readonly vectors: (readonly number[])[]
  /** Entries before this one whose vectors cannot change any more: every head they cite is in hand. */
  settled: number
}

/** Computed from the line as of `version`; what is settled stays. */
interface OrderCache {
  version: number
  /** Sum of the logs' epochs: a changed verdict may drop a citation, so all is computed anew. */
  epochs: number
  readonly slots: Map<string, number>
  readonly logs: LogVectors[]
}

const CACHES = new WeakMap<LineProjection, OrderCache>()

function cacheOf(line: LineProjection): OrderCache {
  const epochs = [...line.logs.values()].reduce((sum, { epoch }) => sum + epoch, 0)
  let cache = CACHES.get(line)
  if (cache === undefined || cache.epochs !== epochs) {
    cache = { version: -1, epochs, slots: new Map(), logs: [] }
    CACHES.set(line, cache)
  }
  if (cache.version !== line.version) {
    for (const origin of line.logs.keys()) slotOf(cache, origin)
    for (const log of cache.logs) log.vectors.length = log.settled
    cache.version = line.version
  }
  return cache
}

interface Citation {
  readonly slot: number
  readonly origin: string
  /** Entries of the other log that the cited head covers. */
  readonly n: number
}

/** The slot of a log, one not in hand yet included: it may come. */
function slotOf({ slots, logs }: OrderCache, origin: string): number {
  const known = slots.get(origin)
  if (known !== undefined) return known
  slots.set(origin, logs.length)
  logs.push({ vectors: [], settled: 0 })
  return logs.length - 1
}

/** Heads an act cites, without those that no log of the table ever had. */
function citations({ act, judgement }: LineAct, cache: OrderCache): Citation[] {
  if (act === null || act.seen.length === 0) return []
  const { reasons } = judgement
  const untrue = reasons.some(
    ({ code }) => code === 'seen.root' || code === 'seen.decreasing' || code === 'seen.unknown-log',
  )
  if (untrue) return []
  return act.seen.map(({ o, n }) => ({ slot: slotOf(cache, o), origin: o, n }))
}

/** Computes vectors until the place has one. Without recursion: chains of citations are as long as the logs. */
function vectorAt(line: LineProjection, place: ActPlace): { vector: readonly number[]; cache: OrderCache } | null {
  const log = line.logs.get(place.origin)
  if (log === undefined || place.index < 0 || place.index >= log.entries.length) return null
  const cache = cacheOf(line)
  const entriesOf = (origin: string): readonly LineAct[] => line.logs.get(origin)?.entries ?? []
  const open: { readonly slot: number; readonly origin: string; readonly index: number }[] = [
    { slot: cache.slots.get(place.origin) as number, origin: place.origin, index: place.index },
  ]
  /** Logs being worked on: citing one of those back would be a cycle, which only an unverified citation can claim. */
  const busy = new Set<number>([open[0]?.slot as number])
  while (open.length > 0) {
    const { slot, origin, index } = open.at(-1) as (typeof open)[0]
    const own = cache.logs[slot] as LogVectors
    const at = own.vectors.length
    if (at > index) {
      open.pop()
      busy.delete(slot)
      continue
    }
    const cited = citations(entriesOf(origin)[at] as LineAct, cache)
    const missing = cited.find(({ slot: other, origin: o, n }) => {
      const held = Math.min(n, entriesOf(o).length)
      return held > (cache.logs[other] as LogVectors).vectors.length && !busy.has(other)
    })
    if (missing !== undefined) {
      const { slot: other, origin: o, n } = missing
      open.push({ slot: other, origin: o, index: Math.min(n, entriesOf(o).length) - 1 })
      busy.add(other)
      continue
    }
    let vector: readonly number[] = own.vectors[at - 1] ?? []
    let settled = own.settled === at
    for (const { slot: other, origin: o, n } of cited) {
      const there = cache.logs[other] as LogVectors
      const held = Math.min(n, entriesOf(o).length, there.vectors.length)
      if (held < n || held > there.settled) settled = false
      if (n <= (vector[other] ?? 0)) continue
      const theirs = there.vectors[held - 1] ?? []
      vector = cache.logs.map((_, i) => Math.max(vector[i] ?? 0, theirs[i] ?? 0, i === other ? n : 0))
    }
    own.vectors.push(vector)
    if (settled) own.settled = at + 1
  }
  return {
    vector: (cache.logs[cache.slots.get(place.origin) as number] as LogVectors).vectors[place.index] ?? [],
    cache,
  }
}

/** What the author of the act at this place can have known of every log of the table: O(logs) an act, computed once. */
export function knownAt(line: LineProjection, place: ActPlace): Known {
  const found = vectorAt(line, place)
  if (found === null) return new Map()
  return new Map(
    [...found.cache.slots].map(([origin, slot]) => [
      origin,
      origin === place.origin ? place.index + 1 : (found.vector[slot] ?? 0),
    ]),
  )
}

/**
 * Whether act `a` happened before act `b` (record.md 3.4): in one log by index, across logs when a head that `b`'s log had
 * cited by then covers `a`, directly or through others. Never by a clock.
 */
export function happenedBefore(line: LineProjection, a: ActPlace, b: ActPlace): boolean {
  if (a.origin === b.origin) return a.index < b.index
  const found = vectorAt(line, b)
  if (found === null) return false
  const slot = found.cache.slots.get(a.origin)
  return slot !== undefined && (found.vector[slot] ?? 0) > a.index
}

/** Whether neither act's author can have known the other act. */
export const crossed = (line: LineProjection, a: ActPlace, b: ActPlace): boolean =>
  !(a.origin === b.origin && a.index === b.index) && !happenedBefore(line, a, b) && !happenedBefore(line, b, a)

/**
 * The order in which a screen lists acts: by the time the first counterpart had them, then log and index; those nobody has
 * yet come last, by the time they claim. For display only: it says nothing about what happened before what.
 */
export function displayOrder(a: LineAct, b: LineAct): number {
  if (a.receiptS !== b.receiptS) {
    if (a.receiptS === null) return 1
    if (b.receiptS === null) return -1
    return a.receiptS - b.receiptS
  }
  if (a.receiptS === null && a.atS !== b.atS) return a.atS - b.atS
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1
  return a.index - b.index
}

import type { LineProjection } from './line-projection.ts'
import { knownAt } from './order.ts'

/** How far one log is meant: its first `n` entries. */
export interface Prefix {
  readonly o: string
  readonly n: number
}

/**
 * The largest prefixes of what is in hand, up to those given, that cite nothing beyond themselves; ascending by log, without
 * empty ones. A state is computed from these, since any other replica with the same logs computes the same.
 */
export function closedPrefixes(line: LineProjection, upTo: readonly Prefix[] | null = null): readonly Prefix[] {
  const size = new Map<string, number>()
  for (const [origin, { entries }] of line.logs) {
    const wanted = upTo === null ? entries.length : (upTo.find(({ o }) => o === origin)?.n ?? 0)
    size.set(origin, Math.min(wanted, entries.length))
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const [origin, n] of size) {
      const closed = largestClosed(line, { o: origin, n }, size)
      if (closed === n) continue
      size.set(origin, closed)
      changed = true
    }
  }
  return [...size].flatMap(([o, n]) => (n === 0 ? [] : [{ o, n }])).sort((a, b) => (a.o < b.o ? -1 : 1))
}

/** What an act can know only grows along its log, so that the last one that fits is found by halving. */
function largestClosed(line: LineProjection, { o, n }: Prefix, size: ReadonlyMap<string, number>): number {
  const fits = (count: number): boolean =>
    count === 0 ||
    [...knownAt(line, { origin: o, index: count - 1 })].every(
      ([other, known]) => other === o || known <= (size.get(other) ?? 0),
    )
  if (fits(n)) return n
  let low = 0
  let high = n
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (fits(middle)) low = middle
    else high = middle
  }
  return low
}

import { IndexHeap } from './index-heap.ts'

/** What `smallestShift` searches. */
export interface ShiftSearch {
  /** Which way the shift goes. */
  readonly direction: 1 | -1
  /** The largest shift allowed, as a positive amount. */
  readonly limit: number
  /** Shifts are whole multiples of this, as a positive amount. */
  readonly step: number
  /**
   * Whether the interval of this number truly forbids what it covers, for intervals that are dear to make sure of. Asked only while an
   * interval stands in the way, of those that reach farthest first, and at most once of each. Default: all do.
   */
  readonly forbids?: (interval: number) => boolean
}

/**
 * The smallest shift, as a positive amount and a whole multiple of `step`, that lies outside every forbidden interval; null when
 * there is none within `limit`.
 *
 * `forbidden` holds closed intervals of signed shifts as pairs lo, hi, in any order, `-Infinity` and `Infinity` allowed; with
 * direction -1 the shift tried for amount `s` is `-s`. The array is left alone.
 */
export function smallestShift(forbidden: Float64Array, search: ShiftSearch): number | null {
  const { direction, limit, step, forbids } = search
  const count = forbidden.length >> 1
  const from = new Float64Array(count)
  const to = new Float64Array(count)
  const least = multipleOf(step, 1)
  let left = 0
  for (let k = 0; k < count; k++) {
    const lo = forbidden[2 * k]!
    const hi = forbidden[2 * k + 1]!
    from[k] = direction === 1 ? lo : -hi
    to[k] = direction === 1 ? hi : -lo
    if (to[k]! >= least && from[k]! <= limit) left++
  }
  const ahead = new Int32Array(left)
  left = 0
  for (let k = 0; k < count; k++) if (to[k]! >= least && from[k]! <= limit) ahead[left++] = k
  if (forbids !== undefined) return inOrder({ from, to, ahead }, least, search)
  // A look at all that is left passes many intervals, for a crowd overlaps, and most when they come in the order of the search:
  // one look goes up the list, the next one down. Where neither gets far, order is made.
  let amount = least
  let first = 0
  let last = left
  for (let look = 0; look < LOOKS; look++) {
    if (!(amount <= limit)) return null
    const up = look % 2 === 0
    const size = last - first
    let kept = 0
    let passed = false
    for (let at = 0; at < size; at++) {
      const k = up ? ahead[first + at]! : ahead[last - 1 - at]!
      const end = to[k]!
      if (end < amount) continue
      if (from[k]! > amount) {
        if (up) ahead[first + kept++] = k
        else ahead[last - ++kept] = k
        continue
      }
      if (end >= limit) return null
      amount = multipleAfter(step, end)
      passed = true
    }
    if (!passed) return amount
    if (up) last = first + kept
    else first = last - kept
  }
  return inOrder({ from, to, ahead: ahead.subarray(first, last) }, amount, search)
}

/** How often everything ahead is looked at before it is put in order. */
const LOOKS = 24

interface Ahead {
  /** First and last amount that each interval covers. */
  readonly from: Float64Array
  readonly to: Float64Array
  /** Numbers of the intervals that may yet matter. */
  readonly ahead: Int32Array
}

/** {@link smallestShift} from `amount` on, taking the intervals as they begin and, of those begun, the farthest reaching first. */
function inOrder({ from, to, ahead }: Ahead, amount: number, { limit, step, forbids }: ShiftSearch): number | null {
  const minusTo = to.map((end) => -end)
  const waiting = new IndexHeap(from)
  const covering = new IndexHeap(minusTo)
  for (const k of ahead) {
    if (from[k]! <= amount) covering.push(k)
    else waiting.push(k)
  }
  for (let shift = amount; shift <= limit; ) {
    while (waiting.size > 0 && from[waiting.first]! <= shift) {
      const k = waiting.pop()
      if (to[k]! >= shift) covering.push(k)
    }
    let end = -Infinity
    while (covering.size > 0 && to[covering.first]! >= shift) {
      const k = covering.pop()
      if (forbids !== undefined && !forbids(k)) continue
      end = to[k]!
      break
    }
    if (end < shift) return shift
    if (end >= limit) return null
    shift = multipleAfter(step, end)
  }
  return null
}

/** The first multiple of `step` beyond a finite `end`. */
function multipleAfter(step: number, end: number): number {
  let multiple = Math.max(1, Math.floor(end / step))
  while (multipleOf(step, multiple) <= end) multiple++
  return multipleOf(step, multiple)
}

/** `multiple * step`, exact to the last digit for decimal steps: 7 times 0.01 is 0.07. */
function multipleOf(step: number, multiple: number): number {
  const inverse = Math.round(1 / step)
  return step < 1 && inverse * step === 1 ? multiple / inverse : multiple * step
}

import { type Bounds, DIMENSIONS } from './bounds.ts'

const LEAF = 6

/**
 * A static tree of boxes, split at the middle of the axis along which they lie furthest apart for their size. Finds every box that meets
 * a given one, faces included, whatever mix of sizes and however many of them are unbounded in time or height.
 */
export class BoxTree {
  readonly #bounds: Bounds
  readonly #order: Int32Array
  readonly #low: Float64Array
  readonly #high: Float64Array
  /** Of each node: first and one past last place in `#order`, left child (right is the next) or 0 for a leaf. */
  readonly #from: Int32Array
  readonly #to: Int32Array
  readonly #left: Int32Array
  readonly #stack: Int32Array

  constructor(bounds: Bounds) {
    this.#bounds = bounds
    const nodes = Math.max(1, 2 * bounds.count)
    this.#order = Int32Array.from({ length: bounds.count }, (_, k) => k)
    this.#low = new Float64Array(DIMENSIONS * nodes)
    this.#high = new Float64Array(DIMENSIONS * nodes)
    this.#from = new Int32Array(nodes)
    this.#to = new Int32Array(nodes)
    this.#left = new Int32Array(nodes)
    this.#stack = new Int32Array(nodes + 64)
    if (bounds.count > 0) this.#build()
  }

  /** Calls `visit` with each box after `k` in number that meets box `k`. */
  eachLater(k: number, visit: (other: number) => void): void {
    const { low, high } = this.#bounds
    const at = DIMENSIONS * k
    const stack = this.#stack
    let depth = 0
    stack[depth++] = 0
    while (depth > 0) {
      const node = stack[--depth] as number
      if (!meets(low, high, at, this.#low, this.#high, DIMENSIONS * node)) continue
      const left = this.#left[node] as number
      if (left !== 0) {
        stack[depth++] = left
        stack[depth++] = left + 1
        continue
      }
      for (let place = this.#from[node] as number, end = this.#to[node] as number; place < end; place++) {
        const other = this.#order[place] as number
        if (other > k && meets(low, high, at, low, high, DIMENSIONS * other)) visit(other)
      }
    }
  }

  #build(): void {
    const middles = middlesOf(this.#bounds)
    const stack = [0]
    let used = 1
    this.#from[0] = 0
    this.#to[0] = this.#bounds.count
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const from = this.#from[node] as number
      const to = this.#to[node] as number
      this.#cover(node, from, to)
      if (to - from <= LEAF) continue
      const axis = this.#widestAxis(middles, from, to)
      const middle = (from + to) >> 1
      select(this.#order, middles, { axis, from, to: to - 1, middle })
      const left = used
      used += 2
      this.#left[node] = left
      this.#from[left] = from
      this.#to[left] = middle
      this.#from[left + 1] = middle
      this.#to[left + 1] = to
      stack.push(left, left + 1)
    }
  }

  #cover(node: number, from: number, to: number): void {
    const { low, high } = this.#bounds
    for (let axis = 0; axis < DIMENSIONS; axis++) {
      let least = Infinity
      let most = -Infinity
      for (let place = from; place < to; place++) {
        const at = DIMENSIONS * (this.#order[place] as number) + axis
        least = Math.min(least, low[at] as number)
        most = Math.max(most, high[at] as number)
      }
      this.#low[DIMENSIONS * node + axis] = least
      this.#high[DIMENSIONS * node + axis] = most
    }
  }

  #widestAxis(middles: Float64Array, from: number, to: number): number {
    const { low, high } = this.#bounds
    let best = 0
    let bestSpread = -1
    for (let axis = 0; axis < DIMENSIONS; axis++) {
      let least = Infinity
      let most = -Infinity
      let size = 0
      for (let place = from; place < to; place++) {
        const at = DIMENSIONS * (this.#order[place] as number) + axis
        const middle = middles[at] as number
        least = Math.min(least, middle)
        most = Math.max(most, middle)
        const extent = (high[at] as number) - (low[at] as number)
        if (Number.isFinite(extent)) size += extent
      }
      const spread = (most - least) / (size / (to - from) + 1)
      if (spread > bestSpread) {
        best = axis
        bestSpread = spread
      }
    }
    return best
  }
}

function meets(
  aLow: Float64Array,
  aHigh: Float64Array,
  a: number,
  bLow: Float64Array,
  bHigh: Float64Array,
  b: number,
): boolean {
  for (let axis = 0; axis < DIMENSIONS; axis++) {
    if (
      (aLow[a + axis] as number) > (bHigh[b + axis] as number) ||
      (bLow[b + axis] as number) > (aHigh[a + axis] as number)
    )
      return false
  }
  return true
}

/** Middle of each box; of an unbounded one, the middle of all that is bounded. */
function middlesOf({ count, low, high }: Bounds): Float64Array {
  const middles = new Float64Array(DIMENSIONS * count)
  for (let axis = 0; axis < DIMENSIONS; axis++) {
    let sum = 0
    let finite = 0
    for (let at = axis; at < low.length; at += DIMENSIONS) {
      const middle = (low[at] as number) / 2 + (high[at] as number) / 2
      middles[at] = middle
      if (!Number.isFinite(middle)) continue
      sum += middle
      finite += 1
    }
    const mean = finite === 0 ? 0 : sum / finite
    for (let at = axis; at < middles.length; at += DIMENSIONS) {
      if (!Number.isFinite(middles[at])) middles[at] = mean
    }
  }
  return middles
}

/** Reorders `order[from..to]` so that no middle before place `middle` exceeds one after it (Hoare's quickselect). */
function select(
  order: Int32Array,
  middles: Float64Array,
  { axis, from, to, middle }: { axis: number; from: number; to: number; middle: number },
): void {
  const value = (place: number): number => middles[DIMENSIONS * (order[place] as number) + axis] as number
  let left = from
  let right = to
  while (left < right) {
    const pivot = value((left + right) >> 1)
    let i = left
    let j = right
    while (i <= j) {
      while (value(i) < pivot) i += 1
      while (value(j) > pivot) j -= 1
      if (i <= j) {
        const swap = order[i] as number
        order[i] = order[j] as number
        order[j] = swap
        i += 1
        j -= 1
      }
    }
    if (middle <= j) right = j
    else if (middle >= i) left = i
    else return
  }
}

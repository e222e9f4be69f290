/** mulberry32, Box-Muller and the weighted pick that all workloads draw from. */
export class RandomSource {
  #a: number

  constructor(seed: number) {
    this.#a = seed | 0
  }

  /** Uniform in 0 (included) to 1 (not). */
  uniform(): number {
    this.#a = (this.#a + 0x6d2b79f5) | 0
    let t = Math.imul(this.#a ^ (this.#a >>> 15), 1 | this.#a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** Standard normal; always two draws. */
  normal(): number {
    const u = 1 - this.uniform()
    const v = this.uniform()
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
  }

  /** First index whose cumulative weight exceeds a uniform share of the total. */
  pick(cumulative: Float64Array): number {
    const at = this.uniform() * cumulative[cumulative.length - 1]!
    let low = 0
    let high = cumulative.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (cumulative[middle]! > at) high = middle
      else low = middle + 1
    }
    return low
  }
}

export function cumulate(weights: readonly number[]): Float64Array {
  const sums = new Float64Array(weights.length)
  let total = 0
  for (const [index, weight] of weights.entries()) {
    total += weight
    sums[index] = total
  }
  return sums
}

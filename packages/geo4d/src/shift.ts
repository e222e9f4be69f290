/** What `smallestShift` searches. */
export interface ShiftSearch {
  /** Which way the shift goes. */
  readonly direction: 1 | -1
  /** The largest shift allowed, as a positive amount. */
  readonly limit: number
  /** Shifts are whole multiples of this, as a positive amount. */
  readonly step: number
}

/**
 * The smallest shift, as a positive amount and a whole multiple of `step`, that lies outside every forbidden interval; null when
 * there is none within `limit`.
 *
 * `forbidden` holds closed intervals of signed shifts as pairs lo, hi, in any order, `-Infinity` and `Infinity` allowed; with
 * direction -1 the shift tried for amount `s` is `-s`. The array is left alone.
 */
export function smallestShift(forbidden: Float64Array, { direction, limit, step }: ShiftSearch): number | null {
  const count = forbidden.length >> 1
  const from = new Float64Array(count)
  const order = Array.from({ length: count }, (_, k) => k)
  const to = new Float64Array(count)
  for (let k = 0; k < count; k++) {
    const lo = forbidden[2 * k] as number
    const hi = forbidden[2 * k + 1] as number
    from[k] = direction === 1 ? lo : -hi
    to[k] = direction === 1 ? hi : -lo
  }
  order.sort((p, q) => (from[p] as number) - (from[q] as number))
  let multiple = 1
  for (const k of order) {
    const amount = multipleOf(step, multiple)
    if ((from[k] as number) > amount) break
    const end = to[k] as number
    if (end < amount) continue
    if (end >= limit) return null
    multiple = Math.max(multiple, Math.floor(end / step))
    while (multipleOf(step, multiple) <= end) multiple++
  }
  const amount = multipleOf(step, multiple)
  return amount <= limit ? amount : null
}

/** `multiple * step`, exact to the last digit for decimal steps: 7 times 0.01 is 0.07. */
function multipleOf(step: number, multiple: number): number {
  const inverse = Math.round(1 / step)
  return step < 1 && inverse * step === 1 ? multiple / inverse : multiple * step
}

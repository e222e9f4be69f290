/** Lets so much through a second, with a store for bursts. Times are monotonic milliseconds. */
export class TokenBucket {
  readonly #perS: number
  readonly #capacity: number
  #level: number
  #atMs: number

  constructor(perS: number, { capacity, nowMs }: { readonly capacity: number; readonly nowMs: number }) {
    this.#perS = perS
    this.#capacity = capacity
    this.#level = capacity
    this.#atMs = nowMs
  }

  /** What is there to be taken. */
  level(nowMs: number): number {
    this.#level = Math.min(this.#capacity, this.#level + ((nowMs - this.#atMs) / 1000) * this.#perS)
    this.#atMs = nowMs
    return this.#level
  }

  /** Takes `count`, also when that leaves less than nothing: what came came. */
  take(count: number, nowMs: number): void {
    this.level(nowMs)
    this.#level -= count
  }

  /** Whole seconds until there are `count` again, at least 1. */
  waitS(count: number, nowMs: number): number {
    return Math.max(1, Math.ceil((count - this.level(nowMs)) / this.#perS))
  }
}

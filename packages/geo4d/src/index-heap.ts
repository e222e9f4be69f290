/** Numbers of items, the one with the least key at hand. The keys are read, not copied, and must not change while their item is in. */
export class IndexHeap {
  readonly #keys: Float64Array
  readonly #items: Int32Array
  #size = 0

  /** An empty heap for items `0` … `keys.length - 1`, each of which may be in once. */
  constructor(keys: Float64Array) {
    this.#keys = keys
    this.#items = new Int32Array(keys.length)
  }

  get size(): number {
    return this.#size
  }

  /** The item with the least key, -1 when the heap is empty. */
  get first(): number {
    return this.#size === 0 ? -1 : this.#items[0]!
  }

  push(item: number): void {
    const items = this.#items
    const key = this.#keys[item]!
    let at = this.#size++
    while (at > 0) {
      const above = (at - 1) >> 1
      if (this.#keys[items[above]!]! <= key) break
      items[at] = items[above]!
      at = above
    }
    items[at] = item
  }

  /** Takes the first item out; the heap must not be empty. */
  pop(): number {
    const items = this.#items
    const keys = this.#keys
    const first = items[0]!
    const last = items[--this.#size]!
    const key = keys[last]!
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= this.#size) break
      if (below + 1 < this.#size && keys[items[below + 1]!]! < keys[items[below]!]!) below++
      if (keys[items[below]!]! >= key) break
      items[at] = items[below]!
      at = below
    }
    items[at] = last
    return first
  }
}

/**
 * Texts that many records share (managers, base URLs), held once and counted, so that a record needs only a number
 * and a text leaves with its last user. Index 0 is the empty text and is never counted.
 */
export class StringTable {
  #texts: string[] = ['']
  #counts: number[] = [0]
  #free: number[] = []
  #index = new Map<string, number>([['', 0]])

  /** Index of `text`, taken once more. */
  take(text: string): number {
    let index = this.#index.get(text)
    if (index === undefined) {
      index = this.#free.pop() ?? this.#texts.length
      this.#texts[index] = text
      this.#counts[index] = 0
      this.#index.set(text, index)
    }
    this.#counts[index]! += 1
    return index
  }

  /** Gives back one use of `index`. */
  release(index: number): void {
    if (index === 0) return
    const count = this.#counts[index]! - 1
    this.#counts[index] = count
    if (count === 0) {
      this.#index.delete(this.#texts[index]!)
      this.#texts[index] = ''
      this.#free.push(index)
    }
  }

  text(index: number): string {
    return this.#texts[index]!
  }

  /** Index of `text` without taking it; -1 when nobody uses it. */
  find(text: string): number {
    return this.#index.get(text) ?? -1
  }

  dump(): string {
    return JSON.stringify({ version: 1, texts: this.#texts, counts: this.#counts, free: this.#free })
  }

  static load(dump: string): StringTable {
    const { version, texts, counts, free } = JSON.parse(dump) as {
      version: number
      texts: string[]
      counts: number[]
      free: number[]
    }
    if (version !== 1) throw new RangeError(`string table version ${version} is not 1`)
    const table = new StringTable()
    table.#texts = texts
    table.#counts = counts
    table.#free = free
    table.#index = new Map(
      texts.map((text, index) => [text, index] as const).filter(([text, i]) => text !== '' || i === 0),
    )
    return table
  }
}

// A million ids take 42 MB here, and over 100 MB as text in a Map.
const START = 1024
const WORDS = 4

/** The first index at which each act id of a log stood. Ids are 32 lower-case hex digits, indices below 2^32 − 1. */
export interface IdTable {
  get(id: string): number | undefined
  /** Keeps the first index an id is given. */
  add(id: string, index: number): void
  readonly size: number
}

/** An empty table: open addressing over four words an id, at most half full. */
export function createIdTable(): IdTable {
  let capacity = START
  let words = new Uint32Array(capacity * WORDS)
  /** Index + 1 of each slot, 0 where it is free. */
  let places = new Uint32Array(capacity)
  let size = 0
  const key = new Uint32Array(WORDS)

  const read = (id: string): void => {
    for (let i = 0; i < WORDS; i += 1) key[i] = Number.parseInt(id.slice(8 * i, 8 * i + 8), 16)
  }
  // Ids are drawn by their authors, who may choose them: all four words are mixed, so that none can fill one run of slots
  // by sharing its first digits. Whoever finds ids that still collide slows the reading of its own log only.
  const slotOf = (): number => {
    let hash = 0
    for (const word of key) {
      hash = Math.imul(hash ^ word, 0x9e3779b1)
      hash ^= hash >>> 15
    }
    let slot = (hash >>> 0) & (capacity - 1)
    while (places[slot] !== 0) {
      const at = slot * WORDS
      if (words[at] === key[0] && words[at + 1] === key[1] && words[at + 2] === key[2] && words[at + 3] === key[3])
        break
      slot = (slot + 1) & (capacity - 1)
    }
    return slot
  }
  const grow = (): void => {
    const [oldWords, oldPlaces] = [words, places]
    capacity *= 2
    words = new Uint32Array(capacity * WORDS)
    places = new Uint32Array(capacity)
    for (const [slot, place] of oldPlaces.entries()) {
      if (place === 0) continue
      key.set(oldWords.subarray(slot * WORDS, (slot + 1) * WORDS))
      const next = slotOf()
      words.set(key, next * WORDS)
      places[next] = place
    }
  }

  return {
    get(id) {
      read(id)
      const place = places[slotOf()] as number
      return place === 0 ? undefined : place - 1
    },
    add(id, index) {
      read(id)
      let slot = slotOf()
      if (places[slot] !== 0) return
      if (2 * (size + 1) > capacity) {
        grow()
        read(id)
        slot = slotOf()
      }
      words.set(key, slot * WORDS)
      places[slot] = index + 1
      size += 1
    },
    get size() {
      return size
    },
  }
}

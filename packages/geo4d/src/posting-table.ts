import { type Section, SectionReader, SectionWriter } from './section.ts'

/** Entries of the hash table are 4 words: key A, key B, first posting of the list, list class and length. */
const ENTRY_WORDS = 4
/** Four entries fill one cache line; a probe starts at a line. */
const LINE_ENTRIES = 4
const LINE_WORDS = ENTRY_WORDS * LINE_ENTRIES
const PARTITION_BITS = 8
const PARTITIONS = 1 << PARTITION_BITS
const MAX_LOAD = 0.8
const GROWTH = 1.5

/** A posting is 3 words: low corner, high corner, reference. */
export const POSTING_WORDS = 3
const CHUNK_SHIFT = 16
const CHUNK_POSTINGS = 1 << CHUNK_SHIFT
const CHUNK_MASK = CHUNK_POSTINGS - 1

const LENGTH_BITS = 26
const LENGTH_MASK = (1 << LENGTH_BITS) - 1
/** List classes: 0 an entry never used, 1 a key whose list is empty, from 2 on the capacity of the list. */
const CLASS_NONE = 1
const CAPACITIES = listCapacities()

/** A located list is 4 words: its key, once found first posting and length; then low and high corner of the box asked for. */
const LOCATED_WORDS = 4
const CACHE_LINE_WORDS = 16
/** So much of a list is fetched ahead; the rest of a longer one the processor sees coming. */
const TOUCHED_WORDS = 32 * CACHE_LINE_WORDS

/** The high bit of each byte: free in every corner, so that four comparisons fit one subtraction. */
const HIGH_BITS = 0x80808080 | 0

function listCapacities(): Int32Array {
  const capacities = [0, 0, 1, 2, 3]
  for (let octave = 4; octave <= 1 << (LENGTH_BITS - 1); octave *= 2) capacities.push(octave, octave + octave / 2)
  return Int32Array.from(capacities)
}

function mix(keyA: number, keyB: number): number {
  let hash = Math.imul(keyA, 0x9e3779b1) ^ Math.imul(keyB, 0x85ebca77)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0x297a2d39)
  return hash ^ (hash >>> 15)
}

/**
 * Lists of 12-byte postings under pairs of 32-bit keys: a hash of keys to contiguous lists, both in typed arrays that grow in
 * small steps, so that no insertion stalls on copying the whole.
 *
 * A posting is a box of four 7-bit dimensions, one to a byte (`low` and `high` corner, inclusive), and a reference that occurs at
 * most once under a key. The same operations give the same bytes in {@link dump}.
 */
export class PostingTable {
  /** References met by {@link gather}, valid up to {@link candidateCount}; the owner resets the count. */
  candidates = new Int32Array(1024)
  candidateCount = 0
  /** Low and high corner of each candidate that {@link gatherBoxes} met. */
  candidateBoxes = new Int32Array(2048)
  /** Lists remembered by {@link locate}; the owner resets the count. */
  locatedCount = 0
  #located = new Int32Array(256 * LOCATED_WORDS)

  readonly #partitions: Int32Array[] = []
  /** Entries in use and, of these, entries with a list, by partition. */
  readonly #used = new Int32Array(PARTITIONS)
  readonly #live = new Int32Array(PARTITIONS)
  readonly #chunks: Int32Array[] = []
  /** First free list of each class; the first word of a free list holds the next. */
  readonly #freeHeads = new Int32Array(CAPACITIES.length).fill(-1)
  /** Postings never given out, in the last ordinary chunk. */
  #bumpNext = 0
  #bumpEnd = 0
  #postings = 0

  constructor() {
    for (let index = 0; index < PARTITIONS; index++) this.#partitions.push(new Int32Array(LINE_WORDS * 2))
  }

  get postingCount(): number {
    return this.#postings
  }

  /** Appends to {@link candidates} the references under a key whose boxes meet the box `low`..`high`. */
  gather(keyA: number, keyB: number, low: number, high: number): void {
    const hash = mix(keyA, keyB)
    const entries = this.#partitions[hash >>> (32 - PARTITION_BITS)]!
    const at = probe(entries, hash, keyA, keyB)
    const length = entries[at + 3]! & LENGTH_MASK
    if (length !== 0) this.#scan(entries[at + 2]!, length, low, high)
  }

  /** As {@link gather}, and keeps the box of each reference in {@link candidateBoxes}. */
  gatherBoxes(keyA: number, keyB: number, low: number, high: number): void {
    const from = this.candidateCount
    const hash = mix(keyA, keyB)
    const entries = this.#partitions[hash >>> (32 - PARTITION_BITS)]!
    const at = probe(entries, hash, keyA, keyB)
    const length = entries[at + 3]! & LENGTH_MASK
    if (length === 0) return
    if (from + length > this.candidates.length) this.#growCandidates(from + length)
    if (2 * (from + length) > this.candidateBoxes.length) {
      const grown = new Int32Array(4 * (from + length))
      grown.set(this.candidateBoxes)
      this.candidateBoxes = grown
    }
    const boxes = this.candidateBoxes
    const out = this.candidates
    const list = entries[at + 2]!
    const chunk = this.#chunks[list >>> CHUNK_SHIFT]!
    const highMarked = high | HIGH_BITS
    let count = from
    let word = (list & CHUNK_MASK) * POSTING_WORDS
    for (const end = word + length * POSTING_WORDS; word < end; word += POSTING_WORDS) {
      const boxLow = chunk[word]!
      const boxHigh = chunk[word + 1]!
      if (((highMarked - boxLow) & ((boxHigh | HIGH_BITS) - low) & HIGH_BITS) !== HIGH_BITS) continue
      boxes[2 * count] = boxLow
      boxes[2 * count + 1] = boxHigh
      out[count++] = chunk[word + 2]!
    }
    this.candidateCount = count
  }

  /**
   * First part of {@link gather}: remembers what is asked for. Doing this for many keys before {@link findLocated} and
   * {@link scanLocated} lets the memory fetch many entries, and then many lists, at a time.
   */
  locate(keyA: number, keyB: number, low: number, high: number): void {
    const word = this.locatedCount * LOCATED_WORDS
    if (word === this.#located.length) this.#growLocated()
    const located = this.#located
    located[word] = keyA
    located[word + 1] = keyB
    located[word + 2] = low
    located[word + 3] = high
    this.locatedCount++
  }

  /**
   * Second part: finds the lists. Entries and lists are read in loops whose loads depend on nothing, so that they overlap and what
   * follows finds them in the cache. Returns a number of no meaning, which keeps the loads from being optimised away.
   */
  findLocated(): number {
    const located = this.#located
    const end = this.locatedCount * LOCATED_WORDS
    let touched = 0
    for (let word = 0; word < end; word += LOCATED_WORDS) {
      const hash = mix(located[word]!, located[word + 1]!)
      const entries = this.#partitions[hash >>> (32 - PARTITION_BITS)]!
      touched ^= entries[firstProbe(entries, hash)]!
    }
    for (let word = 0; word < end; word += LOCATED_WORDS) {
      const keyA = located[word]!
      const keyB = located[word + 1]!
      const hash = mix(keyA, keyB)
      const entries = this.#partitions[hash >>> (32 - PARTITION_BITS)]!
      const at = probe(entries, hash, keyA, keyB)
      located[word] = entries[at + 2]!
      located[word + 1] = entries[at + 3]! & LENGTH_MASK
    }
    const chunks = this.#chunks
    for (let word = 0; word < end; word += LOCATED_WORDS) {
      const length = located[word + 1]!
      if (length === 0) continue
      const list = located[word]!
      const chunk = chunks[list >>> CHUNK_SHIFT]!
      const first = (list & CHUNK_MASK) * POSTING_WORDS
      const last = first + Math.min(length * POSTING_WORDS, TOUCHED_WORDS)
      for (let at = first; at < last; at += CACHE_LINE_WORDS) touched ^= chunk[at]!
      touched ^= chunk[last - 1]!
    }
    return touched
  }

  /** Last part of {@link gather} for the lists located from number `from` up to, not including, `to`. */
  scanLocated(from: number, to: number): void {
    const located = this.#located
    for (let word = from * LOCATED_WORDS; word < to * LOCATED_WORDS; word += LOCATED_WORDS) {
      if (located[word + 1] !== 0)
        this.#scan(located[word]!, located[word + 1]!, located[word + 2]!, located[word + 3]!)
    }
  }

  #growLocated(): void {
    const grown = new Int32Array(this.#located.length * 2)
    grown.set(this.#located)
    this.#located = grown
  }

  /** Number of postings under a key. */
  lengthOf(keyA: number, keyB: number): number {
    const hash = mix(keyA, keyB)
    const entries = this.#partitions[hash >>> (32 - PARTITION_BITS)]!
    return entries[probe(entries, hash, keyA, keyB) + 3]! & LENGTH_MASK
  }

  #scan(list: number, length: number, low: number, high: number): void {
    const chunk = this.#chunks[list >>> CHUNK_SHIFT]!
    const highMarked = high | HIGH_BITS
    let count = this.candidateCount
    if (count + length > this.candidates.length) this.#growCandidates(count + length)
    const out = this.candidates
    let at = (list & CHUNK_MASK) * POSTING_WORDS
    const end = at + length * POSTING_WORDS
    for (; at < end; at += POSTING_WORDS) {
      const meets = (highMarked - chunk[at]!) & ((chunk[at + 1]! | HIGH_BITS) - low) & HIGH_BITS
      if (meets === HIGH_BITS) out[count++] = chunk[at + 2]!
    }
    this.candidateCount = count
  }

  #growCandidates(needed: number): void {
    const grown = new Int32Array(Math.max(needed, this.candidates.length * 2))
    grown.set(this.candidates)
    this.candidates = grown
  }

  /** Adds a posting. The caller sees to it that the reference is not yet under this key. Five plain numbers: nothing is allocated. */
  add(keyA: number, keyB: number, low: number, high: number, ref: number): void {
    const hash = mix(keyA, keyB)
    const partition = hash >>> (32 - PARTITION_BITS)
    let entries = this.#partitions[partition]!
    let at = probe(entries, hash, keyA, keyB)
    if (entries[at + 3] === 0) {
      if ((this.#used[partition]! + 1) * ENTRY_WORDS > entries.length * MAX_LOAD) {
        this.#rehash(partition)
        entries = this.#partitions[partition]!
        at = probe(entries, hash, keyA, keyB)
      }
      entries[at] = keyA
      entries[at + 1] = keyB
      entries[at + 3] = CLASS_NONE << LENGTH_BITS
      this.#used[partition] = this.#used[partition]! + 1
    }
    const meta = entries[at + 3]!
    const length = meta & LENGTH_MASK
    let listClass = meta >>> LENGTH_BITS
    if (length === CAPACITIES[listClass]) {
      const moved = this.#allocate(listClass + 1)
      if (length === 0) this.#live[partition] = this.#live[partition]! + 1
      else this.#move(entries[at + 2]!, moved, length, listClass)
      entries[at + 2] = moved
      listClass++
    }
    const list = entries[at + 2]!
    const chunk = this.#chunks[list >>> CHUNK_SHIFT]!
    const word = ((list & CHUNK_MASK) + length) * POSTING_WORDS
    chunk[word] = low
    chunk[word + 1] = high
    chunk[word + 2] = ref
    entries[at + 3] = (listClass << LENGTH_BITS) | (length + 1)
    this.#postings++
  }

  /** Removes the posting with this reference; false when there is none. The order of the list's rest may change. */
  remove(keyA: number, keyB: number, ref: number): boolean {
    const hash = mix(keyA, keyB)
    const partition = hash >>> (32 - PARTITION_BITS)
    const entries = this.#partitions[partition]!
    const at = probe(entries, hash, keyA, keyB)
    const meta = entries[at + 3]!
    const length = meta & LENGTH_MASK
    if (length === 0) return false
    const list = entries[at + 2]!
    const chunk = this.#chunks[list >>> CHUNK_SHIFT]!
    const first = (list & CHUNK_MASK) * POSTING_WORDS
    const last = first + (length - 1) * POSTING_WORDS
    // From both ends at once: the newest go when a plan changes, the oldest when it expires.
    let word = first + 2
    let back = last + 2
    while (word <= back && chunk[word] !== ref) {
      if (chunk[back] === ref) {
        word = back
        break
      }
      word += POSTING_WORDS
      back -= POSTING_WORDS
    }
    if (word > back) return false
    chunk[word - 2] = chunk[last]!
    chunk[word - 1] = chunk[last + 1]!
    chunk[word] = chunk[last + 2]!
    this.#postings--
    const left = length - 1
    const listClass = meta >>> LENGTH_BITS
    if (left === 0) {
      this.#release(list, listClass)
      this.#live[partition] = this.#live[partition]! - 1
      entries[at + 3] = CLASS_NONE << LENGTH_BITS
      return true
    }
    let kept = listClass
    // A list that has lost three quarters of its postings moves to where it uses half of what it holds.
    if (listClass > 5 && left * 4 <= CAPACITIES[listClass]!) {
      kept = listClass - 2
      const moved = this.#allocate(kept)
      this.#move(list, moved, left, listClass)
      entries[at + 2] = moved
    }
    entries[at + 3] = (kept << LENGTH_BITS) | left
    return true
  }

  #move(from: number, to: number, length: number, fromClass: number): void {
    const source = this.#chunks[from >>> CHUNK_SHIFT]!
    const target = this.#chunks[to >>> CHUNK_SHIFT]!
    const sourceWord = (from & CHUNK_MASK) * POSTING_WORDS
    const targetWord = (to & CHUNK_MASK) * POSTING_WORDS
    if (length > 16) target.set(source.subarray(sourceWord, sourceWord + length * POSTING_WORDS), targetWord)
    else
      for (let word = 0; word < length * POSTING_WORDS; word++) target[targetWord + word] = source[sourceWord + word]!
    this.#release(from, fromClass)
  }

  #release(list: number, listClass: number): void {
    this.#chunks[list >>> CHUNK_SHIFT]![(list & CHUNK_MASK) * POSTING_WORDS] = this.#freeHeads[listClass]!
    this.#freeHeads[listClass] = list
  }

  #allocate(listClass: number): number {
    const free = this.#freeHeads[listClass]!
    if (free >= 0) {
      this.#freeHeads[listClass] = this.#chunks[free >>> CHUNK_SHIFT]![(free & CHUNK_MASK) * POSTING_WORDS]!
      return free
    }
    const capacity = CAPACITIES[listClass]
    if (capacity === undefined) throw new RangeError(`a posting list cannot exceed ${LENGTH_MASK} postings`)
    if (capacity > CHUNK_POSTINGS) return this.#allocateLong(capacity)
    if (this.#bumpNext + capacity > this.#bumpEnd) {
      this.#releaseRest()
      this.#bumpNext = this.#chunks.length << CHUNK_SHIFT
      this.#bumpEnd = this.#bumpNext + CHUNK_POSTINGS
      this.#chunks.push(new Int32Array(CHUNK_POSTINGS * POSTING_WORDS))
    }
    const list = this.#bumpNext
    this.#bumpNext += capacity
    return list
  }

  /** A list longer than a chunk gets an array of its own, at the place of as many chunks as it covers. */
  #allocateLong(capacity: number): number {
    const list = this.#chunks.length << CHUNK_SHIFT
    const covered = Math.ceil(capacity / CHUNK_POSTINGS)
    this.#chunks.push(new Int32Array(capacity * POSTING_WORDS))
    for (let index = 1; index < covered; index++) this.#chunks.push(new Int32Array(0))
    return list
  }

  /** What is left of a chunk becomes free lists. */
  #releaseRest(): void {
    for (let listClass = CAPACITIES.length - 1; listClass > CLASS_NONE; listClass--) {
      const capacity = CAPACITIES[listClass]!
      while (this.#bumpNext + capacity <= this.#bumpEnd) {
        this.#release(this.#bumpNext, listClass)
        this.#bumpNext += capacity
      }
    }
  }

  /** Makes room in a partition; keys without a list are forgotten. */
  #rehash(partition: number): void {
    const old = this.#partitions[partition]!
    const live = this.#live[partition]!
    const lines = Math.max(2, Math.ceil((live * GROWTH) / MAX_LOAD / LINE_ENTRIES))
    const entries = new Int32Array(lines * LINE_WORDS)
    for (let from = 0; from < old.length; from += ENTRY_WORDS) {
      if ((old[from + 3]! & LENGTH_MASK) === 0) continue
      const keyA = old[from]!
      const keyB = old[from + 1]!
      const at = probe(entries, mix(keyA, keyB), keyA, keyB)
      entries[at] = keyA
      entries[at + 1] = keyB
      entries[at + 2] = old[from + 2]!
      entries[at + 3] = old[from + 3]!
    }
    this.#partitions[partition] = entries
    this.#used[partition] = live
  }

  memoryBytes(): number {
    let bytes = this.candidates.byteLength
    for (const entries of this.#partitions) bytes += entries.byteLength
    for (const chunk of this.#chunks) bytes += chunk.byteLength
    return bytes
  }

  /** A copy of the whole content, under section names that start with `prefix`. */
  dump(prefix: string): Section[] {
    const writer = new SectionWriter(prefix)
    writer.numbers('counts', [this.#bumpNext, this.#bumpEnd, this.#postings])
    writer.array('used', this.#used)
    writer.array('live', this.#live)
    writer.array('free', this.#freeHeads)
    writer.arrays('partition', this.#partitions)
    writer.arrays('chunk', this.#chunks)
    return writer.sections
  }

  /** Takes over the arrays of a dump. Throws {@link SectionError} when a section is missing or not as dumped. */
  static load(prefix: string, sections: ReadonlyMap<string, Uint8Array>): PostingTable {
    const reader = new SectionReader(prefix, sections)
    const table = new PostingTable()
    const counts = reader.numbers('counts', 3)
    table.#bumpNext = counts[0]!
    table.#bumpEnd = counts[1]!
    table.#postings = counts[2]!
    table.#used.set(reader.array('used', PARTITIONS))
    table.#live.set(reader.array('live', PARTITIONS))
    table.#freeHeads.set(reader.array('free', CAPACITIES.length))
    const partitions = reader.arrays('partition')
    if (partitions.length !== PARTITIONS) throw reader.error('partition', `expected ${PARTITIONS} arrays`)
    for (let index = 0; index < PARTITIONS; index++) table.#partitions[index] = partitions[index]!
    table.#chunks.push(...reader.arrays('chunk'))
    return table
  }
}

/** The entry of a key, or the empty entry where it belongs. Load stays below one, so the search ends. */
/** Where the search for a key begins: at a cache line. */
function firstProbe(entries: Int32Array, hash: number): number {
  return ((((hash & 0xffffff) * (entries.length >>> 4)) / 0x1000000) | 0) << 4
}

function probe(entries: Int32Array, hash: number, keyA: number, keyB: number): number {
  const words = entries.length
  let at = firstProbe(entries, hash)
  while (entries[at + 3] !== 0 && (entries[at] !== keyA || entries[at + 1] !== keyB)) {
    at += ENTRY_WORDS
    if (at === words) at = 0
  }
  return at
}

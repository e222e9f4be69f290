import { type Section, SectionReader, SectionWriter } from './section.ts'

/** Blocks are given out in granules of 64 bytes, addressed in units of 8. */
export const UNIT_BYTES = 8
const GRANULE_UNITS = 8
/**
 * Left free at the start of each chunk. The common allocators put 16 bytes of their own before a large block that starts on a page:
 * with 48 bytes more, a granule is one cache line. Where that is not so, nothing is lost but those bytes.
 */
const LEAD_UNITS = 6
const CHUNK_SHIFT = 18
const CHUNK_UNITS = 1 << CHUNK_SHIFT
export const CHUNK_MASK = CHUNK_UNITS - 1
/** Up to this many granules each size has its own list of free blocks; above, sizes are rounded up to an eighth of their octave. */
const EXACT_GRANULES = 64

/**
 * Blocks of memory of any size, in chunks that are never moved: growing costs one chunk, not a copy of everything.
 * A block lies in one chunk; its address is a number of 8-byte units. Freed blocks are reused by blocks of the same size class.
 */
export class LineStore {
  readonly words: Int32Array[] = []
  readonly doubles: Float64Array[] = []
  #next = 0
  #end = 0
  /** First free block of each size class; the first word of a free block holds the next. */
  #freeHeads: Int32Array = new Int32Array(EXACT_GRANULES * 4).fill(-1)

  static chunkOf(address: number): number {
    return address >>> CHUNK_SHIFT
  }

  /** Address of a new block of at least `units`; its content is undefined. */
  allocate(units: number): number {
    const sizeClass = classOf(Math.ceil(units / GRANULE_UNITS))
    const free = this.#freeHeads[sizeClass]!
    if (free >= 0) {
      this.#freeHeads[sizeClass] = this.words[free >>> CHUNK_SHIFT]![(free & CHUNK_MASK) * 2]!
      return free
    }
    const size = granulesOf(sizeClass) * GRANULE_UNITS
    if (size > CHUNK_UNITS - LEAD_UNITS) return this.#allocateLong(size)
    if (this.#next + size > this.#end) {
      this.#releaseRest()
      const first = this.words.length << CHUNK_SHIFT
      this.#next = first + LEAD_UNITS
      this.#end = first + CHUNK_UNITS
      this.#push(CHUNK_UNITS)
    }
    const address = this.#next
    this.#next += size
    return address
  }

  /** A block longer than a chunk gets memory of its own, at the place of as many chunks as it covers. */
  #allocateLong(units: number): number {
    const address = this.words.length << CHUNK_SHIFT
    this.#push(units)
    for (let covered = 1; covered * CHUNK_UNITS < units; covered++) this.#push(0)
    return address
  }

  #push(units: number): void {
    if (this.words.length >= 1 << (31 - CHUNK_SHIFT)) throw new RangeError('the line store is full')
    const buffer = new ArrayBuffer(units * UNIT_BYTES)
    this.words.push(new Int32Array(buffer))
    this.doubles.push(new Float64Array(buffer))
  }

  /** Gives a block back; `units` as asked for when it was allocated. */
  free(address: number, units: number): void {
    this.#release(address, classOf(Math.ceil(units / GRANULE_UNITS)))
  }

  #release(address: number, sizeClass: number): void {
    this.words[address >>> CHUNK_SHIFT]![(address & CHUNK_MASK) * 2] = this.#freeHeads[sizeClass]!
    this.#freeHeads[sizeClass] = address
  }

  #releaseRest(): void {
    while (this.#next + GRANULE_UNITS <= this.#end) {
      const granules = Math.min(EXACT_GRANULES, Math.floor((this.#end - this.#next) / GRANULE_UNITS))
      this.#release(this.#next, classOf(granules))
      this.#next += granules * GRANULE_UNITS
    }
  }

  memoryBytes(): number {
    let bytes = 0
    for (const words of this.words) bytes += words.byteLength
    return bytes
  }

  /** A copy of the whole content. */
  dump(prefix: string): Section[] {
    const writer = new SectionWriter(prefix)
    writer.numbers('counts', [this.#next, this.#end])
    writer.array('free', this.#freeHeads)
    writer.arrays('chunk', this.words)
    return writer.sections
  }

  /** Throws {@link SectionError} when a section is missing or not as dumped. */
  static load(prefix: string, sections: ReadonlyMap<string, Uint8Array>): LineStore {
    const reader = new SectionReader(prefix, sections)
    const store = new LineStore()
    const counts = reader.numbers('counts', 2)
    store.#next = counts[0]!
    store.#end = counts[1]!
    store.#freeHeads = reader.array('free', EXACT_GRANULES * 4)
    for (const words of reader.arrays('chunk')) {
      store.words.push(words)
      store.doubles.push(new Float64Array(words.buffer, words.byteOffset, words.length / 2))
    }
    return store
  }
}

/** Size class of a number of granules: itself up to 64, then eight classes an octave. */
function classOf(granules: number): number {
  if (granules <= EXACT_GRANULES) return granules
  const octave = 31 - Math.clz32(granules - 1)
  const step = 1 << (octave - 3)
  return EXACT_GRANULES + (octave - 6) * 8 + Math.ceil((granules - (1 << octave)) / step)
}

function granulesOf(sizeClass: number): number {
  if (sizeClass <= EXACT_GRANULES) return sizeClass
  const octave = 6 + Math.floor((sizeClass - EXACT_GRANULES - 1) / 8)
  const eighths = ((sizeClass - EXACT_GRANULES - 1) % 8) + 1
  return (1 << octave) + eighths * (1 << (octave - 3))
}

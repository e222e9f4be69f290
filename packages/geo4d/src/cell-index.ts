import { FaultError } from '@parley/units'
import { CHUNK_MASK, LineStore, UNIT_BYTES } from './line-store.ts'
import { PostingTable } from './posting-table.ts'
import { type Section, SectionReader, SectionWriter } from './section.ts'
import { BUCKET_STEPS, heightStep, LAST_STEP, timeStep } from './time-bucket.ts'

/** What the standard's discovery compares of an entity: its level-13 cells and the bounds of its time and altitude. */
export interface CellBox {
  /** Packed level-13 cells, ascending, each once (as `coverOutline` gives them). */
  readonly cells: Int32Array
  /** ms since 1970; ±Infinity when unbounded. */
  readonly startMs: number
  readonly endMs: number
  /** Metres above the ellipsoid; ±Infinity when unbounded. */
  readonly altitudeLowerM: number
  readonly altitudeUpperM: number
}

export interface CellQueryOptions {
  /** A slot left out of the answer. */
  readonly skipSlot?: number
  /** Slots for which this is false are left out. It may be asked about slots that turn out not to meet, and more than once. */
  readonly accept?: (slot: number) => boolean
}

export type CellIndexErrorCode = 'slot_occupied' | 'slot_invalid' | 'box_invalid'

/** The index was asked for something its owner must not ask for: a fault in the caller, never bad input of a user. */
export class CellIndexError extends FaultError {
  readonly code: CellIndexErrorCode

  constructor(code: CellIndexErrorCode, slot: number) {
    super(`cell index: ${code}`, { slot })
    this.code = code
  }
}

/** Entities of more cells than this are posted under level-10 parents only. */
const MAX_POSTED_CELLS = 64

/** Postings by level-13 cell, of big entities by level-10 parent, and of the others by level-10 parent as well. */
const FINE = 0
const BIG = 1
const PARENT = 2
const KINDS = 3

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Length of a bucket by duration class, for level-13 cells and for level-10 parents; the last is one bucket for all time. */
const FINE_MS = [4 * MINUTE_MS, HOUR_MS, DAY_MS, 30 * DAY_MS, Infinity] as const
const PARENT_MS = [HOUR_MS / 2, 4 * HOUR_MS, 2 * DAY_MS, 60 * DAY_MS, Infinity] as const
const DURATION_CLASSES = FINE_MS.length
/** An entity of a class touches at most three of its fine buckets. */
const MAX_BUCKETS = 3
const BUCKET_BITS = 29
const BUCKET_MASK = (1 << BUCKET_BITS) - 1
const BUCKET_LIMIT = 1 << (BUCKET_BITS - 1)

/** Up to this many (cell, bucket) pairs are looked up without asking whether the parents would be cheaper. */
const DIRECT_PROBES = 384
/** A look-up costs about as much as reading this many postings and testing what they refer to. */
const POSTINGS_PER_PROBE = 3

/** Lists asked for before they are read: enough to overlap the reads, little memory for searches of many cells. */
const LOCATED_AT_A_TIME = 1024

/** Up to this many values are sorted by insertion, without allocating. */
const SMALL_SORT = 24

/** Units of the header: start, end, lower, upper; then slot and number of cells in one unit, then the cells. */
const HEADER_UNITS = 5
const NO_BLOCK = -1

/**
 * Answers as the standard's discovery service does: which entities share a level-13 cell with a box and overlap it in time and
 * altitude, bounds included. Coarse on purpose (F3548-21 works on cells); for true intersections there is `VolumeIndex`.
 *
 * Made for one busy cell as well as for a continent: entities are posted under (cell, time bucket by duration), and under level-10
 * parents for searches of large areas or long times. Exact in time and altitude. The same operations give the same bytes in
 * {@link dump}.
 */
export class CellIndex {
  #lines = new LineStore()
  #postings = new PostingTable()
  #blocks: Int32Array = new Int32Array(64).fill(NO_BLOCK)
  #slots = 0
  readonly #live = new Float64Array(KINDS * DURATION_CLASSES)
  readonly #bucketLow = new Float64Array(KINDS * DURATION_CLASSES)
  readonly #bucketHigh = new Float64Array(KINDS * DURATION_CLASSES)

  // Scratch, no part of the state.
  #seen = new Int32Array(64)
  #stamp = 0
  /** Takes what was only read to bring it into the cache. */
  readonly #sink = new Int32Array(1)
  #parents = new Int32Array(64)
  #parentCount = 0

  /** Number of slots in use. */
  get size(): number {
    return this.#slots
  }

  has(slot: number): boolean {
    return slot < this.#blocks.length && slot >= 0 && this.#blocks[slot] !== NO_BLOCK
  }

  /**
   * Puts an entity into a free slot. Throws {@link CellIndexError}: `slot_occupied`, `slot_invalid` (not a whole number from 0),
   * `box_invalid` (no cells, cells out of order, bounds reversed or not numbers). Nothing is stored then.
   */
  insert(slot: number, box: CellBox): void {
    if (!Number.isInteger(slot) || slot < 0 || slot > 0x3fffffff) throw new CellIndexError('slot_invalid', slot)
    if (this.has(slot)) throw new CellIndexError('slot_occupied', slot)
    if (!isValid(box)) throw new CellIndexError('box_invalid', slot)
    if (slot >= this.#blocks.length) this.#growSlots(slot + 1)
    const address = this.#lines.allocate(blockUnits(box.cells.length))
    const chunk = LineStore.chunkOf(address)
    const unit = address & CHUNK_MASK
    const doubles = this.#lines.doubles[chunk]!
    const words = this.#lines.words[chunk]!
    doubles[unit] = box.startMs
    doubles[unit + 1] = box.endMs
    doubles[unit + 2] = box.altitudeLowerM
    doubles[unit + 3] = box.altitudeUpperM
    words[2 * unit + 8] = slot
    words[2 * unit + 9] = box.cells.length
    words.set(box.cells, 2 * unit + 10)
    // An odd number of cells leaves half a unit, which must not keep what lay there before.
    if (box.cells.length % 2 === 1) words[2 * unit + 10 + box.cells.length] = 0
    this.#blocks[slot] = address
    this.#slots++
    this.#post(address, box, true)
  }

  /** Frees a slot; false when it was free already. */
  remove(slot: number): boolean {
    const box = this.boxOf(slot)
    if (box === null) return false
    const address = this.#blocks[slot]!
    this.#post(address, box, false)
    this.#lines.free(address, blockUnits(box.cells.length))
    this.#blocks[slot] = NO_BLOCK
    this.#slots--
    return true
  }

  /** The cells of a slot in a new array; empty when the slot is free. */
  cellsOf(slot: number): Int32Array {
    return this.boxOf(slot)?.cells ?? new Int32Array(0)
  }

  /** What was inserted under a slot, cells in a new array; null when the slot is free. */
  boxOf(slot: number): CellBox | null {
    if (!this.has(slot)) return null
    const address = this.#blocks[slot]!
    const chunk = LineStore.chunkOf(address)
    const unit = address & CHUNK_MASK
    const doubles = this.#lines.doubles[chunk]!
    const words = this.#lines.words[chunk]!
    const first = 2 * unit + 10
    return {
      cells: words.slice(first, first + words[2 * unit + 9]!),
      startMs: doubles[unit]!,
      endMs: doubles[unit + 1]!,
      altitudeLowerM: doubles[unit + 2]!,
      altitudeUpperM: doubles[unit + 3]!,
    }
  }

  #post(address: number, box: CellBox, adding: boolean): void {
    const durationClass = chooseDurationClass(box.endMs - box.startMs)
    this.#collectParents(box.cells)
    const parents = this.#parents
    if (box.cells.length > MAX_POSTED_CELLS) {
      this.#postUnder(BIG, durationClass, parents, this.#parentCount, address, box, adding)
      return
    }
    this.#postUnder(FINE, durationClass, box.cells, box.cells.length, address, box, adding)
    this.#postUnder(PARENT, durationClass, parents, this.#parentCount, address, box, adding)
  }

  #postUnder(
    kind: number,
    durationClass: number,
    cells: Int32Array,
    count: number,
    address: number,
    box: CellBox,
    adding: boolean,
  ): void {
    const length = bucketMs(kind, durationClass)
    const stepLow = timeStep(box.startMs, length, BUCKET_LIMIT)
    const stepHigh = timeStep(box.endMs, length, BUCKET_LIMIT)
    const bucketLow = Math.floor(stepLow / BUCKET_STEPS)
    const bucketHigh = Math.floor(stepHigh / BUCKET_STEPS)
    const group = kind * DURATION_CLASSES + durationClass
    if (this.#live[group] === 0) {
      this.#bucketLow[group] = bucketLow
      this.#bucketHigh[group] = bucketHigh
    } else {
      if (bucketLow < this.#bucketLow[group]!) this.#bucketLow[group] = bucketLow
      if (bucketHigh > this.#bucketHigh[group]!) this.#bucketHigh[group] = bucketHigh
    }
    const heightLow = heightStep(box.altitudeLowerM) << 24
    const heightHigh = heightStep(box.altitudeUpperM) << 24
    for (let at = 0; at < count; at++) {
      const keyA = (kind << 29) | cells[at]!
      for (let bucket = bucketLow; bucket <= bucketHigh; bucket++) {
        const keyB = (durationClass << BUCKET_BITS) | (bucket & BUCKET_MASK)
        if (adding) {
          const low = bucket === bucketLow ? stepLow - bucket * BUCKET_STEPS : 0
          const high = bucket === bucketHigh ? stepHigh - bucket * BUCKET_STEPS : LAST_STEP
          this.#postings.add(keyA, keyB, heightLow | (low << 16), heightHigh | (high << 16), address)
        } else this.#postings.remove(keyA, keyB, address)
      }
    }
    const posted = count * (bucketHigh - bucketLow + 1)
    this.#live[group] = this.#live[group]! + (adding ? posted : -posted)
  }

  /** The level-10 parents of some cells, each once, ascending. */
  #collectParents(cells: Int32Array): void {
    let count = 0
    let before = -1
    for (let at = 0; at < cells.length; at++) {
      const parent = parentOf(cells[at]!)
      if (parent === before) continue
      before = parent
      if (count === this.#parents.length) {
        const grown = new Int32Array(count * 2)
        grown.set(this.#parents)
        this.#parents = grown
      }
      this.#parents[count++] = parent
    }
    const parents = this.#parents
    if (count > 1) {
      if (count > SMALL_SORT) parents.subarray(0, count).sort()
      else sortFirst(parents, count)
      let distinct = 1
      for (let at = 1; at < count; at++) if (parents[at] !== parents[at - 1]) parents[distinct++] = parents[at]!
      count = distinct
    }
    this.#parentCount = count
  }

  #growSlots(needed: number): void {
    const length = Math.max(needed, Math.ceil(this.#blocks.length * 1.25))
    const blocks = new Int32Array(length).fill(NO_BLOCK)
    blocks.set(this.#blocks)
    this.#blocks = blocks
    const seen = new Int32Array(length)
    seen.set(this.#seen)
    this.#seen = seen
  }

  /**
   * Appends to `out` the distinct slots that share a cell with the box and overlap it in time and altitude, bounds included, in no
   * particular but always the same order. Throws {@link CellIndexError} `box_invalid` as {@link insert} does.
   */
  query(box: CellBox, out: number[], options: CellQueryOptions = {}): void {
    if (!isValid(box)) throw new CellIndexError('box_invalid', -1)
    if (this.#slots === 0) return
    if (this.#stamp === 0x7fffffff) {
      this.#seen.fill(0)
      this.#stamp = 0
    }
    this.#stamp++
    if (options.skipSlot !== undefined && this.has(options.skipSlot)) this.#seen[options.skipSlot] = this.#stamp
    const postings = this.#postings
    postings.candidateCount = 0
    this.#collectParents(box.cells)
    const fine = this.#probes(FINE, box) * box.cells.length
    const coarse = (this.#probes(BIG, box) + this.#probes(PARENT, box)) * this.#parentCount
    if (Math.min(fine, coarse) > this.#slots + 1024) {
      this.#scanAll(box, out, options.accept)
      return
    }
    const throughParents = fine > DIRECT_PROBES && this.#parentsCheaper(fine, box)
    if (!throughParents) this.#gather(FINE, box.cells, box.cells.length, box)
    const verifyFrom = postings.candidateCount
    this.#gather(BIG, this.#parents, this.#parentCount, box)
    if (throughParents) this.#gather(PARENT, this.#parents, this.#parentCount, box)
    this.#test(box, verifyFrom, out, options.accept)
  }

  /** Number of buckets of all duration classes that the box reaches into. */
  #probes(kind: number, box: CellBox): number {
    let buckets = 0
    for (let durationClass = 0; durationClass < DURATION_CLASSES; durationClass++) {
      const group = kind * DURATION_CLASSES + durationClass
      if (this.#live[group] === 0) continue
      const length = bucketMs(kind, durationClass)
      const low = Math.max(
        Math.floor(timeStep(box.startMs, length, BUCKET_LIMIT) / BUCKET_STEPS),
        this.#bucketLow[group]!,
      )
      const high = Math.min(
        Math.floor(timeStep(box.endMs, length, BUCKET_LIMIT) / BUCKET_STEPS),
        this.#bucketHigh[group]!,
      )
      if (high >= low) buckets += high - low + 1
    }
    return buckets
  }

  /** Whether reading the parents' lists costs less than looking up so many fine ones. */
  #parentsCheaper(fine: number, box: CellBox): boolean {
    const budget = fine * POSTINGS_PER_PROBE
    let cost = 0
    for (let durationClass = 0; durationClass < DURATION_CLASSES; durationClass++) {
      const group = PARENT * DURATION_CLASSES + durationClass
      if (this.#live[group] === 0) continue
      const length = bucketMs(PARENT, durationClass)
      const low = Math.max(
        Math.floor(timeStep(box.startMs, length, BUCKET_LIMIT) / BUCKET_STEPS),
        this.#bucketLow[group]!,
      )
      const high = Math.min(
        Math.floor(timeStep(box.endMs, length, BUCKET_LIMIT) / BUCKET_STEPS),
        this.#bucketHigh[group]!,
      )
      for (let at = 0; at < this.#parentCount; at++) {
        for (let bucket = low; bucket <= high; bucket++) {
          cost += POSTINGS_PER_PROBE
          cost += this.#postings.lengthOf(
            (PARENT << 29) | this.#parents[at]!,
            (durationClass << BUCKET_BITS) | (bucket & BUCKET_MASK),
          )
          if (cost > budget) return false
        }
      }
    }
    return true
  }

  #gather(kind: number, cells: Int32Array, count: number, box: CellBox): void {
    const postings = this.#postings
    const heightLow = heightStep(box.altitudeLowerM) << 24
    const heightHigh = heightStep(box.altitudeUpperM) << 24
    for (let durationClass = 0; durationClass < DURATION_CLASSES; durationClass++) {
      const group = kind * DURATION_CLASSES + durationClass
      if (this.#live[group] === 0) continue
      const length = bucketMs(kind, durationClass)
      const stepLow = timeStep(box.startMs, length, BUCKET_LIMIT)
      const stepHigh = timeStep(box.endMs, length, BUCKET_LIMIT)
      const bucketLow = Math.floor(stepLow / BUCKET_STEPS)
      const bucketHigh = Math.floor(stepHigh / BUCKET_STEPS)
      const first = Math.max(bucketLow, this.#bucketLow[group]!)
      const last = Math.min(bucketHigh, this.#bucketHigh[group]!)
      for (let bucket = first; bucket <= last; bucket++) {
        const keyB = (durationClass << BUCKET_BITS) | (bucket & BUCKET_MASK)
        const low = heightLow | ((bucket === bucketLow ? stepLow - bucket * BUCKET_STEPS : 0) << 16)
        const high = heightHigh | ((bucket === bucketHigh ? stepHigh - bucket * BUCKET_STEPS : LAST_STEP) << 16)
        for (let at = 0; at < count; at++) {
          postings.locate((kind << 29) | cells[at]!, keyB, low, high)
          if (postings.locatedCount === LOCATED_AT_A_TIME) this.#readLocated()
        }
      }
    }
    this.#readLocated()
  }

  /** Reads the lists asked for: the memory fetches many at a time. */
  #readLocated(): void {
    const postings = this.#postings
    this.#sink[0] = postings.findLocated()
    postings.scanLocated(0, postings.locatedCount)
    postings.locatedCount = 0
  }

  #test(box: CellBox, verifyFrom: number, out: number[], accept: ((slot: number) => boolean) | undefined): void {
    const { candidates, candidateCount } = this.#postings
    const seen = this.#seen
    const stamp = this.#stamp
    let touched = 0
    for (let at = 0; at < candidateCount; at++) {
      const address = candidates[at]!
      touched ^= this.#lines.words[LineStore.chunkOf(address)]![2 * (address & CHUNK_MASK) + 8]!
    }
    this.#sink[0] = touched
    for (let at = 0; at < candidateCount; at++) {
      const address = candidates[at]!
      const chunk = LineStore.chunkOf(address)
      const words = this.#lines.words[chunk]!
      const doubles = this.#lines.doubles[chunk]!
      const unit = address & CHUNK_MASK
      const slot = words[2 * unit + 8]!
      if (seen[slot] === stamp) continue
      if (!boundsMeet(doubles, unit, box)) continue
      if (at >= verifyFrom && !sharesCell(words, unit, box.cells)) continue
      seen[slot] = stamp
      if (accept === undefined || accept(slot)) out.push(slot)
    }
  }

  #scanAll(box: CellBox, out: number[], accept: ((slot: number) => boolean) | undefined): void {
    for (let slot = 0; slot < this.#blocks.length; slot++) {
      const address = this.#blocks[slot]!
      if (address === NO_BLOCK || this.#seen[slot] === this.#stamp) continue
      const chunk = LineStore.chunkOf(address)
      const unit = address & CHUNK_MASK
      if (!boundsMeet(this.#lines.doubles[chunk]!, unit, box)) continue
      if (!sharesCell(this.#lines.words[chunk]!, unit, box.cells)) continue
      if (accept === undefined || accept(slot)) out.push(slot)
    }
  }

  /** Bytes held, scratch included. */
  memoryBytes(): number {
    return this.#lines.memoryBytes() + this.#postings.memoryBytes() + this.#blocks.byteLength + this.#seen.byteLength
  }

  /** A copy of the state, ready to be stored; the arrays may be handed on. Sections start with `name`. */
  dump(name = 'cell-index'): Section[] {
    const writer = new SectionWriter(name)
    writer.numbers('counts', [this.#slots])
    writer.array('blocks', this.#blocks)
    writer.numbers('live', [...this.#live])
    writer.numbers('bucket-low', [...this.#bucketLow])
    writer.numbers('bucket-high', [...this.#bucketHigh])
    return [...writer.sections, ...this.#lines.dump(`${name}/lines`), ...this.#postings.dump(`${name}/postings`)]
  }

  /** The index that {@link dump} copied. Throws SectionError when a section is missing, damaged in size or of another version. */
  static load(sections: ReadonlyMap<string, Uint8Array>, name = 'cell-index'): CellIndex {
    const reader = new SectionReader(name, sections)
    const index = new CellIndex()
    index.#slots = reader.numbers('counts', 1)[0]!
    index.#blocks = reader.array('blocks')
    index.#seen = new Int32Array(index.#blocks.length)
    index.#live.set(reader.numbers('live', index.#live.length))
    index.#bucketLow.set(reader.numbers('bucket-low', index.#bucketLow.length))
    index.#bucketHigh.set(reader.numbers('bucket-high', index.#bucketHigh.length))
    index.#lines = LineStore.load(`${name}/lines`, sections)
    index.#postings = PostingTable.load(`${name}/postings`, sections)
    return index
  }
}

function isValid(box: CellBox): boolean {
  const { cells } = box
  if (!(box.startMs <= box.endMs && box.altitudeLowerM <= box.altitudeUpperM) || cells.length === 0) return false
  if (cells[0]! < 0 || cells[cells.length - 1]! >= 6 << 26) return false
  for (let at = 1; at < cells.length; at++) if (cells[at]! <= cells[at - 1]!) return false
  return true
}

function sortFirst(values: Int32Array, count: number): void {
  for (let at = 1; at < count; at++) {
    const value = values[at]!
    let to = at
    while (to > 0 && values[to - 1]! > value) {
      values[to] = values[to - 1]!
      to--
    }
    values[to] = value
  }
}

function blockUnits(cells: number): number {
  return HEADER_UNITS + Math.ceil((cells * 4) / UNIT_BYTES)
}

function bucketMs(kind: number, durationClass: number): number {
  return kind === FINE ? FINE_MS[durationClass]! : PARENT_MS[durationClass]!
}

function chooseDurationClass(durationMs: number): number {
  let durationClass = 0
  while (durationClass < DURATION_CLASSES - 1 && !(durationMs <= (MAX_BUCKETS - 1) * FINE_MS[durationClass]!))
    durationClass++
  return durationClass
}

function parentOf(cell: number): number {
  return (cell & (7 << 26)) | (((cell >> 16) & 1023) << 13) | ((cell >> 3) & 1023)
}

function boundsMeet(doubles: Float64Array, unit: number, box: CellBox): boolean {
  return (
    doubles[unit]! <= box.endMs &&
    box.startMs <= doubles[unit + 1]! &&
    doubles[unit + 2]! <= box.altitudeUpperM &&
    box.altitudeLowerM <= doubles[unit + 3]!
  )
}

/** Whether the line's cells and the others have one in common; both ascend. The shorter is looked up in the longer. */
function sharesCell(words: Int32Array, unit: number, cells: Int32Array): boolean {
  const count = words[2 * unit + 9]!
  const first = 2 * unit + 10
  if (count <= cells.length) {
    let from = 0
    for (let at = first; at < first + count; at++) {
      from = lowerBound(cells, from, cells.length, words[at]!)
      if (from === cells.length) return false
      if (cells[from] === words[at]) return true
    }
    return false
  }
  let from = first
  for (let at = 0; at < cells.length; at++) {
    from = lowerBound(words, from, first + count, cells[at]!)
    if (from === first + count) return false
    if (words[from] === cells[at]) return true
  }
  return false
}

/** First position in `from`..`to` whose value is not below `value`, found by steps that double: near ones are found at once. */
function lowerBound(values: Int32Array, from: number, to: number, value: number): number {
  let low = from
  let step = 1
  while (low + step < to && values[low + step]! < value) {
    low += step
    step *= 2
  }
  let high = Math.min(low + step, to)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

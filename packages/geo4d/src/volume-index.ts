import { FaultError } from '@parley/units'
import type { Obstacles } from './clearing.ts'
import { ringMeetsDisc, withinReach } from './disc.ts'
import { CELL_BITS, EVERYWHERE, Footprint, fineShift } from './footprint.ts'
import { type Frame, frameAt, moveFrame, projectRing, toEcef } from './frame.ts'
import { shapesIntersect } from './intersect.ts'
import { CHUNK_MASK, LineStore } from './line-store.ts'
import { INSIDE, OUTSIDE, OutlineRaster } from './outline-raster.ts'
import { insideByParity, ringsIntersect } from './planar.ts'
import { PostingTable } from './posting-table.ts'
import { RingIndex, ringIndexMeetsRing } from './ring-index.ts'
import { type Section, SectionReader, SectionWriter } from './section.ts'
import { type Shape, shapeOf } from './shape.ts'
import {
  BUCKET_STEPS,
  bucketMs,
  chooseDurationClass,
  DURATION_CLASSES,
  heightStep,
  LAST_STEP,
  timeStep,
} from './time-bucket.ts'
import type { Volume4D } from './volume.ts'
import {
  FORM_WIDE,
  LAST_OF_SLOT,
  LineBuffer,
  lineEndMs,
  lineIsCircle,
  lineLowerM,
  lineOutline,
  lineRadiusM,
  lineStartMs,
  lineUnits,
  lineUpperM,
  lineVertices,
  lineVolume,
  readDegrees,
} from './volume-line.ts'

export type VolumeIndexErrorCode = 'slot_occupied' | 'slot_invalid' | 'no_volumes' | 'not_posted'

/** The index was asked for something its owner must not ask for: a fault in the caller, never bad input of a user. */
export class VolumeIndexError extends FaultError {
  readonly code: VolumeIndexErrorCode

  constructor(code: VolumeIndexErrorCode, slot: number) {
    super(`volume index: ${code}`, { slot })
    this.code = code
  }
}

export interface VolumeQueryOptions {
  /** A slot left out of the answer, such as the plan's own earlier version. */
  readonly skipSlot?: number
  /** Slots for which this is false are left out. It may be asked about slots that turn out not to meet, and more than once. */
  readonly accept?: (slot: number) => boolean
}

export interface VolumeIndexOptions {
  /** Whether plans are posted, so that `query` may be asked; false keeps their volumes only. Default true. */
  readonly posted?: boolean
}

const CELL_CLASSES = EVERYWHERE + 1
/** Postings of whole slots carry this bit in the first key. */
const SUMMARY_KEY = 0x80000000 | 0
const SUMMARY = 1
/** Above this many (cell, bucket) pairs of the finest class it is asked whether the coarser postings of whole slots are cheaper. */
const DIRECT_PROBES = 64
/** A look-up in the finest class, with what it leads to, costs about as much as reading this many postings of whole slots. */
const POSTINGS_PER_PROBE = 64
/** Edges no longer than this are straight enough in a frame nearby; longer ones are cut by the slow path. */
const STRAIGHT_EDGE_M = 40_000
/** Query rings above this size get boxes over their edges, once for all candidates. */
const INDEXED_RING = 20
const NO_BLOCK = -1

/** What a posting stands for: a volume, all volumes of a slot, or those volumes of a slot that are small. */
const ONE_VOLUME = 0
const WHOLE_SLOT = 1
const PART_OF_SLOT = 2
/** Above so many postings of whole slots it pays to know the inside of the outline. */
const RASTER_POSTINGS = 1024

/** What to do with each (cell, bucket): remember its list, read it, or only count what it holds. */
const LOCATE = 0
const GATHER = 1
const COUNT = 2
const GATHER_INSIDE = 3

/**
 * Finds which of a million plans meet a given one, in area, height and time, faces included, right to 1 cm and 1 ms.
 *
 * A slot is a small number chosen by the owner (reused after removal) and holds the volumes of one plan. Volumes are posted under
 * (S2 cell, time bucket) with a coarse box in the posting; what passes the box is looked up in its 64-byte line and tested exactly.
 * Coordinates are kept to 1e-9° (0.1 mm), times to whole milliseconds and heights to 0.1 mm, both outwards. Unbounded heights and times, poles and the antimeridian need no
 * care. The same operations in the same order give the same bytes in {@link dump}.
 */
export class VolumeIndex {
  #lines = new LineStore()
  #postings = new PostingTable()
  /** Address of each slot's block of lines, {@link NO_BLOCK} when the slot is free. */
  #blocks: Int32Array = new Int32Array(64).fill(NO_BLOCK)
  #slots = 0
  #volumes = 0
  #posted: boolean
  /** Postings by kind, cell class and duration class, and the range of buckets they have had. */
  readonly #live = new Float64Array(2 * CELL_CLASSES * DURATION_CLASSES)
  /** Postings of volumes by cell class. */
  readonly #classLive = new Float64Array(CELL_CLASSES)
  readonly #bucketLow = new Float64Array(2 * CELL_CLASSES * DURATION_CLASSES)
  readonly #bucketHigh = new Float64Array(2 * CELL_CLASSES * DURATION_CLASSES)

  // Scratch, no part of the state.
  readonly #buffer = new LineBuffer()
  readonly #footprint = new Footprint()
  readonly #slotFootprint = new Footprint()
  #seen = new Int32Array(64)
  #stamp = 0
  #visited = new Int32Array(64)
  #visit = 0
  /** Takes what was only read to bring it into the cache. */
  readonly #sink = new Int32Array(1)
  readonly #raster = new OutlineRaster()
  #inner = new Int32Array(64)
  #innerCount = 0
  #survivors = new Int32Array(256)
  /** For each volume of a query the end of its located lists, later of its survivors. */
  #rangeEnds = new Int32Array(16)
  #distinct = new Int32Array(512)
  #distinctStamp = new Int32Array(512)
  #distinctRound = 0
  #queryDegrees = new Float64Array(64)
  #queryPlane = new Float64Array(64)
  #lineDegrees = new Float64Array(64)
  #linePlane = new Float64Array(64)
  readonly #frame: Frame = frameAt(0, 0)
  readonly #discFrame: Frame = frameAt(0, 0)
  readonly #ring = new RingIndex()
  readonly #query: QueryVolume = newQueryVolume()
  readonly #candidateCentre = { centreLatDeg: 0.5, centreLngDeg: 0.5, centre: new Float64Array(3) }

  constructor(options: VolumeIndexOptions = {}) {
    this.#posted = options.posted ?? true
  }

  /** Whether plans are posted and may be asked for. */
  get posted(): boolean {
    return this.#posted
  }

  /** Posts all plans, or lets their postings go; takes microseconds a plan. */
  setPosted(posted: boolean): void {
    if (posted === this.#posted) return
    this.#posted = posted
    this.#postings = new PostingTable()
    for (const figures of [this.#live, this.#classLive, this.#bucketLow, this.#bucketHigh]) figures.fill(0)
    if (!posted) return
    for (let slot = 0; slot < this.#blocks.length; slot++) {
      if (this.#blocks[slot] !== NO_BLOCK) this.#postBlock(this.#blocks[slot]!, slot, true)
    }
  }

  /** Number of slots in use. */
  get size(): number {
    return this.#slots
  }

  /** Number of volumes in all slots. */
  get volumeCount(): number {
    return this.#volumes
  }

  has(slot: number): boolean {
    return slot < this.#blocks.length && slot >= 0 && this.#blocks[slot] !== NO_BLOCK
  }

  /**
   * Puts the volumes of one plan into a free slot. Volumes are taken as validated.
   * Throws {@link VolumeIndexError}: `slot_occupied`, `slot_invalid` (not a whole number from 0), `no_volumes`;
   * RangeError when a volume holds something that is not a number. Nothing is stored then.
   */
  insert(slot: number, volumes: readonly Volume4D[]): void {
    if (!Number.isInteger(slot) || slot < 0 || slot > 0x3fffffff) throw new VolumeIndexError('slot_invalid', slot)
    if (volumes.length === 0) throw new VolumeIndexError('no_volumes', slot)
    if (this.has(slot)) throw new VolumeIndexError('slot_occupied', slot)
    const buffer = this.#buffer
    buffer.write(slot, volumes)
    if (slot >= this.#blocks.length) this.#growSlots(slot + 1)
    const address = this.#lines.allocate(buffer.units)
    const words = this.#lines.words[LineStore.chunkOf(address)]!
    const first = (address & CHUNK_MASK) * 2
    const source = buffer.words
    for (let word = 0, end = buffer.units * 2; word < end; word++) words[first + word] = source[word]!
    this.#blocks[slot] = address
    this.#slots++
    this.#volumes += volumes.length
    if (this.#posted) this.#postBlock(address, slot, true)
  }

  /** Frees a slot; false when it was free already. */
  remove(slot: number): boolean {
    if (!this.has(slot)) return false
    const address = this.#blocks[slot]!
    if (this.#posted) this.#postBlock(address, slot, false)
    this.#lines.free(address, this.#takeOut(address))
    this.#blocks[slot] = NO_BLOCK
    this.#slots--
    return true
  }

  /** Counts the volumes of a block off; returns the block's units. */
  #takeOut(address: number): number {
    const words = this.#lines.words[LineStore.chunkOf(address)]!
    const first = address & CHUNK_MASK
    for (let unit = first; ; ) {
      this.#volumes--
      const last = (words[2 * unit + 7]! & LAST_OF_SLOT) !== 0
      unit += lineUnits(words, 2 * unit)
      if (last) return unit - first
    }
  }

  /** The volumes of a slot, coordinates to 1e-9°, in the order given; empty when the slot is free. */
  volumesOf(slot: number): Volume4D[] {
    const volumes: Volume4D[] = []
    if (!this.has(slot)) return volumes
    const address = this.#blocks[slot]!
    const words = this.#lines.words[LineStore.chunkOf(address)]!
    const doubles = this.#lines.doubles[LineStore.chunkOf(address)]!
    for (let unit = address & CHUNK_MASK; ; unit += lineUnits(words, 2 * unit)) {
      volumes.push(lineVolume(words, doubles, unit))
      if ((words[2 * unit + 7]! & LAST_OF_SLOT) !== 0) return volumes
    }
  }

  /** The volumes of several slots, bounds read and outlines only when asked for; valid until the index changes. */
  obstaclesOf(slots: readonly number[]): Obstacles {
    let bounds = new Float64Array(4 * slots.length)
    const addresses: number[] = []
    for (const slot of slots) {
      if (!this.has(slot)) continue
      const address = this.#blocks[slot]!
      const words = this.#lines.words[LineStore.chunkOf(address)]!
      const doubles = this.#lines.doubles[LineStore.chunkOf(address)]!
      for (let unit = address & CHUNK_MASK; ; unit += lineUnits(words, 2 * unit)) {
        const at = 4 * addresses.length
        if (at === bounds.length) {
          const grown = new Float64Array(2 * at)
          grown.set(bounds)
          bounds = grown
        }
        bounds[at] = lineStartMs(doubles, unit)
        bounds[at + 1] = lineEndMs(words, doubles, unit)
        bounds[at + 2] = lineLowerM(words, doubles, unit)
        bounds[at + 3] = lineUpperM(words, doubles, unit)
        addresses.push(address + unit - (address & CHUNK_MASK))
        if ((words[2 * unit + 7]! & LAST_OF_SLOT) !== 0) break
      }
    }
    return {
      count: addresses.length,
      bounds,
      outlineOf: (at) => {
        const address = addresses[at]!
        const chunk = LineStore.chunkOf(address)
        return lineOutline(this.#lines.words[chunk]!, this.#lines.doubles[chunk]!, address & CHUNK_MASK)
      },
    }
  }

  /** Posts (or takes back) every volume of a block and the slot as a whole. */
  #postBlock(address: number, slot: number, adding: boolean): void {
    const chunk = LineStore.chunkOf(address)
    const words = this.#lines.words[chunk]!
    const doubles = this.#lines.doubles[chunk]!
    const footprint = this.#footprint
    const first = address & CHUNK_MASK
    let fine = 0
    let volumes = 0
    let startMs = Infinity
    let endMs = -Infinity
    let lowerM = Infinity
    let upperM = -Infinity
    let unit = first
    for (;;) {
      this.#cover(words, doubles, unit)
      const start = lineStartMs(doubles, unit)
      const end = lineEndMs(words, doubles, unit)
      const lower = lineLowerM(words, doubles, unit)
      const upper = lineUpperM(words, doubles, unit)
      const cellClass = footprint.cellClass
      this.#span(cellClass, start, end, lower, upper)
      this.#post(footprint, cellClass, ONE_VOLUME, address + (unit - first), adding)
      if (cellClass === 0) {
        if (fine++ === 0) this.#slotFootprint.copyFrom(footprint)
        else this.#slotFootprint.include(footprint)
        if (start < startMs) startMs = start
        if (end > endMs) endMs = end
        if (lower < lowerM) lowerM = lower
        if (upper > upperM) upperM = upper
      }
      volumes++
      const last = (words[2 * unit + 7]! & LAST_OF_SLOT) !== 0
      unit += lineUnits(words, 2 * unit)
      if (last) break
    }
    if (fine > 0) {
      const cellClass = Math.max(1, this.#slotFootprint.cellClass)
      this.#span(cellClass, startMs, endMs, lowerM, upperM)
      this.#post(this.#slotFootprint, cellClass, fine === volumes ? WHOLE_SLOT : PART_OF_SLOT, slot, adding)
    }
  }

  #cover(words: Int32Array, doubles: Float64Array, unit: number): void {
    const count = lineVertices(words, unit)
    if (2 * count > this.#lineDegrees.length) {
      this.#lineDegrees = new Float64Array(4 * count)
      this.#linePlane = new Float64Array(4 * count)
    }
    readDegrees(words, doubles, unit, this.#lineDegrees)
    if (lineIsCircle(words, unit)) this.#footprint.coverCircle(this.#lineDegrees, lineRadiusM(words, doubles, unit))
    else this.#footprint.coverRing(this.#lineDegrees, count)
  }

  // The time and height part of a box about to be posted.
  #durationClass = 0
  #stepLow = 0
  #stepHigh = 0
  #heightLow = 0
  #heightHigh = 0

  #span(cellClass: number, startMs: number, endMs: number, lowerM: number, upperM: number): void {
    const durationClass = chooseDurationClass(cellClass, startMs, endMs)
    const length = bucketMs(cellClass, durationClass)
    this.#durationClass = durationClass
    this.#stepLow = timeStep(startMs, length)
    this.#stepHigh = timeStep(endMs, length)
    this.#heightLow = heightStep(lowerM)
    this.#heightHigh = heightStep(upperM)
  }

  #post(footprint: Footprint, cellClass: number, what: number, ref: number, adding: boolean): void {
    const kind = what === ONE_VOLUME ? 0 : SUMMARY
    const durationClass = this.#durationClass
    const bucketLow = Math.floor(this.#stepLow / BUCKET_STEPS)
    const bucketHigh = Math.floor(this.#stepHigh / BUCKET_STEPS)
    const group = (kind * CELL_CLASSES + cellClass) * DURATION_CLASSES + durationClass
    if (this.#live[group] === 0) {
      this.#bucketLow[group] = bucketLow
      this.#bucketHigh[group] = bucketHigh
    } else {
      if (bucketLow < this.#bucketLow[group]!) this.#bucketLow[group] = bucketLow
      if (bucketHigh > this.#bucketHigh[group]!) this.#bucketHigh[group] = bucketHigh
    }
    let posted = 0
    const summary = kind === SUMMARY ? SUMMARY_KEY : 0
    if (cellClass === EVERYWHERE) {
      posted = this.#postBuckets(summary | (EVERYWHERE << 29), 0, 0x7f7f, ref, adding)
    } else {
      const shift = CELL_BITS + fineShift(cellClass)
      const fine = fineShift(cellClass)
      for (let at = 0; at < footprint.faces; at++) {
        const iFirst = footprint.iLow[at]! >> shift
        const iLast = footprint.iHigh[at]! >> shift
        const jFirst = footprint.jLow[at]! >> shift
        const jLast = footprint.jHigh[at]! >> shift
        const face = summary | (cellClass << 29) | (footprint.face[at]! << 26)
        for (let i = iFirst; i <= iLast; i++) {
          const iLow = i === iFirst ? (footprint.iLow[at]! >> fine) & LAST_STEP : 0
          const iHigh = i === iLast ? (footprint.iHigh[at]! >> fine) & LAST_STEP : LAST_STEP
          for (let j = jFirst; j <= jLast; j++) {
            if (!footprint.touchesCell(at, cellClass, i, j)) continue
            const jLow = j === jFirst ? (footprint.jLow[at]! >> fine) & LAST_STEP : 0
            const jHigh = j === jLast ? (footprint.jHigh[at]! >> fine) & LAST_STEP : LAST_STEP
            // A box that does not hold the whole slot fills its cell: no box to conclude anything from.
            const low = what === PART_OF_SLOT ? 0 : iLow | (jLow << 8)
            const high = what === PART_OF_SLOT ? 0x7f7f : iHigh | (jHigh << 8)
            posted += this.#postBuckets(face | (i << 13) | j, low, high, ref, adding)
          }
        }
      }
    }
    if (!adding) posted = -posted
    this.#live[group] = this.#live[group]! + posted
    if (kind === 0) this.#classLive[cellClass] = this.#classLive[cellClass]! + posted
  }

  #postBuckets(keyA: number, low: number, high: number, ref: number, adding: boolean): number {
    const bucketLow = Math.floor(this.#stepLow / BUCKET_STEPS)
    const bucketHigh = Math.floor(this.#stepHigh / BUCKET_STEPS)
    for (let bucket = bucketLow; bucket <= bucketHigh; bucket++) {
      const keyB = (this.#durationClass << 30) | (bucket & 0x3fffffff)
      if (adding) {
        const stepLow = bucket === bucketLow ? this.#stepLow - bucket * BUCKET_STEPS : 0
        const stepHigh = bucket === bucketHigh ? this.#stepHigh - bucket * BUCKET_STEPS : LAST_STEP
        this.#postings.add(
          keyA,
          keyB,
          low | (stepLow << 16) | (this.#heightLow << 24),
          high | (stepHigh << 16) | (this.#heightHigh << 24),
          ref,
        )
      } else this.#postings.remove(keyA, keyB, ref)
    }
    return bucketHigh - bucketLow + 1
  }

  #growSlots(needed: number): void {
    const length = Math.max(needed, Math.ceil(this.#blocks.length * 1.25))
    const blocks = new Int32Array(length).fill(NO_BLOCK)
    blocks.set(this.#blocks)
    this.#blocks = blocks
    const seen = new Int32Array(length)
    seen.set(this.#seen)
    this.#seen = seen
    const visited = new Int32Array(length)
    visited.set(this.#visited)
    this.#visited = visited
  }

  /**
   * Appends to `out` the distinct slots that have a volume which meets one of `volumes`, faces and instants included, in no
   * particular but always the same order. Widen the times or heights of the volumes to search for room: long windows are cheap.
   * Throws {@link VolumeIndexError} `not_posted` when the plans are only kept.
   */
  query(volumes: readonly Volume4D[], out: number[], options: VolumeQueryOptions = {}): void {
    if (!this.#posted) throw new VolumeIndexError('not_posted', 0)
    if (this.#slots === 0 || volumes.length === 0) return
    if (this.#stamp === 0x7fffffff) {
      this.#seen.fill(0)
      this.#stamp = 0
    }
    this.#stamp++
    if (options.skipSlot !== undefined && this.has(options.skipSlot)) this.#seen[options.skipSlot] = this.#stamp
    this.#buffer.write(0, volumes)
    this.#reserveRanges(volumes.length)
    this.#locateAll(volumes.length, out, options.accept)
    this.#testHeaders(volumes.length)
    this.#testOutlines(volumes.length, out, options.accept)
  }

  #reserveRanges(count: number): void {
    if (count < this.#rangeEnds.length) return
    this.#rangeEnds = new Int32Array(count * 2)
  }

  /** Finds the lists to read for every volume; volumes that reach far are answered at once, another way. */
  #locateAll(count: number, out: number[], accept: ((slot: number) => boolean) | undefined): void {
    const postings = this.#postings
    postings.locatedCount = 0
    for (let index = 0; index < count; index++) {
      this.#prepareQuery(this.#buffer.starts[index]!)
      this.#coverQuery()
      if (this.#footprint.faces !== 0 && this.#probes(0, 0) <= DIRECT_PROBES) {
        for (let cellClass = 0; cellClass < CELL_CLASSES; cellClass++) {
          if (this.#classLive[cellClass] !== 0) this.#gatherClass(0, cellClass, LOCATE)
        }
      } else this.#queryFar(out, accept)
      this.#rangeEnds[index] = postings.locatedCount
    }
  }

  /** Answers for a volume of large area or long time: through the postings of whole plans, or by looking at every slot. */
  #queryFar(out: number[], accept: ((slot: number) => boolean) | undefined): void {
    this.#query.far = true
    if (!this.#gatherFar()) {
      this.#scanAll(out, accept)
      return
    }
    this.#touchLines(0, this.#summaryFrom)
    const left = this.#keepMeeting(0, this.#summaryFrom, 0)
    this.#testRange(0, left, out, accept)
    this.#testInner(out, accept)
    this.#testSlots(out, accept)
  }

  /** Reads the lists and keeps what passes the headers, each step for all volumes: many memory reads are under way at a time. */
  #testHeaders(count: number): void {
    const postings = this.#postings
    const ends = this.#rangeEnds
    this.#sink[0] = postings.findLocated()
    postings.candidateCount = 0
    let from = 0
    for (let index = 0; index < count; index++) {
      const to = ends[index]!
      postings.scanLocated(from, to)
      from = to
      ends[index] = postings.candidateCount
    }
    this.#touchLines(0, postings.candidateCount)
    from = 0
    let kept = 0
    for (let index = 0; index < count; index++) {
      const to = ends[index]!
      if (to > from) {
        this.#prepareTimes(this.#buffer.starts[index]!)
        kept = this.#keepMeeting(from, to, kept)
      }
      ends[index] = kept
      from = to
    }
  }

  #testOutlines(count: number, out: number[], accept: ((slot: number) => boolean) | undefined): void {
    let from = 0
    for (let index = 0; index < count; index++) {
      const to = this.#rangeEnds[index]!
      if (to > from) {
        this.#prepareQuery(this.#buffer.starts[index]!)
        this.#testRange(from, to, out, accept)
      }
      from = to
    }
  }

  #prepareTimes(unit: number): void {
    const { words, doubles } = this.#buffer
    const query = this.#query
    query.startMs = lineStartMs(doubles, unit)
    query.endMs = lineEndMs(words, doubles, unit)
    query.lowerM = lineLowerM(words, doubles, unit)
    query.upperM = lineUpperM(words, doubles, unit)
    query.lowerTenths = Math.max(-0x80000000, Math.floor(query.lowerM * 1e4 + 1e-3))
    query.upperTenths = Math.min(0x7fffffff, Math.ceil(query.upperM * 1e4 - 1e-3))
  }

  #prepareQuery(unit: number): void {
    this.#prepareTimes(unit)
    const { words, doubles } = this.#buffer
    const query = this.#query
    query.unit = unit
    query.circle = lineIsCircle(words, unit)
    query.radiusM = query.circle ? lineRadiusM(words, doubles, unit) : 0
    query.count = lineVertices(words, unit)
    query.far = false
    query.projected = false
    query.shape = null
    if (2 * query.count > this.#queryDegrees.length) {
      this.#queryDegrees = new Float64Array(4 * query.count)
      this.#queryPlane = new Float64Array(4 * query.count)
    }
    readDegrees(words, doubles, unit, this.#queryDegrees)
  }

  #coverQuery(): void {
    const query = this.#query
    query.heightLow = heightStep(query.lowerM)
    query.heightHigh = heightStep(query.upperM)
    if (query.circle) this.#footprint.coverCircle(this.#queryDegrees, query.radiusM)
    else this.#footprint.coverRing(this.#queryDegrees, query.count)
  }

  /** Collects what the coarse boxes let through; false when looking at every slot is cheaper. */
  #gatherFar(): boolean {
    const postings = this.#postings
    postings.candidateCount = 0
    if (this.#footprint.faces === 0) return false
    const limit = this.#slots + 1024
    const direct = this.#probes(0, 0)
    const summarise = this.#summaryCheaper(direct)
    let probes = 0
    for (let cellClass = summarise ? 1 : 0; cellClass < CELL_CLASSES; cellClass++) probes += this.#probes(0, cellClass)
    if (summarise) {
      for (let cellClass = 1; cellClass < CELL_CLASSES; cellClass++) probes += this.#probes(SUMMARY, cellClass)
    }
    if (probes > limit) return false
    for (let cellClass = summarise ? 1 : 0; cellClass < CELL_CLASSES; cellClass++) {
      this.#gatherClass(0, cellClass, GATHER)
    }
    this.#summaryFrom = postings.candidateCount
    this.#innerCount = 0
    if (summarise) {
      const toRead = direct * POSTINGS_PER_PROBE - this.#budget
      const step = toRead > RASTER_POSTINGS && this.#footprint.rasterise(this.#raster) ? GATHER_INSIDE : GATHER
      for (let cellClass = 1; cellClass < CELL_CLASSES; cellClass++) this.#gatherClass(SUMMARY, cellClass, step)
    }
    return true
  }

  /** Candidates from here on are slots, before it addresses of lines. */
  #summaryFrom = 0

  /** Number of (cell, bucket) pairs the query would look up. */
  #probes(kind: number, cellClass: number): number {
    let buckets = 0
    for (let durationClass = 0; durationClass < DURATION_CLASSES; durationClass++) {
      const group = (kind * CELL_CLASSES + cellClass) * DURATION_CLASSES + durationClass
      if (this.#live[group] === 0) continue
      const length = bucketMs(cellClass, durationClass)
      const low = Math.max(Math.floor(timeStep(this.#query.startMs, length) / BUCKET_STEPS), this.#bucketLow[group]!)
      const high = Math.min(Math.floor(timeStep(this.#query.endMs, length) / BUCKET_STEPS), this.#bucketHigh[group]!)
      if (high >= low) buckets += high - low + 1
    }
    return buckets === 0 ? 0 : buckets * this.#footprint.cellCount(cellClass)
  }

  /** Whether reading the postings of whole slots costs less than so many look-ups in the finest class. */
  #summaryCheaper(direct: number): boolean {
    let probes = 0
    for (let cellClass = 1; cellClass < CELL_CLASSES; cellClass++) probes += this.#probes(SUMMARY, cellClass)
    if (probes > direct) return false
    this.#budget = (direct - probes) * POSTINGS_PER_PROBE
    for (let cellClass = 1; cellClass < CELL_CLASSES; cellClass++) this.#gatherClass(SUMMARY, cellClass, COUNT)
    return this.#budget > 0
  }

  /** Postings that may still be read before the coarse search costs more than the fine one. */
  #budget = 0

  #gatherClass(kind: number, cellClass: number, step: number): void {
    const footprint = this.#footprint
    const query = this.#query
    for (let durationClass = 0; durationClass < DURATION_CLASSES; durationClass++) {
      const group = (kind * CELL_CLASSES + cellClass) * DURATION_CLASSES + durationClass
      if (this.#live[group] === 0) continue
      const length = bucketMs(cellClass, durationClass)
      query.stepLow = timeStep(query.startMs, length)
      query.stepHigh = timeStep(query.endMs, length)
      const bucketLow = Math.floor(query.stepLow / BUCKET_STEPS)
      const bucketHigh = Math.floor(query.stepHigh / BUCKET_STEPS)
      // Ends of the window beyond what was ever posted need no look-up; the first and last bucket keep their inner steps.
      query.bucketLow = bucketLow
      query.bucketHigh = bucketHigh
      query.firstBucket = Math.max(bucketLow, this.#bucketLow[group]!)
      query.lastBucket = Math.min(bucketHigh, this.#bucketHigh[group]!)
      if (query.lastBucket < query.firstBucket) continue
      query.keyB = durationClass << 30
      const summary = kind === SUMMARY ? SUMMARY_KEY : 0
      if (cellClass === EVERYWHERE) {
        if (step === COUNT) this.#countBuckets(summary | (EVERYWHERE << 29))
        else this.#gatherBuckets(summary | (EVERYWHERE << 29), 0, 0x7f7f, step)
        continue
      }
      const shift = CELL_BITS + fineShift(cellClass)
      const fine = fineShift(cellClass)
      for (let at = 0; at < footprint.faces; at++) {
        const iFirst = footprint.iLow[at]! >> shift
        const iLast = footprint.iHigh[at]! >> shift
        const jFirst = footprint.jLow[at]! >> shift
        const jLast = footprint.jHigh[at]! >> shift
        const face = summary | (cellClass << 29) | (footprint.face[at]! << 26)
        for (let i = iFirst; i <= iLast; i++) {
          const iLow = i === iFirst ? (footprint.iLow[at]! >> fine) & LAST_STEP : 0
          const iHigh = i === iLast ? (footprint.iHigh[at]! >> fine) & LAST_STEP : LAST_STEP
          for (let j = jFirst; j <= jLast; j++) {
            if (!footprint.touchesCell(at, cellClass, i, j)) continue
            if (step === COUNT) {
              this.#countBuckets(face | (i << 13) | j)
              continue
            }
            const jLow = j === jFirst ? (footprint.jLow[at]! >> fine) & LAST_STEP : 0
            const jHigh = j === jLast ? (footprint.jHigh[at]! >> fine) & LAST_STEP : LAST_STEP
            this.#gatherBuckets(face | (i << 13) | j, iLow | (jLow << 8), iHigh | (jHigh << 8), step)
          }
        }
      }
    }
  }

  #countBuckets(keyA: number): void {
    const query = this.#query
    for (let bucket = query.firstBucket; bucket <= query.lastBucket && this.#budget > 0; bucket++) {
      this.#budget -= this.#postings.lengthOf(keyA, query.keyB | (bucket & 0x3fffffff))
    }
  }

  #gatherBuckets(keyA: number, low: number, high: number, step: number): void {
    const query = this.#query
    const postings = this.#postings
    const lowest = low | (query.heightLow << 24)
    const highest = high | (query.heightHigh << 24)
    for (let bucket = query.firstBucket; bucket <= query.lastBucket; bucket++) {
      const stepLow = bucket === query.bucketLow ? query.stepLow - bucket * BUCKET_STEPS : 0
      const stepHigh = bucket === query.bucketHigh ? query.stepHigh - bucket * BUCKET_STEPS : LAST_STEP
      const keyB = query.keyB | (bucket & 0x3fffffff)
      if (step === GATHER_INSIDE) {
        const from = postings.candidateCount
        postings.gatherBoxes(keyA, keyB, lowest | (stepLow << 16), highest | (stepHigh << 16))
        this.#takeInside(keyA, from, stepLow, stepHigh)
      } else if (step === LOCATE) postings.locate(keyA, keyB, lowest | (stepLow << 16), highest | (stepHigh << 16))
      else postings.gather(keyA, keyB, lowest | (stepLow << 16), highest | (stepHigh << 16))
    }
  }

  /**
   * Of the slots gathered from `from` on under one key, drops those whose box lies outside the outline asked about, and takes out those
   * whose box lies inside in area and time: of these only the heights are left to compare.
   */
  #takeInside(keyA: number, from: number, stepLow: number, stepHigh: number): void {
    const postings = this.#postings
    const { candidates, candidateBoxes: boxes } = postings
    const cellClass = (keyA >> 29) & 3
    if (cellClass === EVERYWHERE) return
    const fine = fineShift(cellClass)
    const cellI = ((keyA >> 13) & 8191) << CELL_BITS
    const cellJ = (keyA & 8191) << CELL_BITS
    if (this.#innerCount + postings.candidateCount - from > this.#inner.length) {
      const grown = new Int32Array((this.#innerCount + postings.candidateCount - from) * 2)
      grown.set(this.#inner)
      this.#inner = grown
    }
    let kept = from
    for (let at = from; at < postings.candidateCount; at++) {
      const low = boxes[2 * at]!
      const high = boxes[2 * at + 1]!
      const iLow = low & LAST_STEP
      const iHigh = high & LAST_STEP
      const jLow = (low >> 8) & LAST_STEP
      const jHigh = (high >> 8) & LAST_STEP
      const tLow = (low >> 16) & LAST_STEP
      const tHigh = (high >> 16) & LAST_STEP
      // A box at the rim of its cell or bucket may go on in the next one.
      const place = this.#raster.placeOf(
        (cellI | iLow) << fine,
        ((cellI | iHigh) << fine) | ((1 << fine) - 1),
        (cellJ | jLow) << fine,
        ((cellJ | jHigh) << fine) | ((1 << fine) - 1),
      )
      if (place === OUTSIDE) continue
      // A box at the rim of its cell or bucket may go on in the next one.
      const whole = iLow > 0 && iHigh < LAST_STEP && jLow > 0 && jHigh < LAST_STEP && tLow > stepLow && tHigh < stepHigh
      if (whole && place === INSIDE) {
        this.#inner[this.#innerCount++] = candidates[at]!
      } else candidates[kept++] = candidates[at]!
    }
    postings.candidateCount = kept
  }

  /** Reads one word of each slot's block, so that the tests after it find the blocks in the cache. */
  #touchBlocks(slots: Int32Array, from: number, to: number): void {
    const blocks = this.#blocks
    const chunks = this.#lines.words
    let touched = 0
    for (let at = from; at < to; at++) {
      const address = blocks[slots[at]!]!
      touched ^= chunks[LineStore.chunkOf(address)]![2 * (address & CHUNK_MASK) + 8]!
    }
    this.#sink[0] = touched
  }

  /** Tests the heights of slots known to lie inside in area and time. */
  #testInner(out: number[], accept: ((slot: number) => boolean) | undefined): void {
    const inner = this.#inner
    const { lowerM, upperM } = this.#query
    this.#touchBlocks(inner, 0, this.#innerCount)
    for (let at = 0; at < this.#innerCount; at++) {
      const slot = inner[at]!
      if (this.#seen[slot] === this.#stamp) continue
      const address = this.#blocks[slot]!
      const words = this.#lines.words[LineStore.chunkOf(address)]!
      const doubles = this.#lines.doubles[LineStore.chunkOf(address)]!
      for (let unit = address & CHUNK_MASK; ; unit += lineUnits(words, 2 * unit)) {
        if (lineLowerM(words, doubles, unit) <= upperM && lowerM <= lineUpperM(words, doubles, unit)) {
          if (accept === undefined || accept(slot)) {
            this.#seen[slot] = this.#stamp
            out.push(slot)
          }
          break
        }
        if ((words[2 * unit + 7]! & LAST_OF_SLOT) !== 0) break
      }
    }
  }

  /** Reads one word of the lines of candidates `from`..`to`, as {@link #touchBlocks} does for slots. */
  #touchLines(from: number, to: number): void {
    const candidates = this.#postings.candidates
    const chunks = this.#lines.words
    let touched = 0
    for (let at = from; at < to; at++) {
      const address = candidates[at]!
      touched ^= chunks[LineStore.chunkOf(address)]![2 * (address & CHUNK_MASK) + 5]!
    }
    this.#sink[0] = touched
  }

  /** Of the candidates `from`..`to`, keeps from place `kept` on those that meet in time and height; returns the place after. */
  #keepMeeting(from: number, to: number, kept: number): number {
    const candidates = this.#postings.candidates
    if (kept + to - from > this.#survivors.length) {
      const grown = new Int32Array((kept + to - from) * 2)
      grown.set(this.#survivors)
      this.#survivors = grown
    }
    const query = this.#query
    const stamp = this.#stamp
    const seen = this.#seen
    const survivors = this.#survivors
    const chunks = this.#lines.words
    const doubleChunks = this.#lines.doubles
    const { startMs, endMs, lowerTenths, upperTenths } = query
    let left = kept
    for (let at = from; at < to; at++) {
      const address = candidates[at]!
      const words = chunks[LineStore.chunkOf(address)]!
      const unit = address & CHUNK_MASK
      const word = 2 * unit
      if (seen[words[word + 5]!] === stamp) continue
      const doubles = doubleChunks[LineStore.chunkOf(address)]!
      if ((words[word + 7]! & FORM_WIDE) === 0) {
        if (words[word + 3]! > upperTenths || words[word + 4]! < lowerTenths) continue
        const start = doubles[unit]!
        if (start > endMs || start + (words[word + 2]! >>> 0) < startMs) continue
      } else if (!this.#headerMeets(query, words, doubles, unit)) continue
      survivors[left++] = address
    }
    return left
  }

  /** Tests the outlines of what was kept, each line once. */
  #testRange(from: number, to: number, out: number[], accept: ((slot: number) => boolean) | undefined): void {
    if (from === to) return
    const stamp = this.#stamp
    const seen = this.#seen
    const survivors = this.#survivors
    this.#startDistinct(to - from)
    for (let at = from; at < to; at++) {
      const address = survivors[at]!
      const chunk = LineStore.chunkOf(address)
      const words = this.#lines.words[chunk]!
      const unit = address & CHUNK_MASK
      const slot = words[2 * unit + 5]!
      if (seen[slot] === stamp || !this.#isNew(address)) continue
      if (accept !== undefined && !accept(slot)) continue
      if (this.#outlineMeets(words, this.#lines.doubles[chunk]!, unit)) {
        seen[slot] = stamp
        out.push(slot)
      }
    }
  }

  /** Tests the slots that the coarse search found, volume by volume. */
  #testSlots(out: number[], accept: ((slot: number) => boolean) | undefined): void {
    const candidates = this.#postings.candidates
    const count = this.#postings.candidateCount
    if (this.#summaryFrom === count) return
    this.#touchBlocks(candidates, this.#summaryFrom, count)
    this.#startVisit()
    const visited = this.#visited
    for (let at = this.#summaryFrom; at < count; at++) {
      const slot = candidates[at]!
      if (visited[slot] === this.#visit || this.#seen[slot] === this.#stamp) continue
      visited[slot] = this.#visit
      this.#testSlot(slot, out, accept)
    }
  }

  #testSlot(slot: number, out: number[], accept: ((slot: number) => boolean) | undefined): void {
    if (accept !== undefined && !accept(slot)) return
    const address = this.#blocks[slot]!
    const chunk = LineStore.chunkOf(address)
    const words = this.#lines.words[chunk]!
    const doubles = this.#lines.doubles[chunk]!
    for (let unit = address & CHUNK_MASK; ; unit += lineUnits(words, 2 * unit)) {
      if (this.#headerMeets(this.#query, words, doubles, unit) && this.#outlineMeets(words, doubles, unit)) {
        this.#seen[slot] = this.#stamp
        out.push(slot)
        return
      }
      if ((words[2 * unit + 7]! & LAST_OF_SLOT) !== 0) return
    }
  }

  #scanAll(out: number[], accept: ((slot: number) => boolean) | undefined): void {
    const blocks = this.#blocks
    for (let slot = 0; slot < blocks.length; slot++) {
      if (blocks[slot] === NO_BLOCK || this.#seen[slot] === this.#stamp) continue
      this.#testSlot(slot, out, accept)
    }
  }

  #startVisit(): void {
    if (this.#visit === 0x7fffffff) {
      this.#visited.fill(0)
      this.#visit = 0
    }
    this.#visit++
  }

  #startDistinct(count: number): void {
    if (count * 2 > this.#distinct.length) {
      const length = 2 ** Math.ceil(Math.log2(count * 4))
      this.#distinct = new Int32Array(length)
      this.#distinctStamp = new Int32Array(length)
      this.#distinctRound = 0
    }
    if (this.#distinctRound === 0x7fffffff) {
      this.#distinctStamp.fill(0)
      this.#distinctRound = 0
    }
    this.#distinctRound++
  }

  /** Whether the address has not been met in this round. */
  #isNew(address: number): boolean {
    const mask = this.#distinct.length - 1
    let at = (Math.imul(address, 0x9e3779b1) >>> 8) & mask
    while (this.#distinctStamp[at] === this.#distinctRound) {
      if (this.#distinct[at] === address) return false
      at = (at + 1) & mask
    }
    this.#distinct[at] = address
    this.#distinctStamp[at] = this.#distinctRound
    return true
  }

  #headerMeets(query: QueryVolume, words: Int32Array, doubles: Float64Array, unit: number): boolean {
    return (
      doubles[unit]! <= query.endMs &&
      query.startMs <= lineEndMs(words, doubles, unit) &&
      lineLowerM(words, doubles, unit) <= query.upperM &&
      query.lowerM <= lineUpperM(words, doubles, unit)
    )
  }

  /** Whether the outlines share a point: in one plane where both are small, by geodesic pieces where an edge is long. */
  #outlineMeets(words: Int32Array, doubles: Float64Array, unit: number): boolean {
    const query = this.#query
    const count = lineVertices(words, unit)
    if (2 * count > this.#lineDegrees.length) {
      this.#lineDegrees = new Float64Array(4 * count)
      this.#linePlane = new Float64Array(4 * count)
    }
    const degrees = this.#lineDegrees
    readDegrees(words, doubles, unit, degrees)
    if (lineIsCircle(words, unit)) {
      const radiusM = lineRadiusM(words, doubles, unit)
      if (query.circle) return this.#centresWithin(degrees, radiusM + query.radiusM)
      moveFrame(this.#discFrame, degrees[0]!, degrees[1]!)
      projectRing(this.#discFrame, this.#queryDegrees, query.count, this.#linePlaneFor(query.count))
      if (!edgesShort(this.#linePlane, query.count)) return this.#shapesMeet(words, doubles, unit)
      return ringMeetsDisc(this.#discFrame, this.#linePlane, query.count, radiusM)
    }
    if (!query.projected) this.#projectQuery()
    if (query.circle) {
      projectRing(this.#frame, degrees, count, this.#linePlane)
      if (!edgesShort(this.#linePlane, count)) return this.#shapesMeet(words, doubles, unit)
      return ringMeetsDisc(this.#frame, this.#linePlane, count, query.radiusM)
    }
    if (query.long) return this.#shapesMeet(words, doubles, unit)
    if (query.far) {
      // In a large outline most of what meets it has its first vertex inside.
      projectRing(this.#frame, degrees, 1, this.#linePlane)
      if (insideByParity(this.#queryPlane, query.count, this.#linePlane[0]!, this.#linePlane[1]!)) return true
    }
    projectRing(this.#frame, degrees, count, this.#linePlane)
    if (!edgesShort(this.#linePlane, count)) return this.#shapesMeet(words, doubles, unit)
    if (query.count > INDEXED_RING) return ringIndexMeetsRing(this.#ring, this.#linePlane, count)
    return ringsIntersect(this.#queryPlane, query.count, this.#linePlane, count)
  }

  #linePlaneFor(count: number): Float64Array {
    if (2 * count > this.#linePlane.length) {
      this.#lineDegrees = new Float64Array(4 * count)
      this.#linePlane = new Float64Array(4 * count)
    }
    return this.#linePlane
  }

  #projectQuery(): void {
    const query = this.#query
    moveFrame(this.#frame, this.#queryDegrees[0]!, this.#queryDegrees[1]!)
    query.projected = true
    query.long = false
    if (query.circle) {
      query.centre.centreLatDeg = this.#queryDegrees[0]!
      query.centre.centreLngDeg = this.#queryDegrees[1]!
      toEcef(query.centre.centreLatDeg, query.centre.centreLngDeg, { out: query.centre.centre, offset: 0 })
      return
    }
    projectRing(this.#frame, this.#queryDegrees, query.count, this.#queryPlane)
    query.long = !edgesShort(this.#queryPlane, query.count)
    if (query.count > INDEXED_RING && !query.long) this.#ring.build(this.#queryPlane, query.count)
  }

  #centresWithin(degrees: Float64Array, reachM: number): boolean {
    const query = this.#query
    if (!query.projected) this.#projectQuery()
    const other = this.#candidateCentre
    other.centreLatDeg = degrees[0]!
    other.centreLngDeg = degrees[1]!
    toEcef(other.centreLatDeg, other.centreLngDeg, { out: other.centre, offset: 0 })
    return withinReach(query.centre, other, reachM)
  }

  #shapesMeet(words: Int32Array, doubles: Float64Array, unit: number): boolean {
    const query = this.#query
    query.shape ??= shapeOf(lineOutline(this.#buffer.words, this.#buffer.doubles, query.unit))
    return shapesIntersect(query.shape, shapeOf(lineOutline(words, doubles, unit)))
  }

  /** Bytes held, scratch included. */
  memoryBytes(): number {
    return (
      this.#lines.memoryBytes() +
      this.#postings.memoryBytes() +
      this.#blocks.byteLength +
      this.#seen.byteLength +
      this.#visited.byteLength
    )
  }

  /** A copy of the state, ready to be stored; the arrays may be handed on. */
  dump(): Section[] {
    const writer = new SectionWriter('volume-index')
    writer.numbers('counts', [this.#slots, this.#volumes, this.#posted ? 1 : 0])
    writer.array('blocks', this.#blocks)
    writer.numbers('live', [...this.#live])
    writer.numbers('bucket-low', [...this.#bucketLow])
    writer.numbers('bucket-high', [...this.#bucketHigh])
    return [
      ...writer.sections,
      ...this.#lines.dump('volume-index/lines'),
      ...this.#postings.dump('volume-index/postings'),
    ]
  }

  /** The index that {@link dump} copied. Throws SectionError when a section is missing, damaged in size or of another version. */
  static load(sections: ReadonlyMap<string, Uint8Array>): VolumeIndex {
    const reader = new SectionReader('volume-index', sections)
    const counts = reader.numbers('counts', 3)
    const index = new VolumeIndex({ posted: counts[2] === 1 })
    index.#slots = counts[0]!
    index.#volumes = counts[1]!
    index.#blocks = reader.array('blocks')
    index.#seen = new Int32Array(index.#blocks.length)
    index.#visited = new Int32Array(index.#blocks.length)
    index.#live.set(reader.numbers('live', index.#live.length))
    for (let group = 0; group < CELL_CLASSES * DURATION_CLASSES; group++) {
      const cellClass = Math.floor(group / DURATION_CLASSES)
      index.#classLive[cellClass] = index.#classLive[cellClass]! + index.#live[group]!
    }
    index.#bucketLow.set(reader.numbers('bucket-low', index.#bucketLow.length))
    index.#bucketHigh.set(reader.numbers('bucket-high', index.#bucketHigh.length))
    index.#lines = LineStore.load('volume-index/lines', sections)
    index.#postings = PostingTable.load('volume-index/postings', sections)
    return index
  }
}

/** What is known of the volume being asked about; one object, refilled. */
interface QueryVolume {
  unit: number
  startMs: number
  endMs: number
  lowerM: number
  upperM: number
  /** The heights in tenths of a millimetre, as the lines keep them, cut to 32 bits. */
  lowerTenths: number
  upperTenths: number
  radiusM: number
  circle: boolean
  count: number
  /** Whether the volume is large or long, so that it meets many. */
  far: boolean
  /** Whether the frame and the plane ring are those of this volume, and whether an edge is too long for them. */
  projected: boolean
  long: boolean
  shape: Shape | null
  readonly centre: { centreLatDeg: number; centreLngDeg: number; readonly centre: Float64Array }
  heightLow: number
  heightHigh: number
  stepLow: number
  stepHigh: number
  bucketLow: number
  bucketHigh: number
  firstBucket: number
  lastBucket: number
  keyB: number
}

function newQueryVolume(): QueryVolume {
  return {
    unit: 0,
    startMs: 0.5,
    endMs: 0.5,
    lowerM: 0.5,
    upperM: 0.5,
    lowerTenths: 0,
    upperTenths: 0,
    radiusM: 0.5,
    circle: false,
    count: 0,
    far: false,
    projected: false,
    long: false,
    shape: null,
    centre: { centreLatDeg: 0.5, centreLngDeg: 0.5, centre: new Float64Array(3) },
    heightLow: 0,
    heightHigh: 0,
    stepLow: 0.5,
    stepHigh: 0.5,
    bucketLow: 0.5,
    bucketHigh: 0.5,
    firstBucket: 0.5,
    lastBucket: 0.5,
    keyB: 0,
  }
}

/** Whether no edge of a plane ring is longer than {@link STRAIGHT_EDGE_M}; false as well where a vertex has no image. */
function edgesShort(plane: Float64Array, count: number): boolean {
  let x0 = plane[2 * count - 2]!
  let y0 = plane[2 * count - 1]!
  for (let at = 0; at < 2 * count; at += 2) {
    const dx = plane[at]! - x0
    const dy = plane[at + 1]! - y0
    if (!(dx * dx + dy * dy <= STRAIGHT_EDGE_M * STRAIGHT_EDGE_M)) return false
    x0 = plane[at]!
    y0 = plane[at + 1]!
  }
  return true
}

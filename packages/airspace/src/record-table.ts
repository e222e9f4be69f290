import type { EntityId } from '@parley/units'

/**
 * One fixed-size record a live entity, in one growable buffer: the columns of a state of a million entities are then a handful of
 * typed arrays that a snapshot writes and reads whole. Which word holds what is said by `WORD` and `DOUBLE` below; slots are small
 * integers, reused after removal, last freed first taken, so that the same operations give the same bytes.
 */
const RECORD_BYTES = 160
const WORDS = RECORD_BYTES / 4
const DOUBLES = RECORD_BYTES / 8
const OVN_OFFSET = 112
/** Length of an OVN or version text held in a record. */
export const OVN_CHARS = 44

/** 32-bit words of a record. Words 0–3 are the id. */
export const WORD = {
  manager: 4,
  url: 5,
  /** Operational intent: index in `OPERATIONAL_INTENT_STATES`. Subscription: bit set of `SUBSCRIPTION_FLAG`. */
  state: 6,
  version: 7,
  /** Operational intent: slot of its subscription + 1, 0 for none. Subscription: first dependent intent's slot + 1. */
  link: 8,
  /** Operational intent: next and previous intent of the same subscription, slot + 1. */
  next: 9,
  previous: 10,
  /** Characters of the OVN or version text held in the record; 36 of them mean the suffix of `{id}_{suffix}`. */
  ovnChars: 11,
  /** Of the digest of the request that wrote this version, as much as recognises a repetition. */
  digestLow: 12,
  digestHigh: 13,
  notificationIndex: 14,
  /** 1 while the slot is in use. */
  live: 15,
} as const

/** 64-bit floats of a record; byte offset is 8 × index, from 64 on. */
export const DOUBLE = {
  startMs: 8,
  endMs: 9,
  altitudeLowerM: 10,
  altitudeUpperM: 11,
  /** Journal sequence of the entry that wrote this version. */
  seq: 12,
  updatedAtMs: 13,
} as const

type Word = (typeof WORD)[keyof typeof WORD]
type Double = (typeof DOUBLE)[keyof typeof DOUBLE]

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Four words of a canonical UUID text, into `out`. */
function wordsOfId(id: string, out: Uint32Array): void {
  let word = 0
  let digits = 0
  let at = 0
  for (let i = 0; i < 36; i += 1) {
    const c = id.charCodeAt(i)
    if (c === 45) continue
    word = (word << 4) | (c < 58 ? c - 48 : c - 87)
    digits += 1
    if (digits === 8) {
      out[at] = word >>> 0
      at += 1
      word = 0
      digits = 0
    }
  }
}

function idOfWords(words: Uint32Array, at: number): EntityId {
  let hex = ''
  for (let i = 0; i < 4; i += 1) {
    const w = words[at + i]!
    hex += HEX[w >>> 24]! + HEX[(w >>> 16) & 255]! + HEX[(w >>> 8) & 255]! + HEX[w & 255]!
  }
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as EntityId
}

const DUMP_VERSION = 1

/** The buffer under `bytes` when they are all of it, otherwise a copy. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength
  return (whole ? bytes.buffer : bytes.slice().buffer) as ArrayBuffer
}

export interface RecordTableDump {
  readonly header: Uint8Array
  readonly records: Uint8Array
  readonly free: Uint8Array
  readonly hash: Uint8Array
}

export class RecordTable {
  #buffer: ArrayBuffer
  #words: Uint32Array
  #doubles: Float64Array
  #bytes: Uint8Array
  #capacity: number
  #used = 0
  #size = 0
  #free: Int32Array
  #freeCount = 0
  #hash: Int32Array
  #hashMask: number
  readonly #key = new Uint32Array(4)

  constructor(capacity = 64) {
    this.#capacity = capacity
    this.#buffer = new ArrayBuffer(capacity * RECORD_BYTES)
    this.#words = new Uint32Array(this.#buffer)
    this.#doubles = new Float64Array(this.#buffer)
    this.#bytes = new Uint8Array(this.#buffer)
    this.#free = new Int32Array(16)
    this.#hash = new Int32Array(capacity * 2)
    this.#hashMask = capacity * 2 - 1
  }

  /** Live records. */
  get size(): number {
    return this.#size
  }

  /** One more than the highest slot ever used: iterate below it and ask `isLive`. */
  get slotLimit(): number {
    return this.#used
  }

  isLive(slot: number): boolean {
    return this.#words[slot * WORDS + WORD.live] === 1
  }

  /** Slot of `id`, or -1. */
  find(id: EntityId): number {
    wordsOfId(id, this.#key)
    const words = this.#words
    const [a, b, c, d] = this.#key as unknown as [number, number, number, number]
    for (let at = this.#hashOf(a, b, c, d); ; at = (at + 1) & this.#hashMask) {
      const slot = this.#hash[at]! - 1
      if (slot < 0) return -1
      const w = slot * WORDS
      if (words[w] === a && words[w + 1] === b && words[w + 2] === c && words[w + 3] === d) return slot
    }
  }

  /** Takes a slot for `id`, all other fields zero. The id must not be in the table. */
  insert(id: EntityId): number {
    let slot: number
    if (this.#freeCount > 0) {
      this.#freeCount -= 1
      slot = this.#free[this.#freeCount]!
    } else {
      if (this.#used === this.#capacity) this.#grow()
      slot = this.#used
      this.#used += 1
    }
    const w = slot * WORDS
    this.#words.fill(0, w, w + WORDS)
    wordsOfId(id, this.#key)
    this.#words.set(this.#key, w)
    this.#words[w + WORD.live] = 1
    this.#size += 1
    if (this.#size * 2 > this.#hashMask) this.#rehash((this.#hashMask + 1) * 2)
    else this.#link(slot)
    return slot
  }

  /** Frees a live slot. Its fields stay readable until the slot is taken again. */
  remove(slot: number): void {
    const w = slot * WORDS
    let hole = this.#hashAt(w)
    while (this.#hash[hole] !== slot + 1) hole = (hole + 1) & this.#hashMask
    // Backward shift instead of a tombstone: the table never silts up and the bytes depend on the content only.
    for (let at = (hole + 1) & this.#hashMask; ; at = (at + 1) & this.#hashMask) {
      const other = this.#hash[at]! - 1
      if (other < 0) break
      const home = this.#hashAt(other * WORDS)
      if (((at - home) & this.#hashMask) >= ((at - hole) & this.#hashMask)) {
        this.#hash[hole] = other + 1
        hole = at
      }
    }
    this.#hash[hole] = 0
    this.#words[w + WORD.live] = 0
    if (this.#freeCount === this.#free.length) {
      const free = new Int32Array(this.#free.length * 2)
      free.set(this.#free)
      this.#free = free
    }
    this.#free[this.#freeCount] = slot
    this.#freeCount += 1
    this.#size -= 1
  }

  idOf(slot: number): EntityId {
    return idOfWords(this.#words, slot * WORDS)
  }

  word(slot: number, field: Word): number {
    return this.#words[slot * WORDS + field]!
  }

  setWord(slot: number, field: Word, value: number): void {
    this.#words[slot * WORDS + field] = value
  }

  double(slot: number, field: Double): number {
    return this.#doubles[slot * DOUBLES + field]!
  }

  setDouble(slot: number, field: Double, value: number): void {
    this.#doubles[slot * DOUBLES + field] = value
  }

  /** The first `length` of the up to 44 ASCII characters held in the record. */
  ovnText(slot: number, length: number): string {
    const at = slot * RECORD_BYTES + OVN_OFFSET
    return String.fromCharCode.apply(null, this.#bytes.subarray(at, at + length) as unknown as number[])
  }

  setOvnText(slot: number, text: string): void {
    const at = slot * RECORD_BYTES + OVN_OFFSET
    for (let i = 0; i < text.length; i += 1) this.#bytes[at + i] = text.charCodeAt(i)
  }

  /** The last four of the `length` characters held in the record, as one number: a quick first look for a text that ends so. */
  ovnTail(slot: number, length: number): number {
    const at = slot * RECORD_BYTES + OVN_OFFSET + length - 4
    const bytes = this.#bytes
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  }

  /** Whether `text` from `from` on is exactly the `length` characters held in the record. */
  ovnIs(slot: number, length: number, { text, from }: { readonly text: string; readonly from: number }): boolean {
    if (text.length - from !== length) return false
    const at = slot * RECORD_BYTES + OVN_OFFSET
    for (let i = 0; i < length; i += 1) if (this.#bytes[at + i] !== text.charCodeAt(from + i)) return false
    return true
  }

  /** Whether `text` begins with the record's id in canonical form. */
  idBegins(slot: number, text: string): boolean {
    wordsOfId(text, this.#key)
    const w = slot * WORDS
    const words = this.#words
    const key = this.#key
    return words[w] === key[0] && words[w + 1] === key[1] && words[w + 2] === key[2] && words[w + 3] === key[3]
  }

  memoryBytes(): number {
    return this.#buffer.byteLength + this.#free.byteLength + this.#hash.byteLength
  }

  /** A copy of the table's bytes. */
  dump(): RecordTableDump {
    const bytes = (array: Int32Array | Uint32Array, length: number): Uint8Array =>
      new Uint8Array(array.buffer, array.byteOffset, length * 4).slice()
    return {
      header: bytes(Uint32Array.of(DUMP_VERSION, this.#used, this.#size, this.#freeCount, this.#hash.length), 5),
      records: this.#bytes.slice(0, this.#used * RECORD_BYTES),
      free: bytes(this.#free, this.#freeCount),
      hash: bytes(this.#hash, this.#hash.length),
    }
  }

  /** Rebuilds a table from what `dump` gave, and takes the records and the hash over where they begin a buffer of their own. */
  static load(dump: RecordTableDump): RecordTable {
    const [version, used, size, freeCount, hashLength] = new Uint32Array(ownBuffer(dump.header)) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ]
    if (version !== DUMP_VERSION) throw new RangeError(`record table version ${version} is not ${DUMP_VERSION}`)
    if (dump.records.length !== used * RECORD_BYTES)
      throw new RangeError(`record table: ${dump.records.length} bytes are not ${used} records`)
    const table = new RecordTable(64)
    if (used > 0) {
      table.#buffer = ownBuffer(dump.records)
      table.#words = new Uint32Array(table.#buffer)
      table.#doubles = new Float64Array(table.#buffer)
      table.#bytes = new Uint8Array(table.#buffer)
      table.#capacity = used
    }
    table.#used = used
    table.#size = size
    table.#free = new Int32Array(Math.max(16, 2 ** Math.ceil(Math.log2(freeCount + 1))))
    table.#free.set(new Int32Array(ownBuffer(dump.free)))
    table.#freeCount = freeCount
    table.#hash = new Int32Array(ownBuffer(dump.hash))
    if (table.#hash.length !== hashLength)
      throw new RangeError(`record table: hash has ${table.#hash.length} of ${hashLength} words`)
    table.#hashMask = hashLength - 1
    return table
  }

  #hashOf(a: number, b: number, c: number, d: number): number {
    let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(c ^ Math.imul(d, 0xc2b2ae35), 0x27d4eb2f)
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
    return (h ^ (h >>> 13)) & this.#hashMask
  }

  #hashAt(w: number): number {
    const words = this.#words
    return this.#hashOf(words[w]!, words[w + 1]!, words[w + 2]!, words[w + 3]!)
  }

  #link(slot: number): void {
    let at = this.#hashAt(slot * WORDS)
    while (this.#hash[at] !== 0) at = (at + 1) & this.#hashMask
    this.#hash[at] = slot + 1
  }

  #rehash(length: number): void {
    this.#hash = new Int32Array(length)
    this.#hashMask = length - 1
    for (let slot = 0; slot < this.#used; slot += 1) if (this.isLive(slot)) this.#link(slot)
  }

  #grow(): void {
    const buffer = new ArrayBuffer(this.#buffer.byteLength * 2)
    new Uint8Array(buffer).set(this.#bytes)
    this.#buffer = buffer
    this.#words = new Uint32Array(buffer)
    this.#doubles = new Float64Array(buffer)
    this.#bytes = new Uint8Array(buffer)
    this.#capacity *= 2
  }
}

import { MAX_LEAF_BYTES } from './bundle.ts'
import { decodeUtf8, encodeUtf8, readUint64, writeUint64 } from './bytes.ts'
import { isRecordError, RecordError } from './errors.ts'
import { MAX_KEY_NAME_BYTES } from './key-name.ts'
import { HASH_BYTES } from './merkle.ts'
import { TILE_WIDTH } from './tile-path.ts'
import { MAX_PROOF_HASHES } from './verify-proof.ts'

/** Most packages of one add-entries request, 8,192 entries: more are not read (c2sp.org/tlog-mirror). */
export const MAX_PACKAGES = 32

/** Most bytes of one request, after decompression, that our reader takes unless told otherwise. */
export const MAX_ADD_ENTRIES_BYTES = 64 * 1024 * 1024

/** What an upload is of: the entries `[start, end)` of the log `origin`, under its checkpoint of size `end`. */
export interface AddEntriesHeader {
  readonly origin: string
  readonly start: number
  readonly end: number
  /** As the mirror gave it, or empty. */
  readonly ticket: Uint8Array
}

/** The entries one package carries, `[start, end)`, and where the subtree begins that its proof is about. */
export interface PackageInterval {
  readonly subtreeStart: number
  readonly start: number
  readonly end: number
}

/** Entries, and the proof that `[subtreeStart, end)` is part of the tree of the upload's end. */
export interface EntryPackage extends PackageInterval {
  /** Number of the package in the request, from 0. */
  readonly index: number
  readonly entries: readonly Uint8Array[]
  readonly proof: readonly Uint8Array[]
}

/**
 * The packages that the upload of `[start, end)` falls into, at multiples of 256, of which a request carries the first
 * ones in order: at most `limit`, 32 unless told otherwise. None when start equals end: that asks for the mirror's
 * cosignature afresh.
 */
export function packageIntervals(start: number, end: number, limit: number = MAX_PACKAGES): PackageInterval[] {
  const intervals: PackageInterval[] = []
  for (let at = start; at < end && intervals.length < limit; ) {
    const subtreeStart = at - (at % TILE_WIDTH)
    const next = Math.min(end, subtreeStart + TILE_WIDTH)
    intervals.push({ subtreeStart, start: at, end: next })
    at = next
  }
  return intervals
}

/**
 * Body of an add-entries request, in parts: the header, then each package as it is drawn from `packages`, which must be
 * those of `packageIntervals`, in order, all of them or the first ones. Nothing is held but the package at hand.
 *
 * @throws RecordError MALFORMED_REQUEST, when a package has not the entries of its interval; ENTRY_TOO_LARGE,
 *   WRONG_PROOF_LENGTH, INVALID_HASH
 */
export async function* formatAddEntries(
  header: AddEntriesHeader,
  packages: Iterable<PackageContent> | AsyncIterable<PackageContent>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield formatHeader(header)
  const intervals = packageIntervals(header.start, header.end)
  let index = 0
  for await (const content of packages) {
    const interval = intervals[index]
    if (interval === undefined || content.entries.length !== interval.end - interval.start) {
      throw malformed(`packages[${index}]`, content.entries.length, 'must hold the entries of its interval')
    }
    yield formatPackage(content, index)
    index += 1
  }
}

/** What `formatAddEntries` is fed with. */
export type PackageContent = Pick<EntryPackage, 'entries' | 'proof'>

function formatHeader({ origin, start, end, ticket }: AddEntriesHeader): Uint8Array {
  const name = encodeUtf8(origin)
  if (name.length > MAX_KEY_NAME_BYTES)
    throw malformed('origin', name.length, `must be at most ${MAX_KEY_NAME_BYTES} bytes`)
  if (ticket.length > 65_535) throw malformed('ticket', ticket.length, 'must be at most 65535 bytes')
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start > end) {
    throw malformed('upload_start', start, 'must be an index, not above upload_end')
  }
  const bytes = new Uint8Array(2 + name.length + 16 + 2 + ticket.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, name.length)
  bytes.set(name, 2)
  writeUint64(bytes, 2 + name.length, start)
  writeUint64(bytes, 10 + name.length, end)
  view.setUint16(18 + name.length, ticket.length)
  bytes.set(ticket, 20 + name.length)
  return bytes
}

function formatPackage({ entries, proof }: PackageContent, index: number): Uint8Array {
  if (proof.length > MAX_PROOF_HASHES) {
    const rule = `must have at most ${MAX_PROOF_HASHES} hashes`
    throw new RecordError('WRONG_PROOF_LENGTH', { field: `packages[${index}].proof`, value: proof.length, rule })
  }
  let length = 1 + proof.length * HASH_BYTES
  for (const entry of entries) {
    if (entry.length > MAX_LEAF_BYTES) {
      const rule = `must be at most ${MAX_LEAF_BYTES} bytes`
      throw new RecordError('ENTRY_TOO_LARGE', { field: `packages[${index}].entries`, value: entry.length, rule })
    }
    length += 2 + entry.length
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const entry of entries) {
    bytes[at] = entry.length >> 8
    bytes[at + 1] = entry.length
    bytes.set(entry, at + 2)
    at += 2 + entry.length
  }
  bytes[at] = proof.length
  at += 1
  for (const hash of proof) {
    if (hash.length !== HASH_BYTES) {
      const rule = `must be ${HASH_BYTES} bytes`
      throw new RecordError('INVALID_HASH', { field: `packages[${index}].proof`, value: hash.length, rule })
    }
    bytes.set(hash, at)
    at += HASH_BYTES
  }
  return bytes
}

/** What a reader has come upon. */
export type AddEntriesPart =
  | { readonly kind: 'header'; readonly header: AddEntriesHeader }
  | ({ readonly kind: 'package' } & EntryPackage)

export interface AddEntriesLimits {
  /** Most packages read; those after are dropped. */
  readonly maxPackages?: number
  /** Most bytes read, decompressed; those after are dropped, and what is whole before them counts. */
  readonly maxBytes?: number
}

/**
 * Reads the body of an add-entries request as it arrives, in pieces of any size. It holds at most the entries of one
 * package and one piece; entries are copies. Nothing is authenticated yet: `checkPackage` does that.
 *
 * ```ts
 * const reader = new AddEntriesReader()
 * for await (const chunk of body) for (const part of reader.push(chunk)) await take(part)
 * reader.complete // whether all packages came
 * ```
 */
export class AddEntriesReader {
  readonly #maxPackages: number
  readonly #maxBytes: number
  #buffer = new Uint8Array(1024)
  #from = 0
  #to = 0
  #read = 0
  #header: AddEntriesHeader | null = null
  /** The package being read; null before the header, and after the last package or limit. */
  #interval: PackageInterval | null = null
  #entries: Uint8Array[] = []
  #packages = 0
  #fault: RecordError | null = null
  /** End of what was read whole. */
  #reached = -1

  constructor({ maxPackages = MAX_PACKAGES, maxBytes = MAX_ADD_ENTRIES_BYTES }: AddEntriesLimits = {}) {
    this.#maxPackages = maxPackages
    this.#maxBytes = maxBytes
  }

  /** Null until it has been read. */
  get header(): AddEntriesHeader | null {
    return this.#header
  }

  /** Packages read whole so far. */
  get packages(): number {
    return this.#packages
  }

  /** Whether every package up to the upload's end was read. */
  get complete(): boolean {
    return this.#header !== null && this.#reached === this.#header.end
  }

  /** Whether further bytes are of no use: everything was read, a limit reached, or the rest is no request. */
  get satisfied(): boolean {
    return this.#fault !== null || (this.#header !== null && (this.#interval === null || this.#read >= this.#maxBytes))
  }

  /**
   * Takes the next piece of the body, and gives the parts it completes, in order. The piece is not kept.
   *
   * @throws RecordError MALFORMED_REQUEST, INVALID_UTF8, when what came is no beginning of a request; nothing more can be
   *   read then. Parts before that, in the same piece, are given first, and the next call throws.
   */
  push(chunk: Uint8Array): AddEntriesPart[] {
    const room = Math.max(0, this.#maxBytes - this.#read)
    const taken = chunk.length > room ? chunk.subarray(0, room) : chunk
    this.#read += chunk.length
    if (this.#header !== null && this.#interval === null) return []
    if (this.#fault !== null) throw this.#fault
    this.#hold(taken)
    const parts: AddEntriesPart[] = []
    try {
      for (let part = this.#next(); part !== null; part = this.#next()) parts.push(part)
    } catch (error) {
      if (!isRecordError(error)) throw error
      this.#fault = error
      // What came whole before it stands.
      if (parts.length === 0) throw error
    }
    return parts
  }

  #hold(chunk: Uint8Array): void {
    const held = this.#to - this.#from
    if (this.#to + chunk.length > this.#buffer.length) {
      const needed = held + chunk.length
      const target = needed > this.#buffer.length ? new Uint8Array(2 * needed) : this.#buffer
      target.set(this.#buffer.subarray(this.#from, this.#to))
      this.#buffer = target
      this.#from = 0
      this.#to = held
    }
    this.#buffer.set(chunk, this.#to)
    this.#to += chunk.length
  }

  #next(): AddEntriesPart | null {
    if (this.#header === null) return this.#readHeader()
    const interval = this.#interval
    if (interval === null) {
      this.#from = this.#to
      return null
    }
    const missing = interval.end - interval.start
    while (this.#entries.length < missing) {
      if (this.#to - this.#from < 2) return null
      const length = this.#uint16(0)
      if (this.#to - this.#from < 2 + length) return null
      this.#entries.push(this.#buffer.slice(this.#from + 2, this.#from + 2 + length))
      this.#from += 2 + length
    }
    return this.#readProof(interval)
  }

  #readHeader(): AddEntriesPart | null {
    const held = this.#to - this.#from
    if (held < 2) return null
    const nameLength = this.#uint16(0)
    if (nameLength > MAX_KEY_NAME_BYTES) {
      throw malformed('origin', nameLength, `must be at most ${MAX_KEY_NAME_BYTES} bytes`)
    }
    if (held < 20 + nameLength) return null
    const ticketLength = this.#uint16(18 + nameLength)
    if (held < 20 + nameLength + ticketLength) return null
    const bytes = this.#buffer.slice(this.#from, this.#from + 20 + nameLength + ticketLength)
    const start = readUint64(bytes, 2 + nameLength)
    const end = readUint64(bytes, 10 + nameLength)
    if (start === null || end === null || start > end) {
      throw malformed('upload_start', start, 'must be an index below 2^53, not above upload_end')
    }
    const origin = decodeUtf8(bytes.subarray(2, 2 + nameLength), 'origin')
    this.#from += bytes.length
    const header = { origin, start, end, ticket: bytes.slice(20 + nameLength) }
    this.#header = header
    this.#advance(start)
    return { kind: 'header', header }
  }

  #readProof(interval: PackageInterval): AddEntriesPart | null {
    const held = this.#to - this.#from
    if (held < 1) return null
    const count = this.#buffer[this.#from] as number
    if (count > MAX_PROOF_HASHES) throw malformed('num_hashes', count, `must be at most ${MAX_PROOF_HASHES}`)
    if (held < 1 + count * HASH_BYTES) return null
    const proof: Uint8Array[] = []
    for (let i = 0; i < count; i++) {
      const at = this.#from + 1 + i * HASH_BYTES
      proof.push(this.#buffer.slice(at, at + HASH_BYTES))
    }
    this.#from += 1 + count * HASH_BYTES
    const entries = this.#entries
    this.#entries = []
    const index = this.#packages
    this.#packages += 1
    this.#advance(interval.end)
    return { kind: 'package', index, ...interval, entries, proof }
  }

  /** On to the package that begins at `at`, if there is one and the limit allows it. */
  #advance(at: number): void {
    this.#reached = at
    const { end } = this.#header as AddEntriesHeader
    this.#interval = this.#packages < this.#maxPackages ? (packageIntervals(at, end, 1)[0] ?? null) : null
  }

  #uint16(offset: number): number {
    const at = this.#from + offset
    return (this.#buffer[at] as number) * 256 + (this.#buffer[at + 1] as number)
  }
}

const malformed = (field: string, value: number | null, rule: string): RecordError =>
  new RecordError('MALFORMED_REQUEST', { field, value, rule })

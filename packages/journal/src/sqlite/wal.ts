import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * What a look at SQLite's write-ahead log, without SQLite, says of it (format: sqlite.org/fileformat2.html, section 4).
 *
 * SQLite itself drops everything from the first bad frame on without a word, which is right for a write that a crash
 * cut short and wrong for bytes that were durable and rotted. The two can be told apart: a transaction is written only
 * after the one before it was synced, so a bad frame with a later transaction behind it was durable once.
 */
export type WalReport =
  | { readonly kind: 'empty' }
  | {
      /** `torn` when bytes of an unfinished transaction follow the last whole one. */
      readonly kind: 'whole' | 'torn'
      /** The two salts of the log's header: they change each time the log starts over. */
      readonly salts: string
      /** Where each whole transaction ends, in bytes from the start of the file. */
      readonly commitEnds: readonly number[]
      readonly droppedBytes: number
    }
  | { readonly kind: 'damaged'; readonly what: string }

const HEADER = 32
const FRAME_HEADER = 24
const MAGIC = 0x377f0682

/** Reads the log at `path`; a missing file is `empty`. Throws what `node:fs` throws when it cannot be read. */
export function inspectWal(path: string): WalReport {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'empty' }
    throw error
  }
  try {
    return inspect(fd, fstatSync(fd).size)
  } finally {
    closeSync(fd)
  }
}

/** The salts in the header of the log at `path`, '' when there is none. */
export function walSalts(path: string): string {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    const header = Buffer.alloc(HEADER)
    return readSync(fd, header, 0, HEADER, 0) === HEADER ? header.toString('hex', 16, 24) : ''
  } finally {
    closeSync(fd)
  }
}

function inspect(fd: number, size: number): WalReport {
  if (size === 0) return { kind: 'empty' }
  const header = Buffer.alloc(HEADER)
  const pageSize = readSync(fd, header, 0, HEADER, 0) === HEADER ? header.readUInt32BE(8) : 0
  const bigEndian = (header.readUInt32BE(0) & 1) === 1
  const headerSum = checksum(header, { from: 0, to: 24, bigEndian, s0: 0, s1: 0 })
  const headerHolds =
    (header.readUInt32BE(0) & ~1) >>> 0 === MAGIC &&
    isPageSize(pageSize) &&
    headerSum[0] === header.readUInt32BE(24) &&
    headerSum[1] === header.readUInt32BE(28)
  if (!headerHolds) return onlyZeros(fd, size) ? { kind: 'empty' } : unreadableHeader(size)

  const frame = Buffer.alloc(FRAME_HEADER + pageSize)
  const salts = header.subarray(16, 24)
  const commitEnds: number[] = []
  let [s0, s1] = headerSum
  let at = HEADER
  let wholeEnd = HEADER
  for (; at + frame.length <= size; at += frame.length) {
    readSync(fd, frame, 0, frame.length, at)
    if (frame.compare(salts, 0, 8, 8, 16) !== 0 || frame.readUInt32BE(0) === 0) break
    ;[s0, s1] = checksum(frame, { from: 0, to: 8, bigEndian, s0, s1 })
    ;[s0, s1] = checksum(frame, { from: FRAME_HEADER, to: frame.length, bigEndian, s0, s1 })
    if (s0 !== frame.readUInt32BE(16) || s1 !== frame.readUInt32BE(20)) break
    if (frame.readUInt32BE(4) !== 0) {
      wholeEnd = at + frame.length
      commitEnds.push(wholeEnd)
    }
  }
  const behind = framesBehind(fd, { from: at, size, frameLength: frame.length, salts })
  if (behind.laterTransaction) {
    return { kind: 'damaged', what: `the frame at byte ${at} of ${size} does not match its checksum` }
  }
  const droppedBytes = behind.end - wholeEnd
  return { kind: droppedBytes > 0 ? 'torn' : 'whole', salts: salts.toString('hex'), commitEnds, droppedBytes }
}

interface Behind {
  readonly from: number
  readonly size: number
  readonly frameLength: number
  readonly salts: Buffer
}

/** Looks past the first bad frame for frames of the same generation, and whether one belongs to a later transaction. */
function framesBehind(
  fd: number,
  { from, size, frameLength, salts }: Behind,
): { end: number; laterTransaction: boolean } {
  const head = Buffer.alloc(FRAME_HEADER)
  let end = from
  let committed = false
  let laterTransaction = false
  for (let at = from; at + FRAME_HEADER <= size; at += frameLength) {
    readSync(fd, head, 0, FRAME_HEADER, at)
    if (head.compare(salts, 0, 8, 8, 16) !== 0) continue
    end = Math.min(at + frameLength, size)
    if (committed) laterTransaction = true
    if (head.readUInt32BE(4) !== 0) committed = true
  }
  return { end, laterTransaction }
}

interface Sum {
  readonly from: number
  readonly to: number
  readonly bigEndian: boolean
  readonly s0: number
  readonly s1: number
}

function checksum(bytes: Buffer, { from, to, bigEndian, s0, s1 }: Sum): [number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let a = s0
  let b = s1
  for (let i = from; i < to; i += 8) {
    a = (a + view.getUint32(i, !bigEndian) + b) >>> 0
    b = (b + view.getUint32(i + 4, !bigEndian) + a) >>> 0
  }
  return [a, b]
}

function isPageSize(value: number): boolean {
  return value >= 512 && value <= 65_536 && (value & (value - 1)) === 0
}

/** A file system may lengthen a file before a crash and lose what was written: such a log never held anything. */
function onlyZeros(fd: number, size: number): boolean {
  const chunk = Buffer.alloc(65_536)
  for (let at = 0; at < size; at += chunk.length) {
    const count = readSync(fd, chunk, 0, chunk.length, at)
    for (let i = 0; i < count; i++) if (chunk[i] !== 0) return false
  }
  return true
}

/** The header is synced before the first frame: shorter than header and frame, nothing was durable in it. */
function unreadableHeader(size: number): WalReport {
  return size <= HEADER
    ? { kind: 'empty' }
    : { kind: 'damaged', what: 'the header of the log does not match its checksum' }
}

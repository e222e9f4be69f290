import { type BlockFile, StoreDamage } from './block-file.ts'

/** Where the newest committed version of each page stands in a write-ahead log. */
export interface WalFrames {
  readonly pageSize: number
  /** Pages of the database after the last transaction; null when the log holds none. */
  readonly pageCount: number | null
  /** Offset of the page's bytes in the log, by page number. */
  readonly frames: ReadonlyMap<number, number>
  /** Bytes of a transaction that was never finished. */
  readonly tornBytes: number
}

const HEADER = 32
const FRAME_HEADER = 24

/**
 * Reads a write-ahead log up to the end of its last whole transaction, every checksum checked. A bad frame behind which
 * no later transaction stands was cut short by a crash; one with a later transaction behind it was durable, and rotted.
 *
 * @throws {StoreDamage} for the latter, and for a header whose checksum does not hold
 */
export function walFrames(file: BlockFile): WalFrames {
  const header = file.read(0, HEADER)
  const view = viewOf(header)
  if (header.length < HEADER) return { pageSize: 0, pageCount: null, frames: new Map(), tornBytes: header.length }
  const bigEndian = (view.getUint32(0) & 1) === 1
  let sum = checksum(header.subarray(0, 24), bigEndian, [0, 0])
  if (sum[0] !== view.getUint32(24) || sum[1] !== view.getUint32(28))
    throw new StoreDamage('the header of the log does not match its checksum', { file: file.path, from: 0, to: HEADER })
  const pageSize = view.getUint32(8)
  const salts = header.slice(16, 24)
  const frameLength = FRAME_HEADER + pageSize
  const frames = new Map<number, number>()
  let open = new Map<number, number>()
  let pageCount: number | null = null
  let wholeEnd = HEADER
  let at = HEADER
  for (; at + frameLength <= file.size; at += frameLength) {
    const frame = file.read(at, at + frameLength)
    const frameView = viewOf(frame)
    if (!sameSalts(frame, salts)) break
    const next = checksum(frame.subarray(FRAME_HEADER), bigEndian, checksum(frame.subarray(0, 8), bigEndian, sum))
    if (next[0] !== frameView.getUint32(16) || next[1] !== frameView.getUint32(20)) break
    sum = next
    open.set(frameView.getUint32(0), at + FRAME_HEADER)
    const commit = frameView.getUint32(4)
    if (commit === 0) continue
    for (const [page, offset] of open) frames.set(page, offset)
    open = new Map()
    pageCount = commit
    wholeEnd = at + frameLength
  }
  let end = at
  let committed = false
  for (let later = at; later + FRAME_HEADER <= file.size; later += frameLength) {
    const head = file.read(later, later + FRAME_HEADER)
    if (!sameSalts(head, salts)) continue
    if (committed)
      throw new StoreDamage('a frame of the log does not match its checksum, and later ones follow it', {
        file: file.path,
        from: at,
        to: Math.min(file.size, at + frameLength),
      })
    end = Math.min(later + frameLength, file.size)
    if (viewOf(head).getUint32(4) !== 0) committed = true
  }
  return { pageSize, pageCount, frames, tornBytes: Math.max(0, end - wholeEnd) }
}

function sameSalts(frame: Uint8Array, salts: Uint8Array): boolean {
  for (let i = 0; i < 8; i++) if (frame[8 + i] !== salts[i]) return false
  return true
}

function checksum(bytes: Uint8Array, bigEndian: boolean, [s0, s1]: readonly [number, number]): [number, number] {
  const view = viewOf(bytes)
  let a = s0
  let b = s1
  for (let i = 0; i < bytes.length; i += 8) {
    a = (a + view.getUint32(i, !bigEndian) + b) >>> 0
    b = (b + view.getUint32(i + 4, !bigEndian) + a) >>> 0
  }
  return [a, b]
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

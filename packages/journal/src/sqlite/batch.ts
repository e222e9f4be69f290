import { crc32 } from 'node:zlib'

/**
 * A batch is what one SQL row holds: the entries of one or more whole appends, as
 * `entry bytes … | zeros to a multiple of 4 | u32le length of each entry`.
 * The count stands in the row; the checksum covers position, count and bytes.
 */

/** Bytes a batch of `count` entries of `entryBytes` in total takes. */
export function batchByteLength(entryBytes: number, count: number): number {
  return align4(entryBytes) + 4 * count
}

/** Writes the padding and the table of `lengths` behind `entryBytes` of entries; returns the batch's whole length. */
export function sealBatch(buffer: ArrayBuffer, entryBytes: number, lengths: readonly number[]): number {
  const view = new DataView(buffer)
  let at = align4(entryBytes)
  for (let i = entryBytes; i < at; i++) view.setUint8(i, 0)
  for (const length of lengths) {
    view.setUint32(at, length, true)
    at += 4
  }
  return at
}

/** The entries of a batch in order, as views on `bytes`. */
export function* batchEntries(bytes: Uint8Array, count: number): Generator<Uint8Array> {
  const tableAt = bytes.byteLength - 4 * count
  const table = new DataView(bytes.buffer, bytes.byteOffset + tableAt, 4 * count)
  let at = 0
  for (let i = 0; i < count; i++) {
    const length = table.getUint32(4 * i, true)
    yield bytes.subarray(at, at + length)
    at += length
  }
}

/** CRC-32 over position, count and bytes: a flipped bit, a moved row and a wrong count all show. */
export function batchChecksum(firstSeq: number, count: number, bytes: Uint8Array): number {
  const head = Buffer.alloc(16)
  head.writeUInt32LE(Math.floor(firstSeq / 2 ** 32), 0)
  head.writeUInt32LE(firstSeq % 2 ** 32, 4)
  head.writeUInt32LE(count, 8)
  head.writeUInt32LE(bytes.byteLength, 12)
  return crc32(bytes, crc32(head))
}

function align4(length: number): number {
  return Math.ceil(length / 4) * 4
}

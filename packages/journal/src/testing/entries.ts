import { randomBytes } from 'node:crypto'

/** A small seeded generator (mulberry32): numbers in 0..1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function freshSeed(): number {
  return randomBytes(4).readUInt32LE(0)
}

const HEAD = 12

/** An entry that says what it is: its seq, the first seq and the count of its append, then bytes that follow from seq. */
export function tellingEntry(seq: number, firstSeq: number, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD + ((seq * 7919) % 1200))
  bytes.writeUInt32LE(seq, 0)
  bytes.writeUInt32LE(firstSeq, 4)
  bytes.writeUInt32LE(count, 8)
  for (let i = HEAD; i < bytes.length; i++) bytes[i] = (seq * 31 + i * 17) & 0xff
  return bytes
}

/** The append that the telling entry at `seq` belongs to; throws when a single byte is not what was written. */
export function readTelling(seq: number, bytes: Uint8Array): { firstSeq: number; count: number } {
  const entry = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (entry.byteLength < HEAD) throw new Error(`entry ${seq} has ${entry.byteLength} bytes`)
  const firstSeq = entry.readUInt32LE(4)
  const count = entry.readUInt32LE(8)
  if (!entry.equals(tellingEntry(seq, firstSeq, count))) throw new Error(`entry ${seq} is not what was written`)
  return { firstSeq, count }
}

/** A snapshot section that follows from its seq. */
export function tellingSection(seq: number, byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength)
  for (let i = 0; i < byteLength; i++) bytes[i] = (seq + i * 13) & 0xff
  return bytes
}

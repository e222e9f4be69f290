import { batchByteLength, sealBatch } from './batch.ts'
import type { SealedBatch } from './protocol.ts'

const FIRST_BYTES = 64 << 10
const BATCH_BYTES = 1 << 20
const COMMIT_BYTES = 16 << 20
const SPARE_BUFFERS = 4

interface Waiter {
  readonly head: number
  readonly resolve: (head: number) => void
  readonly reject: (error: Error) => void
}

/** What goes into one transaction, and who waits for it. */
export interface Group {
  readonly batches: readonly SealedBatch[]
  readonly waiters: readonly Waiter[]
  readonly byteLength: number
  readonly head: number
}

interface OpenBatch {
  firstSeq: number
  buffer: ArrayBuffer
  bytes: Uint8Array
  used: number
  lengths: number[]
  waiters: Waiter[]
}

/**
 * Gathers appends into batches while the commit before them is under way. An append is copied once, into the buffer
 * that goes to the worker and from there into SQLite; it never straddles two batches.
 */
export class AppendQueue {
  readonly #spare: ArrayBuffer[] = []
  readonly #sealed: { batch: SealedBatch; waiters: Waiter[]; size: number }[] = []
  #open: OpenBatch | null = null
  /** Bytes gathered and not yet taken. */
  queuedBytes = 0

  /** Copies `entries`, `size` bytes in total, the first of which gets `firstSeq`. */
  add(firstSeq: number, entries: readonly Uint8Array[], size: number): Promise<number> {
    const batch = this.#room(firstSeq, entries.length, size)
    for (const entry of entries) {
      batch.bytes.set(entry, batch.used)
      batch.used += entry.byteLength
      batch.lengths.push(entry.byteLength)
    }
    this.queuedBytes += size
    return new Promise((resolve, reject) => {
      batch.waiters.push({ head: firstSeq + entries.length, resolve, reject })
    })
  }

  /** Everything gathered, up to what one transaction should hold; null when there is nothing. */
  take(): Group | null {
    this.#seal()
    if (this.#sealed.length === 0) return null
    let byteLength = 0
    let count = 0
    for (const { batch } of this.#sealed) {
      if (count > 0 && byteLength + batch.byteLength > COMMIT_BYTES) break
      byteLength += batch.byteLength
      count++
    }
    const taken = this.#sealed.splice(0, count)
    const batches = taken.map(({ batch }) => batch)
    const last = batches[batches.length - 1] as SealedBatch
    const waiters = taken.length === 1 ? (taken[0]?.waiters ?? []) : taken.flatMap((one) => one.waiters)
    for (const { size } of taken) this.queuedBytes -= size
    return { batches, waiters, byteLength, head: last.firstSeq + last.count }
  }

  /** Takes back the buffers of a finished transaction. */
  recycle(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers) {
      if (this.#spare.length < SPARE_BUFFERS && buffer.byteLength <= BATCH_BYTES) this.#spare.push(buffer)
    }
  }

  #room(firstSeq: number, count: number, size: number): OpenBatch {
    const open = this.#open
    if (open !== null) {
      const needed = batchByteLength(open.used + size, open.lengths.length + count)
      if (needed <= open.buffer.byteLength) return open
      if (needed <= BATCH_BYTES) {
        grow(open, needed)
        return open
      }
      this.#seal()
    }
    const needed = batchByteLength(size, count)
    const spare = this.#spare.pop()
    const buffer =
      spare !== undefined && spare.byteLength >= needed ? spare : new ArrayBuffer(Math.max(FIRST_BYTES, needed))
    this.#open = { firstSeq, buffer, bytes: new Uint8Array(buffer), used: 0, lengths: [], waiters: [] }
    return this.#open
  }

  #seal(): void {
    const open = this.#open
    if (open === null) return
    this.#open = null
    const { firstSeq, buffer, used, lengths, waiters } = open
    const byteLength = sealBatch(buffer, used, lengths)
    this.#sealed.push({ batch: { firstSeq, count: lengths.length, buffer, byteLength }, waiters, size: used })
  }
}

function grow(batch: OpenBatch, needed: number): void {
  const buffer = new ArrayBuffer(Math.min(BATCH_BYTES, Math.max(needed, 2 * batch.buffer.byteLength)))
  const bytes = new Uint8Array(buffer)
  bytes.set(batch.bytes.subarray(0, batch.used))
  batch.buffer = buffer
  batch.bytes = bytes
}

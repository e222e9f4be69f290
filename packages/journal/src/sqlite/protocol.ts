import type { JournalFaultCode, JournalRefusalCode, LockHolder } from '../errors.ts'
import type { JournalNotice } from '../journal.ts'

/** What the main thread gives the worker at its start. */
export interface StoreSettings {
  readonly dir: string
  readonly kind: string
  readonly createdMs: number
  /** Bytes the write-ahead log may reach before it is carried into the database. */
  readonly checkpointBytes: number
  /** Bytes the database may grow to, null for no limit but the disk's. */
  readonly maxStoreBytes: number | null
  readonly self: LockHolder
}

/** A sealed batch on its way to the worker; the buffer comes back with the answer to be used again. */
export interface SealedBatch {
  readonly firstSeq: number
  readonly count: number
  readonly buffer: ArrayBuffer
  readonly byteLength: number
}

export type StoreRequest =
  | { readonly kind: 'commit'; readonly batches: readonly SealedBatch[] }
  | { readonly kind: 'read'; readonly id: number; readonly from: number; readonly to: number }
  | { readonly kind: 'anchor'; readonly id: number; readonly seq: number }
  | { readonly kind: 'close' }

/** An error of the journal as it crosses threads. */
export interface WireError {
  readonly code: JournalRefusalCode | JournalFaultCode
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

/** Batches of a read: `index` holds firstSeq, count, offset and length of each, `buffer` their bytes. */
export interface Chunk {
  readonly index: Float64Array
  readonly buffer: ArrayBuffer
}

export type StoreAnswer =
  | {
      readonly kind: 'opened'
      readonly head: number
      readonly journalId: string
      readonly notices: readonly JournalNotice[]
    }
  | { readonly kind: 'refused'; readonly error: WireError }
  | { readonly kind: 'committed'; readonly buffers: readonly ArrayBuffer[] }
  | { readonly kind: 'commit-failed'; readonly error: WireError }
  | { readonly kind: 'chunk'; readonly id: number; readonly chunk: Chunk }
  | { readonly kind: 'anchored'; readonly id: number; readonly checksum: number }
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError }
  | { readonly kind: 'poisoned'; readonly error: WireError }

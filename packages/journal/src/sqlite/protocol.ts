import type { MessagePort } from 'node:worker_threads'
import type { SignatureLine } from '@parley/record'
import type { JournalFaultCode, JournalRefusalCode, LockHolder } from '../errors.ts'
import type { JournalNotice } from '../journal.ts'
import type { CosignedHead, JournalLog, LogSettings, LogStanding, SignedCheckpoint } from '../log.ts'

/** What the main thread gives the worker to open a store. */
export interface StoreSettings {
  readonly dir: string
  readonly kind: string
  readonly createdMs: number
  /** Bytes the write-ahead log may reach before it is carried into the database. */
  readonly checkpointBytes: number
  /** Bytes the database may grow to, null for no limit but the disk's. */
  readonly maxStoreBytes: number | null
  readonly self: LockHolder
  /** Null for a journal that is no log, and for reading one. */
  readonly log: LogSettings | null
}

/** Opens a store in the thread. */
export interface OpenRequest {
  readonly kind: 'open'
  readonly settings: StoreSettings
  /** Over which this one store is asked. Its end says that the store has let go of its files. */
  readonly port: MessagePort
}

/** What the thread itself is told; each store is spoken to over its own port. */
export type ThreadRequest = OpenRequest | { readonly kind: 'end' }

/** What stands still of an opened log. */
export interface LogIdentity {
  readonly origin: string
  readonly vkey: string
  readonly author: JournalLog['author']
}

/** What the main thread answers from without asking. */
export interface LogView {
  readonly standing: LogStanding
  readonly checkpoint: SignedCheckpoint | null
  readonly cosigned: SignedCheckpoint | null
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
  /** `last`: the thread ends with this store. */
  | { readonly kind: 'close'; readonly last: boolean }
  | (LogRequest & { readonly id: number })

/** What only a log is asked. */
export type LogRequest =
  | { readonly kind: 'stage'; readonly batches: readonly SealedBatch[] }
  | { readonly kind: 'unstage' }
  | { readonly kind: 'append-signed'; readonly batches: readonly SealedBatch[]; readonly note: Uint8Array }
  | { readonly kind: 'tile'; readonly level: number; readonly index: number; readonly width: number }
  | { readonly kind: 'bundle'; readonly index: number; readonly width: number }
  | { readonly kind: 'blob'; readonly sha256: string }
  | { readonly kind: 'root-at'; readonly size: number }
  | { readonly kind: 'save-cosignatures'; readonly size: number; readonly lines: readonly SignatureLine[] }
  | { readonly kind: 'reconcile'; readonly heads: readonly CosignedHead[] }
  | { readonly kind: 'halt'; readonly why: string }
  | { readonly kind: 'seal'; readonly next: string }

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
      readonly log: (LogIdentity & { readonly view: LogView }) | null
    }
  | { readonly kind: 'notice'; readonly notice: JournalNotice }
  | { readonly kind: 'refused'; readonly error: WireError }
  | {
      readonly kind: 'committed'
      readonly buffers: readonly ArrayBuffer[]
      /** The head signed with this commit. */
      readonly checkpoint: SignedCheckpoint | null
    }
  /** Nothing of the commit was tried: the log does not take entries as it stands. */
  | { readonly kind: 'commit-refused'; readonly error: WireError; readonly view: LogView }
  | { readonly kind: 'commit-failed'; readonly error: WireError }
  | { readonly kind: 'chunk'; readonly id: number; readonly chunk: Chunk }
  | { readonly kind: 'anchored'; readonly id: number; readonly checksum: number }
  /** A request to the log was carried out; `bytes` where it asks for some. */
  | {
      readonly kind: 'log-answer'
      readonly id: number
      readonly bytes: Uint8Array | null
      readonly head: number
      readonly view: LogView
    }
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError }
  | { readonly kind: 'poisoned'; readonly error: WireError }

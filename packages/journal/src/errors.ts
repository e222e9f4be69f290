import { FaultError, RefusedError } from '@parley/units'
import type { LogStanding } from './log.ts'

/** The process that holds a store, as it described itself when it took the lock. */
export interface LockHolder {
  readonly pid: number
  readonly host: string
}

/** Facts of each refusal, by code. */
export interface JournalRefusalDetails {
  HEAD_MOVED: { readonly expectedHead: number; readonly actualHead: number }
  OUT_OF_RANGE: { readonly from: number; readonly to: number; readonly head: number }
  APPEND_TOO_LARGE: { readonly byteLength: number; readonly limit: number }
  OVERLOADED: { readonly queuedBytes: number; readonly limit: number }
  CLOSED: { readonly dir: string }
  SNAPSHOT_BEYOND_HEAD: { readonly seq: number; readonly head: number }
  INVALID_SNAPSHOT: { readonly rule: string; readonly value: string }
  /** `holder` is null when the holder left no note of itself. */
  LOCKED: { readonly dir: string; readonly holder: LockHolder | null }
  NOT_A_FOLDER: { readonly dir: string }
  UNWRITABLE: { readonly dir: string; readonly systemCode: string }
  READ_ONLY: { readonly path: string; readonly systemCode: string }
  NOT_A_DATABASE: { readonly path: string }
  FOREIGN_DATABASE: { readonly path: string; readonly applicationId: number }
  WRONG_KIND: { readonly path: string; readonly found: string; readonly wanted: string }
  NEWER_FORMAT: { readonly path: string; readonly found: number; readonly supported: number }
  /** A log with these settings cannot be. */
  INVALID_LOG: { readonly field: string; readonly value: string; readonly rule: string }
  /** The folder holds a log of another name, key or author; or entries that no mirror can vouch for. */
  OTHER_LOG: { readonly path: string; readonly field: string; readonly found: string; readonly wanted: string }
  /** The log takes no entries as it stands. */
  NOT_SIGNING: { readonly path: string; readonly standing: LogStanding }
  /** The entry, the one of this position in its append, begins as only the text that stands for a long entry may. */
  RESERVED_ENTRY: { readonly index: number; readonly rule: string }
  INVALID_CHECKPOINT: { readonly rule: string; readonly size: number | null }
  /** Roots in base64. */
  ROOT_MISMATCH: { readonly size: number; readonly signed: string; readonly computed: string }
  UNKNOWN_CHECKPOINT: { readonly size: number }
  INVALID_COSIGNATURE: { readonly name: string; readonly rule: string }
}

/** Facts of each fault, by code. */
export interface JournalFaultDetails {
  COMMIT_FAILED: {
    readonly path: string
    readonly reason: 'disk-full' | 'io-error' | 'store-replaced' | 'worker-lost' | 'computation-mismatch'
    /** Whether the entries that were not acknowledged are surely gone, or may be found after the next opening. */
    readonly outcome: 'absent' | 'unknown'
    /** The head that stays durable. */
    readonly head: number
    readonly systemCode: string
  }
  /** `seq` is the first entry that cannot be trusted, null when the damage cannot be placed. */
  CORRUPT: { readonly path: string; readonly seq: number | null; readonly what: string }
  /** The entries do not give the root that was signed for them; roots in base64. Nothing is signed on top of it. */
  LOG_MISMATCH: {
    readonly path: string
    readonly size: number
    readonly signed: string
    readonly computed: string
  }
  IO_FAILED: { readonly path: string; readonly operation: string; readonly systemCode: string }
}

export type JournalRefusalCode = keyof JournalRefusalDetails
export type JournalFaultCode = keyof JournalFaultDetails
export type JournalErrorCode = JournalRefusalCode | JournalFaultCode

/** The journal will not do what was asked; nothing changed. The message says what to do. */
export class JournalRefusal<C extends JournalRefusalCode = JournalRefusalCode> extends RefusedError {
  readonly code: C
  declare readonly details: Readonly<Record<string, unknown>> & JournalRefusalDetails[C]

  constructor(code: C, message: string, details: JournalRefusalDetails[C]) {
    super(message, { ...details })
    this.code = code
  }
}

/** The journal cannot do what it must: the disk, the file or the worker failed. The message says what to do. */
export class JournalFault<C extends JournalFaultCode = JournalFaultCode> extends FaultError {
  readonly code: C
  declare readonly details: Readonly<Record<string, unknown>> & JournalFaultDetails[C]

  constructor(code: C, message: string, details: JournalFaultDetails[C], options?: ErrorOptions) {
    super(message, { ...details }, options)
    this.code = code
  }
}

export type JournalError = JournalRefusal | JournalFault

/** Whether `error` is one of the journal's own, and of `code` when one is given. */
export function isJournalError(error: unknown, code?: JournalErrorCode): error is JournalError {
  return (
    (error instanceof JournalRefusal || error instanceof JournalFault) && (code === undefined || error.code === code)
  )
}

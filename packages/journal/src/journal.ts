import type { JournalLog } from './log.ts'

/** One entry of the log. `bytes` may share memory with its neighbours: copy what is kept for long, never write to it. */
export interface JournalEntry {
  /** Position in the log, from 0; an entry is durable once `head()` is above its `seq`. */
  readonly seq: number
  readonly bytes: Uint8Array
}

/** A named run of bytes of a snapshot. */
export interface Section {
  readonly name: string
  readonly bytes: Uint8Array
}

/** State as it was after the first `seq` entries; each section starts at offset 0 of its own ArrayBuffer. */
export interface Snapshot {
  readonly seq: number
  readonly sections: Map<string, Uint8Array>
}

/**
 * An ordered, durable log with one writer, and the snapshots that make replaying it short.
 *
 * Entries are opaque bytes numbered from 0 in the order they were accepted; no clock takes part in that order.
 * Every rejection is a {@link JournalRefusal} (the request cannot be granted, nothing changed) or a
 * {@link JournalFault} (the store is broken). Drivers prove themselves by `journalConformance`.
 */
export interface Journal extends AsyncDisposable {
  /** The transparency log over these entries; null when the journal was never opened as one. */
  readonly log: JournalLog | null

  /** How many entries are durable; also the `seq` the next one after them gets. */
  head(): number

  /**
   * Appends `entries` as one unit, all or none, if the log's tail is `expectedHead`: the durable head plus everything
   * appended but not yet durable. Callers may therefore append many times without waiting, each expecting the tail the
   * one before it left. Resolves with the head after these entries, once they are durable. The bytes are copied before
   * the call returns. With no entries it writes nothing and resolves when all earlier appends are durable.
   *
   * As a log, a signer's entries become durable together with the signed head over them; a mirror's are kept as proven
   * by the caller, and its head stays where it is until `log.appendSigned`.
   *
   * @throws {JournalRefusal} `HEAD_MOVED` when the tail is another; `APPEND_TOO_LARGE`; `OVERLOADED` when too many
   *   bytes wait for the disk; `CLOSED`; of a log also `NOT_SIGNING` and `RESERVED_ENTRY`
   * @throws {JournalFault} `COMMIT_FAILED` when the store could not make the entries durable; from then on every append
   *   fails so, and reads go on working
   */
  append(expectedHead: number, entries: readonly Uint8Array[]): Promise<number>

  /**
   * The entries `from` (included) to `to` (excluded), in bounded memory however long the range.
   *
   * @throws {JournalRefusal} `OUT_OF_RANGE` at once unless 0 <= from <= to <= head(); `CLOSED`
   * @throws {JournalFault} `CORRUPT` with the `seq` when stored bytes are not those that were written
   */
  read(from: number, to: number): AsyncIterable<JournalEntry>

  /**
   * The durable entries from `from` on, those that exist and then each new one as it becomes durable. Ends when
   * `signal` aborts, and only then.
   *
   * @throws {JournalRefusal} `OUT_OF_RANGE` at once unless 0 <= from <= head(); `CLOSED` when the journal closes
   * @throws {JournalFault} `COMMIT_FAILED` after the last durable entry, when no more can come; `CORRUPT`
   */
  follow(from: number, signal: AbortSignal): AsyncIterable<JournalEntry>

  /**
   * Keeps `sections` as the state after the first `seq` entries. Neither the sections nor their bytes may change until
   * the promise settles: they are written from where they lie, in chunks, without a copy. The newest two snapshots are
   * kept. A snapshot is a cache: losing one costs replay time, never an entry.
   *
   * @throws {JournalRefusal} `SNAPSHOT_BEYOND_HEAD` when `seq` is above head(); `INVALID_SNAPSHOT` on a repeated name;
   *   `CLOSED`
   * @throws {JournalFault} `IO_FAILED`; the snapshots there before remain
   */
  saveSnapshot(seq: number, sections: readonly Section[]): Promise<void>

  /** The newest snapshot whose every checksum holds and that belongs to this log's own past; null when there is none. */
  loadSnapshot(): Promise<Snapshot | null>

  /** Makes what was appended durable, then lets go of everything held. Safe to call twice. */
  close(): Promise<void>
}

/** What a driver did that its operator should know of; it goes on working. */
export type JournalNotice =
  | {
      readonly kind: 'snapshot-skipped'
      readonly path: string
      readonly seq: number
      readonly reason: SnapshotProblem
    }
  | {
      /** The last write before a crash was cut short: it had not been acknowledged, and was dropped. */
      readonly kind: 'torn-tail'
      readonly path: string
      readonly droppedBytes: number
    }
  | {
      /** The tree over older entries is being built at opening; told about once a second. */
      readonly kind: 'building-tree'
      readonly path: string
      readonly done: number
      readonly total: number
    }
  | {
      /** Tiles were missing or damaged and were made again from the entries; they lead to the signed root. */
      readonly kind: 'tiles-rebuilt'
      readonly path: string
      readonly tiles: number
    }
  | {
      /** Entries set down for `appendSigned` when the process ended, and removed: they were never acknowledged. */
      readonly kind: 'unfinished-append'
      readonly path: string
      readonly from: number
    }

/** Why a snapshot is not used. `beyond-head` and `other-history` mean that the log lost entries or was replaced. */
export type SnapshotProblem =
  | 'beyond-head'
  | 'other-history'
  | 'other-journal'
  | 'not-a-snapshot'
  | 'newer-version'
  | 'truncated'
  | 'checksum'
  | 'unreadable'

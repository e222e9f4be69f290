import type { SignatureLine, VerifierKey } from '@parley/record'

/** Who writes a log. A `signer` holds the log's key and signs each head; a `mirror` keeps what that key has signed. */
export type LogAuthor =
  | {
      readonly kind: 'signer'
      /** The log's secret key, `PRIVATE+KEY+…` of type 0x01, named as the origin. */
      readonly skey: string
      /**
       * Sign nothing, not even the first head, before {@link JournalLog.reconcile} has held this log against what its
       * cosigners have seen. For every log that has cosigners: a restored backup would otherwise fork it.
       */
      readonly hold?: boolean
    }
  | {
      readonly kind: 'mirror'
      /** The log's public key as vkey text, of type 0x01, named as the origin. */
      readonly logKey: string
    }

/** Makes a journal a transparency log: a Merkle tree over its entries and a signed head with every commit. */
export interface LogSettings {
  /** The log's name, the first line of its checkpoints. */
  readonly origin: string
  readonly author: LogAuthor
}

/** A head of the log with the note that signs it. */
export interface SignedCheckpoint {
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  /** The signed note as it goes to others (c2sp.org/tlog-checkpoint). */
  readonly note: Uint8Array
}

/** What a log does with new entries, and why it does not sign. Only `signing` and `mirroring` take them. */
export type LogStanding =
  | { readonly kind: 'signing' }
  | { readonly kind: 'mirroring' }
  /** Opened without its author: for reading. */
  | { readonly kind: 'reading' }
  /** Opened with `hold`, and not yet held against what the cosigners have seen. */
  | { readonly kind: 'held' }
  /**
   * A cosigner has seen a larger head: entries were lost here, or another process signs with this key. `proven` when
   * the larger head carries this log's own signature; a bare number may be a lie. `appendSigned` of the missing entries
   * leads back to `signing`; if nobody has them, `seal` this log and continue under the next number.
   */
  | { readonly kind: 'behind'; readonly size: number; readonly proven: boolean }
  /** A head signed with this log's key is not in this tree: two histories exist. Only `seal` is left. */
  | { readonly kind: 'forked'; readonly size: number }
  | { readonly kind: 'halted'; readonly why: string }
  /** Closed for ever; `next` is the origin of the log that continues it. */
  | { readonly kind: 'sealed'; readonly next: string }

/** What a cosigner says it has seen of this log: a size, and the head itself when the cosigner can show it. */
export interface CosignedHead {
  readonly size: number
  /** The checkpoint under this log's own signature, as a mirror serves it. A witness tells the size alone. */
  readonly note?: Uint8Array
}

/**
 * The journal as a tlog-tiles log (record.md 1.3–1.5, 3.5). A signer's every commit makes entries and signed head
 * durable together, in one sync; nothing is acknowledged before. Tiles are a derived view: they are held against the
 * signed head when they are read, and rebuilt from the entries when they are lost.
 *
 * A leaf is the entry itself, or for an entry above 65,535 bytes the text that names it (`leafOf`).
 */
export interface JournalLog {
  readonly origin: string
  readonly key: VerifierKey
  readonly author: 'signer' | 'mirror' | 'reader'

  /** What the log does with new entries at this moment. */
  standing(): LogStanding

  /**
   * The newest durable head, under the log's signature alone. It covers every entry of a signer; a mirror may hold
   * proven entries beyond it. Null for a mirror before its first, and for a held author that has never signed.
   */
  checkpoint(): SignedCheckpoint | null

  /** The newest head that carries cosignatures, these included, the latest of each cosigner; null when none does. */
  cosignedCheckpoint(): SignedCheckpoint | null

  /**
   * The first `width` (1 to 256) hashes of a tile of the tree as signed, also where the tile has grown wider since;
   * null when the tree as signed has not so many. With `tileReader(log)` of @parley/record, proofs are made from it.
   *
   * @throws {JournalFault} `CORRUPT` when the stored bytes do not lead to the signed root
   */
  tile(level: number, index: number, width: number): Promise<Uint8Array | null>

  /**
   * Entry bundle `index` (c2sp.org/tlog-tiles) cut to `width` leaves; null when the tree as signed has not so many.
   *
   * @throws {JournalFault} `CORRUPT` when the stored entries are not those of the signed tree
   */
  bundle(index: number, width: number): Promise<Uint8Array | null>

  /** Content of an entry too long for a leaf, by the lower-case hex of its SHA-256; null when there is none. */
  blob(sha256: string): Promise<Uint8Array | null>

  /**
   * Root of the tree of the first `size` entries, 32 bytes.
   *
   * @throws {JournalRefusal} `OUT_OF_RANGE` unless 0 <= size <= head()
   */
  rootAt(size: number): Promise<Uint8Array>

  /**
   * Appends `entries` under a head that is signed already: a mirror's append, and an author's way out of `behind`. The
   * note must be signed by the log's key and its root must be that of the tree with these entries; then entries and
   * note become durable in one commit. Entries given as an array of up to 64 MiB travel at once; others are set down in
   * bounded steps first, and none shows in `head()` before the note holds. An author's note covers all the entries; a
   * mirror's may end anywhere between its checkpoint and the last entry, also with no new entries.
   *
   * @returns the head afterwards
   * @throws {JournalRefusal} `HEAD_MOVED`; `INVALID_CHECKPOINT` when the note is not the log's or of no fitting size;
   *   `ROOT_MISMATCH` when the entries do not give its root; `RESERVED_ENTRY`; `NOT_SIGNING` unless mirroring or behind
   * @throws {JournalFault} `COMMIT_FAILED`
   */
  appendSigned(
    expectedHead: number,
    entries: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    note: Uint8Array,
  ): Promise<number>

  /**
   * Keeps cosignatures, verified by the caller, of the head of `size`. Of each cosigner the first (when it was known)
   * and the one of the latest time are kept; one that is not newer changes nothing.
   *
   * @throws {JournalRefusal} `UNKNOWN_CHECKPOINT` when no head of that size was signed here
   */
  saveCosignatures(size: number, lines: readonly SignatureLine[]): Promise<void>

  /**
   * Holds this log against what its cosigners have seen: signs from now on when all of it lies in this tree. To be
   * called once after opening with `hold`, and again whenever a cosigner shows a head that is not expected. `forked`,
   * `halted` and `sealed` stay, and so does `behind` while a proven larger head is missing here.
   *
   * @throws {JournalRefusal} `INVALID_CHECKPOINT` when a note given is not under this log's signature
   */
  reconcile(heads: readonly CosignedHead[]): Promise<LogStanding>

  /** Signs nothing more until the journal is opened again. */
  halt(why: string): Promise<LogStanding>

  /**
   * Closes the log for ever (record.md 2.6, `log.continue`): it is served on and takes no entry again. `next` is the
   * origin of the log that continues it, in a folder of its own, whose first entry cites the last head both sides hold.
   */
  seal(next: string): Promise<LogStanding>
}

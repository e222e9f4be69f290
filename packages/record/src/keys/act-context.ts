/** An entry as a `ref` needs to know it. */
export interface CitedEntry {
  /** Leaf hash, 32 bytes. */
  readonly leaf: Uint8Array
  /** Party ids it is addressed to where it is a sealed act; null for any other entry. */
  readonly sealedTo: readonly string[] | null
}

/**
 * What a replica holds beyond the log it judges: other logs, cosignatures, heads. Every answer is a fact of the bytes held
 * and not of when they came, so a verdict is a function of the set of them. Where nothing is held the answer is null, and
 * the act is marked, not refused: a later judgement of the same act may settle it.
 */
export interface ActContext {
  /** When a counterpart's mirror first cosigned a head that covers this entry, by that mirror's clock, unix seconds. */
  readonly receiptAtS: number | null
  /** The latest cosignature time among the heads this act or one before it cites: it cannot be older than that. */
  readonly lowerBoundS: number | null
  /** Whether the author's mirror cosigned this head of `origin`; null when its cosignatures are not in hand. */
  cosigned(origin: string, size: number, root: string): boolean | null
  /** The root in base64 that the log had at this size, null when it is not in hand. */
  rootAt(origin: string, size: number): string | null
  /** The entry at an index of any log, this one included, null when it is not in hand. */
  entryAt(origin: string, index: number): CitedEntry | null
}

/** The context of one who holds this log and nothing else. */
export const NOTHING_ELSE_KNOWN: ActContext = {
  receiptAtS: null,
  lowerBoundS: null,
  cosigned: () => null,
  rootAt: () => null,
  entryAt: () => null,
}

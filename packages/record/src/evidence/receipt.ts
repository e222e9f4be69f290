/** An act with the proof that its log holds it and that a counterpart's mirror stored it. */
export interface Receipt {
  readonly kind: 'receipt'
  /** The entry as it stands in the log. */
  readonly entry: Uint8Array
  /** The `.tlog-proof` file (c2sp.org/tlog-proof), whose checkpoint carries the mirror's line. */
  readonly proof: Uint8Array
}

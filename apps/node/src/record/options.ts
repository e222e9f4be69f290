/** How the record of a node runs: its own log, what it witnesses and mirrors for others, and who cosigns for it. */
export interface RecordOptions {
  /** Whether anyone may read the log; otherwise only members may, besides its checkpoint and key. */
  readonly publicLog: boolean
  /** Name of the log, chosen once, at the first start; null: made from its key. */
  readonly origin: string | null
  /** Keys of the logs this node witnesses. */
  readonly witnessFor: readonly string[]
  /** Keys of the logs this node mirrors. */
  readonly mirrorFor: readonly string[]
  /** Who is asked to cosign this node's log, each as `VKEY[,VKEY]=URL`. */
  readonly cosigners: readonly string[]
  /** Whether to refuse to start while no cosigner answers, instead of starting with a warning. */
  readonly requireCosigner: boolean
  /** How often a cosigner is asked for a fresh time on an unchanged head. */
  readonly heartbeatMs: number
  /** Whether witness and mirror add an ML-DSA-44 line, at most once an hour a log. */
  readonly pq: boolean
  /** Bytes of entries that the mirror keeps for one log. */
  readonly mirrorQuotaBytes: number
  /** Number of the node's log that is given up and goes on under the next one; null: none. Once done, it changes nothing. */
  readonly continueLog: number | null
  /** Whether entries whose heads were cosigned, and that nobody holds any more, are given up with it. */
  readonly acceptLoss: boolean
  /** Whether to make the keys of the next three logs, and tell them. */
  readonly nextLogKeys: boolean
  /** Names of the keys of witness and mirror that others take over from; one that signs no more changes nothing. */
  readonly retireKeys: readonly string[]
}

export const RECORD_DEFAULTS: RecordOptions = {
  publicLog: false,
  origin: null,
  witnessFor: [],
  mirrorFor: [],
  cosigners: [],
  requireCosigner: false,
  heartbeatMs: 10_000,
  pq: false,
  mirrorQuotaBytes: 64 * 2 ** 30,
  continueLog: null,
  acceptLoss: false,
  nextLogKeys: false,
  retireKeys: [],
}

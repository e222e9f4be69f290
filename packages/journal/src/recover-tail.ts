import { decodeBundle, openCheckpoint, parseBlobLeaf } from '@parley/record'
import { JournalRefusal } from './errors.ts'
import type { Journal } from './journal.ts'

/** Where a lost tail is: a mirror of the log, read as c2sp.org/tlog-tiles. Each call may reject; nothing is kept then. */
export interface TailSource {
  /** The mirror's checkpoint; it carries the signature of the log itself. */
  checkpoint(): Promise<Uint8Array>
  /** Entry bundle `index` of `width` leaves. */
  bundle(index: number, width: number): Promise<Uint8Array>
  /** Content of an entry too long for a leaf, by the lower-case hex of its SHA-256. */
  blob(sha256: string): Promise<Uint8Array>
}

const BUNDLE = 256

/**
 * Brings back the entries a log lost that its mirror still has, verbatim, under the head the log itself signed over them
 * before (record.md 3.5, restart c). For a log that is `behind`; it signs again afterwards. Memory is bounded by one
 * bundle and one blob however long the tail.
 *
 * @returns the head afterwards; the head as it is when the mirror has no more
 * @throws {JournalRefusal} `NOT_SIGNING` when there is no log, or it is not behind; `INVALID_CHECKPOINT`;
 *   `ROOT_MISMATCH` when the mirror's entries, or those still here, are not the ones that were signed
 * @throws RecordError MALFORMED_BUNDLE, RESERVED_ENTRY when the mirror serves what is none
 * @throws whatever the source rejects with
 */
export async function recoverTail(journal: Journal, source: TailSource): Promise<number> {
  const { log } = journal
  if (log === null) throw new Error('recoverTail: the journal is no log')
  const note = await source.checkpoint()
  const from = journal.head()
  let to: number
  try {
    to = openCheckpoint(note, log.key).checkpoint.size
  } catch (cause) {
    const rule = `must be a checkpoint of ${log.origin} signed by its key`
    throw new JournalRefusal('INVALID_CHECKPOINT', `What the mirror serves ${rule}: ${(cause as Error).message}.`, {
      rule,
      size: null,
    })
  }
  if (to <= from) return from
  return log.appendSigned(from, entries(source, from, to), note)
}

async function* entries(source: TailSource, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let index = Math.floor(from / BUNDLE); index * BUNDLE < to; index++) {
    const first = index * BUNDLE
    const width = Math.min(BUNDLE, to - first)
    const leaves = decodeBundle(await source.bundle(index, width), width)
    for (const leaf of leaves.slice(Math.max(0, from - first))) {
      const blob = parseBlobLeaf(leaf)
      // A content that is not the one named gives another leaf, and with it another root.
      yield blob === null ? leaf : await source.blob(blob.sha256)
    }
  }
}

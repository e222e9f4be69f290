import type { Journal, JournalLog } from '@parley/journal'
import { formatVkey } from '@parley/record'
import type { ReadableLog } from './log-resource.ts'

/** The log behind this node's pool, as others read it. */
export interface OwnLog extends ReadableLog {
  readonly origin: string
  readonly vkey: string
  /** Whether tiles and entries are for anyone. */
  readonly public: boolean
  /** Entries under the newest signed head. */
  size(): number
}

/** The log of a journal that was opened as one. */
export function logOf(journal: Journal): JournalLog {
  if (journal.log === null) throw new Error('the journal was not opened as a log')
  return journal.log
}

/**
 * Serves a journal's log. The checkpoint is that of the newest head, with the cosignatures that are there for it at that moment: none
 * right after an append, those of each cosigner as they come in.
 */
export function ownLog(log: JournalLog, options: { readonly public: boolean }): OwnLog {
  return {
    origin: log.origin,
    vkey: formatVkey(log.key),
    public: options.public,
    size: () => log.checkpoint()?.size ?? 0,
    checkpoint: () => Promise.resolve(newestNote(log)),
    tile: (level, index, width) => log.tile(level, index, width),
    bundle: (index, width) => log.bundle(index, width),
    blob: (sha256Hex) => log.blob(sha256Hex),
  }
}

function newestNote(log: JournalLog): Uint8Array | null {
  const signed = log.checkpoint()
  const cosigned = log.cosignedCheckpoint()
  return (cosigned !== null && cosigned.size === signed?.size ? cosigned : signed)?.note ?? null
}

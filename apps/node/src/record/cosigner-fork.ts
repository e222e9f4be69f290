import {
  isRecordError,
  parseCheckpoint,
  parseNote,
  type TileReader,
  type TwoHeads,
  type VerifierKey,
  verifyCosignerFork,
} from '@parley/record'
import type { EvidenceStore } from './evidence-store.ts'
import { forkAgainst, type ShownHead } from './fork.ts'

/** What a cosigner vouched for here, and what it shows now. */
export interface ShownByCosigner {
  readonly name: string
  readonly keys: readonly VerifierKey[]
  /** The newest head of this log that carries its line; null when none does. */
  readonly vouched: ShownHead | null
  readonly shown: Uint8Array
  /** Tiles of this log. */
  readonly reader: TileReader
  readonly nowMs: number
}

/**
 * Keeps as evidence that one cosigner has vouched for two histories of this log (record.md #79): its line stands on a head that was
 * taken here and on one that this log cannot have. Whether the log's key signed the second does not matter. Gives the file; null when
 * it shows nothing of the kind, or was kept before.
 */
export async function keepCosignerFork(
  evidence: EvidenceStore,
  { name, keys, vouched, shown, reader, nowMs }: ShownByCosigner,
): Promise<string | null> {
  if (vouched === null) return null
  let fork: TwoHeads | null
  let origin: string
  try {
    const checkpoint = parseCheckpoint(parseNote(shown).text)
    origin = checkpoint.origin
    fork = await forkAgainst({ ...vouched, reader }, { checkpoint, note: shown })
  } catch (error) {
    if (isRecordError(error)) return null
    throw error
  }
  if (fork === null) return null
  for (const key of keys) {
    const object = { kind: 'cosigner-fork', ...fork } as const
    try {
      verifyCosignerFork(object, key)
    } catch (error) {
      if (isRecordError(error)) continue
      throw error
    }
    const notes = [fork.first, fork.second].map((note) => Buffer.from(note).toString('utf8'))
    const message = `${key.name} has vouched for two histories of one log`
    return evidence.save({ kind: 'cosigner-fork', origin, by: name, message, notes }, nowMs, object)
  }
  return null
}

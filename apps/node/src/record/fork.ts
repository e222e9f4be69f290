import { type Checkpoint, equalBytes, findForkByPrefix, type TileReader, type TwoHeads } from '@parley/record'
import type { EvidenceStore } from './evidence-store.ts'

/** A signed head with the tree under it. */
export interface HeldTree {
  readonly checkpoint: Pick<Checkpoint, 'size' | 'root'>
  readonly note: Uint8Array
  readonly reader: TileReader
}

/** A signed head of the same log that somebody shows. */
export type ShownHead = Pick<HeldTree, 'checkpoint' | 'note'>

export const FORK_MESSAGE = 'the log signed two heads that one log cannot have'

/**
 * What shows that a log whose tree is held here has signed a second history with another head; null when that tells nothing: it is
 * the head of a part of the tree, or beyond it.
 */
export async function forkAgainst(held: HeldTree, { note, checkpoint }: ShownHead): Promise<TwoHeads | null> {
  const { size, root } = held.checkpoint
  if (checkpoint.size > size) return null
  if (checkpoint.size < size) return findForkByPrefix(held.note, note, held.reader)
  return equalBytes(checkpoint.root, root) ? null : { first: held.note, second: note, leaves: null }
}

/** Keeps a fork as evidence; gives the file, null when it was kept before. */
export function keepFork(
  evidence: EvidenceStore,
  {
    origin,
    by,
    fork,
    message = FORK_MESSAGE,
    nowMs,
  }: {
    readonly origin: string
    readonly by: string
    readonly fork: TwoHeads
    readonly message?: string
    readonly nowMs: number
  },
): Promise<string | null> {
  const notes = [fork.first, fork.second].map((note) => Buffer.from(note).toString('utf8'))
  // The heads alone make it the same piece or another; a proof about them could be sent in many forms.
  return evidence.save({ kind: 'log-fork', origin, by, message, notes }, nowMs, { kind: 'log-fork', ...fork })
}

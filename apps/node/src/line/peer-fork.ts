import {
  findForkByPrefix,
  formatNote,
  type OpenedCheckpoint,
  tilePath,
  tileReader,
  type TwoHeads,
} from '@parley/record'
import { forkAgainst, type HeldTree } from '../record/fork.ts'
import { originHash } from '../record/origin-hash.ts'
import type { PullOptions } from './pull.ts'

const MAX_TILE_BYTES = 256 * 32

/**
 * What a head that a peer shows of its log proves against what is held of it here: the bytes of two histories, or null. `suspected`: a
 * head beyond ours is held against it too, by the tiles that the peer shows under it; who signs a second history shows its
 * tree as readily. Throws when the peer cannot be reached.
 */
export async function forkShown(
  { http, url, logKey }: Omit<PullOptions, 'mirror'>,
  {
    shown,
    held,
    suspected,
  }: { readonly shown: OpenedCheckpoint; readonly held: HeldTree; readonly suspected: boolean },
): Promise<TwoHeads | null> {
  const { checkpoint, text } = shown
  const signatures = shown.note.signatures.filter(({ name, keyId }) => name === logKey.name && keyId === logKey.keyId)
  const note = formatNote({ text, signatures })
  if (checkpoint.size <= held.checkpoint.size) return forkAgainst(held, { checkpoint, note })
  if (!suspected) return null
  const prefix = `${url}/${originHash(logKey.name)}/`
  const reader = tileReader({
    async tile(level, index, width) {
      const { status, bytes } = await http.get(`${prefix}${tilePath(level, index, width)}`, {
        maxBytes: MAX_TILE_BYTES,
      })
      return status === 200 ? bytes : null
    },
  })
  return findForkByPrefix(held.note, note, reader)
}

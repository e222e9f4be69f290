import { encodeBundle } from '../bundle.ts'
import { CompactRange } from '../compact-range.ts'
import { leafHash } from '../merkle.ts'
import { bundlePath, TILE_WIDTH, tilePath } from '../tile-path.ts'
import { fileSource, type LogSource, type TreeHead } from '../verify-log.ts'

/** A log's static files by path, and its tree head. */
export interface LogFiles {
  readonly files: Map<string, Uint8Array>
  readonly head: TreeHead
}

/** All files of a log of these entries, without a checkpoint. */
export function logFiles(entries: readonly Uint8Array[]): LogFiles {
  const files = new Map<string, Uint8Array>()
  const range = new CompactRange()
  const tiles = new Map<number, Uint8Array[]>()
  for (const entry of entries)
    range.append(leafHash(entry), (level, index, hash) => {
      if (level % 8 !== 0) return
      const waiting = tiles.get(level / 8) ?? []
      waiting.push(hash)
      tiles.set(level / 8, waiting)
      if (waiting.length < TILE_WIDTH) return
      files.set(tilePath(level / 8, Math.floor(index / TILE_WIDTH)), joined(waiting))
      tiles.set(level / 8, [])
    })
  for (const [level, waiting] of tiles) {
    if (waiting.length === 0) continue
    const index = Math.floor(entries.length / TILE_WIDTH ** (level + 1))
    files.set(tilePath(level, index, waiting.length), joined(waiting))
  }
  for (let at = 0; at < entries.length; at += TILE_WIDTH) {
    const some = entries.slice(at, at + TILE_WIDTH)
    files.set(bundlePath(at / TILE_WIDTH, some.length), encodeBundle(some))
  }
  return { files, head: { size: entries.length, root: range.root() } }
}

/** A source over such files. */
export function sourceOf(files: ReadonlyMap<string, Uint8Array>): LogSource {
  return fileSource((path) => Promise.resolve(files.get(path) ?? null))
}

function joined(hashes: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(hashes.length * 32)
  hashes.forEach((hash, i) => out.set(hash, 32 * i))
  return out
}

import { encodeBundle } from '../bundle.ts'
import { concatBytes } from '../bytes.ts'
import { CompactRange } from '../compact-range.ts'
import { leafHash } from '../merkle.ts'
import { bundlePath, levelShape, TILE_WIDTH, tilePath } from '../tile-path.ts'

/** Every file of a log of these entries as tlog-tiles lays them out, partial ones of the last size only, by path. */
export function filesOf(entries: readonly Uint8Array[]): Map<string, Uint8Array> {
  const levels: Uint8Array[][] = []
  const tree = new CompactRange()
  for (const entry of entries) {
    tree.append(leafHash(entry), (level, _, hash) => {
      if (level % 8 !== 0) return
      levels[level / 8] ??= []
      levels[level / 8]?.push(hash)
    })
  }
  const files = new Map<string, Uint8Array>()
  for (const [level, hashes] of levels.entries()) {
    const { full, partial } = levelShape(level, entries.length)
    for (let index = 0; index < full + Math.sign(partial); index++) {
      const width = index < full ? TILE_WIDTH : partial
      const slice = hashes.slice(index * TILE_WIDTH, index * TILE_WIDTH + width)
      files.set(tilePath(level, index, width), concatBytes(...slice))
      if (level > 0) continue
      files.set(bundlePath(index, width), encodeBundle(entries.slice(index * TILE_WIDTH, index * TILE_WIDTH + width)))
    }
  }
  return files
}

/** Those files as a source, and the paths asked for. */
export function sourceOf(files: ReadonlyMap<string, Uint8Array>): {
  readonly asked: string[]
  tile(level: number, index: number, width: number): Promise<Uint8Array | null>
  bundle(index: number, width: number): Promise<Uint8Array | null>
} {
  const asked: string[] = []
  const read = async (path: string): Promise<Uint8Array | null> => {
    asked.push(path)
    return files.get(path) ?? null
  }
  return {
    asked,
    tile: (level, index, width) => read(tilePath(level, index, width)),
    bundle: (index, width) => read(bundlePath(index, width)),
  }
}

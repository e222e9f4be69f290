import { CompactRange } from './compact-range.ts'
import { RecordError } from './errors.ts'
import { HASH_BYTES } from './merkle.ts'
import { requireWithin } from './subtree.ts'
import { keepNodes, nodeOf, placeOf, requireTile } from './tile-nodes.ts'
import { levelShape, TILE_WIDTH, tilePath } from './tile-path.ts'

/**
 * Reads the tiles of one log. `width` hashes of 32 bytes are wanted; an array with more of the same tile serves as well.
 * Rejects when the tile cannot be had.
 */
export interface TileReader {
  tile(level: number, index: number, width: number): Promise<Uint8Array>
}

/** Where tiles lie: a folder, a server, a journal. Null when there is no such tile. */
export interface TileSource {
  tile(level: number, index: number, width: number): Promise<Uint8Array | null>
}

/**
 * Reader of a source whose partial tiles may be gone: once a tile is full, its partial forms may be deleted
 * (c2sp.org/tlog-tiles), so a missing partial tile is looked for as the full one.
 *
 * The reader rejects with RecordError MISSING_TILE when there is neither, MALFORMED_TILE when there is something else.
 */
export function tileReader(source: TileSource): TileReader {
  return {
    async tile(level, index, width) {
      const tile =
        (await source.tile(level, index, width)) ??
        (width === TILE_WIDTH ? null : await source.tile(level, index, TILE_WIDTH))
      if (tile === null) throw missing(tilePath(level, index, width))
      return requireTile(tile, { level, index }, width)
    },
  }
}

/** What a reader rejects with when a file of the log is not there. */
const missing = (path: string): RecordError =>
  new RecordError('MISSING_TILE', { field: path, value: null, rule: 'must be there, or the full tile in its place' })

/**
 * Keeps the tiles last asked for, at most `tiles` of them (default 1024), with the nodes inside: 16 KiB each. A partial
 * tile gives way to a wider one of its place. Proofs over tiles kept cost a few hashes at the right edge.
 */
export function cacheTiles(reader: TileReader, { tiles = 1024 }: { readonly tiles?: number } = {}): TileReader {
  const kept = new Map<number, Uint8Array>()
  return {
    async tile(level, index, width) {
      // Levels above 7 do not occur below 2^53 leaves, and the index is below 2^45 there.
      if (level > 7) return reader.tile(level, index, width)
      const key = index * 8 + level
      const known = kept.get(key)
      if (known !== undefined && known.length >= width * HASH_BYTES) {
        kept.delete(key)
        kept.set(key, known)
        return known
      }
      // A copy, also of a Buffer, whose slice() would not be one.
      const own = new Uint8Array(requireTile(await reader.tile(level, index, width), { level, index }, width))
      keepNodes(own)
      kept.delete(key)
      kept.set(key, own)
      if (kept.size > tiles) kept.delete(kept.keys().next().value as number)
      return own
    },
  }
}

/** Width of tile (level, index) in a tree of `size` leaves; 0 when it has none of its nodes. */
export function tileWidth(level: number, index: number, size: number): number {
  const { full, partial } = levelShape(level, size)
  return index < full ? TILE_WIDTH : index === full ? partial : 0
}

/**
 * Nodes of the tree of `size` leaves, each named by level and index and complete in that tree: every tile they stand in
 * is read once, all at the same time.
 *
 * Rejects as the reader does, and with RecordError MALFORMED_TILE.
 */
export async function readNodes(
  reader: TileReader,
  size: number,
  nodes: readonly { readonly level: number; readonly index: number }[],
): Promise<Uint8Array[]> {
  const places = nodes.map(({ level, index }) => placeOf(level, index))
  const tiles = new Map<string, Promise<Uint8Array>>()
  const wanted = places.map((place) => {
    const key = `${place.level}/${place.index}`
    let tile = tiles.get(key)
    if (tile === undefined) {
      const width = tileWidth(place.level, place.index, size)
      tile = reader.tile(place.level, place.index, width).then((bytes) => requireTile(bytes, place, width))
      tiles.set(key, tile)
    }
    return tile
  })
  const read = await Promise.all(wanted)
  return places.map(({ height, offset }, i) => nodeOf(read[i] as Uint8Array, height, offset))
}

/** The complete nodes `[start, end)` falls into, left to right; start is where a node of that size can begin. */
export function completeNodes(start: number, end: number): { level: number; index: number }[] {
  const nodes: { level: number; index: number }[] = []
  let at = start
  while (at < end) {
    let level = 0
    let width = 1
    while (at + 2 * width <= end && at % (2 * width) === 0) {
      level += 1
      width *= 2
    }
    nodes.push({ level, index: at / width })
    at += width
  }
  return nodes
}

/**
 * The right edge of the tree of `size` leaves, from its tiles: its root, and where a writer or verifier goes on.
 * Reads one partial tile a level, and the full one above where a level ends on it.
 *
 * Rejects as the reader does, and with RecordError OUT_OF_RANGE (size), MALFORMED_TILE.
 */
export async function rangeFromTiles(reader: TileReader, size: number): Promise<CompactRange> {
  requireWithin('size', size, { min: 0 })
  return CompactRange.from(size, await readNodes(reader, size, completeNodes(0, size)))
}

/** Root of the tree of `size` leaves, from its tiles; see `rangeFromTiles`. */
export async function rootFromTiles(reader: TileReader, size: number): Promise<Uint8Array> {
  return (await rangeFromTiles(reader, size)).root()
}

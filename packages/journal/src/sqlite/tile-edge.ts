import { CompactRange, EMPTY_ROOT, nodeHash } from '@parley/record'

/** Hashes in a full tile (c2sp.org/tlog-tiles). */
export const TILE_WIDTH = 256
export const HASH_BYTES = 32
export const TILE_BYTES = TILE_WIDTH * HASH_BYTES

interface Level {
  /** Room for a full tile; written up to `width` hashes. */
  bytes: Uint8Array
  width: number
  /** The same hashes as a tree of their own: its root is the hash this tile puts on the level above. */
  range: CompactRange
}

/** Told of each tile that becomes full; the bytes are not written again. */
export type TileVisitor = (level: number, index: number, bytes: Uint8Array) => void

/**
 * The right edge of a log's tree cut into tiles: of each level the tile that is not yet full. That is all a writer
 * needs to hand out partial tiles and to know the root, 8 KiB a level.
 */
export class TileEdge {
  #levels: Level[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds a leaf given as its hash, kept and not to be changed. */
  append(leaf: Uint8Array, onFull: TileVisitor): void {
    this.#size++
    let hash = leaf
    let span = TILE_WIDTH
    for (let level = 0; ; level++) {
      const at = this.#level(level)
      at.bytes.set(hash, HASH_BYTES * at.width)
      at.range.append(hash)
      at.width++
      if (at.width < TILE_WIDTH) return
      hash = at.range.root()
      onFull(level, this.#size / span - 1, at.bytes)
      this.#levels[level] = emptyLevel()
      span *= TILE_WIDTH
    }
  }

  /** Root of the whole tree: the peaks of all levels, the smallest folded into the next larger, and so on. */
  root(): Uint8Array {
    let root: Uint8Array | null = null
    for (const { range } of this.#levels) {
      for (const peak of range.hashes().toReversed()) root = root === null ? peak : nodeHash(peak, root)
    }
    return root ?? EMPTY_ROOT
  }

  /** Roots of the perfect subtrees from left to right, as `CompactRange.from` takes them. */
  peaks(): Uint8Array[] {
    return this.#levels.toReversed().flatMap(({ range }) => range.hashes())
  }

  /** How many hashes the unfinished tile of a level has. */
  width(level: number): number {
    return this.#levels[level]?.width ?? 0
  }

  /** A copy of the first `width` hashes of the unfinished tile of a level. */
  hashes(level: number, width: number): Uint8Array {
    const at = this.#levels[level]
    if (at === undefined || width > at.width) throw new RangeError(`level ${level} has no ${width} hashes at the edge`)
    return at.bytes.slice(0, HASH_BYTES * width)
  }

  /** An edge that grows on its own from here. Both write the same bytes beyond their width, and neither reads them. */
  clone(): TileEdge {
    const copy = new TileEdge()
    copy.#size = this.#size
    copy.#levels = this.#levels.map(({ bytes, width, range }) => ({ bytes, width, range: range.clone() }))
    return copy
  }

  /** The edge of a tree of `size` leaves, whose unfinished tile of each level `hashesOf` knows. */
  static from(size: number, hashesOf: (level: number, width: number) => Uint8Array): TileEdge {
    const edge = new TileEdge()
    edge.#size = size
    for (let level = 0, nodes = size; nodes > 0; level++, nodes = Math.floor(nodes / TILE_WIDTH)) {
      const at = edge.#level(level)
      const width = nodes % TILE_WIDTH
      if (width === 0) continue
      at.bytes.set(hashesOf(level, width).subarray(0, HASH_BYTES * width))
      at.width = width
      for (const hash of hashesIn(at.bytes, width)) at.range.append(hash.slice())
    }
    return edge
  }

  #level(level: number): Level {
    this.#levels[level] ??= emptyLevel()
    return this.#levels[level]
  }
}

/** The hashes of a tile in order, as views. */
export function* hashesIn(bytes: Uint8Array, width: number): Generator<Uint8Array> {
  for (let i = 0; i < width; i++) yield bytes.subarray(HASH_BYTES * i, HASH_BYTES * (i + 1))
}

/** The hash a full tile stands for on the level above. */
export function tileRoot(bytes: Uint8Array): Uint8Array {
  const range = new CompactRange()
  for (const hash of hashesIn(bytes, TILE_WIDTH)) range.append(hash)
  return range.root()
}

function emptyLevel(): Level {
  return { bytes: new Uint8Array(TILE_BYTES), width: 0, range: new CompactRange() }
}

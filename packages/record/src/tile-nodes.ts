import { RecordError } from './errors.ts'
import { HASH_BYTES, nodeHash } from './merkle.ts'
import { TILE_WIDTH, tilePath } from './tile-path.ts'

/** Levels of the tree one tile spans. */
export const TILE_LEVELS = 8

/** A tile of the tree: its level (the tree's divided by 8) and its index there. */
export interface TileId {
  readonly level: number
  readonly index: number
}

/** The tile a node of the tree stands in, and where: 2^`height` hashes from `offset` on lie below it. */
export interface NodePlace extends TileId {
  readonly height: number
  readonly offset: number
}

/** Where node `index` of `level` of the tree (0: the leaves) is found. */
export function placeOf(level: number, index: number): NodePlace {
  const height = level % TILE_LEVELS
  const first = index * 2 ** height
  return {
    level: (level - height) / TILE_LEVELS,
    index: Math.floor(first / TILE_WIDTH),
    height,
    offset: first % TILE_WIDTH,
  }
}

/**
 * Inner nodes of tiles that stay in memory, next to the tiles: filled when first asked for. Only arrays nobody else can
 * change are put here.
 */
const expansions = new WeakMap<Uint8Array, Uint8Array | null>()

/** Lets `nodeOf` keep the inner nodes of a tile for as long as the array lives. It must not change any more. */
export const keepNodes = (tile: Uint8Array): void => {
  if (!expansions.has(tile)) expansions.set(tile, null)
}

/**
 * A tile as its log grows: filled hash by hash from the left, each inner node made once, when it is complete. `bytes` may
 * be read as the tile of any width up to `width`, and proofs find its inner nodes there; it changes beyond `width` only.
 */
export class FillingTile {
  readonly bytes: Uint8Array = new Uint8Array(TILE_WIDTH * HASH_BYTES)
  readonly #nodes = new Uint8Array((TILE_WIDTH - 1) * HASH_BYTES)
  #width = 0

  constructor() {
    expansions.set(this.bytes, this.#nodes)
  }

  /** Hashes in it. */
  get width(): number {
    return this.#width
  }

  /** Adds the next hash, of 32 bytes. @throws RangeError when it is full */
  push(hash: Uint8Array): void {
    if (this.#width === TILE_WIDTH) throw new RangeError('the tile is full')
    let index = this.#width
    this.bytes.set(hash, index * HASH_BYTES)
    this.#width += 1
    let from = this.bytes
    let first = 0
    for (let height = 1; index % 2 === 1; height++) {
      const right = (first + index) * HASH_BYTES
      const node = nodeHash(from.subarray(right - HASH_BYTES, right), from.subarray(right, right + HASH_BYTES))
      from = this.#nodes
      first = placeOfHeight(height)
      index = (index - 1) / 2
      from.set(node, (first + index) * HASH_BYTES)
    }
  }
}

/** The hash above 2^height hashes of a tile, from number `offset` on; a copy. */
export function nodeOf(tile: Uint8Array, height: number, offset: number): Uint8Array {
  const kept = height === 0 ? undefined : expansions.get(tile)
  if (kept === undefined) return fold(tile, height, offset)
  const nodes = kept ?? expand(tile)
  const at = placeOfHeight(height) + offset / 2 ** height
  return nodes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES)
}

function expand(tile: Uint8Array): Uint8Array {
  const nodes = new Uint8Array((TILE_WIDTH - 1) * HASH_BYTES)
  let from = tile
  let at = 0
  for (let height = 1; height <= TILE_LEVELS; height++) {
    const first = placeOfHeight(height)
    const count = Math.floor(tile.length / HASH_BYTES / 2 ** height)
    for (let i = 0; i < count; i++) {
      const left = at + 2 * i * HASH_BYTES
      const middle = left + HASH_BYTES
      const hash = nodeHash(from.subarray(left, middle), from.subarray(middle, middle + HASH_BYTES))
      nodes.set(hash, (first + i) * HASH_BYTES)
    }
    from = nodes
    at = first * HASH_BYTES
  }
  expansions.set(tile, nodes)
  return nodes
}

/** Nodes of height 1 come first, room for 128 of them, then for 64 of height 2, and so on. */
const placeOfHeight = (height: number): number => TILE_WIDTH - TILE_WIDTH / 2 ** (height - 1)

function fold(tile: Uint8Array, height: number, offset: number): Uint8Array {
  const start = offset * HASH_BYTES
  if (height === 0) return new Uint8Array(tile.subarray(start, start + HASH_BYTES))
  const half = 2 ** (height - 1)
  if (height === 1) {
    const middle = start + HASH_BYTES
    return nodeHash(tile.subarray(start, middle), tile.subarray(middle, middle + HASH_BYTES))
  }
  return nodeHash(fold(tile, height - 1, offset), fold(tile, height - 1, offset + half))
}

/**
 * Holds the bytes of a tile against its width: they are those of `width` hashes, or of a wider tile of the same place
 * that begins with them.
 *
 * @throws RecordError MALFORMED_TILE
 */
export function requireTile(bytes: Uint8Array, { level, index }: TileId, width: number): Uint8Array {
  const whole = bytes.length % HASH_BYTES === 0 && bytes.length <= TILE_WIDTH * HASH_BYTES
  if (whole && bytes.length >= width * HASH_BYTES) return bytes
  throw new RecordError('MALFORMED_TILE', {
    field: tilePath(level, index, width),
    value: bytes.length,
    rule: `must be ${width * HASH_BYTES} bytes`,
  })
}

import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './merkle.ts'

/**
 * Told of every node an appended leaf completes, lowest first, the leaf itself (level 0) included:
 * level, index on that level, and the node's hash.
 */
export type NodeVisitor = (level: number, index: number, hash: Uint8Array) => void

/**
 * The right edge of a Merkle tree: the roots of the perfect subtrees a tree of `size` leaves falls into, at most 53.
 * It grows by one leaf at a time, at under two hashes a leaf, and is all an author or a verifier has to keep of a log
 * to know its root.
 *
 * ```ts
 * const tree = new CompactRange()
 * for (const entry of entries) tree.append(leafHash(entry))
 * tree.root()
 * ```
 */
export class CompactRange {
  #size = 0
  /** The node of level l is set where bit l of the size is. */
  readonly #nodes: Uint8Array[] = []

  /** Leaves so far. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds a leaf, given as its hash (`leafHash(entry)`), 32 bytes, kept and not to be changed afterwards.
   * `visit` learns of each node this completes: what a writer of tiles stores.
   *
   * @throws RangeError when the leaf is not 32 bytes, or the tree holds 2^53 − 1 leaves: bugs of the caller both
   */
  append(leaf: Uint8Array, visit?: NodeVisitor): void {
    if (leaf.length !== HASH_BYTES) throw new RangeError(`a leaf hash has 32 bytes, not ${leaf.length}`)
    if (this.#size === Number.MAX_SAFE_INTEGER) throw new RangeError('the tree is full')
    let hash = leaf
    let level = 0
    let index = this.#size
    visit?.(0, index, hash)
    while (index % 2 === 1) {
      hash = nodeHash(this.#nodes[level] as Uint8Array, hash)
      level += 1
      index = (index - 1) / 2
      visit?.(level, index, hash)
    }
    this.#nodes[level] = hash
    this.#size += 1
  }

  /** Root of the tree as it stands, 32 bytes; `EMPTY_ROOT` without leaves. */
  root(): Uint8Array {
    let root: Uint8Array | null = null
    for (let level = 0, rest = this.#size; rest > 0; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue
      const node = this.#nodes[level] as Uint8Array
      root = root === null ? node : nodeHash(node, root)
    }
    return root ?? EMPTY_ROOT
  }

  /** Roots of the perfect subtrees from left to right, the largest first: what `CompactRange.from` takes. */
  hashes(): Uint8Array[] {
    const hashes: Uint8Array[] = []
    for (let level = 0, rest = this.#size; rest > 0; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) hashes.push(this.#nodes[level] as Uint8Array)
    }
    return hashes.toReversed()
  }

  /**
   * The range of a tree of `size` leaves from its subtree roots, as `hashes()` gave them.
   *
   * @throws RangeError when the size is not an integer from 0 to 2^53 − 1, or the hashes are not as many as it has
   *   bits set, of 32 bytes each
   */
  static from(size: number, hashes: readonly Uint8Array[]): CompactRange {
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`no tree has ${size} leaves`)
    const range = new CompactRange()
    let next = hashes.length
    for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue
      next -= 1
      const hash = hashes[next]
      if (hash === undefined || hash.length !== HASH_BYTES) break
      range.#nodes[level] = hash
      range.#size += 2 ** level
    }
    if (next !== 0 || range.#size !== size) {
      throw new RangeError(`a tree of ${size} leaves is not made of these ${hashes.length} hashes`)
    }
    return range
  }

  /** A range that grows on its own from here. */
  clone(): CompactRange {
    return CompactRange.from(this.#size, this.hashes())
  }
}

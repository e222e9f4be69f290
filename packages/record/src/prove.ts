import { nodeHash } from './merkle.ts'
import { requireSubtree, requireWithin } from './subtree.ts'
import { completeNodes, readNodes, type TileReader } from './tile-reader.ts'

/** Leaves `[start, end)` whose root a proof hands over. */
interface Range {
  readonly start: number
  readonly end: number
}

/** Largest power of two below n, for n from 2 on. */
const splitOf = (n: number): number => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/**
 * Proof that leaf `index` is part of the tree of `size` leaves: what `verifyInclusion` takes (RFC 6962 2.1.1).
 * `size` may be any size the log has had. Reads at most two tiles a level, each once.
 *
 * Rejects with RecordError OUT_OF_RANGE when the size is not from 1 on or the index not below it, MALFORMED_TILE when
 * a tile is too short, and as the reader rejects.
 */
export async function proveInclusion(
  reader: TileReader,
  { index, size }: { readonly index: number; readonly size: number },
): Promise<Uint8Array[]> {
  requireWithin('size', size, { min: 1 })
  requireWithin('index', index, { min: 0, max: size - 1 })
  return proveRange(reader, { start: index, end: index + 1 }, size)
}

/**
 * Proof that the tree of `to` leaves begins with that of `from`: what `verifyConsistency` takes (RFC 6962 2.1.2).
 * Without hashes when `from` is 0 or equals `to`.
 *
 * Rejects with RecordError OUT_OF_RANGE when from exceeds to or either is no size, MALFORMED_TILE, and as the reader does.
 */
export async function proveConsistency(
  reader: TileReader,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Uint8Array[]> {
  requireWithin('to', to, { min: 0 })
  requireWithin('from', from, { min: 0, max: to })
  return from === 0 ? [] : proveRange(reader, { start: 0, end: from }, to)
}

/**
 * Proof that the subtree `[start, end)` is part of the tree of `size` leaves: what `verifySubtreeConsistency` takes
 * (draft-ietf-plants-merkle-tree-certs 4.4.1).
 *
 * Rejects with RecordError INVALID_SUBTREE, OUT_OF_RANGE when size is below end, MALFORMED_TILE, and as the reader does.
 */
export async function proveSubtree(
  reader: TileReader,
  { start, end, size }: { readonly start: number; readonly end: number; readonly size: number },
): Promise<Uint8Array[]> {
  requireSubtree(start, end)
  requireWithin('size', size, { min: end })
  return proveRange(reader, { start, end }, size)
}

/** The ranges whose roots prove `[start, end)` in the tree of `size` leaves, lowest first. */
function proofRanges({ start, end }: Range, size: number): Range[] {
  const ranges: Range[] = []
  let low = 0
  let high = size
  let from = start
  // The verifier knows the root of the whole subtree, but not of the part right of a split through it.
  let known = true
  while (from !== low || end !== high) {
    const middle = low + splitOf(high - low)
    if (end <= middle) {
      ranges.push({ start: middle, end: high })
      high = middle
      continue
    }
    ranges.push({ start: low, end: middle })
    if (from < middle) {
      from = middle
      known = false
    }
    low = middle
  }
  if (!known) ranges.push({ start: from, end })
  return ranges.toReversed()
}

async function proveRange(reader: TileReader, range: Range, size: number): Promise<Uint8Array[]> {
  const parts = proofRanges(range, size).map(({ start, end }) => completeNodes(start, end))
  const nodes = await readNodes(reader, size, parts.flat())
  let next = 0
  return parts.map((part) => {
    const own = nodes.slice(next, next + part.length)
    next += part.length
    return own.reduceRight((right, left) => nodeHash(left, right))
  })
}

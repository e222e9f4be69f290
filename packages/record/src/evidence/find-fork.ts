import type { Seen } from '../act.ts'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import { equalBytes } from '../bytes.ts'
import { type Checkpoint, parseCheckpoint } from '../checkpoint.ts'
import { isRecordError } from '../errors.ts'
import { parseNote } from '../note.ts'
import { proveConsistency, proveInclusion } from '../prove.ts'
import { rootFromTiles, type TileReader } from '../tile-reader.ts'
import { impliedPrefix } from '../verify-proof.ts'
import type { TwoHeads } from './fork.ts'

/** A head as signed, with the tree below it where that is at hand. */
export interface HeadWithTree {
  readonly note: Uint8Array
  readonly reader: TileReader
}

/**
 * The bytes that show two heads of one log to be of different histories; null when the smaller is a prefix of the larger.
 * Heads of one size need no tree. Otherwise the first differing leaf is searched by comparing roots of prefixes, about
 * log² hashes of each tree. The readers' tiles must be those of the heads. Throws what reading and proving throws.
 */
export async function findFork(first: HeadWithTree, second: HeadWithTree): Promise<TwoHeads | null> {
  const heads = [headOf(first.note), headOf(second.note)] as const
  const notes = { first: first.note, second: second.note }
  if (heads[0].size === heads[1].size)
    return equalBytes(heads[0].root, heads[1].root) ? null : { ...notes, leaves: null }
  const shorter = Math.min(heads[0].size, heads[1].size)
  const differs = async (size: number): Promise<boolean> =>
    !equalBytes(await rootFromTiles(first.reader, size), await rootFromTiles(second.reader, size))
  if (shorter === 0 || !(await differs(shorter))) return null
  // Invariant: prefixes of `same` entries agree, prefixes of `other` do not.
  let same = 0
  let other = shorter
  while (other - same > 1) {
    const middle = same + Math.floor((other - same) / 2)
    if (await differs(middle)) other = middle
    else same = middle
  }
  const leaf = async ({ reader }: HeadWithTree, { size }: Checkpoint) => ({
    index: same,
    leaf: await leafAt(reader, { index: same, size }),
    proof: await proveInclusion(reader, { index: same, size }),
  })
  return { ...notes, leaves: [await leaf(first, heads[0]), await leaf(second, heads[1])] }
}

/**
 * The same with the tree of the larger head alone, as one has it who holds a log and is shown another head of it: the root it had at
 * the smaller size, against the one the smaller head names. Null when they agree, or the sizes do. `reader` has the tiles of the larger.
 */
export async function findForkByPrefix(
  first: Uint8Array,
  second: Uint8Array,
  reader: TileReader,
): Promise<TwoHeads | null> {
  const { small, large } = ordered(headOf(first), headOf(second))
  if (small.size === 0 || small.size === large.size) return null
  const root = await rootFromTiles(reader, small.size)
  if (equalBytes(root, small.root)) return null
  const proof = await proveConsistency(reader, { from: small.size, to: large.size })
  return { first, second, leaves: null, prefix: { root, proof } }
}

/**
 * The same with no tree at all: from the consistency proof that came with the larger head. A good proof of another history says by
 * itself what that history was at the smaller size. Null when the proof proves nothing, as one that was made up does.
 */
export function findForkInProof(first: Uint8Array, second: Uint8Array, proof: readonly Uint8Array[]): TwoHeads | null {
  const { small, large } = ordered(headOf(first), headOf(second))
  if (small.size === 0 || small.size === large.size) return null
  try {
    const root = impliedPrefix({ from: small.size, to: large.size, toRoot: large.root, proof })
    if (root === null || equalBytes(root, small.root)) return null
    return { first, second, leaves: null, prefix: { root, proof } }
  } catch (error) {
    if (isRecordError(error)) return null
    throw error
  }
}

const ordered = (a: Checkpoint, b: Checkpoint): { readonly small: Checkpoint; readonly large: Checkpoint } =>
  a.size <= b.size ? { small: a, large: b } : { small: b, large: a }

const headOf = (note: Uint8Array): Checkpoint => parseCheckpoint(parseNote(note).text)

const TILE = 256

async function leafAt(
  reader: TileReader,
  { index, size }: { readonly index: number; readonly size: number },
): Promise<Uint8Array> {
  const tile = Math.floor(index / TILE)
  const width = Math.min(TILE, size - tile * TILE)
  const bytes = await reader.tile(0, tile, width)
  const at = (index - tile * TILE) * 32
  return bytes.slice(at, at + 32)
}

/** How a cited head stands to the one we hold of the same log and size. */
export type SeenComparison =
  | { readonly kind: 'same' }
  /** We hold no head of this size. */
  | { readonly kind: 'unknown' }
  /** The roots differ; evidence once the cited head comes with the log's signature, until then a reason to ask for it. */
  | { readonly kind: 'differs'; readonly ours: string; readonly evidence: TwoHeads | null }

/**
 * Holds a head that an act cites against our own of that size (record.md 3.4, #50). `cited` is the signed head that the
 * other side has for it, when it has been sent: with it the two notes are a fork proof, whose signatures `verifyLogFork`
 * checks.
 */
export function compareSeen(seen: Seen, ours: Uint8Array | null, cited: Uint8Array | null = null): SeenComparison {
  if (ours === null) return { kind: 'unknown' }
  const head = headOf(ours)
  if (head.origin !== seen.o || head.size !== seen.n) return { kind: 'unknown' }
  if (equalBytes(head.root, decodeBase64(seen.r, 'seen.r'))) return { kind: 'same' }
  const theirs = cited === null ? null : headOf(cited)
  const isCited =
    theirs !== null && theirs.origin === seen.o && theirs.size === seen.n && encodeBase64(theirs.root) === seen.r
  return {
    kind: 'differs',
    ours: encodeBase64(head.root),
    evidence: isCited && cited !== null ? { first: ours, second: cited, leaves: null } : null,
  }
}

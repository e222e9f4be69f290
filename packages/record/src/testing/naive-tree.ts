import { createHash } from 'node:crypto'

/**
 * The trees and proofs of RFC 6962 2.1 as its recursive definitions read, with no care for speed: what the tests
 * hold the code against. It shares nothing with it, the hash function neither.
 */
const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

export const naiveLeafHash = (entry: Uint8Array): Uint8Array => sha256(Uint8Array.of(0), entry)
export const naiveNodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(Uint8Array.of(1), left, right)

/** Largest power of two below n. */
const splitOf = (n: number): number => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** MTH of the leaf hashes. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leaves[0] as Uint8Array
  const k = splitOf(leaves.length)
  return naiveNodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)))
}

/** PATH(index, leaves). */
export function naiveInclusion(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (leaves.length <= 1) return []
  const k = splitOf(leaves.length)
  return index < k
    ? [...naiveInclusion(leaves.slice(0, k), index), naiveRoot(leaves.slice(k))]
    : [...naiveInclusion(leaves.slice(k), index - k), naiveRoot(leaves.slice(0, k))]
}

/** SUBTREE_PROOF([start, end), leaves) of draft-ietf-plants-merkle-tree-certs; PROOF(m, leaves) where start is 0. */
export function naiveSubtreeProof(
  leaves: readonly Uint8Array[],
  start: number,
  end: number,
  known = true,
): Uint8Array[] {
  if (start === 0 && end === leaves.length) return known ? [] : [naiveRoot(leaves)]
  const k = splitOf(leaves.length)
  if (end <= k) return [...naiveSubtreeProof(leaves.slice(0, k), start, end, known), naiveRoot(leaves.slice(k))]
  if (start >= k) {
    return [...naiveSubtreeProof(leaves.slice(k), start - k, end - k, known), naiveRoot(leaves.slice(0, k))]
  }
  return [...naiveSubtreeProof(leaves.slice(k), 0, end - k, false), naiveRoot(leaves.slice(0, k))]
}

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { leafHash, nodeHash } from './merkle.ts'
import { verdict } from './testing/fixtures.ts'
import { naiveInclusion, naiveRoot, naiveSubtreeProof } from './testing/naive-tree.ts'
import { verifyConsistency, verifyInclusion, verifySubtreeConsistency, verifySubtreeInclusion } from './verify-proof.ts'

interface Vector {
  readonly leafIdx: number
  readonly treeSize: number
  readonly start: number
  readonly end: number
  readonly size: number
  readonly size1: number
  readonly size2: number
  readonly root: string
  readonly root1: string
  readonly root2: string
  readonly leafHash: string
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}

const VECTORS = new URL('../../../../shared/vectors/merkle-transparency-dev.json', import.meta.url)
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

const judge = (path: string, vector: Vector): string => {
  const proof = (vector.proof ?? []).map(bytes)
  const { start, end, size } = vector
  switch (path.split('/')[0]) {
    case 'inclusion': {
      const { leafIdx: index, treeSize: size } = vector
      return verdict(() =>
        verifyInclusion({ leaf: bytes(vector.leafHash), index, size, root: bytes(vector.root), proof }),
      )
    }
    case 'subtreeinclusion': {
      const subtree = bytes(vector.root)
      const leaf = bytes(vector.leafHash)
      return verdict(() => verifySubtreeInclusion({ leaf, index: vector.leafIdx, start, end, subtree, proof }))
    }
    case 'consistency': {
      const { size1: from, size2: to } = vector
      const [fromRoot, toRoot] = [bytes(vector.root1), bytes(vector.root2)]
      return verdict(() => verifyConsistency({ from, to, fromRoot, toRoot, proof }))
    }
    default: {
      const [subtree, root] = [bytes(vector.root1), bytes(vector.root2)]
      return verdict(() => verifySubtreeConsistency({ start, end, size, subtree, root, proof }))
    }
  }
}

/**
 * Accepted where they come from, refused here: six subtrees without leaves, which are consistent with everything, and
 * the twelve bytes "don't care 2" as the root of a tree and of a subtree, which are no hash.
 */
const REFUSED_ON_PURPOSE: Readonly<Record<string, string>> = {
  'subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-one-subtree-root-valid-proof-is-empty.json':
    'INVALID_SUBTREE',
  'subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-one-subtree-root-valid-tree-root-random-proof-is-empty.json':
    'INVALID_SUBTREE',
  'subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-proof-is-empty.json':
    'INVALID_SUBTREE',
  'subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-tree-root-random-proof-is-empty.json':
    'INVALID_SUBTREE',
  'subtreeconsistency/additional/subtree-is-empty-subtree-root-valid-proof-is-empty.json': 'INVALID_SUBTREE',
  'subtreeconsistency/additional/subtree-is-empty-subtree-root-valid-tree-root-random-proof-is-empty.json':
    'INVALID_SUBTREE',
  'subtreeconsistency/additional/sizes-are-equal-one-and-proof-is-empty.json': 'INVALID_HASH',
  'consistency/additional/sizes-are-equal-one-and-proof-is-empty.json': 'INVALID_HASH',
}

describe.skipIf(!existsSync(VECTORS))('#47 the 518 published vectors', () => {
  const vectors = existsSync(VECTORS) ? (JSON.parse(readFileSync(VECTORS, 'utf8')) as Record<string, Vector>) : {}

  test.each(Object.entries(vectors))('%s', (path, vector) => {
    const found = judge(path, vector)
    const refused = REFUSED_ON_PURPOSE[path]
    if (refused !== undefined) {
      expect(vector.wantErr).toBe(false)
      expect(found).toBe(refused)
    } else {
      expect(found === 'accepted').toBe(!vector.wantErr)
    }
  })

  test('are all there', () => {
    expect(Object.keys(vectors)).toHaveLength(518)
    expect(Object.keys(REFUSED_ON_PURPOSE)).toHaveLength(8)
    for (const path in REFUSED_ON_PURPOSE) expect(vectors).toHaveProperty([path])
  })
})
if (!existsSync(VECTORS)) console.info(`skipped: the published Merkle vectors are not at ${VECTORS.pathname}`)

const leaves = Array.from({ length: 21 }, (_, i) => leafHash(Uint8Array.of(i)))
const rootOf = (start: number, end: number): Uint8Array => naiveRoot(leaves.slice(start, end))

describe('inclusion', () => {
  const proof = naiveInclusion(leaves.slice(0, 21), 9)
  const claim = { leaf: leaves[9] as Uint8Array, index: 9, size: 21, root: rootOf(0, 21), proof }

  test('a proof by the book is accepted', () => {
    expect(verdict(() => verifyInclusion(claim))).toBe('accepted')
    const single = { leaf: leaves[0] as Uint8Array, index: 0, size: 1, root: leaves[0] as Uint8Array, proof: [] }
    expect(verdict(() => verifyInclusion(single))).toBe('accepted')
  })

  test('#47 a proof of 64 hashes is refused before any is hashed', () => {
    const long = Array.from({ length: 64 }, () => leaves[0] as Uint8Array)
    expect(verdict(() => verifyInclusion({ ...claim, proof: long }))).toBe('WRONG_PROOF_LENGTH')
    expect(verdict(() => verifyInclusion({ ...claim, size: 2 ** 53 - 1, proof: long }))).toBe('WRONG_PROOF_LENGTH')
  })

  test('#47 a hash of 31 or 33 bytes is refused', () => {
    const [first, ...rest] = proof as [Uint8Array, ...Uint8Array[]]
    expect(verdict(() => verifyInclusion({ ...claim, proof: [first.subarray(1), ...rest] }))).toBe('INVALID_HASH')
    expect(verdict(() => verifyInclusion({ ...claim, proof: [Uint8Array.of(...first, 0), ...rest] }))).toBe(
      'INVALID_HASH',
    )
    expect(verdict(() => verifyInclusion({ ...claim, leaf: claim.leaf.subarray(1) }))).toBe('INVALID_HASH')
    expect(verdict(() => verifyInclusion({ ...claim, root: claim.root.subarray(1) }))).toBe('INVALID_HASH')
  })

  test('#47 an extra hash, a missing one, and the right ones in wrong order are refused', () => {
    expect(verdict(() => verifyInclusion({ ...claim, proof: [...proof, proof[0] as Uint8Array] }))).toBe(
      'WRONG_PROOF_LENGTH',
    )
    expect(verdict(() => verifyInclusion({ ...claim, proof: proof.slice(1) }))).toBe('WRONG_PROOF_LENGTH')
    expect(verdict(() => verifyInclusion({ ...claim, proof: proof.toReversed() }))).toBe('PROOF_MISMATCH')
  })

  test('#47 an index at or beyond the size, and numbers that are no indices, are refused', () => {
    for (const index of [21, 22, 2 ** 32 + 9, 2 ** 53, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(verdict(() => verifyInclusion({ ...claim, index }))).toBe('OUT_OF_RANGE')
    }
    for (const size of [0, -1, 2 ** 53]) expect(verdict(() => verifyInclusion({ ...claim, size }))).toBe('OUT_OF_RANGE')
  })

  test('#47 an index is not cut at 32 bits', () => {
    // 2^32 + 5 would become 5: a proof for leaf 5 of 21 must not pass for it.
    const five = { leaf: leaves[5] as Uint8Array, size: 21, root: rootOf(0, 21), proof: naiveInclusion(leaves, 5) }
    expect(verdict(() => verifyInclusion({ ...five, index: 5 }))).toBe('accepted')
    expect(verdict(() => verifyInclusion({ ...five, index: 2 ** 32 + 5, size: 2 ** 32 + 21 }))).not.toBe('accepted')
    // Leaf 2^32 of a tree of 2^32 + 1 hangs off the root.
    const left = leaves[1] as Uint8Array
    const last = leaves[2] as Uint8Array
    const size = 2 ** 32 + 1
    const above = { leaf: last, index: 2 ** 32, size, root: nodeHash(left, last), proof: [left] }
    expect(verdict(() => verifyInclusion(above))).toBe('accepted')
    expect(verdict(() => verifyInclusion({ ...above, index: 0 }))).not.toBe('accepted')
  })

  test('a leaf of a subtree is held against the subtree only', () => {
    const within = { leaf: leaves[9] as Uint8Array, index: 9, start: 8, end: 13, subtree: rootOf(8, 13) }
    const path = naiveInclusion(leaves.slice(8, 13), 1)
    expect(verdict(() => verifySubtreeInclusion({ ...within, proof: path }))).toBe('accepted')
    expect(verdict(() => verifySubtreeInclusion({ ...within, proof: path, index: 10 }))).toBe('PROOF_MISMATCH')
    expect(verdict(() => verifySubtreeInclusion({ ...within, proof: path, index: 13 }))).toBe('OUT_OF_RANGE')
    expect(verdict(() => verifySubtreeInclusion({ ...within, proof: path, start: 9, index: 9 }))).toBe(
      'INVALID_SUBTREE',
    )
  })
})

describe('consistency', () => {
  const proof = naiveSubtreeProof(leaves, 0, 13)
  const claim = { from: 13, to: 21, fromRoot: rootOf(0, 13), toRoot: rootOf(0, 21), proof }

  test('a proof by the book is accepted', () => {
    expect(verdict(() => verifyConsistency(claim))).toBe('accepted')
    const same = { from: 21, to: 21, fromRoot: rootOf(0, 21), toRoot: rootOf(0, 21), proof: [] }
    expect(verdict(() => verifyConsistency(same))).toBe('accepted')
  })

  test('#47 the smaller size second is refused', () => {
    expect(verdict(() => verifyConsistency({ ...claim, from: 21, to: 13 }))).toBe('OUT_OF_RANGE')
    expect(verdict(() => verifyConsistency({ ...claim, from: 0 }))).toBe('OUT_OF_RANGE')
    expect(verdict(() => verifyConsistency({ ...claim, from: 13 + 2 ** 32 }))).toBe('OUT_OF_RANGE')
  })

  test('#47 hashes too many, too few, too short or in wrong order are refused', () => {
    const first = proof[0] as Uint8Array
    const long = Array.from({ length: 64 }, () => first)
    expect(verdict(() => verifyConsistency({ ...claim, proof: long }))).toBe('WRONG_PROOF_LENGTH')
    expect(verdict(() => verifyConsistency({ ...claim, proof: [...proof, first] }))).toBe('WRONG_PROOF_LENGTH')
    expect(verdict(() => verifyConsistency({ ...claim, proof: proof.slice(0, -1) }))).toBe('WRONG_PROOF_LENGTH')
    expect(verdict(() => verifyConsistency({ ...claim, proof: [] }))).toBe('WRONG_PROOF_LENGTH')
    expect(verdict(() => verifyConsistency({ ...claim, proof: proof.toReversed() }))).toBe('PROOF_MISMATCH')
    expect(verdict(() => verifyConsistency({ ...claim, proof: [first.subarray(1), ...proof.slice(1)] }))).toBe(
      'INVALID_HASH',
    )
  })

  test('#48 equal sizes with different roots are no proof of anything', () => {
    const same = { from: 21, to: 21, fromRoot: rootOf(0, 21), toRoot: rootOf(0, 20), proof: [] }
    expect(verdict(() => verifyConsistency(same))).toBe('PROOF_MISMATCH')
    expect(verdict(() => verifyConsistency({ ...same, toRoot: same.fromRoot, proof: [same.toRoot] }))).toBe(
      'WRONG_PROOF_LENGTH',
    )
  })

  test('a subtree without leaves or out of line is refused', () => {
    const subtree = { start: 8, end: 13, size: 21, subtree: rootOf(8, 13), root: rootOf(0, 21) }
    const path = naiveSubtreeProof(leaves, 8, 13)
    expect(verdict(() => verifySubtreeConsistency({ ...subtree, proof: path }))).toBe('accepted')
    expect(verdict(() => verifySubtreeConsistency({ ...subtree, proof: path, end: 8 }))).toBe('INVALID_SUBTREE')
    expect(verdict(() => verifySubtreeConsistency({ ...subtree, proof: path, start: 4 }))).toBe('INVALID_SUBTREE')
    expect(verdict(() => verifySubtreeConsistency({ ...subtree, proof: path, size: 12 }))).toBe('OUT_OF_RANGE')
    expect(verdict(() => verifySubtreeConsistency({ ...subtree, proof: path, start: 2 ** 32 + 8 }))).toBe(
      'INVALID_SUBTREE',
    )
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leafHash } from './merkle.ts'
import { isSubtree } from './subtree.ts'
import { verdict } from './testing/fixtures.ts'
import { naiveInclusion, naiveRoot, naiveSubtreeProof } from './testing/naive-tree.ts'
import { verifyConsistency, verifyInclusion, verifySubtreeConsistency } from './verify-proof.ts'

const LEAVES = Array.from({ length: 140 }, (_, i) => leafHash(Uint8Array.of(i, 7)))

/** Some hash of those handed over, with one bit turned. */
const spoil = (hashes: readonly Uint8Array[], seed: number): Uint8Array[] => {
  const at = seed % hashes.length
  return hashes.map((hash, i) => {
    if (i !== at) return hash
    const spoilt = hash.slice()
    const bit = Math.floor(seed / hashes.length) % 256
    spoilt[bit >> 3] = (spoilt[bit >> 3] as number) ^ (1 << (bit & 7))
    return spoilt
  })
}

const tree = fc.integer({ min: 1, max: 140 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1), fc.nat()))

test('inclusion: what the definition proves is accepted, with any bit of it turned it is not', () => {
  fc.assert(
    fc.property(tree, fc.nat(139), ([size, index, seed], other) => {
      const leaves = LEAVES.slice(0, size)
      const proof = naiveInclusion(leaves, index)
      const root = naiveRoot(leaves)
      const leaf = leaves[index] as Uint8Array
      verifyInclusion({ leaf, index, size, root, proof })
      const [spoiltLeaf, spoiltRoot, ...spoilt] = spoil([leaf, root, ...proof], seed) as [Uint8Array, Uint8Array]
      const claim = { leaf: spoiltLeaf, index, size, root: spoiltRoot, proof: spoilt }
      expect(verdict(() => verifyInclusion(claim))).toBe('PROOF_MISMATCH')
      if (other !== index) {
        expect(verdict(() => verifyInclusion({ leaf, index: other, size, root, proof }))).not.toBe('accepted')
      }
    }),
  )
})

test('consistency: what the definition proves is accepted, with any bit of it turned it is not', () => {
  fc.assert(
    fc.property(tree, fc.nat(139), ([to, before, seed], other) => {
      const from = before + 1
      const leaves = LEAVES.slice(0, to)
      const proof = naiveSubtreeProof(leaves, 0, from)
      const [fromRoot, toRoot] = [naiveRoot(leaves.slice(0, from)), naiveRoot(leaves)]
      verifyConsistency({ from, to, fromRoot, toRoot, proof })
      const [spoiltFrom, spoiltTo, ...spoilt] = spoil([fromRoot, toRoot, ...proof], seed) as [Uint8Array, Uint8Array]
      const claim = { from, to, fromRoot: spoiltFrom, toRoot: spoiltTo, proof: spoilt }
      expect(verdict(() => verifyConsistency(claim))).toBe('PROOF_MISMATCH')
      if (other !== from) {
        expect(verdict(() => verifyConsistency({ from: other, to, fromRoot, toRoot, proof }))).not.toBe('accepted')
      }
    }),
  )
})

test('subtrees: every one of a small tree is proved, and no other root passes for it', () => {
  for (const size of [1, 2, 3, 5, 8, 13, 21, 32, 33]) {
    const leaves = LEAVES.slice(0, size)
    const root = naiveRoot(leaves)
    for (let start = 0; start < size; start++) {
      for (let end = start + 1; end <= size; end++) {
        if (!isSubtree(start, end)) continue
        const proof = naiveSubtreeProof(leaves, start, end)
        const subtree = naiveRoot(leaves.slice(start, end))
        verifySubtreeConsistency({ start, end, size, subtree, root, proof })
        const [spoiltSubtree, spoiltRoot, ...spoilt] = spoil([subtree, root, ...proof], start * 41 + end) as [
          Uint8Array,
          Uint8Array,
        ]
        const claim = { start, end, size, subtree: spoiltSubtree, root: spoiltRoot, proof: spoilt }
        expect(verdict(() => verifySubtreeConsistency(claim))).toBe('PROOF_MISMATCH')
      }
    }
  }
})

// Proofs of trees of any size without the trees: every hash a proof carries is chosen, the roots follow from the definition in
// RFC 6962, read top-down. Slow and plain on purpose; it shares nothing with the code that is tried.
import { nodeOf } from './fixtures.mjs'

/** Largest power of two below `size`. */
function splitOf(size) {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

/** A leaf, its index, a size, the proof and the root they make. */
export function inclusionOf(random, index, size) {
  const leaf = random.bytes(32)
  const proof = []
  const rootOf = (at, width) => {
    if (width === 1) return leaf
    const split = splitOf(width)
    const inLeft = at < split
    const below = inLeft ? rootOf(at, split) : rootOf(at - split, width - split)
    const other = random.bytes(32)
    proof.push(other)
    return inLeft ? nodeOf(below, other) : nodeOf(other, below)
  }
  return { root: rootOf(index, size), leaf, index, size, proof }
}

/** Two roots, of `from` and `to` leaves, and the proof that one grew into the other. */
export function growthOf(random, from, to) {
  const proof = []
  const rootsOf = (old, width, known) => {
    if (old === width) {
      const hash = random.bytes(32)
      if (!known) proof.push(hash)
      return [hash, hash]
    }
    const split = splitOf(width)
    if (old <= split) {
      const [before, after] = rootsOf(old, split, known)
      const right = random.bytes(32)
      proof.push(right)
      return [before, nodeOf(after, right)]
    }
    const [before, after] = rootsOf(old - split, width - split, false)
    const left = random.bytes(32)
    proof.push(left)
    return [nodeOf(left, before), nodeOf(left, after)]
  }
  const [fromRoot, toRoot] = rootsOf(from, to, true)
  return { from, to, fromRoot, toRoot, proof }
}

/** Sizes around powers of two, small ones, and as large as a safe integer. */
export function anySize(random) {
  const power = 2 ** random.below(53)
  const size = random.pick([
    1 + random.below(20),
    1 + random.below(1000),
    power + random.below(3) - 1,
    power + random.below(Math.min(power, 2 ** 31)),
  ])
  return Math.max(1, Math.min(size, Number.MAX_SAFE_INTEGER))
}

/** Below `limit`, also when that is beyond 32 bits. */
export const below = (random, limit) => {
  const choice = random.below(4)
  if (choice === 0) return 0
  if (choice === 1) return limit - 1
  return limit <= 2 ** 32 ? random.below(limit) : Math.floor((random.below(2 ** 32) / 2 ** 32) * limit)
}

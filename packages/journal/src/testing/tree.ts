import { createHash } from 'node:crypto'

/**
 * The Merkle tree straight from its definition (RFC 6962 2.1), sharing no code with what is under test: slow, recursive.
 */
export function plainRoot(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return hash()
  if (leaves.length === 1) return hash(Uint8Array.of(0), leaves[0] as Uint8Array)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return hash(Uint8Array.of(1), plainRoot(leaves.slice(0, split)), plainRoot(leaves.slice(split)))
}

/** A tile from the same definition. */
export function plainTile(
  leaves: readonly Uint8Array[],
  level: number,
  { index, width }: { index: number; width: number },
): Buffer {
  const span = 256 ** level
  return Buffer.concat(
    Array.from({ length: width }, (_, i) => {
      const first = (256 * index + i) * span
      return plainRoot(leaves.slice(first, first + span))
    }),
  )
}

function hash(...parts: Uint8Array[]): Buffer {
  const sum = createHash('sha256')
  for (const part of parts) sum.update(part)
  return sum.digest()
}

import { createHash } from 'node:crypto'
import {
  cacheTiles,
  equalBytes,
  leafHash,
  nodeHash,
  proveInclusion,
  rootFromTiles,
  type TileReader,
  verifyInclusion,
} from '@parley/record'
import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { quantile } from '../statistics.ts'

const LEAVES = 100_000_000
const LEVELS = 27
const HASH_BYTES = 32
const PLACES = 200
const GOAL_US = 100

/**
 * A tree of 10^8 leaves that nobody has to build: all of them are one entry, so every full subtree of a height has one hash, and a tile
 * holds the hash of its level. Proofs over it cost what they cost over any tree.
 */
const ENTRY = new TextEncoder().encode('an act')

export async function proofCost(context: BenchmarkContext): Promise<Measurement[]> {
  const leaf = leafHash(ENTRY)
  const ofHeight = [leaf]
  for (let height = 1; height <= LEVELS; height++) ofHeight.push(nodeHash(ofHeight[height - 1]!, ofHeight[height - 1]!))
  const tiles: TileReader = {
    tile: async (level, _index, width) => {
      const tile = new Uint8Array(width * HASH_BYTES)
      for (let at = 0; at < width; at++) tile.set(ofHeight[8 * level]!, at * HASH_BYTES)
      return tile
    },
  }
  const root = rootOf(LEAVES, ofHeight)
  const reader = cacheTiles(tiles)
  const places = Array.from({ length: PLACES }, (_, at) => (at * 7_919_317 + 13) % LEAVES)
  let right = equalBytes(await rootFromTiles(tiles, LEAVES), root)
  const [cold, warm, verified]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round <= Math.max(5, context.runs); round++)
    for (const index of places) {
      let began = performance.now()
      const proof = await proveInclusion(reader, { index, size: LEAVES })
      const made = (performance.now() - began) * 1000
      ;(round === 0 ? cold : warm).push(made)
      const claim = { leaf, index, size: LEAVES, root, proof }
      began = performance.now()
      verifyInclusion(claim)
      verified.push((performance.now() - began) * 1000)
      right &&= proof.length <= LEVELS && refuses({ ...claim, leaf: root })
    }
  const middle = (sample: readonly number[]): number => quantile(Float64Array.from(sample), 0.5)
  const peer = { name: `${LEVELS} hashes`, value: middle(hashes()), better: 'less' } as const
  return [
    {
      id: 'R3',
      what: 'inclusion proof at 10^8 leaves, tiles seen before',
      unit: 'µs',
      value: middle(warm),
      goal: { kind: 'at-most', value: GOAL_US },
      peer,
      right,
    },
    { id: 'R3', what: 'the same, first touch of its tiles', unit: 'µs', value: middle(cold), peer, right },
    { id: 'R3', what: 'verifying it', unit: 'µs', value: middle(verified), peer, right },
  ]
}

function refuses(claim: Parameters<typeof verifyInclusion>[0]): boolean {
  try {
    verifyInclusion(claim)
    return false
  } catch {
    return true
  }
}

/** The root by its definition: full subtrees of falling height, joined from the right. */
function rootOf(size: number, ofHeight: readonly Uint8Array[]): Uint8Array {
  const peaks = ofHeight.filter((_, height) => Math.floor(size / 2 ** height) % 2 === 1)
  return peaks.reduce((right, left) => nodeHash(left, right))
}

/** Microseconds of so many hashes of 65 bytes, with nothing around them. */
function hashes(): number[] {
  const bytes = Buffer.alloc(65, 1)
  return Array.from({ length: PLACES * 5 }, () => {
    const began = performance.now()
    for (let at = 0; at < LEVELS; at++) createHash('sha256').update(bytes).digest()
    return (performance.now() - began) * 1000
  })
}

import { CompactRange, leafHash } from '@parley/record'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainRoot, plainTile } from '../testing/tree.ts'
import { TILE_BYTES, TileEdge, tileRoot } from './tile-edge.ts'

const leaf = (seq: number, branch = 0): Uint8Array => leafHash(Uint8Array.of(seq, seq >> 8, seq >> 16, branch))

/** An edge of `size` leaves and the full tiles it passed on the way. */
function grown(size: number): { edge: TileEdge; tiles: Map<string, Uint8Array> } {
  const edge = new TileEdge()
  const tiles = new Map<string, Uint8Array>()
  for (let seq = 0; seq < size; seq++) {
    edge.append(leaf(seq), (level, index, bytes) => tiles.set(`${level}/${index}`, bytes.slice()))
  }
  return { edge, tiles }
}

describe('the edge of a tree in tiles', () => {
  it('has the root and the tiles of the definition at every small size', () => {
    const entries = Array.from({ length: 600 }, (_, seq) => Uint8Array.of(seq, seq >> 8, seq >> 16, 0))
    for (const size of [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 600]) {
      const { edge, tiles } = grown(size)
      expect(Buffer.compare(edge.root(), plainRoot(entries.slice(0, size)))).toBe(0)
      expect(tiles.size).toBe(Math.floor(size / 256))
      for (let index = 0; index < tiles.size; index++) {
        const tile = tiles.get(`0/${index}`) as Uint8Array
        expect(Buffer.compare(tile, plainTile(entries, 0, { index, width: 256 }))).toBe(0)
      }
    }
  })

  it('has the root of a compact range at any size, and is the same brought up from its tiles', () => {
    const size = fc.oneof(fc.nat(3000), fc.constantFrom(255, 256, 257, 65_535, 65_536, 65_537, 65_536 + 256, 66_000))
    fc.assert(
      fc.property(size, fc.nat(600), (leaves, more) => {
        const { edge, tiles } = grown(leaves)
        const range = new CompactRange()
        for (let seq = 0; seq < leaves; seq++) range.append(leaf(seq))
        expect(Buffer.compare(edge.root(), range.root())).toBe(0)
        expect(edge.peaks().map((peak) => Buffer.from(peak))).toEqual(range.hashes().map((hash) => Buffer.from(hash)))

        const again = TileEdge.from(leaves, (level, width) => {
          const bytes = new Uint8Array(TILE_BYTES)
          const first = Math.floor(leaves / 256 ** (level + 1)) * 256
          for (let i = 0; i < width; i++) {
            const hash = level === 0 ? leaf(first + i) : tileRoot(tiles.get(`${level - 1}/${first + i}`) as Uint8Array)
            bytes.set(hash, 32 * i)
          }
          return bytes
        })
        for (let seq = leaves; seq < leaves + more; seq++) {
          range.append(leaf(seq))
          again.append(leaf(seq), () => undefined)
        }
        expect(Buffer.compare(again.root(), range.root())).toBe(0)
      }),
      { numRuns: 20 },
    )
  })

  it('is not touched by what grows from a copy of it and is given up', () => {
    fc.assert(
      fc.property(fc.nat(800), fc.nat(600), fc.nat(600), (size, lost, kept) => {
        const { edge } = grown(size)
        const before = Buffer.from(edge.root())
        const given = edge.clone()
        for (let i = 0; i < lost; i++) given.append(leaf(i, 1), () => undefined)
        expect(Buffer.compare(edge.root(), before)).toBe(0)
        const next = edge.clone()
        for (let seq = size; seq < size + kept; seq++) next.append(leaf(seq), () => undefined)
        expect(Buffer.compare(next.root(), grown(size + kept).edge.root())).toBe(0)
        const width = (size + kept) % 256
        expect(Buffer.compare(next.hashes(0, width), grown(size + kept).edge.hashes(0, width))).toBe(0)
      }),
      { numRuns: 25 },
    )
  })
})

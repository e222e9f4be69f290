import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leafHash } from './merkle.ts'
import { proveConsistency, proveInclusion, proveSubtree } from './prove.ts'
import { hex, verdictOf } from './testing/fixtures.ts'
import { naiveInclusion, naiveRoot, naiveSubtreeProof } from './testing/naive-tree.ts'
import { filesOf, sourceOf } from './testing/tiles.ts'
import { FillingTile } from './tile-nodes.ts'
import { cacheTiles, rangeFromTiles, rootFromTiles, type TileReader, tileReader } from './tile-reader.ts'
import { verifyConsistency, verifyInclusion, verifySubtreeConsistency } from './verify-proof.ts'

const ENTRIES = Array.from({ length: 1100 }, (_, i) => Uint8Array.of(i >> 8, i))
const LEAVES = ENTRIES.map((entry) => leafHash(entry))
const readers = new Map<number, TileReader>()
const readerOf = (size: number): TileReader => {
  let reader = readers.get(size)
  if (reader === undefined) {
    reader = tileReader(sourceOf(filesOf(ENTRIES.slice(0, size))))
    readers.set(size, reader)
  }
  return reader
}

// Sizes about the edges of tiles, where a level begins or a partial tile is full.
const size = fc.oneof(
  fc.integer({ min: 1, max: 1100 }),
  fc.constantFrom(1, 2, 255, 256, 257, 511, 512, 513, 767, 768, 1023, 1024, 1025),
)
const hexAll = (hashes: readonly Uint8Array[]): string[] => hashes.map(hex)

test('roots from tiles are those of the definition, and the range goes on', async () => {
  for (const size of [0, 1, 2, 3, 255, 256, 257, 512, 700, 1024, 1099]) {
    const range = await rangeFromTiles(readerOf(size), size)
    expect(hex(range.root())).toBe(hex(naiveRoot(LEAVES.slice(0, size))))
    range.append(LEAVES[size] as Uint8Array)
    expect(hex(range.root())).toBe(hex(naiveRoot(LEAVES.slice(0, size + 1))))
  }
})

test('inclusion proofs are those of the definition and verify, in any size the log has had', async () => {
  await fc.assert(
    fc.asyncProperty(size, fc.nat(), fc.nat(), async (stored, sizeSeed, indexSeed) => {
      const size = 1 + (sizeSeed % stored)
      const index = indexSeed % size
      // Of a tree of `stored` leaves only the last partial tiles are there: older sizes fall back to wider ones.
      const files = filesOf(ENTRIES.slice(0, stored))
      const source = sourceOf(files)
      const wide: TileReader = {
        async tile(level, at, width) {
          for (let w = width; w <= 256; w++) {
            const tile = await source.tile(level, at, w)
            if (tile !== null) return tile
          }
          throw new Error('no such tile')
        },
      }
      const proof = await proveInclusion(wide, { index, size })
      expect(hexAll(proof)).toEqual(hexAll(naiveInclusion(LEAVES.slice(0, size), index)))
      verifyInclusion({
        leaf: LEAVES[index] as Uint8Array,
        index,
        size,
        root: naiveRoot(LEAVES.slice(0, size)),
        proof,
      })
    }),
    { numRuns: 60 },
  )
})

test('consistency proofs are those of the definition and verify', async () => {
  await fc.assert(
    fc.asyncProperty(size, fc.nat(), async (to, seed) => {
      const from = 1 + (seed % to)
      const leaves = LEAVES.slice(0, to)
      const proof = await proveConsistency(readerOf(to), { from, to })
      expect(hexAll(proof)).toEqual(hexAll(naiveSubtreeProof(leaves, 0, from)))
      verifyConsistency({ from, to, fromRoot: naiveRoot(leaves.slice(0, from)), toRoot: naiveRoot(leaves), proof })
    }),
    { numRuns: 100 },
  )
  expect(await proveConsistency(readerOf(300), { from: 0, to: 300 })).toEqual([])
  expect(await proveConsistency(readerOf(300), { from: 300, to: 300 })).toEqual([])
})

test('subtree proofs are those of the definition and verify', async () => {
  await fc.assert(
    fc.asyncProperty(size, fc.nat(10), fc.nat(), fc.nat(), async (size, level, startSeed, endSeed) => {
      const width = 2 ** level
      const start = (startSeed % Math.ceil(size / width)) * width
      const shortest = width === 1 ? 1 : width / 2 + 1
      const end = Math.min(size, start + shortest + (endSeed % (width - shortest + 1)))
      const leaves = LEAVES.slice(0, size)
      const proof = await proveSubtree(readerOf(size), { start, end, size })
      expect(hexAll(proof)).toEqual(hexAll(naiveSubtreeProof(leaves, start, end)))
      const subtree = naiveRoot(leaves.slice(start, end))
      verifySubtreeConsistency({ start, end, size, subtree, root: naiveRoot(leaves), proof })
    }),
    { numRuns: 100 },
  )
})

test('a cache gives the same proofs and reads no tile twice', async () => {
  const source = sourceOf(filesOf(ENTRIES))
  const cached = cacheTiles(tileReader(source))
  for (const index of [0, 1, 2, 255, 256, 700, 1023, 1024, 1099, 0, 255]) {
    const proof = await proveInclusion(cached, { index, size: 1100 })
    expect(hexAll(proof)).toEqual(hexAll(naiveInclusion(LEAVES, index)))
  }
  expect(source.asked.length).toBe(new Set(source.asked).size)
  const small = cacheTiles(tileReader(source), { tiles: 1 })
  for (const index of [5, 300, 600, 5]) {
    expect(hexAll(await proveInclusion(small, { index, size: 1100 }))).toEqual(hexAll(naiveInclusion(LEAVES, index)))
  }
})

test('a cache follows a log that grows, and still proves its older sizes', async () => {
  let stored = new Map<string, Uint8Array>()
  const cached = cacheTiles({
    async tile(level, index, width) {
      return tileReader(sourceOf(stored)).tile(level, index, width)
    },
  })
  for (const [older, size] of [
    [1, 100],
    [100, 101],
    [70, 256],
    [200, 700],
    [650, 1100],
  ] as const) {
    stored = filesOf(ENTRIES.slice(0, size))
    for (const index of [0, 60, older - 1, size - 1]) {
      const proof = await proveInclusion(cached, { index, size })
      expect(hexAll(proof)).toEqual(hexAll(naiveInclusion(LEAVES.slice(0, size), index)))
    }
    const proof = await proveConsistency(cached, { from: older, to: size })
    expect(hexAll(proof)).toEqual(hexAll(naiveSubtreeProof(LEAVES.slice(0, size), 0, older)))
  }
})

test('a cache keeps copies, also of arrays whose slice is a view', async () => {
  const files = new Map([...filesOf(ENTRIES)].map(([path, bytes]) => [path, Buffer.from(bytes)]))
  const cached = cacheTiles(tileReader(sourceOf(files)))
  const proof = await proveInclusion(cached, { index: 0, size: 1100 })
  for (const bytes of files.values()) bytes.fill(0)
  expect(hexAll(proof)).toEqual(hexAll(naiveInclusion(LEAVES, 0)))
  expect(hexAll(await proveInclusion(cached, { index: 9, size: 1100 }))).toEqual(hexAll(naiveInclusion(LEAVES, 9)))
})

test('only the tiles a proof needs are read, each once', async () => {
  const source = sourceOf(filesOf(ENTRIES))
  await proveInclusion(tileReader(source), { index: 300, size: 1100 })
  expect(source.asked.toSorted()).toEqual(['tile/0/001', 'tile/0/004.p/76', 'tile/1/000.p/4'])
})

test('#45 a partial tile that is gone is read from the full one, and neither is an answer', async () => {
  const files = filesOf(ENTRIES.slice(0, 1024))
  const reader = tileReader(sourceOf(files))
  // At size 1000 tile 3 was 232 wide, of which only the full one is left, and level 1 had 3 hashes, which is still there.
  files.set('tile/1/000.p/3', (files.get('tile/1/000.p/4') as Uint8Array).subarray(0, 96))
  await expect(proveInclusion(reader, { index: 900, size: 1000 })).resolves.toEqual(
    naiveInclusion(LEAVES.slice(0, 1000), 900),
  )
  files.delete('tile/0/003')
  expect(await verdictOf(proveInclusion(reader, { index: 900, size: 1000 }))).toBe('MISSING_TILE')
})

test('#43 a tile cut to 8,000 bytes is refused, and so is one of another length', async () => {
  for (const length of [8000, 8191, 0, 32 * 255, 32 * 257]) {
    const files = filesOf(ENTRIES.slice(0, 512))
    files.set('tile/0/000', new Uint8Array(length))
    const reader = tileReader(sourceOf(files))
    expect(await verdictOf(proveInclusion(reader, { index: 0, size: 512 }))).toBe('MALFORMED_TILE')
    const direct = { tile: async () => new Uint8Array(length) }
    expect(await verdictOf(proveInclusion(direct, { index: 0, size: 512 }))).toBe('MALFORMED_TILE')
  }
})

test('what no tree has is not proved', async () => {
  const reader = readerOf(300)
  expect(await verdictOf(proveInclusion(reader, { index: 300, size: 300 }))).toBe('OUT_OF_RANGE')
  expect(await verdictOf(proveInclusion(reader, { index: 0, size: 0 }))).toBe('OUT_OF_RANGE')
  expect(await verdictOf(proveConsistency(reader, { from: 301, to: 300 }))).toBe('OUT_OF_RANGE')
  expect(await verdictOf(proveSubtree(reader, { start: 5, end: 9, size: 300 }))).toBe('INVALID_SUBTREE')
  expect(await verdictOf(proveSubtree(reader, { start: 8, end: 8, size: 300 }))).toBe('INVALID_SUBTREE')
  expect(await verdictOf(rootFromTiles(reader, -1))).toBe('OUT_OF_RANGE')
})

test('a proof in a tree of 10^8 leaves reads at most two tiles a level', async () => {
  // Made-up hashes: the tile's level and index decide them, so any proof from them has the right shape.
  let reads = 0
  const reader: TileReader = {
    async tile(level, index, width) {
      reads += 1
      return new Uint8Array(width * 32).fill((level * 31 + index) % 251)
    },
  }
  const proof = await proveInclusion(reader, { index: 12_345_678, size: 100_000_000 })
  expect(proof).toHaveLength(27)
  expect(reads).toBeLessThanOrEqual(8)
})

test('a tile that fills in place gives the proofs of the definition at every width', async () => {
  const tile = new FillingTile()
  const filling: TileReader = { tile: async (level) => (level === 0 ? tile.bytes : naiveRoot(LEAVES.slice(0, 256))) }
  let from = 1
  for (const [at, leaf] of LEAVES.slice(0, 256).entries()) {
    tile.push(leaf)
    const to = at + 1
    expect(hex(await rootFromTiles(filling, to))).toBe(hex(naiveRoot(LEAVES.slice(0, to))))
    const proof = await proveConsistency(filling, { from, to })
    verifyConsistency({
      from,
      to,
      fromRoot: naiveRoot(LEAVES.slice(0, from)),
      toRoot: naiveRoot(LEAVES.slice(0, to)),
      proof,
    })
    from = 1 + ((from * 7) % to)
  }
  expect(tile.width).toBe(256)
  expect(() => tile.push(LEAVES[0] as Uint8Array)).toThrow(RangeError)
})

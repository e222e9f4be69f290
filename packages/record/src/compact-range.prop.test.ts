import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CompactRange } from './compact-range.ts'
import { EMPTY_ROOT, leafHash, nodeHash } from './merkle.ts'
import { naiveLeafHash, naiveNodeHash, naiveRoot } from './testing/naive-tree.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const entries = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 })

test('the root is that of the recursive definition, after every leaf', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const leaves = all.map(naiveLeafHash)
      const range = new CompactRange()
      expect(hex(range.root())).toBe(hex(naiveRoot([])))
      all.forEach((entry, i) => {
        range.append(leafHash(entry))
        expect(range.size).toBe(i + 1)
        expect(hex(range.root())).toBe(hex(naiveRoot(leaves.slice(0, i + 1))))
      })
    }),
    { numRuns: 40 },
  )
})

test('a range restored from its hashes, or cloned, goes on as the first', () => {
  fc.assert(
    fc.property(entries, entries, (before, after) => {
      const range = new CompactRange()
      for (const entry of before) range.append(leafHash(entry))
      const restored = CompactRange.from(range.size, range.hashes())
      const cloned = range.clone()
      for (const entry of after) {
        restored.append(leafHash(entry))
        cloned.append(leafHash(entry))
      }
      expect(hex(range.root())).toBe(hex(naiveRoot(before.map(naiveLeafHash))))
      const root = hex(naiveRoot([...before, ...after].map(naiveLeafHash)))
      expect(hex(restored.root())).toBe(root)
      expect(hex(cloned.root())).toBe(root)
    }),
    { numRuns: 40 },
  )
})

test('every complete node is shown once, lower ones before those above', () => {
  const leaves = Array.from({ length: 37 }, (_, i) => leafHash(Uint8Array.of(i)))
  const seen = new Map<string, string>()
  const range = new CompactRange()
  for (const leaf of leaves) {
    range.append(leaf, (level, index, hash) => {
      expect(seen.has(`${level}/${index}`)).toBe(false)
      seen.set(`${level}/${index}`, hex(hash))
    })
  }
  for (let level = 0; 2 ** level <= leaves.length; level++) {
    const width = 2 ** level
    for (let index = 0; (index + 1) * width <= leaves.length; index++) {
      const node = naiveRoot(leaves.slice(index * width, (index + 1) * width))
      expect(seen.get(`${level}/${index}`)).toBe(hex(node))
      seen.delete(`${level}/${index}`)
    }
  }
  expect(seen.size).toBe(0)
})

test('sizes above 2^32 keep all their bits', () => {
  const size = 2 ** 52 + 2 ** 32 + 5
  const hashes = Array.from({ length: 4 }, (_, i) => leafHash(Uint8Array.of(i)))
  const range = CompactRange.from(size, hashes)
  expect(range.size).toBe(size)
  expect(range.hashes()).toEqual(hashes)
  range.append(leafHash(Uint8Array.of(9)))
  const [a, b, c, d] = hashes as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const pair = naiveNodeHash(d, leafHash(Uint8Array.of(9)))
  expect(range.size).toBe(size + 1)
  expect(hex(range.root())).toBe(hex(naiveNodeHash(a, naiveNodeHash(b, naiveNodeHash(c, pair)))))
})

test('leaves and hashes of a wrong number or length are refused', () => {
  const leaf = leafHash(new Uint8Array(0))
  expect(() => new CompactRange().append(leaf.subarray(1))).toThrow(RangeError)
  expect(() => CompactRange.from(3, [leaf])).toThrow(RangeError)
  expect(() => CompactRange.from(3, [leaf, leaf, leaf])).toThrow(RangeError)
  expect(() => CompactRange.from(2, [new Uint8Array(31)])).toThrow(RangeError)
  expect(() => CompactRange.from(-1, [])).toThrow(RangeError)
  expect(() => CompactRange.from(2 ** 53, [leaf])).toThrow(RangeError)
  const full = CompactRange.from(
    Number.MAX_SAFE_INTEGER,
    Array.from({ length: 53 }, () => leaf),
  )
  expect(() => full.append(leaf)).toThrow(RangeError)
})

test('leaf, node and empty tree hash as RFC 6962 says, entries of any length', () => {
  expect(hex(EMPTY_ROOT)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(hex(leafHash(new Uint8Array(0)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  for (const length of [1, 55, 56, 64, 65_535, 65_536, 200_000]) {
    const entry = new Uint8Array(length).fill(length % 251)
    expect(hex(leafHash(entry))).toBe(hex(naiveLeafHash(entry)))
  }
  const [left, right] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))]
  expect(hex(nodeHash(left, right))).toBe(hex(naiveNodeHash(left, right)))
})

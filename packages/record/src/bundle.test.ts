import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBundle, encodeBundle } from './bundle.ts'
import { encodeHex, encodeUtf8 } from './bytes.ts'
import { isRecordError } from './errors.ts'
import { leafOf, parseBlobLeaf } from './leaf.ts'
import { leafHash } from './merkle.ts'

const code = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'accepted'
}

const bytes = (...texts: string[]): Uint8Array[] => texts.map(encodeUtf8)

test('a bundle is lengths and entries', () => {
  const bundle = encodeBundle(bytes('ab', '', 'c'))
  expect(encodeHex(bundle)).toBe('000261620000000163')
  expect(decodeBundle(bundle, 3).map(encodeHex)).toEqual(['6162', '', '63'])
  expect(() => encodeBundle([])).toThrow(RangeError)
  expect(() => encodeBundle(Array.from({ length: 257 }, () => new Uint8Array(1)))).toThrow(RangeError)
})

test('bundles are read as they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { minLength: 1, maxLength: 256 }), (entries) => {
      expect(decodeBundle(encodeBundle(entries), entries.length).map(encodeHex)).toEqual(entries.map(encodeHex))
    }),
    { numRuns: 30 },
  )
})

test('#34 an entry of 65,535 bytes is a leaf, one of 65,536 is not encoded, an empty one is carried', () => {
  const longest = new Uint8Array(65_535).fill(7)
  const [read] = decodeBundle(encodeBundle([longest]), 1)
  expect(read?.length).toBe(65_535)
  expect(leafOf(longest)).toBe(longest)
  expect(code(() => encodeBundle([new Uint8Array(65_536)]))).toBe('ENTRY_TOO_LARGE')
  expect(decodeBundle(Uint8Array.of(0, 0), 1).map((entry) => entry.length)).toEqual([0])
})

test('#44 a bundle with an entry missing, cut short or with a byte after the last is refused', () => {
  const bundle = encodeBundle(bytes('ab', 'cd', 'ef'))
  expect(code(() => decodeBundle(bundle.subarray(0, 8), 3))).toBe('MALFORMED_BUNDLE')
  expect(code(() => decodeBundle(bundle.subarray(0, 11), 3))).toBe('MALFORMED_BUNDLE')
  expect(code(() => decodeBundle(bundle.subarray(0, 9), 3))).toBe('MALFORMED_BUNDLE')
  expect(code(() => decodeBundle(Uint8Array.of(...bundle, 0), 3))).toBe('MALFORMED_BUNDLE')
  expect(code(() => decodeBundle(bundle, 2))).toBe('MALFORMED_BUNDLE')
  expect(code(() => decodeBundle(new Uint8Array(0), 1))).toBe('MALFORMED_BUNDLE')
})

test('an entry too long for a leaf is named by hash and length', () => {
  const leaf = leafOf(new Uint8Array(65_536))
  expect(new TextDecoder().decode(leaf)).toBe(
    'parley.blob/v1\nde2f256064a0af797747c2b97505dc0b9f3df0de4f489eac731c23ae9ca9cc31\n65536\n',
  )
  expect(parseBlobLeaf(leaf)).toEqual({
    sha256: 'de2f256064a0af797747c2b97505dc0b9f3df0de4f489eac731c23ae9ca9cc31',
    length: 65_536,
  })
  expect(encodeHex(leafHash(leaf))).toHaveLength(64)
  expect(parseBlobLeaf(encodeUtf8('parley.blob/v2\n'))).toBeNull()
  expect(parseBlobLeaf(new Uint8Array(0))).toBeNull()
})

test('no entry may look like the name of a blob', () => {
  const hash = 'de2f256064a0af797747c2b97505dc0b9f3df0de4f489eac731c23ae9ca9cc31'
  expect(code(() => leafOf(encodeUtf8('parley.blob/v1\n')))).toBe('RESERVED_ENTRY')
  expect(code(() => leafOf(leafOf(new Uint8Array(70_000))))).toBe('RESERVED_ENTRY')
  const long = new Uint8Array(70_000)
  long.set(encodeUtf8('parley.blob/v1\n'))
  expect(code(() => leafOf(long))).toBe('RESERVED_ENTRY')
  for (const text of [
    '',
    `${hash}\n65535\n`,
    `${hash}\n065536\n`,
    `${hash}\n65536`,
    `${hash}\n65536\n\n`,
    `${hash.toUpperCase()}\n65536\n`,
    `${hash}\n9999999999999999\n`,
    `${hash}\n65536\n${' '.repeat(300)}`,
  ]) {
    expect(code(() => parseBlobLeaf(encodeUtf8(`parley.blob/v1\n${text}`)))).toBe('RESERVED_ENTRY')
  }
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bundlePath, levelShape, parseLogPath, tilePath } from './tile-path.ts'

test('paths are those of tlog-tiles', () => {
  expect(tilePath(0, 1_234_067)).toBe('tile/0/x001/x234/067')
  expect(tilePath(0, 273, 112)).toBe('tile/0/273.p/112')
  expect(tilePath(2, 0, 1)).toBe('tile/2/000.p/1')
  expect(tilePath(63, 999)).toBe('tile/63/999')
  expect(bundlePath(1000)).toBe('tile/entries/x001/000')
  expect(bundlePath(70_000, 5)).toBe('tile/entries/x070/000.p/5')
})

test('every path is read back as what it was written from', () => {
  fc.assert(
    fc.property(fc.nat(63), fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
      expect(parseLogPath(tilePath(level, index, width))).toEqual({ kind: 'tile', level, index, width })
      expect(parseLogPath(bundlePath(index, width))).toEqual({ kind: 'bundle', index, width })
    }),
  )
  expect(parseLogPath('checkpoint')).toEqual({ kind: 'checkpoint' })
  const sha256 = '0123456789abcdef'.repeat(4)
  expect(parseLogPath(`blob/${sha256}`)).toEqual({ kind: 'blob', sha256 })
})

test.each([
  'tile/0/x1/000',
  'tile/0/..',
  'tile/0/../../etc/passwd',
  '../checkpoint',
  'tile/0/%2e%2e/000',
  'tile/64/000',
  'tile/100/000',
  'tile/00/000',
  'tile/01/000',
  'tile/-1/000',
  'tile/0/000.p/0',
  'tile/0/000.p/256',
  'tile/0/000.p/1000',
  'tile/0/000.p/07',
  'tile/0/000.p/',
  'tile/0/000.p/5/',
  'tile/0/000.p/+5',
  'tile/0/12345678901234567890',
  'tile/0/x012/x345/x678/x901/x234/x567/890',
  // 2^53: the first index that has no exact number.
  'tile/0/x009/x007/x199/x254/x740/992',
  'tile/0/x000/067',
  'tile/0/67',
  'tile/0/1000',
  'tile/0/x001',
  'tile/0/001/000',
  'tile/0/x001/x000',
  'tile/0/x001//000',
  'tile/0/X001/000',
  'tile/0/\u0661\u0662\u0663',
  'tile/0/000\n',
  'tile/0/000?x=1',
  'tile/entries/',
  'tile/entries/000.p/256',
  'tile/entries/x000/000',
  '/checkpoint',
  'checkpoint/',
  'Checkpoint',
  'blob/0123',
  `blob/${'0123456789ABCDEF'.repeat(4)}`,
  `blob/${'0123456789abcdef'.repeat(4)}0`,
  '',
])('#46 path %j names nothing', (path) => {
  expect(parseLogPath(path)).toBeNull()
})

test('paths that could not be read back are not written', () => {
  expect(() => tilePath(64, 0)).toThrow(RangeError)
  expect(() => tilePath(0, -1)).toThrow(RangeError)
  expect(() => tilePath(0, 2 ** 53)).toThrow(RangeError)
  expect(() => tilePath(0, 0, 0)).toThrow(RangeError)
  expect(() => bundlePath(0, 257)).toThrow(RangeError)
  expect(() => bundlePath(0.5)).toThrow(RangeError)
})

test('a tree of 70,000 leaves has the tiles of the example in tlog-tiles', () => {
  expect(levelShape(0, 70_000)).toEqual({ full: 273, partial: 112 })
  expect(levelShape(1, 70_000)).toEqual({ full: 1, partial: 17 })
  expect(levelShape(2, 70_000)).toEqual({ full: 0, partial: 1 })
  expect(levelShape(3, 70_000)).toEqual({ full: 0, partial: 0 })
  expect(levelShape(0, 2 ** 52 + 3)).toEqual({ full: 2 ** 44, partial: 3 })
})

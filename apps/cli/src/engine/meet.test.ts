import { expect, test } from 'vitest'
import { heightLimit } from '../model/height.ts'
import type { Piece, Shape } from '../model/item.ts'
import { discShape, segmentShape } from '../read/outline.ts'
import { check, OVERLAP, pictureOf, piece, RULE_OF_THREES } from '../testing/fixtures.ts'
import type { Minima } from './minima.ts'

const NM = 1852
const FOOT = 0.3048
/** Metres of a degree of latitude at 41.9 N on WGS84, right to a millimetre over 3 NM. */
const LAT_M = 111_071.716

type Draft = Omit<Piece, 'item' | 'position'>

/** A flight along a parallel, `northM` north of 41.9 N, at one height, for `lastsS` seconds. */
function flight({ northM, heightM, lastsS }: { northM: number; heightM: number; lastsS: number }): Draft {
  const lat = 41.9 + northM / LAT_M
  const shape = segmentShape(lat, -8.3, lat, -8.3 + lastsS * 0.0006)
  return {
    ...piece(shape, { heights: [heightM, heightM], seconds: [0, lastsS] }),
    motion: { startHeightM: heightM, endHeightM: heightM },
  }
}

function verdicts(a: Draft, b: Draft, minima: Minima): string[] {
  return check(pictureOf([[a], [b]]), minima).encounters.map(({ verdict }) => verdict)
}

test.each([
  ['2.9 NM, 2,900 ft, 179 s: caution', 2.9 * NM, 2900 * FOOT, 179, ['caution']],
  ['2.9 NM, 2,900 ft, 180 s: still tolerated', 2.9 * NM, 2900 * FOOT, 180, ['caution']],
  ['2.9 NM, 2,900 ft, 181 s: breach', 2.9 * NM, 2900 * FOOT, 181, ['breach']],
  ['2.9 NM with 3,000 ft: no event', 2.9 * NM, 3000 * FOOT, 181, []],
  ['3.001 NM with 2,900 ft: no event', 3.001 * NM, 2900 * FOOT, 181, []],
  ['2.999 NM with 2,999 ft: event', 2.999 * NM, 2999 * FOOT, 10, ['caution']],
])('TV-15: %s', (_, northM, heightM, lastsS, expected) => {
  const [a, b] = [flight({ northM: 0, heightM: 1000, lastsS }), flight({ northM, heightM: 1000 + heightM, lastsS })]
  expect(verdicts(a, b, RULE_OF_THREES)).toEqual(expected)
  expect(verdicts(b, a, RULE_OF_THREES)).toEqual(expected)
})

test('TV-15 holds for volumes too: the shared time is what is tolerated', () => {
  const disc = (northM: number, heightM: number, lastsS: number): Draft =>
    piece(discShape(41.9 + northM / LAT_M, -8.3, 100), { heights: [heightM, heightM + 10], seconds: [0, lastsS] })
  const apartM = 2.9 * NM + 200
  expect(verdicts(disc(0, 0, 179), disc(apartM, 2900 * FOOT + 10, 500), RULE_OF_THREES)).toEqual(['caution'])
  expect(verdicts(disc(0, 0, 181), disc(apartM, 2900 * FOOT + 10, 500), RULE_OF_THREES)).toEqual(['breach'])
  expect(verdicts(disc(0, 0, 181), disc(apartM, 3000 * FOOT + 10, 500), RULE_OF_THREES)).toEqual([])
})

test('two that cross are compared as they move: the contact is as long as they are near, not as long as their rows', () => {
  const east = flight({ northM: 0, heightM: 1000, lastsS: 600 })
  const shape = segmentShape(41.9 - 0.2, -8.12, 41.9 + 0.2, -8.12)
  const north: Draft = {
    ...piece(shape, { heights: [1000, 1000], seconds: [0, 600] }),
    motion: { startHeightM: 1000, endHeightM: 1000 },
  }
  const [encounter] = check(pictureOf([[east], [north]]), RULE_OF_THREES).encounters
  // Both pass (41.9, -8.12) at 300 s: relative speed by hand from 49.8 m/s east and 74.0 m/s north.
  // The geodesic through both ends of the first is 8.6 m north of the parallel there.
  expect(encounter?.tightest.distanceM).toBeLessThan(10)
  expect(encounter?.tightest.nearest?.atMs).toBeCloseTo(300_000, -3)
  const relativeMps = Math.hypot(82_996 * 0.0006, (0.4 * LAT_M) / 600)
  expect(encounter?.longestMs).toBeCloseTo((2 * 5556 * 1000) / relativeMps, -3)
  expect(encounter?.verdict).toBe('caution')
})

test('the same place at another time counts only where the profile says within how long', () => {
  const first = flight({ northM: 0, heightM: 1000, lastsS: 60 })
  const later = { ...first, interval: { startMs: 200_000, endMs: 260_000 } }
  expect(verdicts(first, later, RULE_OF_THREES)).toEqual([])
  const within: Minima = { ...RULE_OF_THREES, timeApartMs: 180_000, toleratedMs: null }
  expect(verdicts(first, later, within)).toEqual(['conflict'])
  const exactly = { ...first, interval: { startMs: 240_000, endMs: 300_000 } }
  expect(verdicts(first, exactly, within)).toEqual([])
})

const HERE: Shape = discShape(46, 7, 100)

test.each([
  ['TV-16: intervals that touch', [0, 100], [0, 10], [0, 100], [10, 20], []],
  ['bands that touch', [0, 100], [0, 10], [100, 200], [0, 10], []],
  ['an instant at the start of an interval', [0, 100], [10, 10], [0, 100], [10, 20], ['conflict']],
  ['an instant at the end of an interval', [0, 100], [20, 20], [0, 100], [10, 20], []],
  ['the same instant twice', [0, 100], [10, 10], [0, 100], [10, 10], ['conflict']],
  ['a level at the edge of a band', [100, 100], [0, 10], [100, 200], [0, 10], ['conflict']],
  ['bands and intervals that overlap', [0, 100], [0, 10], [99, 200], [9, 20], ['conflict']],
  ['a band within a band', [0, 100], [0, 10], [40, 60], [2, 3], ['conflict']],
])('%s', (_, heightsA, secondsA, heightsB, secondsB, expected) => {
  const draft = (heights: number[], seconds: number[]): Draft =>
    piece(HERE, { heights: heights as [number, number], seconds: seconds as [number, number] })
  expect(verdicts(draft(heightsA, secondsA), draft(heightsB, secondsB), OVERLAP)).toEqual(expected)
})

test('pressure altitude meets pressure altitude; against W84 nothing is known', () => {
  const at = (reference: 'STD' | 'W84', valueM: number): Draft => ({
    ...piece(HERE, { heights: [0, 0], seconds: [0, 10] }),
    band: { lower: heightLimit(valueM, reference), upper: heightLimit(valueM + 50, reference) },
  })
  expect(verdicts(at('STD', 3000), at('STD', 3020), OVERLAP)).toEqual(['conflict'])
  expect(verdicts(at('STD', 3000), at('STD', 3100), OVERLAP)).toEqual([])
  expect(verdicts(at('STD', 3000), at('W84', 9000), OVERLAP)).toEqual(['undecided'])
})

test('heights above ground are compared with each other only over the same ground', () => {
  const agl = (lat: number): Draft => ({
    ...piece(discShape(lat, 7, 100), { heights: [0, 0], seconds: [0, 10] }),
    band: { lower: heightLimit(50, 'AGL'), upper: heightLimit(120, 'AGL') },
  })
  expect(verdicts(agl(46), agl(46), OVERLAP)).toEqual(['conflict'])
  expect(verdicts(agl(46), agl(46.02), { ...OVERLAP, horizontalM: 5000, verticalM: 10 })).toEqual(['undecided'])
})

test('axis: the one on which the smaller share has to give way', () => {
  const axis = (a: Draft, b: Draft): string | undefined => check(pictureOf([[a], [b]]), OVERLAP).encounters[0]?.axis
  const base = piece(HERE, { heights: [0, 100], seconds: [0, 3600] })
  expect(axis(base, piece(HERE, { heights: [90, 190], seconds: [0, 3600] }))).toBe('height')
  expect(axis(base, piece(HERE, { heights: [0, 100], seconds: [3500, 7100] }))).toBe('time')
  const near = flight({ northM: 5500, heightM: 1000, lastsS: 60 })
  const encounters = check(
    pictureOf([[flight({ northM: 0, heightM: 1000, lastsS: 60 })], [near]]),
    RULE_OF_THREES,
  ).encounters
  expect(encounters[0]?.axis).toBe('area')
})

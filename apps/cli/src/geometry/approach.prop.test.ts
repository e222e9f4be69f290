import { directGeodesic, outlineContains } from '@parley/geo4d'
import * as fc from 'fast-check'
import geodesic from 'geographiclib-geodesic'
import { expect, test } from 'vitest'
import type { AreaShape } from '../model/item.ts'
import { discShape, geodesicArea, latLng, segmentShape } from '../read/outline.ts'
import { approach, sharedPlace } from './approach.ts'
import { ballGapM, ballOf } from './ball.ts'

const { Geodesic } = geodesic
const EARTH = Geodesic.WGS84

function distanceM(a: readonly number[], b: readonly number[]): number {
  return EARTH.Inverse(a[0] as number, a[1] as number, b[0] as number, b[1] as number).s12 as number
}

/** Least distance between two geodesic segments by golden sections in both: slow, and knows nothing of planes. */
function oracle(a: Float64Array, b: Float64Array): number {
  const along = (ends: Float64Array): ((share: number) => readonly [number, number]) => {
    const line = EARTH.InverseLine(ends[0] as number, ends[1] as number, ends[2] as number, ends[3] as number)
    const length = distanceM([...ends].slice(0, 2), [...ends].slice(2))
    return (share) => {
      const point = line.Position(length * share)
      return [point.lat2 as number, point.lon2 as number]
    }
  }
  const onA = along(a)
  const onB = along(b)
  const least = (f: (share: number) => number): number => {
    let [low, high] = [0, 1]
    const golden = (Math.sqrt(5) - 1) / 2
    for (let k = 0; k < 40; k++) {
      const [left, right] = [high - golden * (high - low), low + golden * (high - low)]
      if (f(left) < f(right)) high = right
      else low = left
    }
    return Math.min(f((low + high) / 2), f(0), f(1))
  }
  return least((s) => least((t) => distanceM(onA(s), onB(t))))
}

const place = fc.record({
  lat: fc.oneof(fc.double({ min: -85, max: 85, noNaN: true }), fc.constantFrom(0, 89.99, -89.99, 60)),
  lng: fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(179.999, -179.999, 0)),
})
const bearing = fc.double({ min: 0, max: 6.28, noNaN: true })
const length = fc.double({ min: 1, max: 20_000, noNaN: true })

test('the distance between two segments is the geodesic one, poles and antimeridian included', () => {
  fc.assert(
    fc.property(place, bearing, length, bearing, length, bearing, length, (from, c1, l1, c2, l2, c3, l3) => {
      const a0 = latLng(from.lat, from.lng)
      const a1 = directGeodesic(a0, c1, l1)
      const b0 = directGeodesic(a0, c2, l2)
      const b1 = directGeodesic(b0, c3, l3)
      const a = segmentShape(a0.latDeg, a0.lngDeg, a1.latDeg, a1.lngDeg)
      const b = segmentShape(b0.latDeg, b0.lngDeg, b1.latDeg, b1.lngDeg)
      const expected = oracle(a.ends, b.ends)
      const found = approach(a, b).distanceM
      // The oracle stops a centimetre short of a crossing.
      expect(Math.abs(found - expected)).toBeLessThan(expected < 1 ? 0.1 : 0.001)
      expect(approach(b, a).distanceM).toBeCloseTo(found, 4)
      expect(ballGapM(ballOf(a), ballOf(b))).toBeLessThanOrEqual(found + 1e-6)
    }),
    { numRuns: 60, seed: 20_261_122 },
  )
})

test('two discs are as far apart as their rims', () => {
  fc.assert(
    fc.property(
      place,
      bearing,
      fc.double({ min: 1, max: 10_000, noNaN: true }),
      fc.double({ min: 1, max: 10_000, noNaN: true }),
      fc.double({ min: 0.1, max: 10_000, noNaN: true }),
      (from, course, r1, r2, gap) => {
        const centre = directGeodesic(latLng(from.lat, from.lng), course, r1 + r2 + gap)
        const found = approach(discShape(from.lat, from.lng, r1), discShape(centre.latDeg, centre.lngDeg, r2)).distanceM
        expect(Math.abs(found - gap)).toBeLessThan(0.002)
      },
    ),
    { numRuns: 300, seed: 20_261_122 },
  )
})

test('what lies in a hole is as far away as the rim of the hole', () => {
  const square = (size: number): Float64Array =>
    Float64Array.of(46 - size, 7 - size, 46 - size, 7 + size, 46 + size, 7 + size, 46 + size, 7 - size)
  const holed: AreaShape = { kind: 'area', rings: [square(0.05), square(0.02)], outline: null }
  const point = segmentShape(46, 7, 46, 7)
  const east = distanceM([46, 7], [46, 7.02])
  expect(approach(holed, point).distanceM).toBeCloseTo(east, 0)
  expect(approach(holed, segmentShape(46.03, 7, 46.03, 7)).distanceM).toBe(0)
  expect(approach(holed, segmentShape(46, 7, 46.03, 7)).distanceM).toBe(0)
})

test('the place two areas share lies in both, bent ones too', () => {
  const area = (corners: readonly (readonly [number, number])[]): AreaShape =>
    geodesicArea(
      corners.map(([lat, lng]) => latLng(46 + lat / 100, 7 + lng / 100)),
      '',
    )
  const bent = area([
    [0, 0],
    [0, 10],
    [2, 10],
    [2, 2],
    [10, 2],
    [10, 0],
  ])
  for (const other of [
    area([
      [1, 1],
      [1, 9],
      [9, 9],
      [9, 1],
    ]),
    area([
      [-1, 8],
      [3, 8],
      [3, 9],
      [-1, 9],
    ]),
    area([
      [0.5, 0.5],
      [0.5, 0.7],
      [0.7, 0.7],
      [0.7, 0.5],
    ]),
  ]) {
    const place = sharedPlace(bent, other)
    if (place === null || bent.outline === null || other.outline === null) throw new Error('no place')
    const point = latLng(...place)
    expect([outlineContains(bent.outline, point), outlineContains(other.outline, point)]).toEqual([true, true])
  }
})

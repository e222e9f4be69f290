import {
  cellFromLatLng,
  coverOutline,
  directGeodesic,
  inverseGeodesic,
  type LatLng,
  type Outline,
  outlineContains,
  outlineDistance,
  outlinesIntersect,
} from '@parley/geo4d'
import { metres } from '@parley/units'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const PLACES = [
  [0, 0],
  [40.7, -74],
  [44.98, -93.27],
  [35.26439, 45],
  [-17, 179.9999],
  [89.999, 30],
  [-90, 0],
] as const

const turn = fc.double({ min: 0, max: 6.28, noNaN: true })
const part = fc.double({ min: 0.3, max: 1, noNaN: true })

const from = (point: LatLng, azimuth: number, distanceM: number) => directGeodesic(point, azimuth, distanceM) as LatLng

const outlineAbout = (centre: LatLng, reachM: number): fc.Arbitrary<Outline> =>
  fc.oneof(
    part.map((share): Outline => ({ kind: 'circle', centre, radiusM: metres(reachM * share) })),
    fc.tuple(turn, fc.array(part, { minLength: 3, maxLength: 8 })).map(
      ([start, shares]): Outline => ({
        kind: 'polygon',
        vertices: shares.map((share, k) => from(centre, start + (6.283 * k) / shares.length, reachM * share)),
      }),
    ),
  )

const pair = fc
  .tuple(
    fc.constantFrom(...PLACES),
    fc.integer({ min: 20, max: 45 }),
    turn,
    fc.double({ min: 0, max: 2.2, noNaN: true }),
  )
  .chain(([[latDeg, lngDeg], size, azimuth, apart]) => {
    const centre = { latDeg, lngDeg } as LatLng
    const reachM = 10 ** (size / 10)
    return fc.tuple(outlineAbout(centre, reachM), outlineAbout(from(centre, azimuth, reachM * apart), reachM))
  })

describe('coverings and outlines', () => {
  it('that meet share a cell', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        if (!outlinesIntersect(a, b)) return
        const cells = new Set(coverOutline(a))
        expect(coverOutline(b).some((cell) => cells.has(cell))).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  it('that only touch share a cell', () => {
    fc.assert(
      fc.property(pair, ([a]) => {
        if (a.kind === 'circle') {
          const edge = from(a.centre, 1, a.radiusM)
          const line = inverseGeodesic(edge, a.centre)
          if (line === null) return
          const beside: Outline = {
            kind: 'circle',
            centre: from(edge, line.azimuth + Math.PI, 40),
            radiusM: metres(40),
          }
          expectShared(a, beside)
          return
        }
        const [p, q] = a.vertices as [LatLng, LatLng]
        const line = inverseGeodesic(p, q)
        if (line === null) return
        for (const side of [-1, 1]) {
          expectShared(a, { kind: 'polygon', vertices: [p, q, from(p, line.azimuth + side, line.distanceM / 2)] })
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('do not say what the outlines deny: distance is zero exactly when they meet', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const meet = outlinesIntersect(a, b)
        expect(outlinesIntersect(b, a)).toBe(meet)
        const distance = outlineDistance(a, b)
        expect(distance === 0).toBe(meet)
        expect(Math.abs(outlineDistance(b, a) - distance)).toBeLessThanOrEqual(0.001 + 0.005 * distance)
      }),
      { numRuns: 3000 },
    )
  })

  it('hold the points that the outline holds', () => {
    fc.assert(
      fc.property(pair, turn, part, ([a, b], azimuth, share) => {
        const near = a.kind === 'circle' ? a.centre : (a.vertices[0] as LatLng)
        const reachM = a.kind === 'circle' ? a.radiusM : 5000
        const point = from(near, azimuth, reachM * share * 1.5)
        const speck: Outline = { kind: 'circle', centre: point, radiusM: metres(1e-4) }
        for (const outline of [a, b]) {
          const inside = outlineContains(outline, point)
          expect(outlinesIntersect(outline, speck)).toBe(inside)
          if (inside) expect(coverOutline(outline)).toContain(cellFromLatLng(point.latDeg, point.lngDeg))
        }
      }),
      { numRuns: 3000 },
    )
  })
})

function expectShared(a: Outline, b: Outline): void {
  expect(outlinesIntersect(a, b)).toBe(true)
  const cells = new Set(coverOutline(a))
  expect(coverOutline(b).some((cell) => cells.has(cell))).toBe(true)
}

import { describe, expect, it } from 'vitest'
import { outlineDistance } from './distance.ts'
import { directGeodesic } from './geodesic.ts'
import type { LatLng, Outline } from './volume.ts'

const origin = { latDeg: 47, lngDeg: 8 } as LatLng
const away = (azimuth: number, distanceM: number, from = origin) =>
  directGeodesic(from, (azimuth * Math.PI) / 180, distanceM) as LatLng
const disc = (centre: LatLng, radiusM: number) => ({ kind: 'circle', centre, radiusM }) as Outline
const square = (centre: LatLng, reachM: number): Outline => ({
  kind: 'polygon',
  vertices: [0, 90, 180, 270].map((turn) => away(turn, reachM, centre)),
})

describe('outlineDistance', () => {
  it.each([0.02, 5, 1000, 50_000, 500_000, 4_000_000])('measures a gap of %d m to 1 %%', (gap) => {
    const near = (actual: number) => expect(Math.abs(actual / gap - 1)).toBeLessThan(0.01)
    near(outlineDistance(disc(origin, 100), disc(away(0, gap + 300), 200)))
    const north = away(0, gap + 300)
    near(outlineDistance(square(origin, 100), disc(north, 200)))
    near(outlineDistance(disc(north, 200), square(origin, 100)))
    near(outlineDistance(square(origin, 100), square(north, 200)))
  })

  it('is zero exactly when the outlines meet', () => {
    expect(outlineDistance(square(origin, 100), square(away(45, 10), 3))).toBe(0)
    expect(outlineDistance(disc(origin, 100), disc(away(90, 200), 100))).toBe(0)
    expect(outlineDistance(disc(origin, 100), disc(away(90, 200.01), 100))).toBeGreaterThan(0)
  })

  it('finds an edge between its corners', () => {
    const wall: Outline = {
      kind: 'polygon',
      vertices: [away(180, 30_000, away(90, 500)), away(0, 30_000, away(90, 500)), away(90, 9000)],
    }
    const gap = outlineDistance(square(origin, 100), wall)
    expect(gap).toBeGreaterThan(380)
    expect(gap).toBeLessThan(404)
  })
})

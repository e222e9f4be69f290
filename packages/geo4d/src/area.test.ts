import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { outlineAreaM2 } from './area.ts'
import { directGeodesic } from './geodesic.ts'
import type { LatLng, Outline } from './volume.ts'

interface PolygonArea {
  AddPoint(lat: number, lon: number): void
  Compute(reverse: boolean, sign: boolean): { area: number }
}
const { Geodesic } = createRequire(import.meta.url)('geographiclib-geodesic') as {
  Geodesic: { WGS84: { Polygon(polyline: boolean): PolygonArea } }
}

function karneyArea(vertices: readonly LatLng[]): number {
  const polygon = Geodesic.WGS84.Polygon(false)
  for (const { latDeg, lngDeg } of vertices) polygon.AddPoint(latDeg, lngDeg)
  return Math.abs(polygon.Compute(false, true).area)
}

describe('outlineAreaM2', () => {
  it.each([
    [0, 0],
    [47, 8],
    [-60, 180],
    [89.9, 10],
    [90, 0],
    [-89.5, -170],
  ])('agrees with Karney to 0.1 %% at %d, %d, winding and size aside', (latDeg, lngDeg) => {
    for (const radius of [10, 500, 20_000, 90_000, 600_000, 2_000_000]) {
      const vertices = [0, 70, 130, 200, 290].map((turn) =>
        directGeodesic({ latDeg, lngDeg }, (turn * Math.PI) / 180, radius),
      ) as LatLng[]
      const expected = karneyArea(vertices)
      for (const ring of [vertices, vertices.toReversed()]) {
        const area = outlineAreaM2({ kind: 'polygon', vertices: ring })
        expect(Math.abs(area / expected - 1)).toBeLessThan(1e-3)
      }
    }
  })

  it('measures the disc, not a polygon in it', () => {
    for (const radius of [10, 20_000, 1_000_000]) {
      const outline = { kind: 'circle', centre: { latDeg: 52, lngDeg: 5 }, radiusM: radius } as Outline
      const ring = Array.from({ length: 2000 }, (_, k) =>
        directGeodesic({ latDeg: 52, lngDeg: 5 }, (k * Math.PI) / 1000, radius),
      ) as LatLng[]
      expect(Math.abs(outlineAreaM2(outline) / karneyArea(ring) - 1)).toBeLessThan(2e-3)
    }
  })
})

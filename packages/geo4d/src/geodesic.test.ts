import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { directGeodesic, geodesicDistance, inverseGeodesic } from './geodesic.ts'

interface Karney {
  Inverse(lat1: number, lon1: number, lat2: number, lon2: number): { s12: number; azi1: number }
  Direct(lat1: number, lon1: number, azi1: number, s12: number): { lat2: number; lon2: number }
}
const { WGS84 } = (createRequire(import.meta.url)('geographiclib-geodesic') as { Geodesic: { WGS84: Karney } }).Geodesic

describe('geodesics', () => {
  let seed = 3
  const random = () => {
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647
  }

  it('are as long as Karney finds them, to 0.1 mm', () => {
    for (let k = 0; k < 3000; k++) {
      const from = { latDeg: 180 * random() - 90, lngDeg: 360 * random() - 180 }
      const azimuth = 360 * random() - 180
      const length = 10 ** (7 * random() - 0.3)
      const { lat2, lon2 } = WGS84.Direct(from.latDeg, from.lngDeg, azimuth, length)
      const found = inverseGeodesic(from, { latDeg: lat2, lngDeg: lon2 })
      expect(Math.abs((found?.distanceM ?? Number.NaN) - length)).toBeLessThan(1e-4)
      const end = directGeodesic(from, (azimuth * Math.PI) / 180, length)
      expect(WGS84.Inverse(end.latDeg, end.lngDeg, lat2, lon2).s12).toBeLessThan(1e-4)
    }
  })

  it('are straight along meridians and the equator, over the pole and the antimeridian', () => {
    expect(geodesicDistance({ latDeg: 89, lngDeg: 10 }, { latDeg: 89, lngDeg: -170 })).toBeCloseTo(223387.9, 0)
    expect(geodesicDistance({ latDeg: 0, lngDeg: 179 }, { latDeg: 0, lngDeg: -179 })).toBeCloseTo(222638.98, 1)
    expect(geodesicDistance({ latDeg: 5, lngDeg: 5 }, { latDeg: 5, lngDeg: 5 })).toBe(0)
  })

  it('are not invented between opposite points', () => {
    expect(inverseGeodesic({ latDeg: 0, lngDeg: 0 }, { latDeg: 0.1, lngDeg: 179.9 })).toBeNull()
    expect(geodesicDistance({ latDeg: 0, lngDeg: 0 }, { latDeg: 0.1, lngDeg: 179.9 })).toBeGreaterThan(19_900_000)
  })
})

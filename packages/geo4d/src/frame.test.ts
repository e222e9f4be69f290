import { describe, expect, it } from 'vitest'
import { frameAt, moveFrame, projectNormal, projectRing, unproject } from './frame.ts'
import { directGeodesic, geodesicDistance } from './geodesic.ts'

const PLACES = [
  [0, 0],
  [47, 8],
  [-33, 179.9999],
  [60, -180],
  [89.99, 20],
  [90, 0],
  [-90, 123],
] as const

function numbers(): () => number {
  let seed = 11
  return () => {
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647
  }
}

describe('Frame', () => {
  it.each(PLACES)('comes back from the plane to the same point: %d, %d', (lat, lng) => {
    const random = numbers()
    const frame = frameAt(lat, lng)
    const place = new Float64Array(2)
    for (let k = 0; k < 300; k++) {
      const point = directGeodesic({ latDeg: lat, lngDeg: lng }, 7 * random(), 10 ** (6.5 * random()))
      projectRing(frame, Float64Array.of(point.latDeg, point.lngDeg), 1, place)
      unproject(frame, place[0] as number, place[1] as number, place)
      const back = { latDeg: place[0] as number, lngDeg: place[1] as number }
      expect(geodesicDistance(point, back)).toBeLessThan(1e-7)
    }
  })

  it.each(PLACES)('keeps geodesics straight: %d, %d', (lat, lng) => {
    const start = { latDeg: lat, lngDeg: lng }
    const frame = frameAt(lat, lng)
    for (const [lengthM, limitM] of [
      [1000, 1e-8],
      [10_000, 1e-5],
      [100_000, 1e-2],
    ] as const) {
      for (let azimuth = 0; azimuth < 6; azimuth += 0.7) {
        // An edge that begins a tenth of its length off the origin, sideways.
        const from = directGeodesic(start, azimuth + 1.5, lengthM / 10)
        const ring = [0, 0.25, 0.5, 0.75, 1].flatMap((part) => {
          const point = directGeodesic(from, azimuth, part * lengthM)
          return [point.latDeg, point.lngDeg]
        })
        const flat = new Float64Array(10)
        projectRing(frame, Float64Array.from(ring), 5, flat)
        const [x0 = 0, y0 = 0] = flat
        const dx = (flat[8] as number) - x0
        const dy = (flat[9] as number) - y0
        for (const k of [2, 4, 6]) {
          const off = (dx * ((flat[k + 1] as number) - y0) - dy * ((flat[k] as number) - x0)) / Math.hypot(dx, dy)
          expect(Math.abs(off)).toBeLessThan(limitM + 5e-9)
        }
      }
    }
  })

  it('gives equal vertices equal places, by series or by sine', () => {
    const place = new Float64Array(4)
    const frame = frameAt(10, 179.95)
    // 2.2° away the series has given way to the library functions.
    for (const delta of [1.1171, 1.1173]) {
      projectRing(frame, Float64Array.of(10 + delta, -180, 10 + delta, 180), 2, place)
      expect(place[0]).toBe(place[2])
      expect(place[1]).toBe(place[3])
    }
    const near = new Float64Array(2)
    const far = new Float64Array(2)
    moveFrame(frame, 45, 7)
    projectRing(frame, Float64Array.of(45 + 1.1172, 7), 1, near)
    projectRing(frame, Float64Array.of(45 + 1.1173, 7), 1, far)
    expect((far[1] as number) - (near[1] as number)).toBeCloseTo(11.13, 1)
  })

  it('projects unit normals as it projects degrees', () => {
    const frame = frameAt(52, 5)
    const a = new Float64Array(2)
    const b = new Float64Array(2)
    const [lat, lng] = [(53 * Math.PI) / 180, (6.5 * Math.PI) / 180]
    projectRing(frame, Float64Array.of(53, 6.5), 1, a)
    projectNormal(frame, { x: Math.cos(lat) * Math.cos(lng), y: Math.cos(lat) * Math.sin(lng), z: Math.sin(lat) }, b)
    expect(b[0]).toBeCloseTo(a[0] as number, 7)
    expect(b[1]).toBeCloseTo(a[1] as number, 7)
  })

  it('has no place for the far side of the earth', () => {
    const frame = frameAt(0, 0)
    const place = new Float64Array(2)
    projectRing(frame, Float64Array.of(0, 120), 1, place)
    expect(place[0]).toBeNaN()
  })
})

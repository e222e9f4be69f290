import { degrees, metres } from '@parley/units'
import { s2 } from 's2js'
import { describe, expect, it } from 'vitest'
import { coverOutline } from './cover.ts'
import { directGeodesic, inverseGeodesic } from './geodesic.ts'
import { cellFromLatLng, cellToken } from './s2.ts'
import type { LatLng, Outline } from './volume.ts'

const at = (latDeg: number, lngDeg: number): LatLng => ({ latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) })
const polygon = (...vertices: readonly (readonly [number, number])[]): Outline => ({
  kind: 'polygon',
  vertices: vertices.map(([latDeg, lngDeg]) => at(latDeg, lngDeg)),
})
const circle = (latDeg: number, lngDeg: number, radiusM: number): Outline => ({
  kind: 'circle',
  centre: at(latDeg, lngDeg),
  radiusM: metres(radiusM),
})

/** Places where coverings go wrong: face edges and corners, poles, the antimeridian. */
const PLACES: readonly (readonly [string, number, number])[] = [
  ['mid-face', 40.7, -74],
  ['face edge at 45 N', 44.98, -93.27],
  ['face edge at 45 E', 10, 45.001],
  ['cube corner', 35.2644, 45.0001],
  ['southern cube corner', -35.2644, -134.9999],
  ['antimeridian', -17, 179.999],
  ['north pole', 89.999, 30],
  ['south pole', -89.9995, -120],
  ['equator', 0.0001, 0.0001],
]

function numbers(start: number): () => number {
  let seed = start
  return () => {
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647
  }
}

function star(lat: number, lng: number, radiusM: number, corners: number, random: () => number): Outline {
  const turn = random() * 7
  const vertices = Array.from({ length: corners }, (_, k) => {
    const p = directGeodesic(
      { latDeg: lat, lngDeg: lng },
      turn + (2 * Math.PI * k) / corners,
      radiusM * (0.6 + 0.4 * random()),
    )
    return at(p.latDeg, p.lngDeg)
  })
  return { kind: 'polygon', vertices }
}

const tokens = (outline: Outline) => new Set([...coverOutline(outline)].map(cellToken))

describe('coverOutline', () => {
  it('is sorted and free of duplicates', () => {
    for (const [, lat, lng] of PLACES) {
      const cells = coverOutline(circle(lat, lng, 5000))
      for (let k = 1; k < cells.length; k++) expect(cells[k]).toBeGreaterThan(cells[k - 1] as number)
    }
  })

  it.each(PLACES)('holds every point of random outlines: %s', (_, lat, lng) => {
    const random = numbers(77)
    for (const radiusM of [30, 300, 3000, 30_000]) {
      for (let round = 0; round < 8; round++) {
        const corners = 3 + Math.floor(random() * 9)
        const outline = star(lat, lng, radiusM, corners, random)
        const covered = new Set(coverOutline(outline))
        const vertices = outline.kind === 'polygon' ? outline.vertices : []
        for (let k = 0; k < 200; k++) {
          // A star about its centre holds every point between its centre and its edge.
          const a = vertices[Math.floor(random() * corners)] as LatLng
          const b = vertices[(vertices.indexOf(a) + 1) % corners] as LatLng
          const along = between(a, b, random())
          const point = between(at(lat, lng), along, k % 2 === 0 ? 1 : Math.sqrt(random()))
          expect(covered.has(cellFromLatLng(point.latDeg, point.lngDeg))).toBe(true)
        }
        const disc = new Set(coverOutline(circle(lat, lng, radiusM)))
        for (let k = 0; k < 100; k++) {
          const p = directGeodesic({ latDeg: lat, lngDeg: lng }, random() * 7, radiusM * (k % 2 === 0 ? 1 : random()))
          expect(disc.has(cellFromLatLng(p.latDeg, p.lngDeg))).toBe(true)
        }
      }
    }
  })

  it.each(PLACES)('covers what S2 covers and little more: %s', (_, lat, lng) => {
    const random = numbers(5)
    const coverer = new s2.RegionCoverer({ minLevel: 13, maxLevel: 13, maxCells: 1 })
    let ours = 0
    let theirs = 0
    for (const radiusM of [200, 2000, 9000]) {
      for (let round = 0; round < 4; round++) {
        const outline = star(lat, lng, radiusM, 5, random)
        const vertices = outline.kind === 'polygon' ? outline.vertices : []
        const loop = new s2.Loop(vertices.map((p) => s2.Point.fromLatLng(s2.LatLng.fromDegrees(p.latDeg, p.lngDeg))))
        loop.normalize()
        const expected = [...coverer.covering(loop)].map((id) => s2.cellid.toToken(id))
        const found = tokens(outline)
        for (const token of expected) expect(found.has(token), token).toBe(true)
        ours += found.size
        theirs += expected.length
      }
    }
    expect(ours / theirs).toBeLessThan(1.02)
  })

  it('covers a circle as its true disc, not the polygon inside it', () => {
    const random = numbers(9)
    for (const [, lat, lng] of PLACES) {
      for (const radiusM of [700, 12_000]) {
        const covered = coverOutline(circle(lat, lng, radiusM))
        // Every covered cell comes within the radius somewhere: its points sampled finely enough show it.
        const many = new Set<number>()
        for (let k = 0; k < 60_000; k++) {
          const p = directGeodesic(at(lat, lng), random() * 7, (radiusM + 3) * (k % 2 === 0 ? 1 : Math.sqrt(random())))
          many.add(cellFromLatLng(p.latDeg, p.lngDeg))
        }
        expect(covered.length - many.size).toBeLessThanOrEqual(2)
      }
    }
  })

  it('covers a collinear ring as a line', () => {
    const cells = coverOutline(polygon([10, 10], [10.05, 10.05], [10.1, 10.1]))
    expect(cells.length).toBeGreaterThan(10)
    expect(cells.length).toBeLessThan(45)
  })

  it('gives one cell to a small volume inside it', () => {
    expect(tokens(polygon([40, -74], [40.0001, -74], [40.0001, -73.9999]))).toEqual(
      new Set([cellToken(cellFromLatLng(40, -74))]),
    )
  })

  it('fills a large polygon over a cube corner and over the pole', () => {
    const corner = coverOutline(polygon([34, 44], [34, 46.5], [36.5, 46.5], [36.5, 44]))
    expect(new Set([...corner].map((cell) => cell >> 26)).size).toBe(3)
    expect(corner.length).toBeGreaterThan(62_000 / 1.6)
    expect(corner.length).toBeLessThan(62_000 / 0.7)
    const covered = new Set(coverOutline(polygon([89, 0], [89, 90], [89, 180], [89, -90])))
    expect(covered.has(cellFromLatLng(90, 0))).toBe(true)
    expect(covered.has(cellFromLatLng(89.25, 45))).toBe(false)
    expect(covered.has(cellFromLatLng(89.35, 45))).toBe(true)
  })

  it('follows the geodesic of a long edge, not the parallel', () => {
    const covered = new Set(coverOutline(polygon([35.5, 38], [35.4, 39.5], [35.5, 41])))
    expect(covered.has(cellFromLatLng(35.5093, 39.5))).toBe(true)
  })
})

function between(a: LatLng, b: LatLng, part: number): LatLng {
  const line = inverseGeodesic(a, b)
  if (line === null) throw new Error('no geodesic')
  const p = directGeodesic(a, line.azimuth, part * line.distanceM)
  return at(p.latDeg, p.lngDeg)
}

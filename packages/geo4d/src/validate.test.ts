import { degrees, epochMs, metres, metresHae } from '@parley/units'
import { describe, expect, it } from 'vitest'
import { GeoError, type GeoErrorCode } from './errors.ts'
import { validateOutline, validateVolume } from './validate.ts'
import type { Outline, Volume4D } from './volume.ts'

const polygon = (...vertices: readonly (readonly [number, number])[]): Outline => ({
  kind: 'polygon',
  vertices: vertices.map(([latDeg, lngDeg]) => ({ latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) })),
})
const circle = (latDeg: number, lngDeg: number, radiusM: number): Outline => ({
  kind: 'circle',
  centre: { latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) },
  radiusM: metres(radiusM),
})
const square = polygon([40, -74], [40, -73.99], [40.01, -73.99], [40.01, -74])

function refusal(run: () => unknown): GeoError {
  try {
    run()
  } catch (error) {
    if (error instanceof GeoError) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('validateOutline', () => {
  it.each<[string, Outline]>([
    ['a square', square],
    ['a square wound the other way', polygon([40.01, -74], [40.01, -73.99], [40, -73.99], [40, -74])],
    ['a ring across the antimeridian', polygon([-17, 179.9], [-17, -179.9], [-16.9, 180])],
    ['a ring around the north pole', polygon([89, 0], [89, 90], [89, 180], [89, -90])],
    ['a corner on the pole', polygon([90, 12], [89.9, 0], [89.9, 90])],
    ['a concave ring', polygon([0, 0], [0, 0.02], [0.005, 0.01], [0.02, 0.01])],
    ['a ring with long edges', polygon([35.5, 38], [35.4, 39.5], [35.5, 41])],
    ['a small circle', circle(0, 0, 0.01)],
  ])('accepts %s', (_, outline) => {
    expect(validateOutline(outline)).toEqual({ degenerate: false })
  })

  it.each<[string, Outline]>([
    ['on a meridian', polygon([10, 10], [10.1, 10], [10.05, 10])],
    ['on the equator', polygon([0, 10], [0, 10.1], [0, 10.2])],
    ['on a slanting geodesic', polygon([45, 10], [45.00400013870163, 10.005599610304602], [45.008, 10.0112])],
  ])('accepts a ring without area, and says so: %s', (_, outline) => {
    expect(validateOutline(outline).degenerate).toBe(true)
  })

  it.each<[string, Outline, GeoErrorCode, string]>([
    ['no vertices', polygon(), 'too_few_vertices', '/vertices'],
    ['two vertices', polygon([0, 0], [0, 1]), 'too_few_vertices', '/vertices'],
    ['a latitude that is NaN', polygon([0, 0], [Number.NaN, 1], [1, 1]), 'coordinate_not_finite', '/vertices/1/latDeg'],
    ['an infinite longitude', polygon([0, 0], [0, 1], [1, Infinity]), 'coordinate_not_finite', '/vertices/2/lngDeg'],
    ['a latitude above 90', polygon([0, 0], [90.000001, 1], [1, 1]), 'latitude_out_of_range', '/vertices/1/latDeg'],
    ['a longitude of 180.5', polygon([0, 0], [0, 180.5], [1, 1]), 'longitude_out_of_range', '/vertices/1/lngDeg'],
    ['a vertex twice in a row', polygon([0, 0], [0, 1], [0, 1], [1, 1]), 'repeated_vertex', '/vertices/2'],
    ['a closed ring', polygon([0, 0], [0, 1], [1, 1], [0, 0]), 'repeated_vertex', '/vertices/3'],
    ['both names of the antimeridian', polygon([0, 180], [0, -180], [1, 179]), 'repeated_vertex', '/vertices/1'],
    ['two names of the pole', polygon([90, 5], [90, 50], [89, 0]), 'repeated_vertex', '/vertices/1'],
    ['a bow tie', polygon([0, 0], [0.01, 0.01], [0.01, 0], [0, 0.01]), 'edges_cross', '/vertices/2'],
    [
      'edges crossing over the antimeridian',
      polygon([0, 179.99], [0.01, -179.99], [0.01, 179.99], [0, -179.99]),
      'edges_cross',
      '/vertices/2',
    ],
    [
      'a vertex used twice',
      polygon([0, 0], [0.01, 0], [0.02, 0.01], [0.01, 0], [0, 0.01]),
      'ring_touches_itself',
      '/vertices/2',
    ],
    [
      'a vertex on another edge',
      polygon([0, 0], [0, 0.02], [0.01, 0.01], [0, 0.01], [0.01, 0]),
      'ring_touches_itself',
      '/vertices/2',
    ],
    ['a spike', polygon([0, 0], [0, 0.02], [0, 0.01], [0.01, 0.01]), 'ring_touches_itself', '/vertices/1'],
    ['an edge to the antipode', polygon([0, 0], [0, 179.9], [1, 90]), 'edge_antipodal', '/vertices/0'],
    ['half the earth', polygon([60, 0], [60, 90], [-60, 90], [-60, 0]), 'extent_too_large', '/vertices/0'],
    ['the whole equator', polygon([0, 0], [0, 120], [0, -120]), 'extent_too_large', '/vertices/1'],
    ['no radius', circle(0, 0, 0), 'radius_not_positive', '/radiusM'],
    ['a negative radius', circle(0, 0, -1), 'radius_not_positive', '/radiusM'],
    ['a radius that is NaN', circle(0, 0, Number.NaN), 'radius_not_positive', '/radiusM'],
    ['an endless radius', circle(0, 0, Infinity), 'radius_too_large', '/radiusM'],
    ['a circle nowhere', circle(91, 0, 10), 'latitude_out_of_range', '/centre/latDeg'],
  ])('refuses %s', (_, outline, code, field) => {
    const error = refusal(() => validateOutline(outline))
    expect({ code: error.code, field: error.details.field }).toEqual({ code, field })
    expect(error.details.rule).not.toBe('')
  })

  it('refuses more vertices and more area than the surface allows', () => {
    expect(refusal(() => validateOutline(square, { maxVertices: 3 })).code).toBe('too_many_vertices')
    expect(refusal(() => validateOutline(square, { maxAreaM2: 900_000 })).code).toBe('area_too_large')
    expect(refusal(() => validateOutline(circle(0, 0, 1000), { maxAreaM2: 3_000_000 })).code).toBe('area_too_large')
    expect(() => validateOutline(square, { maxAreaM2: 1_000_000 })).not.toThrow()
  })

  it('finds one crossing among ten thousand edges', () => {
    const ring = Array.from({ length: 10_000 }, (_, k) => {
      const turn = (2 * Math.PI * k) / 10_000
      return [10 + 0.2 * Math.sin(turn), 20 + 0.2 * Math.cos(turn)] as [number, number]
    })
    expect(validateOutline(polygon(...ring)).degenerate).toBe(false)
    const swapped = [...ring]
    swapped[6000] = ring[6001] as [number, number]
    swapped[6001] = ring[6000] as [number, number]
    const error = refusal(() => validateOutline(polygon(...swapped)))
    expect(error.code).toBe('edges_cross')
    expect(error.details.field).toBe('/vertices/6001')
  })

  it('bounds the length of all edges together', () => {
    const zigzag = Array.from({ length: 300 }, (_, k) => [k / 100, k % 2 === 0 ? 0 : 4 + k / 1000] as [number, number])
    expect(refusal(() => validateOutline(polygon(...zigzag))).code).not.toBe('perimeter_too_long')
    const long = Array.from({ length: 9000 }, (_, k) => [k / 1000, k % 2 === 0 ? 0 : 20 + k / 1000] as [number, number])
    expect(refusal(() => validateOutline(polygon(...long))).code).toBe('perimeter_too_long')
  })
})

describe('validateVolume', () => {
  const volume = (changes: Partial<Record<keyof Volume4D, unknown>>): Volume4D =>
    ({
      outline: square,
      altitudeLowerM: metresHae(0),
      altitudeUpperM: metresHae(100),
      startMs: epochMs(0),
      endMs: epochMs(1000),
      ...changes,
    }) as Volume4D

  it('accepts open bounds, planes and instants', () => {
    for (const changes of [
      {},
      { altitudeLowerM: -Infinity, altitudeUpperM: Infinity, startMs: -Infinity, endMs: Infinity },
      { altitudeLowerM: 50, altitudeUpperM: 50, startMs: 5, endMs: 5 },
    ])
      expect(() => validateVolume(volume(changes))).not.toThrow()
  })

  it.each<[Partial<Record<keyof Volume4D, unknown>>, GeoErrorCode, string]>([
    [{ altitudeLowerM: 101 }, 'altitudes_reversed', '/altitudeLowerM'],
    [{ startMs: 1001 }, 'times_reversed', '/startMs'],
    [{ altitudeUpperM: Number.NaN }, 'altitude_not_a_number', '/altitudeUpperM'],
    [{ altitudeLowerM: Infinity, altitudeUpperM: Infinity }, 'altitude_not_a_number', '/altitudeLowerM'],
    [{ endMs: Number.NaN }, 'time_not_a_number', '/endMs'],
    [{ startMs: -Infinity, endMs: -Infinity }, 'time_not_a_number', '/endMs'],
    [{ outline: circle(0, 200, 5) }, 'longitude_out_of_range', '/outline/centre/lngDeg'],
  ])('refuses %j', (changes, code, field) => {
    const error = refusal(() => validateVolume(volume(changes)))
    expect({ code: error.code, field: error.details.field }).toEqual({ code, field })
  })
})

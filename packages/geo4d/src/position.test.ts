import { describe, expect, it } from 'vitest'
import { crossCheckPositions } from './cross-check.ts'
import { echoPosition } from './echo.ts'
import { GeoError, type GeoErrorCode } from './errors.ts'
import { type PositionInput, readPosition } from './position.ts'
import { fromStraightEdges, straightEdgeGapM } from './straight-edges.ts'
import type { LatLng, Outline } from './volume.ts'

const place = (latDeg: number, lngDeg: number) => ({ latDeg, lngDeg }) as LatLng
const read = (text: string, more: Partial<PositionInput> = {}) => readPosition({ text, datum: 'WGS84', ...more })

function refusal(run: () => unknown): GeoError {
  try {
    run()
  } catch (error) {
    if (error instanceof GeoError) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('readPosition', () => {
  it.each([
    ['34.4504° N, 40.9186° E', 34.4504, 40.9186],
    ['N34.4504° E40.9186°', 34.4504, 40.9186],
    ['E 040.9186° N 34.4504°', 34.4504, 40.9186],
    ['34.45 S 179.92 W', -34.45, -179.92],
    ['34°27.024′ N 040°55.116′ E', 34.4504, 40.9186],
    ["34 27.024'N, 40 55.116'E", 34.4504, 40.9186],
    ['34°27′01.44″ N, 040°55′06.96″ E', 34.4504, 40.9186],
    ['342 0', 0, 0],
    ['34:27:01.44S 40:55:06.96W', -34.4504, -40.9186],
    ['N 34 27 1.44 E 40 55 6.96', 34.4504, 40.9186],
    ['34°27\'01.44"N 40°55\'06.96"E', 34.4504, 40.9186],
    ['0° N 0° E', 0, 0],
    ['90° S 180° W', -90, -180],
  ])('reads %s', (text, latDeg, lngDeg) => {
    if (text === '342 0') {
      expect(refusal(() => read(text)).code).toBe('position_hemisphere_missing')
      return
    }
    const { point } = read(text)
    expect(point.latDeg).toBeCloseTo(latDeg, 9)
    expect(point.lngDeg).toBeCloseTo(lngDeg, 9)
  })

  it.each<[string, Partial<PositionInput>, GeoErrorCode]>([
    ['', {}, 'position_unreadable'],
    ['hello', {}, 'position_unreadable'],
    ['34,4504 N 40,9186 E', {}, 'position_unreadable'],
    ['34.4504 N', {}, 'position_unreadable'],
    ['34.45, 40.92', {}, 'position_hemisphere_missing'],
    ['34.45 N 40.92 N', {}, 'position_hemisphere_missing'],
    ['-34.45 N 40.92 E', {}, 'position_ambiguous'],
    ['34°60.0′ N 40°10.0′ E', {}, 'position_part_out_of_range'],
    ['34°10′60″ N 40°10′10″ E', {}, 'position_part_out_of_range'],
    ['91° N 40° E', {}, 'latitude_out_of_range'],
    ['34° N 181° E', {}, 'longitude_out_of_range'],
    ['34°27.0′ N 40.9° E', {}, 'position_unreadable'],
    ['34°27.0′ N 40°55.1′ E', { format: 'decimal_degrees' }, 'position_unreadable'],
    ['34.5°27.0′ N 40°55.1′ E', {}, 'position_unreadable'],
    ['9'.repeat(300), {}, 'position_unreadable'],
    ['[40.92,34.45,100]', { format: 'geojson' }, 'position_unreadable'],
    ['37SFU762491376', {}, 'mgrs_unreadable'],
    ['37SFU', {}, 'mgrs_unreadable'],
    ['61SFU7624913766', {}, 'mgrs_unreadable'],
    ['37IFU7624913766', {}, 'mgrs_unreadable'],
    ['37SFW7624913766', {}, 'mgrs_unreadable'],
    ['37PFC7624913766', {}, 'mgrs_unreadable'],
    ['ZAH0000000000', {}, 'mgrs_polar'],
  ])('refuses %j %j', (text, more, code) => {
    const error = refusal(() => read(text, more))
    expect(error.code).toBe(code)
    expect(error.details.field).toBe('/text')
    expect(error.details.rule.length).toBeGreaterThan(10)
    expect(String(error.details.value).length).toBeLessThanOrEqual(80)
  })

  it('states how precise the digits are', () => {
    expect(read('34.45° N 40.92° E').precisionM).toBeCloseTo(556.6, 0)
    expect(read('34°27.02′ N 40°55.11′ E').precisionM).toBeCloseTo(9.3, 0)
    expect(read('34°27′01.4″ N 40°55′06.9″ E').precisionM).toBeCloseTo(1.5, 0)
    expect(read('37SFU7613').precisionM).toBe(500)
  })
})

describe('the vectors of wrong coordinates', () => {
  const abuKamal = place(34.4504, 40.9186)

  it('TV-06: the grid reference, and a wrong zone, which is 551 km off', () => {
    expect(echoPosition(abuKamal).mgrs).toBe('37SFU7624913766')
    const right = read('37S FU 76249 13766')
    expect(right.point.latDeg).toBeCloseTo(34.4504, 4)
    expect(right.point.lngDeg).toBeCloseTo(40.9186, 4)
    const error = refusal(() => read('38SFU7624913766'))
    expect(error.code).toBe('mgrs_unreadable')
    expect(error.details.didYouMean).toContain('37SFU7624913766')
    const check = crossCheckPositions(right, read('34.450400° N, 46.918600° E', { format: 'decimal_degrees' }))
    expect(check.agree).toBe(false)
    expect(check.distanceM / 1000).toBeCloseTo(551, 0)
    expect(check.explanations).toContainEqual({ of: 'second', kind: 'neighbouring_utm_zone' })
  })

  it('TV-07: minutes typed as decimals, 20 km off', () => {
    const text = '34.27014 N 40.55116 E'
    const error = refusal(() => read(text))
    expect(error.code).toBe('position_ambiguous')
    expect(error.details.didYouMean).toHaveLength(2)
    const stated = read(text, { format: 'decimal_degrees' })
    expect(stated.suspicions.map(({ kind }) => kind)).toEqual(['minutes_typed_as_decimals'])
    expect(stated.suspicions[0]?.point.latDeg).toBeCloseTo(34 + 27.014 / 60, 9)
    const lat = read('34.27014 N 40.91860 E', { format: 'decimal_degrees' })
    expect(lat.suspicions).toEqual([])
    const shifted = crossCheckPositions(read('34°27.014′ N 40°55.116′ E'), stated)
    expect(shifted.explanations).toEqual([{ of: 'second', kind: 'minutes_typed_as_decimals' }])
    const latitudeAlone = crossCheckPositions(read('34°27.014′ N 40°0.0′ E'), read('34.27014° N 40.00000° E'))
    expect(latitudeAlone.distanceM / 1000).toBeCloseTo(20.0, 1)
  })

  it('TV-08: GeoJSON and geodesic edges part by 1,035 m', () => {
    const gap = straightEdgeGapM(place(35.5, 38), place(35.5, 41))
    expect(gap).toBeGreaterThan(1030)
    expect(gap).toBeLessThan(1040)
    const ring = fromStraightEdges([place(35.5, 38), place(35.5, 41), place(36, 39)], { toleranceM: 1 })
    for (const [k, vertex] of ring.entries()) {
      expect(straightEdgeGapM(vertex, ring[(k + 1) % ring.length] as LatLng)).toBeLessThanOrEqual(1)
    }
    expect(ring.length).toBeLessThan(200)
  })

  it('TV-09: CAP and GeoJSON order', () => {
    const cap = read('34.45,40.92', { format: 'cap' })
    const geojson = read('[40.92,34.45]', { format: 'geojson' })
    expect(geojson.point).toEqual(cap.point)
    const swapped = read('40.92,34.45', { format: 'cap' })
    expect(echoPosition(swapped.point).mgrs?.slice(0, 5)).toBe('36TXL')
    expect(crossCheckPositions(cap, swapped).explanations).toContainEqual({ of: 'first', kind: 'axes_swapped' })
    const error = refusal(() => read('140.92,34.45', { format: 'cap' }))
    expect(error.code).toBe('latitude_out_of_range')
    expect(error.details.didYouMean).toHaveLength(1)
    const expectedIn = { kind: 'circle', centre: place(34.5, 41), radiusM: 50_000 } as Outline
    const outside = read('40.92,34.45', { format: 'cap', expectedIn })
    expect(outside.outsideExpected).toBe(true)
    expect(outside.point).toEqual(place(40.92, 34.45))
    expect(outside.suspicions.map(({ kind }) => kind)).toEqual(['axes_swapped'])
    expect(read('34.45,40.92', { format: 'cap', expectedIn })).toMatchObject({ outsideExpected: false, suspicions: [] })
  })

  it('TV-10: the datum is required, and only WGS 84 will do', () => {
    for (const text of ['34.45° N 40.92° E', '37SFU7624913766']) {
      expect(refusal(() => readPosition(text))).toMatchObject({ code: 'datum_missing', details: { field: '/datum' } })
      for (const datum of ['WGS84', 'WGS 84', 'wgs-84', 'EPSG:4326', 'urn:ogc:def:crs:OGC:1.3:CRS84']) {
        expect(() => readPosition({ text, datum })).not.toThrow()
      }
      for (const datum of ['SK-42', 'Pulkovo 1942', 'СК-42', 'EPSG:4284', 'ED50', 'Mars 2000']) {
        expect(refusal(() => readPosition({ text, datum })).code).toBe('datum_unsupported')
      }
    }
    expect(refusal(() => readPosition({ text: '34° N 40° E', datum: 'SK-42' })).details.rule).toContain('Pulkovo 1942')
    expect(readPosition('34.45° N 40.92° E (WGS 84)').point).toEqual(place(34.45, 40.92))
    expect(readPosition('WGS84: 37SFU7624913766').format).toBe('mgrs')
    expect(refusal(() => readPosition('34.45° N 40.92° E SK-42')).code).toBe('datum_unsupported')
    expect(refusal(() => readPosition({ text: '34.45° N 40.92° E SK-42', datum: 'WGS84' })).code).toBe(
      'datum_unsupported',
    )
  })
})

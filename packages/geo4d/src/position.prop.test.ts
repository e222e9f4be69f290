import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ECHO_PRECISION_M, echoPosition, type PositionEcho } from './echo.ts'
import { GeoError } from './errors.ts'
import { geodesicDistance } from './geodesic.ts'
import { mgrsOf } from './mgrs.ts'
import { readPosition } from './position.ts'
import type { LatLng } from './volume.ts'

const anywhere = fc.record({
  latDeg: fc.double({ min: -90, max: 90, noNaN: true }),
  lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
}) as fc.Arbitrary<LatLng>

describe('echoPosition', () => {
  it('reads back to the same place within the precision it states, in every notation', () => {
    fc.assert(
      fc.property(anywhere, (point) => {
        const echo = echoPosition(point)
        for (const [notation, text] of Object.entries(echo) as [keyof PositionEcho, string | null][]) {
          if (text === null) {
            expect(Math.abs(point.latDeg)).toBeGreaterThan(80)
            expect(() => mgrsOf(point)).toThrow(GeoError)
            continue
          }
          const back = readPosition({ text, datum: 'WGS84' })
          expect(back.suspicions).toEqual([])
          expect(geodesicDistance(back.point, point), `${notation} ${text}`).toBeLessThanOrEqual(
            ECHO_PRECISION_M[notation],
          )
        }
      }),
      { numRuns: 5000, seed: 7 },
    )
  })

  it('carries rounded minutes and seconds over', () => {
    const echo = echoPosition({ latDeg: -33.99999999, lngDeg: 179.99999999 } as LatLng)
    expect(echo.degreesMinutes).toBe('34°00.0000′ S, 180°00.0000′ E')
    expect(echo.degreesMinutesSeconds).toBe('34°00′00.00″ S, 180°00′00.00″ E')
    expect(echo.decimalDegrees).toBe('34.000000° S, 180.000000° E')
  })
})

describe('readPosition', () => {
  it('answers or refuses any text, and never fails otherwise', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '34',
        '.45',
        '-',
        ' ',
        '°',
        '′',
        '″',
        'N',
        'S',
        'E',
        'W',
        ',',
        '[',
        ']',
        '37SFU',
        '7624913766',
        ':',
        'WGS84',
      ),
      { maxLength: 14 },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((parts) => parts.join('')),
        ),
        (text) => {
          for (const format of [undefined, 'decimal_degrees', 'mgrs', 'cap', 'geojson'] as const) {
            try {
              const { point } = readPosition({ text, datum: 'WGS84', ...(format === undefined ? {} : { format }) })
              expect(Math.abs(point.latDeg)).toBeLessThanOrEqual(90)
              expect(Math.abs(point.lngDeg)).toBeLessThanOrEqual(180)
            } catch (error) {
              expect(error).toBeInstanceOf(GeoError)
            }
          }
        },
      ),
      { numRuns: 3000 },
    )
  })
})

import { degrees } from '@parley/units'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outlineAreaM2 } from './area.ts'
import { coverOutline } from './cover.ts'
import { GeoError } from './errors.ts'
import { outlinesIntersect } from './intersect.ts'
import { validateOutline } from './validate.ts'
import type { Outline } from './volume.ts'

type Corner = readonly [number, number]

/** Places where a lattice of 11 m is straight to far below the tolerance, whichever way its lines run. */
const ORIGINS: readonly Corner[] = [
  [0, 10],
  [0, 179.9998],
]

const ring = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), {
  minLength: 3,
  maxLength: 7,
})

function outlineOf(corners: readonly Corner[], [lat, lng]: Corner): Outline {
  return {
    kind: 'polygon',
    vertices: corners.map(([i, j]) => {
      const east = lng + j * 1e-4
      return { latDeg: degrees(lat + i * 1e-4), lngDeg: degrees(east > 180 ? east - 360 : east) }
    }),
  }
}

const side = (a: Corner, b: Corner, c: Corner) =>
  Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
const on = (a: Corner, b: Corner, c: Corner) =>
  side(a, b, c) === 0 && (c[0] - a[0]) * (c[0] - b[0]) <= 0 && (c[1] - a[1]) * (c[1] - b[1]) <= 0

function verdictOf(corners: readonly Corner[]): string {
  const n = corners.length
  const at = (k: number) => corners[k % n] as Corner
  for (let k = 0; k < n; k++) {
    if (at(k)[0] === at(k + 1)[0] && at(k)[1] === at(k + 1)[1]) return 'repeated_vertex'
  }
  if (corners.every((c) => corners.every((d) => side(at(0), c, d) === 0))) return 'line'
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const [a, b, c, d] = [at(i), at(i + 1), at(j), at(j + 1)]
      if (j === i + 1 || (i === 0 && j === n - 1)) {
        const [first, shared, last] = j === i + 1 ? [a, b, d] : [c, a, b]
        if (on(shared, first, last) || on(shared, last, first)) return 'contact'
      } else if (
        on(a, b, c) ||
        on(a, b, d) ||
        on(c, d, a) ||
        on(c, d, b) ||
        (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0)
      )
        return 'contact'
    }
  }
  return 'ring'
}

function judged(outline: Outline): string {
  try {
    return validateOutline(outline).degenerate ? 'line' : 'ring'
  } catch (error) {
    if (!(error instanceof GeoError)) throw error
    return error.code === 'edges_cross' || error.code === 'ring_touches_itself' ? 'contact' : error.code
  }
}

describe('validateOutline', () => {
  it('judges rings as whole-number geometry does', () => {
    fc.assert(
      fc.property(ring, fc.constantFrom(...ORIGINS), (corners, origin) => {
        expect(judged(outlineOf(corners, origin))).toBe(verdictOf(corners))
      }),
      { numRuns: 4000 },
    )
  })

  it('accepts or refuses whatever numbers it is given; what it accepts can be worked with', () => {
    const number = fc.oneof(
      fc.double(),
      fc.double({ min: -200, max: 200 }),
      fc.constantFrom(0, -0, 90, -90, 180, -180, 89.999999999, 1e-12),
    )
    const vertex = fc.record({ latDeg: number.map(degrees), lngDeg: number.map(degrees) })
    const near = fc
      .tuple(
        fc.double({ min: -90, max: 90, noNaN: true }),
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.array(fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true })), {
          minLength: 3,
          maxLength: 6,
        }),
      )
      .map(([lat, lng, offsets]) =>
        offsets.map(([dLat, dLng]) => ({ latDeg: degrees(lat + dLat), lngDeg: degrees(lng + dLng) })),
      )
    const outline = fc.oneof(
      fc.oneof(fc.array(vertex, { maxLength: 6 }), near).map((vertices): Outline => ({ kind: 'polygon', vertices })),
      fc
        .record({ centre: vertex, radiusM: fc.oneof(number, fc.double({ min: 0, max: 60_000 })) })
        .map((circle) => ({ kind: 'circle', ...circle }) as unknown as Outline),
    )
    let accepted: Outline | null = null
    fc.assert(
      fc.property(outline, (candidate) => {
        try {
          validateOutline(candidate, { maxAreaM2: 4e9 })
        } catch (error) {
          expect(error).toBeInstanceOf(GeoError)
          return
        }
        expect(outlineAreaM2(candidate)).toBeLessThanOrEqual(4e9)
        expect(coverOutline(candidate).length).toBeGreaterThan(0)
        expect(outlinesIntersect(candidate, candidate)).toBe(true)
        if (accepted !== null)
          expect(outlinesIntersect(candidate, accepted)).toBe(outlinesIntersect(accepted, candidate))
        accepted = candidate
      }),
      { numRuns: 4000 },
    )
    expect(accepted).not.toBeNull()
  })
})

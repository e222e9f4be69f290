import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distanceToRing, insideByParity, pointInRing, ringMeetsPlaneDisc, ringsIntersect } from './planar.ts'
import { RingIndex, ringIndexMeetsRing } from './ring-index.ts'

/** Few whole coordinates, so that corners on edges, shared edges and points on boundaries come up all the time. */
const lattice = fc.integer({ min: 0, max: 8 })
const corner = fc.tuple(lattice, lattice)

/** A simple ring: lattice points around the middle in order of their angle. */
const simple = fc
  .uniqueArray(corner, { minLength: 3, maxLength: 9, selector: ([x, y]) => Math.atan2(y - 4.1, x - 4.3) })
  .map((corners) =>
    Float64Array.from(corners.toSorted((a, b) => angle(a) - angle(b)).flatMap(([x, y]) => [x * 10, y * 10])),
  )

function angle([x, y]: readonly [number, number]): number {
  return Math.atan2(y - 4.1, x - 4.3)
}

/** Whole-number arithmetic, so exact: the segments cross or touch. */
function segmentsMeet(p: number[], q: number[], r: number[], s: number[]): boolean {
  const [px = 0, py = 0] = p
  const [qx = 0, qy = 0] = q
  const [rx = 0, ry = 0] = r
  const [sx = 0, sy = 0] = s
  const side = (ax: number, ay: number, bx: number, by: number, cx: number, cy: number) =>
    Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
  const on = (ax: number, ay: number, bx: number, by: number, cx: number, cy: number) =>
    side(ax, ay, bx, by, cx, cy) === 0 &&
    Math.min(ax, bx) <= cx &&
    cx <= Math.max(ax, bx) &&
    Math.min(ay, by) <= cy &&
    cy <= Math.max(ay, by)
  if (on(px, py, qx, qy, rx, ry) || on(px, py, qx, qy, sx, sy)) return true
  if (on(rx, ry, sx, sy, px, py) || on(rx, ry, sx, sy, qx, qy)) return true
  return (
    side(px, py, qx, qy, rx, ry) * side(px, py, qx, qy, sx, sy) < 0 &&
    side(rx, ry, sx, sy, px, py) * side(rx, ry, sx, sy, qx, qy) < 0
  )
}

function edges(ring: Float64Array): [number[], number[]][] {
  const corners = Array.from({ length: ring.length / 2 }, (_, k) => Array.from(ring.subarray(2 * k, 2 * k + 2)))
  return corners.map((from, k) => [from, corners[(k + 1) % corners.length] as number[]])
}

function winds(ring: Float64Array, x: number, y: number): boolean {
  let turned = 0
  for (const [[x0 = 0, y0 = 0], [x1 = 0, y1 = 0]] of edges(ring)) {
    turned += Math.atan2((x0 - x) * (y1 - y) - (y0 - y) * (x1 - x), (x0 - x) * (x1 - x) + (y0 - y) * (y1 - y))
  }
  return Math.abs(turned) > Math.PI
}

function meetsPlainly(a: Float64Array, b: Float64Array): boolean {
  return (
    edges(a).some(([p, q]) => edges(b).some(([r, s]) => segmentsMeet(p, q, r, s))) ||
    winds(a, b[0] as number, b[1] as number) ||
    winds(b, a[0] as number, a[1] as number)
  )
}

/** Splits every edge into equal pieces, which changes no ring but takes it over the size that is indexed. */
function split(ring: Float64Array, pieces: number): Float64Array {
  return Float64Array.from(
    edges(ring).flatMap(([[x0 = 0, y0 = 0], [x1 = 0, y1 = 0]]) =>
      Array.from({ length: pieces }, (_, k) => [x0 + (k * (x1 - x0)) / pieces, y0 + (k * (y1 - y0)) / pieces]).flat(),
    ),
  )
}

const vertices = (ring: Float64Array) => ring.length / 2

describe('ringsIntersect', () => {
  it('equals plain whole-number geometry, touching included, small and indexed', () => {
    fc.assert(
      fc.property(
        simple,
        simple,
        fc.tuple(fc.integer({ min: -12, max: 12 }), fc.integer({ min: -12, max: 12 })),
        (a, b, [dx, dy]) => {
          const moved = b.map((value, k) => value + 10 * (k % 2 === 0 ? dx : dy))
          const expected = meetsPlainly(a, moved)
          expect(ringsIntersect(a, vertices(a), moved, vertices(moved))).toBe(expected)
          expect(ringsIntersect(moved, vertices(moved), a, vertices(a))).toBe(expected)
          const fine = split(a, 16)
          expect(ringsIntersect(fine, vertices(fine), moved, vertices(moved))).toBe(expected)
          const index = new RingIndex()
          index.build(fine, vertices(fine))
          expect(ringIndexMeetsRing(index, moved, vertices(moved))).toBe(expected)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('counts a gap of 2 µm as a gap and one of half a µm as none', () => {
    const square = Float64Array.of(0, 0, 100, 0, 100, 100, 0, 100)
    const beside = (gap: number) => Float64Array.of(100 + gap, 20, 200, 20, 200, 60, 100 + gap, 60)
    expect(ringsIntersect(square, 4, beside(2e-6), 4)).toBe(false)
    expect(ringsIntersect(square, 4, beside(5e-7), 4)).toBe(true)
    expect(ringsIntersect(beside(2e-6), 4, square, 4)).toBe(false)
    expect(ringsIntersect(beside(5e-7), 4, square, 4)).toBe(true)
  })

  it('takes points and lines for what they are', () => {
    const square = Float64Array.of(0, 0, 100, 0, 100, 100, 0, 100)
    expect(ringsIntersect(square, 4, Float64Array.of(50, 50), 1)).toBe(true)
    expect(ringsIntersect(square, 4, Float64Array.of(100, 50), 1)).toBe(true)
    expect(ringsIntersect(square, 4, Float64Array.of(101, 50), 1)).toBe(false)
    expect(ringsIntersect(Float64Array.of(-50, 50, 150, 50), 2, square, 4)).toBe(true)
    expect(ringsIntersect(Float64Array.of(-50, 150, 150, 150, 50, 150), 3, square, 4)).toBe(false)
  })
})

describe('points and rings', () => {
  it('agree with winding, on boundaries too, small and indexed', () => {
    fc.assert(
      fc.property(simple, corner, (ring, [i, j]) => {
        const x = 10 * i
        const y = 10 * j
        const onEdge = edges(ring).some(([p, q]) => segmentsMeet(p, q, [x, y], [x, y]))
        const expected = onEdge || winds(ring, x, y)
        expect(pointInRing(ring, vertices(ring), x, y)).toBe(expected)
        const fine = split(ring, 13)
        const index = new RingIndex()
        index.build(fine, vertices(fine))
        if (!onEdge) expect(index.insideByParity(x, y)).toBe(expected)
        if (!onEdge) expect(insideByParity(ring, vertices(ring), x, y)).toBe(expected)
        const distance = distanceToRing(ring, vertices(ring), x, y)
        expect(Math.sqrt(index.distanceSquared(x, y, Infinity))).toBeCloseTo(distance, 9)
        expect(ringMeetsPlaneDisc(ring, vertices(ring), { x, y, radiusM: distance })).toBe(true)
        if (!expected) {
          expect(ringMeetsPlaneDisc(ring, vertices(ring), { x, y, radiusM: distance - 1e-5 })).toBe(false)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

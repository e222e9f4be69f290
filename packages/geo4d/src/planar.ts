import { RingIndex, ringIndexesMeet } from './ring-index.ts'
import { edgeMeetsRun, segmentDistanceSquared, TOUCH_M } from './segments.ts'

/** Rings up to this size are compared edge by edge; above it an index of boxes pays. */
const SMALL_RING = 20

const left = new RingIndex()
const right = new RingIndex()

/**
 * Whether two flat rings (x, y, x, y, … in metres, not closed, `an` and `bn` vertices from index 0) share a point, faces included.
 * Rings within 1 µm of each other meet, so that faces which touch in real coordinates also touch in binary ones.
 * Allocation-free; a ring of one or two vertices counts as a point or a line.
 */
export function ringsIntersect(a: Float64Array, an: number, b: Float64Array, bn: number): boolean {
  if (an > SMALL_RING || bn > SMALL_RING) {
    left.build(a, an)
    right.build(b, bn)
    return ringIndexesMeet(left, right)
  }
  let bMinX = Infinity
  let bMaxX = -Infinity
  let bMinY = Infinity
  let bMaxY = -Infinity
  for (let k = 0, end = 2 * bn; k < end; k += 2) {
    const x = b[k] as number
    const y = b[k + 1] as number
    if (x < bMinX) bMinX = x
    if (x > bMaxX) bMaxX = x
    if (y < bMinY) bMinY = y
    if (y > bMaxY) bMaxY = y
  }
  bMinX -= TOUCH_M
  bMaxX += TOUCH_M
  bMinY -= TOUCH_M
  bMaxY += TOUCH_M
  // Which sides of b's box all of a lies beyond: a bit that survives every vertex separates the rings.
  let beyondAll = 15
  for (let k = 0, end = 2 * an; k < end && beyondAll !== 0; k += 2) {
    const x = a[k] as number
    const y = a[k + 1] as number
    beyondAll &= (x < bMinX ? 1 : 0) | (x > bMaxX ? 2 : 0) | (y < bMinY ? 4 : 0) | (y > bMaxY ? 8 : 0)
  }
  if (beyondAll !== 0) return false
  let before = an - 1
  for (let k = 0; k < an; k++) {
    const x0 = a[2 * before] as number
    const y0 = a[2 * before + 1] as number
    const x1 = a[2 * k] as number
    const y1 = a[2 * k + 1] as number
    const apart =
      (x0 < bMinX && x1 < bMinX) ||
      (x0 > bMaxX && x1 > bMaxX) ||
      (y0 < bMinY && y1 < bMinY) ||
      (y0 > bMaxY && y1 > bMaxY)
    if (!apart && edgeMeetsRun(a, before, k, b, bn, 0, bn)) return true
    before = k
  }
  return insideByParity(a, an, b[0] as number, b[1] as number) || insideByParity(b, bn, a[0] as number, a[1] as number)
}

/** Whether (x, y) lies in the ring or within 1 µm of its boundary. */
export function pointInRing(ring: Float64Array, count: number, x: number, y: number): boolean {
  return insideByParity(ring, count, x, y) || distanceToRing(ring, count, x, y) <= TOUCH_M
}

/** Crossing parity of (x, y): right away from the boundary, undefined on it. */
export function insideByParity(ring: Float64Array, count: number, x: number, y: number): boolean {
  let inside = false
  let x0 = ring[2 * count - 2] as number
  let y0 = ring[2 * count - 1] as number
  for (let k = 0, end = 2 * count; k < end; k += 2) {
    const x1 = ring[k] as number
    const y1 = ring[k + 1] as number
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) inside = !inside
    x0 = x1
    y0 = y1
  }
  return inside
}

/** Distance in metres from (x, y) to the nearest point of the ring's edges; `nearest`, when given, takes that point. */
export function distanceToRing(
  ring: Float64Array,
  count: number,
  x: number,
  y: number,
  nearest?: Float64Array,
): number {
  let best = Infinity
  let edge = 0
  let before = 2 * count - 2
  for (let k = 0, end = 2 * count; k < end; k += 2) {
    const d = segmentDistanceSquared(
      x,
      y,
      ring[before] as number,
      ring[before + 1] as number,
      ring[k] as number,
      ring[k + 1] as number,
    )
    if (d < best) {
      best = d
      edge = k
    }
    before = k
  }
  if (nearest !== undefined) {
    before = edge === 0 ? 2 * count - 2 : edge - 2
    const x0 = ring[before] as number
    const y0 = ring[before + 1] as number
    const dx = (ring[edge] as number) - x0
    const dy = (ring[edge + 1] as number) - y0
    const length2 = dx * dx + dy * dy
    const t = length2 > 0 ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length2)) : 0
    nearest[0] = x0 + t * dx
    nearest[1] = y0 + t * dy
  }
  return Math.sqrt(best)
}

/** Whether the ring shares a point with the plane disc of `radiusM` about (x, y), edges of both included. */
export function ringMeetsPlaneDisc(
  ring: Float64Array,
  count: number,
  { x, y, radiusM }: { readonly x: number; readonly y: number; readonly radiusM: number },
): boolean {
  return insideByParity(ring, count, x, y) || distanceToRing(ring, count, x, y) <= radiusM + TOUCH_M
}

import { type Frame, frameAt, moveFrame, projectRing, unproject } from '@parley/geo4d'
import type { AreaShape, Shape } from '../model/item.ts'
import { ballOf, middleOf } from './ball.ts'

/** How near two shapes come to each other along the ellipsoid, and where. */
export interface Approach {
  /** Metres, 0 when they share a point. */
  distanceM: number
  /** Half-way between the two nearest points; a shared point when there is one. */
  latDeg: number
  lngDeg: number
}

/** A shape in a plane: rings or one edge, as `[x, y, x, y, …]` metres, and how far a disc reaches about its centre. */
interface Plan {
  readonly rings: readonly Float64Array[]
  readonly closed: boolean
  readonly radiusM: number
}

interface Nearest {
  distance: number
  ax: number
  ay: number
  bx: number
  by: number
}

/**
 * The distance between two shapes, right to 0.1 mm for distances up to 20 km and to 1 cm up to 100 km: once in a frame that sees
 * both, then again in a frame at the place found.
 */
export function approach(a: Shape, b: Shape): Approach {
  const ballA = ballOf(a)
  const ballB = ballOf(b)
  const [latDeg, lngDeg] = middleOf(ballA.radiusM <= ballB.radiusM ? ballA : ballB)
  const frame = frameAt(latDeg, lngDeg)
  const place = new Float64Array(2)
  const origin = new Float64Array(2)
  let distanceM = 0
  for (let pass = 0; pass < 2; pass++) {
    const planA = plan(a, frame)
    const planB = plan(b, frame)
    const nearest = nearestIn(planA, planB)
    distanceM = Math.max(0, alongArc(nearest.distance, frame.radiusM) - planA.radiusM - planB.radiusM)
    const between = shrink(nearest, planA.radiusM, planB.radiusM)
    unproject(frame, (between.ax + between.bx) / 2, (between.ay + between.by) / 2, place)
    if (pass > 0 || nearest.distance === 0) break
    // The line just measured, from centre to centre of discs, goes through the middle of the next frame.
    unproject(frame, (nearest.ax + nearest.bx) / 2, (nearest.ay + nearest.by) / 2, origin)
    moveFrame(frame, origin[0] as number, origin[1] as number)
  }
  return { distanceM, latDeg: place[0] as number, lngDeg: place[1] as number }
}

/** Length on the Gauss sphere of a stretch of the plane that has the frame's origin in its middle. */
function alongArc(planeM: number, radiusM: number): number {
  return 2 * radiusM * Math.atan(planeM / (2 * radiusM))
}

function plan(shape: Shape, frame: Frame): Plan {
  switch (shape.kind) {
    case 'disc':
      return { rings: [projected(shape.centre, frame)], closed: false, radiusM: shape.radiusM }
    case 'segment':
      return { rings: [projected(shape.ends, frame)], closed: false, radiusM: 0 }
    case 'area':
      return { rings: shape.rings.map((ring) => projected(ring, frame)), closed: true, radiusM: 0 }
  }
}

function projected(degrees: Float64Array, frame: Frame): Float64Array {
  const out = new Float64Array(degrees.length)
  projectRing(frame, degrees, degrees.length / 2, out)
  return out
}

function nearestIn(a: Plan, b: Plan): Nearest {
  const nearest: Nearest = { distance: Infinity, ax: 0, ay: 0, bx: 0, by: 0 }
  // Without a common edge point, a ring lies wholly inside the other shape or wholly outside: one vertex of each ring decides.
  for (const ring of a.rings)
    if (b.closed && insideRings(b.rings, ring[0] as number, ring[1] as number)) share(nearest, ring)
  for (const ring of b.rings)
    if (a.closed && insideRings(a.rings, ring[0] as number, ring[1] as number)) share(nearest, ring)
  if (nearest.distance === 0) return nearest
  for (const ringA of a.rings) {
    for (const ringB of b.rings)
      nearestOfRings({ ring: ringA, closed: a.closed }, { ring: ringB, closed: b.closed }, nearest)
  }
  return nearest
}

function share(nearest: Nearest, point: Float64Array): void {
  const x = point[0] as number
  const y = point[1] as number
  Object.assign(nearest, { distance: 0, ax: x, ay: y, bx: x, by: y })
}

/** Moves the nearest points from the centres of discs to their rims; where they overlap, to the middle of what they share. */
function shrink(nearest: Nearest, radiusA: number, radiusB: number): Nearest {
  if (radiusA === 0 && radiusB === 0) return nearest
  const d = nearest.distance
  const towardsB = d === 0 ? 0 : Math.min(1, radiusA / d)
  const towardsA = d === 0 ? 0 : Math.min(1, radiusB / d)
  const { ax, ay, bx, by } = nearest
  return {
    distance: Math.max(0, d - radiusA - radiusB),
    ax: ax + (bx - ax) * towardsB,
    ay: ay + (by - ay) * towardsB,
    bx: bx + (ax - bx) * towardsA,
    by: by + (ay - by) * towardsA,
  }
}

function insideRings(rings: readonly Float64Array[], x: number, y: number): boolean {
  let inside = false
  for (const ring of rings) {
    for (let k = 0, j = ring.length - 2; k < ring.length; j = k, k += 2) {
      const ky = ring[k + 1] as number
      const jy = ring[j + 1] as number
      if (ky > y === jy > y) continue
      const kx = ring[k] as number
      const jx = ring[j] as number
      if (x < kx + ((y - ky) / (jy - ky)) * (jx - kx)) inside = !inside
    }
  }
  return inside
}

interface Line {
  readonly ring: Float64Array
  readonly closed: boolean
}

function edgeCount(line: Line): number {
  const vertices = line.ring.length / 2
  return line.closed ? vertices : Math.max(1, vertices - 1)
}

function nearestOfRings(a: Line, b: Line, nearest: Nearest): void {
  const countA = edgeCount(a)
  const countB = edgeCount(b)
  const lengthA = a.ring.length
  const lengthB = b.ring.length
  for (let i = 0; i < countA; i++) {
    const ax0 = a.ring[2 * i] as number
    const ay0 = a.ring[2 * i + 1] as number
    const ax1 = a.ring[(2 * i + 2) % lengthA] as number
    const ay1 = a.ring[(2 * i + 3) % lengthA] as number
    for (let j = 0; j < countB; j++) {
      const bx0 = b.ring[2 * j] as number
      const by0 = b.ring[2 * j + 1] as number
      const bx1 = b.ring[(2 * j + 2) % lengthB] as number
      const by1 = b.ring[(2 * j + 3) % lengthB] as number
      const reach = nearest.distance
      if (
        Math.min(ax0, ax1) - Math.max(bx0, bx1) > reach ||
        Math.min(bx0, bx1) - Math.max(ax0, ax1) > reach ||
        Math.min(ay0, ay1) - Math.max(by0, by1) > reach ||
        Math.min(by0, by1) - Math.max(ay0, ay1) > reach
      ) {
        continue
      }
      nearestOfEdges(ax0, ay0, ax1, ay1, bx0, by0, bx1, by1, nearest)
      if (nearest.distance === 0) return
    }
  }
}

// Eight coordinates by hand: an object per edge pair would cost more than the arithmetic.
function nearestOfEdges(
  ax0: number,
  ay0: number,
  ax1: number,
  ay1: number,
  bx0: number,
  by0: number,
  bx1: number,
  by1: number,
  nearest: Nearest,
): void {
  const ux = ax1 - ax0
  const uy = ay1 - ay0
  const vx = bx1 - bx0
  const vy = by1 - by0
  const wx = bx0 - ax0
  const wy = by0 - ay0
  const cross = ux * vy - uy * vx
  if (cross !== 0) {
    const s = (wx * vy - wy * vx) / cross
    const t = (wx * uy - wy * ux) / cross
    if (s >= 0 && s <= 1 && t >= 0 && t <= 1) {
      const x = ax0 + s * ux
      const y = ay0 + s * uy
      nearest.distance = 0
      nearest.ax = nearest.bx = x
      nearest.ay = nearest.by = y
      return
    }
  }
  toEdge(ax0, ay0, bx0, by0, vx, vy, nearest, false)
  toEdge(ax1, ay1, bx0, by0, vx, vy, nearest, false)
  toEdge(bx0, by0, ax0, ay0, ux, uy, nearest, true)
  toEdge(bx1, by1, ax0, ay0, ux, uy, nearest, true)
}

function toEdge(
  px: number,
  py: number,
  ex: number,
  ey: number,
  dx: number,
  dy: number,
  nearest: Nearest,
  swapped: boolean,
): void {
  const length2 = dx * dx + dy * dy
  const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, ((px - ex) * dx + (py - ey) * dy) / length2))
  const qx = ex + along * dx
  const qy = ey + along * dy
  const distance = Math.sqrt((px - qx) * (px - qx) + (py - qy) * (py - qy))
  if (distance >= nearest.distance) return
  nearest.distance = distance
  nearest.ax = swapped ? qx : px
  nearest.ay = swapped ? qy : py
  nearest.bx = swapped ? px : qx
  nearest.by = swapped ? py : qy
}

const scratchFrame = frameAt(0, 0)
const scratchA = new Float64Array(4)
const scratchB = new Float64Array(4)
const scratchNearest: Nearest = { distance: 0, ax: 0, ay: 0, bx: 0, by: 0 }

/**
 * The distance between two segments in the plane at the first end of `a`, without a second look: off by less than a hundred-thousandth
 * within 20 km. For deciding what is clear; `approach` decides what is close.
 */
export function roughSegmentDistanceM(a: Float64Array, b: Float64Array): number {
  moveFrame(scratchFrame, a[0] as number, a[1] as number)
  projectRing(scratchFrame, a, 2, scratchA)
  projectRing(scratchFrame, b, 2, scratchB)
  scratchNearest.distance = Infinity
  nearestOfEdges(
    scratchA[0] as number,
    scratchA[1] as number,
    scratchA[2] as number,
    scratchA[3] as number,
    scratchB[0] as number,
    scratchB[1] as number,
    scratchB[2] as number,
    scratchB[3] as number,
    scratchNearest,
  )
  return scratchNearest.distance
}

/** A place inside both areas, near the middle of what they share; null when none of the candidates lies in both. */
export function sharedPlace(a: AreaShape, b: AreaShape): readonly [latDeg: number, lngDeg: number] | null {
  const [latDeg, lngDeg] = middleOf(ballOf(a.rings.length <= b.rings.length ? a : b))
  const frame = frameAt(latDeg, lngDeg)
  const planA = plan(a, frame)
  const planB = plan(b, frame)
  const candidates = [...cornersInside(planA, planB), ...cornersInside(planB, planA), ...crossings(planA, planB)]
  if (candidates.length === 0) return null
  const mean: [number, number] = [0, 0]
  for (const [x, y] of candidates) {
    mean[0] += x / candidates.length
    mean[1] += y / candidates.length
  }
  const inBoth = insideRings(planA.rings, ...mean) && insideRings(planB.rings, ...mean)
  const [x, y] = inBoth ? mean : (candidates[0] as [number, number])
  const place = new Float64Array(2)
  unproject(frame, x, y, place)
  return [place[0] as number, place[1] as number]
}

const MAX_CANDIDATES = 4_096

function cornersInside(a: Plan, b: Plan): [number, number][] {
  const found: [number, number][] = []
  for (const ring of a.rings) {
    for (let k = 0; k < ring.length && found.length < MAX_CANDIDATES; k += 2) {
      const x = ring[k] as number
      const y = ring[k + 1] as number
      if (insideRings(b.rings, x, y)) found.push([x, y])
    }
  }
  return found
}

function crossings(a: Plan, b: Plan): [number, number][] {
  const found: [number, number][] = []
  const nearest: Nearest = { distance: 0, ax: 0, ay: 0, bx: 0, by: 0 }
  for (const ringA of a.rings) {
    for (let i = 0; i < ringA.length; i += 2) {
      const ax0 = ringA[i] as number
      const ay0 = ringA[i + 1] as number
      const ax1 = ringA[(i + 2) % ringA.length] as number
      const ay1 = ringA[(i + 3) % ringA.length] as number
      for (const ringB of b.rings) {
        for (let j = 0; j < ringB.length; j += 2) {
          const bx0 = ringB[j] as number
          const by0 = ringB[j + 1] as number
          const bx1 = ringB[(j + 2) % ringB.length] as number
          const by1 = ringB[(j + 3) % ringB.length] as number
          if (
            Math.min(ax0, ax1) > Math.max(bx0, bx1) ||
            Math.min(bx0, bx1) > Math.max(ax0, ax1) ||
            Math.min(ay0, ay1) > Math.max(by0, by1) ||
            Math.min(by0, by1) > Math.max(ay0, ay1)
          ) {
            continue
          }
          nearest.distance = Infinity
          nearestOfEdges(ax0, ay0, ax1, ay1, bx0, by0, bx1, by1, nearest)
          if (nearest.distance === 0) found.push([nearest.ax, nearest.ay])
          if (found.length >= MAX_CANDIDATES) return found
        }
      }
    }
  }
  return found
}

import { type Metres, metres } from '@parley/units'
import { centreDistance, ringDistance } from './disc.ts'
import { type Frame, unproject } from './frame.ts'
import { geodesicDistance } from './geodesic.ts'
import { shapesIntersect } from './intersect.ts'
import { distanceToRing } from './planar.ts'
import { RingIndex } from './ring-index.ts'
import { chord, frameOf, projectShape, type Shape, shapeOf } from './shape.ts'
import type { LatLng, Outline } from './volume.ts'

/** Beyond this the plane about one outline no longer orders distances to the other, and corners stand for edges. */
const FAR_M = 2_000_000

/**
 * Metres along the ellipsoid between the nearest points of two outlines, 0 when they meet. For explanations: right to 1 % (to 1 mm for
 * two circles); whether outlines meet at all is `outlinesIntersect`'s to say, and the two never contradict each other.
 */
export function outlineDistance(a: Outline, b: Outline): Metres {
  const first = shapeOf(a)
  const second = shapeOf(b)
  if (shapesIntersect(first, second)) return metres(0)
  return metres(Math.max(Number.MIN_VALUE, apartness(first, second)))
}

function apartness(a: Shape, b: Shape): number {
  if (a.kind === 'disc' && b.kind === 'disc') return centreDistance(a, b) - a.radiusM - b.radiusM
  const distance = chord(a.centre, 0, b.centre, 0)
  if (distance + a.boundM + b.boundM > FAR_M) return cornerDistance(a, b) - a.radiusM - b.radiusM
  if (a.kind === 'disc') return ringToDisc(b, a)
  if (b.kind === 'disc') return ringToDisc(a, b)
  return ringToRing(a, b)
}

function ringToDisc(ring: Shape, disc: Shape): number {
  const frame = frameOf(disc)
  return ringDistance(frame, projectShape(ring, frame), ring.count) - disc.radiusM
}

/** The nearest two points of two rings always include a vertex of one of them. */
function ringToRing(a: Shape, b: Shape): number {
  const frame = frameOf(a.boundM <= b.boundM ? a : b)
  const ringA = { xy: projectShape(a, frame), count: a.count }
  const ringB = { xy: projectShape(b, frame), count: b.count }
  const fromA = nearestVertex(ringA, ringB, Infinity)
  const fromB = nearestVertex(ringB, ringA, fromA.squared)
  return fromB.vertex >= 0
    ? between(frame, ringB.xy, fromB.vertex, ringA)
    : between(frame, ringA.xy, fromA.vertex, ringB)
}

interface FlatRing {
  readonly xy: Float64Array
  readonly count: number
}

const index = new RingIndex()

function nearestVertex(from: FlatRing, to: FlatRing, below: number): { vertex: number; squared: number } {
  index.build(to.xy, to.count)
  let squared = below
  let vertex = -1
  for (let k = 0; k < from.count; k++) {
    const d = index.distanceSquared(from.xy[2 * k] as number, from.xy[2 * k + 1] as number, squared)
    if (d >= squared) continue
    squared = d
    vertex = k
  }
  return { vertex, squared }
}

const foot = new Float64Array(2)
const place = new Float64Array(2)

function between(frame: Frame, xy: Float64Array, vertex: number, ring: FlatRing): number {
  const x = xy[2 * vertex] as number
  const y = xy[2 * vertex + 1] as number
  distanceToRing(ring.xy, ring.count, x, y, foot)
  const from = placeOf(frame, x, y)
  return geodesicDistance(from, placeOf(frame, foot[0] as number, foot[1] as number))
}

function placeOf(frame: Frame, x: number, y: number): LatLng {
  unproject(frame, x, y, place)
  return { latDeg: place[0], lngDeg: place[1] } as LatLng
}

/** Distance of the corners that face each other, for outlines far apart; a disc's centre is its corner. */
function cornerDistance(a: Shape, b: Shape): number {
  let fromA = cornerNearest(a, centreOf(b))
  let fromB = cornerNearest(b, fromA)
  fromA = cornerNearest(a, fromB)
  fromB = cornerNearest(b, fromA)
  return geodesicDistance(fromA, fromB)
}

function centreOf(shape: Shape): LatLng {
  return { latDeg: shape.centreLatDeg, lngDeg: shape.centreLngDeg } as LatLng
}

function cornerNearest({ degrees, count }: Shape, to: LatLng): LatLng {
  let best = Infinity
  let nearest = to
  for (let k = 0; k < count; k++) {
    const corner = { latDeg: degrees[2 * k], lngDeg: degrees[2 * k + 1] } as LatLng
    const d = geodesicDistance(corner, to)
    if (d >= best) continue
    best = d
    nearest = corner
  }
  return nearest
}

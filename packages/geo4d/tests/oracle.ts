import { createRequire } from 'node:module'
import type { LatLng, Outline, Volume4D } from '@parley/geo4d'

/*
 * An independent judge of whether two volumes meet. It shares no code with the library: lines and distances are Karney's geodesics,
 * planes are the ellipsoidal gnomonic projection (straight to 36 µm at 100 km), rings are compared by solving for the crossing of every
 * pair of edges and by summing angles, discs by walking along the edges with true geodesic distances.
 */

interface Inverse {
  s12: number
  azi1: number
  m12: number
  M12: number
}
interface Geod {
  Inverse(lat1: number, lon1: number, lat2: number, lon2: number, mask?: number): Inverse
  Direct(lat1: number, lon1: number, azi1: number, s12: number): { lat2: number; lon2: number }
}
const library = createRequire(import.meta.url)('geographiclib-geodesic') as {
  Geodesic: { WGS84: Geod; DISTANCE: number; AZIMUTH: number; REDUCEDLENGTH: number; GEODESICSCALE: number }
}
const { WGS84, DISTANCE, AZIMUTH, REDUCEDLENGTH, GEODESICSCALE } = library.Geodesic

/** Karney's direct problem: the point `distanceM` from `from` towards `azimuthDeg`. */
export function karneyDirect(from: LatLng, azimuthDeg: number, distanceM: number): LatLng {
  const { lat2, lon2 } = WGS84.Direct(from.latDeg, from.lngDeg, azimuthDeg, distanceM)
  return { latDeg: lat2, lngDeg: wrap(lon2) } as LatLng
}

/** Karney's inverse problem. */
export function karneyInverse(a: LatLng, b: LatLng): { distanceM: number; azimuthDeg: number } {
  const { s12, azi1 } = WGS84.Inverse(a.latDeg, a.lngDeg, b.latDeg, b.lngDeg, DISTANCE | AZIMUTH)
  return { distanceM: s12, azimuthDeg: azi1 }
}

function wrap(lngDeg: number): number {
  return lngDeg > 180 ? lngDeg - 360 : lngDeg < -180 ? lngDeg + 360 : lngDeg
}

type Place = readonly [number, number]

function gnomonic(centre: LatLng, point: LatLng): Place {
  const line = WGS84.Inverse(
    centre.latDeg,
    centre.lngDeg,
    point.latDeg,
    point.lngDeg,
    AZIMUTH | REDUCEDLENGTH | GEODESICSCALE,
  )
  if (line.M12 <= 0) throw new Error('beyond the horizon of the projection')
  const rho = line.m12 / line.M12
  const azimuth = (line.azi1 * Math.PI) / 180
  return [rho * Math.sin(azimuth), rho * Math.cos(azimuth)]
}

/** Edges this near, in metres, touch: what is left of two numbers that should be equal. */
const TOUCHING = 2e-6

/** Whether two volumes share a point of space and time, faces included. */
export function oracleVolumesMeet(a: Volume4D, b: Volume4D): boolean {
  const shared = (lo1: number, hi1: number, lo2: number, hi2: number) => Math.max(lo1, lo2) <= Math.min(hi1, hi2)
  return (
    shared(a.startMs, a.endMs, b.startMs, b.endMs) &&
    shared(a.altitudeLowerM, a.altitudeUpperM, b.altitudeLowerM, b.altitudeUpperM) &&
    oracleOutlinesMeet(a.outline, b.outline)
  )
}

/** Whether two outlines share a point, edges included. */
export function oracleOutlinesMeet(a: Outline, b: Outline): boolean {
  if (a.kind === 'circle' && b.kind === 'circle') {
    return karneyInverse(a.centre, b.centre).distanceM <= a.radiusM + b.radiusM + TOUCHING
  }
  if (a.kind === 'circle') return b.kind === 'polygon' && discMeetsRing(a, b.vertices)
  if (b.kind === 'circle') return discMeetsRing(b, a.vertices)
  const centre = a.vertices[0] as LatLng
  const p = a.vertices.map((v) => gnomonic(centre, v))
  const q = b.vertices.map((v) => gnomonic(centre, v))
  return (
    edgesOf(p).some(([p0, p1]) => edgesOf(q).some(([q0, q1]) => segmentGap(p0, p1, q0, q1) <= TOUCHING)) ||
    windsAround(q, p[0] as Place) ||
    windsAround(p, q[0] as Place)
  )
}

function edgesOf<T>(ring: readonly T[]): [T, T][] {
  return ring.map((vertex, k) => [vertex, ring[(k + 1) % ring.length] as T])
}

/** Least distance of two segments, 0 where they cross: by solving for the two parameters. */
function segmentGap(p0: Place, p1: Place, q0: Place, q1: Place): number {
  const d = [p1[0] - p0[0], p1[1] - p0[1]] as const
  const e = [q1[0] - q0[0], q1[1] - q0[1]] as const
  const w = [q0[0] - p0[0], q0[1] - p0[1]] as const
  const det = d[0] * e[1] - d[1] * e[0]
  if (det !== 0) {
    const s = (w[0] * e[1] - w[1] * e[0]) / det
    const t = (w[0] * d[1] - w[1] * d[0]) / det
    if (s >= 0 && s <= 1 && t >= 0 && t <= 1) return 0
  }
  return Math.min(pointGap(p0, q0, q1), pointGap(p1, q0, q1), pointGap(q0, p0, p1), pointGap(q1, p0, p1))
}

function pointGap(p: Place, a: Place, b: Place): number {
  const d = [b[0] - a[0], b[1] - a[1]] as const
  const length2 = d[0] * d[0] + d[1] * d[1]
  const t = length2 === 0 ? 0 : Math.max(0, Math.min(1, ((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]) / length2))
  return Math.hypot(p[0] - a[0] - t * d[0], p[1] - a[1] - t * d[1])
}

function windsAround(ring: readonly Place[], [x, y]: Place): boolean {
  let turned = 0
  for (const [[x0, y0], [x1, y1]] of edgesOf(ring)) {
    const ax = x0 - x
    const ay = y0 - y
    const bx = x1 - x
    const by = y1 - y
    turned += Math.atan2(ax * by - ay * bx, ax * bx + ay * by)
  }
  return Math.abs(turned) > Math.PI
}

function discMeetsRing(disc: Extract<Outline, { kind: 'circle' }>, vertices: readonly LatLng[]): boolean {
  const ring = vertices.map((v) => gnomonic(disc.centre, v))
  if (windsAround(ring, [0, 0])) return true
  return edgesOf(vertices).some(([from, to], k) => {
    const rough = pointGap([0, 0], ring[k] as Place, ring[(k + 1) % ring.length] as Place)
    // The projection stretches distances by (1 + d²/3R²): far from the radius the rough answer is the answer.
    const stretch = 1 + (2 * (rough / 6.3e6) ** 2) / 3
    if (rough / stretch > disc.radiusM * 1.001 + 0.1) return false
    if (rough < disc.radiusM * 0.999 - 0.1) return true
    return distanceToEdge(disc.centre, from, to) <= disc.radiusM + TOUCHING
  })
}

/** Least geodesic distance from a point to a geodesic edge, by golden section along the edge. */
function distanceToEdge(point: LatLng, from: LatLng, to: LatLng): number {
  const { distanceM, azimuthDeg } = karneyInverse(from, to)
  const at = (along: number) => karneyInverse(point, karneyDirect(from, azimuthDeg, along)).distanceM
  const ratio = (Math.sqrt(5) - 1) / 2
  let lo = 0
  let hi = distanceM
  let left = hi - ratio * (hi - lo)
  let right = lo + ratio * (hi - lo)
  let atLeft = at(left)
  let atRight = at(right)
  while (hi - lo > 1e-3) {
    if (atLeft < atRight) {
      hi = right
      right = left
      atRight = atLeft
      left = hi - ratio * (hi - lo)
      atLeft = at(left)
    } else {
      lo = left
      left = right
      atLeft = atRight
      right = lo + ratio * (hi - lo)
      atRight = at(right)
    }
  }
  return Math.min(at(0), at(distanceM), atLeft, atRight)
}

import { degrees } from '@parley/units'
import { directGeodesic, geodesicDistance, inverseGeodesic } from './geodesic.ts'
import type { LatLng } from './volume.ts'

/**
 * A ring whose edges are straight in longitude and latitude (GeoJSON, ED-269, ED-318) as a ring of geodesic edges: vertices are added
 * until no edge leaves its course by more than `toleranceM`. On a parallel at 35° north 3° of longitude are 1 km apart between the two.
 *
 * Longitudes are taken as written: an edge from 179 to -179 runs the long way round, as those formats have it.
 */
export function fromStraightEdges(
  vertices: readonly LatLng[],
  { toleranceM }: { readonly toleranceM: number },
): LatLng[] {
  const ring: LatLng[] = []
  for (const [k, vertex] of vertices.entries()) {
    ring.push(vertex)
    divide(vertex, vertices[(k + 1) % vertices.length] as LatLng, { toleranceM, ring, depth: 0 })
  }
  return ring
}

/** How far, in metres, the straight edge between two points leaves the geodesic one at most, of its quarters and its middle. */
export function straightEdgeGapM(from: LatLng, to: LatLng): number {
  const line = inverseGeodesic(from, to)
  if (line === null) return Infinity
  // An edge across the equator may meet the geodesic at its middle and leave it on both sides.
  const gaps = [0.25, 0.5, 0.75].map((part) => {
    const point = along(from, to, part)
    const there = inverseGeodesic(from, point)
    if (there === null) return Infinity
    return geodesicDistance(point, directGeodesic(from, line.azimuth, there.distanceM))
  })
  return Math.max(...gaps)
}

function along(from: LatLng, to: LatLng, part: number): LatLng {
  return {
    latDeg: degrees(from.latDeg + part * (to.latDeg - from.latDeg)),
    lngDeg: degrees(from.lngDeg + part * (to.lngDeg - from.lngDeg)),
  }
}

interface Division {
  readonly toleranceM: number
  readonly ring: LatLng[]
  readonly depth: number
}

function divide(from: LatLng, to: LatLng, division: Division): void {
  // Two to the tenth pieces of the longest edge there is are 40 km each.
  if (division.depth > 16 || straightEdgeGapM(from, to) <= division.toleranceM) return
  const middle = along(from, to, 0.5)
  const deeper = { ...division, depth: division.depth + 1 }
  divide(from, middle, deeper)
  division.ring.push(middle)
  divide(middle, to, deeper)
}

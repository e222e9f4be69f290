import { fromStraightEdges, type LatLng, type Outline, straightEdgeGapM, validateOutline } from '@parley/geo4d'
import { degrees, metres, ParleyError } from '@parley/units'
import { ballOf } from '../geometry/ball.ts'
import type { AreaShape, DiscShape, SegmentShape, Shape } from '../model/item.ts'
import { arrayAt, member, numberAt, refuse } from './field.ts'

/** Vertices of one ring as stated; an F3548 operational intent may have as many. */
export const MAX_VERTICES = 10_000
/** Vertices of one ring after straight edges are written as geodesic ones. */
const MAX_WRITTEN_VERTICES = 100_000
/** Farthest a geodesic edge may leave the straight one it stands for. */
const EDGE_TOLERANCE_M = 0.01
/** Farthest a shape may reach from its middle: beyond it a plane about one point no longer shows it. */
const MAX_REACH_M = 2_000_000
/** Largest disc. */
export const MAX_RADIUS_M = 1_000_000

/** A disc; F3548 `Circle`, ED-318 `extent`, ED-269 `Circle`. */
export function discShape(lat: number, lng: number, radiusM: number): DiscShape {
  return {
    kind: 'disc',
    centre: Float64Array.of(lat, lng),
    radiusM,
    outline: { kind: 'circle', centre: latLng(lat, lng), radiusM: metres(radiusM) },
  }
}

/** A ring of geodesic edges, not closed, checked by the kernel: repeated vertices, crossing edges, too large. */
export function geodesicArea(vertices: readonly LatLng[], pointer: string): AreaShape {
  const outline: Outline = { kind: 'polygon', vertices }
  const ring = ringOf(vertices)
  checkReach({ kind: 'area', rings: [ring], outline: null }, pointer)
  checkOutline(outline, pointer, true)
  return { kind: 'area', rings: [ring], outline }
}

type LngLat = readonly [lng: number, lat: number]

/** A GeoJSON position as longitude and latitude and, where stated, height in metres above the ellipsoid. */
export function positionAt(
  value: unknown,
  pointer: string,
): readonly [lng: number, lat: number, heightM: number | null] {
  const parts = arrayAt(value, pointer, { min: 2, max: 8 })
  const lng = numberAt(parts[0], member(pointer, 0), { min: -1e9, max: 1e9 })
  const lat = numberAt(parts[1], member(pointer, 1), { min: -1e9, max: 1e9 })
  if (lat < -90 || lat > 90) {
    const swapped = Math.abs(lat) <= 180 && Math.abs(lng) <= 90 ? `; did you mean [${lat}, ${lng}]?` : ''
    refuse('out-of-range', member(pointer, 1), {
      value: lat,
      rule: `latitude must lie within -90 and 90, positions are [longitude, latitude]${swapped}`,
    })
  }
  if (lng < -180 || lng > 180) {
    refuse('out-of-range', member(pointer, 0), { value: lng, rule: 'longitude must lie within -180 and 180' })
  }
  const heightM =
    parts[2] === undefined || parts[2] === null
      ? null
      : numberAt(parts[2], member(pointer, 2), { min: -2_000, max: 100_000 })
  return [lng, lat, heightM]
}

/**
 * A GeoJSON polygon: closed rings with edges straight in longitude and latitude, the first the outside, the others holes (RFC 7946
 * section 3.1.6). Either winding is read.
 */
export function straightArea(value: unknown, pointer: string): { shape: AreaShape; heightsM: number[] } {
  const rings = arrayAt(value, pointer, { min: 1, max: 1_000 })
  const heightsM: number[] = []
  const written = rings.map((ring, index) => straightRing(ring, member(pointer, index), heightsM))
  const outer = outlineOf(written[0] as Float64Array)
  for (const [index, ring] of written.entries()) {
    checkReach({ kind: 'area', rings: [ring], outline: null }, member(pointer, index))
    checkOutline(index === 0 ? outer : outlineOf(ring), member(pointer, index), false)
  }
  return { shape: { kind: 'area', rings: written, outline: written.length === 1 ? outer : null }, heightsM }
}

function straightRing(value: unknown, pointer: string, heightsM: number[]): Float64Array {
  const positions = arrayAt(value, pointer, { min: 4, max: MAX_VERTICES + 1 })
  const corners: LngLat[] = []
  for (const [index, position] of positions.entries()) {
    const [lng, lat, heightM] = positionAt(position, member(pointer, index))
    if (heightM !== null) heightsM.push(heightM)
    const last = corners.at(-1)
    if (last === undefined || last[0] !== lng || last[1] !== lat) corners.push([lng, lat])
  }
  const first = corners[0] as LngLat
  const last = corners.at(-1) as LngLat
  if (corners.length < 2 || first[0] !== last[0] || first[1] !== last[1]) {
    refuse('bad-geometry', member(pointer, positions.length - 1), {
      value: positions.at(-1),
      rule: 'a ring ends at the position it starts with (RFC 7946 section 3.1.6)',
    })
  }
  if (corners.length < 4) refuse('bad-geometry', pointer, { value, rule: 'a ring needs three different corners' })
  const vertices = corners.slice(0, -1).map(([lng, lat]) => latLng(lat, lng))
  // Before the edges are written out: those of a continent would take a while.
  checkReach({ kind: 'area', rings: [ringOf(vertices)], outline: null }, pointer)
  let written = vertices.length
  for (let k = 0; k + 1 < corners.length; k++) {
    const from = corners[k] as LngLat
    const to = corners[k + 1] as LngLat
    checkSpan(from, to, member(pointer, k + 1))
    written += verticesBetween(latLng(from[1], from[0]), latLng(to[1], to[0]))
  }
  if (written > MAX_WRITTEN_VERTICES) {
    const rule = `edges this long need more than ${MAX_WRITTEN_VERTICES} vertices to stay within ${EDGE_TOLERANCE_M} m`
    refuse('too-large', pointer, { value, rule })
  }
  return ringOf(fromStraightEdges(vertices, { toleranceM: EDGE_TOLERANCE_M }))
}

/** About how many vertices an edge needs between its ends: the gap of a piece shrinks with the square of their number. */
function verticesBetween(from: LatLng, to: LatLng): number {
  const gapM = straightEdgeGapM(from, to)
  return gapM <= EDGE_TOLERANCE_M ? 0 : Math.sqrt(gapM / EDGE_TOLERANCE_M)
}

function ringOf(vertices: readonly LatLng[]): Float64Array {
  const ring = new Float64Array(2 * vertices.length)
  for (const [k, vertex] of vertices.entries()) {
    ring[2 * k] = vertex.latDeg
    ring[2 * k + 1] = vertex.lngDeg
  }
  return ring
}

/** A GeoJSON line as segments, edges straight in longitude and latitude; a single position as a segment of no length. */
export function straightLine(
  value: unknown,
  pointer: string,
): { shapes: SegmentShape[]; heightsM: (readonly [number, number] | null)[] } {
  const positions = arrayAt(value, pointer, { min: 2, max: MAX_WRITTEN_VERTICES })
  const shapes: SegmentShape[] = []
  const heightsM: (readonly [number, number] | null)[] = []
  let from = positionAt(positions[0], member(pointer, 0))
  for (let k = 1; k < positions.length; k++) {
    const to = positionAt(positions[k], member(pointer, k))
    checkSpan([from[0], from[1]], [to[0], to[1]], member(pointer, k))
    const points = straightEdge(latLng(from[1], from[0]), latLng(to[1], to[0]))
    if (shapes.length + points.length > MAX_WRITTEN_VERTICES) {
      const rule = `edges this long need more than ${MAX_WRITTEN_VERTICES} vertices to stay within ${EDGE_TOLERANCE_M} m`
      refuse('too-large', pointer, { value, rule })
    }
    for (let i = 0; i + 1 < points.length; i++) {
      const { latDeg, lngDeg } = points[i] as LatLng
      const next = points[i + 1] as LatLng
      shapes.push(segmentShape(latDeg, lngDeg, next.latDeg, next.lngDeg))
      heightsM.push(from[2] === null || to[2] === null ? null : [from[2], to[2]])
    }
    from = to
  }
  for (const [k, shape] of shapes.entries()) checkReach(shape, member(pointer, k))
  return { shapes, heightsM }
}

/** The two ends and what lies between them; the kernel writes rings, so the way back is cut off. */
function straightEdge(from: LatLng, to: LatLng): LatLng[] {
  const ring = fromStraightEdges([from, to], { toleranceM: EDGE_TOLERANCE_M })
  return ring.slice(0, ring.indexOf(to) + 1)
}

export function segmentShape(lat0: number, lng0: number, lat1: number, lng1: number): SegmentShape {
  return { kind: 'segment', ends: Float64Array.of(lat0, lng0, lat1, lng1) }
}

export function latLng(lat: number, lng: number): LatLng {
  return { latDeg: degrees(lat), lngDeg: degrees(lng) }
}

function outlineOf(ring: Float64Array): Outline {
  const vertices: LatLng[] = []
  for (let k = 0; k < ring.length; k += 2) vertices.push(latLng(ring[k] as number, ring[k + 1] as number))
  return { kind: 'polygon', vertices }
}

function checkSpan(from: LngLat, to: LngLat, pointer: string): void {
  if (Math.abs(from[0] - to[0]) <= 180) return
  refuse('bad-geometry', pointer, {
    value: [...to],
    rule: 'an edge spans more than 180 degrees of longitude: cut it at the antimeridian (RFC 7946 section 3.1.9)',
  })
}

function checkReach(shape: Shape, pointer: string): void {
  const { radiusM } = ballOf(shape)
  if (radiusM <= MAX_REACH_M) return
  refuse('bad-geometry', pointer, {
    value: undefined,
    rule: `reaches ${Math.round(radiusM / 1000)} km from its middle; at most ${MAX_REACH_M / 1000} km can be checked`,
  })
}

/** The kernel's own checks; its pointer into the ring holds only where the ring is the one that was stated. */
function checkOutline(outline: Outline, pointer: string, asStated: boolean): void {
  try {
    validateOutline(outline, { maxVertices: MAX_WRITTEN_VERTICES })
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error
    const { field, value, rule } = error.details as { field?: unknown; value?: unknown; rule?: unknown }
    refuse('bad-geometry', `${pointer}${asStated && typeof field === 'string' ? field : ''}`, {
      value,
      rule: typeof rule === 'string' ? rule : error.message,
    })
  }
}

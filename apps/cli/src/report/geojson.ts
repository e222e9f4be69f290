import { directGeodesic, inverseGeodesic, type LatLng, straightEdgeGapM } from '@parley/geo4d'
import type { CheckResult } from '../engine/check-picture.ts'
import type { Item, Piece, Shape } from '../model/item.ts'
import { latLng } from '../read/outline.ts'
import type { Picture } from '../read/picture.ts'
import type { Report } from './report.ts'

type LngLat = [lng: number, lat: number]

interface Feature {
  readonly type: 'Feature'
  readonly geometry: { readonly type: string; readonly coordinates: unknown }
  readonly properties: Readonly<Record<string, unknown>>
}

/**
 * The encounters as an RFC 7946 feature collection, in parts short enough to write one by one: the place of each as a point, and each part that takes part once. Geodesic edges
 * and circles are written with as many vertices as straight edges need to stay within 1 m of them; what crosses the antimeridian is cut.
 */
export function* geojsonReport(report: Report, picture: Picture, result: CheckResult): Generator<string> {
  const { tool, separation, buffer, summary, files, findings } = report
  const about = JSON.stringify({ tool, separation, buffer, summary, files, findings })
  yield `{"type":"FeatureCollection","parley":${about},"features":[`
  let comma = ''
  for (const feature of featuresOf(report, picture, result)) {
    yield `${comma}\n${JSON.stringify(feature)}`
    comma = ','
  }
  yield '\n]}\n'
}

function* featuresOf(report: Report, picture: Picture, result: CheckResult): Generator<Feature> {
  for (const [index, { where, ...rest }] of report.encounters.entries()) {
    yield {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [where.lng, where.lat] },
      properties: { role: 'meeting', encounter: index + 1, ...rest, where },
    }
  }
  const encountersOf = new Map<number, number[]>()
  for (const [index, { piecesA, piecesB }] of result.encounters.entries()) {
    for (const piece of [...piecesA, ...piecesB]) {
      const encounters = encountersOf.get(piece)
      if (encounters === undefined) encountersOf.set(piece, [index + 1])
      else encounters.push(index + 1)
    }
  }
  for (const [index, encounters] of encountersOf) {
    const piece = picture.pieces[index] as Piece
    yield pieceFeature(piece, picture.items[piece.item] as Item, encounters)
  }
}

function pieceFeature(piece: Piece, { id, file, kind }: Item, encounters: readonly number[]): Feature {
  const { lower, upper, unknown } = piece.band
  const limit = ({ valueM, reference }: typeof lower): unknown =>
    Number.isFinite(valueM) ? { value: valueM, reference, units: 'M' } : null
  const instant = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null)
  return {
    type: 'Feature',
    geometry: geometryOf(piece.shape),
    properties: {
      role: 'part',
      encounters,
      kind,
      id,
      file,
      position: piece.position,
      ...(unknown === undefined
        ? { altitude_lower: limit(lower), altitude_upper: limit(upper) }
        : { height_unknown: unknown }),
      time_start: instant(piece.interval.startMs),
      time_end: instant(piece.interval.endMs),
      ...(piece.interval.unknown === undefined ? {} : { time_unknown: piece.interval.unknown }),
      buffer: {
        lateral_m: piece.margin.lateralM,
        vertical_m: piece.margin.verticalM,
        time_s: piece.margin.timeMs / 1000,
      },
      ...(piece.shape.kind === 'disc'
        ? { radius_m: piece.shape.radiusM, centre: [piece.shape.centre[1], piece.shape.centre[0]] }
        : {}),
    },
  }
}

function geometryOf(shape: Shape): { type: string; coordinates: unknown } {
  switch (shape.kind) {
    case 'segment': {
      const [lat0, lng0, lat1, lng1] = shape.ends as unknown as [number, number, number, number]
      if (lat0 === lat1 && lng0 === lng1) return { type: 'Point', coordinates: position(lng0, lat0) }
      const lines = cutLine(unwrapped(Float64Array.of(lat0, lng0, lat1, lng1), false))
      return lines.length === 1
        ? { type: 'LineString', coordinates: lines[0] }
        : { type: 'MultiLineString', coordinates: lines }
    }
    case 'area':
      return polygonOf(shape.rings)
    case 'disc':
      return polygonOf([rimOf(shape.centre, shape.radiusM)])
  }
}

function polygonOf(rings: readonly Float64Array[]): { type: string; coordinates: unknown } {
  const cut = rings.map((ring) => cutRing(unwrapped(ring, true)))
  const outer = cut[0] ?? []
  const holes = cut.slice(1).flat()
  // Holes stay with the first part: a zone both cut and holed is drawn, not computed with.
  const polygons = outer.map((ring, index) => [
    wound(ring, true),
    ...(index === 0 ? holes.map((hole) => wound(hole, false)) : []),
  ])
  return polygons.length === 1
    ? { type: 'Polygon', coordinates: polygons[0] }
    : { type: 'MultiPolygon', coordinates: polygons }
}

/** Vertices as longitude and latitude, longitudes running on past 180 degrees instead of jumping, geodesic edges written out. */
function unwrapped(ring: Float64Array, closed: boolean): LngLat[] {
  const out: LngLat[] = []
  const count = ring.length / 2
  const push = (lat: number, lng: number): void => {
    const last = out.at(-1)
    const turns = last === undefined ? 0 : Math.round((last[0] - lng) / 360)
    out.push([lng + 360 * turns, lat])
  }
  for (let k = 0; k < count; k++) {
    push(ring[2 * k] as number, ring[2 * k + 1] as number)
    if (!closed && k + 1 === count) break
    const next = (k + 1) % count
    const from = latLng(ring[2 * k] as number, ring[2 * k + 1] as number)
    const to = latLng(ring[2 * next] as number, ring[2 * next + 1] as number)
    for (const between of alongGeodesic(from, to)) push(between.latDeg, between.lngDeg)
  }
  return out
}

/** Farthest an edge of the output may leave the geodesic it stands for. */
const TOLERANCE_M = 1
const MAX_BETWEEN = 1_000

/** Points of a geodesic edge between its ends, enough for straight lon/lat edges to stay within the tolerance. */
function alongGeodesic(from: LatLng, to: LatLng): LatLng[] {
  const line = inverseGeodesic(from, to)
  // Across the antimeridian the straight edge runs the other way round the world: compared on this side of it.
  const turns = Math.round((from.lngDeg - to.lngDeg) / 360)
  const gapM = straightEdgeGapM(from, latLng(to.latDeg, to.lngDeg + 360 * turns))
  if (line === null || !(gapM > TOLERANCE_M)) return []
  const parts = Math.min(MAX_BETWEEN, Math.ceil(Math.sqrt(gapM / TOLERANCE_M)))
  return Array.from({ length: parts - 1 }, (_, k) => {
    const { latDeg, lngDeg } = directGeodesic(from, line.azimuth, (line.distanceM * (k + 1)) / parts)
    return latLng(latDeg, lngDeg)
  })
}

/** The rim of a disc with as many vertices as keep its edges within the tolerance. */
function rimOf(centre: Float64Array, radiusM: number): Float64Array {
  const count = Math.min(
    MAX_BETWEEN,
    Math.max(12, Math.ceil(Math.PI / Math.acos(Math.max(0, 1 - TOLERANCE_M / radiusM)))),
  )
  const ring = new Float64Array(2 * count)
  const from = latLng(centre[0] as number, centre[1] as number)
  for (let k = 0; k < count; k++) {
    const point = directGeodesic(from, (-2 * Math.PI * k) / count, radiusM)
    ring[2 * k] = point.latDeg
    ring[2 * k + 1] = point.lngDeg
  }
  return ring
}

/** Cuts at each meridian 180 degrees off: Sutherland and Hodgman against one world's width at a time. */
function cutRing(ring: LngLat[]): LngLat[][] {
  const first = ring[0]
  const last = ring.at(-1)
  if (first === undefined || last === undefined) return []
  // A ring about a pole does not come back to the longitude it started from: it is left as it is, since no cut makes it flat.
  if (Math.abs(first[0] - last[0]) > 180) return [close(ring.map(([lng, lat]) => position(lng, lat)))]
  return worlds(ring).map((world) =>
    close(clip(clip(ring, -180 + world, 1), 180 + world, -1).map(([lng, lat]) => position(lng - world, lat))),
  )
}

function cutLine(line: LngLat[]): LngLat[][] {
  const spans = worlds(line)
  if (spans.length === 1) return [line.map(([lng, lat]) => position(lng - (spans[0] as number), lat))]
  return spans.map((world) => {
    const part: LngLat[] = []
    for (let k = 0; k + 1 < line.length; k++) {
      const piece = clipEdge(line[k] as LngLat, line[k + 1] as LngLat, world)
      if (piece !== null) part.push(...piece.map(([lng, lat]): LngLat => position(lng - world, lat)))
    }
    return part
  })
}

function clipEdge(from: LngLat, to: LngLat, world: number): LngLat[] | null {
  const inside = clip([from, to], -180 + world, 1, false)
  const both = clip(inside, 180 + world, -1, false)
  return both.length < 2 ? null : both
}

function worlds(points: readonly LngLat[]): number[] {
  let low = Infinity
  let high = -Infinity
  for (const [lng] of points) {
    low = Math.min(low, lng)
    high = Math.max(high, lng)
  }
  const found: number[] = []
  for (let world = Math.floor((low + 180) / 360) * 360; world - 180 < high || found.length === 0; world += 360)
    found.push(world)
  return found
}

function clip(points: readonly LngLat[], meridian: number, side: 1 | -1, closed = true): LngLat[] {
  const out: LngLat[] = []
  const inside = (point: LngLat): boolean => side * (point[0] - meridian) >= 0
  for (const [index, point] of points.entries()) {
    const previous = index === 0 ? (closed ? points.at(-1) : undefined) : points[index - 1]
    if (previous !== undefined && inside(previous) !== inside(point)) {
      const share = (meridian - previous[0]) / (point[0] - previous[0])
      out.push([meridian, previous[1] + share * (point[1] - previous[1])])
    }
    if (inside(point)) out.push(point)
  }
  return out
}

function close(ring: LngLat[]): LngLat[] {
  const first = ring[0]
  return first === undefined ? ring : [...ring, first]
}

/** Outer rings run against the clock, holes with it (RFC 7946 section 3.1.6). */
function wound(ring: LngLat[], outer: boolean): LngLat[] {
  let area = 0
  for (let k = 0; k + 1 < ring.length; k++) {
    const [x0, y0] = ring[k] as LngLat
    const [x1, y1] = ring[k + 1] as LngLat
    area += x0 * y1 - x1 * y0
  }
  return area >= 0 === outer ? ring : ring.toReversed()
}

/** Eight digits are a millimetre (RFC 7946 section 11.2 advises fewer; a report may be checked against its source). */
function position(lng: number, lat: number): LngLat {
  return [Math.round(lng * 1e8) / 1e8, Math.round(lat * 1e8) / 1e8]
}

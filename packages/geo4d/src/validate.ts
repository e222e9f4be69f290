import { outlineAreaM2 } from './area.ts'
import { GeoError } from './errors.ts'
import { frameAt, moveFrame, projectRing, toEcef } from './frame.ts'
import { RingIndex } from './ring-index.ts'
import { endsTouch } from './segments.ts'
import { chord, frameOf, projectShape, shapeOf } from './shape.ts'
import type { LatLng, Outline, PolygonOutline, Volume4D } from './volume.ts'

/** F3548-21 `OiMaxVertices`. */
export const MAX_VERTICES = 10_000
/** No point of an outline is farther than this from its centre: beyond it "the smaller side" and plane frames lose their meaning. */
export const MAX_EXTENT_M = 2_500_000
/** All edges of one polygon together. Bounds the work that one small request can ask for. */
export const MAX_PERIMETER_M = 200_000_000

/** Limits that differ from surface to surface. */
export interface OutlineLimits {
  /** Default `MAX_VERTICES`. */
  readonly maxVertices?: number
  /** Largest area in square metres, default none. F3548 discovery: 2,500 km². */
  readonly maxAreaM2?: number
}

/** What an accepted outline turned out to be. */
export interface OutlineCheck {
  /** All vertices lie on one line, to about 1 mm: it is covered and compared as the line it is. */
  readonly degenerate: boolean
}

/**
 * Refuses an outline that cannot be what its writer means: too few or too many vertices, coordinates that are no place, repeated
 * vertices, edges that cross or touch, a radius that is none, more than the allowed extent, perimeter or area.
 *
 * @throws GeoError with the field as a JSON pointer into the outline (`/vertices/3/latDeg`, `/radiusM`).
 */
export function validateOutline(outline: Outline, limits: OutlineLimits = {}): OutlineCheck {
  if (outline.kind === 'circle') {
    checkPoint(outline.centre, '/centre')
    const { radiusM } = outline
    if (Number.isNaN(radiusM) || radiusM <= 0) {
      throw new GeoError('radius_not_positive', { field: '/radiusM', value: radiusM, rule: 'must be above 0 m' })
    }
    if (radiusM > MAX_EXTENT_M) {
      throw new GeoError('radius_too_large', {
        field: '/radiusM',
        value: radiusM,
        rule: `must be at most ${MAX_EXTENT_M} m`,
      })
    }
    checkArea(outline, '/radiusM', limits)
    return { degenerate: false }
  }
  return validatePolygon(outline, limits)
}

/**
 * Refuses a volume whose outline is refused, or whose heights or times are reversed or no numbers. Equal heights and equal times are
 * allowed: a plane, an instant.
 *
 * @throws GeoError with the field as a JSON pointer into the volume (`/outline/vertices/3/latDeg`, `/altitudeLowerM`, `/startMs`).
 */
export function validateVolume(volume: Volume4D, limits: OutlineLimits = {}): OutlineCheck {
  const { altitudeLowerM, altitudeUpperM, startMs, endMs } = volume
  checkBound('altitude_not_a_number', '/altitudeLowerM', altitudeLowerM, Infinity)
  checkBound('altitude_not_a_number', '/altitudeUpperM', altitudeUpperM, -Infinity)
  checkBound('time_not_a_number', '/startMs', startMs, Infinity)
  checkBound('time_not_a_number', '/endMs', endMs, -Infinity)
  if (altitudeLowerM > altitudeUpperM) {
    throw new GeoError('altitudes_reversed', {
      field: '/altitudeLowerM',
      value: altitudeLowerM,
      rule: `must not be above altitudeUpperM, which is ${altitudeUpperM}`,
    })
  }
  if (startMs > endMs) {
    throw new GeoError('times_reversed', {
      field: '/startMs',
      value: startMs,
      rule: `must not be after endMs, which is ${endMs}`,
    })
  }
  try {
    return validateOutline(volume.outline, limits)
  } catch (error) {
    if (!(error instanceof GeoError)) throw error
    throw new GeoError(error.code, { ...error.details, field: `/outline${error.details.field}` })
  }
}

function checkBound(
  code: 'altitude_not_a_number' | 'time_not_a_number',
  field: string,
  value: number,
  never: number,
): void {
  if (Number.isNaN(value) || value === never) {
    throw new GeoError(code, { field, value, rule: 'must be a number, or open to its own side' })
  }
}

/** `at` and `k` name the point; the pointer is only put together when there is something to say. */
function checkPoint({ latDeg, lngDeg }: LatLng, at: string, k?: number): void {
  if (latDeg >= -90 && latDeg <= 90 && lngDeg >= -180 && lngDeg <= 180) return
  const field = `${at}${k ?? ''}`
  for (const [name, value] of [
    ['latDeg', latDeg],
    ['lngDeg', lngDeg],
  ] as const) {
    if (Number.isFinite(value)) continue
    throw new GeoError('coordinate_not_finite', { field: `${field}/${name}`, value, rule: 'must be a number' })
  }
  if (latDeg < -90 || latDeg > 90) {
    throw new GeoError('latitude_out_of_range', {
      field: `${field}/latDeg`,
      value: latDeg,
      rule: 'must be within -90..90 degrees',
    })
  }
  throw new GeoError('longitude_out_of_range', {
    field: `${field}/lngDeg`,
    value: lngDeg,
    rule: 'must be within -180..180 degrees',
  })
}

function samePlace(a: LatLng, b: LatLng): boolean {
  if (a.latDeg !== b.latDeg) return false
  return a.lngDeg === b.lngDeg || Math.abs(a.latDeg) === 90 || Math.abs(a.lngDeg - b.lngDeg) === 360
}

function validatePolygon(outline: PolygonOutline, limits: OutlineLimits): OutlineCheck {
  const { vertices } = outline
  const maxVertices = limits.maxVertices ?? MAX_VERTICES
  if (vertices.length < 3) {
    throw new GeoError('too_few_vertices', {
      field: '/vertices',
      value: vertices.length,
      rule: 'must have at least 3 vertices',
    })
  }
  if (vertices.length > maxVertices) {
    throw new GeoError('too_many_vertices', {
      field: '/vertices',
      value: vertices.length,
      rule: `must have at most ${maxVertices} vertices`,
    })
  }
  const count = vertices.length
  for (let k = 0; k < count; k++) checkPoint(vertices[k] as LatLng, '/vertices/', k)
  for (let k = 0; k < count; k++) {
    const vertex = vertices[k] as LatLng
    const last = k + 1 === count
    if (!samePlace(vertex, vertices[last ? 0 : k + 1] as LatLng)) continue
    throw new GeoError('repeated_vertex', {
      field: `/vertices/${last ? k : k + 1}`,
      value: `${vertex.latDeg}, ${vertex.lngDeg}`,
      rule: last ? 'must not repeat the first vertex: rings close by themselves' : `must not repeat vertex ${k}`,
    })
  }
  const boxM2 = smallBoxM2(vertices)
  if (boxM2 === null) {
    checkExtent(vertices)
    checkArea(outline, '/vertices', limits)
    const shape = shapeOf(outline)
    return checkContacts({
      ring: projectShape(shape, frameOf(shape)),
      count: shape.count,
      edgeOf: shape.edgeOf,
      edges: count,
    })
  }
  if (boxM2 > (limits.maxAreaM2 ?? Infinity)) checkArea(outline, '/vertices', limits)
  return checkContacts({ ring: projectSmall(vertices), count, edgeOf: null, edges: count })
}

/** Degrees of latitude and longitude under which no edge needs cutting. */
const SMALL_DEG = 0.1
const frame = frameAt(0, 0)
const index = new RingIndex()
let degrees = new Float64Array(64)
let flat = new Float64Array(64)

/** More square metres than the ring can have, from its box in degrees; null when it is not small enough for the short way. */
function smallBoxM2(vertices: readonly LatLng[]): number | null {
  const first = vertices[0] as LatLng
  let high = 0
  let wide = 0
  for (let k = 1; k < vertices.length; k++) {
    const vertex = vertices[k] as LatLng
    high = Math.max(high, Math.abs(vertex.latDeg - first.latDeg))
    wide = Math.max(wide, Math.abs(vertex.lngDeg - first.lngDeg))
  }
  return high < SMALL_DEG && wide < SMALL_DEG ? 4 * high * wide * 112_000 * 112_000 : null
}

/** The ring in the plane at its first vertex, without deriving a shape; overwritten by the next call. */
function projectSmall(vertices: readonly LatLng[]): Float64Array {
  const count = vertices.length
  if (degrees.length < 2 * count) {
    degrees = new Float64Array(4 * count)
    flat = new Float64Array(4 * count)
  }
  for (let k = 0; k < count; k++) {
    const vertex = vertices[k] as LatLng
    degrees[2 * k] = vertex.latDeg
    degrees[2 * k + 1] = vertex.lngDeg
  }
  moveFrame(frame, degrees[0] as number, degrees[1] as number)
  projectRing(frame, degrees, count, flat)
  return flat
}

function checkExtent(vertices: readonly LatLng[]): void {
  const count = vertices.length
  const earth = new Float64Array(3 * count)
  const centre = new Float64Array(3)
  for (const [k, { latDeg, lngDeg }] of vertices.entries()) {
    toEcef(latDeg, lngDeg, { out: earth, offset: 3 * k })
    for (let axis = 0; axis < 3; axis++) centre[axis] = (centre[axis] as number) + (earth[3 * k + axis] as number)
  }
  let perimeter = 0
  for (let k = 0; k < count; k++) {
    const length = chord(earth, 3 * k, earth, k + 1 === count ? 0 : 3 * k + 3)
    perimeter += length
    if (length <= 12_700_000) continue
    throw new GeoError('edge_antipodal', {
      field: `/vertices/${k}`,
      value: `${Math.round(length)} m to the next vertex, straight through the earth`,
      rule: 'the edge from this vertex must not join (nearly) opposite points: its course is not determined',
    })
  }
  const length = Math.hypot(...centre)
  for (let axis = 0; axis < 3; axis++) centre[axis] = (6_371_000 * (centre[axis] as number)) / length
  for (let k = 0; k < count; k++) {
    const away = chord(earth, 3 * k, centre, 0)
    if (away <= MAX_EXTENT_M) continue
    throw new GeoError('extent_too_large', {
      field: `/vertices/${k}`,
      value: Number.isNaN(away) ? 'spread around the whole earth' : `${Math.round(away)} m from the centre`,
      rule: `every vertex must be within ${MAX_EXTENT_M} m of the centre of all vertices`,
    })
  }
  if (perimeter > MAX_PERIMETER_M) {
    throw new GeoError('perimeter_too_long', {
      field: '/vertices',
      value: `${Math.round(perimeter)} m`,
      rule: `all edges together must be at most ${MAX_PERIMETER_M} m long`,
    })
  }
}

function checkArea(outline: Outline, field: string, { maxAreaM2 = Infinity }: OutlineLimits): void {
  if (maxAreaM2 === Infinity) return
  const area = outlineAreaM2(outline)
  if (area <= maxAreaM2) return
  throw new GeoError('area_too_large', {
    field,
    value: `${(area / 1e6).toFixed(1)} km²`,
    rule: `the area must be at most ${maxAreaM2 / 1e6} km²`,
  })
}

interface FlatRing {
  readonly ring: Float64Array
  readonly count: number
  /** The original edge of each piece, when edges were cut. */
  readonly edgeOf: Int32Array | null
  readonly edges: number
}

function checkContacts({ ring, count, edgeOf, edges }: FlatRing): OutlineCheck {
  if (isLine(ring, count)) return { degenerate: true }
  if (count > MANY_VERTICES) alignAxes(ring, count)
  index.build(ring, count)
  const contact = index.selfContact()
  if (contact === null) return { degenerate: false }
  const [a, b] = contact
  const [one, two] = contact.map((piece) => edgeOf?.[piece] ?? piece).sort((p, q) => p - q) as [number, number]
  const name = (edge: number) => `${edge}–${(edge + 1) % edges}`
  const value = `edges ${name(one)} and ${name(two)}`
  const field = `/vertices/${two}`
  if (onlyTouch(ring, count, a, b)) {
    throw new GeoError('ring_touches_itself', { field, value, rule: 'the ring must not touch itself' })
  }
  throw new GeoError('edges_cross', { field, value, rule: 'edges must not cross' })
}

/** Above this, turning the ring pays: boxes about slanting edges that run side by side would all overlap. */
const MANY_VERTICES = 256

/** Turns the ring, in place, so that most of its length runs along the axes. */
function alignAxes(ring: Float64Array, count: number): void {
  let along = 0
  let across = 0
  for (let k = 0; k < count; k++) {
    const next = k + 1 === count ? 0 : 2 * k + 2
    const dx = (ring[next] as number) - (ring[2 * k] as number)
    const dy = (ring[next + 1] as number) - (ring[2 * k + 1] as number)
    const length = Math.hypot(dx, dy)
    if (length === 0) continue
    // The angle counted four times over: opposite and perpendicular edges agree on the axes.
    const angle = 4 * Math.atan2(dy, dx)
    along += length * Math.cos(angle)
    across += length * Math.sin(angle)
  }
  const turn = Math.atan2(across, along) / 4
  const cos = Math.cos(turn)
  const sin = Math.sin(turn)
  for (let k = 0; k < 2 * count; k += 2) {
    const x = ring[k] as number
    const y = ring[k + 1] as number
    ring[k] = x * cos + y * sin
    ring[k + 1] = y * cos - x * sin
  }
}

function onlyTouch(ring: Float64Array, count: number, a: number, b: number): boolean {
  const x = (k: number) => ring[2 * (k % count)] as number
  const y = (k: number) => ring[2 * (k % count) + 1] as number
  return endsTouch(x(a), y(a), x(a + 1), y(a + 1), x(b), y(b), x(b + 1), y(b + 1))
}

/** Whether all vertices lie on one line: to 1 mm, and to the bend that geodesics keep in the plane. */
function isLine(ring: Float64Array, count: number): boolean {
  const x0 = ring[0] as number
  const y0 = ring[1] as number
  let far = 0
  let length2 = 0
  for (let k = 1; k < count; k++) {
    const dx = (ring[2 * k] as number) - x0
    const dy = (ring[2 * k + 1] as number) - y0
    if (dx * dx + dy * dy > length2) {
      length2 = dx * dx + dy * dy
      far = k
    }
  }
  const length = Math.sqrt(length2)
  const dx = ((ring[2 * far] as number) - x0) / length
  const dy = ((ring[2 * far + 1] as number) - y0) / length
  const tolerance = 1e-3 + 1e-17 * length * length * length
  for (let k = 1; k < count; k++) {
    const off = dx * ((ring[2 * k + 1] as number) - y0) - dy * ((ring[2 * k] as number) - x0)
    if (Math.abs(off) > tolerance) return false
  }
  return true
}

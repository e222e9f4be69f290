import { RADIANS, WGS84_A, WGS84_E2, wrapDegrees } from './ellipsoid.ts'
import { type Frame, frameAt, projectRing, toEcef } from './frame.ts'
import { directGeodesic, inverseGeodesic } from './geodesic.ts'
import type { Outline } from './volume.ts'

/**
 * An outline made ready for tests against others: long edges cut into short geodesic pieces, which stay straight in frames far away,
 * and a ball that holds it. Derived once per outline object.
 */
export interface Shape {
  readonly kind: 'ring' | 'disc'
  /** lat, lng, … of the ring in degrees; a disc's is its centre alone. */
  readonly degrees: Float64Array
  readonly count: number
  /** The original edge that the piece starting at each vertex belongs to; null when no edge was cut. */
  readonly edgeOf: Int32Array | null
  /** A disc's radius along the ellipsoid; 0 for a ring. */
  readonly radiusM: number
  readonly centreLatDeg: number
  readonly centreLngDeg: number
  /** Earth-centred coordinates of the centre. */
  readonly centre: Float64Array
  /** Nothing of the outline is farther from `centre` than this, as the chord goes. */
  readonly boundM: number
}

const ready = new WeakMap<Outline, Shape>()

/** The shape of an outline, remembered for as long as the outline object lives. */
export function shapeOf(outline: Outline): Shape {
  let shape = ready.get(outline)
  if (shape === undefined) {
    shape = deriveShape(outline)
    ready.set(outline, shape)
  }
  return shape
}

const ecef = new Float64Array(3)

function deriveShape(outline: Outline): Shape {
  if (outline.kind === 'circle') {
    const { latDeg, lngDeg } = outline.centre
    const centre = new Float64Array(3)
    toEcef(latDeg, lngDeg, { out: centre, offset: 0 })
    return {
      kind: 'disc',
      degrees: new Float64Array([latDeg, lngDeg]),
      count: 1,
      edgeOf: null,
      radiusM: outline.radiusM,
      centreLatDeg: latDeg,
      centreLngDeg: lngDeg,
      centre,
      boundM: outline.radiusM,
    }
  }
  const { vertices } = outline
  const corners = new Float64Array(2 * vertices.length)
  const earth = new Float64Array(3 * vertices.length)
  let x = 0
  let y = 0
  let z = 0
  for (const [k, { latDeg, lngDeg }] of vertices.entries()) {
    corners[2 * k] = latDeg
    corners[2 * k + 1] = lngDeg
    toEcef(latDeg, lngDeg, { out: earth, offset: 3 * k })
    x += earth[3 * k] as number
    y += earth[3 * k + 1] as number
    z += earth[3 * k + 2] as number
  }
  const centreLatDeg = Math.atan2(z, (1 - WGS84_E2) * Math.hypot(x, y)) / RADIANS
  const centreLngDeg = Math.atan2(y, x) / RADIANS
  const centre = new Float64Array(3)
  toEcef(centreLatDeg, centreLngDeg, { out: centre, offset: 0 })
  let bound = 0
  let longest = 0
  for (let k = 0; k < vertices.length; k++) {
    const next = k + 1 === vertices.length ? 0 : k + 1
    bound = Math.max(bound, chord(earth, 3 * k, centre, 0))
    longest = Math.max(longest, chord(earth, 3 * k, earth, 3 * next))
  }
  const pieceM = bound < 400_000 ? 20_000 : 10_000
  const cut = longest > pieceM ? cutEdges(corners, earth, pieceM) : { degrees: corners, edgeOf: null }
  const count = cut.degrees.length / 2
  if (cut.edgeOf !== null) {
    for (let k = 0; k < count; k++) {
      toEcef(cut.degrees[2 * k] as number, cut.degrees[2 * k + 1] as number, { out: ecef, offset: 0 })
      bound = Math.max(bound, chord(ecef, 0, centre, 0))
    }
    longest = pieceM
  }
  // An edge bulges above its chord by at most the height of a circular segment.
  const bulge = (longest * longest) / (7.9 * WGS84_A * (1 - WGS84_E2))
  return {
    kind: 'ring',
    degrees: cut.degrees,
    count,
    edgeOf: cut.edgeOf,
    radiusM: 0,
    centreLatDeg,
    centreLngDeg,
    centre,
    boundM: bound + bulge + 1e-3,
  }
}

/** Straight-line distance between two earth-centred points. */
export function chord(a: Float64Array, atA: number, b: Float64Array, atB: number): number {
  const x = (a[atA] as number) - (b[atB] as number)
  const y = (a[atA + 1] as number) - (b[atB + 1] as number)
  const z = (a[atA + 2] as number) - (b[atB + 2] as number)
  return Math.sqrt(x * x + y * y + z * z)
}

function cutEdges(corners: Float64Array, earth: Float64Array, pieceM: number) {
  const degrees: number[] = []
  const edgeOf: number[] = []
  const count = corners.length / 2
  for (let k = 0; k < count; k++) {
    const next = k + 1 === count ? 0 : k + 1
    const latDeg = corners[2 * k] as number
    const lngDeg = corners[2 * k + 1] as number
    degrees.push(latDeg, lngDeg)
    edgeOf.push(k)
    if (chord(earth, 3 * k, earth, 3 * next) <= pieceM) continue
    const to = { latDeg: corners[2 * next] as number, lngDeg: corners[2 * next + 1] as number }
    // Both directions of an edge are cut at the same points, so that a face shared by two outlines stays shared.
    const forward = latDeg < to.latDeg || (latDeg === to.latDeg && wrapDegrees(to.lngDeg - lngDeg) > 0)
    const from = forward ? { latDeg, lngDeg } : to
    const line = inverseGeodesic(from, forward ? to : { latDeg, lngDeg })
    if (line === null) continue
    const pieces = Math.ceil(line.distanceM / pieceM)
    for (let piece = 1; piece < pieces; piece++) {
      const part = (forward ? piece : pieces - piece) / pieces
      const point = directGeodesic(from, line.azimuth, part * line.distanceM)
      degrees.push(point.latDeg, point.lngDeg)
      edgeOf.push(k)
    }
  }
  return { degrees: new Float64Array(degrees), edgeOf: new Int32Array(edgeOf) }
}

/** The ring of `shape` in the plane of `frame`, in a new array. */
export function projectShape(shape: Shape, frame: Frame): Float64Array {
  const out = new Float64Array(2 * shape.count)
  projectRing(frame, shape.degrees, shape.count, out)
  return out
}

/** A frame at the centre of `shape`. */
export function frameOf(shape: Shape): Frame {
  return frameAt(shape.centreLatDeg, shape.centreLngDeg)
}

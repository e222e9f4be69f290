import { RADIANS, WGS84_A, WGS84_E2, wrapDegrees } from './ellipsoid.ts'

/**
 * A plane about one point of the ellipsoid: east-north-up axes, seen from the centre of the Gauss sphere under the origin
 * (`x = east * R / (R + up)`). WGS84 geodesics come out as straight lines: 5 µm off for 10 km edges, 5 mm for 100 km ones.
 *
 * Mutable on purpose: hot loops keep one and move it with `moveFrame`.
 */
export interface Frame {
  latDeg: number
  lngDeg: number
  sinLat: number
  cosLat: number
  sinLng: number
  cosLng: number
  /** Gauss radius of curvature at the origin, metres. */
  radiusM: number
  /** Distance of the origin from the axis of rotation, metres. */
  axisM: number
  /** Height of the origin above the plane of the equator, metres. */
  zM: number
}

/** Below this difference in radians (about 125 km) short series replace sine and cosine; their error is under 3e-16. */
const SERIES_LIMIT = 0.0195
/** Equatorial radius times (1 - e²). */
const POLE_AXIS = WGS84_A * (1 - WGS84_E2)

/** A frame with its origin at the given point. */
export function frameAt(latDeg: number, lngDeg: number): Frame {
  const frame: Frame = {
    latDeg: 0.5,
    lngDeg: 0.5,
    sinLat: 0.5,
    cosLat: 0.5,
    sinLng: 0.5,
    cosLng: 0.5,
    radiusM: 0.5,
    axisM: 0.5,
    zM: 0.5,
  }
  moveFrame(frame, latDeg, lngDeg)
  return frame
}

/** Moves the origin of `frame` to the given point, without allocating. */
export function moveFrame(frame: Frame, latDeg: number, lngDeg: number): void {
  const sinLat = Math.sin(latDeg * RADIANS)
  const cosLat = Math.cos(latDeg * RADIANS)
  const w2 = 1 - WGS84_E2 * sinLat * sinLat
  const primeVertical = WGS84_A / Math.sqrt(w2)
  frame.latDeg = latDeg
  frame.lngDeg = lngDeg
  frame.sinLat = sinLat
  frame.cosLat = cosLat
  frame.sinLng = Math.sin(lngDeg * RADIANS)
  frame.cosLng = Math.cos(lngDeg * RADIANS)
  frame.radiusM = (WGS84_A * Math.sqrt(1 - WGS84_E2)) / w2
  frame.axisM = primeVertical * cosLat
  frame.zM = primeVertical * (1 - WGS84_E2) * sinLat
}

/**
 * Projects `count` vertices from `degrees` (lat, lng, lat, lng, …) to plane metres in `out` (x east, y north, …), both from index 0.
 * Equal vertices give bit-equal results whichever ring they belong to. A point more than about 85° of arc away has no image: NaN.
 */
export function projectRing(frame: Frame, degrees: Float64Array, count: number, out: Float64Array): void {
  const { latDeg, lngDeg, sinLat, cosLat, radiusM, axisM, zM } = frame
  const horizon = 0.08 * radiusM
  for (let k = 0, end = 2 * count; k < end; k += 2) {
    let deltaLng = (degrees[k + 1] as number) - lngDeg
    if (deltaLng > 180 || deltaLng < -180) deltaLng = wrapDegrees(deltaLng)
    const lambda = deltaLng * RADIANS
    const phi = ((degrees[k] as number) - latDeg) * RADIANS
    let sinPhi: number
    let cosPhi: number
    let sinLambda: number
    let cosLambda: number
    if (phi < SERIES_LIMIT && phi > -SERIES_LIMIT && lambda < SERIES_LIMIT && lambda > -SERIES_LIMIT) {
      const p2 = phi * phi
      const l2 = lambda * lambda
      const sinDelta = phi * (1 - p2 * (1 / 6 - p2 * (1 / 120)))
      const versine = p2 * (0.5 - p2 * (1 / 24 - p2 * (1 / 720)))
      sinPhi = sinLat + (cosLat * sinDelta - sinLat * versine)
      cosPhi = cosLat - (sinLat * sinDelta + cosLat * versine)
      sinLambda = lambda * (1 - l2 * (1 / 6 - l2 * (1 / 120)))
      cosLambda = 1 - l2 * (0.5 - l2 * (1 / 24 - l2 * (1 / 720)))
    } else {
      const lat = (degrees[k] as number) * RADIANS
      sinPhi = Math.sin(lat)
      cosPhi = Math.cos(lat)
      sinLambda = Math.sin(lambda)
      cosLambda = Math.cos(lambda)
    }
    // All lengths here are times w (the prime vertical radius is a / w), which leaves one division.
    const w = Math.sqrt(1 - WGS84_E2 * sinPhi * sinPhi)
    const axis = WGS84_A * cosPhi
    const outward = axis * cosLambda - axisM * w
    const dz = POLE_AXIS * sinPhi - zM * w
    const depth = radiusM * w + cosLat * outward + sinLat * dz
    const scale = depth > horizon ? radiusM / depth : Number.NaN
    out[k] = axis * sinLambda * scale
    out[k + 1] = (cosLat * dz - sinLat * outward) * scale
  }
}

/**
 * Projects one point of the geodetic unit sphere (the outward normal of the ellipsoid, as S2 uses it) to plane metres
 * in `out[0]`, `out[1]`; NaN when it is more than about 85° of arc away.
 */
export function projectNormal(frame: Frame, normal: { x: number; y: number; z: number }, out: Float64Array): void {
  const primeVertical = WGS84_A / Math.sqrt(1 - WGS84_E2 * normal.z * normal.z)
  const outward = primeVertical * (normal.x * frame.cosLng + normal.y * frame.sinLng) - frame.axisM
  const east = primeVertical * (normal.y * frame.cosLng - normal.x * frame.sinLng)
  const dz = primeVertical * (1 - WGS84_E2) * normal.z - frame.zM
  const depth = frame.radiusM + frame.cosLat * outward + frame.sinLat * dz
  const scale = depth > 0.08 * frame.radiusM ? frame.radiusM / depth : Number.NaN
  out[0] = east * scale
  out[1] = (frame.cosLat * dz - frame.sinLat * outward) * scale
}

/** The point of the ellipsoid whose image is (x, y): latitude and longitude in degrees in `out[0]`, `out[1]`. */
export function unproject(frame: Frame, x: number, y: number, out: Float64Array): void {
  const { sinLat, cosLat, sinLng, cosLng, radiusM } = frame
  const flat = 1 - WGS84_E2
  // The ray from the centre of projection through (x, y, 0), in axes where x points along the origin's meridian.
  const centreOut = frame.axisM - radiusM * cosLat
  const centreZ = frame.zM - radiusM * sinLat
  const rayOut = radiusM * cosLat - y * sinLat
  const rayZ = radiusM * sinLat + y * cosLat
  const a = rayOut * rayOut + x * x + (rayZ * rayZ) / flat
  const halfB = centreOut * rayOut + (centreZ * rayZ) / flat
  const c = centreOut * centreOut + (centreZ * centreZ) / flat - WGS84_A * WGS84_A
  const t = (Math.sqrt(halfB * halfB - a * c) - halfB) / a
  const px = centreOut + t * rayOut
  const py = t * x
  const pz = centreZ + t * rayZ
  out[0] = Math.atan2(pz, flat * Math.hypot(px, py)) / RADIANS
  out[1] = Math.atan2(py * cosLng + px * sinLng, px * cosLng - py * sinLng) / RADIANS
}

/** Earth-centred coordinates in metres of a point on the ellipsoid, in `out[offset]` … `out[offset + 2]`. */
export function toEcef(
  latDeg: number,
  lngDeg: number,
  { out, offset }: { readonly out: Float64Array; readonly offset: number },
): void {
  const sinLat = Math.sin(latDeg * RADIANS)
  const primeVertical = WGS84_A / Math.sqrt(1 - WGS84_E2 * sinLat * sinLat)
  const axis = primeVertical * Math.cos(latDeg * RADIANS)
  out[offset] = axis * Math.cos(lngDeg * RADIANS)
  out[offset + 1] = axis * Math.sin(lngDeg * RADIANS)
  out[offset + 2] = primeVertical * (1 - WGS84_E2) * sinLat
}

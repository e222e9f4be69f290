import { RADIANS, WGS84_A, WGS84_B, WGS84_F, wrapDegrees } from './ellipsoid.ts'

const { sin, cos, tan, atan, atan2, sqrt, PI } = Math

/** Length in metres and azimuth at the start, radians clockwise from north. */
export interface Geodesic {
  readonly distanceM: number
  readonly azimuth: number
}

interface Point {
  readonly latDeg: number
  readonly lngDeg: number
}

/**
 * The shortest line on the WGS84 ellipsoid from one point to another, right to 0.1 mm (Vincenty's series).
 * Null within about 1° of the antipode, where the series does not converge; validated outlines never come near that.
 */
export function inverseGeodesic(from: Point, to: Point): Geodesic | null {
  const deltaLng = wrapDegrees(to.lngDeg - from.lngDeg) * RADIANS
  const u1 = atan((1 - WGS84_F) * tan(from.latDeg * RADIANS))
  const u2 = atan((1 - WGS84_F) * tan(to.latDeg * RADIANS))
  const sinU1 = sin(u1)
  const cosU1 = cos(u1)
  const sinU2 = sin(u2)
  const cosU2 = cos(u2)
  let lambda = deltaLng
  for (let round = 0; round < 100; round++) {
    const sinLambda = sin(lambda)
    const cosLambda = cos(lambda)
    const east = cosU2 * sinLambda
    // cosU1 sinU2 - sinU1 cosU2 cosLambda, without losing the digits of short lines.
    const halfSin = sin(lambda / 2)
    const north = sin(u2 - u1) + 2 * sinU1 * cosU2 * halfSin * halfSin
    const sinSigma = sqrt(east * east + north * north)
    if (sinSigma === 0) return { distanceM: 0, azimuth: 0 }
    const cosSigma = sinU1 * sinU2 + cosU1 * cosU2 * cosLambda
    const sigma = atan2(sinSigma, cosSigma)
    const sinAlpha = (cosU1 * cosU2 * sinLambda) / sinSigma
    const cos2Alpha = 1 - sinAlpha * sinAlpha
    const cosMid = cos2Alpha > 1e-15 ? cosSigma - (2 * sinU1 * sinU2) / cos2Alpha : 0
    const c = (WGS84_F / 16) * cos2Alpha * (4 + WGS84_F * (4 - 3 * cos2Alpha))
    const next =
      deltaLng +
      (1 - c) * WGS84_F * sinAlpha * (sigma + c * sinSigma * (cosMid + c * cosSigma * (2 * cosMid * cosMid - 1)))
    if (Math.abs(next) > PI) return null
    const settled = Math.abs(next - lambda) < 1e-14
    lambda = next
    if (!settled) continue
    const { a, b } = seriesFor(cos2Alpha)
    const correction =
      b *
      sinSigma *
      (cosMid +
        (b / 4) *
          (cosSigma * (2 * cosMid * cosMid - 1) -
            (b / 6) * cosMid * (4 * sinSigma * sinSigma - 3) * (4 * cosMid * cosMid - 3)))
    return { distanceM: WGS84_B * a * (sigma - correction), azimuth: atan2(east, north) }
  }
  return null
}

/** Length in metres of the geodesic between two points; half the meridian when they are too near to opposite to tell. */
export function geodesicDistance(from: Point, to: Point): number {
  return inverseGeodesic(from, to)?.distanceM ?? PI * WGS84_A * (1 - WGS84_F / 2)
}

/** The point `distanceM` along the geodesic that leaves `from` at `azimuth` (radians clockwise from north). */
export function directGeodesic(from: Point, azimuth: number, distanceM: number): Point {
  const tanU1 = (1 - WGS84_F) * tan(from.latDeg * RADIANS)
  const cosU1 = 1 / sqrt(1 + tanU1 * tanU1)
  const sinU1 = tanU1 * cosU1
  const sinAzimuth = sin(azimuth)
  const cosAzimuth = cos(azimuth)
  const sigma1 = atan2(tanU1, cosAzimuth)
  const sinAlpha = cosU1 * sinAzimuth
  const cos2Alpha = 1 - sinAlpha * sinAlpha
  const { a, b } = seriesFor(cos2Alpha)
  const base = distanceM / (WGS84_B * a)
  let sigma = base
  let cosMid = 0
  let sinSigma = 0
  let cosSigma = 1
  for (let round = 0; round < 50; round++) {
    cosMid = cos(2 * sigma1 + sigma)
    sinSigma = sin(sigma)
    cosSigma = cos(sigma)
    const next =
      base +
      b *
        sinSigma *
        (cosMid +
          (b / 4) *
            (cosSigma * (2 * cosMid * cosMid - 1) -
              (b / 6) * cosMid * (4 * sinSigma * sinSigma - 3) * (4 * cosMid * cosMid - 3)))
    const settled = Math.abs(next - sigma) < 1e-15
    sigma = next
    if (settled) break
  }
  const x = sinU1 * sinSigma - cosU1 * cosSigma * cosAzimuth
  const lat = atan2(sinU1 * cosSigma + cosU1 * sinSigma * cosAzimuth, (1 - WGS84_F) * sqrt(sinAlpha * sinAlpha + x * x))
  const lambda = atan2(sinSigma * sinAzimuth, cosU1 * cosSigma - sinU1 * sinSigma * cosAzimuth)
  const c = (WGS84_F / 16) * cos2Alpha * (4 + WGS84_F * (4 - 3 * cos2Alpha))
  const deltaLng =
    lambda - (1 - c) * WGS84_F * sinAlpha * (sigma + c * sinSigma * (cosMid + c * cosSigma * (2 * cosMid * cosMid - 1)))
  return { latDeg: lat / RADIANS, lngDeg: wrapDegrees(from.lngDeg + deltaLng / RADIANS) }
}

function seriesFor(cos2Alpha: number): { a: number; b: number } {
  const u2 = (cos2Alpha * (WGS84_A * WGS84_A - WGS84_B * WGS84_B)) / (WGS84_B * WGS84_B)
  return {
    a: 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2))),
    b: (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2))),
  }
}

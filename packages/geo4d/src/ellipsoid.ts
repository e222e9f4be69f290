/** WGS84 equatorial radius, metres. */
export const WGS84_A = 6378137
/** WGS84 flattening. */
export const WGS84_F = 1 / 298.257223563
/** WGS84 polar radius, metres. */
export const WGS84_B = WGS84_A * (1 - WGS84_F)
/** First eccentricity squared. */
export const WGS84_E2 = WGS84_F * (2 - WGS84_F)
/** Radians of one degree. */
export const RADIANS = Math.PI / 180

/** Difference of two longitudes in degrees, the short way round: -180..180. */
export function wrapDegrees(deltaDeg: number): number {
  let delta = deltaDeg
  while (delta > 180) delta -= 360
  while (delta < -180) delta += 360
  return delta
}

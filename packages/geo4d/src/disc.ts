import type { Frame } from './frame.ts'
import { unproject } from './frame.ts'
import { geodesicDistance } from './geodesic.ts'
import { distanceToRing, insideByParity } from './planar.ts'
import { TOUCH_M } from './segments.ts'
import { chord } from './shape.ts'

const nearest = new Float64Array(2)
const degrees = new Float64Array(2)

/**
 * Whether the ring, projected into `frame`, shares a point with the geodesic disc of `radiusM` about the origin of that frame.
 * Right to 1 µm: where the plane cannot decide, the geodesic to the nearest point does.
 */
export function ringMeetsDisc(frame: Frame, ring: Float64Array, count: number, radiusM: number): boolean {
  return insideByParity(ring, count, 0, 0) || ringDistance(frame, ring, count, radiusM) <= radiusM + TOUCH_M
}

/**
 * Geodesic distance in metres from the origin of `frame` to the nearest edge of a projected ring. With `sufficeM`, a value only good
 * enough to tell on which side of it the distance lies.
 */
export function ringDistance(frame: Frame, ring: Float64Array, count: number, sufficeM?: number): number {
  const plane = distanceToRing(ring, count, 0, 0, nearest)
  const arc = frame.radiusM * Math.atan(plane / frame.radiusM)
  // Measured error of the arc: 1.8e-17 s³, 1.4 cm at 100 km; twice that is allowed for.
  if (sufficeM !== undefined && Math.abs(arc - sufficeM) > 2 * TOUCH_M + 4e-17 * arc * arc * arc) return arc
  unproject(frame, nearest[0] as number, nearest[1] as number, degrees)
  return geodesicDistance(
    { latDeg: frame.latDeg, lngDeg: frame.lngDeg },
    { latDeg: degrees[0] as number, lngDeg: degrees[1] as number },
  )
}

/** A disc's centre, twice: on the map and earth-centred. */
export interface DiscCentre {
  readonly centreLatDeg: number
  readonly centreLngDeg: number
  readonly centre: Float64Array
}

/** Whether the geodesic distance of two points is at most `reachM`, right to 1 µm. */
export function withinReach(a: DiscCentre, b: DiscCentre, reachM: number): boolean {
  const straight = chord(a.centre, 0, b.centre, 0)
  if (straight > reachM + TOUCH_M) return false
  const arc = straight * (1 + (straight * straight) / (24 * 6371000 * 6371000))
  // Measured error of the arc from the chord: 1.9e-17 s³ up to 1,000 km, 3e-17 s³ at 2,500 km; twice that is allowed for.
  if (Math.abs(arc - reachM) > 2 * TOUCH_M + 6e-17 * straight * straight * straight) return arc < reachM
  return centreDistance(a, b) <= reachM + TOUCH_M
}

/** Geodesic distance in metres between two centres. */
export function centreDistance(a: DiscCentre, b: DiscCentre): number {
  return geodesicDistance(
    { latDeg: a.centreLatDeg, lngDeg: a.centreLngDeg },
    { latDeg: b.centreLatDeg, lngDeg: b.centreLngDeg },
  )
}

import { metres } from '@parley/units'
import { ringMeetsDisc, withinReach } from './disc.ts'
import { pointInRing, ringsIntersect } from './planar.ts'
import { TOUCH_M } from './segments.ts'
import { chord, frameOf, projectShape, type Shape, shapeOf } from './shape.ts'
import type { LatLng, Outline, Volume4D } from './volume.ts'

/**
 * Whether two validated outlines share a point, faces included; right to 1 cm at every latitude, across the antimeridian and at the
 * poles. Outlines within 1 µm of each other meet.
 */
export function outlinesIntersect(a: Outline, b: Outline): boolean {
  return shapesIntersect(shapeOf(a), shapeOf(b))
}

/** Whether two volumes share a point of space and time, faces and instants included. */
export function volumesIntersect(a: Volume4D, b: Volume4D): boolean {
  return timesMeet(a, b) && heightsMeet(a, b) && outlinesIntersect(a.outline, b.outline)
}

/** Whether any volume of one plan meets any volume of the other. */
export function anyVolumesIntersect(as: readonly Volume4D[], bs: readonly Volume4D[]): boolean {
  return as.some((a) => bs.some((b) => volumesIntersect(a, b)))
}

/** Whether the point lies in the outline, its edge included. */
export function outlineContains(outline: Outline, point: LatLng): boolean {
  const shape = shapeOf(outline)
  const at = shapeOf({ kind: 'circle', centre: point, radiusM: metres(0) })
  if (chord(shape.centre, 0, at.centre, 0) > shape.boundM) return false
  if (shape.kind === 'disc') return withinReach(shape, at, shape.radiusM)
  return pointInRing(projectShape(shape, frameOf(at)), shape.count, 0, 0)
}

function timesMeet(a: Volume4D, b: Volume4D): boolean {
  return a.startMs <= b.endMs && b.startMs <= a.endMs
}

function heightsMeet(a: Volume4D, b: Volume4D): boolean {
  return a.altitudeLowerM <= b.altitudeUpperM && b.altitudeLowerM <= a.altitudeUpperM
}

/** `outlinesIntersect` on shapes already derived. */
export function shapesIntersect(a: Shape, b: Shape): boolean {
  if (boundsApart(a, b)) return false
  if (a.kind === 'disc' && b.kind === 'disc') return withinReach(a, b, a.radiusM + b.radiusM)
  if (a.kind === 'disc') return shapeMeetsDisc(b, a)
  if (b.kind === 'disc') return shapeMeetsDisc(a, b)
  const frame = frameOf(a.boundM <= b.boundM ? a : b)
  return ringsIntersect(projectShape(a, frame), a.count, projectShape(b, frame), b.count)
}

/** Whether the balls around two shapes are apart, which keeps the shapes apart: the cheap test before the exact one. */
function boundsApart(a: Shape, b: Shape): boolean {
  return chord(a.centre, 0, b.centre, 0) > a.boundM + b.boundM + TOUCH_M
}

function shapeMeetsDisc(ring: Shape, disc: Shape): boolean {
  const frame = frameOf(disc)
  return ringMeetsDisc(frame, projectShape(ring, frame), ring.count, disc.radiusM)
}

import { toEcef } from '@parley/geo4d'
import type { Shape } from '../model/item.ts'

/** Centre (Earth-centred metres) and radius of a ball that holds a shape on the ellipsoid, its inside included. */
export interface Ball {
  readonly x: number
  readonly y: number
  readonly z: number
  readonly radiusM: number
}

/** Room for the ellipsoid not being a sphere: a geodesic edge leaves a spherical cap by less than this share of its radius. */
const SLACK = 1.001
const SLACK_M = 0.01

/** The ball about a shape. A ring lies in the cap about its middle and, being on its smaller side, its inside does too. */
export function ballOf(shape: Shape): Ball {
  switch (shape.kind) {
    case 'disc': {
      const centre = ecef(shape.centre)
      return ball(centre, shape.radiusM)
    }
    case 'segment':
      return around([shape.ends])
    case 'area':
      return around(shape.rings)
  }
}

/** Distance between two balls, zero when they meet. Never more than the distance along the ellipsoid between what they hold. */
export function ballGapM(a: Ball, b: Ball): number {
  const dx = a.x - b.x
  const dy = a.y - b.y
  const dz = a.z - b.z
  return Math.max(0, Math.sqrt(dx * dx + dy * dy + dz * dz) - a.radiusM - b.radiusM)
}

function around(rings: readonly Float64Array[]): Ball {
  const point = new Float64Array(3)
  let count = 0
  const sum = [0, 0, 0] as [number, number, number]
  const each = (visit: () => void): void => {
    for (const ring of rings) {
      for (let k = 0; k < ring.length; k += 2) {
        toEcef(ring[k] as number, ring[k + 1] as number, { out: point, offset: 0 })
        visit()
      }
    }
  }
  each(() => {
    for (let axis = 0; axis < 3; axis++) sum[axis] = (sum[axis] as number) + (point[axis] as number)
    count += 1
  })
  // The middle is moved out to the surface: only from there is a cap about it convex.
  const middle = onSurface(sum[0] / count, sum[1] / count, sum[2] / count)
  let farthest = 0
  each(() => {
    const d = Math.hypot(
      (point[0] as number) - middle[0],
      (point[1] as number) - middle[1],
      (point[2] as number) - middle[2],
    )
    farthest = Math.max(farthest, d)
  })
  return ball(middle, farthest)
}

function ball(centre: readonly [number, number, number], radiusM: number): Ball {
  return { x: centre[0], y: centre[1], z: centre[2], radiusM: radiusM * SLACK + SLACK_M }
}

function ecef(latLng: Float64Array): [number, number, number] {
  const point = new Float64Array(3)
  toEcef(latLng[0] as number, latLng[1] as number, { out: point, offset: 0 })
  return [point[0] as number, point[1] as number, point[2] as number]
}

function onSurface(x: number, y: number, z: number): [number, number, number] {
  const latDeg = (Math.atan2(z, Math.hypot(x, y)) * 180) / Math.PI
  const lngDeg = (Math.atan2(y, x) * 180) / Math.PI
  return ecef(Float64Array.of(latDeg, lngDeg))
}

/** Latitude and longitude of the middle of a shape's ball: where to put a frame that sees all of it. */
export function middleOf(ball: Ball): readonly [latDeg: number, lngDeg: number] {
  return [
    (Math.atan2(ball.z, Math.hypot(ball.x, ball.y)) * 180) / Math.PI,
    (Math.atan2(ball.y, ball.x) * 180) / Math.PI,
  ]
}

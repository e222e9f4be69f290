import { type SquareMetres, squareMetres } from '@parley/units'
import { RADIANS, WGS84_A, WGS84_E2 } from './ellipsoid.ts'
import { shapeOf } from './shape.ts'
import type { Outline } from './volume.ts'

const E = Math.sqrt(WGS84_E2)
/** Authalic radius squared times two: `authalic` at the pole. */
const AT_POLE = authalic(1)

function authalic(sinLat: number): number {
  return (1 - WGS84_E2) * (sinLat / (1 - WGS84_E2 * sinLat * sinLat) + Math.atanh(E * sinLat) / E)
}

/**
 * Area on the ellipsoid, right to 0.1 %; a polygon's is that of its smaller side. Of a ring that crosses itself, the parts wound
 * opposite ways cancel.
 */
export function outlineAreaM2(outline: Outline): SquareMetres {
  if (outline.kind === 'circle') {
    const sinLat = Math.sin(outline.centre.latDeg * RADIANS)
    const radius = (WGS84_A * Math.sqrt(1 - WGS84_E2)) / (1 - WGS84_E2 * sinLat * sinLat)
    const half = Math.sin(outline.radiusM / (2 * radius))
    return squareMetres(4 * Math.PI * radius * radius * half * half)
  }
  const { degrees, count } = shapeOf(outline)
  const unit = new Float64Array(3 * count)
  for (let k = 0; k < count; k++) {
    const lng = (degrees[2 * k + 1] as number) * RADIANS
    const z = authalic(Math.sin((degrees[2 * k] as number) * RADIANS)) / AT_POLE
    const axis = Math.sqrt(Math.max(0, 1 - z * z))
    unit[3 * k] = axis * Math.cos(lng)
    unit[3 * k + 1] = axis * Math.sin(lng)
    unit[3 * k + 2] = z
  }
  let excess = 0
  for (let k = 1; k + 1 < count; k++) excess += signedExcess(unit, 3 * k, 3 * k + 3)
  const sphere = 4 * Math.PI
  const side = ((Math.abs(excess) % sphere) + sphere) % sphere
  return squareMetres(Math.min(side, sphere - side) * 0.5 * WGS84_A * WGS84_A * AT_POLE)
}

/** Spherical excess of the triangle of the first vertex and the two at `p` and `q`, positive when counter-clockwise. */
function signedExcess(unit: Float64Array, p: number, q: number): number {
  const ax = unit[0] as number
  const ay = unit[1] as number
  const az = unit[2] as number
  const bx = (unit[p] as number) - ax
  const by = (unit[p + 1] as number) - ay
  const bz = (unit[p + 2] as number) - az
  const cx = (unit[q] as number) - ax
  const cy = (unit[q + 1] as number) - ay
  const cz = (unit[q + 2] as number) - az
  // Differences from the first vertex keep the digits of small triangles; a·b = 1 - |a - b|²/2 on the unit sphere.
  const volume = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
  const ab = 1 - 0.5 * (bx * bx + by * by + bz * bz)
  const ac = 1 - 0.5 * (cx * cx + cy * cy + cz * cz)
  const bc = 1 - 0.5 * ((bx - cx) * (bx - cx) + (by - cy) * (by - cy) + (bz - cz) * (bz - cz))
  return 2 * Math.atan2(volume, 1 + ab + ac + bc)
}

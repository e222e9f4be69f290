import type { JsonValue } from '../canonical-json.ts'
import { RecordError } from '../errors.ts'

/** Corners of one outline. Crossing edges are looked for pairwise, so the number is part of the rule, not a courtesy. */
export const MAX_OUTLINE_CORNERS = 256
const DEGREE = 10_000_000
const MAX_LAT = 90 * DEGREE
/** Longitudes reach to 360° on both sides, so that an outline over the antimeridian has no jump in it. */
const MAX_LNG = 360 * DEGREE
const HALF_TURN = 180 * DEGREE

type Corner = readonly [lat: number, lng: number]

/**
 * Checks the outline of a zone in an act: `[[lat, lng], …]` in 1e-7 degree, 3 to 256 corners, the last not the first
 * repeated, every edge spanning less than 180° of longitude, no corner twice in a row, no two edges touching but at the
 * corner they share. All in whole numbers, so that both sides come to one verdict. An outline over the antimeridian is
 * written with longitudes beyond 180°. Throws INVALID_ACT_FIELD.
 */
export function checkOutline(value: JsonValue | undefined): void {
  const refuse = (found: number | null, rule: string): RecordError =>
    new RecordError('INVALID_ACT_FIELD', { field: 'body.outline', value: found, rule })
  if (!Array.isArray(value)) throw refuse(null, 'must be a list of corners')
  const corners = value as readonly JsonValue[]
  if (corners.length < 3 || corners.length > MAX_OUTLINE_CORNERS) {
    throw refuse(corners.length, `must have 3 to ${MAX_OUTLINE_CORNERS} corners`)
  }
  const points = corners.map((corner, i): Corner => {
    if (!Array.isArray(corner) || corner.length !== 2) throw refuse(i, 'must have corners [lat, lng]')
    const [lat, lng] = corner as readonly JsonValue[]
    if (typeof lat !== 'number' || Math.abs(lat) > MAX_LAT)
      throw refuse(i, 'must have latitudes within 90 degrees, in 1e-7 degree')
    if (typeof lng !== 'number' || Math.abs(lng) > MAX_LNG)
      throw refuse(i, 'must have longitudes within 360 degrees, in 1e-7 degree')
    return [lat, lng]
  })
  const edges = points.map((from, i) => [from, points[(i + 1) % points.length] as Corner] as const)
  edges.forEach(([from, to], i) => {
    if (from[0] === to[0] && from[1] === to[1])
      throw refuse(i, 'must not repeat a corner, the first at the end neither')
    if (Math.abs(from[1] - to[1]) >= HALF_TURN) {
      throw refuse(
        i,
        'must have edges of less than 180 degrees of longitude; over the antimeridian, count on beyond 180',
      )
    }
  })
  for (let i = 0; i < edges.length; i += 1) {
    for (let j = i + 1; j < edges.length; j += 1) {
      const adjacent = j === i + 1 || (i === 0 && j === edges.length - 1)
      const [a, b] = edges[i] as (typeof edges)[0]
      const [c, d] = edges[j] as (typeof edges)[0]
      if (adjacent ? foldsBack(i === 0 && j !== 1 ? [c, d, b] : [a, b, d]) : touch(a, b, c, d)) {
        throw refuse(j, `must not cross or touch itself: edges ${i} and ${j} do`)
      }
    }
  }
}

/** Twice the signed area of a triangle: the products exceed 2^53, so they are taken exactly. */
function turn(a: Corner, b: Corner, c: Corner): number {
  const area = BigInt(b[1] - a[1]) * BigInt(c[0] - a[0]) - BigInt(b[0] - a[0]) * BigInt(c[1] - a[1])
  return area > 0n ? 1 : area < 0n ? -1 : 0
}

const within = (a: Corner, b: Corner, c: Corner): boolean =>
  Math.min(a[0], b[0]) <= c[0] &&
  c[0] <= Math.max(a[0], b[0]) &&
  Math.min(a[1], b[1]) <= c[1] &&
  c[1] <= Math.max(a[1], b[1])

/** Whether the closed segments ab and cd have a point in common. */
function touch(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  const [abc, abd, cda, cdb] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)]
  if (abc !== abd && cda !== cdb) return true
  return (
    (abc === 0 && within(a, b, c)) ||
    (abd === 0 && within(a, b, d)) ||
    (cda === 0 && within(c, d, a)) ||
    (cdb === 0 && within(c, d, b))
  )
}

/** Whether the second of two joined edges runs back over the first. */
function foldsBack([a, b, c]: readonly [Corner, Corner, Corner]): boolean {
  if (turn(a, b, c) !== 0) return false
  const along = BigInt(b[0] - a[0]) * BigInt(c[0] - b[0]) + BigInt(b[1] - a[1]) * BigInt(c[1] - b[1])
  return along < 0n
}

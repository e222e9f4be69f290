import { distanceToRing, frameAt, type LatLng, outlineDistance, projectRing, type Volume4D } from '@parley/geo4d'
import type { ActRef } from '@parley/record'
import { metres } from '@parley/units'
import { bodyOf, foldParty, type LineAct, type LineProjection, type PartyFold } from '../line-projection.ts'
import { BORDER_AGREE, type BorderBody } from './area-acts.ts'
import { refOf } from './refs.ts'

/** A line as both sides have agreed it. Until both have logged the same text it binds nobody. */
export interface BorderView {
  readonly body: BorderBody
  /** Who has logged it, with the act of each. */
  readonly agreed: readonly { readonly party: string; readonly ref: ActRef; readonly atS: number }[]
  readonly inForce: boolean
  /** A later version is in force. */
  readonly superseded: boolean
}

/** Where something stands to a line: on a side, or too near to tell. */
export interface SideVerdict {
  readonly border: string
  readonly version: number
  readonly side: 'left' | 'right' | 'grey'
  /** Whose side it is; null in the grey band. */
  readonly party: string | null
  readonly distanceM: number
}

type Borders = Map<string, { readonly body: BorderBody; readonly act: LineAct }>

const BORDERS: PartyFold<Borders> = {
  start: () => new Map(),
  step(borders, act) {
    const body = act.effective ? bodyOf(act, BORDER_AGREE) : null
    if (body === null) return
    const key = JSON.stringify(body)
    if (!borders.has(key)) borders.set(key, { body, act })
  },
}

/** All lines of the table with who has agreed to them. */
export function bordersOf(line: LineProjection): readonly BorderView[] {
  const texts = new Map<string, { body: BorderBody; agreed: { party: string; ref: ActRef; atS: number }[] }>()
  for (const { party } of line.charter.parties) {
    for (const [key, { body, act }] of foldParty(line, BORDERS, party)) {
      const found = texts.get(key) ?? { body, agreed: [] }
      found.agreed.push({ party, ref: refOf(act), atS: act.atS })
      texts.set(key, found)
    }
  }
  const views = [...texts.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { body, agreed }]) => ({
      body,
      agreed,
      inForce: [body.left, body.right].every((party) => agreed.some((one) => one.party === party)),
    }))
  return views.map((view) => ({
    ...view,
    superseded: views.some(
      (other) => other.inForce && other.body.id === view.body.id && other.body.version > view.body.version,
    ),
  }))
}

/**
 * On which side of the line a point lies, seen along the line from its first point: by the nearest stretch of it, extended beyond its
 * ends. Within the tolerance it lies on neither.
 */
export function sideOf({ body }: Pick<BorderView, 'body'>, point: LatLng): SideVerdict {
  const { signedM } = nearest(body.vertices, point)
  const distanceM = Math.abs(signedM)
  const grey = distanceM <= body.toleranceM
  const side = grey ? 'grey' : signedM > 0 ? 'left' : 'right'
  const party = side === 'grey' ? null : body[side]
  return { border: body.id, version: body.version, side, party, distanceM }
}

/** Signed distance to the polyline, positive on its left. */
function nearest(vertices: readonly LatLng[], point: LatLng): { signedM: number } {
  const frame = frameAt(point.latDeg, point.lngDeg)
  const degreesFlat = Float64Array.from(vertices.flatMap(({ latDeg, lngDeg }) => [latDeg, lngDeg]))
  const plane = new Float64Array(degreesFlat.length)
  projectRing(frame, degreesFlat, vertices.length, plane)
  let best = Number.POSITIVE_INFINITY
  let signedM = 0
  for (let at = 0; at + 1 < vertices.length; at += 1) {
    const piece = plane.slice(2 * at, 2 * at + 4)
    const distance = distanceToRing(piece, 2, 0, 0)
    if (!(distance < best)) continue
    best = distance
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = piece
    const cross = (x1 - x0) * -y0 - (y1 - y0) * -x0
    signedM = cross >= 0 ? distance : -distance
  }
  return { signedM }
}

/** Whether a plan of `party` comes over a line in force, and how. */
export interface BorderFinding {
  readonly border: string
  readonly version: number
  /** `crosses`: it reaches the other side beyond the band; `grey`: it reaches into the band. */
  readonly kind: 'crosses' | 'grey'
  readonly distanceM: number
}

/** Lines in force that a plan of one of their two sides crosses, or comes near. Corners and centres are tried, and the band by distance. */
export function bordersMet(
  line: LineProjection,
  party: string,
  volumes: readonly Volume4D[],
): readonly BorderFinding[] {
  return bordersOf(line)
    .filter(({ inForce, superseded, body }) => inForce && !superseded && (body.left === party || body.right === party))
    .flatMap((border): BorderFinding[] => {
      const { id, version, toleranceM, vertices, left } = border.body
      const own = left === party ? 'left' : 'right'
      const points = volumes.flatMap(({ outline }) => (outline.kind === 'circle' ? [outline.centre] : outline.vertices))
      const distanceM = Math.min(
        ...volumes.flatMap(({ outline }) =>
          vertices.map((vertex, at) => {
            const next = vertices[Math.min(at + 1, vertices.length - 1)] ?? vertex
            const piece = { kind: 'polygon', vertices: [vertex, next, vertex] } as const
            return at + 1 === vertices.length
              ? outlineDistance(outline, { kind: 'circle', centre: vertex, radiusM: metres(0.01) })
              : outlineDistance(outline, piece)
          }),
        ),
      )
      const beyond = points.some((point) => {
        const { side } = sideOf(border, point)
        return side !== 'grey' && side !== own
      })
      if (beyond) return [{ border: id, version, kind: 'crosses', distanceM }]
      return distanceM <= toleranceM ? [{ border: id, version, kind: 'grey', distanceM }] : []
    })
}

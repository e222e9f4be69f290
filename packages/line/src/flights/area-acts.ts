import type { LatLng, Volume4D } from '@parley/geo4d'
import type { ActRef, JsonObject } from '@parley/record'
import { degrees } from '@parley/units'
import { type ActKind, always } from '../act-kind.ts'
import { FieldReader } from '../fields.ts'
import { readVolume } from '../volume-body.ts'

/** Body of `area.declare`: a movable area into which nobody of the table flies without a call before. */
export interface AreaBody {
  readonly id: string
  readonly title: string
  readonly volumes: readonly Volume4D[]
  /** How long before entry the call is due, seconds. */
  readonly callBeforeS: number
}

export interface AreaLiftBody {
  readonly ref: ActRef
}

/** Body of `border.agree`: a line on the ground with a side for each of two parties. In force once both have logged the same. */
export interface BorderBody {
  readonly id: string
  /** Version of the geometry: verdicts name it. */
  readonly version: number
  readonly title: string
  /** From one end to the other; the left of it is `left`'s. */
  readonly vertices: readonly LatLng[]
  /** Within this distance the side is not told: maps and instruments do not know it. */
  readonly toleranceM: number
  readonly left: string
  readonly right: string
}

const ID = /^[a-z0-9](?:[a-z0-9-]{0,62})$/
const ID_RULE = 'must be 1 to 63 of a to z, 0 to 9 and hyphens'

export const AREA_DECLARE: ActKind<AreaBody> = {
  kind: 'area.declare',
  scope: 'flights',
  parse(body: JsonObject) {
    const fields = new FieldReader(body).only('id', 'title', 'volumes', 'call_before_s')
    return {
      id: fields.matching('id', ID, ID_RULE),
      title: fields.text('title', 128),
      volumes: fields.objects('volumes', { min: 1, max: 16 }).map(readVolume),
      callBeforeS: fields.integer('call_before_s', { min: 0, max: 86_400 }),
    }
  },
  // It restricts: a side that holds itself suspended may still ask the others to stay away.
  passes: always,
}

export const AREA_LIFT: ActKind<AreaLiftBody> = {
  kind: 'area.lift',
  scope: 'flights',
  parse(body, act) {
    const fields = new FieldReader(body).only()
    if (act.ref === undefined || act.ref.o.split('/')[1] !== act.o.split('/')[1])
      throw fields.refusal('ref', 'the act must cite an area of its own side')
    return { ref: act.ref }
  },
  passes: always,
}

export const BORDER_AGREE: ActKind<BorderBody> = {
  kind: 'border.agree',
  scope: 'flights',
  parse(body) {
    const fields = new FieldReader(body).only('id', 'version', 'title', 'vertices', 'tolerance_m', 'left', 'right')
    const left = fields.identifier('left')
    const right = fields.identifier('right')
    if (left === right) throw fields.refusal('right', 'must be another party than left')
    const vertices = fields.list('vertices', { min: 2, max: 256 }).map((corner): LatLng => {
      const [lat, lng] = Array.isArray(corner) ? (corner as readonly unknown[]) : []
      const fits = (value: unknown, limit: number): value is number =>
        typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) <= limit * 1e7
      if (!Array.isArray(corner) || corner.length !== 2 || !fits(lat, 90) || !fits(lng, 180))
        throw fields.refusal('vertices', 'must be points [lat, lng] in 1e-7 degree')
      return { latDeg: degrees(lat / 1e7), lngDeg: degrees(lng / 1e7) }
    })
    return {
      id: fields.matching('id', ID, ID_RULE),
      version: fields.integer('version', { min: 1, max: 1_000_000 }),
      title: fields.text('title', 128),
      vertices,
      toleranceM: fields.integer('tolerance_m', { min: 0, max: 100_000 }),
      left,
      right,
    }
  },
  passes: () => false,
}

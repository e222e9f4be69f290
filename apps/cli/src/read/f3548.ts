import { type Band, NO_LOWER, NO_UPPER } from '../model/height.ts'
import { NO_MARGIN, type Shape } from '../model/item.ts'
import type { DraftItem, DraftPiece } from './draft.ts'
import {
  arrayAt,
  isRecord,
  type JsonRecord,
  member,
  numberAt,
  oneOf,
  printable,
  recordAt,
  refuse,
  textAt,
} from './field.ts'
import type { Findings } from './finding.ts'
import { bandOf, f3548Altitude } from './height-field.ts'
import { instantAt } from './instant.ts'
import { discShape, geodesicArea, latLng, MAX_RADIUS_M, MAX_VERTICES } from './outline.ts'
import { always, type Timing } from './schedule.ts'

type Entity = 'operational intent' | 'constraint'

const MAX_VOLUMES = 10_000
const MAX_ENTITIES = 1_000_000

/** Whether a JSON value is one of the F3548-21 bodies this reader knows, by its members. */
export function looksLikeF3548(value: unknown): boolean {
  const first = Array.isArray(value) ? (value[0] as unknown) : value
  if (!isRecord(first)) return false
  if ('operational_intent' in first || 'constraint' in first || 'extents' in first) return true
  if ('operational_intents' in first || 'constraints' in first) return true
  if (
    isRecord(first['volume']) &&
    ('time_start' in first || 'time_end' in first || 'outline_polygon' in first['volume'])
  )
    return true
  if (isRecord(first['volume']) && 'outline_circle' in first['volume']) return true
  if (isRecord(first['details']) && 'volumes' in first['details']) return true
  return Array.isArray(first['volumes'])
}

/**
 * Reads F3548-21 JSON: `{operational_intent: {reference, details}}`, `{constraint: …}`, `{reference, details}`, `{details}`, parameter
 * bodies with `extents`, bare volumes, lists of any of them under `operational_intents` and `constraints`, and arrays of all these.
 * An entity with anything wrong in it is left out whole: half an intent would hide conflicts.
 */
export function readF3548(value: unknown, file: string, findings: Findings): DraftItem[] {
  const items: DraftItem[] = []
  const visit = (entry: unknown, pointer: string, entity: Entity | null): void => {
    try {
      items.push(readEntity(entry, pointer, entity))
    } catch (error) {
      findings.addError(file, error)
    }
  }
  const entries = (list: unknown, pointer: string, entity: Entity | null): void => {
    for (const [index, entry] of arrayAt(list, pointer, { min: 0, max: MAX_ENTITIES }).entries()) {
      visit(entry, member(pointer, index), entity)
    }
  }
  if (Array.isArray(value)) {
    if (value.every((entry) => isRecord(entry) && isRecord(entry['volume']))) visit({ volumes: value }, '', null)
    else entries(value, '', null)
  } else if (isRecord(value) && ('operational_intents' in value || 'constraints' in value)) {
    if (value['operational_intents'] !== undefined)
      entries(value['operational_intents'], '/operational_intents', 'operational intent')
    if (value['constraints'] !== undefined) entries(value['constraints'], '/constraints', 'constraint')
  } else {
    visit(value, '', null)
  }
  return items
}

function readEntity(value: unknown, pointer: string, known: Entity | null): DraftItem {
  const body = recordAt(value, pointer)
  if (isRecord(body['operational_intent'])) {
    return readEntity(body['operational_intent'], member(pointer, 'operational_intent'), 'operational intent')
  }
  if (isRecord(body['constraint'])) return readEntity(body['constraint'], member(pointer, 'constraint'), 'constraint')
  const reference: JsonRecord = isRecord(body['reference']) ? body['reference'] : {}
  const entity = known ?? guessEntity(body, reference)
  const volumes = volumesOf(body, pointer)
  const pieces = volumes.map(({ volume, at }) => readVolume(volume, at, entity))
  if (pieces.length === 0) refuse('missing-field', pointer, { value: body, rule: 'has no volumes' })
  const id = printable(reference['id'] ?? body['id'], `${entity} at ${pointer === '' ? 'the top' : pointer}`)
  const details = isRecord(body['details']) ? body['details'] : body
  const facts: Record<string, string> = {}
  for (const key of ['state', 'version', 'flight_type'] as const) {
    const fact = printable(reference[key] ?? body[key], '')
    if (fact !== '') facts[key] = fact
  }
  if (entity === 'constraint' && details['type'] !== undefined) facts['type'] = printable(details['type'], '?')
  const priority = details['priority']
  return {
    kind: entity,
    id,
    title: id,
    owner: printable(reference['manager'] ?? body['manager'], ''),
    priority: typeof priority === 'number' && Number.isFinite(priority) ? priority : 0,
    identity: typeof reference['id'] === 'string' ? `entity ${reference['id'].toLowerCase()}` : '',
    facts,
    pieces,
  }
}

function guessEntity(body: JsonRecord, reference: JsonRecord): Entity {
  if ('state' in reference || 'state' in body || 'key' in body || 'flight_type' in body) return 'operational intent'
  const details = isRecord(body['details']) ? body['details'] : {}
  if ('priority' in details || 'off_nominal_volumes' in details || 'off_nominal_volumes' in body)
    return 'operational intent'
  if ('type' in details || 'geozone' in details) return 'constraint'
  if ('manager' in reference && !('state' in reference)) return 'constraint'
  return 'uss_base_url' in body ? 'constraint' : 'operational intent'
}

function volumesOf(body: JsonRecord, pointer: string): { volume: unknown; at: string }[] {
  if (isRecord(body['volume'])) return [{ volume: body, at: pointer }]
  const holder = isRecord(body['details'])
    ? { record: body['details'], at: member(pointer, 'details') }
    : { record: body, at: pointer }
  const found: { volume: unknown; at: string }[] = []
  for (const key of ['volumes', 'off_nominal_volumes', 'extents']) {
    const list = holder.record[key]
    if (list === undefined || list === null) continue
    const at = member(holder.at, key)
    for (const [index, volume] of arrayAt(list, at, { min: 0, max: MAX_VOLUMES }).entries()) {
      found.push({ volume, at: member(at, index) })
    }
  }
  return found
}

function readVolume(value: unknown, pointer: string, entity: Entity): DraftPiece {
  const body = recordAt(value, pointer)
  const volume = recordAt(body['volume'], member(pointer, 'volume'))
  return {
    shape: readOutline(volume, member(pointer, 'volume')),
    band: readBand(volume, member(pointer, 'volume'), entity),
    timings: [readTimes(body, pointer)],
    margin: NO_MARGIN,
    position: pointer,
  }
}

function readOutline(volume: JsonRecord, pointer: string): Shape {
  const circle = volume['outline_circle'] ?? undefined
  const polygon = volume['outline_polygon'] ?? undefined
  if ((circle === undefined) === (polygon === undefined)) {
    refuse('bad-geometry', pointer, {
      value: volume,
      rule: 'exactly one of outline_circle and outline_polygon is required',
    })
  }
  if (circle !== undefined) {
    const at = member(pointer, 'outline_circle')
    const body = recordAt(circle, at)
    const [lat, lng] = pointAt(body['center'], member(at, 'center'))
    const radius = recordAt(body['radius'], member(at, 'radius'))
    const radiusM = numberAt(radius['value'], member(at, 'radius/value'), { min: 0, max: MAX_RADIUS_M })
    if (radiusM === 0)
      refuse('out-of-range', `${at}/radius/value`, { value: radiusM, rule: 'a circle needs a radius above 0' })
    oneOf(radius['units'], `${at}/radius/units`, ['M'])
    return discShape(lat, lng, radiusM)
  }
  const at = member(pointer, 'outline_polygon')
  const vertices = arrayAt(recordAt(polygon, at)['vertices'], `${at}/vertices`, { min: 3, max: MAX_VERTICES })
  const corners = vertices.map((vertex, index) => latLng(...pointAt(vertex, `${at}/vertices/${index}`)))
  return geodesicArea(corners, at)
}

function pointAt(value: unknown, pointer: string): [lat: number, lng: number] {
  const point = recordAt(value, pointer)
  return [
    numberAt(point['lat'], member(pointer, 'lat'), { min: -90, max: 90 }),
    numberAt(point['lng'], member(pointer, 'lng'), { min: -180, max: 180 }),
  ]
}

function readBand(volume: JsonRecord, pointer: string, entity: Entity): Band {
  if (entity === 'operational intent') {
    for (const key of ['altitude_lower', 'altitude_upper']) {
      if (volume[key] === undefined || volume[key] === null) {
        refuse('missing-altitude', member(pointer, key), {
          value: volume[key],
          rule: 'an operational intent states both altitudes (F3548-21)',
        })
      }
    }
  }
  const lower = f3548Altitude(volume['altitude_lower'], member(pointer, 'altitude_lower'), 'lower')
  const upper = f3548Altitude(volume['altitude_upper'], member(pointer, 'altitude_upper'), 'upper')
  if (lower === NO_LOWER && upper === NO_UPPER) return { lower, upper }
  return bandOf(lower, upper, member(pointer, 'altitude_lower'))
}

function readTimes(body: JsonRecord, pointer: string): Timing {
  const startMs = timeAt(body['time_start'], member(pointer, 'time_start'), 'start')
  const endMs = timeAt(body['time_end'], member(pointer, 'time_end'), 'end')
  if (startMs > endMs) {
    refuse('out-of-range', member(pointer, 'time_end'), { value: body['time_end'], rule: 'ends before it starts' })
  }
  return always(startMs, endMs)
}

/** Both an intent and a constraint state their times (F3548-21). */
function timeAt(value: unknown, pointer: string, side: 'start' | 'end'): number {
  if (value === undefined || value === null) {
    refuse('missing-field', pointer, { value, rule: `F3548-21 requires the time of the ${side}` })
  }
  const time = recordAt(value, pointer)
  if (time['format'] !== 'RFC3339') {
    refuse('not-allowed', member(pointer, 'format'), { value: time['format'], rule: 'F3548-21 allows only RFC3339' })
  }
  textAt(time['value'], member(pointer, 'value'))
  return instantAt(time['value'], member(pointer, 'value'), { zulu: true })
}

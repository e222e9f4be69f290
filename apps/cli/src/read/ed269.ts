import { type Band, type HeightLimit, NO_LOWER, NO_UPPER } from '../model/height.ts'
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
import { bandOf, limitAt, referenceAt, unitAt } from './height-field.ts'
import { discShape, MAX_RADIUS_M, positionAt, straightArea } from './outline.ts'
import { always, type Timing } from './schedule.ts'
import { applicability, zoneText } from './zone-field.ts'

const RESTRICTIONS = ['PROHIBITED', 'REQ_AUTHORISATION', 'CONDITIONAL', 'NO_RESTRICTION'] as const
const TYPES = ['COMMON', 'CUSTOMIZED'] as const
const MAX_ZONES = 1_000_000
const NO_CLIP = { startMs: -Infinity, endMs: Infinity }

/** `UASZoneList`, or the older `features` whose entries carry `geometry` lists. */
export function looksLikeEd269(value: unknown): boolean {
  if (!isRecord(value)) return false
  if (Array.isArray(value['UASZoneList'])) return true
  const first: unknown = Array.isArray(value['features']) ? value['features'][0] : undefined
  return value['type'] !== 'FeatureCollection' && isRecord(first) && Array.isArray(first['geometry'])
}

/** Reads EUROCAE ED-269 zones; a zone with anything wrong in it is left out whole and named. */
export function readEd269(value: unknown, file: string, findings: Findings): DraftItem[] {
  const items: DraftItem[] = []
  try {
    const body = recordAt(value, '')
    const key = body['UASZoneList'] === undefined ? 'features' : 'UASZoneList'
    for (const [index, zone] of arrayAt(body[key], `/${key}`, { min: 0, max: MAX_ZONES }).entries()) {
      try {
        items.push(readZone(zone, `/${key}/${index}`))
      } catch (error) {
        findings.addError(file, error)
      }
    }
  } catch (error) {
    findings.addError(file, error)
  }
  return items
}

function readZone(value: unknown, pointer: string): DraftItem {
  const zone = recordAt(value, pointer)
  const id = textAt(zone['identifier'], member(pointer, 'identifier'))
  textAt(zone['country'], member(pointer, 'country'))
  const restriction = oneOf(zone['restriction'], member(pointer, 'restriction'), RESTRICTIONS)
  oneOf(zone['type'], member(pointer, 'type'), TYPES)
  const timings = readTimings(zone['applicability'], member(pointer, 'applicability'))
  const at = member(pointer, 'geometry')
  const pieces: DraftPiece[] = arrayAt(zone['geometry'], at, { min: 1, max: 10_000 }).map((geometry, index) => {
    const where = member(at, index)
    return { ...readVolume(recordAt(geometry, where), where), timings, margin: NO_MARGIN, position: where }
  })
  const authority = Array.isArray(zone['zoneAuthority']) ? (zone['zoneAuthority'][0] as unknown) : zone['zoneAuthority']
  return {
    kind: 'zone',
    id: printable(id, '?'),
    title: zoneText(zone['name'], printable(id, '?')),
    owner: isRecord(authority) ? zoneText(authority['name'], '') : '',
    priority: 0,
    identity: `zone ${printable(zone['country'], '')} ${printable(id, '?')}`,
    facts: { type: restriction },
    pieces,
  }
}

function readTimings(value: unknown, pointer: string): Timing[] {
  if (value === undefined || value === null)
    refuse('missing-field', pointer, { value, rule: 'a zone states when it applies (ED-269)' })
  const periods = Array.isArray(value) ? arrayAt(value, pointer, { min: 1, max: 10_000 }) : [value]
  return periods.map((entry, index) => {
    const at = Array.isArray(value) ? member(pointer, index) : pointer
    const period = recordAt(entry, at)
    const permanent = oneOf(period['permanent'], member(at, 'permanent'), ['YES', 'NO'])
    const timing = applicability(period, at, NO_CLIP)
    if (permanent === 'YES')
      return timing.daily.length === 0 && timing.unknown === undefined ? always(-Infinity, Infinity) : timing
    if (timing.startMs === -Infinity && timing.endMs === Infinity && timing.daily.length === 0) {
      refuse('missing-field', member(at, 'startDateTime'), {
        value: undefined,
        rule: 'a zone that is not permanent states when it applies',
      })
    }
    return timing
  })
}

function readVolume(geometry: JsonRecord, pointer: string): { shape: Shape; band: Band } {
  const metresPerUnit = unitAt(geometry['uomDimensions'], member(pointer, 'uomDimensions'))
  const limit = (side: 'lower' | 'upper'): HeightLimit => {
    const stated = decimal(geometry[`${side}Limit`])
    if (stated === undefined || stated === null) return side === 'lower' ? NO_LOWER : NO_UPPER
    const referenceKey = `${side}VerticalReference`
    const reference = referenceAt(geometry[referenceKey], member(pointer, referenceKey))
    return limitAt(stated, member(pointer, `${side}Limit`), { side, metresPerUnit, reference })
  }
  const band = bandOf(limit('lower'), limit('upper'), member(pointer, 'lowerLimit'))
  const at = member(pointer, 'horizontalProjection')
  const projection = recordAt(geometry['horizontalProjection'], at)
  if (oneOf(projection['type'], member(at, 'type'), ['Polygon', 'Circle']) === 'Polygon') {
    return { shape: straightArea(projection['coordinates'], member(at, 'coordinates')).shape, band }
  }
  const [lng, lat] = positionAt(projection['center'], member(at, 'center'))
  const radius = numberAt(decimal(projection['radius']), member(at, 'radius'), {
    min: 0.01,
    max: MAX_RADIUS_M / metresPerUnit,
  })
  return { shape: discShape(lat, lng, radius * metresPerUnit), band }
}

/** Published ED-269 files write limits as texts ("0"): a plain decimal in a text is read as the number it is. */
function decimal(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,7}(\.\d{1,6})?$/.test(value) ? Number(value) : value
}

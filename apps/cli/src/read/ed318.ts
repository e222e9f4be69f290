import { type Band, type HeightLimit, NO_LOWER, NO_UPPER, type VerticalReference } from '../model/height.ts'
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
import { type Findings, InputError } from './finding.ts'
import { bandOf, limitAt, referenceAt, unitAt } from './height-field.ts'
import { instantAt } from './instant.ts'
import { discShape, MAX_RADIUS_M, positionAt, straightArea } from './outline.ts'
import type { Timing } from './schedule.ts'
import { applicability, zoneText } from './zone-field.ts'

const TYPES = ['USPACE', 'PROHIBITED', 'REQ_AUTHORIZATION', 'CONDITIONAL', 'NO_RESTRICTION'] as const
const VARIANTS = ['COMMON', 'CUSTOMIZED'] as const
const PURPOSES = ['AUTHORIZATION', 'NOTIFICATION', 'INFORMATION'] as const
const REASONS = [
  'AIR_TRAFFIC',
  'SENSITIVE',
  'PRIVACY',
  'POPULATION',
  'NATURE',
  'NOISE',
  'EMERGENCY',
  'DAR',
  'OTHER',
] as const
const MAX_ZONES = 1_000_000
const MAX_PARTS = 10_000

/** A GeoJSON feature collection of zones: a layer on a geometry, or the properties ED-318 requires. */
export function looksLikeEd318(value: unknown): boolean {
  if (!isRecord(value) || value['type'] !== 'FeatureCollection' || !Array.isArray(value['features'])) return false
  return value['features'].slice(0, 20).some((feature) => {
    if (!isRecord(feature)) return false
    const { properties, geometry } = feature
    if (isRecord(properties) && 'zoneAuthority' in properties && 'variant' in properties) return true
    if (!isRecord(geometry)) return false
    const inner: unknown = Array.isArray(geometry['geometries']) ? geometry['geometries'][0] : geometry
    return isRecord(inner) && isRecord(inner['layer'])
  })
}

interface Collection {
  readonly validFromMs: number
  readonly validToMs: number
  readonly geoid: string
}

/**
 * Reads EUROCAE ED-318 geographical zones. The whole file is refused when its metadata are wrong, a zone when anything about it is; every
 * violation is named, not only the first.
 */
export function readEd318(value: unknown, file: string, findings: Findings): DraftItem[] {
  const violations = new Violations(file, findings)
  const collection = violations.attempt(() => recordAt(value, ''))
  if (collection === undefined) return []
  const metadata = readMetadata(collection['metadata'], violations)
  const features = violations.attempt(() => arrayAt(collection['features'], '/features', { min: 0, max: MAX_ZONES }))
  const metadataHolds = violations.count === 0
  const items: DraftItem[] = []
  for (const [index, feature] of (features ?? []).entries()) {
    const item = readZone(feature, `/features/${index}`, { metadata, violations })
    if (item !== null && metadataHolds) items.push(item)
  }
  return items
}

/** Runs checks one by one and notes each that fails. */
class Violations {
  count = 0
  readonly #file: string
  readonly #findings: Findings

  constructor(file: string, findings: Findings) {
    this.#file = file
    this.#findings = findings
  }

  attempt<T>(check: () => T): T | undefined {
    try {
      return check()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      this.count += 1
      this.#findings.addError(this.#file, error)
      return undefined
    }
  }
}

function readMetadata(value: unknown, violations: Violations): Collection {
  const metadata = value === undefined || value === null ? {} : violations.attempt(() => recordAt(value, '/metadata'))
  const instant = (key: string, open: number): number => {
    const stated = metadata?.[key]
    if (stated === undefined || stated === null) return open
    return violations.attempt(() => instantAt(stated, member('/metadata', key))) ?? open
  }
  const validFromMs = instant('validFrom', -Infinity)
  const validToMs = instant('validTo', Infinity)
  instant('issued', 0)
  for (const key of ['provider', 'description', 'technicalLimitations'])
    texts(metadata ?? {}, key, { at: '/metadata', violations })
  return { validFromMs, validToMs, geoid: printable(metadata?.['otherGeoid'], '') }
}

/** A list of `{text, lang}`: the language is required. */
function texts(record: JsonRecord, key: string, { at, violations }: { at: string; violations: Violations }): void {
  const list = record[key]
  if (list === undefined || list === null) return
  const pointer = member(at, key)
  violations.attempt(() => {
    for (const [index, entry] of arrayAt(list, pointer, { min: 0, max: 1_000 }).entries()) {
      const text = recordAt(entry, member(pointer, index))
      const lang = textAt(text['lang'], member(member(pointer, index), 'lang'))
      if (lang.length > 5)
        refuse('out-of-range', `${pointer}/${index}/lang`, { value: lang, rule: 'a language has at most 5 characters' })
    }
  })
}

function readZone(
  value: unknown,
  pointer: string,
  context: { metadata: Collection; violations: Violations },
): DraftItem | null {
  const { metadata, violations } = context
  const before = violations.count
  const feature = violations.attempt(() => recordAt(value, pointer))
  if (feature === undefined) return null
  violations.attempt(() => oneOf(feature['type'], member(pointer, 'type'), ['Feature']))
  const at = member(pointer, 'properties')
  const properties = violations.attempt(() => recordAt(feature['properties'], at))
  if (properties === undefined) return null
  const type = checkProperties(properties, at, violations)
  const timings = readApplicability(properties, at, context)
  const geometry = violations.attempt(() =>
    readGeometry(feature['geometry'], member(pointer, 'geometry'), metadata.geoid),
  )
  if (violations.count > before || geometry === undefined || type === undefined || timings === undefined) return null
  const pieces: DraftPiece[] = geometry.map((part) => ({ ...part, timings, margin: NO_MARGIN }))
  const id = printable(properties['identifier'], '?')
  const authority = Array.isArray(properties['zoneAuthority']) ? (properties['zoneAuthority'][0] as unknown) : undefined
  return {
    kind: 'zone',
    id,
    title: zoneText(properties['name'], id),
    owner: isRecord(authority) ? zoneText(authority['name'], '') : '',
    priority: 0,
    identity: `zone ${printable(properties['country'], '')} ${id}`,
    facts: { type, variant: printable(properties['variant'], '?') },
    pieces,
  }
}

function checkProperties(properties: JsonRecord, at: string, violations: Violations): string | undefined {
  const text = (key: string, length: { min: number; max: number }): void => {
    violations.attempt(() => {
      const value = textAt(properties[key], member(at, key))
      if (value.length < length.min || value.length > length.max) {
        refuse('out-of-range', member(at, key), { value, rule: `must have ${length.min} to ${length.max} characters` })
      }
    })
  }
  text('identifier', { min: 1, max: 7 })
  text('country', { min: 3, max: 3 })
  for (const key of ['name', 'otherReasonInfo', 'message']) texts(properties, key, { at, violations })
  violations.attempt(() => oneOf(properties['variant'], member(at, 'variant'), VARIANTS))
  // The schema says `reason`; a popular model writes `reasons`.
  for (const key of ['reason', 'reasons']) {
    const reasons = properties[key]
    if (reasons === undefined || reasons === null) continue
    violations.attempt(() => {
      for (const [index, reason] of arrayAt(reasons, member(at, key), { min: 0, max: 9 }).entries()) {
        oneOf(reason, member(member(at, key), index), REASONS)
      }
    })
  }
  const authorities = violations.attempt(() =>
    arrayAt(properties['zoneAuthority'], member(at, 'zoneAuthority'), { min: 1, max: 1_000 }),
  )
  for (const [index, authority] of (authorities ?? []).entries()) {
    const where = member(member(at, 'zoneAuthority'), index)
    violations.attempt(() => {
      const record = recordAt(authority, where)
      if (record['purpose'] !== undefined) oneOf(record['purpose'], member(where, 'purpose'), PURPOSES)
    })
  }
  return violations.attempt(() => oneOf(properties['type'], member(at, 'type'), TYPES))
}

function readApplicability(
  properties: JsonRecord,
  at: string,
  { metadata, violations }: { metadata: Collection; violations: Violations },
): Timing[] | undefined {
  const clip = { startMs: metadata.validFromMs, endMs: metadata.validToMs }
  const stated = properties['limitedApplicability']
  if (stated === undefined || stated === null) return [{ ...clip, daily: [] }]
  const pointer = member(at, 'limitedApplicability')
  return violations.attempt(() => {
    const periods = arrayAt(stated, pointer, { min: 0, max: 10_000 })
    if (periods.length === 0) return [{ ...clip, daily: [] }]
    return periods.map((period, index) => applicability(period, member(pointer, index), clip))
  })
}

interface Part {
  readonly shape: Shape
  readonly band: Band
  readonly position: string
}

function readGeometry(value: unknown, pointer: string, geoid: string): Part[] {
  const geometry = recordAt(value, pointer)
  const type = oneOf(geometry['type'], member(pointer, 'type'), [
    'Polygon',
    'MultiPolygon',
    'Point',
    'GeometryCollection',
  ])
  if (type === 'GeometryCollection') {
    const at = member(pointer, 'geometries')
    return arrayAt(geometry['geometries'], at, { min: 1, max: MAX_PARTS }).flatMap((inner, index) => {
      if (isRecord(inner) && inner['type'] === 'GeometryCollection') {
        refuse('bad-geometry', member(at, index), { value: inner, rule: 'collections inside collections are not read' })
      }
      return readGeometry(inner, member(at, index), geoid)
    })
  }
  const band = readLayer(geometry['layer'], member(pointer, 'layer'), geoid)
  const at = member(pointer, 'coordinates')
  if (type === 'Point') return [{ shape: readCircle(geometry, pointer), band, position: pointer }]
  if (type === 'Polygon') return [{ shape: straightArea(geometry['coordinates'], at).shape, band, position: pointer }]
  return arrayAt(geometry['coordinates'], at, { min: 1, max: MAX_PARTS }).map((polygon, index) => ({
    shape: straightArea(polygon, member(at, index)).shape,
    band,
    position: member(at, index),
  }))
}

function readCircle(geometry: JsonRecord, pointer: string): Shape {
  const [lng, lat] = positionAt(geometry['coordinates'], member(pointer, 'coordinates'))
  const at = member(pointer, 'extent')
  const extent = recordAt(geometry['extent'], at)
  oneOf(extent['subType'], member(at, 'subType'), ['Circle'])
  return discShape(lat, lng, numberAt(extent['radius'], member(at, 'radius'), { min: 0.01, max: MAX_RADIUS_M }))
}

/** `layer`: both limits with a reference each and one unit; a limit left out or null is no limit. */
function readLayer(value: unknown, pointer: string, geoid: string): Band {
  const layer = recordAt(value, pointer)
  const limit = (side: 'lower' | 'upper'): HeightLimit => {
    const stated = layer[side]
    if (stated === undefined || stated === null) return side === 'lower' ? NO_LOWER : NO_UPPER
    const plain = referenceAt(layer[`${side}Reference`], member(pointer, `${side}Reference`))
    const reference: VerticalReference = plain === 'AMSL' && geoid !== '' ? `AMSL ${geoid}` : plain
    return limitAt(stated, member(pointer, side), {
      side,
      metresPerUnit: unitAt(layer['uom'], member(pointer, 'uom')),
      reference,
    })
  }
  return bandOf(limit('lower'), limit('upper'), pointer)
}

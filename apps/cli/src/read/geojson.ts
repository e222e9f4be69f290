import { type Band, type HeightLimit, heightLimit, NO_LOWER, NO_UPPER, unknownBand } from '../model/height.ts'
import { type Margin, NO_MARGIN, type Shape } from '../model/item.ts'
import type { DraftItem, DraftPiece } from './draft.ts'
import { arrayAt, isRecord, type JsonRecord, member, numberAt, oneOf, printable, recordAt, refuse } from './field.ts'
import type { Findings } from './finding.ts'
import { bandOf, heightObject, limitAt, referenceAt, unitAt } from './height-field.ts'
import { instantAt } from './instant.ts'
import { discShape, MAX_RADIUS_M, positionAt, segmentShape, straightArea, straightLine } from './outline.ts'
import type { Timing } from './schedule.ts'

const GEOMETRIES = [
  'Point',
  'MultiPoint',
  'LineString',
  'MultiLineString',
  'Polygon',
  'MultiPolygon',
  'GeometryCollection',
] as const
const MAX_PARTS = 100_000

export function looksLikeGeoJson(value: unknown): boolean {
  return (
    isRecord(value) &&
    (value['type'] === 'FeatureCollection' || value['type'] === 'Feature' || isGeometryType(value['type']))
  )
}

function isGeometryType(value: unknown): boolean {
  return typeof value === 'string' && (GEOMETRIES as readonly string[]).includes(value)
}

export interface GeoJsonOptions {
  /** Given to lines and points, which have no width of their own. */
  readonly lineMargin: Margin
  /** Pointer or record name of the text inside its file. */
  readonly position: string
}

/**
 * Reads a GeoJSON text (RFC 7946). Heights and times come from the properties of each feature; a feature that states none is kept with
 * its height or time unknown, so that what it meets is reported as undecided and not lost.
 */
export function readGeoJson(
  value: unknown,
  file: string,
  { findings, ...options }: GeoJsonOptions & { findings: Findings },
): DraftItem[] {
  const items: DraftItem[] = []
  const visit = (feature: unknown, pointer: string): void => {
    try {
      items.push(readFeature(feature, pointer, options))
    } catch (error) {
      findings.addError(file, error)
    }
  }
  try {
    const text = recordAt(value, options.position)
    if (text['type'] === 'FeatureCollection') {
      const at = member(options.position, 'features')
      for (const [index, feature] of arrayAt(text['features'], at, { min: 0, max: MAX_PARTS * 10 }).entries()) {
        visit(feature, member(at, index))
      }
    } else if (text['type'] === 'Feature') {
      visit(text, options.position)
    } else {
      visit({ type: 'Feature', geometry: text, properties: {} }, options.position)
    }
  } catch (error) {
    findings.addError(file, error)
  }
  return items
}

function readFeature(value: unknown, pointer: string, options: GeoJsonOptions): DraftItem {
  const feature = recordAt(value, pointer)
  oneOf(feature['type'], member(pointer, 'type'), ['Feature'])
  const properties = isRecord(feature['properties']) ? feature['properties'] : {}
  const at = member(pointer, 'properties')
  if (feature['geometry'] === null || feature['geometry'] === undefined) {
    refuse('missing-position', member(pointer, 'geometry'), {
      value: feature['geometry'],
      rule: 'a feature without a geometry is nowhere',
    })
  }
  const timing = readTimes(properties, at)
  const stated = readHeights(properties, at)
  const pieces: DraftPiece[] = readGeometry(feature['geometry'], member(pointer, 'geometry'), properties).map(
    (part) => ({
      shape: part.shape,
      band: stated ?? part.band ?? unknownBand('states no height'),
      timings: [timing],
      margin: part.shape.kind === 'segment' ? options.lineMargin : NO_MARGIN,
      position: part.pointer,
    }),
  )
  const named = feature['id'] ?? properties['id'] ?? properties['name'] ?? properties['title']
  const id = printable(named, `feature at ${pointer === '' ? 'the top' : pointer}`)
  const priority = properties['priority']
  const facts: Record<string, string> = {}
  if (properties['simulated'] === true || properties['SIMULATED'] === true) facts['data'] = 'SIMULATED'
  return {
    kind: 'feature',
    id,
    title: printable(properties['name'] ?? properties['title'], id),
    owner: printable(properties['owner'] ?? properties['manager'] ?? properties['operator'], ''),
    priority: typeof priority === 'number' && Number.isFinite(priority) ? priority : 0,
    identity: '',
    facts,
    pieces,
  }
}

interface Part {
  readonly shape: Shape
  readonly band: Band | null
  readonly pointer: string
}

function readGeometry(value: unknown, pointer: string, properties: JsonRecord, depth = 0): Part[] {
  const geometry = recordAt(value, pointer)
  const type = oneOf(geometry['type'], member(pointer, 'type'), GEOMETRIES)
  const at = member(pointer, 'coordinates')
  const coordinates = geometry['coordinates']
  const each = (list: unknown, read: (entry: unknown, pointer: string) => Part[]): Part[] =>
    arrayAt(list, at, { min: 1, max: MAX_PARTS }).flatMap((entry, index) => read(entry, member(at, index)))
  switch (type) {
    case 'Point':
      return [readPoint(coordinates, at, properties)]
    case 'MultiPoint':
      return each(coordinates, (entry, where) => [readPoint(entry, where, properties)])
    case 'LineString':
      return readLine(coordinates, at)
    case 'MultiLineString':
      return each(coordinates, readLine)
    case 'Polygon':
      return readPolygon(coordinates, at)
    case 'MultiPolygon':
      return each(coordinates, readPolygon)
    case 'GeometryCollection': {
      if (depth > 0)
        refuse('bad-geometry', pointer, {
          value: type,
          rule: 'collections inside collections are not read (RFC 7946 section 3.1.8)',
        })
      const inner = member(pointer, 'geometries')
      return arrayAt(geometry['geometries'], inner, { min: 1, max: MAX_PARTS }).flatMap((entry, index) =>
        readGeometry(entry, member(inner, index), properties, depth + 1),
      )
    }
  }
}

function readPoint(value: unknown, pointer: string, properties: JsonRecord): Part {
  const [lng, lat, heightM] = positionAt(value, pointer)
  const band = heightM === null ? null : flat([heightM])
  const radius = properties['radiusM']
  if (radius === undefined) return { shape: segmentShape(lat, lng, lat, lng), band, pointer }
  const radiusM = numberAt(radius, `${pointer.slice(0, pointer.lastIndexOf('/geometry'))}/properties/radiusM`, {
    min: 0.01,
    max: MAX_RADIUS_M,
  })
  return { shape: discShape(lat, lng, radiusM), band, pointer }
}

function readLine(value: unknown, pointer: string): Part[] {
  const { shapes, heightsM } = straightLine(value, pointer)
  return shapes.map((shape, index) => {
    const heights = heightsM[index] ?? null
    return { shape, band: heights === null ? null : flat(heights), pointer }
  })
}

function readPolygon(value: unknown, pointer: string): Part[] {
  const { shape, heightsM } = straightArea(value, pointer)
  const corners = (value as readonly (readonly unknown[])[]).reduce((sum, ring) => sum + ring.length, 0)
  // Heights on some corners only say nothing about the others.
  return [{ shape, band: heightsM.length === corners ? flat(heightsM) : null, pointer }]
}

/** The band of heights in the third number of positions: metres above the ellipsoid (RFC 7946 section 3.1.1). */
function flat(heightsM: readonly number[]): Band {
  let low = Infinity
  let high = -Infinity
  for (const heightM of heightsM) {
    low = Math.min(low, heightM)
    high = Math.max(high, heightM)
  }
  return { lower: heightLimit(low, 'W84'), upper: heightLimit(high, 'W84') }
}

/**
 * Heights under `altitude_lower` and `altitude_upper` (`{value, reference, units}`), or `altitudeLower`, `altitudeUpper` (numbers) with
 * `altitudeUnit` and `altitudeReference`. Null is "no limit"; a feature with neither pair states no height.
 */
function readHeights(properties: JsonRecord, pointer: string): Band | null {
  const pairs = [
    ['altitude_lower', 'altitude_upper'],
    ['altitudeLower', 'altitudeUpper'],
  ] as const
  for (const [lowerKey, upperKey] of pairs) {
    if (properties[lowerKey] === undefined && properties[upperKey] === undefined) continue
    for (const key of [lowerKey, upperKey]) {
      if (properties[key] === undefined) {
        refuse('missing-altitude', member(pointer, key), {
          value: undefined,
          rule: 'one limit without the other; write null for no limit',
        })
      }
    }
    const read = (key: string, side: 'lower' | 'upper'): HeightLimit => {
      const value = properties[key]
      if (value === null) return side === 'lower' ? NO_LOWER : NO_UPPER
      if (isRecord(value)) return heightObject(value, member(pointer, key), side)
      return limitAt(value, member(pointer, key), {
        side,
        metresPerUnit: unitAt(properties['altitudeUnit'], member(pointer, 'altitudeUnit')),
        reference: referenceAt(properties['altitudeReference'], member(pointer, 'altitudeReference')),
      })
    }
    return bandOf(read(lowerKey, 'lower'), read(upperKey, 'upper'), member(pointer, lowerKey))
  }
  return null
}

const TIME_KEYS = [
  ['time_start', 'time_end'],
  ['startDateTime', 'endDateTime'],
  ['start', 'end'],
] as const

/** Times under the first of `TIME_KEYS` that is there: RFC 3339 text, or an F3548 `{value, format}`; null is "no limit". */
function readTimes(properties: JsonRecord, pointer: string): Timing {
  for (const [startKey, endKey] of TIME_KEYS) {
    if (properties[startKey] === undefined && properties[endKey] === undefined) continue
    const read = (key: string, open: number): number => {
      const value = properties[key]
      if (value === null || value === undefined) return open
      const at = member(pointer, key)
      return isRecord(value) ? instantAt(value['value'], member(at, 'value')) : instantAt(value, at)
    }
    const startMs = read(startKey, -Infinity)
    const endMs = read(endKey, Infinity)
    if (startMs > endMs)
      refuse('out-of-range', member(pointer, endKey), { value: properties[endKey], rule: 'ends before it starts' })
    const silent = properties[startKey] === undefined ? 'start' : properties[endKey] === undefined ? 'end' : ''
    return silent === '' ? { startMs, endMs, daily: [] } : { startMs, endMs, daily: [], unknown: `states no ${silent}` }
  }
  return { startMs: -Infinity, endMs: Infinity, daily: [], unknown: 'states no time' }
}

const RECORD_SEPARATOR = '\u001e'

export function looksLikeSequence(text: string): boolean {
  return text.startsWith(RECORD_SEPARATOR)
}

/**
 * Splits a GeoJSON text sequence (RFC 8142) at its record separators. A record that was cut off does not end in a line feed or is not
 * JSON; the caller names it and goes on with the next, as RFC 7464 section 2.3 intends.
 */
export function* sequenceRecords(text: string): Generator<{ record: string; position: string; complete: boolean }> {
  let start = text.indexOf(RECORD_SEPARATOR)
  for (let number = 1; start !== -1; ) {
    const next = text.indexOf(RECORD_SEPARATOR, start + 1)
    const record = text.slice(start + 1, next === -1 ? undefined : next)
    // Two separators in a row are no record (RFC 7464 section 2.1).
    if (record !== '')
      yield { record, position: `record ${number++} (character ${start})`, complete: record.endsWith('\n') }
    start = next
  }
}

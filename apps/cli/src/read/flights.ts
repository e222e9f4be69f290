import { geodesicDistance } from '@parley/geo4d'
import { type Band, heightLimit } from '../model/height.ts'
import type { Margin } from '../model/item.ts'
import type { DraftItem, DraftPiece } from './draft.ts'
import { isRecord, type JsonRecord, printable, quote } from './field.ts'
import type { FindingCode, Findings } from './finding.ts'
import { METRES_PER_FOOT } from './height-field.ts'
import { instantAt } from './instant.ts'
import { latLng, segmentShape } from './outline.ts'
import { always } from './schedule.ts'

/** Which recorded height an intent is derived from. Pressure altitude is a height of its own, comparable only with itself. */
type HeightSource = 'geometric' | 'pressure'

export interface FlightOptions {
  readonly margin: Margin
  readonly heights: HeightSource
  /** A track is broken where a position could only be reached faster than this. */
  readonly maxSpeedMps: number
  /** A track is broken where no row stands for longer than this: the way between is not known. */
  readonly maxGapMs: number
}

/** Steepest climb or descent believed: 30,000 ft/min. */
const MAX_CLIMB_MPS = 152.4
/** A pause this long ends a flight when the rows carry no flight_id. */
const FLIGHT_PAUSE_MS = 30 * 60_000
const FEET = { min: -5_000, max: 200_000 }
/** Earlier than any recorded ADS-B: seconds taken for milliseconds. */
const EARLIEST_MS = Date.UTC(1990, 0, 1)
const LATEST_MS = Date.UTC(2200, 0, 1)

interface Row {
  readonly number: number
  readonly timeMs: number
  readonly lat: number
  readonly lng: number
  readonly heightM: number
}

interface Track {
  readonly title: string
  readonly aircraft: string
  readonly rows: Row[]
  readonly splits: boolean
}

const NAMES = ['timestamp', 'latitude', 'longitude'] as const

/** Rows, columns, or a pandas table of recorded positions: `timestamp`, `latitude`, `longitude` and what else a row may hold. */
export function looksLikeFlights(value: unknown): boolean {
  const first = Array.isArray(value) ? value.find(isRecord) : value
  if (!isRecord(first)) return false
  if (Array.isArray(first['columns']) && Array.isArray(first['data'])) {
    return NAMES.every((name) => (first['columns'] as unknown[]).includes(name))
  }
  return NAMES.every((name) => name in first)
}

/** Rows of any of the four layouts as records; null when it is none of them. */
function rowsOf(value: unknown): Iterable<unknown> | null {
  if (Array.isArray(value)) return value
  if (!isRecord(value)) return null
  const { columns, data } = value as { columns?: unknown; data?: unknown }
  if (Array.isArray(columns) && Array.isArray(data)) return splitRows(columns, data)
  if (Array.isArray(value['timestamp'])) return columnRows(value, [...(value['timestamp'] as unknown[]).keys()])
  return isRecord(value['timestamp']) ? columnRows(value, Object.keys(value['timestamp'])) : [value]
}

function* splitRows(columns: readonly unknown[], data: readonly unknown[]): Generator {
  for (const cells of data) {
    yield Array.isArray(cells)
      ? Object.fromEntries(columns.map((name, k) => [String(name), cells[k] as unknown]))
      : cells
  }
}

function* columnRows(table: JsonRecord, keys: readonly (string | number)[]): Generator<JsonRecord> {
  const names = Object.keys(table).filter((name) => typeof table[name] === 'object' && table[name] !== null)
  for (const key of keys) {
    const row: Record<string, unknown> = {}
    for (const name of names) row[name] = (table[name] as Record<string | number, unknown>)[key]
    yield row
  }
}

/**
 * Reads recorded flights and derives intents from them: one piece for each stretch between two rows that follow each other, none
 * across a gap, a jump or a row that cannot be used. Columns are those of the `traffic` library: `timestamp` (epoch ms, or RFC 3339 with
 * a zone), `latitude`, `longitude` (WGS84 degrees), `geoaltitude` and `altitude` (ft), `icao24`, `callsign`, `flight_id`.
 */
export function readFlights(
  value: unknown,
  file: string,
  { findings, ...options }: FlightOptions & { findings: Findings },
): DraftItem[] {
  const tracks = new Map<string, Track>()
  let number = 0
  let wholeSeconds = true
  for (const row of rowsOf(value) ?? []) {
    number += 1
    const read = readRow(row, number, options.heights)
    if (read.kind !== 'row') {
      const { code, field, value: found, rule } = read.fault
      findings.add(file, code, { position: `row ${number}`, field, value: found, rule })
    }
    if (read.kind === 'nowhere') continue
    const { key, title, aircraft, splits } = read.track
    let track = tracks.get(key)
    if (track === undefined) tracks.set(key, (track = { title, aircraft, rows: [], splits }))
    // A row that cannot be used still breaks the track: the way across it is not known.
    track.rows.push(
      read.kind === 'row'
        ? read.row
        : { number, timeMs: read.timeMs, lat: Number.NaN, lng: Number.NaN, heightM: Number.NaN },
    )
    if (read.kind === 'row' && read.row.timeMs % 1000 !== 0) wholeSeconds = false
  }
  const slackMs = wholeSeconds ? 1000 : 0
  const reader: TrackReader = { file, findings, options, slackMs }
  const items: DraftItem[] = []
  for (const track of tracks.values()) {
    track.rows.sort((a, b) => a.timeMs - b.timeMs || a.number - b.number)
    for (const [index, rows] of flightsOf(track).entries()) {
      const pieces = derive(rows, reader)
      if (pieces.length === 0) continue
      const id = index === 0 ? track.title : `${track.title} #${index + 1}`
      items.push({
        kind: 'flight',
        id,
        title: id,
        owner: track.aircraft,
        priority: 0,
        identity: track.aircraft === '' ? `flight ${id}` : `aircraft ${track.aircraft}`,
        facts: {},
        pieces,
      })
    }
  }
  return items
}

interface TrackName {
  readonly key: string
  readonly title: string
  readonly aircraft: string
  readonly splits: boolean
}

interface Unusable {
  readonly code: FindingCode
  readonly field: string
  readonly value: string
  readonly rule: string
}

type ReadRow =
  | { kind: 'row'; row: Row; track: TrackName }
  | { kind: 'break'; fault: Unusable; track: TrackName; timeMs: number }
  | { kind: 'nowhere'; fault: Unusable }

function readRow(value: unknown, number: number, heights: HeightSource): ReadRow {
  const nowhere = (fault: Unusable): ReadRow => ({ kind: 'nowhere', fault })
  if (!isRecord(value))
    return nowhere({ code: 'wrong-type', field: '', value: quote(value), rule: 'a row is an object' })
  const track = trackOf(value)
  if (track === null) {
    const rule = 'a row without flight_id and icao24 belongs to no flight'
    return nowhere({ code: 'missing-field', field: 'icao24', value: quote(value['icao24']), rule })
  }
  const timeMs = timeOf(value['timestamp'])
  if (typeof timeMs !== 'number') return nowhere(timeMs)
  const lat = value['latitude']
  const lng = value['longitude']
  const field = heights === 'geometric' ? 'geoaltitude' : 'altitude'
  const feet = value[field]
  const fault = positionFault(lat, lng) ?? heightFault(feet, field)
  if (fault !== null) return { kind: 'break', fault, track, timeMs }
  const row = { number, timeMs, lat: lat as number, lng: lng as number, heightM: (feet as number) * METRES_PER_FOOT }
  return { kind: 'row', row, track }
}

function heightFault(feet: unknown, field: 'geoaltitude' | 'altitude'): Unusable | null {
  if (feet === null || feet === undefined || feet === 'ground') {
    return { code: 'missing-altitude', field, value: quote(feet), rule: missingRule(field) }
  }
  const rule = `must be a number of feet within ${FEET.min} and ${FEET.max}`
  if (typeof feet !== 'number') return { code: 'wrong-type', field, value: quote(feet), rule }
  return feet >= FEET.min && feet <= FEET.max ? null : { code: 'out-of-range', field, value: quote(feet), rule }
}

function missingRule(field: 'geoaltitude' | 'altitude'): string {
  return field === 'geoaltitude'
    ? 'no geometric altitude: the row is left out and pressure altitude not put in its place (--altitude pressure checks by that)'
    : 'no pressure altitude: the row is left out'
}

function trackOf(row: JsonRecord): TrackName | null {
  const aircraft = typeof row['icao24'] === 'string' ? printable(row['icao24'], '').toLowerCase() : ''
  const callsign = printable(row['callsign'], '')
  const flight = printable(row['flight_id'], '')
  if (flight !== '') return { key: `id ${flight} ${aircraft}`, title: flight, aircraft, splits: false }
  if (aircraft === '') return null
  const title = callsign === '' ? aircraft : `${callsign} ${aircraft}`
  return { key: `aircraft ${aircraft} ${callsign}`, title, aircraft, splits: true }
}

function timeOf(value: unknown): number | Unusable {
  const fault = (code: FindingCode, rule: string): Unusable => ({ code, field: 'timestamp', value: quote(value), rule })
  if (typeof value === 'string') {
    try {
      return instantAt(value, '')
    } catch {
      return fault(
        /\d$/.test(value) ? 'no-zone' : 'wrong-type',
        'epoch milliseconds, or an RFC 3339 time with its zone',
      )
    }
  }
  if (typeof value !== 'number') {
    return fault(
      value === undefined || value === null ? 'missing-field' : 'wrong-type',
      'epoch milliseconds, or an RFC 3339 time with its zone',
    )
  }
  return value >= EARLIEST_MS && value <= LATEST_MS
    ? value
    : fault('out-of-range', 'epoch milliseconds between 1990 and 2200 (seconds written for milliseconds?)')
}

function positionFault(lat: unknown, lng: unknown): Unusable | null {
  for (const [field, value, limit] of [
    ['latitude', lat, 90],
    ['longitude', lng, 180],
  ] as const) {
    if (value === null || value === undefined) {
      return { code: 'missing-position', field, value: quote(value), rule: 'no position: the row is left out' }
    }
    if (typeof value !== 'number')
      return { code: 'wrong-type', field, value: quote(value), rule: 'must be a number of degrees' }
    if (!(value >= -limit && value <= limit)) {
      return { code: 'out-of-range', field, value: quote(value), rule: `must lie within -${limit} and ${limit}` }
    }
  }
  return null
}

function flightsOf(track: Track): Row[][] {
  if (!track.splits) return [track.rows]
  const flights: Row[][] = []
  let last = -Infinity
  for (const row of track.rows) {
    if (row.timeMs - last > FLIGHT_PAUSE_MS) flights.push([])
    ;(flights.at(-1) as Row[]).push(row)
    last = row.timeMs
  }
  return flights
}

interface TrackReader {
  readonly file: string
  readonly findings: Findings
  readonly options: FlightOptions
  /** Timestamps rounded to whole seconds may lie half a second off at either end. */
  readonly slackMs: number
}

/** A run of rows, each reached from the one before in a believable way; `after` says what ended the run before it. */
interface Run {
  readonly rows: Row[]
  readonly opens: 'start' | 'gap' | 'jump' | 'unusable'
  closes: 'end' | 'gap' | 'jump' | 'unusable'
}

function derive(rows: readonly Row[], reader: TrackReader): DraftPiece[] {
  const pieces: DraftPiece[] = []
  for (const run of runsOf(rows, reader)) {
    const [first] = run.rows
    if (first === undefined) continue
    if (run.rows.length > 1) {
      for (let k = 1; k < run.rows.length; k++)
        pieces.push(pieceOf(run.rows[k - 1] as Row, run.rows[k] as Row, reader.options))
    } else if (run.opens === 'jump' && run.closes === 'jump') {
      reader.findings.add(reader.file, 'jump', {
        position: `row ${first.number}`,
        field: 'position',
        value: `${first.lat}, ${first.lng}`,
        rule: 'a single row that could be neither reached nor left in time: left out',
      })
    } else {
      pieces.push(pieceOf(first, first, reader.options))
    }
  }
  return pieces
}

function runsOf(rows: readonly Row[], { file, findings, options, slackMs }: TrackReader): Run[] {
  const runs: Run[] = [{ rows: [], opens: 'start', closes: 'end' }]
  const cut = (why: 'gap' | 'jump' | 'unusable'): void => {
    ;(runs.at(-1) as Run).closes = why
    runs.push({ rows: [], opens: why, closes: 'end' })
  }
  for (const row of rows) {
    const run = runs.at(-1) as Run
    if (Number.isNaN(row.lat)) {
      cut('unusable')
      continue
    }
    const last = run.rows.at(-1)
    if (last !== undefined) {
      const passedMs = row.timeMs - last.timeMs
      if (passedMs === 0) {
        findings.add(file, 'same-time', {
          position: `row ${row.number}`,
          field: 'timestamp',
          value: new Date(row.timeMs).toISOString(),
          rule: 'a second row for the same instant: the first one is used',
        })
        continue
      }
      if (passedMs > options.maxGapMs) {
        findings.add(file, 'track-gap', {
          position: `rows ${last.number}-${row.number}`,
          field: 'timestamp',
          value: `${Math.round(passedMs / 1000)} s`,
          rule: `no row for more than ${options.maxGapMs / 1000} s: the way between is not checked`,
        })
        cut('gap')
      } else {
        const seconds = (passedMs + slackMs) / 1000
        const speedMps = geodesicDistance(latLng(last.lat, last.lng), latLng(row.lat, row.lng)) / seconds
        const climbMps = Math.abs(row.heightM - last.heightM) / seconds
        const fast = !(speedMps <= options.maxSpeedMps)
        if (fast || climbMps > MAX_CLIMB_MPS) {
          findings.add(file, 'jump', {
            position: `rows ${last.number}-${row.number}`,
            field: fast ? 'position' : 'altitude',
            value: fast ? `${Math.round(speedMps)} m/s` : `${Math.round(climbMps)} m/s up or down`,
            rule: `faster than ${Math.round(fast ? options.maxSpeedMps : MAX_CLIMB_MPS)} m/s: the way between is left out`,
          })
          cut('jump')
        }
      }
    }
    ;(runs.at(-1) as Run).rows.push(row)
  }
  return runs
}

function pieceOf(from: Row, to: Row, { margin, heights }: FlightOptions): DraftPiece {
  const reference = heights === 'geometric' ? 'W84' : 'STD'
  const band: Band = {
    lower: heightLimit(Math.min(from.heightM, to.heightM), reference),
    upper: heightLimit(Math.max(from.heightM, to.heightM), reference),
  }
  return {
    shape: segmentShape(from.lat, from.lng, to.lat, to.lng),
    band,
    timings: [always(from.timeMs, to.timeMs)],
    margin,
    motion: { startHeightM: from.heightM, endHeightM: to.heightM },
    position: from === to ? `row ${from.number}` : `rows ${from.number}-${to.number}`,
  }
}

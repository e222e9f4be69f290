import { degrees } from '@parley/units'
import * as library from 'mgrs'
import { shorten } from './datum.ts'
import { GeoError } from './errors.ts'
import type { LatLng } from './volume.ts'

// The package is CommonJS to Node, all of it under `default`, and an ES module with names to bundlers.
const { forward, toPoint } =
  'forward' in library ? library : (library as unknown as { readonly default: typeof library }).default

const SHAPE = /^(\d{1,2})([A-Z])([A-Z])([A-Z])(\d*)$/
const BANDS = 'CDEFGHJKLMNPQRSTUVWX'
/** Letters of the 100 km columns in zones 1, 4, 7 …, in 2, 5, 8 … and in 3, 6, 9 …. */
const COLUMNS = ['ABCDEFGH', 'JKLMNPQR', 'STUVWXYZ'] as const
const ROWS = 'ABCDEFGHJKLMNPQRSTUV'

/** A grid reference taken apart, and the middle of the square it names. */
export interface MgrsReading {
  readonly point: LatLng
  /** Half the side of the square, metres. */
  readonly precisionM: number
}

/**
 * The grid reference of a point to 1 m: the square it lies in, as the grid has it.
 *
 * @throws GeoError `mgrs_polar` north of 84° and south of 80° south, where the grid is another one (UPS).
 */
export function mgrsOf({ latDeg, lngDeg }: LatLng): string {
  if (latDeg > 84 || latDeg < -80) throw polar(`${latDeg}, ${lngDeg}`)
  // A hair west of the antimeridian the grid library would name a zone 61.
  return forward([lngDeg > 180 - 1e-9 ? 180 : lngDeg, latDeg], 5)
}

/**
 * Reads a grid reference (spaces allowed, two to ten digits) as the middle of the square it names.
 *
 * References that no place has are refused, with the neighbouring zones in which they would be right: a wrong zone number moves a
 * point by 500 km and more.
 *
 * @throws GeoError `mgrs_unreadable`, `mgrs_polar`.
 */
export function readMgrs(text: string): MgrsReading {
  const compact = text.replaceAll(/[\s-]/g, '').toUpperCase()
  if (/^[ABYZ][A-Z]{2}\d*$/.test(compact)) throw polar(text)
  const parts = SHAPE.exec(compact)
  if (parts === null) {
    throw unreadable(
      text,
      'must be a zone, a band, two letters of the square and an even number of digits: 37S FU 76249 13766',
    )
  }
  const [, zoneText = '', band = '', column = '', row = '', digits = ''] = parts
  const zone = Number(zoneText)
  if (zone < 1 || zone > 60) throw unreadable(text, 'the zone must be 1 to 60')
  if ('ABYZ'.includes(band)) throw polar(text)
  if (!BANDS.includes(band)) throw unreadable(text, 'the band must be a letter C to X without I and O')
  if (!ROWS.includes(row)) throw unreadable(text, 'the second letter of the square must be A to V without I and O')
  if (digits.length === 0 || digits.length % 2 === 1 || digits.length > 10) {
    throw unreadable(text, 'must have as many digits east as north, one to five each')
  }
  if (!(COLUMNS[(zone - 1) % 3] as string).includes(column)) {
    const rest = `${band}${column}${row}${digits}`
    const likely = [zone - 2, zone - 1, zone + 1, zone + 2]
      .map((other) => ((other + 59) % 60) + 1)
      .filter((other) => (COLUMNS[(other - 1) % 3] as string).includes(column))
      .map((other) => `${String(other).padStart(2, '0')}${rest}`)
    throw unreadable(text, `square ${column}${row} does not occur in zone ${zone}`, likely)
  }
  const [lngDeg, latDeg] = toPoint(`${zone}${band}${column}${row}${digits}`)
  checkBand(text, band, latDeg)
  checkZone(text, { zone, band, lngDeg })
  return {
    point: {
      latDeg: degrees(latDeg),
      lngDeg: degrees(lngDeg > 180 ? lngDeg - 360 : lngDeg < -180 ? lngDeg + 360 : lngDeg),
    },
    precisionM: 10 ** (5 - digits.length / 2) / 2,
  }
}

function checkBand(text: string, band: string, latDeg: number): void {
  const south = -80 + 8 * BANDS.indexOf(band)
  const north = band === 'X' ? 84 : south + 8
  // Squares of 100 km run on over the edge of their band.
  if (latDeg >= south - 1 && latDeg <= north + 1) return
  throw unreadable(text, `the square does not occur in band ${band}, which is ${south}° to ${north}° north`)
}

function checkZone(text: string, { zone, band, lngDeg }: { zone: number; band: string; lngDeg: number }): void {
  const middle = 6 * zone - 183
  // Zones are 6° wide, up to 12° about south-west Norway and Svalbard, and squares run on over their edges.
  const half = band === 'V' || band === 'X' ? 7 : 3.7
  if (Math.abs(lngDeg - middle) <= half) return
  throw unreadable(text, `the square does not occur at this latitude of zone ${zone}`)
}

function unreadable(value: string, rule: string, didYouMean: readonly string[] = []): GeoError {
  return new GeoError('mgrs_unreadable', {
    field: '/text',
    value: shorten(value),
    rule,
    ...(didYouMean.length === 0 ? {} : { didYouMean }),
  })
}

function polar(value: string): GeoError {
  return new GeoError('mgrs_polar', {
    field: '/text',
    value: shorten(value),
    rule: 'MGRS is read and written from 80° south to 84° north; the polar grid (UPS) is not supported: use degrees',
  })
}

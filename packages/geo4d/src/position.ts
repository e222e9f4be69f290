import { degrees } from '@parley/units'
import { requireWgs84, shorten } from './datum.ts'
import { GeoError, type GeoErrorCode } from './errors.ts'
import { geodesicDistance } from './geodesic.ts'
import { outlineContains } from './intersect.ts'
import { readMgrs } from './mgrs.ts'
import type { LatLng, Outline } from './volume.ts'

/**
 * How a position is written. `cap` and `geojson` are bare signed decimal degrees, and differ only in which comes first:
 * latitude in CAP (`34.45,40.92`), longitude in GeoJSON (`[40.92,34.45]`). The others carry their hemispheres.
 */
export type PositionFormat =
  | 'decimal_degrees'
  | 'degrees_minutes'
  | 'degrees_minutes_seconds'
  | 'mgrs'
  | 'cap'
  | 'geojson'

export interface PositionInput {
  readonly text: string
  /** What the picker says. Without it the text must be clear by itself. */
  readonly format?: PositionFormat
  /** Required, here or in the text (`… WGS84`). */
  readonly datum?: string
  /** Where the position should be, when the asker knows: a reading outside it is suspect, and is checked for usual mistakes. */
  readonly expectedIn?: Outline
}

/** A usual mistake that would explain a reading: offered, never applied. */
export interface Suspicion {
  readonly kind: 'minutes_typed_as_decimals' | 'axes_swapped' | 'neighbouring_utm_zone'
  /** The place that was meant if the suspicion is right. */
  readonly point: LatLng
  /** How far that is from the reading, metres. */
  readonly distanceM: number
}

export interface PositionReading {
  readonly point: LatLng
  readonly format: PositionFormat
  /** How far the digits given leave the point uncertain, metres. */
  readonly precisionM: number
  /** Other readings worth showing before this one is used. */
  readonly suspicions: readonly Suspicion[]
  /** The reading lies outside `expectedIn`. */
  readonly outsideExpected: boolean
}

/**
 * Reads one position. Nothing is assumed: the datum must be named, hemispheres or an axis order must be given, and a text that can be
 * read in two ways is refused with both readings unless the format is stated.
 *
 * @throws GeoError `position_unreadable`, `position_ambiguous`, `position_part_out_of_range`, `position_hemisphere_missing`,
 * `latitude_out_of_range`, `longitude_out_of_range`, `datum_missing`, `datum_unsupported`, `mgrs_unreadable`, `mgrs_polar`,
 * with `/text` or `/datum` as the field and, where a mistake is likely, what may have been meant.
 */
export function readPosition(input: PositionInput | string): PositionReading {
  const { text, datum, format, expectedIn } = typeof input === 'string' ? ({ text: input } as PositionInput) : input
  if (text.length > 200) throw refuse('position_unreadable', text, 'must be at most 200 characters')
  const { bare, datumInText } = takeDatum(text)
  if (datum !== undefined && datumInText !== null) requireWgs84(datumInText, '/text')
  requireWgs84(datum ?? datumInText ?? undefined)
  const reading = readBare(bare, format, text)
  const outsideExpected = expectedIn !== undefined && !outlineContains(expectedIn, reading.point)
  const suspicions = [...reading.suspicions]
  if (outsideExpected) {
    for (const suspicion of likelyMistakes(reading.point)) {
      if (outlineContains(expectedIn, suspicion.point)) suspicions.push(suspicion)
    }
  }
  return { ...reading, suspicions, outsideExpected }
}

/** Readings that swapped axes or a neighbouring UTM zone would explain; in UTM the next zone is 6° of longitude away. */
export function likelyMistakes(point: LatLng): Suspicion[] {
  const { latDeg, lngDeg } = point
  const found: Suspicion[] = []
  if (Math.abs(lngDeg) <= 90) found.push(suspect('axes_swapped', point, { latDeg: lngDeg, lngDeg: latDeg }))
  for (const shift of [-6, 6]) {
    const moved = lngDeg + shift
    const lng = degrees(moved > 180 ? moved - 360 : moved < -180 ? moved + 360 : moved)
    found.push(suspect('neighbouring_utm_zone', point, { latDeg, lngDeg: lng }))
  }
  return found
}

function suspect(kind: Suspicion['kind'], from: LatLng, point: LatLng): Suspicion {
  return { kind, point, distanceM: geodesicDistance(from, point) }
}

const DATUM_IN_TEXT =
  /\b(wgs[\s_-]*(?:19)?84|w84|epsg::?\d+|ogc:[\d.]*:?crs84|(?:sk|ck)[\s_-]?(?:42|95)|pulkovo(?:[\s_-]*19(?:42|95))?|pz[\s_-]?90|ed[\s_-]?50|nad[\s_-]?(?:27|83)|etrs[\s_-]?89|osgb[\s_-]?36|gcj[\s_-]?02)\b/i

function takeDatum(text: string): { bare: string; datumInText: string | null } {
  const found = DATUM_IN_TEXT.exec(text)
  if (found === null) return { bare: text.trim(), datumInText: null }
  const bare = text
    .replace(found[0], ' ')
    .replaceAll('()', ' ')
    .replaceAll(/\(\s*\)/g, ' ')
    .trim()
  return { bare: bare.replace(/^[:,;]+|[:,;]+$/g, '').trim(), datumInText: found[0] }
}

type Reading = Omit<PositionReading, 'outsideExpected'>

const LOOKS_LIKE_MGRS = /^(\d{1,2}\s*[A-Z]|[ABYZ])\s*[A-Z]{2}[\s\d-]*$/i

function readBare(bare: string, format: PositionFormat | undefined, text: string): Reading {
  if (format === 'mgrs' || (format === undefined && LOOKS_LIKE_MGRS.test(bare))) {
    return { ...readMgrs(bare), format: 'mgrs', suspicions: [] }
  }
  if (format === 'cap' || format === 'geojson') return readPair(bare, format, text)
  return readAngles(bare, format, text)
}

/** Two bare signed decimals in the order the format lays down. */
function readPair(bare: string, format: 'cap' | 'geojson', text: string): Reading {
  const parts = /^\[?\s*([+-]?\d{1,3}(?:\.\d+)?)\s*(?:,|\s)\s*([+-]?\d{1,3}(?:\.\d+)?)\s*\]?$/.exec(bare)
  const order = format === 'cap' ? 'latitude, longitude' : 'longitude, latitude'
  if (parts === null) throw refuse('position_unreadable', text, `must be two decimal numbers: ${order}`)
  const [, first = '', second = ''] = parts
  const [lat, lng] = format === 'cap' ? [first, second] : [second, first]
  const latDeg = Number(lat)
  const lngDeg = Number(lng)
  if (Math.abs(latDeg) > 90 && Math.abs(lngDeg) <= 90) {
    throw refuse('latitude_out_of_range', text, `the order is ${order}, and a latitude must be within -90..90`, [
      `axes swapped: ${lng}, ${lat} as latitude, longitude`,
    ])
  }
  const point = checkRange(latDeg, lngDeg, text)
  return {
    point,
    format,
    precisionM: precisionOf([lat, lng], 111_320),
    suspicions: minutesAsDecimals(point, lat, lng),
  }
}

/** One coordinate as written: its numbers from degrees on, its hemisphere, whether a degree sign follows the first. */
interface Angle {
  readonly numbers: readonly string[]
  readonly hemisphere: string
  readonly signed: boolean
  readonly degreeSign: boolean
}

const ANGLE =
  /^\s*([NSEW])?\s*([+-])?\s*(\d{1,3}(?:\.\d+)?)\s*(°|º|˚|d|deg|:|-|\s)?\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:['′’]|m|min|:|-|\s)?\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:["″”]|''|′′|s|sec)?)?)?\s*([NSEW])?\s*$/

function readAngles(bare: string, format: PositionFormat | undefined, text: string): Reading {
  const [first, second] = splitPair(bare).map((part) => readAngle(part)) as [Angle | null, Angle | null]
  if (first === null || second === null) {
    throw refuse(
      'position_unreadable',
      text,
      'must be a latitude and a longitude in degrees, degrees and minutes, or degrees, minutes and seconds, with decimal points and N, S, E, W; or an MGRS reference',
    )
  }
  if (first.hemisphere === '' || second.hemisphere === '') {
    throw refuse(
      'position_hemisphere_missing',
      text,
      'both parts must carry N or S, and E or W; bare numbers need the format cap (latitude first) or geojson (longitude first)',
    )
  }
  const northFirst = 'NS'.includes(first.hemisphere)
  if (northFirst === 'NS'.includes(second.hemisphere)) {
    throw refuse('position_hemisphere_missing', text, 'one part must carry N or S and the other E or W')
  }
  if (first.signed || second.signed) {
    throw refuse('position_ambiguous', text, 'must not carry both a sign and a hemisphere')
  }
  if (first.numbers.length !== second.numbers.length) {
    throw refuse('position_unreadable', text, 'both parts must be written the same way')
  }
  const kind = (['decimal_degrees', 'degrees_minutes', 'degrees_minutes_seconds'] as const)[first.numbers.length - 1]
  if (kind === undefined || (format !== undefined && format !== kind)) {
    throw refuse('position_unreadable', text, `is not written in the format stated, ${format}; it looks like ${kind}`)
  }
  const [lat, lng] = northFirst ? [first, second] : [second, first]
  const point = checkRange(angleOf(lat, text), angleOf(lng, text), text)
  const last = [lat, lng].map(({ numbers }) => numbers.at(-1) as string)
  const unitM = { decimal_degrees: 111_320, degrees_minutes: 1855.3, degrees_minutes_seconds: 30.92 }[kind]
  // A degree sign says that the figure is degrees to its last digit.
  const suspicions =
    kind === 'decimal_degrees' && !(lat.degreeSign && lng.degreeSign)
      ? minutesAsDecimals(point, lat.numbers[0] as string, lng.numbers[0] as string)
      : []
  const [other] = suspicions
  if (format === undefined && other !== undefined) {
    throw refuse(
      'position_ambiguous',
      text,
      `can be read as decimal degrees and as degrees and minutes, ${Math.round(other.distanceM)} m apart: state the format, or write ° after decimal degrees`,
      [`${point.latDeg}°, ${point.lngDeg}°`, `${other.point.latDeg}°, ${other.point.lngDeg}°`],
    )
  }
  return { point, format: kind, precisionM: precisionOf(last, unitM), suspicions }
}

/** The text's two coordinates: at a comma or semicolon, else at a hemisphere, else in the middle of its numbers. */
function splitPair(bare: string): [string, string] {
  const marks = [...bare.matchAll(/[,;/]/g)]
  if (marks.length === 1) {
    const at = (marks[0] as RegExpExecArray).index
    return [bare.slice(0, at), bare.slice(at + 1)]
  }
  const letters = [...bare.matchAll(/[NSEW]/g)].filter(({ index }) => !/[a-z]/i.test(bare[index - 1] ?? ''))
  if (letters.length === 2) {
    const [one, two] = letters as [RegExpExecArray, RegExpExecArray]
    const leading = /^\s*$/.test(bare.slice(0, one.index))
    const at = leading ? two.index : one.index + 1
    return [bare.slice(0, at), bare.slice(at)]
  }
  const numbers = [...bare.matchAll(/[+-]?\d+(?:\.\d+)?/g)]
  if (numbers.length < 2 || numbers.length % 2 === 1) return [bare, '']
  const at = (numbers[numbers.length / 2] as RegExpExecArray).index
  return [bare.slice(0, at), bare.slice(at)]
}

function readAngle(part: string): Angle | null {
  const found = ANGLE.exec(part)
  if (found === null) return null
  const [, before, sign, whole = '', mark, minutes, seconds, after] = found
  if (before !== undefined && after !== undefined) return null
  const numbers = [whole, minutes, seconds].filter((value) => value !== undefined)
  if (numbers.slice(0, -1).some((value) => value.includes('.'))) return null
  return {
    numbers,
    hemisphere: (before ?? after ?? '').toUpperCase(),
    signed: sign !== undefined,
    degreeSign: mark !== undefined && /[°º˚d]/i.test(mark),
  }
}

function angleOf({ numbers, hemisphere }: Angle, text: string): number {
  const [whole = 0, minutes = 0, seconds = 0] = numbers.map(Number)
  if (minutes >= 60 || seconds >= 60) {
    throw refuse('position_part_out_of_range', text, 'minutes and seconds must be below 60')
  }
  const value = whole + minutes / 60 + seconds / 3600
  return hemisphere === 'S' || hemisphere === 'W' ? -value : value
}

function checkRange(latDeg: number, lngDeg: number, text: string): LatLng {
  if (Math.abs(latDeg) > 90) {
    throw refuse('latitude_out_of_range', text, `the latitude is ${latDeg}, and must be within -90..90 degrees`)
  }
  if (Math.abs(lngDeg) > 180) {
    throw refuse('longitude_out_of_range', text, `the longitude is ${lngDeg}, and must be within -180..180 degrees`)
  }
  return { latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) }
}

/**
 * The reading that holds if 34°27.014′ was typed as 34.27014. Only figures that can be minutes in both parts are suspect, and only with
 * four to six decimals: fewer are too coarse to have been minutes with a fraction, more too fine.
 */
function minutesAsDecimals(point: LatLng, lat: string, lng: string): Suspicion[] {
  const value = (text: string): number => {
    const [whole = '', decimals = ''] = text.replace(/^[+-]/, '').split('.')
    const minutes = Number(`${decimals.slice(0, 2)}.${decimals.slice(2)}`)
    return decimals.length < 4 || decimals.length > 6 || minutes >= 60 ? Number.NaN : Number(whole) + minutes / 60
  }
  const latDeg = Math.sign(point.latDeg) * value(lat)
  const lngDeg = Math.sign(point.lngDeg) * value(lng)
  if (Number.isNaN(latDeg) || Number.isNaN(lngDeg)) return []
  return [suspect('minutes_typed_as_decimals', point, { latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) })]
}

function precisionOf(texts: readonly string[], unitM: number): number {
  const decimals = Math.min(...texts.map((text) => text.split('.')[1]?.length ?? 0))
  return (unitM * 10 ** -decimals) / 2
}

function refuse(code: GeoErrorCode, value: string, rule: string, didYouMean: readonly string[] = []): GeoError {
  return new GeoError(code, {
    field: '/text',
    value: shorten(value),
    rule,
    ...(didYouMean.length === 0 ? {} : { didYouMean }),
  })
}

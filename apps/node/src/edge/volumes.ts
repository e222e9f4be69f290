import {
  ApiError,
  type Finding,
  formatRfc3339,
  fromDateTime,
  fromTime,
  type RidV1Volume4D,
  toTime,
  type Volume4D as WireVolume4D,
} from '@parley/contracts'
import { GeoError, type Outline, outlineAreaM2, type Volume4D, validateVolume } from '@parley/geo4d'
import { degrees, type EpochMs, type MetresHae, metres } from '@parley/units'

/** What the operation at hand allows. */
export interface VolumeLimits {
  readonly maxVertices: number
  /** Larger areas are `AREA_TOO_LARGE`. */
  readonly maxAreaM2: number
  /** The same for circles, which the reference implementation does not measure. */
  readonly maxCircleAreaM2: number
}

/** A circle of 100 km radius: where circles are not held to the limit of polygons, this is still the end. */
export const COMPAT_CIRCLE_AREA_M2 = Math.PI * 100_000 ** 2

/** The volumes of one request may cover so many times what one of them may: the work they make grows with it. */
const TOTAL_AREAS = 10
/** Below this many volumes their sum need not be taken. */
const FEW_VOLUMES = TOTAL_AREAS

const OPEN_START = Number.NEGATIVE_INFINITY as EpochMs
const OPEN_END = Number.POSITIVE_INFINITY as EpochMs
const OPEN_LOW = Number.NEGATIVE_INFINITY as MetresHae
const OPEN_HIGH = Number.POSITIVE_INFINITY as MetresHae

/** What the fields of a volume are called by those who sent it: the field of geo4d, and its JSON pointer in the request. */
type FieldNames = readonly (readonly [field: string, pointer: string])[]

const F3548_FIELDS: FieldNames = [
  ['/outline/vertices', '/volume/outline_polygon/vertices'],
  ['/outline/centre', '/volume/outline_circle/center'],
  ['/outline/radiusM', '/volume/outline_circle/radius/value'],
  ['/altitudeLowerM', '/volume/altitude_lower/value'],
  ['/altitudeUpperM', '/volume/altitude_upper/value'],
  ['/startMs', '/time_start/value'],
  ['/endMs', '/time_end/value'],
]
const RID_V1_FIELDS: FieldNames = [
  ['/outline/vertices', '/spatial_volume/footprint/vertices'],
  ['/altitudeLowerM', '/spatial_volume/altitude_lo'],
  ['/altitudeUpperM', '/spatial_volume/altitude_hi'],
  ['/startMs', '/time_start'],
  ['/endMs', '/time_end'],
]
/** The area of a query is one text: nothing in it has a name of its own. */
const QUERY_FIELDS: FieldNames = [['/outline', '']]

function pointerOf(field: string, names: FieldNames): string {
  const named = names.find(([own]) => field.startsWith(own))
  if (named === undefined) return ''
  const [own, pointer] = named
  if (pointer === '') return ''
  return `${pointer}${field.slice(own.length)}`.replace(/\/latDeg$/, '/lat').replace(/\/lngDeg$/, '/lng')
}

const invalid = (finding: Finding): ApiError =>
  new ApiError('INVALID_VOLUME', { message: `${finding.field}: ${finding.rule}`, findings: [finding] })

/** Reads all `extents` of a request. @throws {ApiError} that names the field */
export function readVolumes(extents: readonly WireVolume4D[], at: string, limits: VolumeLimits): Volume4D[] {
  let vertices = 0
  const volumes = extents.map((wire, i) => {
    const volume = readVolume(wire, `${at}/${i}`, limits)
    vertices += volume.outline.kind === 'polygon' ? volume.outline.vertices.length : 1
    return volume
  })
  if (vertices > limits.maxVertices)
    throw new ApiError('TOO_MANY_VERTICES', {
      findings: [{ field: at, value: String(vertices), rule: `at most ${limits.maxVertices} vertices in all` }],
    })
  if (volumes.length > FEW_VOLUMES) {
    let totalM2 = 0
    for (const { outline } of volumes) totalM2 += outlineAreaM2(outline)
    const limitM2 = TOTAL_AREAS * limits.maxAreaM2
    if (totalM2 > limitM2) throw areaTooLarge(at, totalM2, limitM2)
  }
  return volumes
}

function areaTooLarge(field: string, areaM2: number, limitM2: number): ApiError {
  const value = `${(areaM2 / 1e6).toFixed(1)} km²`
  return new ApiError('AREA_TOO_LARGE', {
    findings: [{ field, value, rule: `at most ${Math.floor(limitM2 / 1e6)} km²` }],
  })
}

/** Reads one volume of F3548-21 or F3411-22a; bounds that are absent are open. @throws {ApiError} that names the field */
export function readVolume(wire: WireVolume4D, at: string, limits: VolumeLimits): Volume4D {
  const { volume, time_start, time_end } = wire
  const circle = volume.outline_circle ?? null
  const polygon = volume.outline_polygon ?? null
  if ((circle === null) === (polygon === null))
    throw invalid({
      field: `${at}/volume`,
      value: circle === null ? 'nothing' : 'both',
      rule: 'give exactly one of outline_circle and outline_polygon',
    })
  let outline: Outline
  if (polygon !== null)
    outline = {
      kind: 'polygon',
      vertices: polygon.vertices.map(({ lat, lng }) => ({ latDeg: degrees(lat), lngDeg: degrees(lng) })),
    }
  else {
    const center = circle?.center ?? null
    const radius = circle?.radius ?? null
    if (center === null || radius === null)
      throw invalid({
        field: `${at}/volume/outline_circle/${center === null ? 'center' : 'radius'}`,
        value: 'nothing',
        rule: 'a circle needs center and radius',
      })
    outline = {
      kind: 'circle',
      centre: { latDeg: degrees(center.lat), lngDeg: degrees(center.lng) },
      radiusM: metres(radius.value),
    }
  }
  return checked(
    {
      outline,
      altitudeLowerM: (volume.altitude_lower?.value as MetresHae | undefined) ?? OPEN_LOW,
      altitudeUpperM: (volume.altitude_upper?.value as MetresHae | undefined) ?? OPEN_HIGH,
      startMs: time_start ? fromTime(time_start) : OPEN_START,
      endMs: time_end ? fromTime(time_end) : OPEN_END,
    },
    at,
    { limits, names: F3548_FIELDS },
  )
}

/** Reads a volume of F3411-19. @throws {ApiError} that names the field */
export function readRidV1Volume(wire: RidV1Volume4D, at: string, limits: VolumeLimits): Volume4D {
  const { footprint, altitude_lo, altitude_hi } = wire.spatial_volume
  return checked(
    {
      outline: {
        kind: 'polygon',
        vertices: footprint.vertices.map(({ lat, lng }) => ({ latDeg: degrees(lat), lngDeg: degrees(lng) })),
      },
      altitudeLowerM: (altitude_lo as MetresHae | null | undefined) ?? OPEN_LOW,
      altitudeUpperM: (altitude_hi as MetresHae | null | undefined) ?? OPEN_HIGH,
      startMs: wire.time_start ? fromDateTime(wire.time_start) : OPEN_START,
      endMs: wire.time_end ? fromDateTime(wire.time_end) : OPEN_END,
    },
    at,
    { limits, names: RID_V1_FIELDS },
  )
}

/** Reads the `area` of an F3411 query: `lat,lng,lat,lng,…`. @throws {ApiError} that names the field */
export function readArea(text: string, limits: VolumeLimits): Volume4D {
  const field = '/query/area'
  const numbers = text
    .split(',')
    .map((part) => (/^\s*-?\d{1,3}(\.\d{1,20})?([eE][-+]?\d{1,3})?\s*$/.test(part) ? Number(part) : Number.NaN))
  const shown = text.slice(0, 60)
  if (numbers.some((n) => Number.isNaN(n)) || numbers.length % 2 !== 0)
    throw new ApiError('INVALID_PARAMETER', { findings: [{ field, value: shown, rule: 'must be lat,lng,lat,lng,…' }] })
  if (numbers.length < 6)
    throw new ApiError('INVALID_PARAMETER', {
      findings: [{ field, value: shown, rule: 'needs at least three vertices' }],
    })
  const vertices = []
  for (let i = 0; i < numbers.length; i += 2)
    vertices.push({ latDeg: degrees(numbers[i] as number), lngDeg: degrees(numbers[i + 1] as number) })
  return checked(
    {
      outline: { kind: 'polygon', vertices },
      altitudeLowerM: OPEN_LOW,
      altitudeUpperM: OPEN_HIGH,
      startMs: OPEN_START,
      endMs: OPEN_END,
    },
    field,
    { limits, names: QUERY_FIELDS },
  )
}

function checked(
  volume: Volume4D,
  at: string,
  { limits, names }: { readonly limits: VolumeLimits; readonly names: FieldNames },
): Volume4D {
  try {
    validateVolume(volume)
  } catch (error) {
    if (!(error instanceof GeoError)) throw error
    const { field, value, rule } = error.details as { field: string; value: unknown; rule: string }
    const pointer = `${at}${pointerOf(field, names)}`
    // Where the sentence names another field, it does so in the sender's words.
    const said =
      error.code === 'times_reversed'
        ? { value: formatRfc3339(volume.startMs), rule: `must not be after the end, ${formatRfc3339(volume.endMs)}` }
        : error.code === 'altitudes_reversed'
          ? { value: String(value), rule: `must not be above the upper bound, ${volume.altitudeUpperM} m` }
          : { value: String(value).slice(0, 60), rule }
    throw new ApiError('INVALID_VOLUME', {
      message: `${pointer}: ${said.rule}`,
      findings: [{ field: pointer, ...said }],
      cause: error,
    })
  }
  const limitM2 = volume.outline.kind === 'circle' ? limits.maxCircleAreaM2 : limits.maxAreaM2
  if (!surelyWithin(volume.outline, limitM2)) {
    const areaM2 = outlineAreaM2(volume.outline)
    if (areaM2 > limitM2) throw areaTooLarge(at, areaM2, limitM2)
  }
  return volume
}

/** No degree of latitude or longitude is longer than this. */
const LONGEST_DEGREE_M = 111_700

/** Whether the outline's box in degrees is so small that its area need not be worked out: true of nearly every plan. */
function surelyWithin(outline: Outline, maxAreaM2: number): boolean {
  if (outline.kind === 'circle') return 4 * outline.radiusM * outline.radiusM <= maxAreaM2
  let south = 90
  let north = -90
  let west = 180
  let east = -180
  for (const { latDeg, lngDeg } of outline.vertices) {
    if (latDeg < south) south = latDeg
    if (latDeg > north) north = latDeg
    if (lngDeg < west) west = lngDeg
    if (lngDeg > east) east = lngDeg
  }
  return (north - south) * (east - west) * LONGEST_DEGREE_M * LONGEST_DEGREE_M <= maxAreaM2 && east - west < 180
}

/** A volume as F3548-21 writes it; open bounds are left out. */
export function writeVolume(volume: Volume4D): WireVolume4D {
  const { outline } = volume
  const altitude = (value: number): { value: number; reference: 'W84'; units: 'M' } => ({
    value,
    reference: 'W84',
    units: 'M',
  })
  return {
    volume: {
      ...(outline.kind === 'circle'
        ? {
            outline_circle: {
              center: { lat: outline.centre.latDeg, lng: outline.centre.lngDeg },
              radius: { value: outline.radiusM, units: 'M' as const },
            },
          }
        : {
            outline_polygon: { vertices: outline.vertices.map(({ latDeg, lngDeg }) => ({ lat: latDeg, lng: lngDeg })) },
          }),
      ...(Number.isFinite(volume.altitudeLowerM) ? { altitude_lower: altitude(volume.altitudeLowerM) } : {}),
      ...(Number.isFinite(volume.altitudeUpperM) ? { altitude_upper: altitude(volume.altitudeUpperM) } : {}),
    },
    ...(Number.isFinite(volume.startMs) ? { time_start: toTime(volume.startMs) } : {}),
    ...(Number.isFinite(volume.endMs) ? { time_end: toTime(volume.endMs) } : {}),
  }
}

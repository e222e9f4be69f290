import { GeoError, type Outline, validateVolume, type Volume4D } from '@parley/geo4d'
import type { JsonObject } from '@parley/record'
import { degrees, epochMs, metres, metresHae } from '@parley/units'
import type { FieldReader } from './fields.ts'

const E7 = 1e7
const MAX_CORNERS = 256

/**
 * Reads a volume as acts write it: `{circle: {lat_e7, lng_e7, radius_cm}}` or `{polygon: [[lat_e7, lng_e7], …]}` (WGS84, geodesic
 * edges, not closed) with `lower_cm` and `upper_cm` above the ellipsoid and `start` and `end` in unix seconds. Nothing may be left out.
 */
export function readVolume(fields: FieldReader): Volume4D {
  fields.only('circle', 'polygon', 'lower_cm', 'upper_cm', 'start', 'end')
  if (fields.has('circle') === fields.has('polygon'))
    throw fields.refusal('polygon', 'must be there, or circle, and not both')
  const height = (field: string): number => fields.integer(field, { min: -800_000, max: 10_000_000 }) / 100
  const volume: Volume4D = {
    outline: fields.has('circle') ? readCircle(fields.object('circle')) : readPolygon(fields),
    altitudeLowerM: metresHae(height('lower_cm')),
    altitudeUpperM: metresHae(height('upper_cm')),
    startMs: epochMs(fields.seconds('start') * 1000),
    endMs: epochMs(fields.seconds('end') * 1000),
  }
  try {
    validateVolume(volume)
  } catch (error) {
    if (error instanceof GeoError) throw fields.refusal('polygon', `must be a volume: ${error.message}`)
    throw error
  }
  return volume
}

function readCircle(fields: FieldReader): Outline {
  fields.only('lat_e7', 'lng_e7', 'radius_cm')
  const lat = fields.integer('lat_e7', { min: -90 * E7, max: 90 * E7 })
  const lng = fields.integer('lng_e7', { min: -180 * E7, max: 180 * E7 })
  const radius = fields.integer('radius_cm', { min: 1, max: 100_000_000 })
  return {
    kind: 'circle',
    centre: { latDeg: degrees(lat / E7), lngDeg: degrees(lng / E7) },
    radiusM: metres(radius / 100),
  }
}

function readPolygon(fields: FieldReader): Outline {
  const corners = fields.list('polygon', { min: 3, max: MAX_CORNERS })
  return {
    kind: 'polygon',
    vertices: corners.map((corner) => {
      const [lat, lng] = Array.isArray(corner) ? (corner as readonly unknown[]) : []
      const fits = (value: unknown, limit: number): value is number =>
        typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) <= limit * E7
      if (!Array.isArray(corner) || corner.length !== 2 || !fits(lat, 90) || !fits(lng, 180))
        throw fields.refusal('polygon', 'must be corners [lat, lng] in 1e-7 degree')
      return { latDeg: degrees(lat / E7), lngDeg: degrees(lng / E7) }
    }),
  }
}

/** The volume as an act's body writes it; heights outwards to the centimetre, times outwards to the second. */
export function volumeBody(volume: Volume4D): JsonObject {
  const e7 = (value: number): number => Math.round(value * E7)
  const { outline } = volume
  const place: JsonObject =
    outline.kind === 'circle'
      ? {
          circle: {
            lat_e7: e7(outline.centre.latDeg),
            lng_e7: e7(outline.centre.lngDeg),
            radius_cm: Math.ceil(outline.radiusM * 100),
          },
        }
      : { polygon: outline.vertices.map(({ latDeg, lngDeg }) => [e7(latDeg), e7(lngDeg)]) }
  return {
    ...place,
    lower_cm: Math.floor(volume.altitudeLowerM * 100),
    upper_cm: Math.ceil(volume.altitudeUpperM * 100),
    start: Math.floor(volume.startMs / 1000),
    end: Math.ceil(volume.endMs / 1000),
  }
}

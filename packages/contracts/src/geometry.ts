import { type Static, Type } from 'typebox'
import { Time } from './common.ts'
import { named, omissible } from './schema.ts'

/** Degrees of latitude on WGS84, -90 to 90. */
export const Latitude = Type.Number({ minimum: -90, maximum: 90 })
/** Degrees of longitude on WGS84, -180 to 180. */
export const Longitude = Type.Number({ minimum: -180, maximum: 180 })

export const LatLngPoint = named('LatLngPoint', { lat: Latitude, lng: Longitude })
export type LatLngPoint = Static<typeof LatLngPoint>

/** Metres, more than zero. */
export const Radius = named('Radius', { value: Type.Number({ exclusiveMinimum: 0 }), units: Type.Enum(['M']) })
export type Radius = Static<typeof Radius>

/** Metres above the WGS84 ellipsoid; other references and units are refused. */
export const Altitude = named('Altitude', {
  value: Type.Number({ minimum: -8000, maximum: 100_000 }),
  reference: Type.Enum(['W84']),
  units: Type.Enum(['M']),
})
export type Altitude = Static<typeof Altitude>

/** A simple ring without a repeated last vertex; the smaller side is meant. Crossings are judged by the rules. */
export const Polygon = named('Polygon', { vertices: Type.Array(LatLngPoint, { minItems: 3 }) })
export type Polygon = Static<typeof Polygon>

/** The standard leaves both fields optional; the rules demand both. */
export const Circle = named('Circle', { center: omissible(LatLngPoint), radius: omissible(Radius) })
export type Circle = Static<typeof Circle>

/** Exactly one outline is demanded by the rules. */
export const Volume3D = named('Volume3D', {
  outline_circle: omissible(Circle),
  outline_polygon: omissible(Polygon),
  altitude_lower: omissible(Altitude),
  altitude_upper: omissible(Altitude),
})
export type Volume3D = Static<typeof Volume3D>

/** Space and time; an absent bound means that side is open. */
export const Volume4D = named('Volume4D', { volume: Volume3D, time_start: omissible(Time), time_end: omissible(Time) })
export type Volume4D = Static<typeof Volume4D>

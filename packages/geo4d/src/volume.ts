import type { Degrees, EpochMs, Metres, MetresHae } from '@parley/units'

/** A point on the WGS84 ellipsoid. */
export interface LatLng {
  readonly latDeg: Degrees
  readonly lngDeg: Degrees
}

/** A ring of geodesic edges, not closed (the last vertex is not the first again), winding ignored: the smaller side is inside. */
export interface PolygonOutline {
  readonly kind: 'polygon'
  readonly vertices: readonly LatLng[]
}

/** All points within `radiusM` of `centre`, measured along the WGS84 ellipsoid. */
export interface CircleOutline {
  readonly kind: 'circle'
  readonly centre: LatLng
  readonly radiusM: Metres
}

export type Outline = PolygonOutline | CircleOutline

/**
 * A region of space and time, faces included. An absent bound is `-Infinity` or `Infinity`, so that no reader needs a special case.
 * Heights are metres above the WGS84 ellipsoid.
 */
export interface Volume4D {
  readonly outline: Outline
  readonly altitudeLowerM: MetresHae
  readonly altitudeUpperM: MetresHae
  readonly startMs: EpochMs
  readonly endMs: EpochMs
}

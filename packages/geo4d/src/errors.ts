import { RefusedError } from '@parley/units'

/** Every way in which geometry or a position can be refused. */
export type GeoErrorCode =
  | 'too_few_vertices'
  | 'too_many_vertices'
  | 'coordinate_not_finite'
  | 'latitude_out_of_range'
  | 'longitude_out_of_range'
  | 'repeated_vertex'
  | 'edges_cross'
  | 'ring_touches_itself'
  | 'edge_antipodal'
  | 'extent_too_large'
  | 'perimeter_too_long'
  | 'area_too_large'
  | 'radius_not_positive'
  | 'radius_too_large'
  | 'altitude_not_a_number'
  | 'altitudes_reversed'
  | 'time_not_a_number'
  | 'times_reversed'
  | 'position_unreadable'
  | 'position_ambiguous'
  | 'position_part_out_of_range'
  | 'position_hemisphere_missing'
  | 'datum_missing'
  | 'datum_unsupported'
  | 'mgrs_unreadable'
  | 'mgrs_polar'

/** Which value broke which rule. */
export interface GeoErrorDetails {
  /** JSON pointer into the outline, volume or position that was refused. */
  readonly field: string
  /** The value, short enough to show. */
  readonly value: unknown
  /** What would have been right. */
  readonly rule: string
  /** Readings the writer may have meant; never applied, only offered. */
  readonly didYouMean?: readonly string[]
}

/** Geometry or a position that cannot be what its writer means. */
export class GeoError extends RefusedError {
  readonly code: GeoErrorCode
  declare readonly details: GeoErrorDetails & Readonly<Record<string, unknown>>

  constructor(code: GeoErrorCode, details: GeoErrorDetails) {
    super(`${details.field}: ${details.rule} (got ${describeValue(details.value)})`, { ...details })
    this.code = code
  }
}

function describeValue(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

import {
  type Band,
  type HeightLimit,
  heightLimit,
  lowerLimit,
  NO_LOWER,
  NO_UPPER,
  type VerticalReference,
} from '../model/height.ts'
import { isRecord, member, numberAt, oneOf, recordAt, refuse } from './field.ts'

export const METRES_PER_FOOT = 0.3048

/** Heights beyond this are units mixed up or "unknown" written as a number (Cursor on Target writes 9999999). */
const HEIGHT_RANGE_M = { min: -12_000, max: 1_000_000 }

/** Adds a lower limit and an upper one to a band, refusing one that stands upside down. */
export function bandOf(lower: HeightLimit, upper: HeightLimit, pointer: string): Band {
  if (lower.reference === upper.reference && lower.valueM > upper.valueM) {
    refuse('out-of-range', pointer, {
      value: lower.valueM,
      rule: `the lower limit lies above the upper one (${upper.valueM} m)`,
    })
  }
  return { lower, upper }
}

/** F3548-21 `Altitude`: `{value, reference: "W84", units: "M"}`; absent or null means no limit. */
export function f3548Altitude(value: unknown, pointer: string, side: 'lower' | 'upper'): HeightLimit {
  if (value === undefined || value === null) return side === 'lower' ? NO_LOWER : NO_UPPER
  const altitude = recordAt(value, pointer)
  const valueM = numberAt(altitude['value'], member(pointer, 'value'), HEIGHT_RANGE_M)
  if (altitude['reference'] !== 'W84') {
    refuse('unknown-datum', member(pointer, 'reference'), {
      value: altitude['reference'],
      rule: 'F3548-21 allows only W84',
    })
  }
  if (altitude['units'] !== 'M') {
    refuse('no-unit', member(pointer, 'units'), { value: altitude['units'], rule: 'F3548-21 allows only M' })
  }
  return heightLimit(valueM, 'W84')
}

const REFERENCES: Readonly<Record<string, VerticalReference>> = {
  W84: 'W84',
  WGS84: 'W84',
  AGL: 'AGL',
  AMSL: 'AMSL',
  STD: 'STD',
}

/** A vertical reference by name, case ignored: W84 or WGS84, AMSL, AGL, STD. */
export function referenceAt(value: unknown, pointer: string): VerticalReference {
  const reference = typeof value === 'string' ? REFERENCES[value.toUpperCase()] : undefined
  if (reference !== undefined) return reference
  refuse('unknown-datum', pointer, {
    value,
    rule: 'a height needs its reference: W84, WGS84, AMSL, AGL or STD',
  })
}

/** Metres of one unit: `m`, `M`, `ft`, `FT`. */
export function unitAt(value: unknown, pointer: string): number {
  if (value === 'm' || value === 'M') return 1
  if (value === 'ft' || value === 'FT') return METRES_PER_FOOT
  refuse('no-unit', pointer, { value, rule: 'a height needs its unit: m or ft' })
}

/** A limit in a stated unit above a stated reference. */
export function limitAt(
  value: unknown,
  pointer: string,
  { side, metresPerUnit, reference }: { side: 'lower' | 'upper'; metresPerUnit: number; reference: VerticalReference },
): HeightLimit {
  const stated = numberAt(value, pointer, {
    min: HEIGHT_RANGE_M.min / metresPerUnit,
    max: HEIGHT_RANGE_M.max / metresPerUnit,
  })
  return (side === 'lower' ? lowerLimit : heightLimit)(stated * metresPerUnit, reference)
}

/**
 * A height object of a GeoJSON property, `{value, reference, units}` with any reference and unit this tool knows. Null means no limit.
 */
export function heightObject(value: unknown, pointer: string, side: 'lower' | 'upper'): HeightLimit {
  if (value === null) return side === 'lower' ? NO_LOWER : NO_UPPER
  if (!isRecord(value)) {
    refuse('no-unit', pointer, {
      value,
      rule: 'a bare number has no unit and no reference: write {"value": …, "reference": "W84", "units": "M"}',
    })
  }
  oneOf(value['units'], member(pointer, 'units'), ['m', 'M', 'ft', 'FT'])
  return limitAt(value['value'], member(pointer, 'value'), {
    side,
    metresPerUnit: unitAt(value['units'], member(pointer, 'units')),
    reference: referenceAt(value['reference'], member(pointer, 'reference')),
  })
}

/** Which surface a height is measured from. A geoid other than the default is part of the name: two of them are two references. */
export type VerticalReference = 'W84' | 'AGL' | 'STD' | 'AMSL' | `AMSL ${string}`

/**
 * One limit of a height band as it was stated, in metres above `reference`, and the range of W84 heights it can stand for.
 * `lowM === highM === valueM` for W84; the range is what the shape of the Earth allows, not an estimate; for pressure altitude
 * it is everything. No limit is `-Infinity` or `Infinity` in all three.
 */
export interface HeightLimit {
  readonly valueM: number
  readonly reference: VerticalReference
  readonly lowM: number
  readonly highM: number
}

/** A band of heights, both limits included. `unknown` says why the heights are not known; the limits are then infinite. */
export interface Band {
  readonly lower: HeightLimit
  readonly upper: HeightLimit
  readonly unknown?: string
}

/**
 * Geoid undulation lies within -107…+86 m everywhere (EGM96, EGM2008), so a height above mean sea level is a W84 height within
 * these bounds whatever the geoid model.
 */
const GEOID_LOW_M = -110
const GEOID_HIGH_M = 90
/** Ground, in W84 metres, from the shore of the Dead Sea to the top of Everest, with room for open pits and for snow. */
const GROUND_LOW_M = -600
const GROUND_HIGH_M = 8_900

export const NO_LOWER: HeightLimit = { valueM: -Infinity, reference: 'W84', lowM: -Infinity, highM: -Infinity }
export const NO_UPPER: HeightLimit = { valueM: Infinity, reference: 'W84', lowM: Infinity, highM: Infinity }

/** A band about which nothing is known but that something is there. */
export function unknownBand(why: string): Band {
  return { lower: NO_LOWER, upper: NO_UPPER, unknown: why }
}

/** A limit at a stated height above a stated surface. */
export function heightLimit(valueM: number, reference: VerticalReference): HeightLimit {
  switch (reference) {
    case 'W84':
      return { valueM, reference, lowM: valueM, highM: valueM }
    case 'AGL':
      return { valueM, reference, lowM: valueM + GROUND_LOW_M, highM: valueM + GROUND_HIGH_M }
    case 'STD':
      return { valueM, reference, lowM: -Infinity, highM: Infinity }
    case 'AMSL':
    default:
      return { valueM, reference, lowM: valueM + GEOID_LOW_M, highM: valueM + GEOID_HIGH_M }
  }
}

/** A lower limit at the ground or under it: nothing flies lower, so it bounds nothing. */
export function lowerLimit(valueM: number, reference: VerticalReference): HeightLimit {
  return reference === 'AGL' && valueM <= 0 ? NO_LOWER : heightLimit(valueM, reference)
}

/** Whether the height is one of the ellipsoid, so that no terrain and no geoid stands between it and another. */
export function isW84(limit: HeightLimit): boolean {
  return limit.reference === 'W84'
}

/** How far `lower` lies above `upper`: the least and the most it can be, written to `out[0]` and `out[1]`. Negative: they overlap. */
export function limitGap(
  lower: HeightLimit,
  upper: HeightLimit,
  options: { samePlace: boolean; out: Float64Array },
): void {
  const { out } = options
  if (lower.valueM === -Infinity || upper.valueM === Infinity) {
    out[0] = -Infinity
    out[1] = -Infinity
  } else if (lower.reference === upper.reference && (lower.reference !== 'AGL' || options.samePlace)) {
    // Above ground, the same number is the same height only over the same ground.
    out[0] = lower.valueM - upper.valueM
    out[1] = out[0]
  } else if (lower.reference === 'STD' || upper.reference === 'STD') {
    out[0] = -Infinity
    out[1] = Infinity
  } else {
    out[0] = lower.lowM - upper.highM
    out[1] = lower.highM - upper.lowM
  }
}

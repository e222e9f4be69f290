import { type Ball, ballOf } from '../geometry/ball.ts'
import type { VerticalReference } from '../model/height.ts'
import type { Piece } from '../model/item.ts'
import type { Minima } from './minima.ts'

/** Numbers of one box: x, y, z (Earth-centred metres), time (ms), height (m), lowest then highest of each. */
export const DIMENSIONS = 5

/** Boxes of pieces, each grown by its margin and half the minima: two pieces that meet have boxes that meet. */
export interface Bounds {
  readonly count: number
  readonly low: Float64Array
  readonly high: Float64Array
  readonly balls: readonly Ball[]
}

export function boundsOf(pieces: readonly Piece[], minima: Minima): Bounds {
  const count = pieces.length
  const low = new Float64Array(DIMENSIONS * count)
  const high = new Float64Array(DIMENSIONS * count)
  const reference = commonReference(pieces)
  const balls = pieces.map((piece) => ballOf(piece.shape))
  for (let k = 0; k < count; k++) {
    const { margin, interval, band } = pieces[k] as Piece
    const { x, y, z, radiusM } = balls[k] as Ball
    const at = DIMENSIONS * k
    const reach = radiusM + margin.lateralM + minima.horizontalM / 2
    low[at] = x - reach
    high[at] = x + reach
    low[at + 1] = y - reach
    high[at + 1] = y + reach
    low[at + 2] = z - reach
    high[at + 2] = z + reach
    low[at + 3] = interval.startMs - margin.timeMs - minima.timeApartMs / 2
    high[at + 3] = interval.endMs + margin.timeMs + minima.timeApartMs / 2
    // Heights above other surfaces cannot be sorted with these: such pieces are open above and below.
    const reachM = margin.verticalM + minima.verticalM / 2
    low[at + 4] = band.lower.reference === reference ? band.lower.valueM - reachM : -Infinity
    high[at + 4] = band.upper.reference === reference ? band.upper.valueM + reachM : Infinity
  }
  return { count, low, high, balls }
}

function commonReference(pieces: readonly Piece[]): VerticalReference {
  const counts = new Map<VerticalReference, number>()
  for (const { band } of pieces) {
    if (Number.isFinite(band.lower.valueM))
      counts.set(band.lower.reference, (counts.get(band.lower.reference) ?? 0) + 1)
  }
  let best: VerticalReference = 'W84'
  for (const [reference, count] of counts) if (reference !== 'AGL' && count > (counts.get(best) ?? 0)) best = reference
  return best
}

import type { AvailabilityRow } from './types.ts'

/** The picture of a direction's availability: a bar from the beginning of the period to now, with what is known of each stretch. */

export const PERIOD_S: Readonly<Record<AvailabilityRow['period'], number>> = {
  day: 86_400,
  week: 7 * 86_400,
  month: 30 * 86_400,
}

export interface Stretch {
  readonly kind: 'open' | 'gap' | 'unobserved'
  /** From the beginning of the bar, 0 to 1. */
  readonly from: number
  readonly to: number
}

/** Below this share of the bar a gap is widened, for no gap may vanish from the picture. */
const LEAST = 0.006

/**
 * Stretches of the bar. The node tells how long was observed, not which stretches were not: what was not is drawn at the beginning,
 * where observation had not begun yet.
 */
export function stretchesOf({ period, observedS, gaps }: AvailabilityRow, nowS: number): readonly Stretch[] {
  const lengthS = PERIOD_S[period]
  const startS = nowS - lengthS
  const at = (timeS: number): number => Math.min(1, Math.max(0, (timeS - startS) / lengthS))
  const seenFrom = at(nowS - Math.min(observedS, lengthS))
  const out: Stretch[] = []
  if (seenFrom > 0) out.push({ kind: 'unobserved', from: 0, to: seenFrom })
  if (seenFrom < 1) out.push({ kind: 'open', from: seenFrom, to: 1 })
  for (const { fromS, untilS } of gaps) {
    const from = at(fromS)
    const to = at(untilS ?? nowS)
    if (to <= 0) continue
    out.push({ kind: 'gap', from: Math.min(from, 1 - LEAST), to: Math.max(to, Math.min(1, from + LEAST)) })
  }
  return out
}

import { GeoError, geodesicDistance, readPosition } from '@parley/geo4d'
import { degrees } from '@parley/units'
import type { ReadBackBody } from './acks.ts'
import type { ContentItem } from './content.ts'
import type { MessageBody } from './message.ts'
import { formatItem } from './templates.ts'

/** How one item came back. */
export type ReadBackFinding =
  | { readonly letter: string; readonly kind: 'match' }
  | { readonly letter: string; readonly kind: 'missing' }
  | { readonly letter: string; readonly kind: 'unknown-item' }
  /** What was heard, what was sent, and for a position how far apart, metres. */
  | {
      readonly letter: string
      readonly kind: 'mismatch'
      readonly sent: string
      readonly heard: string
      readonly distanceM: number | null
    }

/** Positions that differ by less than this are one: what the coarsest notation of a careful officer rounds away. */
const SAME_PLACE_M = 50

/** Items a person must say back; free text and agreed codes need not be. */
const MUST_READ_BACK = new Set<ContentItem['type']>(['position', 'altitude', 'time', 'volume', 'number'])

/**
 * Compares a read-back with what was sent, item by item: positions as places in whatever notation they came back, all else as the text
 * in which the item is shown. The sender's desk decides by this, not by the reader's word (AC-04).
 */
export function compareReadBack(
  { content }: Pick<MessageBody, 'content'>,
  items: ReadBackBody['items'],
): ReadBackFinding[] {
  const heard = new Map(items.map(({ letter, text }) => [letter, text]))
  const findings = content.flatMap((item): ReadBackFinding[] => {
    const text = heard.get(item.letter)
    heard.delete(item.letter)
    if (text !== undefined) return [compareItem(item, text)]
    return MUST_READ_BACK.has(item.type) ? [{ letter: item.letter, kind: 'missing' }] : []
  })
  return [...findings, ...[...heard.keys()].map((letter) => ({ letter, kind: 'unknown-item' as const }))]
}

const squeezed = (text: string): string => text.toUpperCase().replace(/\s+/g, ' ').trim()

function compareItem(item: ContentItem, text: string): ReadBackFinding {
  const { letter } = item
  const sent = formatItem(item)
  if (item.type !== 'position')
    return squeezed(text) === squeezed(sent)
      ? { letter, kind: 'match' }
      : { letter, kind: 'mismatch', sent, heard: text, distanceM: null }
  try {
    const { point } = readPosition({ text, datum: 'WGS84' })
    const distanceM = geodesicDistance(point, { latDeg: degrees(item.latDeg), lngDeg: degrees(item.lngDeg) })
    return distanceM <= SAME_PLACE_M
      ? { letter, kind: 'match' }
      : { letter, kind: 'mismatch', sent, heard: text, distanceM }
  } catch (error) {
    if (error instanceof GeoError) return { letter, kind: 'mismatch', sent, heard: text, distanceM: null }
    throw error
  }
}

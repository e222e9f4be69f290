import type { LatLng } from '@parley/geo4d'
import { degrees } from '@parley/units'
import type { Sentence } from './i18n.ts'
export const notations = ['decimal', 'dm', 'dms', 'mgrs'] as const
export type Notation = (typeof notations)[number]
export type TypedPosition = { readonly kind: 'point'; readonly point: LatLng } | { readonly kind: 'problem'; readonly sentence: Sentence }
export function readTyped(notation: Notation, text: string): TypedPosition {
  const m = /^\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*$/.exec(text)
  if (m === null || notation !== 'decimal') return { kind: 'problem', sentence: { key: 'error.position', args: { value: text, rule: 'TEMP' } } }
  return { kind: 'point', point: { latDeg: degrees(Number(m[1])), lngDeg: degrees(Number(m[2])) } }
}
export function echoesOf(point: LatLng): string[] {
  return [`${point.latDeg.toFixed(6)}, ${point.lngDeg.toFixed(6)}`]
}

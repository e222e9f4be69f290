import { volumeBody } from '@parley/line'
import type { JsonObject } from '@parley/record'
import type { Volume4D } from '@parley/geo4d'
import { utcSpan } from '../instant-text.ts'
import type { VolumeJson } from './types.ts'

/** Volumes of the line as figures and as acts write them. */

/** The node's JSON of a volume is a volume: the brands of its numbers are the page's own affair. */
export const volumeOf = (volume: VolumeJson): Volume4D => volume as unknown as Volume4D

export const volumeJson = (volume: VolumeJson): JsonObject => volumeBody(volumeOf(volume))

const five = (value: number): string => value.toFixed(5)

/** `34.45000, 40.92000 r 8000 m · 3000–4500 m W84 · 2026-11-22 10:15Z – 11:15Z`. */
export function volumeText({ outline, altitudeLowerM, altitudeUpperM, startMs, endMs }: VolumeJson): string {
  const place =
    outline.kind === 'circle'
      ? `${five(outline.centre.latDeg)}, ${five(outline.centre.lngDeg)} r ${outline.radiusM} m`
      : outline.vertices.map(({ latDeg, lngDeg }) => `${five(latDeg)}, ${five(lngDeg)}`).join(' – ')
  return `${place} · ${altitudeLowerM}–${altitudeUpperM} m W84 · ${utcSpan(startMs, endMs)}`
}

import { echoPosition, GeoError, type LatLng, type PositionFormat, readPosition } from '@parley/geo4d'
import { distanceText } from './format.ts'
import type { Language, MessageKey, Sentence } from './i18n.ts'

/** Typed positions: read in the notation that was chosen, read back in all of them. */

export const notations: readonly PositionFormat[] = [
  'cap',
  'geojson',
  'decimal_degrees',
  'degrees_minutes',
  'degrees_minutes_seconds',
  'mgrs',
]

export type TypedPosition =
  | {
      readonly kind: 'point'
      readonly point: LatLng
      /** Usual mistakes that may have been made; shown, never applied. */
      readonly doubts: readonly Sentence[]
    }
  | {
      readonly kind: 'problem'
      readonly sentence: Sentence
      /** What may have been meant, in the words of the geometry. */
      readonly didYouMean: readonly string[]
    }

/** What is wrong with a position or outline, from the code of the refusal. */
export function geoSentence(error: GeoError): Sentence {
  return { key: `geo.${error.code}` satisfies MessageKey }
}

/** Reads a position on WGS 84; the caller has made sure that this is the datum meant. */
export function readTyped(format: PositionFormat, text: string, language: Language): TypedPosition {
  try {
    const { point, suspicions } = readPosition({ text, format, datum: 'WGS84' })
    return {
      kind: 'point',
      point,
      doubts: suspicions.map((suspicion) => ({
        key: `doubt.${suspicion.kind}` satisfies MessageKey,
        args: {
          place: echoPosition(suspicion.point).decimalDegrees,
          distance: distanceText(language, suspicion.distanceM),
        },
      })),
    }
  } catch (error) {
    if (!(error instanceof GeoError)) throw error
    return { kind: 'problem', sentence: geoSentence(error), didYouMean: error.details.didYouMean ?? [] }
  }
}

/** A point in every notation; MGRS is left out in the polar caps, which have none. */
export function echoesOf(point: LatLng): string[] {
  const { decimalDegrees, degreesMinutes, degreesMinutesSeconds, mgrs } = echoPosition(point)
  return [decimalDegrees, degreesMinutes, degreesMinutesSeconds, ...(mgrs === null ? [] : [`MGRS ${mgrs}`])]
}

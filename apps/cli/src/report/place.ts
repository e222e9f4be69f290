import { echoPosition } from '@parley/geo4d'
import type { Encounter } from '../engine/encounter.ts'
import { placeOf } from '../engine/meet.ts'
import type { Piece } from '../model/item.ts'
import { latLng } from '../read/outline.ts'

/** Where two items meet, in three notations. */
export interface Place {
  readonly lat: number
  readonly lng: number
  readonly decimal: string
  readonly dms: string
  /** Null near the poles, where MGRS has another form than the one read and written here. */
  readonly mgrs: string | null
}

/** The place of the tightest contact. */
export function placeOfEncounter({ tightest }: Encounter, pieces: readonly Piece[]): Place {
  const { nearest } = tightest
  const place = nearest ?? placeOf((pieces[tightest.a] as Piece).shape, (pieces[tightest.b] as Piece).shape)
  const echo = echoPosition(latLng(place.latDeg, place.lngDeg))
  return {
    lat: round(place.latDeg),
    lng: round(place.lngDeg),
    decimal: echo.decimalDegrees,
    dms: echo.degreesMinutesSeconds,
    mgrs: echo.mgrs,
  }
}

/** A ten-millionth of a degree is a centimetre. */
function round(value: number): number {
  return Math.round(value * 1e7) / 1e7
}

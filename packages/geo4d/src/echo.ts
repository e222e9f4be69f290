import { mgrsOf } from './mgrs.ts'
import type { LatLng } from './volume.ts'

/** One point in every notation, for reading back. */
export interface PositionEcho {
  /** `34.450400° N, 40.918600° E` */
  readonly decimalDegrees: string
  /** `34°27.0240′ N, 040°55.1160′ E` */
  readonly degreesMinutes: string
  /** `34°27′01.44″ N, 040°55′06.96″ E` */
  readonly degreesMinutesSeconds: string
  /** `37SFU7624913766`; null in the polar caps, where MGRS has no grid of this kind. */
  readonly mgrs: string | null
}

/** How far, in metres, a notation read back may lie from the point it was written for. */
export const ECHO_PRECISION_M: Readonly<Record<keyof PositionEcho, number>> = {
  decimalDegrees: 0.08,
  degreesMinutes: 0.14,
  degreesMinutesSeconds: 0.23,
  mgrs: 0.75,
}

/** A WGS 84 point in four notations, each precise to `ECHO_PRECISION_M` and readable by `readPosition`. */
export function echoPosition(point: LatLng): PositionEcho {
  const { latDeg, lngDeg } = point
  const north = latDeg < 0 ? 'S' : 'N'
  const east = lngDeg < 0 ? 'W' : 'E'
  const both = (write: (degrees: number, wide: number) => string) =>
    `${write(Math.abs(latDeg), 2)} ${north}, ${write(Math.abs(lngDeg), 3)} ${east}`
  return {
    decimalDegrees: both((value) => `${value.toFixed(6)}°`),
    degreesMinutes: both((value, wide) => {
      const units = Math.round(value * 600_000)
      const minutes = ((units % 600_000) / 10_000).toFixed(4).padStart(7, '0')
      return `${whole(units / 600_000, wide)}°${minutes}′`
    }),
    degreesMinutesSeconds: both((value, wide) => {
      const units = Math.round(value * 360_000)
      const seconds = ((units % 6000) / 100).toFixed(2).padStart(5, '0')
      const minutes = whole((units % 360_000) / 6000, 2)
      return `${whole(units / 360_000, wide)}°${minutes}′${seconds}″`
    }),
    mgrs: latDeg > 84 || latDeg < -80 ? null : mgrsOf(point),
  }
}

function whole(value: number, wide: number): string {
  return String(Math.floor(value)).padStart(wide, '0')
}

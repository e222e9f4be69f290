import type { Volume4D } from '@parley/geo4d'
import { epochMs, metresHae } from '@parley/units'
import type { Draft } from './draft.ts'
import type { OfferedShift } from './explain.ts'
import { clockText, dateText } from './zoned-time.ts'

/** A volume moved as a whole by a shift. Milliseconds are whole, as RFC 3339 text of the desk carries no more. */
export function shiftVolume(volume: Volume4D, { shift, amount }: OfferedShift): Volume4D {
  switch (shift) {
    case 'later':
    case 'earlier': {
      const milliseconds = Math.ceil(amount * 1000 - 1e-6) * (shift === 'later' ? 1 : -1)
      return {
        ...volume,
        startMs: epochMs(volume.startMs + milliseconds),
        endMs: epochMs(volume.endMs + milliseconds),
      }
    }
    case 'up':
    case 'down': {
      const metres = shift === 'up' ? amount : -amount
      return {
        ...volume,
        altitudeLowerM: metresHae(volume.altitudeLowerM + metres),
        altitudeUpperM: metresHae(volume.altitudeUpperM + metres),
      }
    }
  }
}

const METRES_PER_FOOT = 0.3048

/** Heights to the millimetre in the unit of the form, so that rounding never eats the centimetre that parts two volumes. */
function heightField(heightM: number, unit: 'm' | 'ft'): string {
  const value = unit === 'm' ? heightM : heightM / METRES_PER_FOOT
  return String(Number(value.toFixed(unit === 'm' ? 3 : 4)))
}

/** Writes a volume's heights and times back into a draft, in the unit and zone the draft uses. */
export function draftWithVolume(draft: Draft, volume: Volume4D): Draft {
  const unit = draft.heightUnit === '' ? 'm' : draft.heightUnit
  const zone = draft.zone === '' ? 'UTC' : draft.zone
  return {
    ...draft,
    lower: heightField(volume.altitudeLowerM, unit),
    upper: heightField(volume.altitudeUpperM, unit),
    startDate: dateText(volume.startMs, zone),
    startTime: clockText(volume.startMs, zone),
    endDate: dateText(volume.endMs, zone),
    endTime: clockText(volume.endMs, zone),
  }
}

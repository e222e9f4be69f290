import type { Volume4D } from '@parley/geo4d'
import type { OfferedShift } from './explain.ts'
import { shiftVolume } from './shift.ts'

/** The drawing of height over time: a plan, what is in its way, and where a shift would put it. Pure layout. */

export interface ProfileInput {
  readonly subject: readonly Volume4D[]
  readonly others: readonly { readonly id: string; readonly volumes: readonly Volume4D[] }[]
  readonly shifts: readonly OfferedShift[]
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** The volume goes on beyond the drawing on that side. */
  readonly openTop: boolean
  readonly openBottom: boolean
}

export interface Profile {
  readonly startMs: number
  readonly endMs: number
  readonly lowM: number
  readonly highM: number
  readonly subject: readonly Box[]
  readonly others: readonly { readonly id: string; readonly boxes: readonly Box[] }[]
  readonly shifted: readonly { readonly shift: OfferedShift; readonly boxes: readonly Box[] }[]
  readonly timeTicks: readonly { readonly x: number; readonly ms: number }[]
  readonly heightTicks: readonly { readonly y: number; readonly metres: number }[]
}

export interface Size {
  readonly width: number
  readonly height: number
}

const MINUTE_MS = 60_000
const TIME_STEPS_MS = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080].map(
  (minutes) => minutes * MINUTE_MS,
)

function finiteOf(values: readonly number[]): number[] {
  return values.filter(Number.isFinite)
}

function ticksOf(low: number, high: number, step: number): number[] {
  const ticks: number[] = []
  // Adding zero turns -0 into 0.
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) ticks.push(value + 0)
  return ticks
}

/** 1, 2, 5 × 10ⁿ metres, three to six ticks over the band. */
function heightStep(span: number): number {
  const power = 10 ** Math.floor(Math.log10(span / 3))
  const lead = span / 3 / power
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power
}

/**
 * Lays out a profile. The frame follows the subject, the parts of the others near it, and shifts not further away than
 * four times the subject's own length; a shift beyond the frame is left out, its words still tell it. Null without a
 * subject of finite time.
 */
export function layoutProfile(input: ProfileInput, size: Size): Profile | null {
  const starts = finiteOf(input.subject.map((volume) => volume.startMs))
  const ends = finiteOf(input.subject.map((volume) => volume.endMs))
  if (starts.length === 0 || ends.length === 0) return null
  const [startMs, endMs] = [Math.min(...starts), Math.max(...ends)]
  const lengthMs = Math.max(endMs - startMs, MINUTE_MS)

  const near = input.others.map(({ id, volumes }) => ({
    id,
    volumes: volumes.filter((volume) => volume.endMs >= startMs - lengthMs && volume.startMs <= endMs + lengthMs),
  }))
  const heights = finiteOf(
    [...input.subject, ...near.flatMap((other) => other.volumes)].flatMap((volume) => [
      volume.altitudeLowerM,
      volume.altitudeUpperM,
    ]),
  )
  const subjectHeights = finiteOf(input.subject.flatMap((volume) => [volume.altitudeLowerM, volume.altitudeUpperM]))
  let low = Math.min(...heights)
  let high = Math.max(...heights)
  if (!Number.isFinite(low)) [low, high] = [0, 1000]
  const band = Math.max(Math.max(...subjectHeights) - Math.min(...subjectHeights), 50)

  const shifted = input.shifts.flatMap((shift) => {
    const volumes = input.subject.map((volume) => shiftVolume(volume, shift))
    const inTime = shift.shift === 'later' || shift.shift === 'earlier'
    const reach = inTime ? shift.amount * 1000 <= 4 * lengthMs : shift.amount <= Math.max(4 * band, high - low)
    return reach ? [{ shift, volumes }] : []
  })
  const drawn = shifted.flatMap((entry) => entry.volumes)
  let fromMs = Math.min(startMs, ...finiteOf(drawn.map((volume) => volume.startMs)))
  let toMs = Math.max(endMs, ...finiteOf(drawn.map((volume) => volume.endMs)))
  low = Math.min(low, ...finiteOf(drawn.map((volume) => volume.altitudeLowerM)))
  high = Math.max(high, ...finiteOf(drawn.map((volume) => volume.altitudeUpperM)))
  const marginMs = Math.max((toMs - fromMs) * 0.06, MINUTE_MS)
  fromMs -= marginMs
  toMs += marginMs
  const marginM = Math.max((high - low) * 0.08, 10)
  low -= marginM
  high += marginM

  const x = (ms: number): number => ((Math.min(Math.max(ms, fromMs), toMs) - fromMs) / (toMs - fromMs)) * size.width
  const y = (metres: number): number =>
    size.height - ((Math.min(Math.max(metres, low), high) - low) / (high - low)) * size.height
  const box = (volume: Volume4D): Box => {
    const [left, right] = [x(volume.startMs), x(volume.endMs)]
    const [top, bottom] = [y(volume.altitudeUpperM), y(volume.altitudeLowerM)]
    return {
      x: left,
      y: top,
      width: Math.max(right - left, 1),
      height: Math.max(bottom - top, 1),
      openTop: volume.altitudeUpperM > high,
      openBottom: volume.altitudeLowerM < low,
    }
  }
  const visible = (volume: Volume4D): boolean => volume.endMs >= fromMs && volume.startMs <= toMs

  const timeStep = TIME_STEPS_MS.find((step) => (toMs - fromMs) / step <= 5) ?? 7 * 1440 * MINUTE_MS
  return {
    startMs: fromMs,
    endMs: toMs,
    lowM: low,
    highM: high,
    subject: input.subject.map(box),
    others: near.map(({ id, volumes }) => ({ id, boxes: volumes.filter(visible).map(box) })),
    shifted: shifted.map(({ shift, volumes }) => ({ shift, boxes: volumes.map(box) })),
    timeTicks: ticksOf(fromMs, toMs, timeStep).map((ms) => ({ x: x(ms), ms })),
    heightTicks: ticksOf(low, high, heightStep(high - low)).map((metres) => ({ y: y(metres), metres })),
  }
}

import { distanceText, durationText, heightText, unbroken } from './format.ts'
import type { Language, Sentence } from './i18n.ts'
import type { Blocking, Clearing } from './wire.ts'

/** From the figures of a refusal to sentences: which item blocks, on which axis, by how much, and what parts them. */

export type Shift = 'later' | 'earlier' | 'up' | 'down'
export const shifts: readonly Shift[] = ['later', 'earlier', 'up', 'down']

function finite(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function shared(of: Language, blocking: Blocking): Sentence {
  const height = finite(blocking.height_m)
  const time = finite(blocking.time_s)
  if (height !== null && time !== null) {
    return {
      key: 'explain.share-height-time',
      args: { height: heightText(of, height), time: durationText(of, time) },
    }
  }
  if (time !== null) return { key: 'explain.share-time', args: { time: durationText(of, time) } }
  if (height !== null) return { key: 'explain.share-height', args: { height: heightText(of, height) } }
  return { key: 'explain.share-unbounded' }
}

function apart(of: Language, blocking: Blocking): Sentence {
  switch (blocking.axis) {
    case 'height':
      return { key: 'explain.apart-height', args: { height: heightText(of, Math.abs(finite(blocking.height_m) ?? 0)) } }
    case 'time':
      return { key: 'explain.apart-time', args: { time: durationText(of, finite(blocking.time_s) ?? 0) } }
    case 'area':
      return { key: 'explain.apart-area', args: { distance: distanceText(of, finite(blocking.distance_m) ?? 0) } }
  }
}

/**
 * One item in the way, in two or three sentences.
 * @param name what to call the item, already for the reader
 */
export function explainBlocking(of: Language, blocking: Blocking, name: string): Sentence[] {
  const args = { entity: blocking.entity, name: unbroken(name), manager: unbroken(blocking.manager) }
  if (!blocking.overlaps) return [{ key: 'explain.listed', args }, apart(of, blocking)]
  const sentences: Sentence[] = [{ key: 'explain.meets', args }, shared(of, blocking)]
  if (finite(blocking.height_m) === 0 || finite(blocking.time_s) === 0) sentences.push({ key: 'explain.touch' })
  sentences.push({ key: 'explain.least', args: { axis: blocking.axis } })
  return sentences
}

/** A shift that parts the plan from everything in the way: seconds or metres, always positive. */
export interface OfferedShift {
  readonly shift: Shift
  readonly amount: number
}

/** The shifts a clearing offers, in the order later, earlier, up, down. */
export function offeredShifts(clearing: Clearing | undefined): OfferedShift[] {
  const amounts: Record<Shift, number | null> = {
    later: finite(clearing?.later_s),
    earlier: finite(clearing?.earlier_s),
    up: finite(clearing?.up_m),
    down: finite(clearing?.down_m),
  }
  return shifts.flatMap((shift) => {
    const amount = amounts[shift]
    return amount === null || amount <= 0 ? [] : [{ shift, amount }]
  })
}

/** `later by 20 min`, `up by 150.01 m (492.2 ft)`. */
export function explainShift(of: Language, { shift, amount }: OfferedShift): Sentence {
  const inTime = shift === 'later' || shift === 'earlier'
  return { key: `clear.${shift}`, args: { amount: inTime ? durationText(of, amount) : heightText(of, amount) } }
}

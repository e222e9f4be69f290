import { type Volume4D, volumesIntersect } from '@parley/geo4d'
import type { Item } from './items.ts'

/** The range of the time slider and what its strip shows. */

export interface TimeRange {
  readonly startMs: number
  readonly endMs: number
}

const HOUR_MS = 3_600_000
const STEP_MS = 60_000
const LONGEST_MS = 7 * 24 * HOUR_MS

/**
 * The range that shows all items, whole hours with a margin, at least two hours and at most seven days; around now
 * when there is nothing. Open-ended items do not stretch it.
 */
export function rangeOf(items: readonly Pick<Item, 'startMs' | 'endMs'>[], nowMs: number): TimeRange {
  const starts = items.map((item) => item.startMs).filter(Number.isFinite)
  const ends = items.map((item) => item.endMs).filter(Number.isFinite)
  if (starts.length === 0 && ends.length === 0)
    return { startMs: floorHour(nowMs - HOUR_MS), endMs: floorHour(nowMs + 3 * HOUR_MS) }
  const first = Math.min(...starts, ...ends)
  const last = Math.max(...starts, ...ends)
  const startMs = floorHour(first - 1)
  const endMs = Math.min(Math.max(floorHour(last) + HOUR_MS, startMs + 2 * HOUR_MS), startMs + LONGEST_MS)
  return { startMs, endMs }
}

function floorHour(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS
}

/** Keeps a time inside a range, on whole steps of a minute counted from its start. */
export function clampToRange(ms: number, range: TimeRange): number {
  const inside = Math.min(Math.max(ms, range.startMs), range.endMs)
  return range.startMs + Math.round((inside - range.startMs) / STEP_MS) * STEP_MS
}

/** Where a time lies in a range, 0 at its start to 1 at its end; not clamped. */
export function fractionOf(ms: number, range: TimeRange): number {
  return (ms - range.startMs) / (range.endMs - range.startMs)
}

/** Number of plans active in each of `bins` equal parts of the range. */
export function densityOf(items: readonly Item[], range: TimeRange, bins: number): number[] {
  const density = Array.from({ length: bins }, () => 0)
  const width = (range.endMs - range.startMs) / bins
  for (const item of items) {
    if (item.kind !== 'operational_intent') continue
    const busy = new Set<number>()
    for (const volume of item.volumes) {
      const from = Math.max(0, Math.floor((volume.startMs - range.startMs) / width))
      const to = Math.min(bins - 1, Math.ceil((volume.endMs - range.startMs) / width) - 1)
      for (let bin = from; bin <= to; bin++) busy.add(bin)
    }
    for (const bin of busy) density[bin] = (density[bin] ?? 0) + 1
  }
  return density
}

/** The time of the range at which most plans are active, the middle of the first such stretch. */
export function busiestMs(items: readonly Item[], range: TimeRange): number {
  const bins = 288
  const density = densityOf(items, range, bins)
  const peak = Math.max(...density)
  const first = density.indexOf(peak)
  let last = first
  while (last + 1 < bins && density[last + 1] === peak) last++
  const width = (range.endMs - range.startMs) / bins
  return range.startMs + ((first + last + 1) / 2) * width
}

export interface Meeting {
  readonly a: string
  readonly b: string
  readonly startMs: number
  readonly endMs: number
}

/** Above so many items meetings are not worked out in the page. */
export const MEETINGS_LIMIT = 300

/** When plans of the picture truly meet one another; null above `MEETINGS_LIMIT` plans. */
export function meetingsOf(items: readonly Item[]): Meeting[] | null {
  const plans = items.filter((item) => item.kind === 'operational_intent')
  if (plans.length > MEETINGS_LIMIT) return null
  const meetings: Meeting[] = []
  plans.forEach((a, index) => {
    for (const b of plans.slice(index + 1)) {
      if (a.endMs < b.startMs || b.endMs < a.startMs || a.upperM < b.lowerM || b.upperM < a.lowerM) continue
      for (const volumeA of a.volumes) {
        for (const volumeB of b.volumes) {
          if (!meet(volumeA, volumeB)) continue
          meetings.push({
            a: a.id,
            b: b.id,
            startMs: Math.max(volumeA.startMs, volumeB.startMs),
            endMs: Math.min(volumeA.endMs, volumeB.endMs),
          })
        }
      }
    }
  })
  return meetings
}

/** Volumes of the picture were validated by the node; one that geometry still cannot take must not stop the page. */
function meet(a: Volume4D, b: Volume4D): boolean {
  try {
    return volumesIntersect(a, b)
  } catch (error) {
    console.error('A volume of the picture cannot be compared', error)
    return false
  }
}

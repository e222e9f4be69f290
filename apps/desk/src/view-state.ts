import { computed, effect, signal } from '@preact/signals'
import { shortId } from './format.ts'
import { language } from './i18n.ts'
import { localText } from './items.ts'
import { decisions, itemById, items, scenario, serverNowMs } from './session.ts'
import { busiestMs, clampToRange, meetingsOf, rangeOf, type TimeRange } from './timeline.ts'
import type { Decision } from './wire.ts'

/** What the reader has chosen to look at. */

export type Selection =
  | { readonly kind: 'item'; readonly id: string }
  | { readonly kind: 'decision'; readonly seq: number }
  | { readonly kind: 'none' }

export type View = 'map' | 'sky' | 'decisions' | SideView
/** The views that share a column on a wide screen. */
export type SideView = 'detail' | 'check' | 'record'
export const sideViews: readonly SideView[] = ['detail', 'check', 'record']
export const views: readonly View[] = ['map', 'sky', 'decisions', ...sideViews]

/** What fills the page. */
export type Workspace = 'sky' | 'line'
export const workspaces: readonly Workspace[] = ['sky', 'line']
export const workspace = signal<Workspace>('sky')

export const selection = signal<Selection>({ kind: 'none' })
/** The view shown alone on a narrow screen. */
export const view = signal<View>('map')
export const sideView = signal<SideView>('check')

const chosenMs = signal<number | null>(null)
export const playing = signal(false)
export const speed = signal(600)
export const speeds: readonly number[] = [60, 600, 1800]

export const range = computed<TimeRange>(() => rangeOf(items.value, Math.floor(serverNowMs.value / 60_000) * 60_000))
const isNowInside = computed(() => range.value.startMs <= serverNowMs.value && serverNowMs.value <= range.value.endMs)
/** Whether the slider goes with the clock because nobody has moved it. */
export const followsClock = computed(() => chosenMs.value === null && isNowInside.value)

/** The time shown on the map: chosen, else now, else the busiest time when now is outside the range. */
export const shownMs = computed(() => {
  if (chosenMs.value !== null) return Math.min(Math.max(chosenMs.value, range.value.startMs), range.value.endMs)
  return isNowInside.value ? serverNowMs.value : clampToRange(busiestMs(items.value, range.value), range.value)
})

export function showTime(ms: number): void {
  chosenMs.value = ms
}

/** Back to the clock; outside the range that is the edge nearest to now. */
export function showNow(): void {
  playing.value = false
  chosenMs.value = isNowInside.value
    ? null
    : Math.min(Math.max(serverNowMs.value, range.value.startMs), range.value.endMs)
}

const FRAME_MS = 100

/** Moves the time while playing, and stops at the end of the range. */
export function startPlayer(): void {
  let timer: ReturnType<typeof setInterval> | undefined
  effect(() => {
    clearInterval(timer)
    if (!playing.value) return
    timer = setInterval(() => {
      const next = shownMs.peek() + speed.peek() * FRAME_MS
      if (next >= range.peek().endMs) playing.value = false
      chosenMs.value = Math.min(next, range.peek().endMs)
    }, FRAME_MS)
  })
}

export function togglePlaying(): void {
  if (!playing.value && shownMs.value >= range.value.endMs - 1000) chosenMs.value = range.value.startMs
  playing.value = !playing.value
}

export const meetings = computed(() => meetingsOf(items.value))

/** The zones times can be given and read in: UTC first, then those of the scenario. */
export const zones = computed(() => [
  { timeZone: 'UTC', label: 'UTC' },
  ...(scenario.value?.zones ?? []).filter((zone) => zone.timeZone !== 'UTC'),
])

export const refusals = computed(() => decisions.value.filter((decision) => decision.outcome === 'refused'))
export const selectedDecision = computed<Decision | null>(() => {
  const chosen = selection.value
  if (chosen.kind !== 'decision') return null
  return decisions.value.find((decision) => decision.seq === chosen.seq) ?? null
})
export const selectedItem = computed(() => {
  const chosen = selection.value
  return chosen.kind === 'item' ? (itemById.value.get(chosen.id) ?? null) : null
})

/**
 * What to call a plan or zone: its call sign where the scenario tells one, else the end of its identifier. The page says
 * SIMULATED at its head all the time; repeated in every name it would hide the names.
 */
export function nameOf(id: string): string {
  return scenario.value?.names.get(id)?.replace(/\s*\(SIMULATED\)\s*$/, '') ?? `…${shortId(id)}`
}

/** Selects something and shows its details beside the map; `focusMs` moves the map's time. */
export function select(next: Selection, focusMs?: number): void {
  selection.value = next
  if (next.kind === 'none') return
  sideView.value = 'detail'
  // On a narrow screen a choice in a list opens the explanation; a choice on the map leaves the map.
  if (view.value !== 'map') view.value = 'detail'
  if (focusMs !== undefined && Number.isFinite(focusMs)) showTime(focusMs)
}

export function localised(text: Parameters<typeof localText>[0]): string {
  return localText(text, language.value)
}

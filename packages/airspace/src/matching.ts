import type { Volume4D } from '@parley/geo4d'
import type { EpochMs } from '@parley/units'
import { cellsOfVolumes, ignoringAltitude } from './apply.ts'
import type { Bounds, Notified } from './model.ts'
import { WORD } from './record-table.ts'
import { type AirspaceState, boundsOf, SUBSCRIPTION_FLAG } from './state.ts'

/** Cells and bounding band: all that the standard's coarse matching looks at. */
export interface Footprint extends Bounds {
  readonly cells: Int32Array
}

/** The bounding band of all volumes together. */
export function boundsOfVolumes(volumes: readonly Volume4D[]): Bounds {
  let startMs = Number.POSITIVE_INFINITY
  let endMs = Number.NEGATIVE_INFINITY
  let altitudeLowerM = Number.POSITIVE_INFINITY
  let altitudeUpperM = Number.NEGATIVE_INFINITY
  for (const volume of volumes) {
    if (volume.startMs < startMs) startMs = volume.startMs
    if (volume.endMs > endMs) endMs = volume.endMs
    if (volume.altitudeLowerM < altitudeLowerM) altitudeLowerM = volume.altitudeLowerM
    if (volume.altitudeUpperM > altitudeUpperM) altitudeUpperM = volume.altitudeUpperM
  }
  return { startMs, endMs, altitudeLowerM, altitudeUpperM } as Bounds
}

export function footprintOf(volumes: readonly Volume4D[]): Footprint {
  return { cells: cellsOfVolumes(volumes), ...boundsOfVolumes(volumes) }
}

const slots: number[] = []

/**
 * The live subscriptions that a change within any of `footprints` concerns, each with its notification index raised by one.
 * Order: by subscription id, so that two runs of one journal answer alike.
 */
export function notifiedBy(
  state: AirspaceState,
  footprints: readonly Footprint[],
  options: { readonly of: 'operationalIntents' | 'constraints'; readonly nowMs: EpochMs; readonly without?: number },
): Notified[] {
  const flag = SUBSCRIPTION_FLAG[options.of]
  const found = new Set<number>()
  for (const footprint of footprints) {
    slots.length = 0
    state.subscriptionCells.query({ cells: footprint.cells, ...ignoringAltitude(footprint) }, slots)
    for (const slot of slots) found.add(slot)
  }
  const notified: Notified[] = []
  for (const slot of found) {
    if (slot === options.without) continue
    const table = state.subscriptions
    if ((table.word(slot, WORD.state) & flag) === 0) continue
    if (boundsOf(table, slot).endMs < options.nowMs) continue
    notified.push({
      subscriptionId: table.idOf(slot),
      notificationIndex: table.word(slot, WORD.notificationIndex) + 1,
      url: state.strings.text(table.word(slot, WORD.url)),
    })
  }
  return notified.length < 2 ? notified : notified.sort((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1))
}

/** Whether every cell of `inner` is one of `outer`; both ascending. */
export function cellsCover(outer: Int32Array, inner: Int32Array): boolean {
  let at = 0
  for (const cell of inner) {
    while (at < outer.length && outer[at]! < cell) at += 1
    if (outer[at] !== cell) return false
  }
  return true
}

/** Whether two ascending cell lists share one. */
export function cellsMeet(a: Int32Array, b: Int32Array): boolean {
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) return true
    if (a[i]! < b[j]!) i += 1
    else j += 1
  }
  return false
}

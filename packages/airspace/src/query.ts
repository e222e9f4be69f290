import type { Volume4D } from '@parley/geo4d'
import type { EpochMs } from '@parley/units'
import { ignoringAltitude } from './apply.ts'
import { footprintOf } from './matching.ts'
import type {
  ConstraintRecord,
  OperationalIntentRecord,
  ServiceAreaRecord,
  ServiceAreaSubscriptionRecord,
  SubscriptionRecord,
} from './model.ts'
import { WORD } from './record-table.ts'
import type { Rules } from './rules.ts'
import { type AirspaceState, boundsOf } from './state.ts'

/** Operational intents relevant to `area`, open bounds allowed: by the standard's cells and bands, or truly meeting it in exact mode. By id. */
export function queryOperationalIntents(state: AirspaceState, area: Volume4D, rules: Rules): OperationalIntentRecord[] {
  const slots: number[] = []
  if (rules.exact) state.intentVolumes.query([area], slots)
  else state.intentCells.query(footprintOf([area]), slots)
  return byId(slots.map((slot) => state.operationalIntent(slot)))
}

/** Constraints relevant to `area`, as above. */
export function queryConstraints(state: AirspaceState, area: Volume4D, rules: Rules): ConstraintRecord[] {
  const slots: number[] = []
  if (rules.exact) state.constraintVolumes.query([area], slots)
  else state.constraintCells.query(footprintOf([area]), slots)
  return byId(slots.map((slot) => state.constraint(slot)))
}

/** `manager`'s own subscriptions that are alive and share area and time with `area`. */
export function querySubscriptions(
  state: AirspaceState,
  area: Volume4D,
  asked: { readonly manager: string; readonly nowMs: EpochMs },
): SubscriptionRecord[] {
  const slots: number[] = []
  state.subscriptionCells.query(ignoringAltitudeOf(area), slots)
  const owner = state.strings.find(asked.manager)
  const table = state.subscriptions
  return byId(
    slots
      .filter((slot) => table.word(slot, WORD.manager) === owner && boundsOf(table, slot).endMs >= asked.nowMs)
      .map((slot) => state.subscription(slot)),
  )
}

/** Service areas that share area and time with `area`; those that ended before now never. */
export function queryServiceAreas(state: AirspaceState, area: Volume4D, nowMs: EpochMs): ServiceAreaRecord[] {
  const slots: number[] = []
  const from = Math.max(area.startMs, nowMs) as EpochMs
  if (area.endMs < from) return []
  state.serviceAreaCells.query({ ...ignoringAltitudeOf(area), startMs: from }, slots)
  return byId(slots.map((slot) => state.serviceArea(slot)))
}

/** `manager`'s own service-area subscriptions that are alive and share a cell with `area`. */
export function queryServiceAreaSubscriptions(
  state: AirspaceState,
  area: Volume4D,
  asked: { readonly manager: string; readonly nowMs: EpochMs },
): ServiceAreaSubscriptionRecord[] {
  const slots: number[] = []
  state.serviceAreaSubscriptionCells.query(ignoringAltitudeOf(area), slots)
  const owner = state.strings.find(asked.manager)
  const table = state.serviceAreaSubscriptions
  return byId(
    slots
      .filter((slot) => table.word(slot, WORD.manager) === owner && boundsOf(table, slot).endMs >= asked.nowMs)
      .map((slot) => state.serviceAreaSubscription(slot)),
  )
}

function ignoringAltitudeOf(area: Volume4D): ReturnType<typeof footprintOf> {
  const footprint = footprintOf([area])
  return { cells: footprint.cells, ...ignoringAltitude(footprint) }
}

const byId = <T extends { readonly id: string }>(records: T[]): T[] => records.sort((a, b) => (a.id < b.id ? -1 : 1))

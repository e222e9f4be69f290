import { coverOutline, type Volume4D } from '@parley/geo4d'
import type { EpochMs } from '@parley/units'
import type { Bounds, Change, Entry } from './model.ts'
import { OPERATIONAL_INTENT_STATES } from './model.ts'
import { SUFFIX_TOLERANCE_MS, timeOfUuidV7 } from './ovn.ts'
import { DOUBLE, type RecordTable, WORD } from './record-table.ts'
import {
  type AirspaceState,
  boundsOf,
  RETIRED_LIMIT,
  RETIRED_MEMORY_MS,
  retiredKey,
  SUBSCRIPTION_FLAG,
  setBounds,
  setOvn,
} from './state.ts'

/**
 * What was covered last: the volumes of a decision are applied a moment later, and covered once. Purely a saving. Of one list only, as a
 * map of them all costs more to fill, and to collect, than it saves.
 */
let covered: { readonly volumes: readonly Volume4D[]; readonly cells: Int32Array } | null = null

/** The level-13 cells of all volumes together, ascending. The result is shared: do not change it. */
export function cellsOfVolumes(volumes: readonly Volume4D[]): Int32Array {
  if (covered?.volumes === volumes) return covered.cells
  let cells: Int32Array
  if (volumes.length === 1) cells = coverOutline(volumes[0]!.outline)
  else {
    const parts = volumes.map((volume) => coverOutline(volume.outline))
    cells = unionOfCells(parts)
  }
  covered = { volumes, cells }
  return cells
}

/** Ascending union of ascending cell lists. */
export function unionOfCells(parts: readonly Int32Array[]): Int32Array {
  let total = 0
  for (const part of parts) total += part.length
  const all = new Int32Array(total)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  all.sort()
  let kept = 0
  for (let i = 0; i < total; i += 1) {
    if (i === 0 || all[i] !== all[i - 1]) {
      all[kept] = all[i]!
      kept += 1
    }
  }
  return all.slice(0, kept)
}

/**
 * Brings `state` from before `entry` to after it; `seq` is the entry's place in the journal, from 1. Never refuses and never reads a
 * clock: what may happen was settled by `decide`.
 */
export function apply(state: AirspaceState, entry: Entry, seq: number): void {
  state.seq = seq
  if (seq % FORGET_EVERY_ENTRIES === 0) forgetRetired(state, entry.atMs)
  if (entry.outcome.kind === 'refused') return
  for (const change of entry.outcome.changes) applyChange(state, change, entry, seq)
  if (entry.outcome.notified.length > 0) {
    const table = entry.subject === 'identification_service_area' ? state.serviceAreaSubscriptions : state.subscriptions
    for (const one of entry.outcome.notified) {
      const slot = table.find(one.subscriptionId)
      if (slot >= 0) table.setWord(slot, WORD.notificationIndex, one.notificationIndex)
    }
  }
}

/** Now and then only: walking a map whose first keys were deleted is slow, and whoever looks up a deletion asks its age. */
const FORGET_EVERY_ENTRIES = 256

function forgetRetired(state: AirspaceState, nowMs: EpochMs): void {
  for (const [key, retired] of state.retired) {
    if (retired.atMs > nowMs - RETIRED_MEMORY_MS && state.retired.size <= RETIRED_LIMIT) return
    state.retired.delete(key)
  }
}

function applyChange(state: AirspaceState, change: Change, entry: Entry, seq: number): void {
  switch (change.kind) {
    case 'putOperationalIntent': {
      const { record, volumes } = change
      let slot = state.intents.find(record.id)
      if (slot < 0) slot = state.intents.insert(record.id)
      else {
        state.intentCells.remove(slot)
        state.intentVolumes.remove(slot)
        detach(state, slot)
        rememberSuffix(state, slot)
        releaseTexts(state, state.intents, slot)
      }
      writeCommon(state, state.intents, slot, record)
      stamp(state.intents, slot, entry, seq)
      state.intents.setWord(slot, WORD.state, OPERATIONAL_INTENT_STATES.indexOf(record.state))
      state.intents.setWord(slot, WORD.version, record.version)
      setOvn(state.intents, slot, record.ovn)
      if (record.subscriptionId !== null) attach(state, slot, state.subscriptions.find(record.subscriptionId))
      state.intentCells.insert(slot, { cells: cellsOfVolumes(volumes), ...boundsOf(state.intents, slot) })
      state.intentVolumes.insert(slot, volumes)
      return
    }
    case 'removeOperationalIntent': {
      const slot = state.intents.find(change.record.id)
      state.intentCells.remove(slot)
      state.intentVolumes.remove(slot)
      detach(state, slot)
      state.pastSuffixes.delete(slot)
      releaseTexts(state, state.intents, slot)
      state.intents.remove(slot)
      retire(state, 'operational_intent', change.record, { ovn: change.record.ovn, entry, seq })
      return
    }
    case 'putConstraint': {
      const { record, volumes } = change
      let slot = state.constraints.find(record.id)
      if (slot < 0) slot = state.constraints.insert(record.id)
      else {
        state.constraintCells.remove(slot)
        state.constraintVolumes.remove(slot)
        releaseTexts(state, state.constraints, slot)
      }
      writeCommon(state, state.constraints, slot, record)
      stamp(state.constraints, slot, entry, seq)
      state.constraints.setWord(slot, WORD.version, record.version)
      setOvn(state.constraints, slot, record.ovn)
      state.constraintCells.insert(slot, { cells: cellsOfVolumes(volumes), ...boundsOf(state.constraints, slot) })
      state.constraintVolumes.insert(slot, volumes)
      return
    }
    case 'removeConstraint': {
      const slot = state.constraints.find(change.record.id)
      state.constraintCells.remove(slot)
      state.constraintVolumes.remove(slot)
      releaseTexts(state, state.constraints, slot)
      state.constraints.remove(slot)
      retire(state, 'constraint', change.record, { ovn: change.record.ovn, entry, seq })
      return
    }
    case 'putSubscription': {
      const { record, cells } = change
      const table = state.subscriptions
      let slot = table.find(record.id)
      if (slot < 0) slot = table.insert(record.id)
      else {
        state.subscriptionCells.remove(slot)
        releaseTexts(state, table, slot)
      }
      writeCommon(state, table, slot, record)
      // An intent's write that makes or widens a subscription is not a write of the subscription: only its own request can be repeated.
      if (entry.subject === 'subscription') stamp(table, slot, entry, seq)
      table.setWord(
        slot,
        WORD.state,
        (record.notifyForOperationalIntents ? SUBSCRIPTION_FLAG.operationalIntents : 0) |
          (record.notifyForConstraints ? SUBSCRIPTION_FLAG.constraints : 0) |
          (record.implicit ? SUBSCRIPTION_FLAG.implicit : 0),
      )
      table.setWord(slot, WORD.notificationIndex, record.notificationIndex)
      setOvn(table, slot, record.version)
      state.subscriptionCells.insert(slot, { cells, ...ignoringAltitude(record) })
      return
    }
    case 'removeSubscription': {
      const slot = state.subscriptions.find(change.record.id)
      state.subscriptionCells.remove(slot)
      releaseTexts(state, state.subscriptions, slot)
      state.subscriptions.remove(slot)
      if (entry.subject === 'subscription')
        retire(state, 'subscription', change.record, { ovn: change.record.version, entry, seq })
      return
    }
    case 'setAvailability':
      state.availability.set(change.uss, {
        availability: change.availability,
        version: change.version,
        manager: entry.manager,
        seq,
        digest: [entry.digest[0], entry.digest[1]],
      })
      return
    case 'putServiceArea': {
      const { record, cells } = change
      let slot = state.serviceAreas.find(record.id)
      if (slot < 0) slot = state.serviceAreas.insert(record.id)
      else {
        state.serviceAreaCells.remove(slot)
        releaseTexts(state, state.serviceAreas, slot)
      }
      writeCommon(state, state.serviceAreas, slot, record)
      stamp(state.serviceAreas, slot, entry, seq)
      setOvn(state.serviceAreas, slot, record.version)
      state.serviceAreaCells.insert(slot, { cells, ...ignoringAltitude(record) })
      return
    }
    case 'removeServiceArea': {
      const slot = state.serviceAreas.find(change.record.id)
      state.serviceAreaCells.remove(slot)
      releaseTexts(state, state.serviceAreas, slot)
      state.serviceAreas.remove(slot)
      retire(state, 'identification_service_area', change.record, { ovn: change.record.version, entry, seq })
      return
    }
    case 'putServiceAreaSubscription': {
      const { record, cells } = change
      const table = state.serviceAreaSubscriptions
      let slot = table.find(record.id)
      if (slot < 0) slot = table.insert(record.id)
      else {
        state.serviceAreaSubscriptionCells.remove(slot)
        releaseTexts(state, table, slot)
      }
      writeCommon(state, table, slot, record)
      stamp(table, slot, entry, seq)
      table.setWord(slot, WORD.notificationIndex, record.notificationIndex)
      setOvn(table, slot, record.version)
      state.serviceAreaSubscriptionCells.insert(slot, { cells, ...ignoringAltitude(record) })
      return
    }
    case 'removeServiceAreaSubscription': {
      const slot = state.serviceAreaSubscriptions.find(change.record.id)
      state.serviceAreaSubscriptionCells.remove(slot)
      releaseTexts(state, state.serviceAreaSubscriptions, slot)
      state.serviceAreaSubscriptions.remove(slot)
      retire(state, 'identification_service_area_subscription', change.record, {
        ovn: change.record.version,
        entry,
        seq,
      })
      return
    }
    case 'report':
  }
}

/** Subscriptions match in area and time only. */
export function ignoringAltitude(bounds: Bounds): Bounds {
  return {
    startMs: bounds.startMs,
    endMs: bounds.endMs,
    altitudeLowerM: Number.NEGATIVE_INFINITY as Bounds['altitudeLowerM'],
    altitudeUpperM: Number.POSITIVE_INFINITY as Bounds['altitudeUpperM'],
  }
}

function writeCommon(
  state: AirspaceState,
  table: RecordTable,
  slot: number,
  record: Bounds & { readonly manager: string; readonly url: string },
): void {
  table.setWord(slot, WORD.manager, state.strings.take(record.manager))
  table.setWord(slot, WORD.url, state.strings.take(record.url))
  setBounds(table, slot, record)
}

function stamp(table: RecordTable, slot: number, entry: Entry, seq: number): void {
  table.setWord(slot, WORD.digestLow, entry.digest[0])
  table.setWord(slot, WORD.digestHigh, entry.digest[1])
  table.setDouble(slot, DOUBLE.seq, seq)
  table.setDouble(slot, DOUBLE.updatedAtMs, entry.atMs)
}

function releaseTexts(state: AirspaceState, table: RecordTable, slot: number): void {
  state.strings.release(table.word(slot, WORD.manager))
  state.strings.release(table.word(slot, WORD.url))
}

function attach(state: AirspaceState, slot: number, subscriptionSlot: number): void {
  const { intents, subscriptions } = state
  const first = subscriptions.word(subscriptionSlot, WORD.link)
  intents.setWord(slot, WORD.link, subscriptionSlot + 1)
  intents.setWord(slot, WORD.next, first)
  intents.setWord(slot, WORD.previous, 0)
  if (first !== 0) intents.setWord(first - 1, WORD.previous, slot + 1)
  subscriptions.setWord(subscriptionSlot, WORD.link, slot + 1)
}

function detach(state: AirspaceState, slot: number): void {
  const { intents, subscriptions } = state
  const link = intents.word(slot, WORD.link)
  if (link === 0) return
  const next = intents.word(slot, WORD.next)
  const previous = intents.word(slot, WORD.previous)
  if (previous === 0) subscriptions.setWord(link - 1, WORD.link, next)
  else intents.setWord(previous - 1, WORD.next, next)
  if (next !== 0) intents.setWord(next - 1, WORD.previous, previous)
  intents.setWord(slot, WORD.link, 0)
}

/** A requested suffix may be used once by an intent: the one being replaced is kept with those before it. */
function rememberSuffix(state: AirspaceState, slot: number): void {
  const ovn = state.intentOvn(slot)
  if (ovn.length <= 44) return
  const past = state.pastSuffixes.get(slot) ?? []
  past.push(ovn.slice(-36))
  // A suffix is only accepted within minutes of the time in it, so older ones cannot come again.
  const oldest = state.intents.double(slot, DOUBLE.updatedAtMs) - 2 * SUFFIX_TOLERANCE_MS
  state.pastSuffixes.set(
    slot,
    past.filter((suffix) => timeOfUuidV7(suffix) >= oldest),
  )
}

function retire(
  state: AirspaceState,
  subject: Entry['subject'],
  record: { readonly id: Entry['id']; readonly manager: string },
  by: { readonly ovn: string; readonly entry: Entry; readonly seq: number },
): void {
  if (by.entry.action !== 'delete' || record.id === null) return
  const key = retiredKey(subject, record.id)
  state.retired.delete(key)
  state.retired.set(key, { seq: by.seq, atMs: by.entry.atMs, manager: record.manager, ovn: by.ovn })
}

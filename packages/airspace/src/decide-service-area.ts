import type { EpochMs } from '@parley/units'
import { cellsOfVolumes, ignoringAltitude } from './apply.ts'
import type {
  DeleteServiceArea,
  DeleteServiceAreaSubscription,
  PutServiceArea,
  PutServiceAreaSubscription,
} from './commands.ts'
import { isoTime } from './decide-operational-intent.ts'
import { subscriptionWindow } from './decide-subscription.ts'
import { type Asked, accepted, type Decision, invalid, refusal, refused } from './decision.ts'
import type { Footprint } from './matching.ts'
import type { Notified, ServiceAreaRecord, ServiceAreaSubscriptionRecord } from './model.ts'
import { DOUBLE, WORD } from './record-table.ts'
import { deletionBefore, isRepetition } from './repetition.ts'
import { LIMITS, type Rules } from './rules.ts'
import { type AirspaceState, boundsOf } from './state.ts'

/**
 * F3411 createIdentificationServiceArea and updateIdentificationServiceArea, both editions. The version is made of the time of the
 * write in base 32, never twice the same for one area.
 */
export function decidePutServiceArea(state: AirspaceState, command: PutServiceArea, rules: Rules): Decision {
  const { id, manager, version, nowMs, extents } = command
  const asked: Asked = {
    command,
    subject: 'identification_service_area',
    action: version === null ? 'create' : 'update',
    id,
    volumes: [extents],
    rules,
  }
  const table = state.serviceAreas
  const slot = table.find(id)
  if (!rules.compat && slot >= 0 && isRepetition(state, table, { slot, command }))
    return { kind: 'repeated', seq: table.double(slot, DOUBLE.seq) }
  const current = slot < 0 ? null : state.serviceArea(slot)
  if (current !== null) {
    if (current.manager !== manager)
      return refused(asked, refusal('NOT_MANAGER', `${id} belongs to ${current.manager}`))
    if (version === null) return refused(asked, refusal('ALREADY_EXISTS', `${id} exists; update it by its version`))
    if (current.version !== version)
      return refused(asked, refusal('VERSION_MISMATCH', `${version} is not the current version of ${id}`))
  } else if (version !== null)
    return refused(asked, refusal('UPDATE_TARGET_MISSING', `${id} does not exist; create it without a version`))

  const given = Number.isFinite(extents.startMs)
  const startMs = given ? extents.startMs : (current?.startMs ?? nowMs)
  const { endMs } = extents
  if (!Number.isFinite(endMs))
    return refused(
      asked,
      invalid('VOLUME_UNBOUNDED', '/extents/time_end', { value: 'nothing', rule: 'a service area needs an end' }),
    )
  if (given && startMs < nowMs - LIMITS.startToleranceMs)
    return refused(
      asked,
      invalid('TIME_IN_PAST', '/extents/time_start', {
        value: isoTime(startMs),
        rule: `at most 5 minutes before now, ${isoTime(nowMs)}`,
      }),
    )
  if (endMs < nowMs)
    return refused(
      asked,
      invalid('TIME_IN_PAST', '/extents/time_end', {
        value: isoTime(endMs),
        rule: `in the future; it is ${isoTime(nowMs)}`,
      }),
    )
  if (endMs < startMs)
    return refused(
      asked,
      invalid('INVALID_VOLUME', '/extents/time_end', {
        value: isoTime(endMs),
        rule: `not before the start, ${isoTime(startMs)}`,
      }),
    )

  const record: ServiceAreaRecord = {
    id,
    manager,
    url: command.url,
    version: versionAt(nowMs, current?.version ?? null),
    startMs,
    endMs,
    altitudeLowerM: extents.altitudeLowerM,
    altitudeUpperM: extents.altitudeUpperM,
  }
  const cells = cellsOfVolumes([extents])
  const footprints: Footprint[] = [{ cells, ...record }]
  if (slot >= 0) footprints.push({ cells: state.serviceAreaCells.cellsOf(slot), ...boundsOf(table, slot) })
  return accepted(asked, {
    changes: [{ kind: 'putServiceArea', record, cells }],
    notified: notifiedOfServiceArea(state, footprints, nowMs),
    volumes: asked.volumes,
  })
}

/** F3411 deleteIdentificationServiceArea. */
export function decideDeleteServiceArea(state: AirspaceState, command: DeleteServiceArea, rules: Rules): Decision {
  const { id, manager, version, nowMs } = command
  const asked: Asked = { command, subject: 'identification_service_area', action: 'delete', id, volumes: [], rules }
  const slot = state.serviceAreas.find(id)
  if (slot < 0) {
    const seq = rules.compat ? null : deletionBefore(state, asked, version)
    if (seq !== null) return { kind: 'repeated', seq }
    return refused(asked, refusal('NOT_FOUND', `identification service area ${id} does not exist`))
  }
  const record = state.serviceArea(slot)
  if (record.manager !== manager) return refused(asked, refusal('NOT_MANAGER', `${id} belongs to ${record.manager}`))
  if (record.version !== version)
    return refused(asked, refusal('VERSION_MISMATCH', `${version} is not the current version of ${id}`))
  const footprint = { cells: state.serviceAreaCells.cellsOf(slot), ...boundsOf(state.serviceAreas, slot) }
  return accepted(asked, {
    changes: [{ kind: 'removeServiceArea', record }],
    notified: notifiedOfServiceArea(state, [footprint], nowMs),
  })
}

/** F3411 createSubscription and updateSubscription, both editions: at most ten an owner in any one cell. */
export function decidePutServiceAreaSubscription(
  state: AirspaceState,
  command: PutServiceAreaSubscription,
  rules: Rules,
): Decision {
  const { id, manager, version, nowMs, extents } = command
  const asked: Asked = {
    command,
    subject: 'identification_service_area_subscription',
    action: version === null ? 'create' : 'update',
    id,
    volumes: [extents],
    rules,
  }
  const table = state.serviceAreaSubscriptions
  const slot = table.find(id)
  if (!rules.compat && slot >= 0 && isRepetition(state, table, { slot, command }))
    return { kind: 'repeated', seq: table.double(slot, DOUBLE.seq) }
  const current = slot < 0 ? null : state.serviceAreaSubscription(slot)
  const window = subscriptionWindow(extents, { nowMs, current, start: '/extents/time_start', end: '/extents/time_end' })
  if ('refusal' in window) return refused(asked, window.refusal)
  if (current !== null) {
    if (current.manager !== manager)
      return refused(asked, refusal('NOT_MANAGER', `subscription ${id} belongs to ${current.manager}`))
    if (version === null)
      return refused(asked, refusal('ALREADY_EXISTS', `subscription ${id} exists; update it by its version`))
    if (current.version !== version)
      return refused(asked, refusal('VERSION_MISMATCH', `${version} is not the current version of subscription ${id}`))
  } else if (version !== null)
    return refused(
      asked,
      refusal('UPDATE_TARGET_MISSING', `subscription ${id} does not exist; create it without a version`),
    )

  const cells = cellsOfVolumes([extents])
  if (busiestCell(state, { cells, manager, nowMs, withoutSlot: slot }) >= LIMITS.subscriptionsPerCell)
    return refused(
      asked,
      refusal(
        'TOO_MANY_SUBSCRIPTIONS',
        `${manager} has ${LIMITS.subscriptionsPerCell} subscriptions in a cell of this area already`,
      ),
    )
  const record: ServiceAreaSubscriptionRecord = {
    id,
    manager,
    url: command.url,
    version: versionAt(nowMs, current?.version ?? null),
    // An update starts the count anew: the owner's own bookkeeping begins with the answer to it.
    notificationIndex: 0,
    startMs: window.startMs,
    endMs: window.endMs,
    altitudeLowerM: extents.altitudeLowerM,
    altitudeUpperM: extents.altitudeUpperM,
  }
  return accepted(asked, {
    changes: [{ kind: 'putServiceAreaSubscription', record, cells }],
    notified: [],
    volumes: asked.volumes,
  })
}

/** F3411 deleteSubscription. */
export function decideDeleteServiceAreaSubscription(
  state: AirspaceState,
  command: DeleteServiceAreaSubscription,
  rules: Rules,
): Decision {
  const { id, manager, version } = command
  const asked: Asked = {
    command,
    subject: 'identification_service_area_subscription',
    action: 'delete',
    id,
    volumes: [],
    rules,
  }
  const slot = state.serviceAreaSubscriptions.find(id)
  if (slot < 0) {
    const seq = rules.compat ? null : deletionBefore(state, asked, version)
    if (seq !== null) return { kind: 'repeated', seq }
    return refused(asked, refusal('NOT_FOUND', `subscription ${id} does not exist`))
  }
  const record = state.serviceAreaSubscription(slot)
  if (record.manager !== manager)
    return refused(asked, refusal('NOT_MANAGER', `subscription ${id} belongs to ${record.manager}`))
  if (record.version !== version)
    return refused(asked, refusal('VERSION_MISMATCH', `${version} is not the current version of subscription ${id}`))
  return accepted(asked, { changes: [{ kind: 'removeServiceAreaSubscription', record }], notified: [] })
}

/** Time of the write in nanoseconds, base 32; one more than the last when the clock has not moved on. */
function versionAt(nowMs: EpochMs, previous: string | null): string {
  const now = BigInt(Math.round(nowMs)) * 1_000_000n
  const last = previous === null ? 0n : fromBase32(previous)
  return (now > last ? now : last + 1n).toString(32)
}

function fromBase32(text: string): bigint {
  let value = 0n
  for (const digit of text) value = value * 32n + BigInt(Number.parseInt(digit, 32))
  return value
}

function notifiedOfServiceArea(state: AirspaceState, footprints: readonly Footprint[], nowMs: EpochMs): Notified[] {
  const found = new Set<number>()
  for (const footprint of footprints) {
    const slots: number[] = []
    state.serviceAreaSubscriptionCells.query({ cells: footprint.cells, ...ignoringAltitude(footprint) }, slots)
    for (const slot of slots) found.add(slot)
  }
  const table = state.serviceAreaSubscriptions
  const notified: Notified[] = []
  for (const slot of found) {
    if (boundsOf(table, slot).endMs < nowMs) continue
    notified.push({
      subscriptionId: table.idOf(slot),
      notificationIndex: table.word(slot, WORD.notificationIndex) + 1,
      url: state.strings.text(table.word(slot, WORD.url)),
    })
  }
  return notified.sort((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1))
}

function busiestCell(
  state: AirspaceState,
  asked: {
    readonly cells: Int32Array
    readonly manager: string
    readonly nowMs: EpochMs
    readonly withoutSlot: number
  },
): number {
  const table = state.serviceAreaSubscriptions
  const owner = state.strings.find(asked.manager)
  const slots: number[] = []
  const always = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY } as {
    startMs: EpochMs
    endMs: EpochMs
  }
  state.serviceAreaSubscriptionCells.query(
    { cells: asked.cells, ...ignoringAltitude({ ...always } as Footprint) },
    slots,
  )
  const count = new Map<number, number>(Array.from(asked.cells, (cell) => [cell, 0]))
  let busiest = 0
  for (const slot of slots) {
    if (slot === asked.withoutSlot || table.word(slot, WORD.manager) !== owner) continue
    if (boundsOf(table, slot).endMs < asked.nowMs) continue
    for (const cell of state.serviceAreaSubscriptionCells.cellsOf(slot)) {
      const before = count.get(cell)
      if (before === undefined) continue
      count.set(cell, before + 1)
      if (before + 1 > busiest) busiest = before + 1
    }
  }
  return busiest
}

import type { EpochMs } from '@parley/units'
import { cellsOfVolumes } from './apply.ts'
import type { DeleteSubscription, PutSubscription } from './commands.ts'
import { isoTime } from './decide-operational-intent.ts'
import { type Asked, accepted, type Decision, invalid, refusal, refused } from './decision.ts'
import { cellsCover } from './matching.ts'
import type { Bounds, SubscriptionRecord } from './model.ts'
import { DOUBLE, WORD } from './record-table.ts'
import { deletionBefore, isRepetition } from './repetition.ts'
import { LIMITS, type Rules } from './rules.ts'
import { type AirspaceState, boundsOf } from './state.ts'

/** F3548-21 createSubscription and updateSubscription. An owner's write makes an implicit subscription explicit. */
export function decidePutSubscription(state: AirspaceState, command: PutSubscription, rules: Rules): Decision {
  const { id, manager, version, nowMs, extents } = command
  const asked: Asked = {
    command,
    subject: 'subscription',
    action: version === null ? 'create' : 'update',
    id,
    volumes: [extents],
    rules,
  }
  const slot = state.subscriptions.find(id)
  if (!rules.compat && slot >= 0 && isRepetition(state, state.subscriptions, { slot, command }))
    return { kind: 'repeated', seq: state.subscriptions.double(slot, DOUBLE.seq) }
  if (!command.notifyForOperationalIntents && !command.notifyForConstraints)
    return refused(
      asked,
      invalid('SUBSCRIPTION_IDLE', '/notify_for_operational_intents', {
        value: false,
        rule: 'a subscription is for operational intents, constraints or both',
      }),
    )
  const current = slot < 0 ? null : state.subscription(slot)
  if (current !== null) {
    if (current.manager !== manager)
      return refused(asked, refusal('NOT_MANAGER', `subscription ${id} belongs to ${current.manager}`))
    if (version === null)
      return refused(asked, refusal('ALREADY_EXISTS', `subscription ${id} exists; update it by its version`))
    if (current.version !== version)
      return refused(asked, refusal('VERSION_MISMATCH', `${version} is not the current version of subscription ${id}`))
  } else if (version !== null)
    return refused(asked, refusal('VERSION_MISMATCH', `subscription ${id} does not exist; create it without a version`))

  const window = subscriptionWindow(extents, { nowMs, current, start: '/extents/time_start', end: '/extents/time_end' })
  if ('refusal' in window) return refused(asked, window.refusal)
  const cells = cellsOfVolumes([extents])
  if (slot >= 0) {
    const needed = dependentNeeds(state, slot)
    const short =
      needed !== null &&
      (needed.startMs < window.startMs - LIMITS.startToleranceMs ||
        needed.endMs > window.endMs ||
        needed.altitudeLowerM < extents.altitudeLowerM ||
        needed.altitudeUpperM > extents.altitudeUpperM ||
        needed.cells.some((dependent) => !cellsCover(cells, dependent)))
    if (short)
      return refused(
        asked,
        refusal(
          'SUBSCRIPTION_TOO_SMALL',
          `subscription ${id} must go on covering the operational intents that depend on it`,
        ),
      )
  }
  const record: SubscriptionRecord = {
    id,
    manager,
    url: command.url,
    version: command.fresh.ovn,
    notificationIndex: current?.notificationIndex ?? 0,
    notifyForOperationalIntents: command.notifyForOperationalIntents,
    notifyForConstraints: command.notifyForConstraints,
    implicit: false,
    startMs: window.startMs,
    endMs: window.endMs,
    altitudeLowerM: extents.altitudeLowerM,
    altitudeUpperM: extents.altitudeUpperM,
  }
  return accepted(asked, {
    changes: [{ kind: 'putSubscription', record, cells }],
    notified: [],
    volumes: asked.volumes,
  })
}

/** F3548-21 deleteSubscription: refused while operational intents depend on it. */
export function decideDeleteSubscription(state: AirspaceState, command: DeleteSubscription, rules: Rules): Decision {
  const { id, manager, version } = command
  const asked: Asked = { command, subject: 'subscription', action: 'delete', id, volumes: [], rules }
  const slot = state.subscriptions.find(id)
  if (slot < 0) {
    const seq = rules.compat ? null : deletionBefore(state, asked, version)
    if (seq !== null) return { kind: 'repeated', seq }
    return refused(asked, refusal('NOT_FOUND', `subscription ${id} does not exist`))
  }
  const record = state.subscription(slot)
  if (record.manager !== manager)
    return refused(asked, refusal('NOT_MANAGER', `subscription ${id} belongs to ${record.manager}`))
  if (record.version !== version)
    return refused(asked, refusal('VERSION_MISMATCH', `${version} is not the current version of subscription ${id}`))
  if (state.subscriptions.word(slot, WORD.link) !== 0)
    return refused(asked, refusal('SUBSCRIPTION_IN_USE', `operational intents depend on subscription ${id}`))
  return accepted(asked, { changes: [{ kind: 'removeSubscription', record }], notified: [] })
}

/**
 * Start and end of a subscription of either standard: an absent bound is the one it has; a new one starts now and lasts 24 hours.
 */
export function subscriptionWindow(
  asked: Pick<Bounds, 'startMs' | 'endMs'>,
  context: {
    readonly nowMs: EpochMs
    readonly current: Bounds | null
    readonly start: string
    readonly end: string
  },
): { readonly startMs: EpochMs; readonly endMs: EpochMs } | { readonly refusal: ReturnType<typeof invalid> } {
  const { nowMs, current } = context
  const given = Number.isFinite(asked.startMs)
  const startMs = given ? asked.startMs : (current?.startMs ?? nowMs)
  const endMs = Number.isFinite(asked.endMs)
    ? asked.endMs
    : (current?.endMs ?? ((startMs + LIMITS.subscriptionDurationMs) as EpochMs))
  if (given && startMs < nowMs - LIMITS.startToleranceMs)
    return {
      refusal: invalid('TIME_IN_PAST', context.start, {
        value: isoTime(startMs),
        rule: `at most 5 minutes before now, ${isoTime(nowMs)}`,
      }),
    }
  if (endMs < nowMs)
    return {
      refusal: invalid('TIME_IN_PAST', context.end, {
        value: isoTime(endMs),
        rule: `in the future; it is ${isoTime(nowMs)}`,
      }),
    }
  if (endMs < startMs)
    return {
      refusal: invalid('INVALID_VOLUME', context.end, {
        value: isoTime(endMs),
        rule: `not before the start, ${isoTime(startMs)}`,
      }),
    }
  if (endMs - startMs > LIMITS.subscriptionDurationMs)
    return {
      refusal: invalid('DURATION_TOO_LONG', context.end, {
        value: isoTime(endMs),
        rule: `at most 24 hours after the start, ${isoTime(startMs)}`,
      }),
    }
  return { startMs, endMs }
}

/** What the intents that depend on a subscription need it to cover; null when there are none. */
function dependentNeeds(
  state: AirspaceState,
  subscriptionSlot: number,
): (Bounds & { readonly cells: readonly Int32Array[] }) | null {
  let needed: { -readonly [K in keyof Bounds]: Bounds[K] } | null = null
  const cells: Int32Array[] = []
  for (const slot of state.dependentSlots(subscriptionSlot)) {
    const bounds = boundsOf(state.intents, slot)
    cells.push(state.intentCells.cellsOf(slot))
    if (needed === null) needed = { ...bounds }
    else {
      needed.startMs = Math.min(needed.startMs, bounds.startMs) as Bounds['startMs']
      needed.endMs = Math.max(needed.endMs, bounds.endMs) as Bounds['endMs']
      needed.altitudeLowerM = Math.min(needed.altitudeLowerM, bounds.altitudeLowerM) as Bounds['altitudeLowerM']
      needed.altitudeUpperM = Math.max(needed.altitudeUpperM, bounds.altitudeUpperM) as Bounds['altitudeUpperM']
    }
  }
  return needed === null ? null : { ...needed, cells }
}

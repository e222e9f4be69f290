import type { Volume4D } from '@parley/geo4d'
import type { EntityId } from '@parley/units'
import { cellsOfVolumes, unionOfCells } from './apply.ts'
import type { DeleteOperationalIntent, PutOperationalIntent } from './commands.ts'
import { type Asked, accepted, type Decision, invalid, refusal, refused } from './decision.ts'
import { explain } from './explain.ts'
import { boundsOfVolumes, cellsCover, type Footprint, notifiedBy } from './matching.ts'
import type {
  Bounds,
  Change,
  Notified,
  OperationalIntentRecord,
  OperationalIntentState,
  SubscriptionRecord,
} from './model.ts'
import { OPERATIONAL_INTENT_STATES } from './model.ts'
import { isUuidV7, ovnWithSuffix, SUFFIX_TOLERANCE_MS, timeOfUuidV7 } from './ovn.ts'
import { DOUBLE, WORD } from './record-table.ts'
import { deletionBefore, isRepetition } from './repetition.ts'
import type { Rules } from './rules.ts'
import { type AirspaceState, boundsOf, SUBSCRIPTION_FLAG } from './state.ts'

/** What the standard's clients write where there is no subscription. */
export const NO_SUBSCRIPTION_ID = '00000000-0000-4000-8000-000000000000' as EntityId

/**
 * F3548-21 createOperationalIntentReference and updateOperationalIntentReference: the caller must show the OVN of every relevant
 * entity that its plan meets, and nothing is kept of a plan that does not (not even its implicit subscription).
 */
export function decidePutOperationalIntent(
  state: AirspaceState,
  command: PutOperationalIntent,
  rules: Rules,
): Decision {
  const { id, manager, ovn, nowMs } = command
  const asked: Asked = {
    command,
    subject: 'operational_intent',
    action: ovn === null ? 'create' : 'update',
    id,
    volumes: command.extents,
    rules,
  }
  const slot = state.intents.find(id)
  // Before all that the clock decides: what was granted once stays granted, however late its answer is asked for again.
  if (!rules.compat && slot >= 0 && isRepetition(state, state.intents, { slot, command }))
    return { kind: 'repeated', seq: state.intents.double(slot, DOUBLE.seq) }
  const stated = OPERATIONAL_INTENT_STATES.indexOf(command.state as OperationalIntentState)
  if (stated < 0)
    return refused(
      asked,
      invalid('INVALID_STATE', '/state', {
        value: command.state,
        rule: `one of ${OPERATIONAL_INTENT_STATES.join(', ')}`,
      }),
    )
  const intentState = command.state as OperationalIntentState
  const offNominal = intentState === 'Nonconforming' || intentState === 'Contingent'
  if (offNominal && !command.mayMonitorConformance)
    return refused(
      asked,
      refusal('SCOPE_MISSING', `state ${intentState} needs the scope utm.conformance_monitoring_sa`),
    )
  const bounds = boundsOfVolumes(command.extents)
  const unbounded = unboundedField(command.extents)
  if (unbounded !== null)
    return refused(
      asked,
      invalid('VOLUME_UNBOUNDED', unbounded, {
        value: 'nothing',
        rule: 'every volume needs both heights and both times',
      }),
    )
  if (bounds.endMs < nowMs)
    return refused(
      asked,
      invalid('TIME_IN_PAST', '/extents', {
        value: isoTime(bounds.endMs),
        rule: `the plan must end in the future; it is ${isoTime(nowMs)}`,
      }),
    )
  const named = command.subscriptionId === NO_SUBSCRIPTION_ID ? null : command.subscriptionId
  if (named !== null && command.newSubscription !== null)
    return refused(
      asked,
      invalid('SUBSCRIPTION_AMBIGUOUS', '/new_subscription', {
        value: named,
        rule: 'give either subscription_id or new_subscription, not both',
      }),
    )
  if (intentState !== 'Accepted' && named === null && command.newSubscription === null)
    return refused(
      asked,
      invalid('SUBSCRIPTION_REQUIRED', '/subscription_id', {
        value: 'nothing',
        rule: `state ${intentState} needs subscription_id or new_subscription`,
      }),
    )

  const suffixProblem = checkSuffix(command)
  if (suffixProblem !== null) return refused(asked, suffixProblem)

  const current = slot < 0 ? null : state.operationalIntent(slot)
  if (current !== null) {
    if (current.manager !== manager)
      return refused(asked, refusal('NOT_MANAGER', `${id} is managed by ${current.manager}`))
    if (ovn === null)
      return refused(
        asked,
        refusal('ALREADY_EXISTS', `${id} exists at version ${current.version}; update it by its OVN`),
      )
    if (current.ovn !== ovn)
      return refused(asked, refusal('OVN_MISMATCH', `${ovn} is not the current OVN of ${id}; read it and try again`))
  } else {
    if (ovn !== null)
      return refused(asked, refusal('UPDATE_TARGET_MISSING', `${id} does not exist; create it without an OVN`))
    if (intentState !== 'Accepted')
      return refused(
        asked,
        invalid('INVALID_STATE', '/state', { value: intentState, rule: 'a new operational intent starts as Accepted' }),
      )
  }
  if (!rules.compat && !offNominal && state.availabilityOf(manager) === 'Down')
    return refused(
      asked,
      refusal('USS_DOWN', `${manager} is marked Down: it may not make or keep an intent ${intentState}`),
    )
  if (suffixUsed(state, slot, command))
    return refused(
      asked,
      invalid('OVN_SUFFIX_INVALID', '/requested_ovn_suffix', {
        value: command.requestedOvnSuffix,
        rule: 'a suffix may be used once by an operational intent',
      }),
    )

  const cells = cellsOfVolumes(command.extents)
  const footprint: Footprint = { cells, ...bounds }
  const attached = resolveSubscription(state, command, { named, footprint })
  if (attached.kind === 'refused') return refused(asked, attached.refusal)

  if (!offNominal) {
    const conflict = explain(state, {
      rules,
      nowMs,
      volumes: command.extents,
      footprint,
      key: command.key,
      ignoreSlot: slot,
      withConstraints: attached.record?.notifyForConstraints ?? false,
    })
    if (conflict !== null)
      return refused(
        asked,
        {
          code: 'AIRSPACE_CONFLICT',
          message: `the key lacks the OVN of ${conflict.summary.missingOperationalIntents} operational intents and ${conflict.summary.missingConstraints} constraints that the plan meets`,
          conflict: conflict.summary,
        },
        conflict,
      )
  }

  const record: OperationalIntentRecord = {
    id,
    manager,
    url: command.url,
    state: intentState,
    version: (current?.version ?? 0) + 1,
    ovn: command.requestedOvnSuffix === null ? command.fresh.ovn : ovnWithSuffix(id, command.requestedOvnSuffix),
    subscriptionId: attached.record?.id ?? null,
    availability: state.availabilityOf(manager),
    ...bounds,
  }
  const changes: Change[] = []
  if (attached.write !== null) changes.push(attached.write)
  changes.push({ kind: 'putOperationalIntent', record, volumes: command.extents })
  const orphan = current === null ? -1 : orphanedSubscription(state, slot, record.subscriptionId)
  if (orphan >= 0) changes.push({ kind: 'removeSubscription', record: state.subscription(orphan) })

  const footprints = [footprint]
  if (slot >= 0) footprints.push({ cells: state.intentCells.cellsOf(slot), ...boundsOf(state.intents, slot) })
  const notified = notifiedBy(state, footprints, {
    of: 'operationalIntents',
    nowMs,
    ...(orphan >= 0 ? { without: orphan } : {}),
  })
  if (attached.write !== null) addWritten(notified, attached.write.record)
  return accepted(asked, { changes, notified })
}

/** F3548-21 deleteOperationalIntentReference. */
export function decideDeleteOperationalIntent(
  state: AirspaceState,
  command: DeleteOperationalIntent,
  rules: Rules,
): Decision {
  const { id, manager, ovn, nowMs } = command
  const asked: Asked = { command, subject: 'operational_intent', action: 'delete', id, volumes: [], rules }
  const slot = state.intents.find(id)
  if (slot < 0) {
    const seq = rules.compat ? null : deletionBefore(state, asked, ovn)
    if (seq !== null) return { kind: 'repeated', seq }
    return refused(asked, refusal('NOT_FOUND', `operational intent ${id} does not exist`))
  }
  const record = state.operationalIntent(slot)
  if (record.manager !== manager) return refused(asked, refusal('NOT_MANAGER', `${id} is managed by ${record.manager}`))
  if (record.ovn !== ovn)
    return refused(asked, refusal('OVN_MISMATCH', `${ovn} is not the current OVN of ${id}; read it and try again`))
  if (!rules.compat && state.availabilityOf(manager) === 'Down')
    return refused(asked, refusal('USS_DOWN', `${manager} is marked Down: it may not delete an intent`))
  const footprint = { cells: state.intentCells.cellsOf(slot), ...boundsOf(state.intents, slot) }
  const notified = notifiedBy(state, [footprint], { of: 'operationalIntents', nowMs })
  const changes: Change[] = [{ kind: 'removeOperationalIntent', record }]
  const orphan = orphanedSubscription(state, slot, null)
  if (orphan >= 0) changes.push({ kind: 'removeSubscription', record: state.subscription(orphan) })
  return accepted(asked, { changes, notified })
}

/** Slot of the implicit subscription that only this intent used and that it leaves, or -1. */
export function orphanedSubscription(state: AirspaceState, slot: number, nextId: EntityId | null): number {
  const link = state.intents.word(slot, WORD.link)
  if (link === 0) return -1
  const subscriptionSlot = link - 1
  if ((state.subscriptions.word(subscriptionSlot, WORD.state) & SUBSCRIPTION_FLAG.implicit) === 0) return -1
  if (nextId !== null && state.subscriptions.idOf(subscriptionSlot) === nextId) return -1
  const alone = state.intents.word(slot, WORD.next) === 0 && state.intents.word(slot, WORD.previous) === 0
  return alone ? subscriptionSlot : -1
}

type Attached =
  | {
      readonly kind: 'attached'
      /** null: the intent names no subscription. */
      readonly record: SubscriptionRecord | null
      readonly write: Extract<Change, { kind: 'putSubscription' }> | null
    }
  | { readonly kind: 'refused'; readonly refusal: ReturnType<typeof refusal> }

function resolveSubscription(
  state: AirspaceState,
  command: PutOperationalIntent,
  plan: { readonly named: EntityId | null; readonly footprint: Footprint },
): Attached {
  const { footprint, named } = plan
  const bounds: Bounds = {
    startMs: footprint.startMs,
    endMs: footprint.endMs,
    altitudeLowerM: footprint.altitudeLowerM,
    altitudeUpperM: footprint.altitudeUpperM,
  }
  if (command.newSubscription !== null) {
    const record: SubscriptionRecord = {
      id: command.fresh.id,
      manager: command.manager,
      url: command.newSubscription.url,
      version: command.fresh.ovn,
      notificationIndex: 0,
      notifyForOperationalIntents: true,
      notifyForConstraints: command.newSubscription.notifyForConstraints,
      implicit: true,
      ...bounds,
    }
    return { kind: 'attached', record, write: { kind: 'putSubscription', record, cells: footprint.cells } }
  }
  if (named === null) return { kind: 'attached', record: null, write: null }
  const slot = state.subscriptions.find(named)
  if (slot < 0)
    return {
      kind: 'refused',
      refusal: invalid('SUBSCRIPTION_NOT_FOUND', '/subscription_id', { value: named, rule: 'must exist' }),
    }
  const record = state.subscription(slot)
  if (record.manager !== command.manager)
    return {
      kind: 'refused',
      refusal: refusal('SUBSCRIPTION_NOT_OWNED', `subscription ${named} belongs to ${record.manager}`),
    }
  const cells = state.subscriptionCells.cellsOf(slot)
  const covered = record.startMs <= bounds.startMs && record.endMs >= bounds.endMs && cellsCover(cells, footprint.cells)
  if (covered) return { kind: 'attached', record, write: null }
  if (!record.implicit)
    return {
      kind: 'refused',
      refusal: invalid('SUBSCRIPTION_TOO_SMALL', '/subscription_id', {
        value: named,
        rule: `must cover the plan in area and from ${isoTime(bounds.startMs)} to ${isoTime(bounds.endMs)}`,
      }),
    }
  const widened: SubscriptionRecord = {
    ...record,
    startMs: Math.min(record.startMs, bounds.startMs) as Bounds['startMs'],
    endMs: Math.max(record.endMs, bounds.endMs) as Bounds['endMs'],
    altitudeLowerM: Math.min(record.altitudeLowerM, bounds.altitudeLowerM) as Bounds['altitudeLowerM'],
    altitudeUpperM: Math.max(record.altitudeUpperM, bounds.altitudeUpperM) as Bounds['altitudeUpperM'],
  }
  const write = { kind: 'putSubscription', record: widened, cells: unionOfCells([cells, footprint.cells]) } as const
  return { kind: 'attached', record: widened, write }
}

/** An implicit subscription made or widened for an intent covers it from then on, and hears of that very write. */
function addWritten(notified: Notified[], record: SubscriptionRecord): void {
  if (notified.some((one) => one.subscriptionId === record.id)) return
  notified.push({ subscriptionId: record.id, notificationIndex: record.notificationIndex + 1, url: record.url })
}

/** Whether a requested suffix cannot be one, whatever the intent. */
function checkSuffix(command: PutOperationalIntent): ReturnType<typeof invalid> | null {
  const suffix = command.requestedOvnSuffix
  if (suffix === null) return null
  const wrong = (rule: string): ReturnType<typeof invalid> =>
    invalid('OVN_SUFFIX_INVALID', '/requested_ovn_suffix', { value: suffix, rule })
  if (!isUuidV7(suffix)) return wrong('must be a UUID of version 7')
  const distanceMs = Math.abs(timeOfUuidV7(suffix) - command.nowMs)
  return distanceMs > SUFFIX_TOLERANCE_MS
    ? wrong(`its time must be within 5 minutes of ${isoTime(command.nowMs)}`)
    : null
}

/** Whether the intent has the requested suffix now or had it before. */
function suffixUsed(state: AirspaceState, slot: number, { id, requestedOvnSuffix }: PutOperationalIntent): boolean {
  if (slot < 0 || requestedOvnSuffix === null) return false
  return (
    state.intentOvn(slot) === ovnWithSuffix(id, requestedOvnSuffix) ||
    (state.pastSuffixes.get(slot)?.includes(requestedOvnSuffix) ?? false)
  )
}

/** JSON pointer of the first bound that an operational intent's volumes lack; null when all have all. */
function unboundedField(volumes: readonly Volume4D[]): string | null {
  for (let i = 0; i < volumes.length; i += 1) {
    const volume = volumes[i]!
    if (volume.startMs === Number.NEGATIVE_INFINITY) return `/extents/${i}/time_start`
    if (volume.endMs === Number.POSITIVE_INFINITY) return `/extents/${i}/time_end`
    if (volume.altitudeLowerM === Number.NEGATIVE_INFINITY) return `/extents/${i}/volume/altitude_lower`
    if (volume.altitudeUpperM === Number.POSITIVE_INFINITY) return `/extents/${i}/volume/altitude_upper`
  }
  return null
}

export function isoTime(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : 'open'
}

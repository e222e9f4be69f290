import type {
  Blocking as BlockingRecord,
  Clearing as ClearingRecord,
  ConstraintRecord,
  Notified,
  OperationalIntentRecord,
  ServiceAreaRecord,
  ServiceAreaSubscriptionRecord,
  SubscriptionRecord,
} from '@parley/airspace'
import { NO_SUBSCRIPTION_ID } from '@parley/airspace'
import {
  type Blocking,
  type Clearing,
  type ConstraintReference,
  formatRfc3339,
  type OperationalIntentReference,
  type RidV1IdentificationServiceArea,
  type RidV1SubscriberToNotify,
  type RidV1Subscription,
  type RidV2IdentificationServiceArea,
  type RidV2SubscriberToNotify,
  type RidV2Subscription,
  type SubscriberToNotify,
  type Subscription,
  toTime,
} from '@parley/contracts'

/** What stands where the OVN would, for all but the manager: it is to be had from the manager's own service. */
const HIDDEN_OVN = 'Available from USS'

/** `reader`: who is told; only managers see their OVNs. */
export function operationalIntentReference(
  record: OperationalIntentRecord,
  reader: string,
): OperationalIntentReference {
  return {
    id: record.id,
    manager: record.manager,
    uss_availability: record.availability,
    version: record.version,
    state: record.state,
    ovn: record.manager === reader ? record.ovn : HIDDEN_OVN,
    time_start: toTime(record.startMs),
    time_end: toTime(record.endMs),
    uss_base_url: record.url,
    subscription_id: record.subscriptionId ?? NO_SUBSCRIPTION_ID,
  }
}

export function constraintReference(record: ConstraintRecord, reader: string): ConstraintReference {
  return {
    id: record.id,
    manager: record.manager,
    uss_availability: 'Unknown',
    version: record.version,
    ovn: record.manager === reader ? record.ovn : HIDDEN_OVN,
    time_start: toTime(record.startMs),
    time_end: toTime(record.endMs),
    uss_base_url: record.url,
  }
}

export function subscription(record: SubscriptionRecord, dependents: readonly string[]): Subscription {
  return {
    id: record.id,
    version: record.version,
    notification_index: record.notificationIndex,
    time_start: toTime(record.startMs),
    time_end: toTime(record.endMs),
    uss_base_url: record.url,
    notify_for_operational_intents: record.notifyForOperationalIntents,
    notify_for_constraints: record.notifyForConstraints,
    implicit_subscription: record.implicit,
    dependent_operational_intents: [...dependents],
  }
}

/** Groups what is to be notified by the URL to notify it at. */
function byUrl(notified: readonly Notified[]): Map<string, { subscription_id: string; notification_index: number }[]> {
  const groups = new Map<string, { subscription_id: string; notification_index: number }[]>()
  for (const { subscriptionId, notificationIndex, url } of notified) {
    const state = { subscription_id: subscriptionId, notification_index: notificationIndex }
    const group = groups.get(url)
    if (group === undefined) groups.set(url, [state])
    else group.push(state)
  }
  return groups
}

export function subscribers(notified: readonly Notified[]): SubscriberToNotify[] {
  if (notified.length === 0) return []
  return [...byUrl(notified)].map(([uss_base_url, subscriptions]) => ({ uss_base_url, subscriptions }))
}

export function ridSubscribers(notified: readonly Notified[]): (RidV1SubscriberToNotify & RidV2SubscriberToNotify)[] {
  return [...byUrl(notified)].map(([url, subscriptions]) => ({ url, subscriptions }))
}

export function ridV1ServiceArea(record: ServiceAreaRecord): RidV1IdentificationServiceArea {
  return {
    id: record.id,
    owner: record.manager,
    flights_url: record.url,
    time_start: formatRfc3339(record.startMs),
    time_end: formatRfc3339(record.endMs),
    version: record.version,
  }
}

export function ridV2ServiceArea(record: ServiceAreaRecord): RidV2IdentificationServiceArea {
  return {
    id: record.id,
    owner: record.manager,
    uss_base_url: record.url,
    time_start: toTime(record.startMs),
    time_end: toTime(record.endMs),
    version: record.version,
  }
}

export function ridV1Subscription(record: ServiceAreaSubscriptionRecord): RidV1Subscription {
  return {
    id: record.id,
    owner: record.manager,
    callbacks: { identification_service_area_url: record.url },
    notification_index: record.notificationIndex,
    time_start: formatRfc3339(record.startMs),
    time_end: formatRfc3339(record.endMs),
    version: record.version,
  }
}

export function ridV2Subscription(record: ServiceAreaSubscriptionRecord): RidV2Subscription {
  return {
    id: record.id,
    owner: record.manager,
    uss_base_url: record.url,
    notification_index: record.notificationIndex,
    time_start: toTime(record.startMs),
    time_end: toTime(record.endMs),
    version: record.version,
  }
}

export function blocking(record: BlockingRecord): Blocking {
  return {
    entity: record.entity,
    id: record.id,
    manager: record.manager,
    overlaps: record.overlaps,
    axis: record.axis,
    height_m: finite(record.heightM),
    time_s: finite(record.timeS),
    distance_m: finite(record.distanceM),
  }
}

export function clearing(record: ClearingRecord): Clearing {
  return {
    ...(record.laterS === undefined ? {} : { later_s: record.laterS }),
    ...(record.earlierS === undefined ? {} : { earlier_s: record.earlierS }),
    ...(record.upM === undefined ? {} : { up_m: record.upM }),
    ...(record.downM === undefined ? {} : { down_m: record.downM }),
  }
}

/** JSON has no infinity: an open band or time is shared without end, which the largest number says. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Math.sign(value) * Number.MAX_SAFE_INTEGER
}

import type { Volume4D } from '@parley/geo4d'
import type { EntityId, EpochMs } from '@parley/units'
import type { Availability, RequestDigest } from './model.ts'

/** Randomness that a command may use up, drawn by whoever issues it, so that the rules themselves stay pure. */
export interface Fresh {
  /** 44 characters, unguessable: an OVN or version for what the command writes. */
  readonly ovn: string
  /** Id for an implicit subscription, or for a report. */
  readonly id: EntityId
}

interface CommandBase {
  readonly nowMs: EpochMs
  /** `sub` of the token. */
  readonly manager: string
  readonly digest: RequestDigest
}

export interface PutOperationalIntent extends CommandBase {
  readonly kind: 'putOperationalIntent'
  readonly id: EntityId
  /** null: create; otherwise the OVN the caller believes current. */
  readonly ovn: string | null
  readonly extents: readonly Volume4D[]
  readonly key: readonly string[]
  readonly state: string
  readonly url: string
  readonly subscriptionId: EntityId | null
  readonly newSubscription: { readonly url: string; readonly notifyForConstraints: boolean } | null
  /** UUID version 7 whose text becomes the OVN's suffix; null when the pool chooses. */
  readonly requestedOvnSuffix: string | null
  /** Whether the token carries `utm.conformance_monitoring_sa`. */
  readonly mayMonitorConformance: boolean
  readonly fresh: Fresh
}

export interface DeleteOperationalIntent extends CommandBase {
  readonly kind: 'deleteOperationalIntent'
  readonly id: EntityId
  readonly ovn: string
}

export interface PutConstraint extends CommandBase {
  readonly kind: 'putConstraint'
  readonly id: EntityId
  readonly ovn: string | null
  readonly extents: readonly Volume4D[]
  readonly url: string
  readonly fresh: Fresh
}

export interface DeleteConstraint extends CommandBase {
  readonly kind: 'deleteConstraint'
  readonly id: EntityId
  readonly ovn: string
}

export interface PutSubscription extends CommandBase {
  readonly kind: 'putSubscription'
  readonly id: EntityId
  readonly version: string | null
  /** Time bounds may be absent (infinite): the rules put now and 24 h in their place. */
  readonly extents: Volume4D
  readonly url: string
  readonly notifyForOperationalIntents: boolean
  readonly notifyForConstraints: boolean
  readonly fresh: Fresh
}

export interface DeleteSubscription extends CommandBase {
  readonly kind: 'deleteSubscription'
  readonly id: EntityId
  readonly version: string
}

export interface SetAvailability extends CommandBase {
  readonly kind: 'setAvailability'
  readonly uss: string
  readonly availability: Availability
  /** Empty for the first setting. */
  readonly oldVersion: string
  readonly fresh: Fresh
}

export interface MakeReport extends CommandBase {
  readonly kind: 'makeReport'
  /** The report as received, JSON text. */
  readonly body: string
  readonly fresh: Fresh
}

export interface PutServiceArea extends CommandBase {
  readonly kind: 'putServiceArea'
  readonly id: EntityId
  readonly version: string | null
  readonly extents: Volume4D
  readonly url: string
}

export interface DeleteServiceArea extends CommandBase {
  readonly kind: 'deleteServiceArea'
  readonly id: EntityId
  readonly version: string
}

export interface PutServiceAreaSubscription extends CommandBase {
  readonly kind: 'putServiceAreaSubscription'
  readonly id: EntityId
  readonly version: string | null
  readonly extents: Volume4D
  readonly url: string
}

export interface DeleteServiceAreaSubscription extends CommandBase {
  readonly kind: 'deleteServiceAreaSubscription'
  readonly id: EntityId
  readonly version: string
}

/** Removes what ended or expired long enough ago among the slots given of every table; issued by the node's timer, a stretch at a time. */
export interface Expire {
  readonly kind: 'expire'
  readonly nowMs: EpochMs
  readonly fromSlot: number
  readonly toSlot: number
}

export type Command =
  | PutOperationalIntent
  | DeleteOperationalIntent
  | PutConstraint
  | DeleteConstraint
  | PutSubscription
  | DeleteSubscription
  | SetAvailability
  | MakeReport
  | PutServiceArea
  | DeleteServiceArea
  | PutServiceAreaSubscription
  | DeleteServiceAreaSubscription
  | Expire

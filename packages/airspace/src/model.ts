import type { Volume4D } from '@parley/geo4d'
import type { EntityId, EpochMs, MetresHae } from '@parley/units'
import type { Rules } from './rules.ts'

/** F3548-21 states of an operational intent that a reference can be in; `Ended` is expressed by deletion. Order is the stored code. */
export const OPERATIONAL_INTENT_STATES = ['Accepted', 'Activated', 'Nonconforming', 'Contingent'] as const
export type OperationalIntentState = (typeof OPERATIONAL_INTENT_STATES)[number]

export const AVAILABILITIES = ['Unknown', 'Normal', 'Down'] as const
export type Availability = (typeof AVAILABILITIES)[number]

/** The box in height and time that an entity's volumes fill together: what the standard's coarse matching looks at besides cells. */
export interface Bounds {
  readonly startMs: EpochMs
  readonly endMs: EpochMs
  readonly altitudeLowerM: MetresHae
  readonly altitudeUpperM: MetresHae
}

/** SHA-256 of the request as eight 32-bit words, each of four bytes in order, the first byte lowest. */
export type RequestHash = readonly [
  low: number,
  high: number,
  third: number,
  fourth: number,
  fifth: number,
  sixth: number,
  seventh: number,
  eighth: number,
]

/** 64 bits: a checksum in entries before version 3, which kept no more of a request; the beginning of the hash in the state. */
export type RequestChecksum = readonly [low: number, high: number]

/**
 * What an entry keeps of the request that led to it, so that its author can tell it from others. The first two words suffice to
 * recognise a repetition after a lost answer: a client that makes two requests collide there deceives itself only.
 */
export type RequestDigest = RequestHash | RequestChecksum

export interface OperationalIntentRecord extends Bounds {
  readonly id: EntityId
  readonly manager: string
  readonly url: string
  readonly state: OperationalIntentState
  readonly version: number
  readonly ovn: string
  readonly subscriptionId: EntityId | null
  /** Availability of the manager when the record was read. */
  readonly availability: Availability
}

export interface ConstraintRecord extends Bounds {
  readonly id: EntityId
  readonly manager: string
  readonly url: string
  readonly version: number
  readonly ovn: string
}

export interface SubscriptionRecord extends Bounds {
  readonly id: EntityId
  readonly manager: string
  readonly url: string
  readonly version: string
  readonly notificationIndex: number
  readonly notifyForOperationalIntents: boolean
  readonly notifyForConstraints: boolean
  readonly implicit: boolean
}

/** F3411 identification service area, of either edition: `url` is its `flights_url` (19) or `uss_base_url` (22a), as written. */
export interface ServiceAreaRecord extends Bounds {
  readonly id: EntityId
  readonly manager: string
  readonly url: string
  readonly version: string
}

/** F3411 subscription, of either edition. */
export interface ServiceAreaSubscriptionRecord extends Bounds {
  readonly id: EntityId
  readonly manager: string
  readonly url: string
  readonly version: string
  readonly notificationIndex: number
}

/** A subscription that a change concerns, with its notification index after the change. */
export interface Notified {
  readonly subscriptionId: EntityId
  readonly notificationIndex: number
  readonly url: string
}

/** One elementary change of the state. A put replaces the whole record of that id, or makes it. */
export type Change =
  | {
      readonly kind: 'putOperationalIntent'
      readonly record: OperationalIntentRecord
      readonly volumes: readonly Volume4D[]
    }
  | { readonly kind: 'removeOperationalIntent'; readonly record: OperationalIntentRecord }
  | { readonly kind: 'putConstraint'; readonly record: ConstraintRecord; readonly volumes: readonly Volume4D[] }
  | { readonly kind: 'removeConstraint'; readonly record: ConstraintRecord }
  | { readonly kind: 'putSubscription'; readonly record: SubscriptionRecord; readonly cells: Int32Array }
  | { readonly kind: 'removeSubscription'; readonly record: SubscriptionRecord }
  | {
      readonly kind: 'setAvailability'
      readonly uss: string
      readonly availability: Availability
      readonly version: string
    }
  | { readonly kind: 'putServiceArea'; readonly record: ServiceAreaRecord; readonly cells: Int32Array }
  | { readonly kind: 'removeServiceArea'; readonly record: ServiceAreaRecord }
  | {
      readonly kind: 'putServiceAreaSubscription'
      readonly record: ServiceAreaSubscriptionRecord
      readonly cells: Int32Array
    }
  | { readonly kind: 'removeServiceAreaSubscription'; readonly record: ServiceAreaSubscriptionRecord }
  | { readonly kind: 'report'; readonly reportId: EntityId; readonly body: string }

/** What an entry is about. Order is the stored code. */
export const SUBJECTS = [
  'operational_intent',
  'constraint',
  'subscription',
  'availability',
  'report',
  'expiry',
  'identification_service_area',
  'identification_service_area_subscription',
] as const
export type Subject = (typeof SUBJECTS)[number]

export const ACTIONS = ['create', 'update', 'delete', 'set', 'expire'] as const
export type Action = (typeof ACTIONS)[number]

/** One decision of the pool, as its journal keeps it: all that `apply` needs, and all that the answer was made of. */
export interface Entry {
  readonly atMs: EpochMs
  readonly subject: Subject
  readonly action: Action
  /** Who asked; empty for the pool's own housekeeping. */
  readonly manager: string
  /** The entity asked for; a report's id; null for availability and expiry. */
  readonly id: EntityId | null
  /** Of the request; for an expiry, which no request asked for, the stretch of slots that was looked at. */
  readonly digest: RequestDigest
  /** What the pool had been told to do otherwise than by default; null in entries of version 1, which did not say. */
  readonly rules: Rules | null
  readonly outcome: AcceptedOutcome | RefusedOutcome
}

export interface AcceptedOutcome {
  readonly kind: 'accepted'
  readonly changes: readonly Change[]
  readonly notified: readonly Notified[]
  /** What was asked for, where the changes keep only its cells; empty otherwise. */
  readonly volumes: readonly Volume4D[]
}

export interface RefusedOutcome {
  readonly kind: 'refused'
  readonly refusal: Refusal
  /** What was asked for, where the request named volumes. */
  readonly volumes: readonly Volume4D[]
  /** null in entries of version 1. */
  readonly claimed: Claimed | null
}

/** What a refused request said besides its volumes, as far as the rules looked at it: enough to decide it again. */
export type Claimed =
  | {
      readonly kind: 'plan'
      /** The OVN believed current; null: a creation. */
      readonly version: string | null
      readonly state: string
      readonly subscriptionId: EntityId | null
      readonly newSubscription: { readonly notifyForConstraints: boolean } | null
      readonly requestedOvnSuffix: string | null
      readonly mayMonitorConformance: boolean
      /** The items whose current OVN the key held, among those that the decision looked at. */
      readonly shownIntents: readonly EntityId[]
      readonly shownConstraints: readonly EntityId[]
    }
  | {
      readonly kind: 'subscription'
      readonly version: string | null
      readonly notifyForOperationalIntents: boolean
      readonly notifyForConstraints: boolean
    }
  | {
      readonly kind: 'availability'
      readonly uss: string
      readonly availability: Availability
      /** Empty for the first setting. */
      readonly version: string
    }
  | { readonly kind: 'version'; readonly version: string | null }

/** Why the rules do not grant a request: codes of the contracts' error table, which gives each its HTTP status. Order is the stored code. */
export const REFUSAL_CODES = [
  'AIRSPACE_CONFLICT',
  'ALREADY_EXISTS',
  'DURATION_TOO_LONG',
  'INVALID_STATE',
  'INVALID_VOLUME',
  'NOT_FOUND',
  'NOT_MANAGER',
  'OVN_MISMATCH',
  'OVN_SUFFIX_INVALID',
  'SCOPE_MISSING',
  'SUBSCRIPTION_AMBIGUOUS',
  'SUBSCRIPTION_IDLE',
  'SUBSCRIPTION_IN_USE',
  'SUBSCRIPTION_NOT_FOUND',
  'SUBSCRIPTION_NOT_OWNED',
  'SUBSCRIPTION_REQUIRED',
  'SUBSCRIPTION_TOO_SMALL',
  'TIME_IN_PAST',
  'TOO_MANY_SUBSCRIPTIONS',
  'UPDATE_TARGET_MISSING',
  'USS_DOWN',
  'VERSION_MISMATCH',
  'VOLUME_UNBOUNDED',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]

export interface Refusal {
  readonly code: RefusalCode
  readonly message: string
  /** The field (JSON pointer), its value and the rule it broke, where one field is to blame. */
  readonly field?: { readonly field: string; readonly value: string; readonly rule: string }
  readonly conflict?: Conflict
}

/** One item that blocks a plan. Overlaps are measured where the plan truly meets the item, gaps are negative. */
export interface Blocking {
  readonly entity: 'operational_intent' | 'constraint'
  readonly id: EntityId
  readonly manager: string
  /** Whether the volumes truly share a point; false when only the standard's cells and bounding band do. */
  readonly overlaps: boolean
  /** Overlapping: the axis that takes least to clear. Otherwise: the axis that truly separates the two. */
  readonly axis: 'area' | 'height' | 'time'
  /** Shared height band in metres, or the gap as a negative number. */
  readonly heightM: number
  /** Shared time in seconds, or the gap as a negative number. */
  readonly timeS: number
  /** Horizontal gap in metres, 0 when the outlines meet. */
  readonly distanceM: number
}

/** The smallest whole-plan shift in each one direction after which nothing blocks; a direction is absent when there is none. */
export interface Clearing {
  readonly laterS?: number
  readonly earlierS?: number
  readonly upM?: number
  readonly downM?: number
}

/** How many blocking items an entry of the journal keeps; the answer to the caller lists them all. */
export const JOURNAL_BLOCKING_LIMIT = 64

/** Why a plan lacks the key it needs. */
export interface Conflict {
  readonly missingOperationalIntents: number
  readonly missingConstraints: number
  /** One entry an item, up to `LIMITS.blockingListed` in the answer and `JOURNAL_BLOCKING_LIMIT` in the journal; the counts are of all. */
  readonly blocking: readonly Blocking[]
  readonly clearing: Clearing
}

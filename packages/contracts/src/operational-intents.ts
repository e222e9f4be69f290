import { type Static, Type } from 'typebox'
import { UssAvailabilityState } from './availability.ts'
import { EntityIdText, EntityOvn, SubscriptionIdText, Time, UssBaseUrl } from './common.ts'
import { Volume4D } from './geometry.ts'
import { SubscriberToNotify } from './notification.ts'
import { named, omissible, optional } from './schema.ts'

/** States the pool keeps; an ended intent is a deleted one. */
export const OperationalIntentState = Type.Enum(['Accepted', 'Activated', 'Nonconforming', 'Contingent'])
export type OperationalIntentState = Static<typeof OperationalIntentState>

export const OperationalIntentReference = named('OperationalIntentReference', {
  id: EntityIdText,
  manager: Type.String(),
  uss_availability: UssAvailabilityState,
  version: Type.Integer(),
  state: OperationalIntentState,
  ovn: optional(EntityOvn),
  time_start: Time,
  time_end: Time,
  uss_base_url: UssBaseUrl,
  subscription_id: SubscriptionIdText,
})
export type OperationalIntentReference = Static<typeof OperationalIntentReference>

export const ImplicitSubscriptionParameters = named('ImplicitSubscriptionParameters', {
  uss_base_url: UssBaseUrl,
  notify_for_constraints: omissible(Type.Boolean({ default: false })),
})
export type ImplicitSubscriptionParameters = Static<typeof ImplicitSubscriptionParameters>

export const PutOperationalIntentReferenceParameters = named('PutOperationalIntentReferenceParameters', {
  extents: Type.Array(Volume4D, { minItems: 1 }),
  key: omissible(Type.Array(EntityOvn, { default: [] })),
  state: OperationalIntentState,
  uss_base_url: UssBaseUrl,
  subscription_id: omissible(EntityIdText),
  new_subscription: omissible(ImplicitSubscriptionParameters),
  requested_ovn_suffix: omissible(
    Type.String({ description: 'InterUSS extension: a UUID version 7 of about now, from which the new OVN is made.' }),
  ),
})
export type PutOperationalIntentReferenceParameters = Static<typeof PutOperationalIntentReferenceParameters>

export const GetOperationalIntentReferenceResponse = named('GetOperationalIntentReferenceResponse', {
  operational_intent_reference: OperationalIntentReference,
})
export type GetOperationalIntentReferenceResponse = Static<typeof GetOperationalIntentReferenceResponse>

export const ChangeOperationalIntentReferenceResponse = named('ChangeOperationalIntentReferenceResponse', {
  subscribers: Type.Array(SubscriberToNotify, { default: [] }),
  operational_intent_reference: OperationalIntentReference,
})
export type ChangeOperationalIntentReferenceResponse = Static<typeof ChangeOperationalIntentReferenceResponse>

export const QueryOperationalIntentReferenceParameters = named('QueryOperationalIntentReferenceParameters', {
  area_of_interest: Volume4D,
})
export type QueryOperationalIntentReferenceParameters = Static<typeof QueryOperationalIntentReferenceParameters>

export const QueryOperationalIntentReferenceResponse = named('QueryOperationalIntentReferenceResponse', {
  operational_intent_references: Type.Array(OperationalIntentReference, { default: [] }),
})
export type QueryOperationalIntentReferenceResponse = Static<typeof QueryOperationalIntentReferenceResponse>

/** What a supplier itself serves about its intent; the pool never holds it. */
export const OperationalIntentDetails = named('OperationalIntentDetails', {
  volumes: omissible(Type.Array(Volume4D, { default: [] })),
  off_nominal_volumes: omissible(Type.Array(Volume4D, { default: [] })),
  priority: omissible(Type.Integer({ default: 0 })),
})
export type OperationalIntentDetails = Static<typeof OperationalIntentDetails>

export const OperationalIntent = named('OperationalIntent', {
  reference: OperationalIntentReference,
  details: OperationalIntentDetails,
})
export type OperationalIntent = Static<typeof OperationalIntent>

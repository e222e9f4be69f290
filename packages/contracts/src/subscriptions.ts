import { type Static, Type } from 'typebox'
import { EntityIdText, SubscriptionIdText, Time, UssBaseUrl } from './common.ts'
import { ConstraintReference } from './constraints.ts'
import { Volume4D } from './geometry.ts'
import { NotificationIndex } from './notification.ts'
import { OperationalIntentReference } from './operational-intents.ts'
import { named, omissible, optional } from './schema.ts'

export const Subscription = named('Subscription', {
  id: SubscriptionIdText,
  version: Type.String(),
  notification_index: NotificationIndex,
  time_start: optional(Time),
  time_end: optional(Time),
  uss_base_url: UssBaseUrl,
  notify_for_operational_intents: optional(Type.Boolean({ default: false })),
  notify_for_constraints: optional(Type.Boolean({ default: false })),
  implicit_subscription: optional(Type.Boolean({ default: false })),
  dependent_operational_intents: optional(Type.Array(EntityIdText, { default: [] })),
})
export type Subscription = Static<typeof Subscription>

/** At least one of the two flags must be true; the rules say so, not the schema. */
export const PutSubscriptionParameters = named('PutSubscriptionParameters', {
  extents: Volume4D,
  uss_base_url: UssBaseUrl,
  notify_for_operational_intents: omissible(Type.Boolean({ default: false })),
  notify_for_constraints: omissible(Type.Boolean({ default: false })),
})
export type PutSubscriptionParameters = Static<typeof PutSubscriptionParameters>

export const QuerySubscriptionParameters = named('QuerySubscriptionParameters', { area_of_interest: Volume4D })
export type QuerySubscriptionParameters = Static<typeof QuerySubscriptionParameters>

export const QuerySubscriptionsResponse = named('QuerySubscriptionsResponse', {
  subscriptions: Type.Array(Subscription, { default: [] }),
})
export type QuerySubscriptionsResponse = Static<typeof QuerySubscriptionsResponse>

export const GetSubscriptionResponse = named('GetSubscriptionResponse', { subscription: Subscription })
export type GetSubscriptionResponse = Static<typeof GetSubscriptionResponse>

export const PutSubscriptionResponse = named('PutSubscriptionResponse', {
  subscription: Subscription,
  operational_intent_references: optional(Type.Array(OperationalIntentReference, { default: [] })),
  constraint_references: optional(Type.Array(ConstraintReference, { default: [] })),
})
export type PutSubscriptionResponse = Static<typeof PutSubscriptionResponse>

export const DeleteSubscriptionResponse = named('DeleteSubscriptionResponse', { subscription: Subscription })
export type DeleteSubscriptionResponse = Static<typeof DeleteSubscriptionResponse>

import { type Static, Type } from 'typebox'
import { EntityIdText, SubscriptionIdText, Time, UssBaseUrl } from './common.ts'
import { Volume4D } from './geometry.ts'
import { RidVersion } from './rid-v1.ts'
import { named, optional } from './schema.ts'

const NotificationIndex = Type.Integer({ default: 0 })

export const RidV2SubscriptionState = named('RidV2SubscriptionState', {
  subscription_id: SubscriptionIdText,
  notification_index: optional(NotificationIndex),
})
export type RidV2SubscriptionState = Static<typeof RidV2SubscriptionState>

export const RidV2SubscriberToNotify = named('RidV2SubscriberToNotify', {
  subscriptions: Type.Array(RidV2SubscriptionState, { minItems: 1 }),
  url: Type.String(),
})
export type RidV2SubscriberToNotify = Static<typeof RidV2SubscriberToNotify>

export const RidV2IdentificationServiceArea = named('RidV2IdentificationServiceArea', {
  uss_base_url: UssBaseUrl,
  owner: Type.String(),
  time_start: Time,
  time_end: Time,
  version: RidVersion,
  id: EntityIdText,
})
export type RidV2IdentificationServiceArea = Static<typeof RidV2IdentificationServiceArea>

export const RidV2Subscription = named('RidV2Subscription', {
  id: SubscriptionIdText,
  uss_base_url: UssBaseUrl,
  owner: Type.String(),
  notification_index: optional(NotificationIndex),
  time_end: optional(Time),
  time_start: optional(Time),
  version: RidVersion,
})
export type RidV2Subscription = Static<typeof RidV2Subscription>

const put = { extents: Volume4D, uss_base_url: UssBaseUrl }
export const RidV2CreateIdentificationServiceAreaParameters = named(
  'RidV2CreateIdentificationServiceAreaParameters',
  put,
)
export type RidV2CreateIdentificationServiceAreaParameters = Static<
  typeof RidV2CreateIdentificationServiceAreaParameters
>
export const RidV2UpdateIdentificationServiceAreaParameters = named(
  'RidV2UpdateIdentificationServiceAreaParameters',
  put,
)
export type RidV2UpdateIdentificationServiceAreaParameters = Static<
  typeof RidV2UpdateIdentificationServiceAreaParameters
>
export const RidV2CreateSubscriptionParameters = named('RidV2CreateSubscriptionParameters', put)
export type RidV2CreateSubscriptionParameters = Static<typeof RidV2CreateSubscriptionParameters>
export const RidV2UpdateSubscriptionParameters = named('RidV2UpdateSubscriptionParameters', put)
export type RidV2UpdateSubscriptionParameters = Static<typeof RidV2UpdateSubscriptionParameters>

export const RidV2SearchIdentificationServiceAreasResponse = named('RidV2SearchIdentificationServiceAreasResponse', {
  service_areas: optional(Type.Array(RidV2IdentificationServiceArea, { default: [] })),
})
export type RidV2SearchIdentificationServiceAreasResponse = Static<typeof RidV2SearchIdentificationServiceAreasResponse>

export const RidV2GetIdentificationServiceAreaResponse = named('RidV2GetIdentificationServiceAreaResponse', {
  service_area: RidV2IdentificationServiceArea,
})
export type RidV2GetIdentificationServiceAreaResponse = Static<typeof RidV2GetIdentificationServiceAreaResponse>

const changedIsa = {
  service_area: RidV2IdentificationServiceArea,
  subscribers: optional(Type.Array(RidV2SubscriberToNotify, { default: [] })),
}
export const RidV2PutIdentificationServiceAreaResponse = named('RidV2PutIdentificationServiceAreaResponse', changedIsa)
export type RidV2PutIdentificationServiceAreaResponse = Static<typeof RidV2PutIdentificationServiceAreaResponse>
export const RidV2DeleteIdentificationServiceAreaResponse = named(
  'RidV2DeleteIdentificationServiceAreaResponse',
  changedIsa,
)
export type RidV2DeleteIdentificationServiceAreaResponse = Static<typeof RidV2DeleteIdentificationServiceAreaResponse>

export const RidV2SearchSubscriptionsResponse = named('RidV2SearchSubscriptionsResponse', {
  subscriptions: optional(Type.Array(RidV2Subscription, { default: [] })),
})
export type RidV2SearchSubscriptionsResponse = Static<typeof RidV2SearchSubscriptionsResponse>

export const RidV2GetSubscriptionResponse = named('RidV2GetSubscriptionResponse', { subscription: RidV2Subscription })
export type RidV2GetSubscriptionResponse = Static<typeof RidV2GetSubscriptionResponse>

export const RidV2PutSubscriptionResponse = named('RidV2PutSubscriptionResponse', {
  service_areas: optional(Type.Array(RidV2IdentificationServiceArea, { default: [] })),
  subscription: RidV2Subscription,
})
export type RidV2PutSubscriptionResponse = Static<typeof RidV2PutSubscriptionResponse>

export const RidV2DeleteSubscriptionResponse = named('RidV2DeleteSubscriptionResponse', {
  subscription: RidV2Subscription,
})
export type RidV2DeleteSubscriptionResponse = Static<typeof RidV2DeleteSubscriptionResponse>

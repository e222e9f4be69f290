import { type Static, Type } from 'typebox'
import { DateTime, EntityIdText, SubscriptionIdText } from './common.ts'
import { LatLngPoint } from './geometry.ts'
import { named, omissible, optional, RULE } from './schema.ts'

/** F3411-19 altitude: metres above the WGS84 ellipsoid as a plain number. */
export const RidV1Altitude = Type.Number()
/** Opaque version of a service area or subscription. */
export const RidVersion = Type.String()
/** A version as a path names it: one that no service of ours or of the reference implementation can have given is refused unseen. */
export const RidVersionText = Type.String({
  pattern: '^[0-9a-v]{1,13}$',
  [RULE]: 'must be a version as this service gives them: up to 13 digits of base 32',
})
/** A URL as text; judged by the rules. */
const Url = Type.String()

export const RidV1GeoPolygon = named('RidV1GeoPolygon', { vertices: Type.Array(LatLngPoint, { minItems: 3 }) })
export type RidV1GeoPolygon = Static<typeof RidV1GeoPolygon>

export const RidV1Volume3D = named('RidV1Volume3D', {
  footprint: RidV1GeoPolygon,
  altitude_lo: omissible(RidV1Altitude),
  altitude_hi: omissible(RidV1Altitude),
})
export type RidV1Volume3D = Static<typeof RidV1Volume3D>

export const RidV1Volume4D = named('RidV1Volume4D', {
  spatial_volume: RidV1Volume3D,
  time_start: omissible(DateTime),
  time_end: omissible(DateTime),
})
export type RidV1Volume4D = Static<typeof RidV1Volume4D>

export const RidV1SubscriptionState = named('RidV1SubscriptionState', {
  subscription_id: SubscriptionIdText,
  notification_index: optional(Type.Integer()),
})
export type RidV1SubscriptionState = Static<typeof RidV1SubscriptionState>

export const RidV1SubscriberToNotify = named('RidV1SubscriberToNotify', {
  subscriptions: Type.Array(RidV1SubscriptionState),
  url: Url,
})
export type RidV1SubscriberToNotify = Static<typeof RidV1SubscriberToNotify>

export const RidV1IdentificationServiceArea = named('RidV1IdentificationServiceArea', {
  flights_url: Url,
  owner: Type.String(),
  time_start: DateTime,
  time_end: DateTime,
  version: RidVersion,
  id: EntityIdText,
})
export type RidV1IdentificationServiceArea = Static<typeof RidV1IdentificationServiceArea>

export const RidV1SubscriptionCallbacks = named('RidV1SubscriptionCallbacks', {
  identification_service_area_url: omissible(Url),
})
export type RidV1SubscriptionCallbacks = Static<typeof RidV1SubscriptionCallbacks>

export const RidV1Subscription = named('RidV1Subscription', {
  id: SubscriptionIdText,
  callbacks: RidV1SubscriptionCallbacks,
  owner: Type.String(),
  notification_index: Type.Integer(),
  time_end: optional(DateTime),
  time_start: optional(DateTime),
  version: RidVersion,
  url: optional(Url),
})
export type RidV1Subscription = Static<typeof RidV1Subscription>

const putIsa = { extents: RidV1Volume4D, flights_url: Url }
export const RidV1CreateIdentificationServiceAreaParameters = named(
  'RidV1CreateIdentificationServiceAreaParameters',
  putIsa,
)
export type RidV1CreateIdentificationServiceAreaParameters = Static<
  typeof RidV1CreateIdentificationServiceAreaParameters
>
export const RidV1UpdateIdentificationServiceAreaParameters = named(
  'RidV1UpdateIdentificationServiceAreaParameters',
  putIsa,
)
export type RidV1UpdateIdentificationServiceAreaParameters = Static<
  typeof RidV1UpdateIdentificationServiceAreaParameters
>

const putSubscription = { extents: RidV1Volume4D, callbacks: RidV1SubscriptionCallbacks }
export const RidV1CreateSubscriptionParameters = named('RidV1CreateSubscriptionParameters', putSubscription)
export type RidV1CreateSubscriptionParameters = Static<typeof RidV1CreateSubscriptionParameters>
export const RidV1UpdateSubscriptionParameters = named('RidV1UpdateSubscriptionParameters', putSubscription)
export type RidV1UpdateSubscriptionParameters = Static<typeof RidV1UpdateSubscriptionParameters>

export const RidV1SearchIdentificationServiceAreasResponse = named('RidV1SearchIdentificationServiceAreasResponse', {
  service_areas: Type.Array(RidV1IdentificationServiceArea),
})
export type RidV1SearchIdentificationServiceAreasResponse = Static<typeof RidV1SearchIdentificationServiceAreasResponse>

export const RidV1GetIdentificationServiceAreaResponse = named('RidV1GetIdentificationServiceAreaResponse', {
  service_area: RidV1IdentificationServiceArea,
})
export type RidV1GetIdentificationServiceAreaResponse = Static<typeof RidV1GetIdentificationServiceAreaResponse>

const changedIsa = {
  service_area: RidV1IdentificationServiceArea,
  subscribers: Type.Array(RidV1SubscriberToNotify),
}
export const RidV1PutIdentificationServiceAreaResponse = named('RidV1PutIdentificationServiceAreaResponse', changedIsa)
export type RidV1PutIdentificationServiceAreaResponse = Static<typeof RidV1PutIdentificationServiceAreaResponse>
export const RidV1DeleteIdentificationServiceAreaResponse = named(
  'RidV1DeleteIdentificationServiceAreaResponse',
  changedIsa,
)
export type RidV1DeleteIdentificationServiceAreaResponse = Static<typeof RidV1DeleteIdentificationServiceAreaResponse>

export const RidV1SearchSubscriptionsResponse = named('RidV1SearchSubscriptionsResponse', {
  subscriptions: Type.Array(RidV1Subscription),
})
export type RidV1SearchSubscriptionsResponse = Static<typeof RidV1SearchSubscriptionsResponse>

export const RidV1GetSubscriptionResponse = named('RidV1GetSubscriptionResponse', { subscription: RidV1Subscription })
export type RidV1GetSubscriptionResponse = Static<typeof RidV1GetSubscriptionResponse>

export const RidV1PutSubscriptionResponse = named('RidV1PutSubscriptionResponse', {
  service_areas: optional(Type.Array(RidV1IdentificationServiceArea)),
  subscription: RidV1Subscription,
})
export type RidV1PutSubscriptionResponse = Static<typeof RidV1PutSubscriptionResponse>

export const RidV1DeleteSubscriptionResponse = named('RidV1DeleteSubscriptionResponse', {
  subscription: RidV1Subscription,
})
export type RidV1DeleteSubscriptionResponse = Static<typeof RidV1DeleteSubscriptionResponse>

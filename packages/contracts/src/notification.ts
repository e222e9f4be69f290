import { type Static, Type } from 'typebox'
import { SubscriptionIdText, UssBaseUrl } from './common.ts'
import { named } from './schema.ts'

/** Counts the notifications a subscription has caused, from 0. */
export const NotificationIndex = Type.Integer({ minimum: 0, default: 0 })

export const SubscriptionState = named('SubscriptionState', {
  subscription_id: SubscriptionIdText,
  notification_index: NotificationIndex,
})
export type SubscriptionState = Static<typeof SubscriptionState>

/** A supplier that has to be told of a change, and the subscriptions of its that the change touched. */
export const SubscriberToNotify = named('SubscriberToNotify', {
  subscriptions: Type.Array(SubscriptionState, { minItems: 1 }),
  uss_base_url: UssBaseUrl,
})
export type SubscriberToNotify = Static<typeof SubscriberToNotify>

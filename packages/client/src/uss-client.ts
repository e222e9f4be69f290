import type { Constraint, OperationalIntent, SubscriptionState } from '@parley/contracts'
import { type CallOptions, type Connection, call } from './call.ts'
import type { TokenSource } from './token-source.ts'

/** F3548-21 `GetOperationalIntentDetailsResponse`. */
export interface OperationalIntentAnswer {
  readonly operational_intent: OperationalIntent
}

/** F3548-21 `GetConstraintDetailsResponse`. */
export interface ConstraintAnswer {
  readonly constraint: Constraint
}

/** F3548-21 `PutOperationalIntentDetailsParameters`; without `operational_intent` it says that the intent ended. */
export interface OperationalIntentNotice {
  readonly operational_intent_id: string
  readonly operational_intent?: OperationalIntent
  readonly subscriptions: readonly SubscriptionState[]
}

/** F3548-21 `PutConstraintDetailsParameters`; without `constraint` it says that the constraint was removed. */
export interface ConstraintNotice {
  readonly constraint_id: string
  readonly constraint?: Constraint
  readonly subscriptions: readonly SubscriptionState[]
}

export interface UssClientOptions {
  /** The peer's `uss_base_url` as the pool gives it. */
  readonly baseUrl: string
  /** Tokens whose audience is the peer's host. */
  readonly token: TokenSource
  readonly fetch?: typeof fetch
  readonly defaults?: CallOptions
}

/**
 * A client of a peer supplier's F3548-21 USS interface (`/uss/v1`): its details, and notices to it.
 *
 * @example
 * const peer = createUssClient({ baseUrl: reference.uss_base_url, token })
 * const answer = await peer.operationalIntent(reference.id)
 */
export function createUssClient(options: UssClientOptions) {
  const connection: Connection = {
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    token: options.token,
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    defaults: options.defaults ?? {},
  }
  return {
    /**
     * Volumes, priority and current OVN of the peer's intent.
     * @example
     * const { details, reference } = (await peer.operationalIntent(id)).value.operational_intent
     */
    operationalIntent: (id: string, settings?: CallOptions) =>
      call<OperationalIntentAnswer>(
        connection,
        {
          method: 'GET',
          path: `/uss/v1/operational_intents/${encodeURIComponent(id)}`,
          scopes: ['utm.strategic_coordination'],
        },
        settings,
      ),

    /**
     * Volumes, type and current OVN of the peer's constraint.
     * @example
     * const answer = await peer.constraint(id)
     */
    constraint: (id: string, settings?: CallOptions) =>
      call<ConstraintAnswer>(
        connection,
        { method: 'GET', path: `/uss/v1/constraints/${encodeURIComponent(id)}`, scopes: ['utm.constraint_processing'] },
        settings,
      ),

    /**
     * Tells the peer of a change of an intent; `operational_intent` left out says that it ended.
     * @example
     * await peer.notifyOperationalIntent({ operational_intent_id: id, operational_intent, subscriptions })
     */
    notifyOperationalIntent: (body: OperationalIntentNotice, settings?: CallOptions) =>
      call<undefined>(
        connection,
        { method: 'POST', path: '/uss/v1/operational_intents', scopes: ['utm.strategic_coordination'], body },
        settings,
      ),

    /**
     * Tells the peer of a change of a constraint; `constraint` left out says that it was removed.
     * @example
     * await peer.notifyConstraint({ constraint_id: id, constraint, subscriptions })
     */
    notifyConstraint: (body: ConstraintNotice, settings?: CallOptions) =>
      call<undefined>(
        connection,
        { method: 'POST', path: '/uss/v1/constraints', scopes: ['utm.constraint_management'], body },
        settings,
      ),
  }
}

export type UssClient = ReturnType<typeof createUssClient>

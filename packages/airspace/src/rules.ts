/** What a pool may be told to do otherwise than by default. */
export interface Rules {
  /** Only plans that truly meet need each other's key and are listed; false: the standard's cells and bounding bands decide. */
  readonly exact: boolean
  /** Answer as the reference implementation does where it leaves the standard. */
  readonly compat: boolean
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Limits of F3548-21 and F3411 that the rules hold to; names as in the standard where it has one. */
export const LIMITS = {
  /** OiMaxPlanHorizon: how far ahead a clearing shift may push a plan. */
  planHorizonMs: 30 * DAY_MS,
  /** DSSMaxSubscriptionDuration, and the same for identification service areas' subscriptions. */
  subscriptionDurationMs: 24 * HOUR_MS,
  /** How long ago a subscription or service area may claim to start. */
  startToleranceMs: 5 * MINUTE_MS,
  /** Subscriptions one owner may have in one cell (F3411: DSS subscriptions per area). */
  subscriptionsPerCell: 10,
  /** Range of the standard's Altitude. */
  lowestM: -8000,
  highestM: 100_000,
  /** Most items of each kind that a refused plan is told of; the counts beside them are of all. */
  missingListed: 10_000,
  /** Most items whose stand to a refused plan is measured. */
  blockingListed: 1_000,
  /** How long after its end an entity stays, by default and as the reference implementation keeps it. */
  retentionMs: 10 * MINUTE_MS,
  compatRetentionMs: 112 * DAY_MS,
} as const

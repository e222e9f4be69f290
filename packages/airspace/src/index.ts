export { apply } from './apply.ts'
export { EntryFormatError } from './bytes.ts'
export type {
  Command,
  DeleteConstraint,
  DeleteOperationalIntent,
  DeleteServiceArea,
  DeleteServiceAreaSubscription,
  DeleteSubscription,
  Expire,
  Fresh,
  MakeReport,
  PutConstraint,
  PutOperationalIntent,
  PutServiceArea,
  PutServiceAreaSubscription,
  PutSubscription,
  SetAvailability,
} from './commands.ts'
export { decide } from './decide.ts'
export { NO_SUBSCRIPTION_ID } from './decide-operational-intent.ts'
export type { Decision, Missing } from './decision.ts'
export { decodeEntry, encodeEntry, encodeEntryAtOnce } from './entry-codec.ts'
export { type Explanation, explain, type Plan } from './explain.ts'
export { footprintOf } from './matching.ts'
export type {
  AcceptedOutcome,
  Availability,
  Blocking,
  Bounds,
  Change,
  Claimed,
  Clearing,
  Conflict,
  ConstraintRecord,
  Entry,
  Notified,
  OperationalIntentRecord,
  OperationalIntentState,
  Refusal,
  RefusalCode,
  RefusedOutcome,
  RequestDigest,
  ServiceAreaRecord,
  ServiceAreaSubscriptionRecord,
  Subject,
  SubscriptionRecord,
} from './model.ts'
export {
  queryConstraints,
  queryOperationalIntents,
  queryServiceAreaSubscriptions,
  queryServiceAreas,
  querySubscriptions,
} from './query.ts'
export { type ReplayFinding, Replayer } from './replay.ts'
export { LIMITS, type Rules } from './rules.ts'
export { dumpState, loadState, SnapshotError } from './snapshot.ts'
export { AirspaceState } from './state.ts'
export { stateText } from './state-text.ts'

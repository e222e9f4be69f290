export {
  type Accepted,
  type Answer,
  type Conflict,
  type ConflictBody,
  type ErrorBody,
  explainAnswer,
  type Failed,
  type FailureReason,
  type Refused,
} from './answer.ts'
export type { CallOptions } from './call.ts'
export { type FollowOptions, StreamRefusedError, type StreamState } from './decisions.ts'
export { createDssClient, type DssClient, type DssClientOptions } from './dss-client.ts'
export { DEFAULT_RETRY, NO_RETRY, type RetryPolicy } from './retry.ts'
export {
  type IssuerTokenSourceOptions,
  issuerTokenSource,
  TokenError,
  type TokenRequest,
  type TokenSource,
  tokenExpiresMs,
} from './token-source.ts'
export {
  type ConstraintAnswer,
  type ConstraintNotice,
  createUssClient,
  type OperationalIntentAnswer,
  type OperationalIntentNotice,
  type UssClient,
  type UssClientOptions,
} from './uss-client.ts'
export { LogFetchError, logFetcher, type LogFetcherOptions } from './log-fetcher.ts'
// the line
export {
  type CarriedEntries,
  type CarrierAnswer,
  createLineClient,
  type LineClient,
  type LineClientOptions,
} from './line-client.ts'
export type { LineCallOptions } from './line-call.ts'
export { type LineRefusal, LineRefusedError, LineUnreachableError } from './line-errors.ts'
export { LINE_EVENT_KINDS, type LineEvent, type LineFollowOptions, type LineStreamState } from './line-events.ts'
export {
  ackIntent,
  activateIntent,
  type ActInput,
  actOf,
  type ActSigning,
  agreeBorder,
  answerMessage,
  type AreaDraft,
  charterDraft,
  closeLine,
  closeMessage,
  closeWatch,
  countersign,
  declareArea,
  endIntent,
  escalateMessage,
  type Handover,
  handoverOf,
  type HeardItem,
  type IntentDraft,
  isActError,
  liftArea,
  messageBodyOf,
  newActId,
  openLine,
  openMessage,
  openWatch,
  proposeIntent,
  readBackMessage,
  relayMessage,
  resumeLine,
  signDraft,
  suspendLine,
  takeMessage,
  withdrawIntent,
} from './line-acts.ts'
export {
  checkPosition,
  composeContent,
  type Composed,
  type ComposedMessage,
  composeMessage,
  type ItemDraft,
  itemsOfTemplate,
  type MessageDraft,
  type PositionCheck,
  type TemplateDraft,
} from './line-message.ts'

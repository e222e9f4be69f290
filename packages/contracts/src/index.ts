export * from './auxiliary.ts'
export {
  parseUssAvailability,
  SetUssAvailabilityStatusParameters,
  UssAvailabilityState,
  UssAvailabilityStatus,
  UssAvailabilityStatusResponse,
} from './availability.ts'
export {
  DateTime,
  EntityIdText,
  EntityOvn,
  fromDateTime,
  fromTime,
  SubscriptionIdText,
  Time,
  toTime,
  UssBaseUrl,
  UuidV4,
} from './common.ts'
export * from './constraints.ts'
export { AirspaceConflictResponse, Blocking, Clearing, ErrorResponse } from './error-response.ts'
export { renderErrorTable } from './error-table.ts'
export {
  ApiError,
  ContractError,
  type ContractErrorCode,
  type ErrorBody,
  type ErrorBodyOptions,
  type ErrorCode,
  type ErrorEntry,
  errorBody,
  errorCodes,
  errorTable,
  type Finding,
  isRaised,
  type StatusContext,
  statusOf,
} from './errors.ts'
export { renderValue } from './findings.ts'
export * from './geometry.ts'
export { NotificationIndex, SubscriberToNotify, SubscriptionState } from './notification.ts'
export { buildOpenApi, type OpenApiInfo, type OpenApiObject } from './openapi.ts'
export type { Method, Operation, Parameter, Surface } from './operation.ts'
export * from './operational-intents.ts'
export {
  type AnswerOf,
  type BodyOf,
  type OperationId,
  type Operations,
  operationList,
  operations,
} from './operations.ts'
export * from './parley.ts'
export * from './reports.ts'
export { formatRfc3339, parseRfc3339 } from './rfc3339.ts'
export * from './rid-v1.ts'
export * from './rid-v2.ts'
export { SCOPE, type Scope, scopeDescriptions, scopesSatisfy } from './scopes.ts'
export { parseStrictJson, type StrictJsonLimits } from './strict-json.ts'
export * from './subscriptions.ts'
export * from './token.ts'
export {
  compileBody,
  compileParameters,
  compileSchema,
  MAX_FINDINGS,
  type Parameters,
  type RawParameters,
  type Validate,
  type Validation,
} from './validator.ts'

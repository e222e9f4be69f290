export {
  CasResponse,
  DssInstance,
  DssInstancesResponse,
  GetVersionResponse,
  GlobalOptionsResponse,
  Heartbeat,
  PoolResponse,
  VersionResponse,
} from './auxiliary.ts'
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
} from './common.ts'
export {
  ChangeConstraintReferenceResponse,
  Constraint,
  ConstraintDetails,
  ConstraintReference,
  GetConstraintReferenceResponse,
  PutConstraintReferenceParameters,
  QueryConstraintReferenceParameters,
  QueryConstraintReferencesResponse,
} from './constraints.ts'
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
export { GeoZone, ZoneAuthority } from './geo-zone.ts'
export {
  Altitude,
  Circle,
  Latitude,
  LatLngPoint,
  Longitude,
  Polygon,
  Radius,
  Volume3D,
  Volume4D,
} from './geometry.ts'
export {
  LineAct,
  LineActAccepted,
  LineActs,
  LineActsAccepted,
  LineAddress,
  LineAvailability,
  LineCheckRequest,
  LineCheckResponse,
  LineClock,
  LineCompare,
  LineCreateTable,
  LineDeclared,
  LineDraft,
  type LineEvents,
  LineFlights,
  LineInvitation,
  LineJoining,
  LineJoiningPeer,
  LineLink,
  LineList,
  LineMeasured,
  LineMessage,
  LineMessages,
  LineProtestFile,
  LinePartyState,
  LineReason,
  LineReveal,
  LineStatus,
  LineStep,
  LineSuspension,
  LineTableState,
} from './line.ts'
export { NotificationIndex, SubscriberToNotify, SubscriptionState } from './notification.ts'
export { buildOpenApi, type OpenApiInfo, type OpenApiObject } from './openapi.ts'
export type { Method, Operation, Parameter, Surface } from './operation.ts'
export {
  ChangeOperationalIntentReferenceResponse,
  GetOperationalIntentReferenceResponse,
  ImplicitSubscriptionParameters,
  OperationalIntent,
  OperationalIntentDetails,
  OperationalIntentReference,
  OperationalIntentState,
  PutOperationalIntentReferenceParameters,
  QueryOperationalIntentReferenceParameters,
  QueryOperationalIntentReferenceResponse,
} from './operational-intents.ts'
export {
  type AnswerOf,
  type BodyOf,
  type OperationId,
  type Operations,
  operationList,
  operations,
} from './operations.ts'
export {
  CheckParameters,
  CheckResponse,
  CosignerStatus,
  Decision,
  DecisionsResponse,
  LogStatus,
  ParleyStatus,
  Picture,
  PictureConstraint,
  PictureOperationalIntent,
  ScenarioDocument,
} from './parley.ts'
export {
  ErrorReport,
  ExchangeRecord,
} from './reports.ts'
export { formatRfc3339, parseRfc3339 } from './rfc3339.ts'
export {
  RidV1Altitude,
  RidV1CreateIdentificationServiceAreaParameters,
  RidV1CreateSubscriptionParameters,
  RidV1DeleteIdentificationServiceAreaResponse,
  RidV1DeleteSubscriptionResponse,
  RidV1GeoPolygon,
  RidV1GetIdentificationServiceAreaResponse,
  RidV1GetSubscriptionResponse,
  RidV1IdentificationServiceArea,
  RidV1PutIdentificationServiceAreaResponse,
  RidV1PutSubscriptionResponse,
  RidV1SearchIdentificationServiceAreasResponse,
  RidV1SearchSubscriptionsResponse,
  RidV1SubscriberToNotify,
  RidV1Subscription,
  RidV1SubscriptionCallbacks,
  RidV1SubscriptionState,
  RidV1UpdateIdentificationServiceAreaParameters,
  RidV1UpdateSubscriptionParameters,
  RidV1Volume3D,
  RidV1Volume4D,
  RidVersion,
} from './rid-v1.ts'
export {
  RidV2CreateIdentificationServiceAreaParameters,
  RidV2CreateSubscriptionParameters,
  RidV2DeleteIdentificationServiceAreaResponse,
  RidV2DeleteSubscriptionResponse,
  RidV2GetIdentificationServiceAreaResponse,
  RidV2GetSubscriptionResponse,
  RidV2IdentificationServiceArea,
  RidV2PutIdentificationServiceAreaResponse,
  RidV2PutSubscriptionResponse,
  RidV2SearchIdentificationServiceAreasResponse,
  RidV2SearchSubscriptionsResponse,
  RidV2SubscriberToNotify,
  RidV2Subscription,
  RidV2SubscriptionState,
  RidV2UpdateIdentificationServiceAreaParameters,
  RidV2UpdateSubscriptionParameters,
} from './rid-v2.ts'
export { SCOPE, type Scope, scopeDescriptions, scopesSatisfy } from './scopes.ts'
export { parseStrictJson, type StrictJsonLimits } from './strict-json.ts'
export {
  DeleteSubscriptionResponse,
  GetSubscriptionResponse,
  PutSubscriptionParameters,
  PutSubscriptionResponse,
  QuerySubscriptionParameters,
  QuerySubscriptionsResponse,
  Subscription,
} from './subscriptions.ts'
export {
  JsonWebKey,
  JsonWebKeySet,
  TokenResponse,
} from './token.ts'
export {
  type CheckedParameters,
  compileBody,
  compileParameters,
  compileSchema,
  MAX_FINDINGS,
  type RawParameters,
  type Validate,
  type Validation,
} from './validator.ts'

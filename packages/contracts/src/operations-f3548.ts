import { Type } from 'typebox'
import { SetUssAvailabilityStatusParameters, UssAvailabilityStatusResponse } from './availability.ts'
import { EntityIdText, EntityOvn, SubscriptionIdText } from './common.ts'
import {
  ChangeConstraintReferenceResponse,
  GetConstraintReferenceResponse,
  PutConstraintReferenceParameters,
  QueryConstraintReferenceParameters,
  QueryConstraintReferencesResponse,
} from './constraints.ts'
import { AirspaceConflictResponse } from './error-response.ts'
import { operation, required } from './operation.ts'
import {
  ChangeOperationalIntentReferenceResponse,
  GetOperationalIntentReferenceResponse,
  PutOperationalIntentReferenceParameters,
  QueryOperationalIntentReferenceParameters,
  QueryOperationalIntentReferenceResponse,
} from './operational-intents.ts'
import { ErrorReport } from './reports.ts'
import { SCOPE } from './scopes.ts'
import {
  DeleteSubscriptionResponse,
  GetSubscriptionResponse,
  PutSubscriptionParameters,
  PutSubscriptionResponse,
  QuerySubscriptionParameters,
  QuerySubscriptionsResponse,
} from './subscriptions.ts'

const SC = SCOPE.strategicCoordination
const CM = SCOPE.constraintManagement
const CP = SCOPE.constraintProcessing
const CMSA = SCOPE.conformanceMonitoring
const AA = SCOPE.availabilityArbitration

const surface = 'f3548'
const intentId = required('entityid', EntityIdText, 'Identifier of the operational intent.')
const constraintId = required('entityid', EntityIdText, 'Identifier of the constraint.')
const ovn = required('ovn', EntityOvn, 'OVN of the version to be changed.')
const subscriptionId = required('subscriptionid', SubscriptionIdText, 'Identifier of the subscription.')
const subscriptionVersion = required(
  'version',
  Type.String({ minLength: 1 }),
  'Version of the subscription to be changed.',
)
const ussId = required(
  'uss_id',
  Type.String({ minLength: 1, maxLength: 256 }),
  'The supplier: the sub of its access tokens.',
)

const intents = '/dss/v1/operational_intent_references'
const constraints = '/dss/v1/constraint_references'
const subscriptions = '/dss/v1/subscriptions'
const availability = '/dss/v1/uss_availability/{uss_id}'

/** ASTM F3548-21, the part of the API that a discovery and synchronization service serves. */
export const f3548Operations = {
  queryOperationalIntentReferences: operation({
    operationId: 'queryOperationalIntentReferences',
    surface,
    method: 'POST',
    path: `${intents}/query`,
    summary: 'Find the operational intents in an area, height band and time.',
    scopes: [[SC], [CMSA]],
    body: QueryOperationalIntentReferenceParameters,
    answer: QueryOperationalIntentReferenceResponse,
    refusals: [413, 429],
  }),
  getOperationalIntentReference: operation({
    operationId: 'getOperationalIntentReference',
    surface,
    method: 'GET',
    path: `${intents}/{entityid}`,
    summary: 'Read one operational intent reference.',
    pathParameters: [intentId],
    scopes: [[SC], [CMSA]],
    body: null,
    answer: GetOperationalIntentReferenceResponse,
    refusals: [404, 429],
  }),
  createOperationalIntentReference: operation({
    operationId: 'createOperationalIntentReference',
    surface,
    method: 'PUT',
    path: `${intents}/{entityid}`,
    summary: 'Plan: create an operational intent reference.',
    pathParameters: [intentId],
    scopes: [[SC], [SC, CP], [CMSA]],
    body: PutOperationalIntentReferenceParameters,
    answer: ChangeOperationalIntentReferenceResponse,
    success: 201,
    refusals: [409, 412, 413, 429],
    refusalSchemas: { 409: AirspaceConflictResponse },
  }),
  updateOperationalIntentReference: operation({
    operationId: 'updateOperationalIntentReference',
    surface,
    method: 'PUT',
    path: `${intents}/{entityid}/{ovn}`,
    summary: 'Change the plan or state of an operational intent.',
    pathParameters: [intentId, ovn],
    scopes: [[SC], [SC, CP], [CMSA]],
    body: PutOperationalIntentReferenceParameters,
    answer: ChangeOperationalIntentReferenceResponse,
    refusals: [409, 412, 413, 429],
    refusalSchemas: { 409: AirspaceConflictResponse },
  }),
  deleteOperationalIntentReference: operation({
    operationId: 'deleteOperationalIntentReference',
    surface,
    method: 'DELETE',
    path: `${intents}/{entityid}/{ovn}`,
    summary: 'End an operational intent.',
    pathParameters: [intentId, ovn],
    scopes: [[SC], [CMSA]],
    body: null,
    answer: ChangeOperationalIntentReferenceResponse,
    refusals: [404, 409, 412, 429],
  }),
  queryConstraintReferences: operation({
    operationId: 'queryConstraintReferences',
    surface,
    method: 'POST',
    path: `${constraints}/query`,
    summary: 'Find the constraints in an area, height band and time.',
    scopes: [[CM], [CP]],
    body: QueryConstraintReferenceParameters,
    answer: QueryConstraintReferencesResponse,
    refusals: [413, 429],
  }),
  getConstraintReference: operation({
    operationId: 'getConstraintReference',
    surface,
    method: 'GET',
    path: `${constraints}/{entityid}`,
    summary: 'Read one constraint reference.',
    pathParameters: [constraintId],
    scopes: [[CM], [CP]],
    body: null,
    answer: GetConstraintReferenceResponse,
    refusals: [404, 429],
  }),
  createConstraintReference: operation({
    operationId: 'createConstraintReference',
    surface,
    method: 'PUT',
    path: `${constraints}/{entityid}`,
    summary: 'Create a constraint reference.',
    pathParameters: [constraintId],
    scopes: [[CM]],
    body: PutConstraintReferenceParameters,
    answer: ChangeConstraintReferenceResponse,
    success: 201,
    refusals: [409, 413, 429],
  }),
  updateConstraintReference: operation({
    operationId: 'updateConstraintReference',
    surface,
    method: 'PUT',
    path: `${constraints}/{entityid}/{ovn}`,
    summary: 'Change a constraint.',
    pathParameters: [constraintId, ovn],
    scopes: [[CM]],
    body: PutConstraintReferenceParameters,
    answer: ChangeConstraintReferenceResponse,
    refusals: [409, 413, 429],
  }),
  deleteConstraintReference: operation({
    operationId: 'deleteConstraintReference',
    surface,
    method: 'DELETE',
    path: `${constraints}/{entityid}/{ovn}`,
    summary: 'Remove a constraint.',
    pathParameters: [constraintId, ovn],
    scopes: [[CM]],
    body: null,
    answer: ChangeConstraintReferenceResponse,
    refusals: [404, 409, 429],
  }),
  querySubscriptions: operation({
    operationId: 'querySubscriptions',
    surface,
    method: 'POST',
    path: `${subscriptions}/query`,
    summary: 'Find your own subscriptions in an area and time.',
    scopes: [[CP], [SC]],
    body: QuerySubscriptionParameters,
    answer: QuerySubscriptionsResponse,
    refusals: [413, 429],
  }),
  getSubscription: operation({
    operationId: 'getSubscription',
    surface,
    method: 'GET',
    path: `${subscriptions}/{subscriptionid}`,
    summary: 'Read one of your subscriptions.',
    pathParameters: [subscriptionId],
    scopes: [[CP], [SC]],
    body: null,
    answer: GetSubscriptionResponse,
    refusals: [404, 429],
  }),
  createSubscription: operation({
    operationId: 'createSubscription',
    surface,
    method: 'PUT',
    path: `${subscriptions}/{subscriptionid}`,
    summary: 'Subscribe to changes in an area and time.',
    pathParameters: [subscriptionId],
    scopes: [[CP], [SC]],
    body: PutSubscriptionParameters,
    answer: PutSubscriptionResponse,
    refusals: [409, 429],
  }),
  updateSubscription: operation({
    operationId: 'updateSubscription',
    surface,
    method: 'PUT',
    path: `${subscriptions}/{subscriptionid}/{version}`,
    summary: 'Change a subscription.',
    pathParameters: [subscriptionId, subscriptionVersion],
    scopes: [[CP], [SC]],
    body: PutSubscriptionParameters,
    answer: PutSubscriptionResponse,
    refusals: [409, 429],
  }),
  deleteSubscription: operation({
    operationId: 'deleteSubscription',
    surface,
    method: 'DELETE',
    path: `${subscriptions}/{subscriptionid}/{version}`,
    summary: 'Remove a subscription.',
    pathParameters: [subscriptionId, subscriptionVersion],
    scopes: [[CP], [SC]],
    body: null,
    answer: DeleteSubscriptionResponse,
    refusals: [404, 409, 429],
  }),
  makeDssReport: operation({
    operationId: 'makeDssReport',
    surface,
    method: 'POST',
    path: '/dss/v1/reports',
    summary: 'Report a problem met in an exchange with this pool.',
    scopes: [[CM], [CP], [SC], [CMSA], [AA]],
    body: ErrorReport,
    answer: ErrorReport,
    success: 201,
    refusals: [429],
  }),
  setUssAvailability: operation({
    operationId: 'setUssAvailability',
    surface,
    method: 'PUT',
    path: availability,
    summary: 'Declare whether a supplier is available.',
    pathParameters: [ussId],
    scopes: [[AA]],
    body: SetUssAvailabilityStatusParameters,
    answer: UssAvailabilityStatusResponse,
    refusals: [409, 429],
  }),
  getUssAvailability: operation({
    operationId: 'getUssAvailability',
    surface,
    method: 'GET',
    path: availability,
    summary: 'Read whether a supplier is available; Unknown for one never heard of.',
    pathParameters: [ussId],
    scopes: [[AA], [SC], [CMSA]],
    body: null,
    answer: UssAvailabilityStatusResponse,
    refusals: [429],
  }),
} as const

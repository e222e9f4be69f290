import { Type } from 'typebox'
import { DateTime, EntityIdText, SubscriptionIdText } from './common.ts'
import { operation, permitted, required } from './operation.ts'
import { RidVersionText } from './rid-v1.ts'
import {
  RidV2CreateIdentificationServiceAreaParameters,
  RidV2CreateSubscriptionParameters,
  RidV2DeleteIdentificationServiceAreaResponse,
  RidV2DeleteSubscriptionResponse,
  RidV2GetIdentificationServiceAreaResponse,
  RidV2GetSubscriptionResponse,
  RidV2PutIdentificationServiceAreaResponse,
  RidV2PutSubscriptionResponse,
  RidV2SearchIdentificationServiceAreasResponse,
  RidV2SearchSubscriptionsResponse,
  RidV2UpdateIdentificationServiceAreaParameters,
  RidV2UpdateSubscriptionParameters,
} from './rid-v2.ts'
import { SCOPE } from './scopes.ts'

const surface = 'f3411-22a'
const area = required('area', Type.String(), 'Vertices as lat,lng,lat,lng,…, at least three, not crossing.')
const earliest = permitted('earliest_time', DateTime, 'Only areas that last to this time or beyond.')
const latest = permitted('latest_time', DateTime, 'Only areas that begin by this time.')
const areaId = required('id', EntityIdText, 'Identifier of the identification service area.')
const subscriptionId = required('id', SubscriptionIdText, 'Identifier of the subscription.')
const version = required('version', RidVersionText, 'Version to be changed.')

const areas = '/rid/v2/dss/identification_service_areas'
const subscriptions = '/rid/v2/dss/subscriptions'

/** ASTM F3411-22a, the part of the API that a discovery and synchronization service serves. */
export const ridV2Operations = {
  ridV2SearchIdentificationServiceAreas: operation({
    operationId: 'ridV2SearchIdentificationServiceAreas',
    surface,
    method: 'GET',
    path: areas,
    summary: 'Find identification service areas in an area and time.',
    queryParameters: [area, earliest, latest],
    scopes: [[SCOPE.ridV2Display]],
    body: null,
    answer: RidV2SearchIdentificationServiceAreasResponse,
    refusals: [413, 429],
  }),
  ridV2GetIdentificationServiceArea: operation({
    operationId: 'ridV2GetIdentificationServiceArea',
    surface,
    method: 'GET',
    path: `${areas}/{id}`,
    summary: 'Read one identification service area.',
    pathParameters: [areaId],
    scopes: [[SCOPE.ridV2Display], [SCOPE.ridV2Service]],
    body: null,
    answer: RidV2GetIdentificationServiceAreaResponse,
    refusals: [404, 429],
  }),
  ridV2CreateIdentificationServiceArea: operation({
    operationId: 'ridV2CreateIdentificationServiceArea',
    surface,
    method: 'PUT',
    path: `${areas}/{id}`,
    summary: 'Create an identification service area.',
    pathParameters: [areaId],
    scopes: [[SCOPE.ridV2Service]],
    body: RidV2CreateIdentificationServiceAreaParameters,
    answer: RidV2PutIdentificationServiceAreaResponse,
    refusals: [409, 413, 429],
  }),
  ridV2UpdateIdentificationServiceArea: operation({
    operationId: 'ridV2UpdateIdentificationServiceArea',
    surface,
    method: 'PUT',
    path: `${areas}/{id}/{version}`,
    summary: 'Change an identification service area.',
    pathParameters: [areaId, version],
    scopes: [[SCOPE.ridV2Service]],
    body: RidV2UpdateIdentificationServiceAreaParameters,
    answer: RidV2PutIdentificationServiceAreaResponse,
    refusals: [409, 413, 429],
  }),
  ridV2DeleteIdentificationServiceArea: operation({
    operationId: 'ridV2DeleteIdentificationServiceArea',
    surface,
    method: 'DELETE',
    path: `${areas}/{id}/{version}`,
    summary: 'Remove an identification service area.',
    pathParameters: [areaId, version],
    scopes: [[SCOPE.ridV2Service]],
    body: null,
    answer: RidV2DeleteIdentificationServiceAreaResponse,
    refusals: [404, 409, 429],
  }),
  ridV2SearchSubscriptions: operation({
    operationId: 'ridV2SearchSubscriptions',
    surface,
    method: 'GET',
    path: subscriptions,
    summary: 'Find your own subscriptions in an area.',
    queryParameters: [area],
    scopes: [[SCOPE.ridV2Display]],
    body: null,
    answer: RidV2SearchSubscriptionsResponse,
    refusals: [413, 429],
  }),
  ridV2GetSubscription: operation({
    operationId: 'ridV2GetSubscription',
    surface,
    method: 'GET',
    path: `${subscriptions}/{id}`,
    summary: 'Read one of your subscriptions.',
    pathParameters: [subscriptionId],
    scopes: [[SCOPE.ridV2Display], [SCOPE.ridV2Service]],
    body: null,
    answer: RidV2GetSubscriptionResponse,
    refusals: [404, 429],
  }),
  ridV2CreateSubscription: operation({
    operationId: 'ridV2CreateSubscription',
    surface,
    method: 'PUT',
    path: `${subscriptions}/{id}`,
    summary: 'Subscribe to identification service areas.',
    pathParameters: [subscriptionId],
    scopes: [[SCOPE.ridV2Display]],
    body: RidV2CreateSubscriptionParameters,
    answer: RidV2PutSubscriptionResponse,
    refusals: [409, 429],
  }),
  ridV2UpdateSubscription: operation({
    operationId: 'ridV2UpdateSubscription',
    surface,
    method: 'PUT',
    path: `${subscriptions}/{id}/{version}`,
    summary: 'Change a subscription.',
    pathParameters: [subscriptionId, version],
    scopes: [[SCOPE.ridV2Display]],
    body: RidV2UpdateSubscriptionParameters,
    answer: RidV2PutSubscriptionResponse,
    refusals: [409, 429],
  }),
  ridV2DeleteSubscription: operation({
    operationId: 'ridV2DeleteSubscription',
    surface,
    method: 'DELETE',
    path: `${subscriptions}/{id}/{version}`,
    summary: 'Remove a subscription.',
    pathParameters: [subscriptionId, version],
    scopes: [[SCOPE.ridV2Display]],
    body: null,
    answer: RidV2DeleteSubscriptionResponse,
    refusals: [404, 409, 429],
  }),
} as const

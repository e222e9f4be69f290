import { Type } from 'typebox'
import { DateTime, EntityIdText, SubscriptionIdText } from './common.ts'
import { operation, permitted, required } from './operation.ts'
import {
  RidV1CreateIdentificationServiceAreaParameters,
  RidV1CreateSubscriptionParameters,
  RidV1DeleteIdentificationServiceAreaResponse,
  RidV1DeleteSubscriptionResponse,
  RidV1GetIdentificationServiceAreaResponse,
  RidV1GetSubscriptionResponse,
  RidV1PutIdentificationServiceAreaResponse,
  RidV1PutSubscriptionResponse,
  RidV1SearchIdentificationServiceAreasResponse,
  RidV1SearchSubscriptionsResponse,
  RidV1UpdateIdentificationServiceAreaParameters,
  RidV1UpdateSubscriptionParameters,
  RidVersionText,
} from './rid-v1.ts'
import { SCOPE } from './scopes.ts'

const surface = 'f3411-19'
const area = required('area', Type.String(), 'Vertices as lat,lng,lat,lng,…, at least three, not crossing.')
const earliest = permitted('earliest_time', DateTime, 'Only areas that last to this time or beyond.')
const latest = permitted('latest_time', DateTime, 'Only areas that begin by this time.')
const areaId = required('id', EntityIdText, 'Identifier of the identification service area.')
const subscriptionId = required('id', SubscriptionIdText, 'Identifier of the subscription.')
const version = required('version', RidVersionText, 'Version to be changed.')

const areas = '/v1/dss/identification_service_areas'
const subscriptions = '/v1/dss/subscriptions'

/** ASTM F3411-19, the part of the API that a discovery and synchronization service serves. */
export const ridV1Operations = {
  ridV1SearchIdentificationServiceAreas: operation({
    operationId: 'ridV1SearchIdentificationServiceAreas',
    surface,
    method: 'GET',
    path: areas,
    summary: 'Find identification service areas in an area and time.',
    queryParameters: [area, earliest, latest],
    scopes: [[SCOPE.ridV1Read]],
    body: null,
    answer: RidV1SearchIdentificationServiceAreasResponse,
    refusals: [413, 429],
  }),
  ridV1GetIdentificationServiceArea: operation({
    operationId: 'ridV1GetIdentificationServiceArea',
    surface,
    method: 'GET',
    path: `${areas}/{id}`,
    summary: 'Read one identification service area.',
    pathParameters: [areaId],
    scopes: [[SCOPE.ridV1Read]],
    body: null,
    answer: RidV1GetIdentificationServiceAreaResponse,
    refusals: [404, 429],
  }),
  ridV1CreateIdentificationServiceArea: operation({
    operationId: 'ridV1CreateIdentificationServiceArea',
    surface,
    method: 'PUT',
    path: `${areas}/{id}`,
    summary: 'Create an identification service area.',
    pathParameters: [areaId],
    scopes: [[SCOPE.ridV1Write]],
    body: RidV1CreateIdentificationServiceAreaParameters,
    answer: RidV1PutIdentificationServiceAreaResponse,
    refusals: [409, 413, 429],
  }),
  ridV1UpdateIdentificationServiceArea: operation({
    operationId: 'ridV1UpdateIdentificationServiceArea',
    surface,
    method: 'PUT',
    path: `${areas}/{id}/{version}`,
    summary: 'Change an identification service area.',
    pathParameters: [areaId, version],
    scopes: [[SCOPE.ridV1Write]],
    body: RidV1UpdateIdentificationServiceAreaParameters,
    answer: RidV1PutIdentificationServiceAreaResponse,
    refusals: [409, 413, 429],
  }),
  ridV1DeleteIdentificationServiceArea: operation({
    operationId: 'ridV1DeleteIdentificationServiceArea',
    surface,
    method: 'DELETE',
    path: `${areas}/{id}/{version}`,
    summary: 'Remove an identification service area.',
    pathParameters: [areaId, version],
    scopes: [[SCOPE.ridV1Write]],
    body: null,
    answer: RidV1DeleteIdentificationServiceAreaResponse,
    refusals: [404, 409, 429],
  }),
  ridV1SearchSubscriptions: operation({
    operationId: 'ridV1SearchSubscriptions',
    surface,
    method: 'GET',
    path: subscriptions,
    summary: 'Find your own subscriptions in an area.',
    queryParameters: [area],
    scopes: [[SCOPE.ridV1Read]],
    body: null,
    answer: RidV1SearchSubscriptionsResponse,
    refusals: [413, 429],
  }),
  ridV1GetSubscription: operation({
    operationId: 'ridV1GetSubscription',
    surface,
    method: 'GET',
    path: `${subscriptions}/{id}`,
    summary: 'Read one of your subscriptions.',
    pathParameters: [subscriptionId],
    scopes: [[SCOPE.ridV1Read], [SCOPE.ridV1Write]],
    body: null,
    answer: RidV1GetSubscriptionResponse,
    refusals: [404, 429],
  }),
  ridV1CreateSubscription: operation({
    operationId: 'ridV1CreateSubscription',
    surface,
    method: 'PUT',
    path: `${subscriptions}/{id}`,
    summary: 'Subscribe to identification service areas.',
    pathParameters: [subscriptionId],
    scopes: [[SCOPE.ridV1Read]],
    body: RidV1CreateSubscriptionParameters,
    answer: RidV1PutSubscriptionResponse,
    refusals: [409, 429],
  }),
  ridV1UpdateSubscription: operation({
    operationId: 'ridV1UpdateSubscription',
    surface,
    method: 'PUT',
    path: `${subscriptions}/{id}/{version}`,
    summary: 'Change a subscription.',
    pathParameters: [subscriptionId, version],
    scopes: [[SCOPE.ridV1Read]],
    body: RidV1UpdateSubscriptionParameters,
    answer: RidV1PutSubscriptionResponse,
    refusals: [409, 429],
  }),
  ridV1DeleteSubscription: operation({
    operationId: 'ridV1DeleteSubscription',
    surface,
    method: 'DELETE',
    path: `${subscriptions}/{id}/{version}`,
    summary: 'Remove a subscription.',
    pathParameters: [subscriptionId, version],
    scopes: [[SCOPE.ridV1Read]],
    body: null,
    answer: RidV1DeleteSubscriptionResponse,
    refusals: [404, 409, 429],
  }),
} as const

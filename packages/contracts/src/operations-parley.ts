import { Type } from 'typebox'
import { operation, permitted, required } from './operation.ts'
import { CheckParameters, CheckResponse, DecisionsResponse, ParleyStatus, Picture, ScenarioDocument } from './parley.ts'
import { SCOPE } from './scopes.ts'
import { JsonWebKeySet, TokenResponse } from './token.ts'

const surface = 'parley'
const SC = SCOPE.strategicCoordination
const members = [[SC], [SCOPE.constraintProcessing]] as const
const after = permitted('after', Type.Integer({ minimum: 0 }), 'Only decisions with a greater sequence; 0 if left out.')

/** What the node serves beyond the standards: for the desk, for tools, and for development. */
export const parleyOperations = {
  getParleyStatus: operation({
    operationId: 'getParleyStatus',
    surface,
    method: 'GET',
    path: '/parley/v1/status',
    summary: 'What this node is and how it runs.',
    body: null,
    answer: ParleyStatus,
  }),
  getPicture: operation({
    operationId: 'getPicture',
    surface,
    method: 'GET',
    path: '/parley/v1/picture',
    summary: 'All intents and constraints with their volumes.',
    scopes: members,
    body: null,
    answer: Picture,
  }),
  listDecisions: operation({
    operationId: 'listDecisions',
    surface,
    method: 'GET',
    path: '/parley/v1/decisions',
    summary: 'Accepted changes and refusals in the order they were decided.',
    queryParameters: [
      after,
      permitted('limit', Type.Integer({ minimum: 1, maximum: 1000 }), 'At most so many; 100 if left out.'),
    ],
    scopes: members,
    body: null,
    answer: DecisionsResponse,
  }),
  followDecisions: operation({
    operationId: 'followDecisions',
    surface,
    method: 'GET',
    path: '/parley/v1/events',
    summary: 'Decisions as they are made: server-sent events named decision, id the sequence, data a Decision.',
    queryParameters: [after],
    scopes: members,
    body: null,
    answer: Type.String(),
    produces: 'text/event-stream',
  }),
  checkPlan: operation({
    operationId: 'checkPlan',
    surface,
    method: 'POST',
    path: '/parley/v1/checks',
    summary: 'Judge a plan without writing anything.',
    scopes: [[SC]],
    body: CheckParameters,
    answer: CheckResponse,
    refusals: [413, 429],
  }),
  getScenario: operation({
    operationId: 'getScenario',
    surface,
    method: 'GET',
    path: '/parley/v1/scenario',
    summary: 'The scenario being played.',
    scopes: members,
    body: null,
    answer: ScenarioDocument,
    refusals: [404],
  }),
  getOpenApi: operation({
    operationId: 'getOpenApi',
    surface,
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description.',
    body: null,
    answer: Type.Object({}),
  }),
  issueToken: operation({
    operationId: 'issueToken',
    surface: 'token',
    method: 'GET',
    path: '/token',
    summary: 'Development only: issue an access token to whoever asks.',
    queryParameters: [
      required('intended_audience', Type.String(), 'Host name the token is for.'),
      required('scope', Type.String(), 'Scopes separated by spaces; may be empty.'),
      permitted('issuer', Type.String(), 'The iss claim.'),
      permitted('sub', Type.String(), 'The sub claim.'),
      permitted('expire', Type.Integer(), 'The exp claim, seconds since the epoch; in an hour if left out.'),
      permitted('grant_type', Type.String(), 'Not read.'),
    ],
    body: null,
    answer: TokenResponse,
    refusals: [404],
  }),
  getKeySet: operation({
    operationId: 'getKeySet',
    surface: 'token',
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'Public key of the development issuer as a JSON Web Key Set.',
    body: null,
    answer: JsonWebKeySet,
    refusals: [404],
  }),
  getPublicKey: operation({
    operationId: 'getPublicKey',
    surface: 'token',
    method: 'GET',
    path: '/token/public-key.pem',
    summary: 'Public key of the development issuer in PEM.',
    body: null,
    answer: Type.String(),
    produces: 'application/x-pem-file',
    refusals: [404],
  }),
} as const

import type {
  ChangeConstraintReferenceResponse,
  ChangeOperationalIntentReferenceResponse,
  CheckParameters,
  CheckResponse,
  Decision,
  DecisionsResponse,
  DeleteSubscriptionResponse,
  ErrorReport,
  GetConstraintReferenceResponse,
  GetOperationalIntentReferenceResponse,
  GetSubscriptionResponse,
  ParleyStatus,
  Picture,
  PutConstraintReferenceParameters,
  PutOperationalIntentReferenceParameters,
  PutSubscriptionParameters,
  PutSubscriptionResponse,
  QueryConstraintReferencesResponse,
  QueryOperationalIntentReferenceResponse,
  QuerySubscriptionsResponse,
  ScenarioDocument,
  Scope,
  SetUssAvailabilityStatusParameters,
  UssAvailabilityStatusResponse,
  Volume4D,
} from '@parley/contracts'
import type { Answer } from './answer.ts'
import { type CallOptions, type Connection, call } from './call.ts'
import { type FollowOptions, followDecisions } from './decisions.ts'
import type { TokenSource } from './token-source.ts'

export interface DssClientOptions {
  /** Origin of the node, for example `http://localhost:8080`; a path prefix is kept. */
  readonly baseUrl: string
  readonly token: TokenSource
  readonly fetch?: typeof fetch
  /** Deadlines and retry policy of every call that does not bring its own. */
  readonly defaults?: CallOptions
}

const STRATEGIC: readonly Scope[] = ['utm.strategic_coordination']
const CONSTRAINT_WRITE: readonly Scope[] = ['utm.constraint_management']
const CONSTRAINT_READ: readonly Scope[] = ['utm.constraint_processing']
const ARBITRATION: readonly Scope[] = ['utm.availability_arbitration']
const NO_TOKEN: readonly Scope[] = []

/** The path segment of an id, an OVN or a version. */
const segment = encodeURIComponent

/**
 * A client of one pool: the F3548-21 DSS interface (`/dss/v1`) and Parley's own (`/parley/v1`). Refusals and broken
 * connections come back as tagged answers; nothing is thrown for them. A write is repeated after a lost answer, which
 * is safe, because the request is the same to the byte.
 *
 * @example
 * const token = issuerTokenSource({ issuerUrl: 'http://localhost:8080/token', audience: 'localhost', sub: 'uss1' })
 * const pool = createDssClient({ baseUrl: 'http://localhost:8080', token })
 * const answer = await pool.operationalIntents.put(crypto.randomUUID(), {
 *   extents: [volume],
 *   key: [],
 *   state: 'Accepted',
 *   uss_base_url: 'https://uss1.example',
 * })
 * if (answer.kind === 'conflict') console.log(answer.error.blocking, answer.error.clearing)
 */
export function createDssClient(options: DssClientOptions) {
  const connection: Connection = {
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    token: options.token,
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    defaults: options.defaults ?? {},
  }

  const get = <T>(path: string, scopes: readonly Scope[], settings?: CallOptions): Promise<Answer<T>> =>
    call<T>(connection, { method: 'GET', path, scopes }, settings)
  const put = <T>(path: string, send: Send, settings?: CallOptions): Promise<Answer<T>> =>
    call<T>(connection, { method: 'PUT', path, ...send }, settings)
  const post = <T>(path: string, send: Send, settings?: CallOptions): Promise<Answer<T>> =>
    call<T>(connection, { method: 'POST', path, ...send }, settings)
  const remove = <T>(path: string, scopes: readonly Scope[], settings?: CallOptions): Promise<Answer<T>> =>
    call<T>(connection, { method: 'DELETE', path, scopes }, settings)

  /** Operational intent references. Nonconforming and Contingent need `scopes: ['utm.conformance_monitoring_sa']`. */
  const operationalIntents = {
    /**
     * Reads one; the OVN is shown only to its manager.
     * @example
     * const answer = await pool.operationalIntents.get(id)
     * if (answer.kind === 'accepted') console.log(answer.value.operational_intent_reference.state)
     */
    get: (id: string, settings?: CallOptions) =>
      get<GetOperationalIntentReferenceResponse>(
        `/dss/v1/operational_intent_references/${segment(id)}`,
        STRATEGIC,
        settings,
      ),

    /**
     * Creates one. `key` holds the OVNs of everything relevant that its maker knows of; a `conflict` lists the rest.
     * @example
     * const first = await pool.operationalIntents.put(id, { ...plan, key: [] })
     * if (first.kind === 'conflict') await learn(first.error.missing_operational_intents)
     */
    put: (id: string, body: PutOperationalIntentReferenceParameters, settings?: CallOptions) =>
      put<ChangeOperationalIntentReferenceResponse>(
        `/dss/v1/operational_intent_references/${segment(id)}`,
        { body, scopes: STRATEGIC },
        settings,
      ),

    /**
     * Changes one whose present OVN is `ovn`; an outdated OVN is a `conflict` without lists.
     * @example
     * await pool.operationalIntents.update(id, ovn, { ...plan, state: 'Activated', subscription_id: subscriptionId })
     */
    update: (id: string, ovn: string, body: PutOperationalIntentReferenceParameters, settings?: CallOptions) =>
      put<ChangeOperationalIntentReferenceResponse>(
        `/dss/v1/operational_intent_references/${segment(id)}/${segment(ovn)}`,
        { body, scopes: STRATEGIC },
        settings,
      ),

    /**
     * Ends one. The answer names the subscribers that have to be told.
     * @example
     * const ended = await pool.operationalIntents.delete(id, ovn)
     */
    delete: (id: string, ovn: string, settings?: CallOptions) =>
      remove<ChangeOperationalIntentReferenceResponse>(
        `/dss/v1/operational_intent_references/${segment(id)}/${segment(ovn)}`,
        STRATEGIC,
        settings,
      ),

    /**
     * All that may touch `area_of_interest` (by the standard's cells, so a little more than truly touch it).
     * @example
     * const near = await pool.operationalIntents.query(volume)
     */
    query: (area_of_interest: Volume4D, settings?: CallOptions) =>
      post<QueryOperationalIntentReferenceResponse>(
        '/dss/v1/operational_intent_references/query',
        { body: { area_of_interest }, scopes: STRATEGIC },
        settings,
      ),
  }

  /** Constraint references. */
  const constraints = {
    /**
     * Reads one; the OVN is shown only to its manager.
     * @example
     * const answer = await pool.constraints.get(id)
     */
    get: (id: string, settings?: CallOptions) =>
      get<GetConstraintReferenceResponse>(`/dss/v1/constraint_references/${segment(id)}`, CONSTRAINT_READ, settings),

    /**
     * Creates one; the answer names the subscribers that have to be told.
     * @example
     * await pool.constraints.put(id, { extents: [volume], uss_base_url: 'https://uss1.example' })
     */
    put: (id: string, body: PutConstraintReferenceParameters, settings?: CallOptions) =>
      put<ChangeConstraintReferenceResponse>(
        `/dss/v1/constraint_references/${segment(id)}`,
        { body, scopes: CONSTRAINT_WRITE },
        settings,
      ),

    /**
     * Changes one whose present OVN is `ovn`.
     * @example
     * await pool.constraints.update(id, ovn, { extents: raised, uss_base_url: 'https://uss1.example' })
     */
    update: (id: string, ovn: string, body: PutConstraintReferenceParameters, settings?: CallOptions) =>
      put<ChangeConstraintReferenceResponse>(
        `/dss/v1/constraint_references/${segment(id)}/${segment(ovn)}`,
        { body, scopes: CONSTRAINT_WRITE },
        settings,
      ),

    /**
     * Removes one.
     * @example
     * await pool.constraints.delete(id, ovn)
     */
    delete: (id: string, ovn: string, settings?: CallOptions) =>
      remove<ChangeConstraintReferenceResponse>(
        `/dss/v1/constraint_references/${segment(id)}/${segment(ovn)}`,
        CONSTRAINT_WRITE,
        settings,
      ),

    /**
     * All that may touch `area_of_interest`.
     * @example
     * const zones = await pool.constraints.query(volume)
     */
    query: (area_of_interest: Volume4D, settings?: CallOptions) =>
      post<QueryConstraintReferencesResponse>(
        '/dss/v1/constraint_references/query',
        { body: { area_of_interest }, scopes: CONSTRAINT_READ },
        settings,
      ),
  }

  /** Subscriptions of the token's manager. */
  const subscriptions = {
    /**
     * Reads one of one's own.
     * @example
     * const answer = await pool.subscriptions.get(id)
     */
    get: (id: string, settings?: CallOptions) =>
      get<GetSubscriptionResponse>(`/dss/v1/subscriptions/${segment(id)}`, STRATEGIC, settings),

    /**
     * Creates one, 24 hours at most; the answer lists what is in its volume already.
     * @example
     * await pool.subscriptions.put(id, { extents: volume, uss_base_url, notify_for_operational_intents: true })
     */
    put: (id: string, body: PutSubscriptionParameters, settings?: CallOptions) =>
      put<PutSubscriptionResponse>(`/dss/v1/subscriptions/${segment(id)}`, { body, scopes: STRATEGIC }, settings),

    /**
     * Changes one whose present version is `version`.
     * @example
     * await pool.subscriptions.update(id, subscription.version, { ...body, notify_for_constraints: true })
     */
    update: (id: string, version: string, body: PutSubscriptionParameters, settings?: CallOptions) =>
      put<PutSubscriptionResponse>(
        `/dss/v1/subscriptions/${segment(id)}/${segment(version)}`,
        { body, scopes: STRATEGIC },
        settings,
      ),

    /**
     * Removes one; refused while intents depend on it.
     * @example
     * await pool.subscriptions.delete(id, subscription.version)
     */
    delete: (id: string, version: string, settings?: CallOptions) =>
      remove<DeleteSubscriptionResponse>(
        `/dss/v1/subscriptions/${segment(id)}/${segment(version)}`,
        STRATEGIC,
        settings,
      ),

    /**
     * One's own that may touch `area_of_interest`.
     * @example
     * const mine = await pool.subscriptions.query(volume)
     */
    query: (area_of_interest: Volume4D, settings?: CallOptions) =>
      post<QuerySubscriptionsResponse>(
        '/dss/v1/subscriptions/query',
        { body: { area_of_interest }, scopes: STRATEGIC },
        settings,
      ),
  }

  /** Availability of suppliers, as declared by an arbitrator. */
  const availability = {
    /**
     * Reads a supplier's; one that nobody declared is `Unknown` with version `''`.
     * @example
     * const answer = await pool.availability.get('uss2')
     */
    get: (manager: string, settings?: CallOptions) =>
      get<UssAvailabilityStatusResponse>(`/dss/v1/uss_availability/${segment(manager)}`, STRATEGIC, settings),

    /**
     * Declares a supplier's; `old_version` is the one last read.
     * @example
     * await pool.availability.set('uss2', { availability: 'Down', old_version: '' })
     */
    set: (manager: string, body: SetUssAvailabilityStatusParameters, settings?: CallOptions) =>
      put<UssAvailabilityStatusResponse>(
        `/dss/v1/uss_availability/${segment(manager)}`,
        { body, scopes: ARBITRATION },
        settings,
      ),
  }

  return {
    operationalIntents,
    constraints,
    subscriptions,
    availability,

    /**
     * Files a report of a problem with a peer. Never repeated by itself: each request makes a new report.
     * @example
     * const filed = await pool.report({ exchange })
     */
    report: (body: ErrorReport, settings?: CallOptions) =>
      post<ErrorReport>('/dss/v1/reports', { body, scopes: STRATEGIC, repeatable: false }, settings),

    /**
     * What this node is and holds. Needs no token.
     * @example
     * const answer = await pool.status()
     */
    status: (settings?: CallOptions) => get<ParleyStatus>('/parley/v1/status', NO_TOKEN, settings),

    /**
     * Everything in the pool with its volumes, as of `head`; follow `events` from there.
     * @example
     * const picture = await pool.picture()
     * if (picture.kind === 'accepted') for await (const d of pool.events({ after: picture.value.head, signal })) show(d)
     */
    picture: (settings?: CallOptions) => get<Picture>('/parley/v1/picture', STRATEGIC, settings),

    /**
     * Decisions with a sequence number above `after`, oldest first, at most `limit`.
     * @example
     * const page = await pool.decisions({ after: 0, limit: 100 })
     */
    decisions: (page: { readonly after: number; readonly limit: number }, settings?: CallOptions) =>
      get<DecisionsResponse>(`/parley/v1/decisions?after=${page.after}&limit=${page.limit}`, STRATEGIC, settings),

    /**
     * Decisions as they are made; see `followDecisions` for reconnecting and ending.
     * @example
     * for await (const decision of pool.events({ after: 0, signal })) console.log(decision.outcome, decision.id)
     */
    events: (follow: FollowOptions): AsyncIterable<Decision> => followDecisions(connection, STRATEGIC, follow),

    /**
     * Asks what would block these volumes, and what shift would clear them. Nothing is written.
     * @example
     * const verdict = await pool.check({ extents: [volume] })
     */
    check: (body: CheckParameters, settings?: CallOptions) =>
      post<CheckResponse>('/parley/v1/checks', { body, scopes: STRATEGIC }, settings),

    /**
     * The scenario being played, times as played; refused with 404 when there is none.
     * @example
     * const scenario = await pool.scenario()
     */
    scenario: (settings?: CallOptions) => get<ScenarioDocument>('/parley/v1/scenario', STRATEGIC, settings),
  }
}

interface Send {
  readonly body: unknown
  readonly scopes: readonly Scope[]
  readonly repeatable?: boolean
}

export type DssClient = ReturnType<typeof createDssClient>

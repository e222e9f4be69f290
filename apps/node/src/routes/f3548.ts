import type { Change, Command } from '@parley/airspace'
import { queryConstraints, queryOperationalIntents, querySubscriptions } from '@parley/airspace'
import { ApiError, type BodyOf, parseUssAvailability } from '@parley/contracts'
import type { Volume4D } from '@parley/geo4d'
import { type EntityId, parseUuidV4 } from '@parley/units'
import { type Accepted, type AnswerFrom, carryOut as carryOutIn } from '../carry-out.ts'
import { checkBaseUrl } from '../edge/base-url.ts'
import { COMPAT_CIRCLE_AREA_M2, readVolume, readVolumes, type VolumeLimits } from '../edge/volumes.ts'
import { constraintReference, operationalIntentReference, subscribers, subscription } from '../edge/wire.ts'
import { type Answer, type Exchange, type Handler, managerOf, type NodeContext } from '../exchange.ts'
import { fresh } from '../fresh.ts'

/** Most references one answer lists. */
const MAX_RESULTS = 10_000
const OI_MAX_VERTICES = 10_000
const CONSTRAINT_MAX_VERTICES = 1_000
const OI_MAX_AREA_M2 = 2_500e6
const CONSTRAINT_MAX_AREA_M2 = 10_000e6

type F3548Operation =
  | 'queryOperationalIntentReferences'
  | 'getOperationalIntentReference'
  | 'createOperationalIntentReference'
  | 'updateOperationalIntentReference'
  | 'deleteOperationalIntentReference'
  | 'queryConstraintReferences'
  | 'getConstraintReference'
  | 'createConstraintReference'
  | 'updateConstraintReference'
  | 'deleteConstraintReference'
  | 'querySubscriptions'
  | 'getSubscription'
  | 'createSubscription'
  | 'updateSubscription'
  | 'deleteSubscription'
  | 'makeDssReport'
  | 'setUssAvailability'
  | 'getUssAvailability'

/** ASTM F3548-21, the service's side. */
export function f3548Handlers(context: NodeContext): { readonly [Id in F3548Operation]: Handler<BodyOf<Id>> } {
  const { options, pool } = context
  const { state } = pool
  const intentLimits: VolumeLimits = {
    maxVertices: OI_MAX_VERTICES,
    maxAreaM2: OI_MAX_AREA_M2,
    maxCircleAreaM2: options.compat ? COMPAT_CIRCLE_AREA_M2 : OI_MAX_AREA_M2,
  }
  const constraintLimits: VolumeLimits = {
    maxVertices: CONSTRAINT_MAX_VERTICES,
    maxAreaM2: options.compat ? OI_MAX_AREA_M2 : CONSTRAINT_MAX_AREA_M2,
    maxCircleAreaM2: options.compat ? COMPAT_CIRCLE_AREA_M2 : CONSTRAINT_MAX_AREA_M2,
  }

  const carryOut = (exchange: Exchange, command: Command, answer: AnswerFrom): Promise<Answer> =>
    carryOutIn(pool, exchange, { command, answer })

  const common = (exchange: Exchange): Pick<Extract<Command, { manager: string }>, 'manager' | 'nowMs' | 'digest'> => ({
    manager: managerOf(exchange),
    nowMs: exchange.nowMs,
    digest: exchange.digest,
  })

  const area = (exchange: Exchange<{ area_of_interest?: unknown }>): Volume4D =>
    readVolume(exchange.body.area_of_interest as Parameters<typeof readVolume>[0], '/area_of_interest', intentLimits)

  const putOperationalIntent =
    (create: boolean): Handler<BodyOf<'createOperationalIntentReference'>> =>
    (exchange) => {
      const { body } = exchange
      const manager = managerOf(exchange)
      checkBaseUrl(body.uss_base_url, '/uss_base_url', options)
      const implicit = body.new_subscription ?? null
      if (implicit !== null) checkBaseUrl(implicit.uss_base_url, '/new_subscription/uss_base_url', options)
      return carryOut(
        exchange,
        {
          kind: 'putOperationalIntent',
          ...common(exchange),
          id: idOf(exchange),
          ovn: create ? null : String(exchange.path['ovn']),
          extents: readVolumes(body.extents, '/extents', intentLimits),
          key: body.key ?? [],
          state: body.state,
          url: body.uss_base_url,
          subscriptionId: body.subscription_id ? parseUuidV4(body.subscription_id) : null,
          newSubscription:
            implicit === null
              ? null
              : { url: implicit.uss_base_url, notifyForConstraints: implicit.notify_for_constraints ?? false },
          requestedOvnSuffix: body.requested_ovn_suffix ?? null,
          mayMonitorConformance: exchange.identity?.scopes.has('utm.conformance_monitoring_sa') ?? false,
          fresh: fresh(),
        },
        (entry) => changedIntent(entry, manager),
      )
    }

  const putConstraint =
    (create: boolean): Handler<BodyOf<'createConstraintReference'>> =>
    (exchange) => {
      const { body } = exchange
      const manager = managerOf(exchange)
      checkBaseUrl(body.uss_base_url, '/uss_base_url', options)
      return carryOut(
        exchange,
        {
          kind: 'putConstraint',
          ...common(exchange),
          id: idOf(exchange),
          ovn: create ? null : String(exchange.path['ovn']),
          extents: readVolumes(body.extents, '/extents', constraintLimits),
          url: body.uss_base_url,
          fresh: fresh(),
        },
        (entry) => changedConstraint(entry, manager),
      )
    }

  const putSubscription =
    (create: boolean): Handler<BodyOf<'createSubscription'>> =>
    (exchange) => {
      const { body } = exchange
      const manager = managerOf(exchange)
      checkBaseUrl(body.uss_base_url, '/uss_base_url', options)
      const extents = readVolume(body.extents, '/extents', intentLimits)
      return carryOut(
        exchange,
        {
          kind: 'putSubscription',
          ...common(exchange),
          id: idOf(exchange, 'subscriptionid'),
          version: create ? null : String(exchange.path['version']),
          extents,
          url: body.uss_base_url,
          notifyForOperationalIntents: body.notify_for_operational_intents ?? false,
          notifyForConstraints: body.notify_for_constraints ?? false,
          fresh: fresh(),
        },
        (entry) => {
          const record = changeOf(entry, 'putSubscription').record
          const slot = state.subscriptions.find(record.id)
          const matching = { ...extents, startMs: record.startMs, endMs: record.endMs }
          return {
            subscription: subscription(record, slot < 0 ? [] : state.dependents(slot)),
            ...(record.notifyForOperationalIntents && {
              operational_intent_references: queryOperationalIntents(state, matching, pool.rules).map((one) =>
                operationalIntentReference(one, manager),
              ),
            }),
            ...(record.notifyForConstraints && {
              constraint_references: queryConstraints(state, matching, pool.rules).map((one) =>
                constraintReference(one, manager),
              ),
            }),
          }
        },
      )
    }

  return {
    async queryOperationalIntentReferences(exchange) {
      const records = queryOperationalIntents(state, area(exchange), pool.rules)
      limitResults(records.length)
      const reader = managerOf(exchange)
      const body = { operational_intent_references: records.map((one) => operationalIntentReference(one, reader)) }
      await pool.settled()
      return { body }
    },
    async getOperationalIntentReference(exchange) {
      const id = idOf(exchange)
      const slot = state.intents.find(id)
      if (slot < 0) throw notFound('operational intent', id)
      const body = {
        operational_intent_reference: operationalIntentReference(state.operationalIntent(slot), managerOf(exchange)),
      }
      await pool.settled()
      return { body }
    },
    createOperationalIntentReference: putOperationalIntent(true),
    updateOperationalIntentReference: putOperationalIntent(false),
    deleteOperationalIntentReference: (exchange) =>
      carryOut(
        exchange,
        {
          kind: 'deleteOperationalIntent',
          ...common(exchange),
          id: idOf(exchange),
          ovn: String(exchange.path['ovn']),
        },
        (entry) => changedIntent(entry, managerOf(exchange)),
      ),

    async queryConstraintReferences(exchange) {
      const records = queryConstraints(state, area(exchange), pool.rules)
      limitResults(records.length)
      const reader = managerOf(exchange)
      const body = { constraint_references: records.map((one) => constraintReference(one, reader)) }
      await pool.settled()
      return { body }
    },
    async getConstraintReference(exchange) {
      const id = idOf(exchange)
      const slot = state.constraints.find(id)
      if (slot < 0) throw notFound('constraint', id)
      const body = { constraint_reference: constraintReference(state.constraint(slot), managerOf(exchange)) }
      await pool.settled()
      return { body }
    },
    createConstraintReference: putConstraint(true),
    updateConstraintReference: putConstraint(false),
    deleteConstraintReference: (exchange) =>
      carryOut(
        exchange,
        { kind: 'deleteConstraint', ...common(exchange), id: idOf(exchange), ovn: String(exchange.path['ovn']) },
        (entry) => changedConstraint(entry, managerOf(exchange)),
      ),

    async querySubscriptions(exchange) {
      const records = querySubscriptions(state, area(exchange), { manager: managerOf(exchange), nowMs: exchange.nowMs })
      limitResults(records.length)
      const body = {
        subscriptions: records.map((one) => subscription(one, state.dependents(state.subscriptions.find(one.id)))),
      }
      await pool.settled()
      return { body }
    },
    async getSubscription(exchange) {
      const id = idOf(exchange, 'subscriptionid')
      const slot = state.subscriptions.find(id)
      if (slot < 0) throw notFound('subscription', id)
      const record = state.subscription(slot)
      if (record.manager !== managerOf(exchange))
        throw new ApiError('NOT_MANAGER', { message: `subscription ${id} belongs to another client` })
      const body = { subscription: subscription(record, state.dependents(slot)) }
      await pool.settled()
      return { body }
    },
    createSubscription: putSubscription(true),
    updateSubscription: putSubscription(false),
    deleteSubscription: (exchange) =>
      carryOut(
        exchange,
        {
          kind: 'deleteSubscription',
          ...common(exchange),
          id: idOf(exchange, 'subscriptionid'),
          version: String(exchange.path['version']),
        },
        (entry) => ({ subscription: subscription(changeOf(entry, 'removeSubscription').record, []) }),
      ),

    makeDssReport: (exchange) =>
      carryOut(
        exchange,
        { kind: 'makeReport', ...common(exchange), body: JSON.stringify(exchange.body), fresh: fresh() },
        (entry) => ({ ...withoutNulls(exchange.body), report_id: changeOf(entry, 'report').reportId }),
      ),
    setUssAvailability(exchange) {
      const uss = String(exchange.path['uss_id'])
      const availability = parseUssAvailability(exchange.body.availability)
      if (availability === null) throw new ApiError('INVALID_BODY')
      return carryOut(
        exchange,
        {
          kind: 'setAvailability',
          ...common(exchange),
          uss,
          availability,
          oldVersion: exchange.body.old_version ?? '',
          fresh: fresh(),
        },
        (entry) => {
          const change = changeOf(entry, 'setAvailability')
          return { version: change.version, status: { uss, availability: change.availability } }
        },
      )
    },
    async getUssAvailability(exchange) {
      const uss = String(exchange.path['uss_id'])
      const stated = state.availability.get(uss)
      const body = { version: stated?.version ?? '', status: { uss, availability: stated?.availability ?? 'Unknown' } }
      await pool.settled()
      return { body }
    },
  }
}

/** A field set to null means one left out; answers leave it out. */
function withoutNulls<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value, (_key, item: unknown) => (item === null ? undefined : item))) as T
}

/** The id in the path, canonical; the contract has checked its form. */
export function idOf(exchange: Exchange, name = 'entityid'): EntityId {
  return parseUuidV4(String(exchange.path[name])) as EntityId
}

export function notFound(what: string, id: string): ApiError {
  return new ApiError('NOT_FOUND', { message: `${what} ${id} does not exist` })
}

export function limitResults(count: number): void {
  if (count > MAX_RESULTS)
    throw new ApiError('RESULT_TOO_LARGE', { message: `${count} items match; one answer holds at most ${MAX_RESULTS}` })
}

/** The first change of that kind; every accepted entry of the kind asked for has one. */
export function changeOf<Kind extends Change['kind']>(entry: Accepted, kind: Kind): Extract<Change, { kind: Kind }> {
  const change = entry.outcome.changes.find((one) => one.kind === kind)
  if (change === undefined) throw new ApiError('INTERNAL')
  return change as Extract<Change, { kind: Kind }>
}

function changedIntent(entry: Accepted, reader: string): Record<string, unknown> {
  const change = entry.outcome.changes.find(
    (one) => one.kind === 'putOperationalIntent' || one.kind === 'removeOperationalIntent',
  ) as Extract<Change, { kind: 'putOperationalIntent' | 'removeOperationalIntent' }>
  return {
    subscribers: subscribers(entry.outcome.notified),
    operational_intent_reference: operationalIntentReference(change.record, reader),
  }
}

function changedConstraint(entry: Accepted, reader: string): Record<string, unknown> {
  const change = entry.outcome.changes.find(
    (one) => one.kind === 'putConstraint' || one.kind === 'removeConstraint',
  ) as Extract<Change, { kind: 'putConstraint' | 'removeConstraint' }>
  return {
    subscribers: subscribers(entry.outcome.notified),
    constraint_reference: constraintReference(change.record, reader),
  }
}

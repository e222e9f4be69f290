import type { Command } from '@parley/airspace'
import { queryServiceAreaSubscriptions, queryServiceAreas } from '@parley/airspace'
import { ApiError, type BodyOf, fromDateTime } from '@parley/contracts'
import type { Volume4D } from '@parley/geo4d'
import { type Accepted, type AnswerFrom, carryOut as carryOutIn } from '../carry-out.ts'
import { checkBaseUrl } from '../edge/base-url.ts'
import { COMPAT_CIRCLE_AREA_M2, readArea, readRidV1Volume, readVolume, type VolumeLimits } from '../edge/volumes.ts'
import {
  ridSubscribers,
  ridV1ServiceArea,
  ridV1Subscription,
  ridV2ServiceArea,
  ridV2Subscription,
} from '../edge/wire.ts'
import { type Answer, type Exchange, type Handler, managerOf, type NodeContext } from '../exchange.ts'
import { changeOf, idOf, limitResults, notFound } from './f3548.ts'

const SHAPES = [
  'SearchIdentificationServiceAreas',
  'GetIdentificationServiceArea',
  'CreateIdentificationServiceArea',
  'UpdateIdentificationServiceArea',
  'DeleteIdentificationServiceArea',
  'SearchSubscriptions',
  'GetSubscription',
  'CreateSubscription',
  'UpdateSubscription',
  'DeleteSubscription',
] as const
type Shape = (typeof SHAPES)[number]

/** What differs between the editions of F3411. */
interface Edition {
  readonly readExtents: (exchange: Exchange) => Volume4D
  readonly areaUrl: (exchange: Exchange) => { readonly url: string; readonly field: string }
  readonly subscriptionUrl: (exchange: Exchange) => { readonly url: string; readonly field: string }
  readonly serviceArea: (record: Parameters<typeof ridV1ServiceArea>[0]) => unknown
  readonly subscription: (record: Parameters<typeof ridV1Subscription>[0]) => unknown
}

/** ASTM F3411-19, discovery part. */
export function ridV1Handlers(context: NodeContext): { readonly [Id in `ridV1${Shape}`]: Handler } {
  const limits = limitsOf(context)
  const handlers = handlersOf(context, {
    readExtents: ({ body }) =>
      readRidV1Volume((body as BodyOf<'ridV1CreateIdentificationServiceArea'>).extents, '/extents', limits),
    areaUrl: ({ body }) => ({
      url: (body as BodyOf<'ridV1CreateIdentificationServiceArea'>).flights_url,
      field: '/flights_url',
    }),
    subscriptionUrl: ({ body }) => ({
      url: (body as BodyOf<'ridV1CreateSubscription'>).callbacks.identification_service_area_url ?? '',
      field: '/callbacks/identification_service_area_url',
    }),
    serviceArea: ridV1ServiceArea,
    subscription: ridV1Subscription,
  })
  return named(handlers, 'ridV1')
}

/** ASTM F3411-22a, discovery part. */
export function ridV2Handlers(context: NodeContext): { readonly [Id in `ridV2${Shape}`]: Handler } {
  const limits = limitsOf(context)
  type Put = BodyOf<'ridV2CreateIdentificationServiceArea'>
  const url = ({ body }: Exchange) => ({ url: (body as Put).uss_base_url, field: '/uss_base_url' })
  const handlers = handlersOf(context, {
    readExtents: ({ body }) => readVolume((body as Put).extents, '/extents', limits),
    areaUrl: url,
    subscriptionUrl: url,
    serviceArea: ridV2ServiceArea,
    subscription: ridV2Subscription,
  })
  return named(handlers, 'ridV2')
}

const limitsOf = ({ options }: NodeContext): VolumeLimits => ({
  maxVertices: 10_000,
  maxAreaM2: 2_500e6,
  maxCircleAreaM2: options.compat ? COMPAT_CIRCLE_AREA_M2 : 2_500e6,
})

function named<Edition extends string>(
  handlers: { readonly [Id in Shape]: Handler },
  edition: Edition,
): { readonly [Id in `${Edition}${Shape}`]: Handler } {
  return Object.fromEntries(SHAPES.map((shape) => [`${edition}${shape}`, handlers[shape]])) as {
    readonly [Id in `${Edition}${Shape}`]: Handler
  }
}

function handlersOf(context: NodeContext, edition: Edition): { readonly [Id in Shape]: Handler } {
  const { options, pool } = context
  const { state } = pool
  const limits = limitsOf(context)

  const carryOut = (exchange: Exchange, command: Command, answer: AnswerFrom): Promise<Answer> =>
    carryOutIn(pool, exchange, { command, answer })

  const common = (exchange: Exchange) => ({
    manager: managerOf(exchange),
    nowMs: exchange.nowMs,
    digest: exchange.digest,
    id: idOf(exchange, 'id'),
  })

  const searched = (exchange: Exchange): Volume4D => {
    const area = readArea(String(exchange.query['area'] ?? ''), limits)
    const { earliest_time, latest_time } = exchange.query
    const window = {
      ...area,
      ...(earliest_time === undefined ? {} : { startMs: fromDateTime(String(earliest_time)) }),
      ...(latest_time === undefined ? {} : { endMs: fromDateTime(String(latest_time)) }),
    }
    if (window.endMs < window.startMs)
      throw new ApiError('INVALID_PARAMETER', {
        findings: [{ field: '/query/latest_time', value: String(latest_time), rule: 'not before earliest_time' }],
      })
    return window
  }

  const changedArea = (entry: Accepted): unknown => ({
    service_area: edition.serviceArea(
      (entry.action === 'delete' ? changeOf(entry, 'removeServiceArea') : changeOf(entry, 'putServiceArea')).record,
    ),
    subscribers: ridSubscribers(entry.outcome.notified),
  })

  const putArea =
    (create: boolean): Handler =>
    (exchange) => {
      const { url, field } = edition.areaUrl(exchange)
      checkBaseUrl(url, field, options)
      return carryOut(
        exchange,
        {
          kind: 'putServiceArea',
          ...common(exchange),
          version: create ? null : String(exchange.path['version']),
          extents: edition.readExtents(exchange),
          url,
        },
        changedArea,
      )
    }

  const putSubscription =
    (create: boolean): Handler =>
    (exchange) => {
      const { url, field } = edition.subscriptionUrl(exchange)
      checkBaseUrl(url, field, options)
      const extents = edition.readExtents(exchange)
      return carryOut(
        exchange,
        {
          kind: 'putServiceAreaSubscription',
          ...common(exchange),
          version: create ? null : String(exchange.path['version']),
          extents,
          url,
        },
        (entry) => {
          const { record } = changeOf(entry, 'putServiceAreaSubscription')
          const window = { ...extents, startMs: record.startMs, endMs: record.endMs }
          return {
            subscription: edition.subscription(record),
            service_areas: queryServiceAreas(state, window, exchange.nowMs).map(edition.serviceArea),
          }
        },
      )
    }

  return {
    async SearchIdentificationServiceAreas(exchange) {
      const records = queryServiceAreas(state, searched(exchange), exchange.nowMs)
      limitResults(records.length)
      const body = { service_areas: records.map(edition.serviceArea) }
      await pool.settled()
      return { body }
    },
    async GetIdentificationServiceArea(exchange) {
      const id = idOf(exchange, 'id')
      const slot = state.serviceAreas.find(id)
      if (slot < 0) throw notFound('identification service area', id)
      const body = { service_area: edition.serviceArea(state.serviceArea(slot)) }
      await pool.settled()
      return { body }
    },
    CreateIdentificationServiceArea: putArea(true),
    UpdateIdentificationServiceArea: putArea(false),
    DeleteIdentificationServiceArea: (exchange) =>
      carryOut(
        exchange,
        { kind: 'deleteServiceArea', ...common(exchange), version: String(exchange.path['version']) },
        changedArea,
      ),
    async SearchSubscriptions(exchange) {
      const records = queryServiceAreaSubscriptions(state, searched(exchange), {
        manager: managerOf(exchange),
        nowMs: exchange.nowMs,
      })
      limitResults(records.length)
      const body = { subscriptions: records.map(edition.subscription) }
      await pool.settled()
      return { body }
    },
    async GetSubscription(exchange) {
      const id = idOf(exchange, 'id')
      const slot = state.serviceAreaSubscriptions.find(id)
      if (slot < 0) throw notFound('subscription', id)
      const body = { subscription: edition.subscription(state.serviceAreaSubscription(slot)) }
      await pool.settled()
      return { body }
    },
    CreateSubscription: putSubscription(true),
    UpdateSubscription: putSubscription(false),
    DeleteSubscription: (exchange) =>
      carryOut(
        exchange,
        { kind: 'deleteServiceAreaSubscription', ...common(exchange), version: String(exchange.path['version']) },
        (entry) => ({ subscription: edition.subscription(changeOf(entry, 'removeServiceAreaSubscription').record) }),
      ),
  }
}

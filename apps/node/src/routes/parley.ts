import { once } from 'node:events'
import { decodeEntry, explain, footprintOf } from '@parley/airspace'
import { ApiError, type BodyOf, buildOpenApi, type Decision, formatRfc3339 } from '@parley/contracts'
import type { Volume4D } from '@parley/geo4d'
import { parseUuidV4 } from '@parley/units'
import { decisionOf } from '../decisions.ts'
import { COMPAT_CIRCLE_AREA_M2, readVolumes, writeVolume } from '../edge/volumes.ts'
import { blocking, clearing, constraintReference, operationalIntentReference } from '../edge/wire.ts'
import { type Handler, managerOf, type NodeContext } from '../exchange.ts'

type ParleyOperation =
  | 'getParleyStatus'
  | 'getPicture'
  | 'listDecisions'
  | 'followDecisions'
  | 'checkPlan'
  | 'getScenario'
  | 'getOpenApi'

const DEFAULT_DECISIONS = 100
/** The desk's picture lists at most so many items of each kind; the counts of the status tell the whole. */
const PICTURE_LIMIT = 5_000
const KEEP_ALIVE_MS = 15_000

/** What the node serves beyond the standards, for the desk and for tools. */
export function parleyHandlers(context: NodeContext): {
  readonly [Id in ParleyOperation]: Id extends 'checkPlan' ? Handler<BodyOf<'checkPlan'>> : Handler
} {
  const { options, pool, simulation } = context
  const { state } = pool

  const tell = (bytes: Uint8Array, seq: number, reader: string): Decision =>
    decisionOf(decodeEntry(bytes), {
      seq,
      reader,
      compat: options.compat,
      simulated: simulation.simulated,
    })

  return {
    async getParleyStatus(exchange) {
      const counts = {
        operational_intents: state.intents.size,
        constraints: state.constraints.size,
        subscriptions: state.subscriptions.size,
        identification_service_areas: state.serviceAreas.size,
      }
      await pool.settled()
      return {
        body: {
          name: 'parley',
          version: context.version,
          simulated: simulation.simulated,
          exact: options.exact,
          compat: options.compat,
          issuer: context.issuer !== null,
          nowMs: exchange.nowMs,
          head: pool.journal.head(),
          counts,
          scenario: simulation.scenario,
          log: context.record.status(),
          line: context.line.status(),
        },
      }
    },

    async getPicture(exchange) {
      const reader = managerOf(exchange)
      const body = {
        head: state.seq,
        now: formatRfc3339(exchange.nowMs),
        operational_intents: liveSlots(state.intents).map((slot) => ({
          reference: operationalIntentReference(state.operationalIntent(slot), reader),
          volumes: state.intentVolumes.volumesOf(slot).map(writeVolume),
        })),
        constraints: liveSlots(state.constraints).map((slot) => ({
          reference: constraintReference(state.constraint(slot), reader),
          volumes: state.constraintVolumes.volumesOf(slot).map(writeVolume),
        })),
      }
      await pool.settled()
      return { body }
    },

    async listDecisions(exchange) {
      const head = pool.journal.head()
      const after = Math.min(Number(exchange.query['after'] ?? 0), head)
      const until = Math.min(after + Number(exchange.query['limit'] ?? DEFAULT_DECISIONS), head)
      const decisions: Decision[] = []
      for await (const { seq, bytes } of pool.journal.read(after, until))
        decisions.push(tell(bytes, seq + 1, managerOf(exchange)))
      return { body: { head, decisions } }
    },

    async followDecisions(exchange) {
      const { reply, request } = exchange
      const lastSeen = Number(request.headers['last-event-id'] ?? exchange.query['after'] ?? 0)
      const after = Math.min(Number.isSafeInteger(lastSeen) && lastSeen >= 0 ? lastSeen : 0, pool.journal.head())
      const reader = managerOf(exchange)
      const gone = new AbortController()
      const { raw } = reply.hijack()
      raw.on('close', () => gone.abort())
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      raw.write(`retry: 2000\n\n`)
      const beat = setInterval(() => raw.write(': still here\n\n'), KEEP_ALIVE_MS)
      try {
        for await (const { seq, bytes } of pool.journal.follow(after, gone.signal)) {
          const text = `event: decision\nid: ${seq + 1}\ndata: ${JSON.stringify(tell(bytes, seq + 1, reader))}\n\n`
          // A reader that does not keep up holds back its own stream only: nothing is queued for it here.
          if (!raw.write(text)) await once(raw, 'drain', { signal: gone.signal })
        }
      } catch {
        // The reader left, or the journal closed; either way the stream ends here and the reader comes back for the rest.
      } finally {
        clearInterval(beat)
        raw.end()
      }
      return { body: null }
    },

    async checkPlan(exchange) {
      const { body } = exchange
      const reader = managerOf(exchange)
      const volumes = readVolumes(body.extents, '/extents', {
        maxVertices: 10_000,
        maxAreaM2: 2_500e6,
        maxCircleAreaM2: options.compat ? COMPAT_CIRCLE_AREA_M2 : 2_500e6,
      })
      mustBeBounded(volumes)
      const ignored = body.ignore ? parseUuidV4(body.ignore) : null
      const found = explain(state, {
        rules: pool.rules,
        nowMs: exchange.nowMs,
        volumes,
        footprint: footprintOf(volumes),
        key: body.key ?? [],
        ignoreSlot: ignored === null ? -1 : state.intents.find(ignored),
        withConstraints: true,
      })
      const answer = {
        verdict: found === null ? 'clear' : 'blocked',
        blocking: (found?.summary.blocking ?? []).map(blocking),
        clearing: found === null ? {} : clearing(found.summary.clearing),
        missing_operational_intents: (found?.missing.operationalIntents ?? []).map((one) =>
          operationalIntentReference(one, reader),
        ),
        missing_constraints: (found?.missing.constraints ?? []).map((one) => constraintReference(one, reader)),
      }
      await pool.settled()
      return { body: answer }
    },

    getScenario() {
      if (simulation.document === null)
        throw new ApiError('NOT_FOUND', { message: 'no scenario is being played on this node' })
      return { body: simulation.document }
    },

    getOpenApi(exchange) {
      const origin = `${exchange.request.protocol}://${exchange.request.host}`
      return { body: buildOpenApi({ title: 'Parley', version: context.version, servers: [origin] }) }
    },
  }
}

function liveSlots(table: { readonly slotLimit: number; isLive(slot: number): boolean }): number[] {
  const slots: number[] = []
  for (let slot = 0; slot < table.slotLimit && slots.length < PICTURE_LIMIT; slot += 1)
    if (table.isLive(slot)) slots.push(slot)
  return slots
}

function mustBeBounded(volumes: readonly Volume4D[]): void {
  const at = volumes.findIndex((v) =>
    [v.startMs, v.endMs, v.altitudeLowerM, v.altitudeUpperM].some((bound) => !Number.isFinite(bound)),
  )
  if (at >= 0)
    throw new ApiError('VOLUME_UNBOUNDED', {
      findings: [{ field: `/extents/${at}`, value: 'nothing', rule: 'every volume needs both heights and both times' }],
    })
}

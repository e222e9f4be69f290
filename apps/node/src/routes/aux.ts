import { ApiError, formatRfc3339, fromDateTime } from '@parley/contracts'
import { type Handler, managerOf, type NodeContext } from '../exchange.ts'

type AuxOperation =
  | 'getVersion'
  | 'validateOauth'
  | 'getPool'
  | 'getDSSInstances'
  | 'putDSSInstancesHeartbeat'
  | 'getAcceptedCAs'
  | 'getInstanceCAs'
  | 'getGlobalOptions'
  | 'getSystemVersion'
  | 'getHealth'

interface Heartbeat {
  readonly timestamp: string
  readonly reporter: string
  readonly source: string
  readonly index: number
  readonly next_heartbeat_expected_before?: string
}

const POOL_ID = 'parley'
const MAX_SOURCE_CHARS = 256

/** Auxiliary, versioning and health endpoints, as the reference implementation has them. */
export function auxHandlers(context: NodeContext): { readonly [Id in AuxOperation]: Handler } {
  let heartbeat: Heartbeat | null = null
  const instances = (): Record<string, unknown> => ({
    dss_instances: [
      {
        id: POOL_ID,
        public_endpoint: '',
        ...(heartbeat === null ? {} : { most_recent_heartbeat: heartbeat }),
      },
    ],
  })
  return {
    getVersion: () => ({ body: { version: context.version } }),
    validateOauth(exchange) {
      const { owner } = exchange.query
      if (owner !== undefined && owner !== managerOf(exchange))
        throw new ApiError('OWNER_MISMATCH', { message: `the token belongs to ${managerOf(exchange)}` })
      return { body: {} }
    },
    getPool: () => ({ body: { dar_id: POOL_ID } }),
    getDSSInstances: () => ({ body: instances() }),
    putDSSInstancesHeartbeat(exchange) {
      const { source, timestamp, next_heartbeat_expected_before } = exchange.query
      if (String(source).length > MAX_SOURCE_CHARS)
        throw new ApiError('INVALID_PARAMETER', {
          findings: [
            {
              field: '/query/source',
              value: String(source).slice(0, 60),
              rule: `at most ${MAX_SOURCE_CHARS} characters`,
            },
          ],
        })
      const atMs = timestamp === undefined ? exchange.nowMs : fromDateTime(String(timestamp))
      if (next_heartbeat_expected_before !== undefined && fromDateTime(String(next_heartbeat_expected_before)) < atMs)
        throw new ApiError('INVALID_PARAMETER', {
          findings: [
            {
              field: '/query/next_heartbeat_expected_before',
              value: String(next_heartbeat_expected_before),
              rule: 'not before the heartbeat itself',
            },
          ],
        })
      heartbeat = {
        timestamp: formatRfc3339(atMs),
        reporter: managerOf(exchange),
        source: String(source),
        index: (heartbeat?.index ?? 0) + 1,
        ...(next_heartbeat_expected_before === undefined
          ? {}
          : { next_heartbeat_expected_before: String(next_heartbeat_expected_before) }),
      }
      return { body: instances() }
    },
    getAcceptedCAs: () => ({ body: { CAs: [] } }),
    getInstanceCAs: () => ({ body: { CAs: [] } }),
    getGlobalOptions: () => ({
      body: { scd_global_lock: false, scd_hash_lock: false, time_based_notification_index: false },
    }),
    getSystemVersion: (exchange) => ({
      body: { system_identity: String(exchange.path['system_identity']), system_version: context.version },
    }),
    getHealth(exchange) {
      context.pool.assertRunning()
      exchange.reply.type('text/plain; charset=utf-8')
      return { body: 'ok' }
    },
  }
}

import { type Static, Type } from 'typebox'
import { DateTime } from './common.ts'
import { named, optional } from './schema.ts'

export const VersionResponse = named('VersionResponse', { version: Type.String() })
export type VersionResponse = Static<typeof VersionResponse>

export const PoolResponse = named('PoolResponse', {
  dar_id: optional(Type.String({ default: '', description: 'Names the airspace representation all instances share.' })),
})
export type PoolResponse = Static<typeof PoolResponse>

export const Heartbeat = named('Heartbeat', {
  timestamp: DateTime,
  reporter: optional(Type.String({ default: '' })),
  source: Type.String(),
  index: optional(Type.Integer({ minimum: 0, default: 0 })),
  next_heartbeat_expected_before: optional(DateTime),
})
export type Heartbeat = Static<typeof Heartbeat>

export const DssInstance = named('DSSInstance', {
  id: Type.String(),
  public_endpoint: optional(Type.String()),
  most_recent_heartbeat: optional(Heartbeat),
})
export type DssInstance = Static<typeof DssInstance>

export const DssInstancesResponse = named('DSSInstancesResponse', {
  dss_instances: optional(Type.Array(DssInstance, { default: [] })),
})
export type DssInstancesResponse = Static<typeof DssInstancesResponse>

/** Certificate authorities of the datastore in PEM; none for an embedded store. */
export const CasResponse = named('CAsResponse', { CAs: optional(Type.Array(Type.String())) })
export type CasResponse = Static<typeof CasResponse>

export const GlobalOptionsResponse = named('GlobalOptionsResponse', {
  scd_global_lock: optional(Type.Boolean()),
  scd_hash_lock: optional(Type.Boolean()),
  time_based_notification_index: optional(Type.Boolean()),
})
export type GlobalOptionsResponse = Static<typeof GlobalOptionsResponse>

/** InterUSS versioning API. */
export const GetVersionResponse = named('GetVersionResponse', {
  system_identity: optional(Type.String()),
  system_version: optional(Type.String()),
})
export type GetVersionResponse = Static<typeof GetVersionResponse>

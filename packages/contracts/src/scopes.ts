/** Every OAuth scope the node knows, with what it lets its holder do. F3548-21 and F3411 security sections, InterUSS. */
export const scopeDescriptions = {
  'utm.strategic_coordination': 'Plan operational intents, subscribe, read intent references.',
  'utm.constraint_management': 'Create, change and remove constraints.',
  'utm.constraint_processing': 'Read constraints and subscribe to them.',
  'utm.conformance_monitoring_sa': 'Declare nonconforming and contingent intents.',
  'utm.availability_arbitration': 'Set the availability of suppliers.',
  'dss.read.identification_service_areas': 'F3411-19: read identification service areas and subscribe to them.',
  'dss.write.identification_service_areas': 'F3411-19: create, change and remove identification service areas.',
  'rid.display_provider': 'F3411-22a: read identification service areas and subscribe to them.',
  'rid.service_provider': 'F3411-22a: create, change and remove identification service areas.',
  'interuss.pool_status.read': 'Read the state of the pool and of its instances.',
  'interuss.pool_status.heartbeat.write': 'Report a heartbeat of an instance.',
  'interuss.versioning.read_system_versions': 'Read the version of the deployed system.',
} as const

export type Scope = keyof typeof scopeDescriptions

/** Short names of the scopes for tables and tests. */
export const SCOPE = {
  strategicCoordination: 'utm.strategic_coordination',
  constraintManagement: 'utm.constraint_management',
  constraintProcessing: 'utm.constraint_processing',
  conformanceMonitoring: 'utm.conformance_monitoring_sa',
  availabilityArbitration: 'utm.availability_arbitration',
  ridV1Read: 'dss.read.identification_service_areas',
  ridV1Write: 'dss.write.identification_service_areas',
  ridV2Display: 'rid.display_provider',
  ridV2Service: 'rid.service_provider',
  poolRead: 'interuss.pool_status.read',
  poolHeartbeat: 'interuss.pool_status.heartbeat.write',
  versionsRead: 'interuss.versioning.read_system_versions',
} as const satisfies Record<string, Scope>

/** Whether a token's scopes satisfy one of the alternatives; no alternatives means that no token is asked for. */
export function scopesSatisfy(alternatives: readonly (readonly Scope[])[], granted: ReadonlySet<string>): boolean {
  return alternatives.length === 0 || alternatives.some((set) => set.every((scope) => granted.has(scope)))
}

import { type Static, Type } from 'typebox'
import { UssAvailabilityState } from './availability.ts'
import { EntityIdText, EntityOvn, Time, UssBaseUrl } from './common.ts'
import { GeoZone } from './geo-zone.ts'
import { Volume4D } from './geometry.ts'
import { SubscriberToNotify } from './notification.ts'
import { named, omissible, optional } from './schema.ts'

export const ConstraintReference = named('ConstraintReference', {
  id: EntityIdText,
  manager: Type.String(),
  uss_availability: UssAvailabilityState,
  version: Type.Integer(),
  ovn: optional(EntityOvn),
  time_start: Time,
  time_end: Time,
  uss_base_url: UssBaseUrl,
})
export type ConstraintReference = Static<typeof ConstraintReference>

export const PutConstraintReferenceParameters = named('PutConstraintReferenceParameters', {
  extents: Type.Array(Volume4D, { minItems: 1 }),
  uss_base_url: UssBaseUrl,
})
export type PutConstraintReferenceParameters = Static<typeof PutConstraintReferenceParameters>

export const GetConstraintReferenceResponse = named('GetConstraintReferenceResponse', {
  constraint_reference: ConstraintReference,
})
export type GetConstraintReferenceResponse = Static<typeof GetConstraintReferenceResponse>

export const ChangeConstraintReferenceResponse = named('ChangeConstraintReferenceResponse', {
  subscribers: Type.Array(SubscriberToNotify, { default: [] }),
  constraint_reference: ConstraintReference,
})
export type ChangeConstraintReferenceResponse = Static<typeof ChangeConstraintReferenceResponse>

export const QueryConstraintReferenceParameters = named('QueryConstraintReferenceParameters', {
  area_of_interest: Volume4D,
})
export type QueryConstraintReferenceParameters = Static<typeof QueryConstraintReferenceParameters>

export const QueryConstraintReferencesResponse = named('QueryConstraintReferencesResponse', {
  constraint_references: Type.Array(ConstraintReference, { default: [] }),
})
export type QueryConstraintReferencesResponse = Static<typeof QueryConstraintReferencesResponse>

/** What a constraint's manager itself serves about it; the geo-zone is for readers, the pool does not use it. */
export const ConstraintDetails = named('ConstraintDetails', {
  volumes: Type.Array(Volume4D, { minItems: 1 }),
  type: omissible(Type.String()),
  geozone: omissible(GeoZone),
})
export type ConstraintDetails = Static<typeof ConstraintDetails>

export const Constraint = named('Constraint', { reference: ConstraintReference, details: ConstraintDetails })
export type Constraint = Static<typeof Constraint>

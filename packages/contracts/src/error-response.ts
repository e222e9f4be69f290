import { type Static, Type } from 'typebox'
import { ConstraintReference } from './constraints.ts'
import { errorCodes } from './errors.ts'
import { OperationalIntentReference } from './operational-intents.ts'
import { named, optional } from './schema.ts'

const FindingSchema = named('Finding', {
  field: Type.String({ description: 'JSON pointer into the body, or /path/… and /query/… for parameters.' }),
  value: Type.String({ description: 'What stood there, shortened.' }),
  rule: Type.String({ description: 'What should stand there.' }),
})

const common = {
  message: Type.String({ default: '' }),
  code: Type.Enum([...errorCodes]),
  details: optional(Type.Array(FindingSchema)),
  error_id: optional(Type.String({ description: 'Names the log line of the node that says why.' })),
}

/** The error shape of every surface; the standards publish `message` alone. */
export const ErrorResponse = named('ErrorResponse', common)
export type ErrorResponse = Static<typeof ErrorResponse>

/** How one item stands in the way of a plan, one entry an item. */
export const Blocking = named('Blocking', {
  entity: Type.Enum(['operational_intent', 'constraint']),
  id: Type.String(),
  manager: Type.String(),
  overlaps: Type.Boolean({
    description: 'Whether the volumes truly overlap, not only the cells the standard compares.',
  }),
  axis: Type.Enum(['area', 'height', 'time'], {
    description: 'Overlapping: the axis on which least is needed to clear. Otherwise: the axis that separates.',
  }),
  height_m: Type.Number({ description: 'Shared height band in metres; a gap is negative.' }),
  time_s: Type.Number({ description: 'Shared time in seconds; a gap is negative.' }),
  distance_m: Type.Number({ description: 'Horizontal gap in metres; 0 when the outlines meet.' }),
})
export type Blocking = Static<typeof Blocking>

/** The smallest whole-plan shift in one direction that clears everything; a direction without one is left out. */
export const Clearing = named('Clearing', {
  later_s: optional(Type.Number({ minimum: 0 })),
  earlier_s: optional(Type.Number({ minimum: 0 })),
  up_m: optional(Type.Number({ minimum: 0 })),
  down_m: optional(Type.Number({ minimum: 0 })),
})
export type Clearing = Static<typeof Clearing>

/** 409 of operational intents: what the key lacks, and beyond the standard why it blocks and what clears it. */
export const AirspaceConflictResponse = named('AirspaceConflictResponse', {
  ...common,
  missing_operational_intents: optional(Type.Array(OperationalIntentReference, { default: [] })),
  missing_constraints: optional(Type.Array(ConstraintReference, { default: [] })),
  blocking: optional(Type.Array(Blocking)),
  clearing: optional(Clearing),
})
export type AirspaceConflictResponse = Static<typeof AirspaceConflictResponse>

import type { Decision } from '@parley/airspace'
import { ApiError } from '@parley/contracts'
import { blocking, clearing, constraintReference, operationalIntentReference } from './edge/wire.ts'

/** A refusal by the rules as an error of the API; a conflict says what is missing, what blocks and what clears it. */
export function refusalError(decision: Extract<Decision, { kind: 'refused' }>, reader: string): ApiError {
  const { refusal, missing } = decision
  const { conflict, field } = refusal
  const fields: Record<string, unknown> = {}
  if (missing !== null && missing.operationalIntents.length > 0)
    fields['missing_operational_intents'] = missing.operationalIntents.map((one) =>
      operationalIntentReference(one, reader),
    )
  if (missing !== null && missing.constraints.length > 0)
    fields['missing_constraints'] = missing.constraints.map((one) => constraintReference(one, reader))
  if (conflict !== undefined) {
    fields['blocking'] = conflict.blocking.map(blocking)
    fields['clearing'] = clearing(conflict.clearing)
  }
  return new ApiError(refusal.code, {
    message: refusal.message,
    findings: field === undefined ? [] : [field],
    fields,
  })
}

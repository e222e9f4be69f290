import { type Static, Type } from 'typebox'
import { Time } from './common.ts'
import { named, omissible } from './schema.ts'

/** One HTTP exchange as one side saw it. Bodies are base64. */
export const ExchangeRecord = named('ExchangeRecord', {
  url: Type.String(),
  method: Type.String(),
  headers: omissible(Type.Array(Type.String(), { default: [] })),
  recorder_role: Type.Enum(['Client', 'Server']),
  request_time: Time,
  request_source: omissible(Type.String()),
  request_body: omissible(Type.String({ default: '' })),
  response_time: omissible(Time),
  response_body: omissible(Type.String({ default: '' })),
  response_code: omissible(Type.Integer({ default: 0 })),
  problem: omissible(Type.String()),
})
export type ExchangeRecord = Static<typeof ExchangeRecord>

/** A report of a problem with a peer; the answer repeats it with a new `report_id`. */
export const ErrorReport = named('ErrorReport', {
  report_id: omissible(Type.String({ maxLength: 128 })),
  exchange: ExchangeRecord,
})
export type ErrorReport = Static<typeof ErrorReport>

import type { EpochMs } from '@parley/units'
import { type Static, Type } from 'typebox'
import { Set as setFormat } from 'typebox/format'
import { formatRfc3339, parseRfc3339 } from './rfc3339.ts'
import { named, RULE } from './schema.ts'

/** The name under which our own reading of RFC 3339 is known to the validator; `date-time` in the OpenAPI document. */
export const DATE_TIME_FORMAT = 'parley-date-time'
setFormat(DATE_TIME_FORMAT, (text) => parseRfc3339(text) !== null)

const UUID_V4 = '^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?4[0-9a-fA-F]{3}-?[89abAB][0-9a-fA-F]{3}-?[0-9a-fA-F]{12}$'

/** A UUID version 4 as sent: upper case and missing dashes are let through, `parseUuidV4` of units makes it canonical. */
const uuidV4 = (description: string) =>
  Type.String({ pattern: UUID_V4, description, [RULE]: 'must be a UUID version 4 (RFC 4122)' })

/** Identifier of an entity. F3548-21 `EntityID`, F3411 `EntityUUID`. */
export const EntityIdText = uuidV4('UUID version 4 of an entity; dashes may be missing.')
/** Identifier of a subscription. F3548-21 `SubscriptionID`, F3411 `SubscriptionUUID`. */
export const SubscriptionIdText = uuidV4('UUID version 4 of a subscription; dashes may be missing.')
/** Opaque version number of an entity. F3548-21 `EntityOVN`. */
export const EntityOvn = Type.String({ minLength: 16, maxLength: 128 })
/** Base URL of a USS, without a trailing slash; scheme and host are judged by the rules, not by the schema. */
export const UssBaseUrl = Type.String()

/** A date-time as plain text with a zone. F3411-19 times; query parameters everywhere. */
export const DateTime = Type.String({
  format: DATE_TIME_FORMAT,
  [RULE]: 'must be an RFC 3339 date-time with a zone, such as 2026-11-22T10:15:00Z',
})

/** An instant as F3548-21 and F3411-22a write it. */
export const Time = named('Time', { value: DateTime, format: Type.Enum(['RFC3339']) })
export type Time = Static<typeof Time>

/** The wire form of an instant: `{value: '2026-11-22T10:15:00.000Z', format: 'RFC3339'}`. Throws RangeError as `formatRfc3339`. */
export function toTime(instantMs: number): Time {
  return { value: formatRfc3339(instantMs), format: 'RFC3339' }
}

/** The instant of a checked `Time`. Throws RangeError when the value is not RFC 3339, which a checked one always is. */
export function fromTime(time: Time): EpochMs {
  return fromDateTime(time.value)
}

/** The instant of a checked `DateTime`. Throws RangeError when the text is not RFC 3339, which a checked one always is. */
export function fromDateTime(text: string): EpochMs {
  const instant = parseRfc3339(text)
  if (instant === null) throw new RangeError(`Not an RFC 3339 date-time: ${text.slice(0, 64)}`)
  return instant
}

import { type Static, Type } from 'typebox'
import { named, omissible, RULE } from './schema.ts'

/** F3548-21 `UssAvailabilityState`. */
export const UssAvailabilityState = Type.Enum(['Unknown', 'Normal', 'Down'])
export type UssAvailabilityState = Static<typeof UssAvailabilityState>

const ANY_CASE = '^(?:[Uu][Nn][Kk][Nn][Oo][Ww][Nn]|[Nn][Oo][Rr][Mm][Aa][Ll]|[Dd][Oo][Ww][Nn])$'

/** Upper and lower case are one on the way in, and a missing old version is an empty one: published suites rely on both. */
export const SetUssAvailabilityStatusParameters = named('SetUssAvailabilityStatusParameters', {
  old_version: omissible(Type.String({ default: '' })),
  availability: Type.String({ pattern: ANY_CASE, [RULE]: 'must be one of: Unknown, Normal, Down' }),
})
export type SetUssAvailabilityStatusParameters = Static<typeof SetUssAvailabilityStatusParameters>

export const UssAvailabilityStatus = named('UssAvailabilityStatus', {
  uss: Type.String(),
  availability: UssAvailabilityState,
})
export type UssAvailabilityStatus = Static<typeof UssAvailabilityStatus>

export const UssAvailabilityStatusResponse = named('UssAvailabilityStatusResponse', {
  version: Type.String(),
  status: UssAvailabilityStatus,
})
export type UssAvailabilityStatusResponse = Static<typeof UssAvailabilityStatusResponse>

/** The state a checked request text names, whatever its case; null when it names none. */
export function parseUssAvailability(text: string): UssAvailabilityState | null {
  const lower = text.toLowerCase()
  return lower === 'normal' ? 'Normal' : lower === 'down' ? 'Down' : lower === 'unknown' ? 'Unknown' : null
}

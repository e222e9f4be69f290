import type { EntityId, EpochMs } from '@parley/units'

/** How far the time in a requested OVN suffix may lie from now, either way. */
export const SUFFIX_TOLERANCE_MS = 5 * 60_000

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Whether `text` is a canonical lower-case UUID version 7. */
export const isUuidV7 = (text: string): boolean => UUID_V7.test(text)

/** The time in a UUID version 7. */
export const timeOfUuidV7 = (uuid: string): EpochMs =>
  Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16) as EpochMs

/** The OVN that a requested suffix yields. */
export const ovnWithSuffix = (id: EntityId, suffix: string): string => `${id}_${suffix}`

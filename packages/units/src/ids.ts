import type { Brand } from './brand.ts'

/** A UUID in canonical lower-case text with dashes (36 characters). */
export type EntityId = Brand<string, 'EntityId'>

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const LENIENT = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i

/** Whether `text` already is a canonical lower-case UUID. */
export function isEntityId(text: string): text is EntityId {
  return CANONICAL.test(text)
}

/**
 * Reads a UUID version 4 (RFC 4122 variant), upper case or without dashes allowed, and returns it canonical;
 * null when `text` is anything else. F3548-21 `UUIDv4Format`.
 */
export function parseUuidV4(text: string): EntityId | null {
  const canonical = parseUuid(text)
  return canonical !== null && canonical[14] === '4' && '89ab'.includes(canonical[19] as string) ? canonical : null
}

/** Reads a UUID of any version, upper case or without dashes allowed, and returns it canonical; null otherwise. */
export function parseUuid(text: string): EntityId | null {
  const parts = LENIENT.exec(text)
  return parts === null ? null : (parts.slice(1).join('-').toLowerCase() as EntityId)
}

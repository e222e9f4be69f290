import { decodeBase64, encodeBase64 } from '@parley/record'

/** A checkpoint this browser verified. */
export interface VerifiedHead {
  readonly checkpoint: Uint8Array
  readonly size: number
  readonly atMs: number
}

/** What this browser remembers of a log between visits, so that a log that changes its past is found out. */
export interface Seen {
  /** The key under which the log was first seen. */
  readonly vkey: string
  readonly firstSeenMs: number
  readonly verified?: VerifiedHead
}

const keyOf = (origin: string): string => `parley.record.${origin}`
/** Where storage is off, what was seen lasts as long as the page. */
const held = new Map<string, string>()

/** What is remembered of the log `origin`; null when nothing is, or nothing that can be read. */
export function seenOf(origin: string): Seen | null {
  try {
    const text = read(keyOf(origin))
    if (text === null) return null
    const { vkey, firstSeenMs, verified } = JSON.parse(text) as Partial<Record<string, unknown>>
    if (typeof vkey !== 'string' || typeof firstSeenMs !== 'number') return null
    const head = verified as { checkpoint?: unknown; size?: unknown; atMs?: unknown } | undefined
    if (typeof head?.checkpoint !== 'string' || typeof head.size !== 'number' || typeof head.atMs !== 'number')
      return { vkey, firstSeenMs }
    const checkpoint = decodeBase64(head.checkpoint)
    return { vkey, firstSeenMs, verified: { checkpoint, size: head.size, atMs: head.atMs } }
  } catch {
    return null
  }
}

/** Remembers the key of a log seen for the first time; an older memory stays. */
export function rememberKey(origin: string, { vkey, atMs }: { vkey: string; atMs: number }): Seen {
  const seen = seenOf(origin)
  if (seen !== null) return seen
  const first: Seen = { vkey, firstSeenMs: atMs }
  write(origin, first)
  return first
}

export function rememberVerified(origin: string, verified: VerifiedHead): void {
  const seen = seenOf(origin)
  if (seen !== null) write(origin, { ...seen, verified })
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? held.get(key) ?? null
  } catch {
    return held.get(key) ?? null
  }
}

function write(origin: string, { vkey, firstSeenMs, verified }: Seen): void {
  const head = verified === undefined ? undefined : { ...verified, checkpoint: encodeBase64(verified.checkpoint) }
  const text = JSON.stringify({ vkey, firstSeenMs, verified: head })
  held.set(keyOf(origin), text)
  try {
    localStorage.setItem(keyOf(origin), text)
  } catch {
    // Storage is off.
  }
}

import { RecordError, shown } from '../errors.ts'
import { decodeBech32 } from './bech32.ts'

/** How a recipient's stanza wraps the file key. A file uses one kind only: the weaker one would decide for all. */
export type RecipientKind = 'x25519' | 'hybrid'

export interface AgeRecipient {
  readonly kind: RecipientKind
  /** The text as published, `age1…` or `age1pq1…`: one key has one text. */
  readonly text: string
}

const X25519_BYTES = 32
/** ML-KEM-768 encapsulation key (1184) and X25519 public key (32). */
const HYBRID_BYTES = 1216
const PRIME = (1n << 255n) - 19n
/** The canonical u-coordinates of all points of order 1, 2, 4 and 8, on the curve and on its twist (RFC 7748, 6.1). */
const SMALL_ORDER: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  PRIME - 1n,
  0xb8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n,
  0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn,
])

/** Which rule a Montgomery u-coordinate breaks, null when none. */
function faultOfShare(share: Uint8Array): string | null {
  let u = 0n
  for (let i = X25519_BYTES - 1; i >= 0; i -= 1) u = (u << 8n) | BigInt(share[i]!)
  if (u >= PRIME) return 'must be encoded canonically'
  return SMALL_ORDER.has(u) ? 'must not be a point of small order' : null
}

/**
 * An age recipient, vetted: bech32 with a good checksum, of a kind that seals use, its X25519 share canonical and not of
 * small order. Tag and plugin recipients are refused, and so is anything in upper case. Throws SEAL_RECIPIENT.
 */
export function parseRecipient(text: string, field = 'recipient'): AgeRecipient {
  const refuse = (rule: string): RecordError => new RecordError('SEAL_RECIPIENT', { field, value: shown(text), rule })
  if (/^age-secret-key-/i.test(text)) {
    throw new RecordError('SEAL_RECIPIENT', { field, value: null, rule: 'must be a recipient, not a secret identity' })
  }
  const { prefix, bytes } = decodeBech32(text, field)
  if (prefix !== 'age' && prefix !== 'age1pq')
    throw refuse('must be an X25519 or a hybrid recipient: age1… or age1pq1…')
  const hybrid = prefix === 'age1pq'
  if (bytes.length !== (hybrid ? HYBRID_BYTES : X25519_BYTES)) {
    throw refuse(`must hold ${hybrid ? HYBRID_BYTES : X25519_BYTES} bytes`)
  }
  const fault = faultOfShare(bytes.subarray(bytes.length - X25519_BYTES))
  if (fault !== null) throw refuse(fault)
  return { kind: hybrid ? 'hybrid' : 'x25519', text }
}

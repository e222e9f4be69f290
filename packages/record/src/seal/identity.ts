import { RecordError } from '../errors.ts'
import { loadAge } from './age.ts'
import { decodeBech32, encodeBech32 } from './bech32.ts'
import type { RecipientKind } from './recipient.ts'

const PREFIX: Readonly<Record<RecipientKind, string>> = { x25519: 'age-secret-key-', hybrid: 'age-secret-key-pq-' }
const SEED_BYTES = 32

/** The secret identity of 32 random bytes, as age-keygen writes it: `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`. */
export function formatIdentity(seed: Uint8Array, kind: RecipientKind = 'x25519'): string {
  if (seed.length !== SEED_BYTES) {
    throw new RecordError('INVALID_LENGTH', { field: 'seed', value: seed.length, rule: `must be ${SEED_BYTES} bytes` })
  }
  return encodeBech32(PREFIX[kind], seed).toUpperCase()
}

/** The recipient to publish for a secret identity. Rejects with SEAL_RECIPIENT, which never shows the secret. */
export async function recipientOf(identity: string): Promise<string> {
  const refuse = (rule: string): RecordError =>
    new RecordError('SEAL_RECIPIENT', { field: 'identity', value: null, rule })
  if (identity !== identity.toUpperCase()) throw refuse('must be in upper case')
  let parts: ReturnType<typeof decodeBech32>
  try {
    parts = decodeBech32(identity.toLowerCase(), 'identity')
  } catch {
    throw refuse('must be bech32 with a checksum that holds')
  }
  const known = parts.prefix === PREFIX.x25519 || parts.prefix === PREFIX.hybrid
  if (!known || parts.bytes.length !== SEED_BYTES) throw refuse('must be an X25519 or a hybrid identity of 32 bytes')
  const { identityToRecipient } = await loadAge()
  return identityToRecipient(identity)
}

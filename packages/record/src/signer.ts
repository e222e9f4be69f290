import { ed25519FromSeed } from '#primitives'
import { encodeBase64 } from './base64.ts'
import { concatBytes } from './bytes.ts'
import { RecordError } from './errors.ts'
import { mlDsaFromSeed } from './ml-dsa.ts'
import { checkKeyId, createVerifierKey, formatKeyId, type KeyType, splitKeyText, type VerifierKey } from './vkey.ts'

export const SEED_BYTES = 32

/** A key that signs. `sign` signs the bytes as given; what they must be for each type, the callers know. */
export interface Signer {
  readonly key: VerifierKey
  sign(message: Uint8Array): Uint8Array
}

/** A secret key at rest: the 32-byte seed with the name and the type it is used under. */
export interface SecretKey {
  readonly name: string
  readonly type: KeyType
  readonly seed: Uint8Array
}

/**
 * The signer of a seed. Throws INVALID_KEY_NAME, UNSUPPORTED_KEY_TYPE, INVALID_LENGTH for a seed that is not 32 bytes.
 */
export function createSigner({ name, type, seed }: SecretKey): Signer {
  if (seed.length !== SEED_BYTES) {
    throw new RecordError('INVALID_LENGTH', { field: 'seed', value: seed.length, rule: `must be ${SEED_BYTES} bytes` })
  }
  const { publicKey, sign } = type === 0x06 ? mlDsaFromSeed(seed) : ed25519FromSeed(seed)
  return { key: createVerifierKey(name, type, publicKey), sign }
}

const PREFIX = 'PRIVATE+KEY+'

/**
 * The secret key of `PRIVATE+KEY+<name>+<key id>+<base64 of type and seed>`, the form of Go's note package. Throws as
 * `parseVkey` does; no refusal shows the seed.
 */
export function parseSkey(text: string): SecretKey {
  const malformed = (rule: string) => new RecordError('MALFORMED_KEY', { field: 'skey', value: null, rule })
  if (!text.startsWith(PREFIX)) throw malformed(`must start with ${PREFIX}`)
  let parts: ReturnType<typeof splitKeyText>
  try {
    parts = splitKeyText(text.slice(PREFIX.length), 'skey')
  } catch {
    throw malformed("must be a name, eight hex digits and canonical base64, joined by '+'")
  }
  const { name, keyId, type, key: seed } = parts
  const secret = { name, type: type as KeyType, seed: seed.slice() }
  checkKeyId(createSigner(secret).key, keyId, 'skey')
  return secret
}

/** The text `parseSkey` reads. Keep it as a secret. */
export function formatSkey({ name, type, seed }: SecretKey): string {
  const { keyId } = createSigner({ name, type, seed }).key
  return `${PREFIX}${name}+${formatKeyId(keyId)}+${encodeBase64(concatBytes(Uint8Array.of(type), seed))}`
}

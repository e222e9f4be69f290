import { sha256 } from '#primitives'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { concatBytes, encodeUtf8 } from './bytes.ts'
import { ED25519_PUBLIC_KEY_BYTES, vetPublicKey } from './ed25519.ts'
import { RecordError, shown } from './errors.ts'
import { checkKeyName } from './key-name.ts'

/** What a key signs and how: 0x01 Ed25519 over a note's text; 0x04 Ed25519, 0x06 ML-DSA-44 timestamped cosignatures. */
export type KeyType = 0x01 | 0x04 | 0x06

export const ML_DSA_44_PUBLIC_KEY_BYTES = 1312

const PUBLIC_KEY_BYTES: Readonly<Record<KeyType, number>> = {
  1: ED25519_PUBLIC_KEY_BYTES,
  4: ED25519_PUBLIC_KEY_BYTES,
  6: ML_DSA_44_PUBLIC_KEY_BYTES,
}

/** A key that verifies. `keyId` is 32 bits, a label and no security hash. */
export interface VerifierKey {
  readonly name: string
  readonly keyId: number
  readonly type: KeyType
  readonly publicKey: Uint8Array
}

/** The first four bytes, big-endian, of SHA-256(name ‖ 0x0A ‖ type ‖ public key) (signed-note). */
export function keyIdOf(name: string, type: KeyType, publicKey: Uint8Array): number {
  const digest = sha256(concatBytes(encodeUtf8(name), Uint8Array.of(0x0a, type), publicKey))
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0)
}

/** The key id as it stands in a vkey: eight lower-case hex digits. */
export const formatKeyId = (keyId: number): string => keyId.toString(16).padStart(8, '0')

const isKeyType = (type: number | undefined): type is KeyType => type === 0x01 || type === 0x04 || type === 0x06

/**
 * A verifier key from its parts, vetted as `parseVkey` does. Throws INVALID_KEY_NAME, MALFORMED_KEY for a wrong length,
 * UNSUPPORTED_KEY_TYPE, UNSAFE_PUBLIC_KEY.
 */
export function createVerifierKey(name: string, type: KeyType, publicKey: Uint8Array): VerifierKey {
  checkKeyName(name)
  if (!isKeyType(type)) {
    throw new RecordError('UNSUPPORTED_KEY_TYPE', {
      field: 'key type',
      value: type,
      rule: 'must be 0x01, 0x04 or 0x06',
    })
  }
  if (publicKey.length !== PUBLIC_KEY_BYTES[type]) {
    const rule = `must be ${PUBLIC_KEY_BYTES[type]} bytes`
    throw new RecordError('MALFORMED_KEY', { field: 'public key', value: publicKey.length, rule })
  }
  if (type !== 0x06) vetPublicKey(publicKey)
  return { name, keyId: keyIdOf(name, type, publicKey), type, publicKey: publicKey.slice() }
}

/** The `<name>+<key id>+<base64 of type and key>` that both key texts end in. Throws MALFORMED_KEY, INVALID_BASE64. */
export function splitKeyText(
  text: string,
  field: string,
): { name: string; keyId: number; type: number; key: Uint8Array } {
  const malformed = (rule: string) => new RecordError('MALFORMED_KEY', { field, value: shown(text), rule })
  // A vkey of the largest kind has 2,017 characters.
  if (text.length > 4096) throw malformed('must be at most 4096 characters')
  const first = text.indexOf('+')
  const second = first < 0 ? -1 : text.indexOf('+', first + 1)
  if (second < 0) throw malformed("must be a name, a key id and base64, joined by '+'")
  const id = text.slice(first + 1, second)
  if (!/^[0-9a-f]{8}$/.test(id)) throw malformed('must have a key id of eight lower-case hex digits')
  const key = decodeBase64(text.slice(second + 1), field)
  if (key.length < 2) throw malformed('must hold a type byte and a key')
  return { name: text.slice(0, first), keyId: Number.parseInt(id, 16), type: key[0]!, key: key.subarray(1) }
}

/** Refuses a key text whose id is not the one its name, type and public key give. Throws KEY_ID_MISMATCH. */
export function checkKeyId(key: VerifierKey, keyId: number, field: string): void {
  if (key.keyId === keyId) return
  const rule = `must be ${formatKeyId(key.keyId)}, the hash of name, type and public key`
  throw new RecordError('KEY_ID_MISMATCH', { field, value: formatKeyId(keyId), rule })
}

/**
 * The verifier key of a vkey text (signed-note), as at enrolment: its key id must match and its public key is vetted.
 * Throws MALFORMED_KEY, INVALID_BASE64, INVALID_KEY_NAME, UNSUPPORTED_KEY_TYPE, UNSAFE_PUBLIC_KEY, KEY_ID_MISMATCH.
 */
export function parseVkey(text: string): VerifierKey {
  const { name, keyId, type, key } = splitKeyText(text, 'vkey')
  const parsed = createVerifierKey(name, type as KeyType, key)
  checkKeyId(parsed, keyId, 'vkey')
  return parsed
}

/** The vkey text of a verifier key. */
export const formatVkey = (key: VerifierKey): string =>
  `${key.name}+${formatKeyId(key.keyId)}+${encodeBase64(concatBytes(Uint8Array.of(key.type), key.publicKey))}`

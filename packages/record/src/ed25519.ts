import { ed25519Prepare, ed25519Verify, type PreparedPublicKey } from '#primitives'
import { ed25519 } from '@noble/curves/ed25519.js'
import { encodeHex, equalBytes } from './bytes.ts'
import { RecordError } from './errors.ts'

export const ED25519_PUBLIC_KEY_BYTES = 32
export const ED25519_SIGNATURE_BYTES = 64

const { Point } = ed25519

/** Every encoding of a point of order 1, 2, 4 or 8, canonical or not, in hex (RFC 8032, 5.1.3 and its edge cases). */
const SMALL_ORDER = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
])
// The first byte alone sends nearly every R past the set.
const SMALL_ORDER_FIRST = new Uint8Array(256)
for (const hex of SMALL_ORDER) SMALL_ORDER_FIRST[Number.parseInt(hex.slice(0, 2), 16)] = 1

const hasSmallOrder = (encoding: Uint8Array): boolean =>
  SMALL_ORDER_FIRST[encoding[0]!] === 1 && SMALL_ORDER.has(encodeHex(encoding))

/** Which rule the key breaks, null when none. */
function fault(publicKey: Uint8Array): string | null {
  if (hasSmallOrder(publicKey)) return 'must not be a point of small order'
  try {
    const point = Point.fromBytes(publicKey)
    if (!equalBytes(point.toBytes(), publicKey)) return 'must be encoded canonically'
    return point.isTorsionFree() ? null : 'must lie in the subgroup of prime order'
  } catch {
    return 'must be the canonical encoding of a point of the curve'
  }
}

// Vetting costs as much as ten verifications, so verdicts are kept, by content: an array may change under its identity.
const CACHED_KEYS = 4096
const cache = new Map<string, PreparedPublicKey | string>()

function inspect(publicKey: Uint8Array): PreparedPublicKey | string {
  if (publicKey.length !== ED25519_PUBLIC_KEY_BYTES) return `must be ${ED25519_PUBLIC_KEY_BYTES} bytes`
  const name = String.fromCharCode.apply(null, publicKey as unknown as number[])
  const known = cache.get(name)
  if (known !== undefined) return known
  const verdict = fault(publicKey) ?? ed25519Prepare(publicKey)
  if (cache.size >= CACHED_KEYS) cache.clear()
  cache.set(name, verdict)
  return verdict
}

/**
 * Refuses a public key on which verifiers would disagree (record.md 1.12): it must be canonical, of prime order and not
 * the identity. Throws UNSAFE_PUBLIC_KEY. The verdict of a key is cached.
 */
export function vetPublicKey(publicKey: Uint8Array): void {
  const verdict = inspect(publicKey)
  if (typeof verdict !== 'string') return
  throw new RecordError('UNSAFE_PUBLIC_KEY', {
    field: 'public key',
    value: encodeHex(publicKey.subarray(0, 40)),
    rule: verdict,
  })
}

/**
 * Whether `signature` is the key's over `message`, by the one rule on which node:crypto, Go and libsodium agree: key
 * vetted, R not of small order, S below the group's order, no cofactor. False, never a throw, for bytes of any length;
 * false for a key that `vetPublicKey` refuses.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false
  const key = inspect(publicKey)
  return typeof key !== 'string' && !hasSmallOrder(signature.subarray(0, 32)) && ed25519Verify(key, message, signature)
}

import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes } from './bytes.ts'

export { sha256 } from '@noble/hashes/sha2.js'

const { Point } = ed25519
type Point = InstanceType<typeof Point>

/** A public key made ready for many verifications. */
export interface PreparedPublicKey {
  readonly bytes: Uint8Array
  readonly negated: Point
  uses: number
}

// A table of multiples costs as much as ten verifications and some 300 kB, and makes the later ones three times as fast.
const USES_BEFORE_TABLE = 16
const TABLE_WINDOW_BITS = 6
const MAX_TABLES = 64
let tables = 0

/** Makes 32 bytes ready for `ed25519Verify`; the caller has vetted them. */
export function ed25519Prepare(publicKey: Uint8Array): PreparedPublicKey {
  const bytes = publicKey.slice()
  return { bytes, negated: Point.fromBytes(bytes).negate(), uses: 0 }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(bytes[i]!)
  return value
}

/**
 * RFC 8032 without the cofactor: recomputes R from S, the key and the message and compares its bytes, S < L. Neither the
 * key's order nor R's is looked at here. Written out because noble's own check multiplies by the cofactor in both of its
 * modes, and so accepts what node:crypto and Go refuse.
 */
export function ed25519Verify(key: PreparedPublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false
  const order = Point.Fn.ORDER
  const r = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  if (s >= order) return false
  key.uses += 1
  if (key.uses === USES_BEFORE_TABLE && tables < MAX_TABLES) {
    tables += 1
    key.negated.precompute(TABLE_WINDOW_BITS)
  }
  const challenge = littleEndian(sha512(concatBytes(r, key.bytes, message))) % order
  const computed = Point.BASE.multiplyUnsafe(s).add(key.negated.multiplyUnsafe(challenge))
  return equalBytes(computed.toBytes(), r)
}

/** The public key of a 32-byte seed and a function that signs with it. */
export function ed25519FromSeed(seed: Uint8Array): {
  readonly publicKey: Uint8Array
  readonly sign: (message: Uint8Array) => Uint8Array
} {
  const secret = seed.slice()
  return { publicKey: ed25519.getPublicKey(secret), sign: (message) => ed25519.sign(message, secret) }
}

import { createHash, createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'

// What node:crypto returns is a Buffer, whose slice() is a view where a Uint8Array's copies: hand out plain arrays.
const plain = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)

/** SHA-256 of the bytes, 32 bytes. */
export const sha256 = (bytes: Uint8Array): Uint8Array =>
  plain(hash === undefined ? createHash('sha256').update(bytes).digest() : hash('sha256', bytes, 'buffer'))

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** A public key made ready for many verifications. */
export type PreparedPublicKey = KeyObject

/** Makes 32 bytes ready for `ed25519Verify`; the caller has vetted them. */
export const ed25519Prepare = (publicKey: Uint8Array): PreparedPublicKey =>
  createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' })

/**
 * RFC 8032 without the cofactor: recomputes R from S, the key and the message and compares its bytes, S < L. Neither the
 * key's order nor R's is looked at here.
 */
export const ed25519Verify = (key: PreparedPublicKey, message: Uint8Array, signature: Uint8Array): boolean =>
  verify(null, message, key, signature)

/** The public key of a 32-byte seed and a function that signs with it. */
export function ed25519FromSeed(seed: Uint8Array): {
  readonly publicKey: Uint8Array
  readonly sign: (message: Uint8Array) => Uint8Array
} {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length)
  return { publicKey: new Uint8Array(publicKey), sign: (message) => plain(sign(null, message, key)) }
}

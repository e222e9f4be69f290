import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js'
import { ML_DSA_44_PUBLIC_KEY_BYTES } from './vkey.ts'

export const ML_DSA_44_SIGNATURE_BYTES = 2420

/** ML-DSA-44 of FIPS 204 from its 32-byte seed ξ: pure, no context, deterministic. Signing takes milliseconds. */
export function mlDsaFromSeed(seed: Uint8Array): {
  readonly publicKey: Uint8Array
  readonly sign: (message: Uint8Array) => Uint8Array
} {
  const { publicKey, secretKey } = ml_dsa44.keygen(seed.slice())
  return { publicKey, sign: (message) => ml_dsa44.sign(message, secretKey, { extraEntropy: false }) }
}

/** Whether the ML-DSA-44 signature is the key's over the message. False, never a throw, for bytes of any length. */
export function verifyMlDsa44(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return (
    publicKey.length === ML_DSA_44_PUBLIC_KEY_BYTES &&
    signature.length === ML_DSA_44_SIGNATURE_BYTES &&
    ml_dsa44.verify(signature, message, publicKey)
  )
}

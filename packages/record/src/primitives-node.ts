import { createHash, hash } from 'node:crypto'

/** SHA-256 of the bytes, 32 bytes. */
export const sha256 = (bytes: Uint8Array): Uint8Array =>
  hash === undefined ? createHash('sha256').update(bytes).digest() : hash('sha256', bytes, 'buffer')

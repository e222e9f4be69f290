import { sha256 } from '#primitives'

/** Bytes of every hash of the tree. */
export const HASH_BYTES = 32

/** Root of the tree without entries: SHA-256 of nothing (RFC 6962 2.1). */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0))

const leafScratch = new Uint8Array(1 + 65_535)
const nodeScratch = new Uint8Array(1 + 2 * HASH_BYTES)
nodeScratch[0] = 1

/** Hash of one entry of the log, `SHA-256(0x00 ‖ entry)` (RFC 6962 2.1), 32 bytes. */
export function leafHash(entry: Uint8Array): Uint8Array {
  const input = entry.length < leafScratch.length ? leafScratch : new Uint8Array(1 + entry.length)
  input.set(entry, 1)
  return sha256(input.subarray(0, 1 + entry.length))
}

/**
 * Hash of the node above two nodes of 32 bytes each, `SHA-256(0x01 ‖ left ‖ right)` (RFC 6962 2.1).
 * Lengths are not looked at here: whoever takes hashes from outside has checked that they are 32 bytes.
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeScratch.set(left, 1)
  nodeScratch.set(right, 1 + HASH_BYTES)
  return sha256(nodeScratch)
}

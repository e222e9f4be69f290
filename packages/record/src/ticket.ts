import { sha256 } from '#primitives'
import { concatBytes, encodeUtf8, equalBytes } from './bytes.ts'

const BLOCK_BYTES = 64
const MAC_BYTES = 32
const LABEL = encodeUtf8('parley.ticket/v1\n')

/** HMAC-SHA256 (RFC 2104) with a key of at most 64 bytes. */
function mac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const inner = new Uint8Array(BLOCK_BYTES).fill(0x36)
  const outer = new Uint8Array(BLOCK_BYTES).fill(0x5c)
  for (let i = 0; i < key.length; i++) {
    inner[i] = 0x36 ^ (key[i] as number)
    outer[i] = 0x5c ^ (key[i] as number)
  }
  return sha256(concatBytes(outer, sha256(concatBytes(inner, message))))
}

/**
 * Ticket of a mirror for a checkpoint it took as pending: its note, under a code only the mirror can make. `key` is 32
 * random bytes drawn anew at each start, never stored: a mirror set back to an older state must not believe what it
 * vouched for in between.
 */
export function formatTicket(note: Uint8Array, key: Uint8Array): Uint8Array {
  requireKey(key)
  return concatBytes(mac(key, concatBytes(LABEL, note)), note)
}

/** The note of a ticket this key has made; null for anything else. */
export function openTicket(ticket: Uint8Array, key: Uint8Array): Uint8Array | null {
  requireKey(key)
  if (ticket.length <= MAC_BYTES) return null
  const note = new Uint8Array(ticket.subarray(MAC_BYTES))
  // Comparing hashes of the codes keeps the time from telling where they differ.
  const [given, made] = [ticket.subarray(0, MAC_BYTES), mac(key, concatBytes(LABEL, note))]
  return equalBytes(sha256(given), sha256(made)) ? note : null
}

function requireKey(key: Uint8Array): void {
  if (key.length !== 32) throw new RangeError(`a ticket key has 32 bytes, not ${key.length}`)
}

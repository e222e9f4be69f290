import type { RequestDigest } from '@parley/airspace'

/**
 * 64 bits of a request, to know its repetition by the same client. Not a secret and not a proof: a client that makes two requests
 * collide deceives itself only.
 */
export function digestOf(operationId: string, path: string, body: Uint8Array): RequestDigest {
  let low = 0x811c9dc5
  let high = 0x9747b28c
  for (const text of [operationId, path]) {
    for (let i = 0; i < text.length; i += 1) {
      low = Math.imul(low ^ text.charCodeAt(i), 0x01000193)
      high = Math.imul(high ^ low, 0x5bd1e995)
    }
    low ^= 0xff
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const words = body.byteLength >> 2
  for (let i = 0; i < words; i += 1) {
    const word = view.getUint32(i << 2, true)
    low = Math.imul(low ^ word, 0xcc9e2d51)
    low ^= low >>> 15
    high = Math.imul(high ^ (word + i), 0x1b873593)
    high ^= high >>> 13
  }
  for (let i = words << 2; i < body.byteLength; i += 1) {
    low = Math.imul(low ^ body[i]!, 0x01000193)
    high = Math.imul(high ^ low, 0x5bd1e995)
  }
  low ^= body.byteLength
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b)
  high = Math.imul(high ^ (high >>> 16) ^ low, 0xc2b2ae35)
  return [(low ^ (low >>> 13)) >>> 0, (high ^ (high >>> 16)) >>> 0]
}

import { createHash, hash } from 'node:crypto'
import type { RequestDigest } from '@parley/airspace'

/** Requests up to this size are hashed in one call, from one stretch of memory; nearly all are. */
const scratch = Buffer.allocUnsafeSlow(64 << 10)

/**
 * SHA-256 of a request as its supplier can compute it too: method, space, target as it stood in the request line, line feed, and the
 * bytes of the body. So `(printf 'PUT /dss/v1/…\n'; cat body) | sha256sum` gives what the pool's log holds.
 */
export function digestOf(method: string, target: string, body: Uint8Array): RequestDigest {
  const head = `${method} ${target}\n`
  const length = head.length + body.byteLength
  if (length > scratch.length) return wordsOf(createHash('sha256').update(head, 'latin1').update(body).digest('binary'))
  scratch.write(head, 0, 'latin1')
  scratch.set(body, head.length)
  return wordsOf(hash('sha256', scratch.subarray(0, length), 'binary'))
}

/** The 32 bytes, one a character, as eight words. */
function wordsOf(bytes: string): RequestDigest {
  const word = (at: number): number =>
    (bytes.charCodeAt(at) |
      (bytes.charCodeAt(at + 1) << 8) |
      (bytes.charCodeAt(at + 2) << 16) |
      (bytes.charCodeAt(at + 3) << 24)) >>>
    0
  return [word(0), word(4), word(8), word(12), word(16), word(20), word(24), word(28)]
}

/** The 64 hex digits of a digest that is a hash; null for the checksum of an older entry, or the stretch of an expiry. */
export function sha256HexOf(digest: RequestDigest): string | null {
  if (digest.length !== 8) return null
  const bytes = Buffer.alloc(32)
  for (const [at, word] of digest.entries()) bytes.writeUInt32LE(word, at * 4)
  return bytes.toString('hex')
}

// What a reader understood, as the Go drivers say it: eight bytes of a hash over the parts, so that two who accept can be compared.
import { createHash } from 'node:crypto'

const bytesOf = (part) => (typeof part === 'string' ? Buffer.from(part) : part)

export function meaningOf(...parts) {
  const hash = createHash('sha256')
  for (const part of parts.map(bytesOf)) {
    const length = Buffer.alloc(8)
    length.writeUInt32BE(part.length, 4)
    hash.update(length).update(part)
  }
  return hash.digest().subarray(0, 8).toString('hex')
}

/** A reader that says no more than yes. */
export const PLAIN = '-'

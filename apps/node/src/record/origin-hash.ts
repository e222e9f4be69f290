import { createHash } from 'node:crypto'

/** Hex of the SHA-256 of an origin: how the read side of witnesses and mirrors names a log. */
export const originHash = (origin: string): string => createHash('sha256').update(origin).digest('hex')

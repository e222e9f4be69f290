import { createHash, type KeyObject } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

/** SHA-256 of a key's SubjectPublicKeyInfo as 64 lower-case hex digits: what enrolments and relays are told. */
export const pinOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')

/** The pin of the key that the other end has shown; null: it showed none. */
export function pinOfPeer(socket: TLSSocket): string | null {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? null : pinOf(certificate.publicKey)
}

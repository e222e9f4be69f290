import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pinOf, selfSignedCertificate } from '@parley/client/tls'
import { readText, systemReason, writeNewFiles } from '../keys/files.ts'
import { CannotFollow } from '../keys/usage.ts'

/** The key a relay shows, by which those who dial it know that it is the one they mean. */
export interface RelayIdentity {
  readonly key: string
  readonly cert: string
  /** SHA-256 of the SubjectPublicKeyInfo, 64 hex digits. */
  readonly pin: string
}

/** The relay's key in `<dir>/relay.key`, made at the first start and never overwritten. @throws {CannotFollow} */
export function openIdentity(dir: string): RelayIdentity {
  const path = join(dir, 'relay.key')
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new CannotFollow('--data', dir, `cannot be made: ${systemReason(cause)}`, { cause })
  }
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const content = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    writeNewFiles([{ field: '--data', path, content, secret: true }])
  }
  const pem = readText('--data', path)
  let secret: KeyObject
  try {
    secret = createPrivateKey(pem)
  } catch (cause) {
    throw new CannotFollow('--data', path, 'must hold the private key of the relay', { cause })
  }
  if (secret.asymmetricKeyType !== 'ec' || secret.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new CannotFollow('--data', path, 'must hold a private key on P-256')
  return { key: pem, cert: selfSignedCertificate(secret), pin: pinOf(createPublicKey(secret)) }
}

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pinOf, selfSignedCertificate } from '@parley/client/tls'
import { StartRefused } from '../errors.ts'
import { writeDurably } from '../record/durable-file.ts'

/** The key a node shows to peers and relays, with the certificate it needs to be shown in. */
export interface TlsKey {
  /** PEM, PKCS #8. */
  readonly key: string
  /** PEM; signed by the key itself: only the pin counts. */
  readonly cert: string
  /** SHA-256 of the SubjectPublicKeyInfo, 64 hex digits: what enrolments name. */
  readonly pin: string
}

/** The node's TLS key in `<dataDir>/keys/tls.key`, made at the first start. @throws {StartRefused} */
export async function openTlsKey(dataDir: string): Promise<TlsKey> {
  const dir = join(dataDir, 'keys')
  const file = join(dir, 'tls.key')
  let pem: string
  try {
    pem = await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new StartRefused(`the key ${file} cannot be read: ${(cause as Error).message}`, {}, { cause })
    await mkdir(dir, { recursive: true, mode: 0o700 })
    pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    }) as string
    try {
      await writeDurably(file, pem)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return openTlsKey(dataDir)
      throw new StartRefused(`the key ${file} cannot be written: ${(error as Error).message}`, {}, { cause: error })
    }
  }
  return tlsKeyOf(pem, file)
}

function tlsKeyOf(pem: string, file: string): TlsKey {
  let secret: KeyObject
  try {
    secret = createPrivateKey(pem)
  } catch (cause) {
    throw new StartRefused(`the file ${file} holds no private key: put the right one back`, {}, { cause })
  }
  if (secret.asymmetricKeyType !== 'ec') throw new StartRefused(`the key in ${file} is not one on P-256`)
  return { key: pem, cert: selfSignedCertificate(secret), pin: pinOf(createPublicKey(secret)) }
}

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  webcrypto,
} from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import * as x509 from '@peculiar/x509'
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

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const
const VALID_FROM = new Date('2020-01-01T00:00:00Z')
const VALID_UNTIL = new Date('2120-01-01T00:00:00Z')

/** SHA-256 of a key's SubjectPublicKeyInfo as 64 lower-case hex digits. */
export const pinOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')

/** The pin of the key that the other end has shown; null: it showed none. */
export function pinOfPeer(socket: TLSSocket): string | null {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? null : pinOf(certificate.publicKey)
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

async function tlsKeyOf(pem: string, file: string): Promise<TlsKey> {
  let secret: KeyObject
  try {
    secret = createPrivateKey(pem)
  } catch (cause) {
    throw new StartRefused(`the file ${file} holds no private key: put the right one back`, {}, { cause })
  }
  if (secret.asymmetricKeyType !== 'ec') throw new StartRefused(`the key in ${file} is not one on P-256`)
  const shared = createPublicKey(secret)
  const { subtle } = webcrypto
  const privateKey = await subtle.importKey('pkcs8', secret.export({ type: 'pkcs8', format: 'der' }), CURVE, true, [
    'sign',
  ])
  const publicKey = await subtle.importKey('spki', shared.export({ type: 'spki', format: 'der' }), CURVE, true, [
    'verify',
  ])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // Says nothing of who it is: that is in the enrolment that names the pin.
    name: 'CN=parley',
    serialNumber: '01',
    notBefore: VALID_FROM,
    notAfter: VALID_UNTIL,
    signingAlgorithm: { ...CURVE, hash: 'SHA-256' },
    keys: { privateKey, publicKey } as Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]['keys'],
  })
  return { key: pem, cert: certificate.toString('pem'), pin: pinOf(shared) }
}

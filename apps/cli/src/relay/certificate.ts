import { createPublicKey, type KeyObject, sign } from 'node:crypto'

// Tags of X.690 as far as a least certificate needs them.
const TAG = {
  integer: 0x02,
  bits: 0x03,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  list: 0x30,
  set: 0x31,
  version: 0xa0,
}
const ECDSA_SHA256 = Buffer.from('2a8648ce3d040302', 'hex')
const COMMON_NAME = Buffer.from('550403', 'hex')

const lengthOf = (bytes: number): Buffer => {
  if (bytes < 0x80) return Buffer.from([bytes])
  const long = Buffer.from(bytes.toString(16).padStart(4, '0'), 'hex')
  return bytes < 0x100 ? Buffer.from([0x81, bytes]) : Buffer.concat([Buffer.from([0x82]), long])
}

function der(tag: number, ...inner: readonly Buffer[]): Buffer {
  const content = Buffer.concat(inner)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.byteLength), content])
}

/**
 * The certificate in which TLS carries a P-256 key: version 3, no extensions, signed by the key itself, as PEM. Whoever dials the relay
 * holds the key against the pin he was told, and looks at nothing else in it.
 */
export function certificateOf(secret: KeyObject): string {
  const algorithm = der(TAG.list, der(TAG.oid, ECDSA_SHA256))
  const name = der(
    TAG.list,
    der(TAG.set, der(TAG.list, der(TAG.oid, COMMON_NAME), der(TAG.utf8, Buffer.from('parley relay')))),
  )
  const validity = der(
    TAG.list,
    der(TAG.utcTime, Buffer.from('200101000000Z')),
    der(TAG.time, Buffer.from('21000101000000Z')),
  )
  const signed = der(
    TAG.list,
    der(TAG.version, der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, Buffer.from([1])),
    algorithm,
    name,
    validity,
    name,
    createPublicKey(secret).export({ type: 'spki', format: 'der' }),
  )
  const whole = der(TAG.list, signed, algorithm, der(TAG.bits, Buffer.from([0]), sign('sha256', signed, secret)))
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

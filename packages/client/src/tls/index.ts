export { pinOf, pinOfPeer } from './pin.ts'
export { selfSignedCertificate } from './self-signed.ts'

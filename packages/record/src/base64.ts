import { RecordError, shown } from './errors.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Uint8Array(128).fill(64)
for (let i = 0; i < 64; i += 1) VALUES[ALPHABET.charCodeAt(i)] = i

/** Standard base64 with padding (RFC 4648 section 4), the one form `decodeBase64` takes. */
export function encodeBase64(bytes: Uint8Array): string {
  let out = ''
  const whole = bytes.length - (bytes.length % 3)
  for (let i = 0; i < whole; i += 3) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    out += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]! + ALPHABET[(group >> 6) & 63]! + ALPHABET[group & 63]!
  }
  if (bytes.length - whole === 1) {
    const group = bytes[whole]!
    out += `${ALPHABET[group >> 2]!}${ALPHABET[(group & 3) << 4]!}==`
  } else if (bytes.length - whole === 2) {
    const group = (bytes[whole]! << 8) | bytes[whole + 1]!
    out += `${ALPHABET[group >> 10]!}${ALPHABET[(group >> 4) & 63]!}${ALPHABET[(group & 15) << 2]!}=`
  }
  return out
}

const refuse = (text: string, field: string, rule: string): RecordError =>
  new RecordError('INVALID_BASE64', { field, value: shown(text), rule })

/**
 * The bytes of canonical base64: the standard alphabet, padded, pad bits zero, nothing around it; every byte string has
 * exactly one text. Empty text is no bytes. Throws INVALID_BASE64. (Go's decoder takes pad bits that are set: there we
 * refuse more.)
 */
export function decodeBase64(text: string, field = 'base64'): Uint8Array {
  const length = text.length
  if (length % 4 !== 0) throw refuse(text, field, 'must be padded to a multiple of four characters')
  if (length === 0) return new Uint8Array(0)
  const pad = text.charCodeAt(length - 1) !== 0x3d ? 0 : text.charCodeAt(length - 2) !== 0x3d ? 1 : 2
  const out = new Uint8Array((length / 4) * 3 - pad)
  const digits = length - pad
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < digits; i += 1) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? VALUES[code]! : 64
    if (value === 64) throw refuse(text, field, 'must use the standard alphabet only')
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      out[at] = held >> bits
      at += 1
    }
  }
  if ((held & ((1 << bits) - 1)) !== 0) throw refuse(text, field, 'must have its pad bits zero')
  return out
}

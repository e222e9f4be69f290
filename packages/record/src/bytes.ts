import { RecordError } from './errors.ts'

const encoder = new TextEncoder()
// ignoreBOM keeps a leading U+FEFF in the text, where the rules below can see and refuse it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The UTF-8 bytes of `text`. A lone surrogate becomes U+FFFD: callers refuse those before. */
export const encodeUtf8 = (text: string): Uint8Array => encoder.encode(text)

/** The text of `bytes`; a byte order mark stays in it. Throws INVALID_UTF8. */
export function decodeUtf8(bytes: Uint8Array, field = 'text'): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new RecordError('INVALID_UTF8', { field, value: bytes.length, rule: 'must be valid UTF-8' })
  }
}

/** One array with the parts after each other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Whether both hold the same bytes. Not constant in time: nothing secret is compared here. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false
  return true
}

/** Negative, zero or positive as `a` sorts before, with or after `b` by bytes. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i += 1) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hex. */
export function encodeHex(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) out += HEX[byte]
  return out
}

const LOWER_HEX = /^(?:[0-9a-f]{2})*$/

/** The bytes of lower-case hex. Throws INVALID_LENGTH for anything else. */
export function decodeHex(text: string, field = 'hex'): Uint8Array {
  if (!LOWER_HEX.test(text)) {
    throw new RecordError('INVALID_LENGTH', {
      field,
      value: text.length,
      rule: 'must be lower-case hex of whole bytes',
    })
  }
  const out = new Uint8Array(text.length / 2)
  for (let i = 0; i < out.length; i += 1) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return out
}

/** Writes a safe non-negative integer as 8 bytes, big-endian, at `at`. */
export function writeUint64(out: Uint8Array, at: number, value: number): void {
  let rest = value
  for (let i = at + 7; i >= at; i -= 1) {
    out[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

/** Reads 8 bytes, big-endian; null when the value exceeds 2^53 − 1. */
export function readUint64(bytes: Uint8Array, at: number): number | null {
  let value = 0
  for (let i = at; i < at + 8; i += 1) value = value * 256 + bytes[i]!
  return value <= Number.MAX_SAFE_INTEGER ? value : null
}

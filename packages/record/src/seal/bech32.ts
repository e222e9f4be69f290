import { RecordError, shown } from '../errors.ts'

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]

function polymod(values: Iterable<number>): number {
  let check = 1
  for (const value of values) {
    const top = check >>> 25
    check = ((check & 0x1ffffff) << 5) ^ value
    for (let i = 0; i < 5; i += 1) if ((top >>> i) & 1) check ^= GENERATORS[i]!
  }
  return check >>> 0
}

function* checked(prefix: string, words: Iterable<number>): Iterable<number> {
  for (let i = 0; i < prefix.length; i += 1) yield prefix.charCodeAt(i) >> 5
  yield 0
  for (let i = 0; i < prefix.length; i += 1) yield prefix.charCodeAt(i) & 31
  yield* words
}

/**
 * The prefix and the bytes of a lower-case bech32 text (BIP 173), of any length: age recipients exceed its 90 characters.
 * Padding bits must be zero, so that one key has one text. Throws SEAL_RECIPIENT; a secret is never in the details.
 */
export function decodeBech32(text: string, field: string): { readonly prefix: string; readonly bytes: Uint8Array } {
  const refuse = (rule: string): RecordError => new RecordError('SEAL_RECIPIENT', { field, value: shown(text), rule })
  const separator = text.lastIndexOf('1')
  if (separator < 1 || text.length - separator < 7) throw refuse('must be bech32: a prefix, `1`, data and a checksum')
  const prefix = text.slice(0, separator)
  if (!/^[a-z0-9-]+$/.test(prefix)) throw refuse('must be lower-case ASCII')
  const words: number[] = []
  for (const char of text.slice(separator + 1)) {
    const word = CHARSET.indexOf(char)
    if (word < 0) throw refuse('must use the bech32 alphabet only, in lower case')
    words.push(word)
  }
  if (polymod(checked(prefix, words)) !== 1) throw refuse('must have a checksum that holds')
  const bytes = new Uint8Array(Math.floor(((words.length - 6) * 5) / 8))
  let held = 0
  let bits = 0
  let at = 0
  for (const word of words.slice(0, -6)) {
    held = ((held << 5) | word) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at] = (held >> bits) & 0xff
    at += 1
  }
  if (bits > 4 || (held & ((1 << bits) - 1)) !== 0) throw refuse('must have its pad bits zero')
  return { prefix, bytes }
}

/** The lower-case bech32 text of the bytes under a prefix of lower-case ASCII, of any length. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const words: number[] = []
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      words.push((held >> bits) & 31)
    }
  }
  if (bits > 0) words.push((held << (5 - bits)) & 31)
  const check = polymod(checked(prefix, [...words, 0, 0, 0, 0, 0, 0])) ^ 1
  for (let i = 5; i >= 0; i -= 1) words.push((check >>> (5 * i)) & 31)
  return `${prefix}1${words.map((word) => CHARSET[word]).join('')}`
}

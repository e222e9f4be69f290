import { decodeBase64, encodeBase64 } from './base64.ts'
import { encodeUtf8 } from './bytes.ts'
import { RecordError, shown } from './errors.ts'
import { isLineName, MAX_KEY_NAME_BYTES } from './key-name.ts'
import { formatKeyId } from './vkey.ts'

/** Most signature lines a note may carry. */
export const MAX_SIGNATURES = 16

/** One signature line; `signature` are the bytes after the key id. */
export interface SignatureLine {
  readonly name: string
  readonly keyId: number
  readonly signature: Uint8Array
}

const MARK = '\u2014 '

function parseSignatureLine(line: string): SignatureLine {
  const refuse = (rule: string) =>
    new RecordError('MALFORMED_SIGNATURE_LINE', { field: 'signature line', value: shown(line), rule })
  if (!line.startsWith(MARK)) throw refuse('must start with an em dash and a space')
  const space = line.indexOf(' ', MARK.length)
  if (space < 0) throw refuse('must hold a name and base64')
  const name = line.slice(MARK.length, space)
  // No UTF-16 unit takes more than three bytes of UTF-8.
  const isLong = name.length * 3 > MAX_KEY_NAME_BYTES && encodeUtf8(name).length > MAX_KEY_NAME_BYTES
  if (isLong || !isLineName(name)) {
    throw refuse(`must name a key in 1 to ${MAX_KEY_NAME_BYTES} bytes without spaces and '+'`)
  }
  const blob = decodeBase64(line.slice(space + 1), 'signature line')
  if (blob.length < 5) throw refuse('must carry a key id and a signature')
  return { name, keyId: new DataView(blob.buffer).getUint32(0), signature: blob.subarray(4) }
}

/**
 * The signature lines of a text made of nothing else, as a cosigner answers: 1 to 16 lines, no two of one key. Throws
 * MALFORMED_SIGNATURE_LINE, INVALID_BASE64, TOO_MANY_SIGNATURES, DUPLICATE_SIGNATURE.
 */
export function parseSignatureLines(text: string): SignatureLine[] {
  if (!text.endsWith('\n')) {
    const rule = 'must be whole lines, each ended by a newline'
    throw new RecordError('MALFORMED_SIGNATURE_LINE', { field: 'signature lines', value: shown(text), rule })
  }
  const lines: SignatureLine[] = []
  for (let at = 0; at < text.length; ) {
    if (lines.length === MAX_SIGNATURES) {
      const rule = `must be at most ${MAX_SIGNATURES}`
      throw new RecordError('TOO_MANY_SIGNATURES', { field: 'signature lines', value: null, rule })
    }
    const end = text.indexOf('\n', at)
    const line = parseSignatureLine(text.slice(at, end))
    for (const { name, keyId } of lines) {
      if (keyId === line.keyId && name === line.name) {
        const value = `${shown(name)}+${formatKeyId(keyId)}`
        throw new RecordError('DUPLICATE_SIGNATURE', { field: 'signature lines', value, rule: 'must be one to a key' })
      }
    }
    lines.push(line)
    at = end + 1
  }
  return lines
}

/** The signature line with its newline. */
export function formatSignatureLine({ name, keyId, signature }: SignatureLine): string {
  const blob = new Uint8Array(4 + signature.length)
  new DataView(blob.buffer).setUint32(0, keyId)
  blob.set(signature, 4)
  return `${MARK}${name} ${encodeBase64(blob)}\n`
}

import { decodeBase64, encodeBase64, encodeHex, encodeUtf8, sha256 } from '@parley/record'

/**
 * Texts too long for one QR code, in parts that may be read in any order: `PARLEY1 <number>/<parts> <8 hex digits> <base64>`, the digits
 * being the beginning of the SHA-256 of the whole, by which parts of one text are told from those of another and the whole is checked.
 */

/** A code of so many characters is still read from a screen by an ordinary telephone. */
const PART_CHARS = 800
const MAX_PARTS = 64
const FORM = /^PARLEY1 ([1-9]\d?)\/([1-9]\d?) ([0-9a-f]{8}) ([A-Za-z0-9+/]+={0,2})$/
const MARK_DIGITS = 8

const markOf = (bytes: Uint8Array): string => encodeHex(sha256(bytes)).slice(0, MARK_DIGITS)

/** The codes that carry a text, in order; null when it is too long to be shown so. */
export function qrParts(text: string): readonly string[] | null {
  const bytes = encodeUtf8(text)
  const perPart = (PART_CHARS / 4) * 3
  const count = Math.max(1, Math.ceil(bytes.length / perPart))
  if (count > MAX_PARTS) return null
  const mark = markOf(bytes)
  return Array.from({ length: count }, (_, i) => {
    const piece = bytes.subarray(i * perPart, (i + 1) * perPart)
    return `PARLEY1 ${i + 1}/${count} ${mark} ${encodeBase64(piece)}`
  })
}

/** What was read so far of one text. */
export interface QrReading {
  readonly mark: string
  readonly count: number
  readonly pieces: ReadonlyMap<number, string>
}

/**
 * Adds what a camera read. A code that is none of these begins nothing; a part of another text begins anew, for whoever holds up another
 * one means that. `text` is there once all parts are and their digest is right.
 */
export function addQrPart(
  before: QrReading | null,
  code: string,
): { readonly reading: QrReading | null; readonly text: string | null } {
  const [, number, parts, mark, piece] = FORM.exec(code) ?? []
  if (number === undefined || parts === undefined || mark === undefined || piece === undefined)
    return { reading: before, text: null }
  const count = Number(parts)
  if (Number(number) > count || count > MAX_PARTS) return { reading: before, text: null }
  const same = before !== null && before.mark === mark && before.count === count
  const pieces = new Map(same ? before.pieces : []).set(Number(number), piece)
  const reading = { mark, count, pieces }
  if (pieces.size < count) return { reading, text: null }
  try {
    const whole = Array.from({ length: count }, (_, i) => decodeBase64(pieces.get(i + 1) ?? ''))
    const bytes = new Uint8Array(whole.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const each of whole) {
      bytes.set(each, at)
      at += each.length
    }
    if (markOf(bytes) !== mark) return { reading: null, text: null }
    return { reading, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { reading: null, text: null }
  }
}

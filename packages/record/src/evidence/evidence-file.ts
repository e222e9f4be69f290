import { concatBytes, decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { RecordError, shown } from '../errors.ts'

/** First line of every evidence file. */
export const EVIDENCE_HEADER = 'parley.evidence/v1'
/** A receipt has an entry of 64 KiB and a proof with 16 ML-DSA lines; nothing needs more. */
export const MAX_EVIDENCE_BYTES = 1024 * 1024
const MAX_PARTS = 8
const LINE = /^([a-z][a-z-]*) (0|[1-9][0-9]{0,6})$/

/** A named run of bytes in an evidence file. */
export interface EvidencePart {
  readonly name: string
  readonly bytes: Uint8Array
}

const refuse = (value: string | number | null, rule: string): RecordError =>
  new RecordError('MALFORMED_EVIDENCE', { field: 'evidence', value, rule })

/**
 * The file of a kind and its parts: the header, the kind, then for each part a line `<name> <bytes>`, the bytes as they
 * are, and a newline. A person reads it, and `head -c` takes a part out; nothing is encoded twice.
 */
export function formatParts(kind: string, parts: readonly EvidencePart[]): Uint8Array {
  const out = [encodeUtf8(`${EVIDENCE_HEADER}\n${kind}\n`)]
  for (const { name, bytes } of parts) out.push(encodeUtf8(`${name} ${bytes.length}\n`), bytes, encodeUtf8('\n'))
  return concatBytes(...out)
}

/** The kind and the parts of an evidence file; one text for each, nothing before, between or after. Throws MALFORMED_EVIDENCE. */
export function parseParts(file: Uint8Array): { readonly kind: string; readonly parts: readonly EvidencePart[] } {
  if (file.length > MAX_EVIDENCE_BYTES) throw refuse(file.length, `must be at most ${MAX_EVIDENCE_BYTES} bytes`)
  let at = 0
  const line = (): string => {
    const end = file.indexOf(0x0a, at)
    if (end < 0 || end - at > 200) throw refuse(at, 'must have a line here')
    let text: string
    try {
      text = decodeUtf8(file.subarray(at, end))
    } catch {
      throw refuse(at, 'must have a line of text here')
    }
    at = end + 1
    return text
  }
  const header = line()
  if (header !== EVIDENCE_HEADER) throw refuse(shown(header), `must begin with the line ${EVIDENCE_HEADER}`)
  const kind = line()
  const parts: EvidencePart[] = []
  while (at < file.length) {
    if (parts.length === MAX_PARTS) throw refuse(parts.length, `must have at most ${MAX_PARTS} parts`)
    const text = line()
    const match = LINE.exec(text)
    if (match === null) throw refuse(shown(text), 'must name a part and its length in bytes')
    const end = at + Number(match[2])
    if (file[end] !== 0x0a) throw refuse(shown(text), 'must have a part of the length it names, then a newline')
    parts.push({ name: match[1] as string, bytes: file.slice(at, end) })
    at = end + 1
  }
  return { kind, parts }
}

/** The bytes of exactly these parts in this order. Throws MALFORMED_EVIDENCE. */
export function takeParts<const N extends readonly string[]>(
  parts: readonly EvidencePart[],
  names: N,
): { readonly [K in keyof N]: Uint8Array } {
  const found = parts.map(({ name }) => name).join(' ')
  if (found !== names.join(' ')) throw refuse(shown(found), `must have exactly the parts ${names.join(', ')}`)
  return parts.map(({ bytes }) => bytes) as unknown as { readonly [K in keyof N]: Uint8Array }
}

import { sha256 } from '#primitives'
import { MAX_LEAF_BYTES } from './bundle.ts'
import { encodeHex, encodeUtf8 } from './bytes.ts'
import { RecordError, shown } from './errors.ts'

const HEADER = 'parley.blob/v1\n'
const HEADER_BYTES = encodeUtf8(HEADER)

const hasHeader = (bytes: Uint8Array): boolean => HEADER_BYTES.every((byte, i) => bytes[i] === byte)

/** What stands in the log for an entry too long to be a leaf: the content's SHA-256 in lower-case hex, and its length. */
export interface BlobLeaf {
  readonly sha256: string
  /** Bytes of the content, above 65,535. */
  readonly length: number
}

/**
 * The leaf of the log for an entry of a journal: the entry itself up to 65,535 bytes (the very array, not a copy),
 * else the text `parley.blob/v1\n<sha256 hex>\n<length>\n`, whose content the log serves at `blob/<sha256>`.
 * An entry that itself begins with that header could be taken for such a text, so no author may write one.
 *
 * @throws RecordError RESERVED_ENTRY
 */
export function leafOf(entry: Uint8Array): Uint8Array {
  if (hasHeader(entry)) {
    throw new RecordError('RESERVED_ENTRY', {
      field: 'entry',
      value: shown(HEADER),
      rule: 'must not begin with the header of a blob',
    })
  }
  if (entry.length <= MAX_LEAF_BYTES) return entry
  return encodeUtf8(`${HEADER}${encodeHex(sha256(entry))}\n${entry.length}\n`)
}

/**
 * Whether a leaf stands for a blob, and which; null when the leaf is the entry itself. For readers of a log, who then
 * fetch `blob/<sha256>` and hold it against hash and length.
 *
 * @throws RecordError RESERVED_ENTRY when the leaf has the header and is not what `leafOf` writes: its author broke the rule
 */
export function parseBlobLeaf(leaf: Uint8Array): BlobLeaf | null {
  if (!hasHeader(leaf)) return null
  const text = leaf.length > 200 ? '' : String.fromCharCode(...leaf.subarray(HEADER_BYTES.length))
  const match = /^([0-9a-f]{64})\n([1-9]\d{4,15})\n$/.exec(text)
  const length = Number(match?.[2])
  if (match === null || !Number.isSafeInteger(length) || length <= MAX_LEAF_BYTES) {
    throw new RecordError('RESERVED_ENTRY', {
      field: 'leaf',
      value: shown(text),
      rule: 'must name a blob by SHA-256 and a length above 65535, or not begin with the header of one',
    })
  }
  return { sha256: match[1] as string, length }
}

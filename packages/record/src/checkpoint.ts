import { sha256 } from '#primitives'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { equalBytes } from './bytes.ts'
import { RecordError, shown } from './errors.ts'
import { checkOrigin } from './key-name.ts'

/** A tree head: `size` entries under `root`, 32 bytes, of the log named `origin`. */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

export const HASH_BYTES = 32
const EMPTY = sha256(new Uint8Array(0))

const malformed = (field: string, value: string | number, rule: string): RecordError =>
  new RecordError('MALFORMED_CHECKPOINT', { field, value, rule })

function checkRoot(size: number, root: Uint8Array): void {
  if (root.length !== HASH_BYTES) throw malformed('root', root.length, `must be ${HASH_BYTES} bytes`)
  if (size === 0 && !equalBytes(root, EMPTY)) {
    const rule = 'must be the hash of nothing when the size is 0'
    throw new RecordError('WRONG_EMPTY_ROOT', { field: 'root', value: encodeBase64(root), rule })
  }
}

const MAX_INT64 = '9223372036854775807'

/**
 * A count as logs write it: ASCII decimal digits, no sign, no leading zero. Throws INVALID_INTEGER; UNSUPPORTED_SIZE for
 * 2^53 to 2^63 − 1, which the standard allows and this implementation does not count.
 */
export function parseSize(text: string, field = 'size'): number {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text) || (text.length === 19 && text > MAX_INT64)) {
    const rule = 'must be a decimal number without sign or leading zero, below 2^63'
    throw new RecordError('INVALID_INTEGER', { field, value: shown(text), rule })
  }
  const size = Number(text)
  if (size > Number.MAX_SAFE_INTEGER) {
    const rule = 'must be below 2^53: larger trees are not supported'
    throw new RecordError('UNSUPPORTED_SIZE', { field, value: text, rule })
  }
  return size
}

/**
 * The text of a checkpoint: origin, size and root, a line each. Throws INVALID_ORIGIN, INVALID_INTEGER,
 * MALFORMED_CHECKPOINT for a root that is not 32 bytes, WRONG_EMPTY_ROOT.
 */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  checkOrigin(origin)
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new RecordError('INVALID_INTEGER', { field: 'size', value: size, rule: 'must be a whole number below 2^53' })
  }
  checkRoot(size, root)
  return `${origin}\n${size}\n${encodeBase64(root)}\n`
}

/** The checkpoint of a note's text (C2SP tlog-checkpoint), three lines and no more: extension lines are refused, since
 * signers disagree on whether they cover them. Throws MALFORMED_CHECKPOINT, EXTENSION_LINE, INVALID_ORIGIN,
 * INVALID_INTEGER, UNSUPPORTED_SIZE, INVALID_BASE64, WRONG_EMPTY_ROOT. */
export function parseCheckpoint(text: string): Checkpoint {
  const first = text.indexOf('\n')
  const second = text.indexOf('\n', first + 1)
  const third = text.indexOf('\n', second + 1)
  if (first < 0 || second <= first || third <= second) {
    throw malformed('checkpoint', shown(text), 'must be three lines, each ended by a newline')
  }
  if (third + 1 !== text.length) {
    const rule = 'must be three lines and no more'
    throw new RecordError('EXTENSION_LINE', { field: 'checkpoint', value: shown(text.slice(third + 1)), rule })
  }
  const origin = text.slice(0, first)
  checkOrigin(origin)
  const size = parseSize(text.slice(first + 1, second))
  const root = decodeBase64(text.slice(second + 1, third), 'root')
  checkRoot(size, root)
  return { origin, size, root }
}

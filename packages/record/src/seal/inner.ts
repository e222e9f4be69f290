import { sha256 } from '#primitives'
import { concatBytes, encodeHex, encodeUtf8 } from '../bytes.ts'
import { formatCanonicalJson, type JsonObject, type JsonValue, parseCanonicalJson } from '../canonical-json.ts'
import { isRecordError, RecordError, shown } from '../errors.ts'

/** What a seal keeps from those it is not addressed to, and what binds it to the act that carries it. */
export interface SealedInner {
  /** 64 lower-case hex: 32 random bytes, so that a commitment to a short text cannot be guessed. */
  readonly salt: string
  readonly table: string
  /** Origin of the log whose act carries the seal. */
  readonly o: string
  /** Id of that act. */
  readonly id: string
  readonly to: readonly string[]
  readonly kind: string
  readonly body: JsonObject
}

export const INNER_HEADER = 'parley.inner/v1'
const COMMIT_PREFIX = encodeUtf8('parley.seal/v1\n')
/** Sealed texts come in these lengths only, so that their own length is not told. */
export const SEAL_BUCKETS: readonly number[] = [1024, 4096, 16_384, 32_768]
const PAD = 0x0a

const FIELDS = ['body', 'id', 'kind', 'o', 'salt', 'table', 'to']
const KIND = /^[a-z]+(?:\.[a-z]+)*$/
/** Acts that decide who may speak, or that a line's state hangs on, must be judged by everyone: they cannot be sealed. */
const OPEN_KINDS = /^(?:(?:act|key|line|log|mirror|seal|state|table|time)\.|sealed$)/

const refuse = (field: string, value: string | number | null, rule: string): RecordError =>
  new RecordError('SEAL_INNER', { field, value, rule })

/** SHA-256("parley.seal/v1\n" ‖ inner), of the text without its padding. 32 bytes. */
export function sealCommitment(inner: Uint8Array): Uint8Array {
  return sha256(concatBytes(COMMIT_PREFIX, inner))
}

/** The bytes `parseInner` takes: the header line and one line of canonical JSON, without a final newline. Throws SEAL_INNER. */
export function formatInner(inner: SealedInner): Uint8Array {
  const value: JsonObject = {
    body: inner.body,
    id: inner.id,
    kind: inner.kind,
    o: inner.o,
    salt: inner.salt,
    table: inner.table,
    to: [...inner.to],
  }
  const bytes = encodeUtf8(`${INNER_HEADER}\n${formatCanonicalJson(value)}`)
  parseInner(bytes)
  return bytes
}

/** Reads the inner text of a seal, without its padding. Only the canonical form is taken. Throws SEAL_INNER. */
export function parseInner(bytes: Uint8Array): SealedInner {
  const header = encodeUtf8(`${INNER_HEADER}\n`)
  for (let i = 0; i < header.length; i += 1) {
    if (bytes[i] !== header[i]) {
      throw refuse(
        'inner',
        shown(new TextDecoder().decode(bytes.subarray(0, 40))),
        `must begin with the line ${INNER_HEADER}`,
      )
    }
  }
  let value: JsonValue
  try {
    value = parseCanonicalJson(bytes.subarray(header.length))
  } catch (error) {
    if (!isRecordError(error)) throw error
    throw new RecordError('SEAL_INNER', error.details, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('inner', null, 'must be an object')
  const fields = value as JsonObject
  const names = Object.keys(fields)
  if (names.length !== FIELDS.length || names.some((name) => !FIELDS.includes(name))) {
    throw refuse('inner', shown(names.join(' ')), `must have exactly the fields ${FIELDS.join(', ')}`)
  }
  const text = (field: string, rule: RegExp, says: string): string => {
    const found = fields[field]
    if (typeof found !== 'string' || !rule.test(found)) {
      throw refuse(field, typeof found === 'string' ? shown(found) : null, says)
    }
    return found
  }
  const { body, to } = fields
  if (!Array.isArray(to) || to.some((party) => typeof party !== 'string'))
    throw refuse('to', null, 'must be a list of party ids')
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw refuse('body', null, 'must be an object')
  const kind = text('kind', KIND, 'must be a kind: lower-case words joined by dots')
  if (OPEN_KINDS.test(kind)) throw refuse('kind', shown(kind), 'must be a kind that may be sealed')
  return {
    salt: text('salt', /^[0-9a-f]{64}$/, 'must be 32 bytes as lower-case hex'),
    table: text('table', /./, 'must be a table id'),
    o: text('o', /./, 'must be a log origin'),
    id: text('id', /^[0-9a-f]{32}$/, 'must be 16 bytes as lower-case hex'),
    to: to as string[],
    kind,
    body: body as JsonObject,
  }
}

/** The inner text followed by newlines up to the smallest bucket that holds it. Throws SEAL_TOO_LARGE above 32 KiB. */
export function padInner(inner: Uint8Array): Uint8Array {
  const bucket = SEAL_BUCKETS.find((size) => size >= inner.length)
  if (bucket === undefined) {
    const limit = SEAL_BUCKETS.at(-1) as number
    throw new RecordError('SEAL_TOO_LARGE', {
      field: 'inner',
      value: inner.length,
      rule: `must be at most ${limit} bytes; put what is longer into a blob`,
    })
  }
  const padded = new Uint8Array(bucket).fill(PAD)
  padded.set(inner)
  return padded
}

/** The text `padInner` was given; any other padding is refused, so that one text has one sealed form. Throws SEAL_PADDING. */
export function unpadInner(padded: Uint8Array): Uint8Array {
  let length = padded.length
  while (length > 0 && padded[length - 1] === PAD) length -= 1
  const bucket = SEAL_BUCKETS.find((size) => size >= length)
  if (length === 0 || bucket !== padded.length) {
    throw new RecordError('SEAL_PADDING', {
      field: 'inner',
      value: padded.length,
      rule: `must be padded with newlines to the smallest of ${SEAL_BUCKETS.join(', ')} bytes that holds it`,
    })
  }
  return padded.subarray(0, length)
}

/** What stands in the `commit` of a sealed act. */
export const commitText = (inner: Uint8Array): string => encodeHex(sealCommitment(inner))

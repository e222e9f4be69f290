import { RefusedError } from '@parley/units'

/** Every reason this package refuses bytes or arguments; one line each, in the order of record.md's sections. */
export const RECORD_ERROR_CODES = [
  // encodings
  'INVALID_BASE64',
  'INVALID_UTF8',
  'INVALID_LENGTH',
  'INVALID_INTEGER',
  // keys
  'INVALID_KEY_NAME',
  'MALFORMED_KEY',
  'KEY_ID_MISMATCH',
  'UNSUPPORTED_KEY_TYPE',
  'WRONG_KEY_TYPE',
  'UNSAFE_PUBLIC_KEY',
  'AMBIGUOUS_KEYS',
  // signed notes
  'NOTE_TOO_LARGE',
  'MALFORMED_NOTE',
  'MALFORMED_SIGNATURE_LINE',
  'TOO_MANY_SIGNATURES',
  'DUPLICATE_SIGNATURE',
  'INVALID_SIGNATURE',
  'NO_VERIFIED_SIGNATURE',
  // checkpoints and cosignatures
  'MALFORMED_CHECKPOINT',
  'EXTENSION_LINE',
  'UNSUPPORTED_SIZE',
  'WRONG_EMPTY_ROOT',
  'INVALID_ORIGIN',
  'WRONG_ORIGIN',
  'INVALID_TIMESTAMP',
  // canonical JSON and acts
  'MALFORMED_JSON',
  'NON_CANONICAL_JSON',
  'JSON_LIMIT',
  'MALFORMED_ACT',
  'UNSUPPORTED_VERSION',
  'INVALID_ACT_FIELD',
  'ENTRY_TOO_LARGE',
  // tree, proofs, tiles, bundles
  'OUT_OF_RANGE',
  'INVALID_SUBTREE',
  'INVALID_HASH',
  'WRONG_PROOF_LENGTH',
  'PROOF_MISMATCH',
  'MALFORMED_TILE',
  'MALFORMED_BUNDLE',
  'MISSING_TILE',
  'TREE_MISMATCH',
  'RESERVED_ENTRY',
  // proof and policy files
  'MALFORMED_PROOF_FILE',
  'MALFORMED_POLICY',
  'UNKNOWN_LOG',
  'UNSAFE_QUORUM',
  'QUORUM_NOT_MET',
  // witness and mirror protocol
  'MALFORMED_REQUEST',
  'REQUEST_TOO_LARGE',
  'MALFORMED_RESPONSE',
  // seals
  'SEAL_RECIPIENT',
  'SEAL_NOT_AGE',
  'SEAL_FORM',
  'SEAL_TOO_LARGE',
  'SEAL_BODY',
  'SEAL_INNER',
  'SEAL_PADDING',
  'SEAL_COMMIT',
  'SEAL_BINDING',
  'SEAL_AUTHOR_OMITTED',
  'SEAL_KEY_REUSED',
  // enrolment and ceremony
  'ENROLMENT_FIELD',
  'ENROLMENT_KEY',
  'ENROLMENT_UNSIGNED',
  'CEREMONY_MISMATCH',
  'CEREMONY_STALE',
  // acts that change who may speak
  'KEY_ACT_FIELD',
  'KEY_ACT_UNSIGNED',
  // evidence
  'MALFORMED_EVIDENCE',
  'EVIDENCE_SHOWS_NOTHING',
] as const

export type RecordErrorCode = (typeof RECORD_ERROR_CODES)[number]

/** What was refused: the field, what stood there (shortened, escaped), and the rule it broke. */
export interface RecordErrorDetails {
  readonly field: string
  readonly value: string | number | null
  readonly rule: string
}

/** Bytes or arguments that this package does not accept; nothing changed. `code` narrows, `details` carry the facts. */
export class RecordError<C extends RecordErrorCode = RecordErrorCode> extends RefusedError {
  readonly code: C
  declare readonly details: Readonly<Record<string, unknown>> & RecordErrorDetails

  constructor(code: C, details: RecordErrorDetails, options?: ErrorOptions) {
    super(`${details.field}: ${details.rule}`, { ...details }, options)
    this.code = code
  }
}

/** Whether `error` is one of this package's own, and of `code` when one is given. */
export function isRecordError(error: unknown, code?: RecordErrorCode): error is RecordError {
  return error instanceof RecordError && (code === undefined || error.code === code)
}

const SHOWN = 80

/** At most 80 characters of `text`, everything outside visible ASCII as `\u{…}`: safe to log and to show. */
export function shown(text: string): string {
  const head = text.length > SHOWN ? text.slice(0, SHOWN) : text
  let out = ''
  for (const char of head) {
    const code = char.codePointAt(0)!
    out += code >= 0x20 && code < 0x7f ? char : `\\u{${code.toString(16)}}`
  }
  return head.length < text.length ? `${out}… (${text.length} characters)` : out
}

import { RefusedError } from '@parley/units'

/** Every reason this package refuses something. */
export const LINE_ERROR_CODES = [
  /** The body of an act breaks a rule of its kind. */
  'ACT_BODY',
  /** A kind of act that this line does not know. */
  'UNKNOWN_KIND',
  // charter
  'CHARTER_FIELD',
  'CHARTER_UNSIGNED',
  // projection
  'UNKNOWN_LOG',
  'UNKNOWN_PARTY',
  'ENTRY_ORDER',
  'ENTRY_CONFLICT',
  'HEADS_OPEN',
  // what may be said now
  'LINE_NOT_OPEN',
  'LINE_SUSPENDED',
  'LINE_CLOSED',
  'LINE_FORKED',
] as const

export type LineErrorCode = (typeof LINE_ERROR_CODES)[number]

/** What was refused: the field, what stood there (shortened, escaped), and the rule it broke. */
export interface LineErrorDetails {
  readonly field: string
  readonly value: string | number | boolean | null
  readonly rule: string
}

/** An act, a charter or an argument that the line does not accept; nothing changed. `code` narrows, `details` carry the facts. */
export class LineError<C extends LineErrorCode = LineErrorCode> extends RefusedError {
  readonly code: C
  declare readonly details: Readonly<Record<string, unknown>> & LineErrorDetails

  constructor(code: C, details: LineErrorDetails, options?: ErrorOptions) {
    super(`${details.field}: ${details.rule}`, { ...details }, options)
    this.code = code
  }
}

/** Whether `error` is one of this package's own, and of `code` when one is given. */
export function isLineError(error: unknown, code?: LineErrorCode): error is LineError {
  return error instanceof LineError && (code === undefined || error.code === code)
}

const SHOWN = 80

/** At most 80 characters of `text`, everything outside visible ASCII as `\u{…}`: safe to log and to show. */
export function shown(text: string): string {
  const head = text.length > SHOWN ? text.slice(0, SHOWN) : text
  let out = ''
  for (const char of head) {
    const code = char.codePointAt(0) as number
    out += code >= 0x20 && code < 0x7f ? char : `\\u{${code.toString(16)}}`
  }
  return head.length < text.length ? `${out}… (${text.length} characters)` : out
}

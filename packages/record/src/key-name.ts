import { RecordError, shown } from './errors.ts'

/** Longest key name in bytes. The ML-DSA cosignature counts a name in one byte. */
export const MAX_KEY_NAME_BYTES = 255

// What Go's unicode.IsSpace takes for a space; the engine's own \s leaves out U+0085 and takes U+FEFF.
const GO_SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u
const CONTROL = /[^ -\uffff]/
// Visible ASCII but for '+' and upper case.
const ENROLLED = /^[!-*,-@[-~]+$/

/**
 * Refuses what may not name a key we configure: names are visible ASCII in lower case without `+`, so that no two look
 * alike. Throws INVALID_KEY_NAME.
 */
export function checkKeyName(name: string): void {
  if (ENROLLED.test(name) && name.length <= MAX_KEY_NAME_BYTES) return
  throw new RecordError('INVALID_KEY_NAME', {
    field: 'key name',
    value: shown(name),
    rule: `must be 1 to ${MAX_KEY_NAME_BYTES} visible lower-case ASCII characters without '+'`,
  })
}

/**
 * Whether a signature line may carry this name, as signed-note has it: not empty, no Unicode space, no `+`. Lines of
 * keys we do not know may be named more freely than ours.
 */
export const isLineName = (name: string): boolean =>
  name.length > 0 && !name.includes('+') && !GO_SPACE.test(name) && !CONTROL.test(name)

/** First lines that begin other signed texts of ours; no log may be named so. */
const RESERVED = /^(?:cosignature|subtree|parley\.[a-z-]+)\/v[0-9]+$/

/** Refuses a log's name that is no key name, or the first line of another kind of note. Throws INVALID_ORIGIN. */
export function checkOrigin(origin: string): void {
  if (ENROLLED.test(origin) && origin.length <= MAX_KEY_NAME_BYTES && !RESERVED.test(origin)) return
  throw new RecordError('INVALID_ORIGIN', {
    field: 'origin',
    value: shown(origin),
    rule: `must be 1 to ${MAX_KEY_NAME_BYTES} visible lower-case ASCII characters without '+', and not a reserved header`,
  })
}

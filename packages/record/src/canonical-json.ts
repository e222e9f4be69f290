import { decodeUtf8, encodeUtf8 } from './bytes.ts'
import { RecordError, type RecordErrorCode, shown } from './errors.ts'

/** JSON without fractions: every number is a safe integer, every key matches `[a-z0-9_]{1,32}`. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** Deepest nesting; a value that is no container has depth 0. */
export const MAX_JSON_DEPTH = 8
/** Longest string in UTF-8 bytes. */
export const MAX_JSON_STRING_BYTES = 8192

export interface JsonLimits {
  /** Dotted path of the one string that may be as long as the document; its keys pass through objects only. */
  readonly longStringAt?: string
}

const KEY = /^[a-z0-9_]{1,32}$/
// Keys that reach an object's prototype in careless hands; nothing of ours is named so.
const DANGEROUS_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
const NO_TEXT_ASCII = /\p{Control}/u
// C0, DEL and C1; line and paragraph separator; embeddings, overrides, isolates; byte order mark; noncharacters; tags.
const NO_TEXT =
  /[\p{Control}\u2028-\u202e\u2066-\u2069\ufeff\p{Noncharacter_Code_Point}\u{e0000}-\u{e007f}\p{Surrogate}]/u

function refusal(code: RecordErrorCode, value: string | number | null, rule: string): RecordError {
  return new RecordError(code, { field: 'json', value, rule })
}

/** How many UTF-8 bytes the text takes, or more than `limit` where that is all that matters. */
function fits(text: string, limit: number): boolean {
  return text.length * 3 <= limit || (text.length <= limit && encodeUtf8(text).length <= limit)
}

function checkText(text: string, isAscii: boolean): void {
  const at = text.search(isAscii ? NO_TEXT_ASCII : NO_TEXT)
  if (at < 0) return
  const found = `U+${text.codePointAt(at)!.toString(16).toUpperCase().padStart(4, '0')} at ${at}`
  throw refusal('NON_CANONICAL_JSON', found, 'must hold no control, direction-changing, tag or noncharacter')
}

function checkKey(key: string): void {
  if (key.length > 32) throw refusal('JSON_LIMIT', shown(key), 'must have keys of at most 32 characters')
  if (!KEY.test(key)) throw refusal('NON_CANONICAL_JSON', shown(key), 'must have keys of a to z, 0 to 9 and _ only')
  if (DANGEROUS_KEYS.has(key)) throw refusal('NON_CANONICAL_JSON', key, 'must not have this key')
}

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

type OpenArray = JsonValue[]
type OpenObject = Record<string, JsonValue>

/** One pass over the text, no recursion; holds the place and the open containers. */
class Parser {
  readonly #text: string
  readonly #hasEscapes: boolean
  readonly #longStringAt: string | undefined
  #at = 0
  readonly #open: (OpenArray | OpenObject)[] = []
  /** The newest key of each open container, '' for an array. */
  readonly #keys: string[] = []

  constructor(text: string, limits: JsonLimits) {
    this.#text = text
    this.#hasEscapes = text.includes('\\')
    this.#longStringAt = limits.longStringAt
  }

  parse(): JsonValue {
    for (;;) {
      let value = this.#begin()
      // A container was opened and holds something: its first value comes next.
      if (value === undefined) continue
      for (;;) {
        const container = this.#open.at(-1)
        if (container === undefined) {
          if (this.#at !== this.#text.length) throw this.#unexpected('must end after its value')
          return value
        }
        const code = this.#text.charCodeAt(this.#at)
        if (Array.isArray(container)) {
          container.push(value)
          if (code !== COMMA && code !== CLOSE_ARRAY) throw this.#unexpected("must go on with ',' or ']'")
        } else {
          container[this.#keys.at(-1)!] = value
          if (code !== COMMA && code !== CLOSE_OBJECT) throw this.#unexpected("must go on with ',' or '}'")
        }
        this.#at += 1
        if (code === COMMA) {
          if (!Array.isArray(container)) this.#key()
          break
        }
        this.#open.pop()
        this.#keys.pop()
        value = container
      }
    }
  }

  /** Reads a whole value, or opens a container that is not empty and returns undefined. */
  #begin(): JsonValue | undefined {
    const code = this.#text.charCodeAt(this.#at)
    if (code === QUOTE) return this.#string()
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (this.#open.length === MAX_JSON_DEPTH) {
        throw refusal('JSON_LIMIT', this.#at, `must not be nested deeper than ${MAX_JSON_DEPTH}`)
      }
      this.#at += 1
      const next = this.#text.charCodeAt(this.#at)
      if (code === OPEN_OBJECT) {
        if (next === CLOSE_OBJECT) return this.#skip(1, {})
        this.#open.push({})
        this.#keys.push('')
        this.#key()
      } else {
        if (next === CLOSE_ARRAY) return this.#skip(1, [])
        this.#open.push([])
        this.#keys.push('')
      }
      return undefined
    }
    if (code === MINUS || (code >= ZERO && code <= NINE)) return this.#integer()
    if (this.#text.startsWith('true', this.#at)) return this.#skip(4, true)
    if (this.#text.startsWith('false', this.#at)) return this.#skip(5, false)
    if (this.#text.startsWith('null', this.#at)) return this.#skip(4, null)
    throw this.#unexpected('must be a value here')
  }

  #skip<T>(count: number, value: T): T {
    this.#at += count
    return value
  }

  #key(): void {
    const text = this.#text
    if (text.charCodeAt(this.#at) !== QUOTE) throw this.#unexpected('must have a key here')
    // A key has no escapes, so the next quotation mark ends it, or something before it is refused.
    const end = text.indexOf('"', this.#at + 1)
    if (end < 0) throw refusal('MALFORMED_JSON', this.#at, 'must end its string')
    const key = text.slice(this.#at + 1, end)
    checkKey(key)
    const depth = this.#keys.length - 1
    if (key <= this.#keys[depth]!) {
      throw refusal('NON_CANONICAL_JSON', key, 'must have its keys in ascending order, each once')
    }
    this.#at = end + 1
    if (text.charCodeAt(this.#at) !== COLON) throw this.#unexpected("must have ':' after a key")
    this.#at += 1
    this.#keys[depth] = key
  }

  #string(): string {
    const text = this.#text
    const start = this.#at + 1
    let value: string
    if (!this.#hasEscapes) {
      const end = text.indexOf('"', start)
      if (end < 0) throw refusal('MALFORMED_JSON', start, 'must end its string')
      value = text.slice(start, end)
      this.#at = end + 1
    } else {
      value = this.#escapedString(start)
    }
    if (!fits(value, MAX_JSON_STRING_BYTES) && this.#keys.join('.') !== this.#longStringAt) {
      throw refusal('JSON_LIMIT', start, `must hold strings of at most ${MAX_JSON_STRING_BYTES} bytes`)
    }
    return value
  }

  #escapedString(start: number): string {
    const text = this.#text
    let value = ''
    let from = start
    for (let at = start; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.#at = at + 1
        return value + text.slice(from, at)
      }
      if (code !== BACKSLASH) continue
      const escaped = text.charCodeAt(at + 1)
      if (escaped !== QUOTE && escaped !== BACKSLASH) {
        throw refusal(
          'NON_CANONICAL_JSON',
          shown(text.slice(at, at + 6)),
          'must escape quotation mark and backslash only',
        )
      }
      value += text.slice(from, at)
      from = at + 1
      at += 1
    }
    throw refusal('MALFORMED_JSON', start, 'must end its string')
  }

  #integer(): number {
    const text = this.#text
    const start = this.#at
    let at = text.charCodeAt(start) === MINUS ? start + 1 : start
    const first = at
    for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt(at)) at += 1
    const digits = at - first
    const next = text.charCodeAt(at)
    const value = digits > 0 && digits <= 16 ? Number(text.slice(start, at)) : Number.NaN
    const leadingZero = text.charCodeAt(first) === ZERO && (digits > 1 || first > start)
    // '.', 'e' and 'E' would go on to a fraction or an exponent.
    if (!Number.isSafeInteger(value) || leadingZero || next === 0x2e || next === 0x65 || next === 0x45) {
      const rule = 'must write numbers as whole, within ±(2^53 − 1), without -0, leading zero, fraction or exponent'
      throw refusal('NON_CANONICAL_JSON', shown(text.slice(start, start + 24)), rule)
    }
    this.#at = at
    return value
  }

  #unexpected(rule: string): RecordError {
    const code = this.#text.charCodeAt(this.#at)
    if (code === 0x20) return refusal('NON_CANONICAL_JSON', this.#at, 'must hold no space between its parts')
    return refusal('MALFORMED_JSON', this.#at, rule)
  }
}

function formatString(value: string): string {
  return value.includes('"') || value.includes('\\') ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : `"${value}"`
}

/** Serialises what is known to be in the profile; the depth bounds the recursion. */
function serialize(value: JsonValue): string {
  if (typeof value === 'string') return formatString(value)
  if (value === null || typeof value !== 'object') return String(value)
  if (Array.isArray(value)) {
    let out = '['
    for (let i = 0; i < value.length; i += 1) out += (i === 0 ? '' : ',') + serialize(value[i] as JsonValue)
    return `${out}]`
  }
  const object = value as JsonObject
  let out = '{'
  let separator = ''
  for (const key of Object.keys(object).sort()) {
    out += `${separator}"${key}":${serialize(object[key]!)}`
    separator = ','
  }
  return `${out}}`
}

/** `parseCanonicalJson` for text already decoded; `isAscii` only when it is. */
export function parseCanonicalText(text: string, isAscii: boolean, limits: JsonLimits = {}): JsonValue {
  checkText(text, isAscii)
  const value = new Parser(text, limits).parse()
  // The grammar above leaves one spelling to each value; this holds it to that, whatever it may have missed.
  if (serialize(value) !== text) throw refusal('NON_CANONICAL_JSON', null, 'must be the canonical form of its value')
  return value
}

/**
 * The value of JSON in the record's profile: JCS (RFC 8785) without fractions, keys `[a-z0-9_]{1,32}` in ascending order
 * and each once, no space between parts, strings without control, direction-changing, tag and noncharacters, at most 8
 * deep, strings of at most 8 KiB. Exactly one text is accepted for each value. Time is linear in the length, and nothing
 * recurses. Throws INVALID_UTF8, MALFORMED_JSON, NON_CANONICAL_JSON, JSON_LIMIT.
 */
export function parseCanonicalJson(bytes: Uint8Array, limits: JsonLimits = {}): JsonValue {
  const text = decodeUtf8(bytes, 'json')
  return parseCanonicalText(text, text.length === bytes.length, limits)
}

function checkValue(value: JsonValue, path: readonly string[], limits: JsonLimits): void {
  if (typeof value === 'string') {
    checkText(value, false)
    if (!fits(value, MAX_JSON_STRING_BYTES) && path.join('.') !== limits.longStringAt) {
      throw refusal('JSON_LIMIT', path.join('.'), `must hold strings of at most ${MAX_JSON_STRING_BYTES} bytes`)
    }
    return
  }
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return
    throw refusal('NON_CANONICAL_JSON', String(value), 'must hold whole numbers within ±(2^53 − 1) only')
  }
  if (value === null || typeof value === 'boolean') return
  if (typeof value !== 'object') throw refusal('MALFORMED_JSON', typeof value, 'must hold JSON values only')
  if (path.length === MAX_JSON_DEPTH) {
    throw refusal('JSON_LIMIT', path.join('.'), `must not be nested deeper than ${MAX_JSON_DEPTH}`)
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) checkValue(value[i] as JsonValue, [...path, ''], limits)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw refusal('MALFORMED_JSON', path.join('.'), 'must hold plain objects only')
  }
  for (const [key, member] of Object.entries(value)) {
    checkKey(key)
    checkValue(member, [...path, key], limits)
  }
}

/**
 * The one text of a value, such that `parseCanonicalJson` gives the value back. Members that are undefined are refused,
 * not left out. Throws MALFORMED_JSON, NON_CANONICAL_JSON, JSON_LIMIT (a cycle too).
 */
export function formatCanonicalJson(value: JsonValue, limits: JsonLimits = {}): string {
  checkValue(value, [], limits)
  return serialize(value)
}

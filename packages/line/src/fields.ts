import { isPartyId, type JsonObject, type JsonValue } from '@parley/record'
import { LineError, type LineErrorCode, shown } from './errors.ts'

const SHA256_HEX = /^[0-9a-f]{64}$/

const shownValue = (value: JsonValue | undefined): string | number | boolean | null =>
  typeof value === 'string' ? shown(value) : typeof value === 'number' || typeof value === 'boolean' ? value : null

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** 9999-12-31T23:59:59Z: beyond it a number is milliseconds or a mistake. */
const LAST_SECOND = 253_402_300_799

/**
 * Reads the fields of an object that came over the line, one by one. Every refusal is a `LineError` that carries the path
 * of the field, what stood there and the rule; a field nobody asked for is refused by `only`.
 */
export class FieldReader {
  readonly #fields: JsonObject
  readonly #code: LineErrorCode
  readonly #path: string

  constructor(value: JsonValue | undefined, path = 'body', code: LineErrorCode = 'ACT_BODY') {
    this.#code = code
    this.#path = path
    if (!isObject(value))
      throw new LineError(code, { field: path, value: shownValue(value), rule: 'must be an object' })
    this.#fields = value
  }

  #at(field: string): string {
    return this.#path === '' ? field : `${this.#path}.${field}`
  }

  /** The refusal of a field, to be thrown by a rule that this class does not know. */
  refusal(field: string, rule: string): LineError {
    return new LineError(this.#code, { field: this.#at(field), value: shownValue(this.#fields[field]), rule })
  }

  /** Refuses any field that is not one of these. */
  only(...names: readonly string[]): this {
    for (const name of Object.keys(this.#fields))
      if (!names.includes(name)) throw this.refusal(name, 'must not be there')
    return this
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#fields, field)
  }

  names(): readonly string[] {
    return Object.keys(this.#fields)
  }

  /** What `read` makes of the field when it is there, else null. */
  optional<T>(field: string, read: (field: string) => T): T | null {
    return this.has(field) ? read(field) : null
  }

  value(field: string): JsonValue {
    const value = this.#fields[field]
    if (value === undefined) throw this.refusal(field, 'must be there')
    return value
  }

  /** Text of 1 to `max` characters (UTF-16 units), 4000 unless said otherwise. */
  text(field: string, max = 4000): string {
    const value = this.#fields[field]
    if (typeof value !== 'string' || value === '' || value.length > max)
      throw this.refusal(field, `must be text of 1 to ${max} characters`)
    return value
  }

  matching(field: string, pattern: RegExp, rule: string): string {
    const value = this.#fields[field]
    if (typeof value !== 'string' || !pattern.test(value)) throw this.refusal(field, rule)
    return value
  }

  /** A party or table: lower-case ASCII without look-alikes, so that one name is one spelling. */
  identifier(field: string): string {
    const value = this.text(field, 63)
    if (!isPartyId(value)) throw this.refusal(field, 'must be 1 to 63 of a to z, 0 to 9 and inner hyphens')
    return value
  }

  oneOf<T extends string>(field: string, values: readonly T[]): T {
    const found = values.find((value) => value === this.#fields[field])
    if (found === undefined) throw this.refusal(field, `must be one of ${values.join(', ')}`)
    return found
  }

  boolean(field: string): boolean {
    const value = this.#fields[field]
    if (typeof value !== 'boolean') throw this.refusal(field, 'must be true or false')
    return value
  }

  integer(
    field: string,
    { min, max = Number.MAX_SAFE_INTEGER }: { readonly min: number; readonly max?: number },
  ): number {
    const value = this.#fields[field]
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      const above = max === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${max}`
      throw this.refusal(field, `must be a whole number of at least ${min}${above}`)
    }
    return value
  }

  /** Unix seconds, up to the year 9999: milliseconds by mistake are refused. */
  seconds(field: string): number {
    return this.integer(field, { min: 0, max: LAST_SECOND })
  }

  /** A SHA-256 as 64 lower-case hex digits. */
  sha256(field: string): string {
    return this.matching(field, SHA256_HEX, 'must be a SHA-256 as 64 lower-case hex digits')
  }

  list(
    field: string,
    { min = 0, max = 256 }: { readonly min?: number; readonly max?: number } = {},
  ): readonly JsonValue[] {
    const value = this.#fields[field]
    if (!Array.isArray(value) || value.length < min || value.length > max)
      throw this.refusal(field, `must be a list of ${min} to ${max}`)
    return value as readonly JsonValue[]
  }

  texts(field: string, limits: { readonly min?: number; readonly max?: number } = {}): readonly string[] {
    const values = this.list(field, limits)
    if (!values.every((value) => typeof value === 'string' && value !== ''))
      throw this.refusal(field, 'must be a list of texts')
    return values as readonly string[]
  }

  object(field: string): FieldReader {
    return new FieldReader(this.#fields[field], this.#at(field), this.#code)
  }

  objects(field: string, limits: { readonly min?: number; readonly max?: number } = {}): readonly FieldReader[] {
    return this.list(field, limits).map((value, i) => new FieldReader(value, `${this.#at(field)}[${i}]`, this.#code))
  }
}

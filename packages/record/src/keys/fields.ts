import type { JsonObject, JsonValue } from '../canonical-json.ts'
import { RecordError, type RecordErrorCode, shown } from '../errors.ts'
import { isPartyId } from '../origin.ts'

const PIN = /^[0-9a-f]{64}$/

/** What stands in a field, short enough to show. */
export const shownValue = (value: JsonValue | undefined): string | number | null =>
  typeof value === 'string' ? shown(value) : typeof value === 'number' ? value : null

/** Reads the fields of a signed object one by one; every refusal carries `code` and the path of the field. */
export class FieldReader {
  readonly #fields: JsonObject
  readonly #code: RecordErrorCode
  readonly #path: string

  constructor(value: JsonValue | undefined, code: RecordErrorCode, path = '') {
    this.#code = code
    this.#path = path
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new RecordError(code, {
        field: path === '' ? 'body' : path,
        value: shownValue(value),
        rule: 'must be an object',
      })
    }
    this.#fields = value as JsonObject
  }

  refusal(field: string, rule: string): RecordError {
    return new RecordError(this.#code, {
      field: this.#path === '' ? field : `${this.#path}.${field}`,
      value: shownValue(this.#fields[field]),
      rule,
    })
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

  text(field: string): string {
    const value = this.#fields[field]
    if (typeof value !== 'string' || value === '') throw this.refusal(field, 'must be text')
    return value
  }

  /** A party, person, desk or table: lower-case ASCII without look-alikes, so that one name is one spelling. */
  identifier(field: string): string {
    const value = this.text(field)
    if (!isPartyId(value)) throw this.refusal(field, 'must be 1 to 63 of a to z, 0 to 9 and inner hyphens')
    return value
  }

  oneOf<T extends string>(field: string, values: readonly T[]): T {
    const found = values.find((value) => value === this.#fields[field])
    if (found === undefined) throw this.refusal(field, `must be one of ${values.join(', ')}`)
    return found
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

  /** SHA-256 of a SubjectPublicKeyInfo, 64 lower-case hex digits. */
  pin(field: string): string {
    const value = this.text(field)
    if (!PIN.test(value)) throw this.refusal(field, 'must be the SHA-256 of a public key as 64 lower-case hex digits')
    return value
  }

  list(field: string): readonly JsonValue[] {
    const value = this.#fields[field]
    if (!Array.isArray(value)) throw this.refusal(field, 'must be a list')
    return value as readonly JsonValue[]
  }

  object(field: string): FieldReader {
    return new FieldReader(this.#fields[field], this.#code, this.#path === '' ? field : `${this.#path}.${field}`)
  }

  objects(field: string): readonly FieldReader[] {
    const path = this.#path === '' ? field : `${this.#path}.${field}`
    return this.list(field).map((value, i) => new FieldReader(value, this.#code, `${path}[${i}]`))
  }

  texts(field: string): readonly string[] {
    const values = this.list(field)
    if (!values.every((value) => typeof value === 'string' && value !== ''))
      throw this.refusal(field, 'must be a list of texts')
    return values as readonly string[]
  }

  /** What `parse` makes of a text; its refusal comes out under this field with the reader's code. */
  parsed<T>(field: string, parse: (text: string) => T): T {
    const text = this.text(field)
    try {
      return parse(text)
    } catch (error) {
      if (!(error instanceof RecordError)) throw error
      throw new RecordError(
        this.#code,
        { ...error.details, field: this.#path === '' ? field : `${this.#path}.${field}` },
        { cause: error },
      )
    }
  }
}

export const isPin = (text: string): boolean => PIN.test(text)

import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Finding } from './errors.ts'
import { RULE } from './schema.ts'

const LONGEST_VALUE = 60

/** Compiled checks of parts of schemas, made when a value is refused for the first time; as many as there are parts. */
const checks = new WeakMap<TSchema, (value: unknown) => boolean>()

function accepts(schema: TSchema, value: unknown): boolean {
  let check = checks.get(schema)
  if (check === undefined) {
    const compiled = Compile(schema)
    check = (candidate) => compiled.Check(candidate)
    checks.set(schema, check)
  }
  return check(value)
}

/** Characters that a terminal or page would act on instead of showing: controls, direction marks, line separators. */
const UNSAFE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g

/** The keywords of a schema that contracts here are made of. */
interface Keywords {
  readonly type?: string
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
  readonly items?: TSchema
  readonly anyOf?: readonly TSchema[]
  readonly enum?: readonly unknown[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly [RULE]?: string
}

/** Renders what stood in a field, short and safe to print: texts quoted, cut and escaped, containers by their kind. */
export function renderValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `array of ${value.length}`
  if (typeof value === 'object') return value === null ? 'null' : 'object'
  if (typeof value !== 'string') return `${value as number | boolean}`.slice(0, LONGEST_VALUE)
  const cut = value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(cut).replace(UNSAFE, escape)
}

const nameOfType: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'an array',
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'null',
}

function countRule(least: number | undefined, most: number | undefined, unit: string): string {
  if (least !== undefined && most !== undefined) return `must have ${least} to ${most} ${unit}`
  return least === undefined ? `must have at most ${most} ${unit}` : `must have at least ${least} ${unit}`
}

function rangeRule(schema: Keywords): string {
  const bounds: string[] = []
  if (schema.exclusiveMinimum !== undefined) bounds.push(`greater than ${schema.exclusiveMinimum}`)
  if (schema.minimum !== undefined) bounds.push(`at least ${schema.minimum}`)
  if (schema.maximum !== undefined) bounds.push(`at most ${schema.maximum}`)
  return `must be ${bounds.join(' and ')}`
}

/** The sentence that says what a leaf must be, for a value that it refuses. */
function leafRule(schema: Keywords, value: unknown): string {
  if (schema.enum !== undefined) return `must be one of: ${schema.enum.join(', ')}`
  const own = schema[RULE]
  if (own !== undefined) return own
  const isNumeric = schema.type === 'number' || schema.type === 'integer'
  const kindFits = isNumeric
    ? typeof value === 'number' && (schema.type === 'number' || Number.isInteger(value))
    : typeof value === schema.type
  if (!kindFits) return `must be ${nameOfType[schema.type ?? ''] ?? 'something else'}`
  return isNumeric ? rangeRule(schema) : countRule(schema.minLength, schema.maxLength, 'characters')
}

/**
 * Lists what is wrong with a value that `schema` refuses, at most `limit` findings, in document order; empty when
 * nothing is wrong. Work ends with the last finding reported. Pointers hold only names that the schema declares.
 */
export function findingsOf(schema: TSchema, value: unknown, options: { limit: number; at?: string }): Finding[] {
  const { limit, at = '' } = options
  const findings: Finding[] = []

  const report = (field: string, found: unknown, rule: string): void => {
    findings.push({ field, value: renderValue(found), rule })
  }

  const walkObject = (keywords: Keywords, found: unknown, field: string): void => {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) {
      report(field, found, 'must be an object')
      return
    }
    const record = found as Readonly<Record<string, unknown>>
    for (const [name, property] of Object.entries(keywords.properties ?? {})) {
      if (findings.length >= limit) return
      const present = Object.hasOwn(record, name) && record[name] !== undefined
      if (present) walk(property, record[name], `${field}/${name}`)
      else if (keywords.required?.includes(name) === true) report(`${field}/${name}`, undefined, 'is required')
    }
  }

  const walkArray = (keywords: Keywords, found: unknown, field: string): void => {
    if (!Array.isArray(found)) {
      report(field, found, 'must be an array')
      return
    }
    if (found.length < (keywords.minItems ?? 0) || found.length > (keywords.maxItems ?? Number.POSITIVE_INFINITY)) {
      report(field, found, countRule(keywords.minItems, keywords.maxItems, 'items'))
    }
    if (keywords.items === undefined) return
    for (let index = 0; index < found.length && findings.length < limit; index++) {
      if (!accepts(keywords.items, found[index])) walk(keywords.items, found[index], `${field}/${index}`)
    }
  }

  const walkUnion = (schema: TSchema, found: unknown, field: string): void => {
    const branches = (schema as Keywords).anyOf ?? []
    const meant = branches.filter((branch) => (branch as Keywords).type !== 'null')
    if (found === null && meant.length < branches.length) return
    if (meant.length === 1) walk(meant[0] as TSchema, found, field)
    else if (!accepts(schema, found)) report(field, found, 'must have one of the forms that the contract allows')
  }

  const walk = (schema: TSchema, found: unknown, field: string): void => {
    if (findings.length >= limit) return
    const keywords = schema as Keywords
    if (keywords.anyOf !== undefined) walkUnion(schema, found, field)
    else if (keywords.properties !== undefined) walkObject(keywords, found, field)
    else if (keywords.type === 'array') walkArray(keywords, found, field)
    else if (!accepts(schema, found)) report(field, found, leafRule(keywords, found))
  }

  walk(schema, value, at)
  return findings
}

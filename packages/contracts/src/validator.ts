import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Finding } from './errors.ts'
import { findingsOf } from './findings.ts'
import type { Operation, Parameter } from './operation.ts'

/** No answer lists more findings than this; the first ones are enough to begin repairs. */
export const MAX_FINDINGS = 20

/** What a validator says: the same value, now typed, or what is wrong with it. */
export type Validation<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly findings: readonly Finding[] }

/** Checks a value against a schema; `T` is the schema's static type. Never throws, never changes the value. */
export type Validate<T> = (value: unknown) => Validation<T>

/**
 * Compiles a schema. A valid value costs one compiled check and one small object; findings are computed only for an
 * invalid one, at most `MAX_FINDINGS`, with pointers that start at `at`.
 */
export function compileSchema<T>(schema: TSchema, at = ''): Validate<T> {
  const compiled = Compile(schema)
  return (value) => {
    if (compiled.Check(value)) return { kind: 'valid', value: value as T }
    const findings = findingsOf(schema, value, { limit: MAX_FINDINGS, at })
    const fallback = { field: at, value: '', rule: 'does not match the contract' }
    return { kind: 'invalid', findings: findings.length === 0 ? [fallback] : findings }
  }
}

/** Compiles the check of an operation's body. For an operation without a body every value passes as null. */
export function compileBody<Body>(operation: Operation<Body>): Validate<Body> {
  if (operation.requestBody === null) return () => ({ kind: 'valid', value: null as Body })
  const validate = compileSchema<Body>(operation.requestBody)
  return (value) => {
    if (value !== undefined) return validate(value)
    return { kind: 'invalid', findings: [{ field: '', value: 'nothing', rule: 'a JSON body is required' }] }
  }
}

/** Parameters as a router hands them over: a query parameter given twice is an array. */
export type RawParameters = Readonly<Record<string, unknown>>

/** Checked parameters: texts, and whole numbers where the contract says so; absent ones are absent. */
export type CheckedParameters = Readonly<Record<string, string | number>>

/** Whole numbers are read from plain decimal text; anything else stays text and fails its schema. */
function fromText(parameter: Parameter, raw: unknown): unknown {
  const isInteger = (parameter.schema as { type?: string }).type === 'integer'
  return isInteger && typeof raw === 'string' && /^-?\d{1,15}$/.test(raw) ? Number(raw) : raw
}

/**
 * Compiles the check of an operation's parameters. Fields of findings read `/path/entityid` and `/query/area`;
 * unknown query parameters are ignored, one given twice is refused.
 */
export function compileParameters(
  operation: Operation,
): (path: RawParameters, query: RawParameters) => Validation<{ path: CheckedParameters; query: CheckedParameters }> {
  const compileAll = (parameters: readonly Parameter[], at: string) =>
    parameters.map((parameter) => ({
      parameter,
      field: `${at}/${parameter.name}`,
      validate: compileSchema<string | number>(parameter.schema, `${at}/${parameter.name}`),
    }))
  const pathChecks = compileAll(operation.pathParameters, '/path')
  const queryChecks = compileAll(operation.queryParameters, '/query')

  const read = (checks: typeof pathChecks, raw: RawParameters, findings: Finding[]): CheckedParameters => {
    const values: Record<string, string | number> = {}
    for (const { parameter, field, validate } of checks) {
      const text = Object.hasOwn(raw, parameter.name) ? raw[parameter.name] : undefined
      if (text === undefined) {
        if (parameter.required) findings.push({ field, value: 'nothing', rule: 'is required' })
        continue
      }
      const result = validate(fromText(parameter, text))
      if (result.kind === 'valid') values[parameter.name] = result.value
      else findings.push(...result.findings)
    }
    return values
  }

  return (path, query) => {
    const findings: Finding[] = []
    const value = { path: read(pathChecks, path, findings), query: read(queryChecks, query, findings) }
    return findings.length === 0 ? { kind: 'valid', value } : { kind: 'invalid', findings }
  }
}

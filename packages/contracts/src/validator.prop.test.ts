import * as fc from 'fast-check'
import type { TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { findingsOf } from './findings.ts'
import { operationList } from './operations.ts'
import { compileBody, MAX_FINDINGS } from './validator.ts'

interface Shape {
  readonly type?: string
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
  readonly items?: TSchema
  readonly anyOf?: readonly TSchema[]
  readonly enum?: readonly string[]
  readonly minItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly pattern?: string
  readonly format?: string
}

/** Valid values of a schema. */
function valuesOf(schema: TSchema): fc.Arbitrary<unknown> {
  const shape = schema as Shape
  if (shape.anyOf !== undefined) return fc.oneof(...shape.anyOf.map(valuesOf))
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum)
  if (shape.pattern?.startsWith('^[0-9a-f') === true) return fc.uuid({ version: 4 })
  if (shape.pattern !== undefined) return fc.constantFrom('Normal', 'down', 'UNKNOWN')
  if (shape.format !== undefined)
    return fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString())
  switch (shape.type ?? '') {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'string':
      return fc.string({ minLength: shape.minLength ?? 0, maxLength: Math.min(shape.maxLength ?? 40, 40) })
    case 'integer':
      return fc.integer({ min: shape.minimum ?? -1000, max: 100_000 })
    case 'number':
      return fc.double({
        min: shape.minimum ?? (shape.exclusiveMinimum === undefined ? -1e6 : 1e-3),
        max: shape.maximum ?? 1e6,
        noNaN: true,
      })
    case 'array':
      return fc.array(valuesOf(shape.items as TSchema), { minLength: shape.minItems ?? 0, maxLength: 4 })
    case 'object': {
      const fields = Object.entries(shape.properties ?? {}).map(
        ([name, property]) => [name, valuesOf(property)] as const,
      )
      return fc.record(Object.fromEntries(fields), { requiredKeys: [...(shape.required ?? [])], noNullPrototype: true })
    }
    default:
      throw new Error(`no values for ${JSON.stringify(schema)}`)
  }
}

/** Every place in a value, as paths; the top is the empty path. */
function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return [[...path], ...inner.flatMap(([key, item]) => placesOf(item, [...path, key]))]
}

/** A copy with the item at `path` replaced, or removed when the replacement is undefined. */
function changed(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return replacement
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>
  if (rest.length === 0 && replacement === undefined && !Array.isArray(copy)) delete copy[key]
  else copy[key] = changed(copy[key], rest, replacement)
  return copy
}

const strangers = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    '',
    0,
    -1,
    1e300,
    true,
    [],
    {},
    [null],
    'x'.repeat(200),
    Number.MAX_SAFE_INTEGER,
    '\u0000',
    '2026-13-01T00:00:00Z',
  ),
  fc.jsonValue({ maxDepth: 2 }),
)

const withBody = operationList.filter(({ requestBody }) => requestBody !== null)

describe.each(withBody.map((operation) => [operation.operationId, operation] as const))('%s', (_, operation) => {
  const schema = operation.requestBody as TSchema
  const validate = compileBody(operation)

  test('valid bodies pass untouched', () => {
    fc.assert(
      fc.property(valuesOf(schema), (body) => {
        const before = JSON.stringify(body)
        expect(validate(body).kind).toBe('valid')
        expect(JSON.stringify(body)).toBe(before)
        expect(findingsOf(schema, body, { limit: MAX_FINDINGS })).toEqual([])
      }),
    )
  })

  test('changed bodies pass, or are refused with findings that point into them', () => {
    const mutations = fc.array(fc.tuple(fc.nat(), strangers), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(valuesOf(schema), mutations, (body, edits) => {
        const mutated = edits.reduce<unknown>((now, [pick, stranger]) => {
          const places = placesOf(now)
          return changed(now, places[pick % places.length] ?? [], stranger)
        }, body)
        const result = validate(mutated)
        expect(result.kind).toBe(mutated !== undefined && Check(schema, mutated) ? 'valid' : 'invalid')
        if (result.kind === 'valid') return
        expect(result.findings.length).toBeGreaterThan(0)
        expect(result.findings.length).toBeLessThanOrEqual(MAX_FINDINGS)
        const places = new Set(placesOf(mutated).map((path) => path.map((key) => `/${key}`).join('')))
        for (const { field, value, rule } of result.findings) {
          expect(places.has(field) || places.has(field.slice(0, field.lastIndexOf('/')))).toBe(true)
          expect(rule).not.toContain('contract')
          expect(rule.length).toBeGreaterThan(5)
          expect(value.length).toBeLessThan(500)
        }
      }),
      { numRuns: 150 },
    )
  })
})

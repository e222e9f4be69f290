import { describe, expect, test } from 'vitest'
import { buildOpenApi } from './openapi.ts'
import { operationList } from './operations.ts'
import { scopeDescriptions, scopesSatisfy } from './scopes.ts'

const doc = buildOpenApi({ title: 'Parley', version: '1.2.3', servers: ['http://localhost:8080'] }) as {
  paths: Record<string, Record<string, { operationId: string; security: unknown[]; responses: object }>>
  components: { schemas: Record<string, object>; securitySchemes: object }
}

function visit(node: unknown, see: (object: Record<string, unknown>) => void): void {
  if (typeof node !== 'object' || node === null) return
  if (!Array.isArray(node)) see(node as Record<string, unknown>)
  for (const inner of Object.values(node)) visit(inner, see)
}

describe('the document', () => {
  test('is plain JSON and the same each time', () => {
    const again = buildOpenApi({ title: 'Parley', version: '1.2.3', servers: ['http://localhost:8080'] })
    expect(JSON.parse(JSON.stringify(doc))).toEqual(doc)
    expect(JSON.stringify(again)).toBe(JSON.stringify(doc))
  })

  test('holds every operation once, with an id of its own', () => {
    const ids = Object.values(doc.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId))
    expect(ids.sort()).toEqual(operationList.map(({ operationId }) => operationId).sort())
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('every reference leads somewhere and no component is empty or unused', () => {
    const used = new Set<string>()
    visit(doc, (node) => {
      if (typeof node['$ref'] === 'string') used.add(node['$ref'].replace('#/components/schemas/', ''))
    })
    expect([...used].sort()).toEqual(Object.keys(doc.components.schemas))
    for (const schema of Object.values(doc.components.schemas)) expect(Object.keys(schema).length).toBeGreaterThan(0)
  })

  test('speaks OpenAPI 3.0: boolean exclusive bounds, nullable, no null type, no format of ours', () => {
    visit(doc.components, (node) => {
      if (node['exclusiveMinimum'] !== undefined) expect(typeof node['exclusiveMinimum']).toBe('boolean')
      expect(node['type']).not.toBe('null')
      expect(node['const']).toBeUndefined()
      if (typeof node['format'] === 'string') expect(node['format']).not.toMatch(/^parley/)
    })
    expect(doc.components.schemas['Radius']).toMatchObject({
      properties: { value: { type: 'number', minimum: 0, exclusiveMinimum: true } },
    })
  })

  test('path parameters are those of the path', () => {
    for (const { path, pathParameters } of operationList) {
      expect([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(pathParameters.map(({ name }) => name))
    }
  })

  test('a health probe asks for no token, a plan for one', () => {
    expect(doc.paths['/healthy']?.['get']?.security).toEqual([])
    expect(doc.paths['/dss/v1/operational_intent_references/{entityid}']?.['put']?.security).toEqual([
      { Authority: ['utm.strategic_coordination'] },
      { Authority: ['utm.strategic_coordination', 'utm.constraint_processing'] },
      { Authority: ['utm.conformance_monitoring_sa'] },
    ])
  })
})

describe('components', () => {
  test('one name stands for one schema', () => {
    const byName = new Map<string, unknown>()
    for (const operation of operationList) {
      visit([operation.requestBody, ...Object.values(operation.responses)], (node) => {
        const name = node['title']
        if (typeof name !== 'string') return
        const text = JSON.stringify(node)
        expect(byName.get(name) ?? text).toBe(text)
        byName.set(name, text)
      })
    }
    expect(byName.size).toBeGreaterThan(50)
  })
})

describe('scopes', () => {
  test('every scope an operation asks for is described', () => {
    for (const scope of operationList.flatMap(({ scopes }) => scopes.flat()))
      expect(scopeDescriptions).toHaveProperty([scope])
  })

  test('one alternative in full is enough, and none asks for nothing', () => {
    const alternatives = [
      ['utm.constraint_management'],
      ['utm.strategic_coordination', 'utm.constraint_processing'],
    ] as const
    expect(scopesSatisfy(alternatives, new Set(['utm.constraint_management']))).toBe(true)
    expect(scopesSatisfy(alternatives, new Set(['utm.strategic_coordination']))).toBe(false)
    expect(scopesSatisfy(alternatives, new Set(['utm.strategic_coordination', 'utm.constraint_processing', 'x']))).toBe(
      true,
    )
    expect(scopesSatisfy(alternatives, new Set())).toBe(false)
    expect(scopesSatisfy([], new Set())).toBe(true)
  })
})

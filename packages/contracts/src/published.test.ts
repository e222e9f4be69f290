import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { Constraint } from './constraints.ts'
import { buildOpenApi, describeSchemas } from './openapi.ts'
import type { Surface } from './operation.ts'
import { OperationalIntent } from './operational-intents.ts'
import { operationList } from './operations.ts'
import { deliberateDifferences } from './published-differences.ts'

const standards = new URL('../../../../shared/standards/', import.meta.url)
const available = existsSync(standards)
if (!available)
  console.info('SKIPPED: ../shared/standards is absent, the contracts are not compared with what is published')

type Json = Readonly<Record<string, unknown>>

interface Published {
  readonly surface: Surface
  readonly file: string
  /** Our path → the published one. */
  readonly path: (ours: string) => string
  /** What our component and operation names carry in front of the published name. */
  readonly prefix: string
}

const publications: readonly Published[] = [
  { surface: 'f3548', file: 'astm-f3548-21-utm.yaml', path: (ours) => ours, prefix: '' },
  { surface: 'f3411-19', file: 'astm-f3411-19-remoteid.yaml', path: (ours) => ours, prefix: 'RidV1' },
  {
    surface: 'f3411-22a',
    file: 'astm-f3411-22a-remoteid.yaml',
    path: (ours) => ours.replace('/rid/v2/dss', '/dss'),
    prefix: 'RidV2',
  },
  { surface: 'aux', file: 'interuss-aux.yaml', path: (ours) => ours, prefix: '' },
  {
    surface: 'versioning',
    file: 'automated-testing/versioning/versioning.yaml',
    path: (ours) => ours,
    prefix: '',
  },
]

/** The operations of a published document that a discovery service serves; its other half is for suppliers. */
function isServedByPool(path: string): boolean {
  return !path.startsWith('/uss/') && !path.startsWith('/v1/uss/')
}

/** What suppliers tell each other about entities: not served here, but written in our own words too, for files. */
const supplierSchemas: Readonly<Partial<Record<Surface, readonly string[]>>> = {
  f3548: ['OperationalIntent', 'Constraint'],
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)

/** Reads one OpenAPI document into facts: a sentence-like key and a value, so that two documents compare line by line. */
class Facts {
  readonly lines = new Map<string, string>()
  private readonly doc: Json
  private readonly rename: (component: string) => string
  private readonly seen = new Set<string>()

  constructor(doc: Json, rename: (component: string) => string) {
    this.doc = doc
    this.rename = rename
  }

  private component(ref: string): Json {
    const schemas = (this.doc['components'] as Json)['schemas'] as Record<string, Json>
    const found = schemas[ref.replace('#/components/schemas/', '')]
    if (found === undefined) throw new Error(`dangling ${ref}`)
    return found
  }

  /** Follows references and single-branch anyOf/allOf to the schema meant; the last component name on the way. */
  private resolve(schema: Json): { schema: Json; name: string | null } {
    let current = schema
    let name: string | null = null
    let fallback = schema['default']
    for (;;) {
      const inner = (current['anyOf'] ?? current['allOf']) as Json[] | undefined
      const ref = current['$ref'] as string | undefined
      fallback ??= current['default']
      if (ref !== undefined) {
        name = ref.replace('#/components/schemas/', '')
        current = this.component(ref)
      } else if (inner?.length === 1) current = inner[0] as Json
      else return { schema: fallback === undefined ? current : { ...current, default: fallback }, name }
    }
  }

  typeOf(schema: Json): string {
    const resolved = this.resolve(schema)
    const found = resolved.schema
    if (found['type'] === 'object' && resolved.name !== null) {
      this.addComponent(resolved.name, found)
      return `object ${this.rename(resolved.name)}`
    }
    if (found['type'] === 'array') {
      const bounds = ['minItems', 'maxItems'].filter((keyword) => found[keyword] !== undefined)
      const written = bounds.map((keyword) => ` ${keyword}=${JSON.stringify(found[keyword])}`).join('')
      return `array of (${this.typeOf(found['items'] as Json)})${written}`
    }
    const keywords = ['minLength', 'maxLength', 'pattern', 'enum', 'minimum', 'maximum']
    const parts = [String(found['type'])]
    if (found['type'] === 'string' && found['format'] !== undefined) parts.push(`format=${found['format'] as string}`)
    for (const keyword of keywords) {
      if (found[keyword] !== undefined) parts.push(`${keyword}=${JSON.stringify(found[keyword])}`)
    }
    if (found['exclusiveMinimum'] === true) parts.push('exclusiveMinimum')
    if (found['exclusiveMaximum'] === true) parts.push('exclusiveMaximum')
    return parts.join(' ')
  }

  private addField(at: string, schema: Json): void {
    this.lines.set(`${at} type`, this.typeOf(schema))
    const { schema: found } = this.resolve(schema)
    if (found['type'] === 'number' || found['type'] === 'integer') {
      if (found['format'] !== undefined) this.lines.set(`${at} numeric format`, found['format'] as string)
    }
    if (found['default'] !== undefined) this.lines.set(`${at} default`, JSON.stringify(found['default']))
    if (schema['nullable'] === true) this.lines.set(`${at} nullable`, 'true')
  }

  private addComponent(name: string, schema: Json): void {
    if (this.seen.has(name)) return
    this.seen.add(name)
    const required = (schema['required'] ?? []) as readonly string[]
    for (const [field, property] of Object.entries((schema['properties'] ?? {}) as Record<string, Json>)) {
      const at = `schema ${this.rename(name)} field ${field}`
      this.lines.set(`${at} required`, String(required.includes(field)))
      this.addField(at, property)
    }
    for (const field of required) {
      const at = `schema ${this.rename(name)} field ${field}`
      if (!this.lines.has(`${at} required`)) this.lines.set(`${at} required`, 'true, but not declared')
    }
  }

  private bodyOf(holder: Json | undefined): string {
    const content = holder?.['content'] as Record<string, Json> | undefined
    if (content === undefined) return 'no body'
    return Object.entries(content)
      .map(([mediaType, media]) => `${mediaType} ${this.typeOf(media['schema'] as Json)}`)
      .join(', ')
  }

  addOperation(name: string, operation: Json, shared: readonly Json[]): void {
    const at = `operation ${name}`
    const security = (operation['security'] ?? []) as Record<string, string[]>[]
    const alternatives = security.map((entry) => Object.values(entry).flat().sort().join('+'))
    this.lines.set(`${at} scopes`, alternatives.sort().join(' | ') || 'none')
    const requestBody = operation['requestBody'] as Json | undefined
    if (requestBody !== undefined) {
      this.lines.set(`${at} request`, `${this.bodyOf(requestBody)} required=${requestBody['required'] === true}`)
    }
    for (const parameter of [...shared, ...((operation['parameters'] ?? []) as Json[])]) {
      const parameterAt = `${at} ${parameter['in'] as string} parameter ${parameter['name'] as string}`
      this.lines.set(`${parameterAt} required`, String(parameter['required'] === true))
      this.addField(parameterAt, parameter['schema'] as Json)
    }
    for (const [status, response] of Object.entries(operation['responses'] as Record<string, Json>)) {
      this.lines.set(`${at} answer ${status}`, this.bodyOf(response))
    }
  }
}

function readPublished(publication: Published): { facts: Facts; ids: Map<string, string> } {
  const doc = parse(readFileSync(new URL(publication.file, standards), 'utf8')) as Json
  const facts = new Facts(doc, (name) => name)
  const ids = new Map<string, string>()
  for (const [path, item] of Object.entries(doc['paths'] as Record<string, Record<string, Json>>)) {
    if (!isServedByPool(path)) continue
    for (const [method, operation] of Object.entries(item)) {
      if (!['get', 'put', 'post', 'delete'].includes(method)) continue
      facts.addOperation(`${method.toUpperCase()} ${path}`, operation, (item['parameters'] ?? []) as unknown as Json[])
      ids.set(`${method.toUpperCase()} ${path}`, String(operation['operationId']))
    }
  }
  for (const name of supplierSchemas[publication.surface] ?? []) facts.typeOf({ $ref: `#/components/schemas/${name}` })
  return { facts, ids }
}

function readOurs(publication: Published): { facts: Facts; ids: Map<string, string> } {
  const doc = buildOpenApi({ title: 'Parley', version: '0', servers: [] })
  const components = doc['components'] as Json
  const schemas = { ...describeSchemas([OperationalIntent, Constraint]), ...(components['schemas'] as Json) }
  const { prefix } = publication
  const facts = new Facts({ ...doc, components: { schemas } }, (name) =>
    name.startsWith(prefix) ? name.slice(prefix.length) : name,
  )
  const ids = new Map<string, string>()
  for (const operation of operationList) {
    if (operation.surface !== publication.surface) continue
    const name = `${operation.method} ${publication.path(operation.path)}`
    const item = (doc['paths'] as Record<string, Record<string, Json>>)[operation.path]
    facts.addOperation(name, item?.[operation.method.toLowerCase()] as Json, [])
    ids.set(name, lowerFirst(operation.operationId.slice(prefix.length)))
  }
  for (const name of supplierSchemas[publication.surface] ?? []) facts.typeOf({ $ref: `#/components/schemas/${name}` })
  return { facts, ids }
}

function compare(surface: Surface, published: Map<string, string>, ours: Map<string, string>): string[] {
  const differences: string[] = []
  for (const [key, value] of published) {
    const own = ours.get(key)
    if (own === undefined) differences.push(`${surface}: missing ${key}: ${value}`)
    else if (own !== value) differences.push(`${surface}: changed ${key}: ${value} -> ${own}`)
  }
  for (const [key, value] of ours) {
    if (!published.has(key)) differences.push(`${surface}: extra ${key}: ${value}`)
  }
  return differences
}

describe.skipIf(!available)('the contracts against what is published', () => {
  const differences = available
    ? publications.flatMap((publication) => {
        const published = readPublished(publication)
        const ours = readOurs(publication)
        return [
          ...compare(publication.surface, published.facts.lines, ours.facts.lines),
          ...compare(
            publication.surface,
            new Map([...published.ids].map(([name, id]) => [`operation ${name} id`, id])),
            new Map([...ours.ids].map(([name, id]) => [`operation ${name} id`, id])),
          ),
        ]
      })
    : []

  test('every difference is a deliberate one', () => {
    const unlisted = differences.filter((line) => !deliberateDifferences.some(({ lines }) => lines.test(line)))
    expect(unlisted).toEqual([])
  })

  test.each(deliberateDifferences)('still differs: $reason', ({ lines }) => {
    expect(differences.some((line) => lines.test(line))).toBe(true)
  })

  test.each(publications)('$surface: every published operation is read and served', (publication) => {
    const published = readPublished(publication)
    const ours = readOurs(publication)
    expect(published.ids.size).toBeGreaterThan(0)
    expect([...ours.ids.keys()].sort()).toEqual([...published.ids.keys()].sort())
  })

  test('the comparison sees a changed scope, status, bound, requirement and type', () => {
    const [f3548] = publications
    const { facts } = readPublished(f3548 as Published)
    for (const [key, value] of [
      ['operation PUT /dss/v1/constraint_references/{entityid} scopes', 'utm.constraint_management'],
      ['operation GET /dss/v1/constraint_references/{entityid} answer 404', 'application/json object ErrorResponse'],
      ['schema Radius field value type', 'number minimum=0 exclusiveMinimum'],
      ['schema Volume4D field volume required', 'true'],
      ['schema Latitude type', undefined],
      ['schema PutOperationalIntentReferenceParameters field extents type', 'array of (object Volume4D) minItems=1'],
    ] as const) {
      expect(facts.lines.get(key)).toBe(value)
    }
  })
})

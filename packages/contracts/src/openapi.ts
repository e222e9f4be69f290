import type { TSchema } from 'typebox'
import { DATE_TIME_FORMAT } from './common.ts'
import type { Operation, Parameter, Surface } from './operation.ts'
import { operationList } from './operations.ts'
import { scopeDescriptions } from './scopes.ts'

export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  /** URLs under which the node is reached; paths in the document are absolute on each. */
  readonly servers: readonly string[]
}

/** A JSON object of the document. */
export type OpenApiObject = { readonly [key: string]: unknown }

const SECURITY_SCHEME = 'Authority'

const tagOf: Readonly<Record<Surface, string>> = {
  f3548: 'ASTM F3548-21',
  'f3411-19': 'ASTM F3411-19',
  'f3411-22a': 'ASTM F3411-22a',
  aux: 'InterUSS auxiliary',
  versioning: 'InterUSS versioning',
  health: 'Health',
  parley: 'Parley',
  token: 'Development token issuer',
}

const refusalDescription: Readonly<Record<number, string>> = {
  400: 'The request is malformed or contradicts a rule.',
  401: 'No access token, or one that is not valid here.',
  403: 'The token does not allow this.',
  404: 'Nothing is known under this identifier.',
  408: 'The request did not arrive in full in time.',
  409: 'The request conflicts with what the pool holds.',
  412: 'The client is marked as Down.',
  413: 'The area, the answer or the body is too large.',
  415: 'The body is not declared as JSON.',
  422: 'What was sent does not follow from what this node holds.',
  429: 'Too many requests or subscriptions.',
  500: 'The node failed.',
  501: 'This node does not have that facility.',
  503: 'The node does not take requests at the moment.',
}

/** Turns a schema into OpenAPI 3.0 form; named schemas become references and are collected in `components`. */
function convert(schema: TSchema, components: Map<string, OpenApiObject>): OpenApiObject {
  const name = (schema as { title?: string }).title
  if (name === undefined) return convertInline(schema, components)
  if (!components.has(name)) {
    components.set(name, {})
    components.set(name, convertInline(schema, components))
  }
  return { $ref: `#/components/schemas/${name}` }
}

function convertUnion(branches: readonly TSchema[], components: Map<string, OpenApiObject>): OpenApiObject {
  const isNull = (branch: TSchema) => (branch as { type?: string }).type === 'null'
  const nullable = branches.some(isNull) && { nullable: true }
  const meant = branches.filter((branch) => !isNull(branch)).map((branch) => convert(branch, components))
  const [only] = meant
  if (meant.length > 1 || only === undefined) return { anyOf: meant, ...nullable }
  return '$ref' in only ? { allOf: [only], ...nullable } : { ...only, ...nullable }
}

function convertInline(schema: TSchema, components: Map<string, OpenApiObject>): OpenApiObject {
  const out: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    switch (keyword) {
      case 'title':
        break
      case 'anyOf':
        Object.assign(out, convertUnion(value as readonly TSchema[], components))
        break
      case 'properties':
        out['properties'] = Object.fromEntries(
          Object.entries(value as Record<string, TSchema>).map(([name, property]) => [
            name,
            convert(property, components),
          ]),
        )
        break
      case 'required':
        if ((value as readonly string[]).length > 0) out['required'] = value
        break
      case 'items':
        out['items'] = convert(value as TSchema, components)
        break
      case 'enum':
        Object.assign(out, { type: 'string', enum: value })
        break
      case 'exclusiveMinimum':
        Object.assign(out, { minimum: value, exclusiveMinimum: true })
        break
      case 'format':
        out['format'] = value === DATE_TIME_FORMAT ? 'date-time' : value
        break
      default:
        out[keyword] = value
    }
  }
  return out
}

/** OpenAPI 3.0 components of named schemas and of all they refer to, by name. */
export function describeSchemas(schemas: readonly TSchema[]): OpenApiObject {
  const components = new Map<string, OpenApiObject>()
  for (const schema of schemas) convert(schema, components)
  return Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function parametersOf(operation: Operation, components: Map<string, OpenApiObject>): OpenApiObject[] {
  const write = (place: string) => (parameter: Parameter) => ({
    name: parameter.name,
    in: place,
    required: parameter.required,
    description: parameter.description,
    schema: convert(parameter.schema, components),
  })
  return [...operation.pathParameters.map(write('path')), ...operation.queryParameters.map(write('query'))]
}

function responsesOf(operation: Operation, components: Map<string, OpenApiObject>): OpenApiObject {
  const entries = Object.entries(operation.responses).map(([status, schema]) => {
    const isSuccess = Number(status) === operation.successStatus
    const description = isSuccess ? 'Done.' : (refusalDescription[Number(status)] ?? 'Refused.')
    const mediaType = isSuccess ? operation.produces : 'application/json'
    const content = schema !== null && { content: { [mediaType]: { schema: convert(schema, components) } } }
    return [status, { description, ...content }] as const
  })
  return Object.fromEntries(entries)
}

function describe(operation: Operation, components: Map<string, OpenApiObject>): OpenApiObject {
  const parameters = parametersOf(operation, components)
  return {
    operationId: operation.operationId,
    summary: operation.summary,
    tags: [tagOf[operation.surface]],
    security: operation.scopes.map((set) => ({ [SECURITY_SCHEME]: [...set] })),
    ...(parameters.length > 0 && { parameters }),
    ...(operation.requestBody !== null && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: convert(operation.requestBody, components) } },
      },
    }),
    responses: responsesOf(operation, components),
  }
}

/** The OpenAPI 3.0.3 description of everything the node serves, made from the operations and their schemas. */
export function buildOpenApi(info: OpenApiInfo): OpenApiObject {
  const components = new Map<string, OpenApiObject>()
  const paths: Record<string, Record<string, OpenApiObject>> = {}
  for (const operation of operationList) {
    const item = (paths[operation.path] ??= {})
    item[operation.method.toLowerCase()] = describe(operation, components)
  }
  const schemas = [...components].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    openapi: '3.0.3',
    info: { title: info.title, version: info.version, license: { name: 'Apache-2.0' } },
    servers: info.servers.map((url) => ({ url })),
    tags: Object.values(tagOf).map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      securitySchemes: {
        [SECURITY_SCHEME]: {
          type: 'oauth2',
          description: 'Bearer JSON Web Token signed with RS256; the development issuer of this node stands at /token.',
          flows: { clientCredentials: { tokenUrl: '/token', scopes: { ...scopeDescriptions } } },
        },
      },
    },
  }
}

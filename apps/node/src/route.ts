import { ApiError, compileBody, compileParameters, type Operation, parseStrictJson } from '@parley/contracts'
import type { Identity } from './auth.ts'
import { digestOf } from './digest.ts'
import type { Answer, Exchange, Handler, NodeContext } from './exchange.ts'

/** An operation with its handler and all that checks a request to it, compiled once. */
export interface Route {
  readonly operation: Operation
  readonly handler: Handler
  readonly validateBody: ReturnType<typeof compileBody>
  readonly validateParameters: ReturnType<typeof compileParameters> | null
  /** Whether the request leads to an entry of the journal, which then says by a digest which request it was. */
  readonly changes: boolean
}

export function routeOf(operation: Operation, handler: Handler): Route {
  const hasParameters = operation.pathParameters.length + operation.queryParameters.length > 0
  return {
    operation,
    handler,
    validateBody: compileBody(operation),
    validateParameters: hasParameters ? compileParameters(operation) : null,
    changes: operation.method === 'PUT' || operation.method === 'DELETE' || operation.operationId === 'makeDssReport',
  }
}

/** A request as it arrived, from whichever server. */
export interface Arrived {
  readonly url: string
  readonly path: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly bytes: Uint8Array
  readonly identity: Identity | null
  /** Fastify's own, for the handlers that stream or set headers; null on the hot path, whose handlers do neither. */
  readonly raw: Pick<Exchange, 'request' | 'reply'> | null
}

const NO_PARAMETERS = { path: {}, query: {} } as const
const NO_DIGEST = [0, 0] as const

/** Checks a request against its contract and hands it to its handler. @throws {ApiError} */
export function answerRoute(route: Route, arrived: Arrived, context: NodeContext): Answer | Promise<Answer> {
  const { operation } = route
  if (operation.surface !== 'token') context.pool.assertRunning()
  let parameters: Pick<Exchange, 'path' | 'query'> = NO_PARAMETERS
  if (route.validateParameters !== null) {
    const checked = route.validateParameters(arrived.path, arrived.query)
    if (checked.kind === 'invalid')
      throw new ApiError('INVALID_PARAMETER', { message: sentence(checked.findings), findings: checked.findings })
    parameters = checked.value
  }
  let body: unknown = null
  if (operation.requestBody !== null) {
    if (arrived.bytes.length === 0) throw new ApiError('BODY_EMPTY')
    const validated = route.validateBody(parseStrictJson(arrived.bytes))
    if (validated.kind === 'invalid')
      throw new ApiError('INVALID_BODY', { message: sentence(validated.findings), findings: validated.findings })
    body = validated.value
  }
  return route.handler({
    operation,
    ...(arrived.raw as Pick<Exchange, 'request' | 'reply'>),
    identity: arrived.identity,
    path: parameters.path,
    query: parameters.query,
    body,
    nowMs: context.nowMs(),
    digest: route.changes ? digestOf(operation.method, arrived.url, arrived.bytes) : NO_DIGEST,
  })
}

const sentence = (findings: readonly { readonly field: string; readonly rule: string }[]): string =>
  findings.map(({ field, rule }) => `${field === '' ? 'body' : field}: ${rule}`).join('; ')

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import {
  ApiError,
  compileBody,
  compileParameters,
  type ErrorCode,
  errorBody,
  type Operation,
  type OperationId,
  operationList,
  parseStrictJson,
  statusOf,
} from '@parley/contracts'
import { ParleyError } from '@parley/units'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { requireScopes } from './auth.ts'
import { digestOf } from './digest.ts'
import type { Handler, NodeContext } from './exchange.ts'
import { RateLimiter } from './rate-limit.ts'
import { auxHandlers } from './routes/aux.ts'
import { f3548Handlers } from './routes/f3548.ts'
import { parleyHandlers } from './routes/parley.ts'
import { ridV1Handlers, ridV2Handlers } from './routes/rid.ts'
import { tokenHandlers } from './routes/token.ts'

const BODY_LIMIT = 4 * 1024 * 1024
const REQUEST_TIMEOUT_MS = 10_000
const HEADERS_LIMIT = 16 * 1024
const JSON_TYPE = 'application/json; charset=utf-8'
const EMPTY = new Uint8Array(0)

const CSP = [
  "default-src 'self'",
  "worker-src 'self' blob:",
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The node's HTTP side: every operation of the contracts, the desk's files, and one shape for all errors. */
export async function buildServer(context: NodeContext, log: (line: string) => void): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 72_000,
    http: { maxHeaderSize: HEADERS_LIMIT, headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
    routerOptions: { maxParamLength: 2_048, ignoreTrailingSlash: false },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    clientErrorHandler(error, socket) {
      const code: ErrorCode =
        error.code === 'HPE_HEADER_OVERFLOW'
          ? 'HEADERS_TOO_LARGE'
          : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
            ? 'TIMEOUT'
            : 'INVALID_PARAMETER'
      if (!socket.writable) {
        socket.destroy()
        return
      }
      const body = JSON.stringify(errorBody(code, code === 'INVALID_PARAMETER' ? { message: 'not an HTTP/1.1 request' } : {}))
      socket.end(
        `HTTP/1.1 ${statusOf(code)} Error\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      )
    },
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  const limiter = new RateLimiter(context.options.rateLimitPerS)
  const handlers: { readonly [Id in OperationId]: Handler } = {
    ...(f3548Handlers(context) as unknown as { readonly [Id in keyof ReturnType<typeof f3548Handlers>]: Handler }),
    ...ridV1Handlers(context),
    ...ridV2Handlers(context),
    ...auxHandlers(context),
    ...(parleyHandlers(context) as unknown as { readonly [Id in keyof ReturnType<typeof parleyHandlers>]: Handler }),
    ...tokenHandlers(context),
  }
  for (const operation of operationList) register(app, operation, { handler: handlers[operation.operationId as OperationId], context, limiter })

  app.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-content-type-options', 'nosniff')
    if (!request.url.startsWith('/dss/')) {
      reply.header('content-security-policy', CSP)
      reply.header('referrer-policy', 'no-referrer')
    }
    done(null, payload)
  })

  app.setErrorHandler((error, request, reply) => {
    const operation = (request.routeOptions.config as { operation?: Operation }).operation ?? null
    sendError(reply, toApiError(error, { operation, log, request }), { operation, compat: context.options.compat })
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] as string
    const allowed = operationList.filter((one) => pathPattern(one.path).test(path)).map((one) => one.method)
    if (allowed.length > 0) reply.header('allow', [...new Set(allowed)].join(', '))
    const code = allowed.length > 0 ? 'METHOD_NOT_ALLOWED' : 'ROUTE_NOT_FOUND'
    sendError(reply, new ApiError(code), { operation: null, compat: context.options.compat })
  })

  const desk = fileURLToPath(new URL('../../desk/dist/', import.meta.url))
  if (existsSync(desk))
    await app.register(fastifyStatic, {
      root: desk,
      setHeaders: (res, file) => {
        res.header('cache-control', file.endsWith('.html') ? 'no-cache' : 'public, max-age=3600')
      },
    })
  return app
}

interface Registration {
  readonly handler: Handler
  readonly context: NodeContext
  readonly limiter: RateLimiter
}

const NO_PARAMETERS = { path: {}, query: {} }

function register(app: FastifyInstance, operation: Operation, { handler, context, limiter }: Registration): void {
  const { verifier } = context
  const validateBody = compileBody(operation)
  const validateParameters = compileParameters(operation)
  const hasParameters = operation.pathParameters.length + operation.queryParameters.length > 0
  const needsToken = operation.scopes.length > 0
  const changes = operation.method === 'PUT' || operation.method === 'DELETE'

  app.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    config: { operation },
    // Who may not ask is told so before the body is read.
    async onRequest(request) {
      if (!needsToken) return
      const { authorization } = request.headers
      const identity = verifier.known(authorization) ?? (await verifier.verify(authorization))
      requireScopes(identity, operation.scopes)
      limiter.take(identity.sub, context.nowMs())
      request.identity = identity
    },
    async handler(request, reply) {
      if (operation.surface !== 'token') context.pool.assertRunning()
      const checked = hasParameters
        ? validateParameters(request.params as Record<string, unknown>, request.query as Record<string, unknown>)
        : null
      if (checked !== null && checked.kind === 'invalid')
        throw new ApiError('INVALID_PARAMETER', { message: sentence(checked.findings), findings: checked.findings })
      let body: unknown = null
      let bytes: Uint8Array = EMPTY
      if (operation.requestBody !== null) {
        bytes = request.body instanceof Uint8Array ? request.body : EMPTY
        if (bytes.length === 0) throw new ApiError('BODY_EMPTY')
        const validated = validateBody(parseStrictJson(bytes))
        if (validated.kind === 'invalid')
          throw new ApiError('INVALID_BODY', { message: sentence(validated.findings), findings: validated.findings })
        body = validated.value
      }
      const { path, query } = checked === null ? NO_PARAMETERS : checked.value
      const answer = await handler({
        operation,
        request,
        reply,
        identity: request.identity ?? null,
        path,
        query,
        body,
        nowMs: context.nowMs(),
        digest: changes ? digestOf(operation.operationId, request.url, bytes) : NO_DIGEST,
      })
      if (reply.sent) return reply
      reply.code(answer.status ?? operation.successStatus)
      if (typeof answer.body === 'string') return reply.send(answer.body)
      return reply.header('content-type', JSON_TYPE).send(JSON.stringify(answer.body))
    },
  })
}

const NO_DIGEST = [0, 0] as const

declare module 'fastify' {
  interface FastifyRequest {
    identity?: import('./auth.ts').Identity
  }
}

const sentence = (findings: readonly { readonly field: string; readonly rule: string }[]): string =>
  findings.map(({ field, rule }) => `${field === '' ? 'body' : field}: ${rule}`).join('; ')

/** Whatever was thrown, as an error of the table; what is not ours to explain is logged under an id and hidden. */
function toApiError(
  error: unknown,
  about: { readonly operation: Operation | null; readonly request: FastifyRequest; readonly log: (line: string) => void },
): ApiError & { errorId?: string } {
  if (error instanceof ApiError) return error
  if (error instanceof ParleyError && error.code === 'HALTED') return new ApiError('HALTED')
  if (error instanceof ParleyError && error.code === 'OVERLOADED') return new ApiError('OVERLOADED')
  const code = (error as { code?: string } | null)?.code
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ApiError('BODY_TOO_LARGE')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ApiError('UNSUPPORTED_MEDIA_TYPE')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new ApiError('INVALID_PARAMETER', { message: 'the body is not as long as Content-Length says' })
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_ASYNC_CONSTRAINT':
      return new ApiError('INVALID_PARAMETER', { message: 'the path is not valid percent-encoded UTF-8' })
    case 'ECONNRESET':
      return new ApiError('TIMEOUT')
    default: {
      const errorId = randomUUID()
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
      about.log(`fault ${errorId} in ${about.operation?.operationId ?? about.request.url}: ${stack}`)
      return Object.assign(new ApiError('INTERNAL'), { errorId })
    }
  }
}

function sendError(
  reply: FastifyReply,
  error: ApiError & { errorId?: string },
  where: { readonly operation: Operation | null; readonly compat: boolean },
): void {
  const status = error.status(where)
  if (status === 429 || status === 503) reply.header('retry-after', '1')
  const body = error.errorId === undefined ? error.body() : { ...error.body(), error_id: error.errorId }
  void reply.code(status).header('content-type', JSON_TYPE).send(JSON.stringify(body))
}

const patterns = new Map<string, RegExp>()

function pathPattern(template: string): RegExp {
  let pattern = patterns.get(template)
  if (pattern === undefined) {
    const escaped = template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')
    pattern = new RegExp(`^${escaped}$`)
    patterns.set(template, pattern)
  }
  return pattern
}

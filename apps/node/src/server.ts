import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import {
  ApiError,
  type ErrorCode,
  errorBody,
  type Operation,
  type OperationId,
  operationList,
  statusOf,
} from '@parley/contracts'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { requireScopes } from './auth.ts'
import { type ErrorContext, errorAnswer } from './error-answer.ts'
import type { Handler, NodeContext } from './exchange.ts'
import { hotPath } from './hot-path.ts'
import { registerSimulatedOfficers } from './demo/simulated-officers.ts'
import { registerLineRoutes } from './line/routes.ts'
import { RateLimiter } from './rate-limit.ts'
import { answerRoute, type Route, routeOf } from './route.ts'
import { isRecordPath, registerRecordRoutes } from './record/routes.ts'
import { auxHandlers } from './routes/aux.ts'
import { f3548Handlers } from './routes/f3548.ts'
import { parleyHandlers } from './routes/parley.ts'
import { ridV1Handlers, ridV2Handlers } from './routes/rid.ts'
import { tokenHandlers } from './routes/token.ts'

const BODY_LIMIT = 4 * 1024 * 1024
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 72_000
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
  let hot: ReturnType<typeof hotPath> = () => false
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    serverFactory: (framework) => {
      const server = createServer(
        { maxHeaderSize: HEADERS_LIMIT, connectionsCheckingInterval: 1_000 },
        (request, response) => {
          if (!hot(request, response)) framework(request, response)
        },
      )
      server.requestTimeout = REQUEST_TIMEOUT_MS
      server.headersTimeout = REQUEST_TIMEOUT_MS
      server.keepAliveTimeout = KEEP_ALIVE_MS
      return server
    },
    routerOptions: { maxParamLength: 2_048, ignoreTrailingSlash: false },
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) =>
      sendError(reply as unknown as FastifyReply, isRecordPath(request.url) ? new ApiError('NOT_FOUND') : error, {
        operation: null,
        url: request.url,
        compat: context.options.compat,
        log,
      }),
    forceCloseConnections: true,
    clientErrorHandler(error, socket) {
      const code: ErrorCode =
        error.code === 'HPE_HEADER_OVERFLOW'
          ? 'HEADERS_TOO_LARGE'
          : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
            ? 'TIMEOUT'
            : 'INVALID_PARAMETER'
      // An answer is still owed to a request before this one: a refusal now would be taken for that answer.
      const owed = (socket as { _httpMessage?: { req?: { complete?: boolean } } | null })._httpMessage?.req
      if (!socket.writable || owed?.complete === true) {
        socket.destroy()
        return
      }
      const body = JSON.stringify(
        errorBody(code, code === 'INVALID_PARAMETER' ? { message: 'not an HTTP/1.1 request' } : {}),
      )
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
  const routes = new Map(
    operationList.map((operation) => [
      operation.operationId,
      routeOf(operation, handlers[operation.operationId as OperationId]),
    ]),
  )
  hot = hotPath({
    context,
    create: routes.get('createOperationalIntentReference') as Route,
    update: routes.get('updateOperationalIntentReference') as Route,
    limiter,
    bodyLimit: BODY_LIMIT,
    log,
  })
  for (const route of routes.values()) register(app, route, { context, limiter })

  app.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-content-type-options', 'nosniff')
    if (!request.url.startsWith('/dss/')) {
      reply.header('content-security-policy', CSP)
      reply.header('referrer-policy', 'no-referrer')
    }
    done(null, payload)
  })

  app.setErrorHandler((error, request, reply) => {
    const { operation = null, record = false } = (request.routeOptions.config ?? {}) as RouteConfig
    const { statusCode = 500 } = error as { statusCode?: number }
    // No operation was reached, and the framework blames the request: its method, or a path that no file can have.
    if (operation === null && !record && statusCode < 500) return sendNotServed(request, reply)
    sendError(reply, error, { operation, url: request.url, compat: context.options.compat, log })
  })
  const sendNotServed = (request: FastifyRequest, reply: FastifyReply): void => {
    const path = request.url.split('?')[0] as string
    const allowed: string[] = operationList.filter((one) => pathPattern(one.path).test(path)).map((one) => one.method)
    const where = { operation: null, url: path, compat: context.options.compat, log }
    // The router knows the path and yet did not take it: a part of it is longer than any parameter.
    if (allowed.includes(request.method))
      return sendError(reply, new ApiError('INVALID_PARAMETER', { message: 'a part of the path is too long' }), where)
    if (allowed.length > 0) reply.header('allow', [...new Set(allowed)].join(', '))
    sendError(reply, new ApiError(allowed.length > 0 ? 'METHOD_NOT_ALLOWED' : 'ROUTE_NOT_FOUND'), where)
  }
  app.setNotFoundHandler(sendNotServed)

  await registerRecordRoutes(app, {
    record: context.record,
    verifier: context.verifier,
    limiter,
    nowMs: () => context.nowMs(),
  })

  await registerLineRoutes(app, context.line)
  registerSimulatedOfficers(app, context)

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

interface RouteConfig {
  readonly operation?: Operation
  /** A route of the record's protocols, which no operation describes. */
  readonly record?: boolean
}

interface Registration {
  readonly context: NodeContext
  readonly limiter: RateLimiter
}

function register(app: FastifyInstance, route: Route, { context, limiter }: Registration): void {
  const { operation } = route
  const { verifier } = context
  const needsToken = operation.scopes.length > 0

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
      const answer = await answerRoute(
        route,
        {
          url: request.url,
          path: request.params as Record<string, unknown>,
          query: request.query as Record<string, unknown>,
          bytes: request.body instanceof Uint8Array ? request.body : EMPTY,
          identity: request.identity ?? null,
          raw: { request, reply },
        },
        context,
      )
      if (reply.sent) return reply
      reply.code(answer.status ?? operation.successStatus)
      if (typeof answer.body === 'string') return reply.send(answer.body)
      return reply.header('content-type', JSON_TYPE).send(JSON.stringify(answer.body))
    },
  })
}

declare module 'fastify' {
  interface FastifyRequest {
    identity?: import('./auth.ts').Identity
  }
}

function sendError(reply: FastifyReply, error: unknown, context: ErrorContext): void {
  const { status, json, retryLater } = errorAnswer(error, context)
  if (retryLater) reply.header('retry-after', '1')
  void reply.code(status).header('content-type', JSON_TYPE).send(json)
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

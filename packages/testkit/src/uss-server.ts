import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ConstraintNotice, OperationalIntentNotice } from '@parley/client'
import type { Constraint, OperationalIntent, Scope } from '@parley/contracts'
import type { BearerCheck } from './bearer.ts'

/** What a supplier serves to its peers and takes from them. */
export interface UssDesk {
  operationalIntent(id: string): OperationalIntent | undefined
  constraint(id: string): Constraint | undefined
  toldOfOperationalIntent(notice: OperationalIntentNotice, by: string): void
  toldOfConstraint(notice: ConstraintNotice, by: string): void
}

export interface UssServerOptions {
  /** Path before `/uss/v1`, for example `/simulated/fire/sim-pt-uss`. */
  readonly path: string
  /** Port to listen on; 0 for any. */
  readonly port: number
  readonly bearer: BearerCheck
}

export interface UssServer extends AsyncDisposable {
  /** What peers reach it by: the `uss_base_url`. */
  readonly baseUrl: string
}

const LONGEST_BODY = 4 * 1024 * 1024
const REQUEST_MS = 10_000

/**
 * Serves the F3548-21 USS interface on loopback: details of intents and constraints, notices, reports. Rejects with
 * the listen error (`EADDRINUSE`) when the port is taken.
 */
export async function startUssServer(desk: UssDesk, options: UssServerOptions): Promise<UssServer> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    serve(desk, options, request)
      .catch((error: unknown) => ({ status: 500, body: { message: String(error) } }))
      .then(({ status, body }) => answer(response, status, body))
      .catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}${options.path}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Reply {
  readonly status: number
  readonly body?: unknown
}

async function serve(desk: UssDesk, options: UssServerOptions, request: IncomingMessage): Promise<Reply> {
  const url = request.url ?? ''
  const route = url.startsWith(`${options.path}/uss/v1/`) ? url.slice(`${options.path}/uss/v1`.length) : null
  const detail = /^\/(operational_intents|constraints)\/([0-9a-f-]{36})(\/telemetry)?$/.exec(route ?? '')
  if (request.method === 'GET' && detail !== null) {
    const [, kind, id, telemetry] = detail as unknown as [string, string, string, string | undefined]
    const scope: Scope =
      kind === 'constraints'
        ? 'utm.constraint_processing'
        : telemetry === undefined
          ? 'utm.strategic_coordination'
          : 'utm.conformance_monitoring_sa'
    return (await refusal(options, request, [scope])) ?? details(desk, kind, { id, telemetry: telemetry !== undefined })
  }
  if (request.method === 'POST' && route === '/operational_intents') {
    const refused = await refusal(options, request, ['utm.strategic_coordination'])
    return (
      refused ??
      noticed(options, request, (body, by) => desk.toldOfOperationalIntent(body as OperationalIntentNotice, by))
    )
  }
  if (request.method === 'POST' && route === '/constraints') {
    const refused = await refusal(options, request, ['utm.constraint_management'])
    return refused ?? noticed(options, request, (body, by) => desk.toldOfConstraint(body as ConstraintNotice, by))
  }
  if (request.method === 'POST' && route === '/reports') {
    const refused = await refusal(options, request, ANY_UTM)
    if (refused !== null) return refused
    const body = await bodyOf(request)
    return body === null ? BAD_BODY : { status: 201, body: { ...body, report_id: randomUUID() } }
  }
  return { status: 404, body: { message: 'This simulated supplier serves nothing here.' } }
}

const ANY_UTM: readonly Scope[] = [
  'utm.strategic_coordination',
  'utm.constraint_management',
  'utm.constraint_processing',
  'utm.conformance_monitoring_sa',
  'utm.availability_arbitration',
]

const BAD_BODY: Reply = { status: 400, body: { message: 'The body is not the JSON object that F3548-21 asks for.' } }

async function refusal(
  options: UssServerOptions,
  request: IncomingMessage,
  scopes: readonly Scope[],
): Promise<Reply | null> {
  const bearer = await options.bearer(request.headers.authorization)
  if (bearer === null) return { status: 401, body: { message: 'A bearer token for this host is needed.' } }
  return scopes.some((scope) => bearer.scopes.has(scope))
    ? null
    : { status: 403, body: { message: `The token lacks ${scopes.join(' or ')}.` } }
}

function details(desk: UssDesk, kind: string, asked: { readonly id: string; readonly telemetry: boolean }): Reply {
  if (kind === 'constraints') {
    const constraint = asked.telemetry ? undefined : desk.constraint(asked.id)
    return constraint === undefined ? UNKNOWN_ENTITY : { status: 200, body: { constraint } }
  }
  const intent = desk.operationalIntent(asked.id)
  if (intent === undefined) return UNKNOWN_ENTITY
  return asked.telemetry
    ? {
        status: 409,
        body: { message: `The intent is ${intent.reference.state}; telemetry is given off-nominal only.` },
      }
    : { status: 200, body: { operational_intent: intent } }
}

const UNKNOWN_ENTITY: Reply = { status: 404, body: { message: 'This simulated supplier does not manage that.' } }

async function noticed(
  options: UssServerOptions,
  request: IncomingMessage,
  take: (body: object, by: string) => void,
): Promise<Reply> {
  const body = await bodyOf(request)
  if (body === null) return BAD_BODY
  const bearer = await options.bearer(request.headers.authorization)
  take(body, bearer?.sub ?? '')
  return { status: 204 }
}

async function bodyOf(request: IncomingMessage): Promise<object | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LONGEST_BODY) return null
    chunks.push(chunk)
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    return typeof body === 'object' && body !== null ? body : null
  } catch {
    return null
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

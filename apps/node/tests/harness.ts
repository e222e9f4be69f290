import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileSchema, operationList, scopeDescriptions, type Validate } from '@parley/contracts'
import { type Clock, type EpochMs, systemClock } from '@parley/units'
import { expect } from 'vitest'
import type { NodeOptions } from '../src/options.ts'
import { RECORD_DEFAULTS } from '../src/record/options.ts'
import { type RunningNode, startNode } from '../src/start.ts'

export const ALL_SCOPES = Object.keys(scopeDescriptions).join(' ')
const ANSWER_MS = 40_000

export interface Folder extends AsyncDisposable {
  readonly path: string
}

/** A folder that is gone when disposed of. */
export async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'parley-node-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Claims of a token as this node wants them. */
export const goodClaims = (): Record<string, unknown> => ({
  sub: 'uss1',
  iss: 'test',
  aud: 'localhost',
  scope: ALL_SCOPES,
  exp: Math.floor(Date.now() / 1000) + 1800,
})

const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A clock that shows another time than the machine's, as told. */
export function shiftedClock(): Clock & { shiftMs: number } {
  return {
    shiftMs: 0,
    nowMs() {
      return (Date.now() + this.shiftMs) as EpochMs
    },
  }
}

/** A token put together by hand, so that every part of it can be wrong. */
export function makeToken(
  key: KeyObject,
  claims: unknown,
  header: Record<string, unknown> = { alg: 'RS256', typ: 'JWT' },
): string {
  const head = `${base64url(header)}.${base64url(claims)}`
  return `${head}.${sign('RSA-SHA256', Buffer.from(head), key).toString('base64url')}`
}

/** The attack of RFC 8725, 2.1: the public key taken for a shared secret. */
export function makeHmacToken(publicPem: string, claims: unknown): string {
  const head = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`
  return `${head}.${createHmac('sha256', publicPem).update(head).digest('base64url')}`
}

export const makeUnsignedToken = (claims: unknown): string => `${base64url({ alg: 'none' })}.${base64url(claims)}.`

export const strangerKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON; null when it is none. */
  readonly json: Record<string, unknown> | null
}

export interface Asked {
  readonly body?: unknown
  /** Sent as it is, whatever it is. */
  readonly raw?: Buffer | string
  readonly headers?: Record<string, string>
  /** null: none. Default: a token of `uss1` with all scopes. */
  readonly token?: string | null
}

export interface TestNode extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly node: RunningNode
  readonly dataDir: string
  readonly privateKey: KeyObject
  readonly publicPem: string
  readonly log: readonly string[]
  /** A token of that client with these scopes, all of them by default. */
  token(sub?: string, scope?: string): string
  ask(method: string, path: string, asked?: Asked): Promise<Reply>
  /** Bytes onto a connection, and all that comes back until the node closes it or `untilMs` has passed. */
  speak(bytes: string | Buffer, options?: { readonly end?: boolean; readonly untilMs?: number }): Promise<string>
  status(): Promise<{ head: number; counts: Record<string, number> }>
}

export const DEFAULTS: Omit<NodeOptions, 'dataDir'> = {
  port: 0,
  host: '127.0.0.1',
  scenario: null,
  audiences: [],
  allowHttpBaseUrls: false,
  exact: false,
  compat: false,
  issuer: true,
  keyFiles: [],
  jwksUrl: null,
  rateLimitPerS: 0,
  record: RECORD_DEFAULTS,
}

/** Starts a node in this process, on a port of its own; its folder leaves with it unless one is given. */
export async function startTestNode(
  options: Partial<NodeOptions> = {},
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<TestNode> {
  const own = options.dataDir === undefined ? await makeFolder() : null
  const dataDir = options.dataDir ?? join((own as Folder).path, 'data')
  const log: string[] = []
  const node = await startNode({ ...DEFAULTS, ...options, dataDir }, { log: (line) => log.push(line), clock })
  const { hostname, port } = new URL(node.url)
  const privateKey = createPrivateKey(readFileSync(join(dataDir, 'issuer-key.pem')))
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const tokens = new Map<string, string>()
  const token = (sub = 'uss1', scope = ALL_SCOPES): string => {
    const known = tokens.get(`${sub} ${scope}`)
    if (known !== undefined) return known
    const made = makeToken(privateKey, { ...goodClaims(), sub, scope })
    tokens.set(`${sub} ${scope}`, made)
    return made
  }
  const ask: TestNode['ask'] = async (method, path, asked = {}) => {
    const payload = asked.raw ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body))
    const bearer = asked.token === undefined ? token() : asked.token
    const sent = request({
      agent,
      hostname,
      port,
      method,
      path,
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
        ...asked.headers,
      },
    })
    sent.end(payload)
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const reply = { status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) }
    expectContract(method, path, reply)
    return reply
  }
  return {
    url: node.url,
    port: Number(port),
    node,
    dataDir,
    privateKey,
    publicPem: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string,
    log,
    token,
    ask,
    async speak(bytes, { end = false, untilMs = 20_000 } = {}) {
      const socket = connect(Number(port), '127.0.0.1')
      const chunks: Buffer[] = []
      socket.on('data', (chunk) => chunks.push(chunk))
      socket.on('error', () => undefined)
      const closed = once(socket, 'close')
      await once(socket, 'connect')
      socket.write(bytes)
      if (end) socket.end()
      const late = setTimeout(() => socket.destroy(), untilMs)
      await closed
      clearTimeout(late)
      return Buffer.concat(chunks).toString('latin1')
    },
    async status() {
      const { json } = await ask('GET', '/parley/v1/status', { token: null })
      return json as never
    },
    async [Symbol.asyncDispose]() {
      agent.destroy()
      await node.close()
      await own?.[Symbol.asyncDispose]()
    },
  }
}

const validators = new Map<string, Validate<unknown>>()
const patterns = operationList.map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}))

/** Whatever an operation answers is what its contract says: a status that it lists, and a body of that shape. */
function expectContract(method: string, path: string, reply: Reply): void {
  const plain = path.split('?')[0] as string
  const { operation } =
    patterns.find((one) => one.operation.method === method && one.operation.path === plain) ??
    patterns.find((one) => one.operation.method === method && one.pattern.test(plain)) ??
    {}
  if (operation === undefined) return
  const { status } = reply
  // The limit of requests and the parts of a path that no parameter can be come before any operation.
  if (status === 429 || reply.json?.['code'] === 'INVALID_PARAMETER') return
  const told = `${operation.operationId} ${status} ${reply.text.slice(0, 300)}`
  expect(Object.keys(operation.responses), told).toContain(String(status))
  const schema = operation.responses[status]
  if (
    schema === null ||
    schema === undefined ||
    (status === operation.successStatus && operation.produces !== 'application/json')
  )
    return
  const key = `${operation.operationId} ${status}`
  let validate = validators.get(key)
  if (validate === undefined) {
    validate = compileSchema(schema)
    validators.set(key, validate)
  }
  expect([told, validate(reply.json)]).toEqual([told, expect.objectContaining({ kind: 'valid' })])
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Every refusal looks the same: a sentence, a code, and what is wrong with which field. */
export function expectError(reply: Reply, status: number, code?: string): Record<string, unknown> {
  expect([reply.status, reply.text.slice(0, 300)]).toEqual([status, expect.any(String)])
  expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
  const body = reply.json as Record<string, unknown>
  expect(body).toMatchObject({ message: expect.stringMatching(/\S/), code: expect.stringMatching(/^[A-Z0-9_]+$/) })
  if (code !== undefined) expect(body['code']).toBe(code)
  for (const one of (body['details'] ?? []) as unknown[])
    expect(one).toEqual({ field: expect.any(String), value: expect.any(String), rule: expect.stringMatching(/\S/) })
  return body
}

/** Fields that a refusal names. */
export const fieldsOf = (body: Record<string, unknown>): string[] =>
  ((body['details'] ?? []) as { field: string }[]).map(({ field }) => field)

export const newId = (): string => randomUUID()

const HOUR_MS = 3_600_000
const time = (ms: number) => ({ value: new Date(ms).toISOString(), format: 'RFC3339' })
const altitude = (value: number) => ({ value, reference: 'W84', units: 'M' })

export interface Place {
  readonly lat?: number
  readonly lng?: number
  readonly low?: number
  readonly high?: number
  /** Hours from now. */
  readonly from?: number
  readonly to?: number
}

/** A volume of F3548-21 and F3411-22a, an hour long, in an hour. */
export function wireVolume({ lat = 42, lng = -8, low = 100, high = 200, from = 1, to = 2 }: Place = {}) {
  const now = Date.now()
  return {
    volume: {
      outline_polygon: {
        vertices: [
          { lat, lng },
          { lat, lng: lng + 0.01 },
          { lat: lat + 0.01, lng: lng + 0.01 },
          { lat: lat + 0.01, lng },
        ],
      },
      altitude_lower: altitude(low),
      altitude_upper: altitude(high),
    },
    time_start: time(now + from * HOUR_MS),
    time_end: time(now + to * HOUR_MS),
  }
}

export const intentBody = (place: Place = {}, more: object = {}) => ({
  extents: [wireVolume(place)],
  key: [] as string[],
  state: 'Accepted',
  uss_base_url: 'https://uss1.example',
  ...more,
})

export const constraintBody = (place: Place = {}, more: object = {}) => ({
  extents: [wireVolume(place)],
  uss_base_url: 'https://uss1.example',
  ...more,
})

export const subscriptionBody = (place: Place = {}, more: object = {}) => ({
  extents: wireVolume(place),
  uss_base_url: 'https://uss1.example',
  notify_for_operational_intents: true,
  notify_for_constraints: false,
  ...more,
})

/** A volume of F3411-19. */
export function ridV1Volume(place: Place = {}) {
  const { volume, time_start, time_end } = wireVolume(place)
  return {
    spatial_volume: { footprint: volume.outline_polygon, altitude_lo: 20, altitude_hi: 400 },
    time_start: time_start.value,
    time_end: time_end.value,
  }
}

export const reportBody = () => ({
  exchange: {
    url: 'https://uss2.example/uss/v1/operational_intents/x',
    method: 'GET',
    headers: ['accept: */*'],
    recorder_role: 'Client',
    request_time: time(Date.now()),
    request_body: '',
    response_time: time(Date.now()),
    response_body: 'aGVsbG8=',
    response_code: 500,
    problem: 'no answer',
  },
})

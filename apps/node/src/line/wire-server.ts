import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { pinOfPeer } from '@parley/client/tls'
import { MAX_ADD_CHECKPOINT_BYTES } from '@parley/record'
import { StartRefused } from '../errors.ts'
import { type ProtocolAnswer, refusal } from '../record/answer.ts'
import { type ReadableLog, readResource } from '../record/log-resource.ts'
import type { Mirror } from '../record/mirror.ts'
import type { Witness } from '../record/witness.ts'
import { HandshakeGate } from './handshake-gate.ts'
import type { TlsKey } from './tls-key.ts'
import { TokenBucket } from './token-bucket.ts'

/** What a table shows to its members. */
export interface WireTable {
  readonly table: string
  /** The member whose enrolment names this TLS key now; null: none. */
  memberOf(pin: string): string | null
  readonly witness: Witness | null
  readonly mirror: Mirror | null
  /** Our own log, and the copies we keep, by the hash of the origin. */
  log(originHex: string): ReadableLog | null
  /** Bytes a second a member may send, on the long run, and at once. */
  readonly quota: { readonly bytesPerS: number; readonly burstBytes: number }
}

export interface WireOptions {
  readonly own: TlsKey
  readonly table: (name: string) => WireTable | null
  /** Whether a TLS key is of a member of a table that is not open here yet. */
  readonly awaits: (name: string, pin: string) => boolean
  /** Speak plain http, to this machine alone. */
  readonly plain: boolean
  readonly log: (line: string) => void
}

const PREFIX = /^\/line\/([a-z0-9-]{1,63})\/(witness|mirror)\/([^?]*)$/
const REQUEST_TIMEOUT_MS = 60_000
const HEADERS_TIMEOUT_MS = 10_000
const HEADERS_LIMIT = 8 * 1024
const MAX_CONNECTIONS = 512
const HANDSHAKES = { perS: 40, burst: 80, maxWaiting: 256 } as const
const MAX_PER_MEMBER = 32
const MAX_BLOB_BYTES = 16 * 1024 * 1024
const EARLY_RETRY_S = 2
const TEXT = 'text/plain; charset=utf-8'
/** Stands for the address of whoever calls through a relay. */
const RELAYED = 'relay'

/**
 * Where other parties' nodes reach this one: the witness and mirror of each table, below `/line/<table>`, over TLS that both ends show
 * their enrolled keys in. Nothing else is served here, and nobody else is answered.
 */
export class WireServer {
  readonly #options: WireOptions
  readonly #listener: TcpServer
  readonly #gate: HandshakeGate
  readonly #server: Server
  readonly #members = new Map<Duplex, string | null>()
  readonly #connections = new Map<string, number>()
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(options: WireOptions) {
    const { own, plain } = options
    this.#options = options
    const limits = { maxHeaderSize: HEADERS_LIMIT, connectionsCheckingInterval: 2_000 }
    const listener = (request: IncomingMessage, response: ServerResponse): void => void this.#answer(request, response)
    this.#server = plain
      ? createHttpServer(limits, listener)
      : createHttpsServer(
          {
            ...limits,
            key: own.key,
            cert: own.cert,
            minVersion: 'TLSv1.3',
            requestCert: true,
            rejectUnauthorized: false,
            handshakeTimeout: HEADERS_TIMEOUT_MS,
          },
          listener,
        )
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS
    this.#server.headersTimeout = HEADERS_TIMEOUT_MS
    this.#server.keepAliveTimeout = 75_000
    // It has no port of its own, and holds requests to their time from the moment it is told that it listens.
    this.#server.emit('listening')
    this.#gate = new HandshakeGate((connection) => {
      this.#server.emit('connection', connection)
      connection.resume()
    }, HANDSHAKES)
    this.#listener = createTcpServer({ noDelay: true, pauseOnConnect: !plain }, (socket) => {
      if (plain) this.#server.emit('connection', socket)
      else this.#gate.enter(socket, socket.remoteAddress ?? '')
    })
    this.#listener.maxConnections = MAX_CONNECTIONS
    this.#server.on(plain ? 'connection' : 'secureConnection', (socket: Socket | TLSSocket) => {
      socket.setNoDelay?.(true)
      const pin = plain ? 'plain' : pinOfPeer(socket as TLSSocket)
      // Who shows no key has nothing to say here.
      if (pin === null) return void socket.destroy()
      const count = (this.#connections.get(pin) ?? 0) + 1
      if (count > MAX_PER_MEMBER) return void socket.destroy()
      this.#connections.set(pin, count)
      this.#members.set(socket, pin)
      socket.once('close', () => {
        this.#members.delete(socket)
        const left = (this.#connections.get(pin) ?? 1) - 1
        if (left <= 0) this.#connections.delete(pin)
        else this.#connections.set(pin, left)
      })
    })
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy())
    this.#server.on('clientError', (_error, socket) => socket.destroy())
  }

  /** Opens the port; resolves with the one that was taken. @throws {StartRefused} */
  async listen(port: number, host: string): Promise<number> {
    this.#listener.listen({ port, host, backlog: 256 })
    try {
      await once(this.#listener, 'listening')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new StartRefused(
        `the line port ${port} on ${host} cannot be opened (${code ?? String(error)}): choose another by --line-port`,
      )
    }
    const address = this.#listener.address()
    return typeof address === 'object' && address !== null ? address.port : port
  }

  /** Takes a connection that came by another way than the port, such as a relay; TLS begins on it like on any other. */
  accept(connection: Duplex): void {
    this.#gate.enter(connection, RELAYED)
  }

  async close(): Promise<void> {
    this.#gate.close()
    for (const socket of this.#members.keys()) socket.destroy()
    this.#server.closeAllConnections()
    // It never listened: what it counts in time and looks after is to end all the same.
    this.#server.close()
    if (!this.#listener.listening) return
    const closed = once(this.#listener, 'close')
    this.#listener.close()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response)
    } catch (error) {
      this.#options.log(
        `fault on the line port: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      )
      if (!response.headersSent) send(response, refusal('INTERNAL'))
      else response.destroy()
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts = PREFIX.exec(request.url ?? '')
    const table = parts === null ? null : this.#options.table(parts[1] as string)
    const pin = this.#members.get(request.socket) ?? null
    const member = table === null || pin === null ? null : pin === 'plain' ? 'plain' : table.memberOf(pin)
    // A member that was quicker than our own officers is to come again soon.
    if (parts !== null && table === null && pin !== null && this.#options.awaits(parts[1] as string, pin))
      return send(response, refusal('LINE_PEER_EARLY', { retryAfterS: EARLY_RETRY_S }))
    // A table is not told of to those who are not at it.
    if (parts === null || table === null || member === null) return send(response, refusal('LINE_PEER_UNKNOWN'))
    this.#gate.trust(request.socket.remoteAddress ?? RELAYED)
    const [, , role, path] = parts as unknown as [string, string, 'witness' | 'mirror', string]
    if (request.method === 'GET') return this.#get(response, table, { role, path })
    const bucket = this.#bucket(table, member)
    const nowMs = performance.now()
    if (bucket.level(nowMs) <= 0) {
      send(response, refusal('RATE_LIMITED', { retryAfterS: bucket.waitS(1, nowMs) }))
      return
    }
    const before = request.socket.bytesRead
    try {
      await this.#post(request, response, { table, role, path })
    } finally {
      bucket.take(Math.max(0, request.socket.bytesRead - before), performance.now())
    }
  }

  async #get(
    response: ServerResponse,
    table: WireTable,
    { role, path }: { readonly role: 'witness' | 'mirror'; readonly path: string },
  ): Promise<void> {
    if (role === 'witness') {
      const origin = /^([0-9a-f]{64})\/checkpoint$/.exec(path)?.[1]
      const bytes = origin === undefined ? null : (table.witness?.checkpoint(origin) ?? null)
      if (bytes === null) return send(response, refusal('NOT_FOUND'))
      return send(response, { status: 200, contentType: TEXT, body: bytes })
    }
    const log = path[64] === '/' ? table.log(path.slice(0, 64)) : null
    const found = log === null ? null : await readResource(log, path.slice(65))
    if (found === null) return send(response, refusal('NOT_FOUND'))
    send(response, { status: 200, contentType: found.contentType, body: found.bytes })
  }

  async #post(
    request: IncomingMessage,
    response: ServerResponse,
    { table, role, path }: { readonly table: WireTable; readonly role: 'witness' | 'mirror'; readonly path: string },
  ): Promise<void> {
    const { mirror, witness } = table
    const cosigner = role === 'witness' ? witness : mirror
    if (request.method === 'POST' && path === 'add-checkpoint' && cosigner !== null) {
      const body = await readBody(request, MAX_ADD_CHECKPOINT_BYTES)
      if (body === null) return send(response, refusal('BODY_TOO_LARGE'), true)
      return send(response, await cosigner.addCheckpoint(body))
    }
    if (request.method === 'POST' && path === 'add-entries' && role === 'mirror' && mirror !== null) {
      const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
      const encoding = request.headers['content-encoding']?.toLowerCase()
      if (
        type !== 'application/octet-stream' ||
        (encoding !== undefined && encoding !== 'gzip' && encoding !== 'identity')
      )
        return send(response, refusal('UNSUPPORTED_MEDIA_TYPE'), true)
      const answer = await mirror.addEntries(request, { gzip: encoding === 'gzip' })
      return send(response, answer, !request.complete)
    }
    const blob = /^([0-9a-f]{64})\/blob\/([0-9a-f]{64})$/.exec(path)
    if (request.method === 'PUT' && blob !== null && role === 'mirror' && mirror !== null) {
      const [, origin, sha256] = blob as unknown as [string, string, string]
      const wanted = mirror.wantedBlob(origin, sha256)
      if (wanted === null || wanted > MAX_BLOB_BYTES) return send(response, refusal('NOT_FOUND'), true)
      const body = await readBody(request, wanted)
      if (body === null) return send(response, refusal('BODY_TOO_LARGE'), true)
      return send(response, await mirror.addBlob(origin, sha256, body))
    }
    send(response, refusal('ROUTE_NOT_FOUND'), true)
  }

  #bucket(table: WireTable, member: string): TokenBucket {
    const name = `${table.table} ${member}`
    let bucket = this.#buckets.get(name)
    if (bucket === undefined) {
      const { bytesPerS, burstBytes } = table.quota
      bucket = new TokenBucket(bytesPerS, { capacity: burstBytes, nowMs: performance.now() })
      this.#buckets.set(name, bucket)
    }
    return bucket
  }
}

/** The whole body, or null when it is longer than `limit`. */
async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array | null> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return null
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.byteLength
    if (length > limit) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** `hangUp`: the body of the request was not read to its end, so the connection is of no more use. */
function send(
  response: ServerResponse,
  { status, contentType, body, retryAfterS }: ProtocolAnswer,
  hangUp = false,
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': bytes.byteLength,
    'cache-control': 'no-store',
    ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
    ...(hangUp ? { connection: 'close' } : {}),
  })
  response.end(bytes)
}

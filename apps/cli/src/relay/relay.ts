import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { pinOfPeer } from '@parley/client/tls'
import type { RelayIdentity } from './identity.ts'

/** How much anybody may have of a relay. */
export interface RelayLimits {
  /** Connections that wait under one pin. */
  readonly waitingPerPin: number
  /** Calls at once from one pin, and to one. */
  readonly callsPerPin: number
  /** Connections in all, those that say nothing among them. */
  readonly connections: number
  /** How long a call waits for the called side to have a connection here. */
  readonly holdMs: number
  /** A pipe on which nothing goes either way for so long is cut. */
  readonly idleMs: number
}

export const RELAY_LIMITS: RelayLimits = {
  waitingPerPin: 16,
  callsPerPin: 64,
  connections: 2_048,
  holdMs: 5_000,
  idleMs: 120_000,
}

/** What a relay tells of itself. Pins are all it knows of anybody; what goes through it it cannot read. */
export type RelayEvent =
  | { readonly event: 'listen'; readonly pin: string; readonly waiting: number }
  | { readonly event: 'call'; readonly from: string; readonly to: string }
  | {
      readonly event: 'end'
      readonly from: string
      readonly to: string
      readonly bytes: number
      readonly seconds: number
    }
  | { readonly event: 'refused'; readonly pin: string | null; readonly status: number; readonly why: string }

export interface RelayOptions {
  readonly host: string
  readonly port: number
  readonly identity: RelayIdentity
  /** Pins that may listen and call; empty: whoever shows a key. */
  readonly allow: readonly string[]
  readonly limits?: Partial<RelayLimits>
  readonly tell?: (event: RelayEvent) => void
}

export interface Relay extends AsyncDisposable {
  readonly port: number
  /** Connections that wait for a call now. */
  waiting(): number
  close(): Promise<void>
}

/** A call that waits for the called side to dial in. */
interface Held {
  readonly socket: Duplex
  readonly head: Buffer
  readonly from: string
  readonly timer: NodeJS.Timeout
}

const PROTOCOL = 'parley-relay/1'
const CALL = /^\/relay\/v1\/call\/([0-9a-f]{64})$/
const LISTEN = '/relay/v1/listen'
const MAX_HEADER_BYTES = 8 * 1024
const HANDSHAKE_MS = 10_000
const KEEP_ALIVE_MS = 15_000
const RETRY_AFTER_S = 5

const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${PROTOCOL}\r\n\r\n`
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
}

/**
 * A relay to which both sides dial out, so that neither needs an open port (record.md 3.2). One side waits here under the pin of the TLS
 * key it shows; the other calls that pin; the two connections are joined byte by byte. The TLS of the line runs inside, from end to end:
 * the relay can cut it, and can neither read nor change it. Rejects when it cannot listen.
 */
export function startRelay(options: RelayOptions): Promise<Relay> {
  const limits = { ...RELAY_LIMITS, ...options.limits }
  const allowed = new Set(options.allow)
  const tell = options.tell ?? (() => undefined)
  const waiting = new Map<string, Duplex[]>()
  const held = new Map<string, Held[]>()
  const calls = new Map<string, number>()
  const open = new Set<Duplex>()

  const server = createServer({
    key: options.identity.key,
    cert: options.identity.cert,
    requestCert: true,
    // No chain vouches for anybody here: TLS proves that the caller holds the key, and the key's pin is who it is.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    handshakeTimeout: HANDSHAKE_MS,
    headersTimeout: HANDSHAKE_MS,
    requestTimeout: HANDSHAKE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: HANDSHAKE_MS,
  })
  server.maxConnections = limits.connections
  server.on('tlsClientError', () => undefined)
  server.on('secureConnection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.setNoDelay(true)
  })
  server.on('request', (_request, response) => {
    response.writeHead(426, { upgrade: PROTOCOL, connection: 'close', 'content-type': 'text/plain; charset=utf-8' })
    response.end('a relay of lines: it speaks only after an upgrade\n')
  })

  const refuse = (socket: Duplex, status: number, { pin, why }: { pin: string | null; why: string }): void => {
    tell({ event: 'refused', pin, status, why })
    const retry = status === 404 || status === 429 ? `Retry-After: ${RETRY_AFTER_S}\r\n` : ''
    socket.end(`HTTP/1.1 ${status} ${REASONS[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n${retry}\r\n`)
  }

  const count = (pin: string, by: 1 | -1): void => {
    const now = (calls.get(pin) ?? 0) + by
    if (now === 0) calls.delete(pin)
    else calls.set(pin, now)
  }

  const listen = (socket: Duplex, head: Buffer, pin: string): void => {
    const queue = waiting.get(pin) ?? []
    if (queue.length >= limits.waitingPerPin) return refuse(socket, 429, { pin, why: 'too many connections wait' })
    // Until a call is joined to it, the side that waits has nothing to say.
    if (head.byteLength > 0) return refuse(socket, 400, { pin, why: 'bytes before a call' })
    socket.write(SWITCH)
    const caller = takeHeld(pin)
    if (caller !== null) {
      join(caller, socket, pin)
      return
    }
    queue.push(socket)
    waiting.set(pin, queue)
    tell({ event: 'listen', pin, waiting: queue.length })
    const leave = (): void => {
      const at = queue.indexOf(socket)
      if (at >= 0) queue.splice(at, 1)
      if (queue.length === 0) waiting.delete(pin)
      socket.destroy()
    }
    socket.on('data', leave)
    socket.once('end', leave)
    socket.once('close', leave)
    LEAVES.set(socket, leave)
  }

  const takeHeld = (pin: string): Held | null => {
    const queue = held.get(pin)
    const caller = queue?.shift() ?? null
    if (queue?.length === 0) held.delete(pin)
    if (caller !== null) clearTimeout(caller.timer)
    return caller
  }

  const takeWaiting = (pin: string): Duplex | null => {
    const queue = waiting.get(pin)
    const socket = queue?.shift() ?? null
    if (queue?.length === 0) waiting.delete(pin)
    if (socket === null) return null
    const leave = LEAVES.get(socket)
    if (leave !== undefined) socket.off('data', leave).off('end', leave).off('close', leave)
    return socket
  }

  const call = (socket: Duplex, head: Buffer, { from, to }: { readonly from: string; readonly to: string }): void => {
    if ((calls.get(from) ?? 0) >= limits.callsPerPin || (calls.get(to) ?? 0) >= limits.callsPerPin)
      return refuse(socket, 429, { pin: from, why: 'too many calls at once' })
    count(from, 1)
    count(to, 1)
    socket.once('close', () => {
      count(from, -1)
      count(to, -1)
    })
    const callee = takeWaiting(to)
    const timer = setTimeout(() => {
      drop()
      refuse(socket, 404, { pin: from, why: `${to} does not wait here` })
    }, limits.holdMs)
    const caller: Held = { socket, head, from, timer }
    const drop = (): void => {
      clearTimeout(timer)
      const queue = held.get(to)
      const at = queue?.indexOf(caller) ?? -1
      if (at >= 0) queue?.splice(at, 1)
      if (queue?.length === 0) held.delete(to)
    }
    if (callee !== null) {
      clearTimeout(timer)
      join(caller, callee, to)
      return
    }
    const queue = held.get(to) ?? []
    queue.push(caller)
    held.set(to, queue)
    socket.once('close', drop)
  }

  const join = ({ socket, head, from }: Held, callee: Duplex, to: string): void => {
    const started = Date.now()
    let bytes = head.byteLength
    tell({ event: 'call', from, to })
    const cut = (): void => {
      socket.destroy()
      callee.destroy()
    }
    const idle = setTimeout(cut, limits.idleMs)
    const counted = (chunk: Buffer): void => {
      bytes += chunk.byteLength
      idle.refresh()
    }
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      clearTimeout(idle)
      cut()
      tell({ event: 'end', from, to, bytes, seconds: Math.round((Date.now() - started) / 1000) })
    }
    socket.write(SWITCH)
    if (head.byteLength > 0) callee.write(head)
    for (const one of [socket, callee]) {
      one.on('data', counted)
      one.on('error', end)
      one.once('close', end)
    }
    // Half-closed goes on to the other end; a side that is slow holds the other back.
    socket.pipe(callee)
    callee.pipe(socket)
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined)
    const pin = pinOfPeer(socket as TLSSocket)
    if (request.headers.upgrade?.toLowerCase() !== PROTOCOL || request.method !== 'GET')
      return refuse(socket, 426, { pin, why: 'another protocol' })
    if (pin === null) return refuse(socket, 403, { pin, why: 'no key was shown' })
    if (allowed.size > 0 && !allowed.has(pin))
      return refuse(socket, 403, { pin, why: 'the key is not among those allowed' })
    if (request.url === LISTEN) return listen(socket, head, pin)
    const to = CALL.exec(request.url ?? '')?.[1]
    if (to === undefined) return refuse(socket, 404, { pin, why: 'no such path' })
    if (allowed.size > 0 && !allowed.has(to))
      return refuse(socket, 403, { pin, why: 'the key called is not among those allowed' })
    call(socket, head, { from: pin, to })
  })

  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const queue of held.values()) for (const { timer } of queue) clearTimeout(timer)
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
      server.closeAllConnections()
    })

  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: options.port, host: options.host }, () => {
      server.off('error', reject)
      resolve({
        port: (server.address() as AddressInfo).port,
        waiting: () => [...waiting.values()].reduce((sum, queue) => sum + queue.length, 0),
        close,
        [Symbol.asyncDispose]: close,
      })
    })
  })
}

/** What ends the waiting of a connection, for when it is joined instead. */
const LEAVES = new WeakMap<Duplex, () => void>()

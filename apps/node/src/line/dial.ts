import { Agent, type AgentOptions, request as httpRequest, type IncomingMessage } from 'node:http'
import { isIP, connect as netConnect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import { pinOfPeer } from '@parley/client/tls'
import type { PeerAddress, RelayAddress } from './address.ts'
import type { TlsKey } from './tls-key.ts'

/** The other end is not who it should be, or a relay does not lead to it. */
export class DialRefused extends Error {
  readonly code: 'PIN_MISMATCH' | 'RELAY_REFUSED' | 'NO_ADDRESS'
  /** As the relay says; null when it does not. */
  readonly retryAfterS: number | null

  constructor(code: DialRefused['code'], message: string, retryAfterS: number | null = null) {
    super(message)
    this.code = code
    this.retryAfterS = retryAfterS
  }
}

const DIAL_TIMEOUT_MS = 8_000
const KEEP_ALIVE_MS = 15_000
const RELAY_PROTOCOL = 'parley-relay/1'

interface SecureOptions {
  readonly own: TlsKey
  /** Keys the other end may show, SHA-256 in hex; none: nobody will do. */
  readonly pins: readonly string[]
}

/**
 * TLS over a connection, with our key shown and the other end's held against its pins before a byte goes through. Certificate chains
 * and names are not looked at: the enrolment names the key itself.
 *
 * @throws {DialRefused} `PIN_MISMATCH`
 */
export function secure(
  transport: { readonly host: string; readonly port: number } | { readonly socket: Duplex },
  { own, pins }: SecureOptions,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({
      ...transport,
      key: own.key,
      cert: own.cert,
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
      ...('host' in transport && isIP(transport.host) === 0 ? { servername: transport.host } : {}),
    })
    const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), DIAL_TIMEOUT_MS)
    const failed = (error: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    const ended = (): void => failed(new Error('the other end hung up'))
    socket.once('error', failed)
    socket.once('close', ended)
    socket.once('secureConnect', () => {
      const pin = pinOfPeer(socket)
      if (pin === null || !pins.includes(pin)) {
        failed(new DialRefused('PIN_MISMATCH', `it shows the TLS key ${pin ?? 'none'}, which is not the one enrolled`))
        return
      }
      clearTimeout(timer)
      socket.off('error', failed)
      socket.off('close', ended)
      if ('setKeepAlive' in socket) socket.setKeepAlive(true, KEEP_ALIVE_MS)
      // A request is small and its answer waited for: none of it is held back until the one before is acknowledged.
      if ('setNoDelay' in socket) socket.setNoDelay(true)
      resolve(socket)
    })
  })
}

/**
 * Asks a relay for what `path` names and gives the raw connection once the relay has switched over.
 *
 * @throws {DialRefused} `PIN_MISMATCH`, `RELAY_REFUSED`
 */
export async function dialRelay(relay: RelayAddress, path: string, own: TlsKey): Promise<Duplex> {
  const socket = await secure({ host: relay.host, port: relay.port }, { own, pins: [relay.pin] })
  return new Promise((resolve, reject) => {
    const message = httpRequest({
      createConnection: () => socket,
      path,
      headers: { host: 'relay', connection: 'Upgrade', upgrade: RELAY_PROTOCOL },
    })
    const timer = setTimeout(() => message.destroy(new Error('the relay does not answer in time')), DIAL_TIMEOUT_MS)
    message.once('upgrade', (_response: IncomingMessage, duplex: Duplex, head: Buffer) => {
      clearTimeout(timer)
      if (head.byteLength > 0) duplex.unshift(head)
      resolve(duplex)
    })
    message.once('response', (response) => {
      clearTimeout(timer)
      const retry = response.headers['retry-after'] ?? ''
      socket.destroy()
      reject(
        new DialRefused(
          'RELAY_REFUSED',
          `the relay answers ${response.statusCode ?? 0}`,
          /^\d{1,5}$/.test(retry) ? Number(retry) : null,
        ),
      )
    })
    message.once('error', (error) => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    })
    message.end()
  })
}

/** A peer as a caller needs it; asked anew for every connection, so that a new address or a rotated key counts at once. */
export interface PeerTarget {
  readonly address: PeerAddress | null
  readonly pins: readonly string[]
}

/** Opens a connection to a peer, directly or through a relay; TLS ends at the peer either way. @throws {DialRefused} */
export async function dialPeer({ address, pins }: PeerTarget, own: TlsKey): Promise<Duplex> {
  if (address === null) throw new DialRefused('NO_ADDRESS', 'no address is known: this line goes by files')
  if (address.kind === 'relay') {
    const [pin] = pins
    if (pin === undefined) throw new DialRefused('NO_ADDRESS', 'no TLS key is enrolled for it')
    return secure({ socket: await dialRelay(address.relay, `/relay/v1/call/${pin}`, own) }, { own, pins })
  }
  const { host, port } = address
  return address.tls ? secure({ host, port }, { own, pins }) : plain(host, port)
}

function plain(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = netConnect({ host, port, noDelay: true })
    const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), DIAL_TIMEOUT_MS)
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
  })
}

/** Keeps connections to peers open between requests. A URL names the peer as its host; where that is, `target` says at each connection. */
export class PeerAgent extends Agent {
  readonly #target: (host: string) => PeerTarget
  readonly #own: TlsKey

  constructor(target: (host: string) => PeerTarget, own: TlsKey, options: AgentOptions = {}) {
    super({ keepAlive: true, maxSockets: 8, timeout: 60_000, ...options })
    this.#target = target
    this.#own = own
  }

  override createConnection(
    options: { readonly host?: string | null | undefined },
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    dialPeer(this.#target(options.host ?? ''), this.#own).then(
      (socket) => callback?.(null, socket),
      (error: unknown) => callback?.(error as Error, undefined as unknown as Duplex),
    )
    return undefined
  }
}

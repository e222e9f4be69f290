import type { Duplex } from 'node:stream'
import { TokenBucket } from './token-bucket.ts'

export interface GateOptions {
  /** Handshakes that may begin in a second, on the long run, and at once. */
  readonly perS: number
  readonly burst: number
  /** Connections that may wait; whoever comes then is hung up on. */
  readonly maxWaiting: number
}

interface Waiting {
  readonly connection: Duplex
  readonly address: string
}

const MAX_TRUSTED = 256

/**
 * Where connections wait before TLS begins on them. A handshake costs the main thread more than most requests, and anyone may ask for one:
 * so many a second are begun that what members say on connections that stand is not kept waiting. Addresses that a member was seen at go
 * before all others.
 */
export class HandshakeGate {
  readonly #begin: (connection: Duplex) => void
  readonly #options: GateOptions
  readonly #bucket: TokenBucket
  readonly #trusted = new Set<string>()
  #members: Waiting[] = []
  #strangers: Waiting[] = []
  #timer: NodeJS.Timeout | null = null

  constructor(begin: (connection: Duplex) => void, options: GateOptions) {
    this.#begin = begin
    this.#options = options
    this.#bucket = new TokenBucket(options.perS, { capacity: options.burst, nowMs: performance.now() })
  }

  /** Takes a connection nothing was read from; it begins at once, later, or never. */
  enter(connection: Duplex, address: string): void {
    // What ends while it waits is nobody's failure.
    connection.on('error', () => undefined)
    const trusted = this.#trusted.has(address)
    if (this.#waiting >= this.#options.maxWaiting) {
      const last = trusted ? this.#strangers.pop() : undefined
      if (last === undefined) return void connection.destroy()
      last.connection.destroy()
    }
    ;(trusted ? this.#members : this.#strangers).push({ connection, address })
    this.#next()
  }

  /** A member was seen at an address. */
  trust(address: string): void {
    if (this.#trusted.has(address)) return
    if (this.#trusted.size >= MAX_TRUSTED) this.#trusted.delete(this.#trusted.values().next().value as string)
    this.#trusted.add(address)
    this.#members.push(...this.#strangers.filter((one) => one.address === address))
    this.#strangers = this.#strangers.filter((one) => one.address !== address)
  }

  /** Hangs up on all that wait. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (const { connection } of [...this.#members.splice(0), ...this.#strangers.splice(0)]) connection.destroy()
  }

  get #waiting(): number {
    return this.#members.length + this.#strangers.length
  }

  #next(): void {
    if (this.#timer !== null) return
    while (this.#waiting > 0) {
      const nowMs = performance.now()
      if (this.#bucket.level(nowMs) < 1) {
        this.#timer = setTimeout(() => {
          this.#timer = null
          this.#next()
        }, 1000 / this.#options.perS)
        return
      }
      const { connection } = (this.#members.shift() ?? this.#strangers.shift()) as Waiting
      if (connection.destroyed) continue
      this.#bucket.take(1, nowMs)
      this.#begin(connection)
    }
  }
}

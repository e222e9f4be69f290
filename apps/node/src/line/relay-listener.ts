import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RelayAddress } from './address.ts'
import { dialRelay } from './dial.ts'
import type { TlsKey } from './tls-key.ts'

export interface RelayListenerOptions {
  readonly url: string
  readonly relay: RelayAddress
  readonly own: TlsKey
  /** Takes a connection on which a peer has begun to speak. */
  readonly onCall: (connection: Duplex) => void
  readonly tell: (event: { readonly event: `record.${string}`; readonly [fact: string]: unknown }) => void
}

/** Connections that wait at the relay at any time: as many calls can begin at one instant. */
const WAITING = 4
const BACKOFF_FIRST_MS = 1_000
const BACKOFF_MAX_MS = 30_000

/**
 * Waits at a relay for calls of peers, over connections that go out from here. The relay joins a caller to one of them and sees nothing
 * but the TLS between the two.
 */
export class RelayListener {
  readonly #options: RelayListenerOptions
  readonly #stop = new AbortController()
  readonly #waiting = new Set<Duplex>()
  #failures = 0
  #told = ''

  constructor(options: RelayListenerOptions) {
    this.#options = options
    for (let i = 0; i < WAITING; i += 1) void this.#keepOne()
  }

  get url(): string {
    return this.#options.url
  }

  state(): 'waiting' | 'listening' | 'unreachable' {
    if (this.#waiting.size > 0) return 'listening'
    return this.#failures > 0 ? 'unreachable' : 'waiting'
  }

  close(): void {
    this.#stop.abort()
    for (const connection of this.#waiting) connection.destroy()
  }

  async #keepOne(): Promise<void> {
    const { signal } = this.#stop
    const { relay, own } = this.#options
    while (!signal.aborted) {
      let began = false
      try {
        const connection = await dialRelay(relay, '/relay/v1/listen', own)
        if (signal.aborted) {
          connection.destroy()
          return
        }
        this.#waiting.add(connection)
        this.#failures = 0
        this.#tellState()
        began = await firstWord(connection)
        this.#waiting.delete(connection)
        if (began) this.#options.onCall(connection)
        else connection.destroy()
      } catch (error) {
        this.#failures += 1
        this.#tellState(error)
      }
      if (signal.aborted) return
      if (!began) {
        const doublingMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures, 5))
        await sleep(doublingMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined)
      }
    }
  }

  #tellState(error?: unknown): void {
    const state = this.state()
    if (state === this.#told) return
    this.#told = state
    this.#options.tell({
      event: 'record.line.relay',
      relay: this.#options.url,
      state,
      ...(error instanceof Error ? { reason: error.message } : {}),
    })
  }
}

/** Whether a caller began to speak on a waiting connection; false when it closed first. */
function firstWord(connection: Duplex): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (began: boolean) => (): void => {
      connection.off('readable', readable)
      connection.off('close', closed)
      resolve(began)
    }
    const closed = done(false)
    const readable = (): void => {
      if (connection.readableLength > 0) done(true)()
    }
    connection.on('readable', readable)
    connection.once('close', closed)
    connection.on('error', () => undefined)
    connection.once('end', closed)
  })
}

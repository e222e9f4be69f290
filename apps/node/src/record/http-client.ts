import { once } from 'node:events'
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** What another node answered. */
export interface Fetched {
  readonly status: number
  readonly contentType: string
  /** Seconds to wait, as Retry-After says; null when it does not, or names a date. */
  readonly retryAfterS: number | null
  readonly bytes: Uint8Array
}

export interface Sent {
  readonly body?: Uint8Array
  readonly contentType?: string
  readonly contentEncoding?: string
  /** Bytes of the answer that are read; a longer one is an error. Default 64 KiB. */
  readonly maxBytes?: number
  readonly timeoutMs?: number
}

const DEFAULT_MAX_BYTES = 64 * 1024
const DEFAULT_TIMEOUT_MS = 10_000

/** Connections to other nodes, kept open between requests. Nothing is followed, cached or repeated. */
export class HttpClient {
  readonly #http: HttpAgent
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: 8, timeout: 60_000 })

  /** `agent`: makes the connections for `http:` URLs in place of our own, however it does so: to a pinned peer, through a relay. */
  constructor({ agent }: { readonly agent?: HttpAgent } = {}) {
    this.#http = agent ?? new HttpAgent({ keepAlive: true, maxSockets: 8, timeout: 60_000 })
  }

  get(url: string, sent: Sent = {}): Promise<Fetched> {
    return this.#ask('GET', url, sent)
  }

  /** The answer may come before the body has left; it is then taken, and the rest of the body is not sent. */
  post(url: string, sent: Sent): Promise<Fetched> {
    return this.#ask('POST', url, sent)
  }

  put(url: string, sent: Sent): Promise<Fetched> {
    return this.#ask('PUT', url, sent)
  }

  /** Ends what is under way. */
  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  async #ask(method: string, url: string, sent: Sent): Promise<Fetched> {
    const { body, maxBytes = DEFAULT_MAX_BYTES, timeoutMs = DEFAULT_TIMEOUT_MS } = sent
    const secure = url.startsWith('https:')
    const message = (secure ? httpsRequest : httpRequest)(url, {
      method,
      agent: secure ? this.#https : this.#http,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        'accept-encoding': 'identity',
        ...(body === undefined ? {} : { 'content-length': String(body.byteLength) }),
        ...(sent.contentType === undefined ? {} : { 'content-type': sent.contentType }),
        ...(sent.contentEncoding === undefined ? {} : { 'content-encoding': sent.contentEncoding }),
      },
    })
    // A broken pipe after the answer has begun is the other side not wanting the rest; before it, `once` rejects.
    message.on('error', () => undefined)
    message.end(body)
    const [response] = (await once(message, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.byteLength
      if (length > maxBytes) {
        message.destroy()
        throw new Error(`the answer of ${url} is longer than ${maxBytes} bytes`)
      }
      chunks.push(chunk)
    }
    const retryAfter = response.headers['retry-after'] ?? ''
    return {
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      retryAfterS: /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null,
      bytes: Buffer.concat(chunks),
    }
  }
}

import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { drawing } from './fault-proxy.ts'

/** What happens to one request on its way. */
export interface RequestFate {
  /** `request`: it does not arrive. `answer`: it arrives and is carried out, and the caller does not learn it. */
  readonly lost: 'none' | 'request' | 'answer' | 'half-answer'
  /** How often it arrives beside the first time. */
  readonly repeats: number
  /** Milliseconds the request, its answer, and each repetition take. Repetitions that take longer arrive among later requests. */
  readonly delayMs: number
  readonly repeatDelayMs: number
}

export const GOOD_FATE: RequestFate = { lost: 'none', repeats: 0, delayMs: 0, repeatDelayMs: 0 }

export interface PassingRequest {
  readonly method: string
  readonly path: string
  /** From 0, in the order of arrival. */
  readonly count: number
}

/** A way for plain HTTP, that treats each request as it is told. */
export interface HttpFaultProxy extends AsyncDisposable {
  readonly port: number
  /** Decides about each request; `chance` draws numbers in [0, 1). */
  set(decide: (request: PassingRequest, chance: () => number) => Partial<RequestFate>): void
  /** Requests so far, repetitions that arrived, and what was lost. */
  readonly seen: { readonly requests: number; readonly repeated: number; readonly lost: number }
}

/** Opens a way for plain HTTP to a port of this machine. Bodies are read whole: it is for what two nodes say to one another. */
export async function openHttpFaultProxy({
  to,
  seed,
}: {
  readonly to: number
  readonly seed: number
}): Promise<HttpFaultProxy> {
  const chance = drawing(seed)
  const seen = { requests: 0, repeated: 0, lost: 0 }
  const stop = new AbortController()
  let decide: Parameters<HttpFaultProxy['set']>[0] = () => ({})

  const carry = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', headers } = message
    const fate = { ...GOOD_FATE, ...decide({ method, path: url, count: seen.requests }, chance) }
    seen.requests += 1
    const body = await whole(message)
    const asked = { to, method, path: url, headers, body }
    if (fate.delayMs > 0) await sleep(fate.delayMs, undefined, { signal: stop.signal })
    if (fate.lost !== 'none') seen.lost += 1
    if (fate.lost === 'request') return void message.socket.resetAndDestroy()
    const answer = await forward(asked)
    for (let repeat = 0; repeat < fate.repeats; repeat += 1)
      void sleep(fate.repeatDelayMs, undefined, { signal: stop.signal })
        .then(() => forward(asked))
        .then(() => (seen.repeated += 1))
        .catch(() => undefined)
    if (fate.delayMs > 0) await sleep(fate.delayMs, undefined, { signal: stop.signal })
    if (fate.lost === 'answer') return void message.socket.resetAndDestroy()
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.byteLength })
    if (fate.lost === 'half-answer') {
      response.write(answer.body.subarray(0, answer.body.byteLength >> 1), () => message.socket.resetAndDestroy())
      return
    }
    response.end(answer.body)
  }
  const server = createServer((message, response) => {
    carry(message, response).catch(() => message.socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    set(next) {
      decide = next
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

interface Asked {
  readonly to: number
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

async function forward({ to, method, path, headers, body }: Asked): Promise<Answered> {
  const { connection: _connection, 'transfer-encoding': _encoding, ...rest } = headers
  const length = method === 'GET' ? {} : { 'content-length': body.byteLength }
  const message = httpRequest({ host: '127.0.0.1', port: to, method, path, headers: { ...rest, ...length } })
  message.end(body)
  const [response] = (await once(message, 'response')) as [IncomingMessage]
  const { connection: _own, 'transfer-encoding': _chunked, 'keep-alive': _kept, ...answered } = response.headers
  return { status: response.statusCode ?? 502, headers: answered, body: await whole(response) }
}

async function whole(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

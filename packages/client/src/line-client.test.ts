import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeBundle } from '@parley/record'
import { expect, test } from 'vitest'
import { createLineClient, type LineClient } from './line-client.ts'
import { LineRefusedError, LineUnreachableError } from './line-errors.ts'
import type { LineEvent, LineStreamState } from './line-events.ts'

interface Seen {
  readonly method: string
  readonly url: string
  readonly type: string
  readonly authorization: string
  readonly body: Buffer
}

type Answer = (seen: Seen, response: ServerResponse, turn: number) => void

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A server that answers as told and remembers what it was asked. */
async function startServer(answer: Answer) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url = '', headers } = request
      const one = { method, url, type: headers['content-type'] ?? '', authorization: headers.authorization ?? '', body }
      seen.push(one)
      answer(one, response, seen.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, seen, [Symbol.asyncDispose]: close }
}

const RETRY = { attempts: 3, firstDelayMs: 1, maxDelayMs: 2 }
const clientOf = (url: string, more: { token?: string } = {}): LineClient =>
  createLineClient({ baseUrl: `${url}/`, retry: RETRY, ...more })

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

async function thrown(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  )
}

test('every call goes where the contract says, with the type its body has', async () => {
  await using server = await startServer((_seen, response) => json(response, 200, {}))
  const line = clientOf(server.url, { token: 'ab'.repeat(32) })
  const note = new TextEncoder().encode('a note\n')
  await line.list()
  await line.messages('t', { print: 'ru', after: 4, limit: 2 })
  await line.post('t', note)
  await line.postMany('t', [note, note])
  await line.acts('t', { origin: 't.parley/a/1', from: 3 })
  await line.putCharter('t', 'text')
  await line.open('t', null)
  await line.compare('t', { party: 'b', code: '1' })
  await line.carrierTake('t', { party: 'b', kind: 'entries', bytes: note })
  expect(server.seen.map(({ method, url, type }) => [method, url, type])).toEqual([
    ['GET', '/line/v1', ''],
    ['GET', '/line/v1/tables/t/messages?print=ru&after=4&limit=2', ''],
    ['POST', '/line/v1/tables/t/acts', 'text/plain'],
    ['POST', '/line/v1/tables/t/acts', 'application/octet-stream'],
    ['GET', '/line/v1/tables/t/acts?origin=t.parley%2Fa%2F1&from=3', ''],
    ['PUT', '/line/v1/tables/t/charter', 'text/plain'],
    ['POST', '/line/v1/tables/t/open', 'text/plain'],
    ['POST', '/line/v1/tables/t/compare', 'application/json'],
    ['POST', '/line/v1/tables/t/carrier/b', 'application/octet-stream'],
  ])
  expect(server.seen[2]?.body.toString()).toBe('a note\n')
  expect(decodeBundle(new Uint8Array(server.seen[3]?.body ?? []), 2)).toEqual([note, note])
  expect(server.seen[0]?.authorization).toBe(`Bearer ${'ab'.repeat(32)}`)
})

test('a refusal carries the node’s code and every reason, and is not repeated', async () => {
  const reasons = [{ code: 'kind.unknown', outcome: 'INV', field: 'kind', value: 'x', rule: 'must be known' }]
  await using server = await startServer((_seen, response) =>
    json(response, 422, { message: 'not fit for the log', code: 'ACT_REFUSED', reasons, more: 1 }),
  )
  const error = await thrown(clientOf(server.url).post('t', new Uint8Array([1])))
  expect(error).toBeInstanceOf(LineRefusedError)
  expect(error).toMatchObject({ code: 'ACT_REFUSED', status: 422, reasons, details: { more: 1 } })
  expect(server.seen).toHaveLength(1)
})

test('a failure that may pass is repeated with the very same bytes', async () => {
  await using server = await startServer((_seen, response, turn) =>
    turn < 3 ? json(response, 503, { message: 'later' }) : json(response, 201, { index: 4 }),
  )
  expect(await clientOf(server.url).post('t', new TextEncoder().encode('act'))).toEqual({ index: 4 })
  expect(server.seen.map(({ body }) => body.toString())).toEqual(['act', 'act', 'act'])
})

test('a node that fails, is not there, or answers no JSON is told apart from one that refuses', async () => {
  await using server = await startServer(({ url }, response) => {
    response.writeHead(url.endsWith('/draft') ? 200 : 500)
    response.end('<html>')
  })
  const line = clientOf(server.url)
  expect(await thrown(line.state('t'))).toMatchObject({ code: 'line-server', details: { status: 500 } })
  expect(await thrown(line.draft('t'))).toMatchObject({ code: 'line-unreadable' })
  const nowhere = await thrown(clientOf('http://127.0.0.1:9').list())
  expect(nowhere).toBeInstanceOf(LineUnreachableError)
  expect(nowhere).toMatchObject({ code: 'line-unreachable' })
})

test('a call that is stopped rejects with the reason it was stopped for', async () => {
  await using server = await startServer(() => undefined)
  const stop = new AbortController()
  const call = thrown(clientOf(server.url).list({ signal: stop.signal }))
  stop.abort(new Error('enough'))
  expect(await call).toMatchObject({ message: 'enough' })
})

test('a piece of a log comes with where the next begins; an answer without it is unreadable', async () => {
  await using server = await startServer(({ url }, response) => {
    if (url.endsWith('from=0')) response.setHeader('parley-next', '256').setHeader('parley-size', '300')
    response.end(Buffer.from([1, 2, 3]))
  })
  const line = clientOf(server.url)
  expect(await line.carrierEntries('t', { party: 'b', from: 0 })).toEqual({
    bytes: new Uint8Array([1, 2, 3]),
    next: 256,
    size: 300,
  })
  expect(await thrown(line.carrierEntries('t', { party: 'b', from: 1 }))).toMatchObject({ code: 'line-unreadable' })
})

test('a mirror that stands elsewhere than a carried file says so: 409 is an answer', async () => {
  await using server = await startServer((_seen, response) => {
    response.writeHead(409)
    response.end('12\n')
  })
  const body = { party: 'b', kind: 'checkpoint', bytes: new Uint8Array([1]) } as const
  expect(await clientOf(server.url).carrierTake('t', body)).toEqual({ status: 409, text: '12\n' })
})

test('events go on after the connection was lost, and unknown ones are passed over', async () => {
  await using server = await startServer((_seen, response, turn) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`event: missed\ndata: {"acts":3}\n\nevent: state\nid: ${turn}\ndata: {"version":${turn}}\n\n`)
    setTimeout(() => response.destroy(), 20)
  })
  const stop = new AbortController()
  const states: LineStreamState['kind'][] = []
  const events: LineEvent[] = []
  const onState = (state: LineStreamState): void => void states.push(state.kind)
  for await (const event of clientOf(server.url).events('t', { signal: stop.signal, kinds: ['state'], onState })) {
    events.push(event)
    if (events.length === 2) stop.abort()
  }
  expect(events.map(({ kind, version }) => [kind, version])).toEqual([
    ['state', '1'],
    ['state', '2'],
  ])
  expect(states).toEqual(['open', 'waiting', 'open'])
  expect(server.seen[0]?.url).toBe('/line/v1/tables/t/events?kinds=state')
})

test('events that are refused end with the refusal', async () => {
  await using server = await startServer((_seen, response) =>
    json(response, 404, { message: 'no such table', code: 'LINE_TABLE_UNKNOWN' }),
  )
  const events = clientOf(server.url).events('t', { signal: new AbortController().signal })
  expect(await thrown(events.next())).toMatchObject({ code: 'LINE_TABLE_UNKNOWN', status: 404 })
})

import { createDssClient, explainAnswer, NO_RETRY, StreamRefusedError, type StreamState } from '@parley/client'
import { expect, test } from 'vitest'
import { reply, startPeer } from './peer.ts'

const ID = '2f8343be-6482-4d1b-a474-16847e01af1e'
const PLAN = { extents: [], state: 'Accepted' as const, uss_base_url: 'https://uss1.example' }
const QUICK = { retry: { attempts: 3, firstDelayMs: 1, maxDelayMs: 2 } }

function clientOf(baseUrl: string, tokens: string[] = ['t1']) {
  let given = 0
  const asked: (readonly string[])[] = []
  const client = createDssClient({
    baseUrl,
    defaults: QUICK,
    token: (scopes, request) => {
      asked.push(scopes)
      if (request?.fresh === true) given++
      return Promise.resolve(tokens[Math.min(given, tokens.length - 1)] as string)
    },
  })
  return { client, asked }
}

test('accepted, conflict and refused are told apart', async () => {
  await using peer = await startPeer(({ method }, response) => {
    if (method === 'GET') reply(response, 200, { operational_intent_reference: { id: ID } })
    else if (method === 'PUT')
      reply(response, 409, { message: 'blocked', code: 'AIRSPACE_CONFLICT', clearing: { later_s: 60 } })
    else if (method === 'POST') reply(response, 413, { message: 'too large', code: 'AREA_TOO_LARGE' })
    else response.writeHead(404).end('<h1>not here</h1>')
  })
  const { client, asked } = clientOf(peer.baseUrl)
  const read = await client.operationalIntents.get(ID)
  expect(read).toMatchObject({ kind: 'accepted', status: 200, value: { operational_intent_reference: { id: ID } } })
  const put = await client.operationalIntents.put(ID, PLAN)
  expect(put).toMatchObject({ kind: 'conflict', error: { clearing: { later_s: 60 } } })
  const query = await client.operationalIntents.query({ volume: {} })
  expect(query).toMatchObject({ kind: 'refused', status: 413, error: { code: 'AREA_TOO_LARGE' } })
  const gone = await client.constraints.delete(ID, 'a/b')
  expect(gone).toMatchObject({ kind: 'refused', status: 404, error: { code: 'unknown', message: '<h1>not here</h1>' } })
  expect(gone.kind === 'accepted' ? '' : explainAnswer(gone)).toBe('404: <h1>not here</h1>')
  expect(peer.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `GET /dss/v1/operational_intent_references/${ID}`,
    `PUT /dss/v1/operational_intent_references/${ID}`,
    'POST /dss/v1/operational_intent_references/query',
    `DELETE /dss/v1/constraint_references/${ID}/a%2Fb`,
  ])
  expect(asked).toEqual([
    ['utm.strategic_coordination'],
    ['utm.strategic_coordination'],
    ['utm.strategic_coordination'],
    ['utm.constraint_management'],
  ])
})

test('a write whose answer was lost is repeated to the byte', async () => {
  await using peer = await startPeer((_seen, response, count) => {
    if (count === 1) response.destroy()
    else if (count === 2) reply(response, 503, { message: 'starting', code: 'TIMEOUT' })
    else reply(response, 201, { subscribers: [], operational_intent_reference: { id: ID, version: 1 } })
  })
  const { client } = clientOf(peer.baseUrl)
  const answer = await client.operationalIntents.put(ID, { ...PLAN, key: ['a'.repeat(44)] })
  expect(answer).toMatchObject({ kind: 'accepted', status: 201 })
  expect(peer.requests).toHaveLength(3)
  expect(new Set(peer.requests.map((seen) => JSON.stringify(seen))).size).toBe(1)
})

test('a report is never repeated, and says that it may have arrived', async () => {
  await using peer = await startPeer((_seen, response) => response.destroy())
  const { client } = clientOf(peer.baseUrl)
  const answer = await client.report({
    exchange: {
      url: 'https://uss2.example',
      method: 'GET',
      recorder_role: 'Client',
      request_time: { value: '2025-08-14T10:00:00Z', format: 'RFC3339' },
    },
  })
  expect(answer).toMatchObject({ kind: 'failed', reason: 'unreachable', sent: true })
  expect(peer.requests).toHaveLength(1)
})

test('what will not pass is not repeated: 500, and an answer that is not JSON', async () => {
  await using peer = await startPeer((_seen, response, count) => {
    if (count === 1) reply(response, 500, { message: 'broken', code: 'INTERNAL', error_id: 'x' })
    else response.writeHead(200).end('{"oper')
  })
  const { client } = clientOf(peer.baseUrl)
  expect(await client.operationalIntents.get(ID)).toMatchObject({ kind: 'failed', reason: 'server', status: 500 })
  expect(await client.operationalIntents.get(ID)).toMatchObject({ kind: 'failed', reason: 'unreadable' })
  expect(peer.requests).toHaveLength(2)
})

test('every call has a deadline, and a caller may stop earlier', async () => {
  await using peer = await startPeer(() => {})
  const { client } = clientOf(peer.baseUrl)
  expect(await client.status({ deadlineMs: 50 })).toMatchObject({ kind: 'failed', reason: 'deadline', sent: true })
  expect(await client.status({ attemptMs: 20, retry: NO_RETRY })).toMatchObject({ kind: 'failed', reason: 'deadline' })
  const stop = new AbortController()
  const call = client.status({ signal: stop.signal })
  stop.abort()
  expect(await call).toMatchObject({ kind: 'failed', reason: 'stopped' })
  expect(await client.status({ signal: stop.signal })).toMatchObject({ reason: 'stopped', sent: false })
})

test('a token that is no longer accepted is renewed once', async () => {
  await using peer = await startPeer(({ authorization }, response) => {
    if (authorization === 'Bearer t2') reply(response, 200, {})
    else reply(response, 401, { message: 'expired', code: 'UNAUTHENTICATED' })
  })
  expect(await clientOf(peer.baseUrl, ['t1', 't2']).client.picture()).toMatchObject({ kind: 'accepted' })
  expect(await clientOf(peer.baseUrl, ['t1']).client.picture()).toMatchObject({ kind: 'refused', status: 401 })
  expect(peer.requests).toHaveLength(4)
})

test('without a token nothing leaves', async () => {
  await using peer = await startPeer((_seen, response) => reply(response, 200, {}))
  const client = createDssClient({
    baseUrl: peer.baseUrl,
    defaults: QUICK,
    token: () => Promise.reject(new Error('issuer is down')),
  })
  expect(await client.picture()).toEqual({ kind: 'failed', reason: 'token', message: 'issuer is down', sent: false })
  expect(await client.status()).toMatchObject({ kind: 'accepted' })
  expect(peer.requests.map(({ url }) => url)).toEqual(['/parley/v1/status'])
})

const event = (seq: number) => `id: ${seq}\nevent: decision\ndata: ${JSON.stringify({ seq })}\n\n`

test('events go on behind the last one over lost connections, each once and in order', async () => {
  await using peer = await startPeer(({ url }, response, count) => {
    response.writeHead(count === 2 ? 503 : 200, { 'content-type': 'text/event-stream' })
    const after = Number(new URL(url, 'http://peer').searchParams.get('after'))
    if (count === 1) {
      response.write(event(5) + event(6))
      setTimeout(() => response.destroy(), 20)
    } else if (count === 2) response.end()
    else response.write(`:hello\n\n${event(after)}${event(after + 1)}${event(after + 2)}`)
  })
  const { client } = clientOf(peer.baseUrl)
  const stop = new AbortController()
  const states: StreamState['kind'][] = []
  const seqs: number[] = []
  for await (const decision of client.events({
    after: 4,
    signal: stop.signal,
    onState: ({ kind }) => states.push(kind),
  })) {
    seqs.push(decision.seq)
    if (decision.seq === 8) stop.abort()
  }
  expect(seqs).toEqual([5, 6, 7, 8])
  expect(states).toEqual(['open', 'waiting', 'waiting', 'open'])
  expect(peer.requests.map(({ url }) => url)).toEqual([4, 6, 6].map((seq) => `/parley/v1/events?after=${seq}`))
})

test('a silent stream is taken for lost', async () => {
  await using peer = await startPeer((_seen, response, count) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(count === 1 ? ':hello\n\n' : event(1))
  })
  const { client } = clientOf(peer.baseUrl)
  for await (const decision of client.events({ after: 0, signal: AbortSignal.timeout(10_000), silenceMs: 50 })) {
    expect(decision.seq).toBe(1)
    break
  }
  expect(peer.requests).toHaveLength(2)
})

test('a refused stream throws', async () => {
  await using peer = await startPeer((_seen, response) =>
    reply(response, 403, { message: 'wrong scope', code: 'FORBIDDEN' }),
  )
  const { client } = clientOf(peer.baseUrl)
  const stream = client.events({ after: 0, signal: AbortSignal.timeout(10_000) })
  const first = stream[Symbol.asyncIterator]().next()
  await expect(first).rejects.toSatisfy(
    (error) => error instanceof StreamRefusedError && error.details['status'] === 403,
  )
})

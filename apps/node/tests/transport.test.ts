import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, intentBody, newId, startTestNode, type TestNode, wireVolume } from './harness.ts'

let node: TestNode

beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node[Symbol.asyncDispose]())

const QUERY = '/dss/v1/operational_intent_references/query'

/** The first answer in what came back over a connection. */
function answerIn(text: string): { status: number; body: Record<string, unknown> | null } {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
  const at = text.indexOf('\r\n\r\n')
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
  try {
    return { status, body: JSON.parse(text.slice(at + 4, at + 4 + length)) as Record<string, unknown> }
  } catch {
    return { status, body: null }
  }
}

const head = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`
const authorization = () => `authorization: Bearer ${node.token()}`

describe('what is not quite HTTP', () => {
  const cases: Record<string, readonly [bytes: () => string, statuses: readonly number[]]> = {
    noise: [() => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n', [400]],
    'a request line alone that is none': [() => 'GET\r\n\r\n', [400]],
    'another version': [() => 'GET / HTTP/9.9\r\nhost: x\r\n\r\n', [400, 505]],
    'no host': [() => 'GET /healthy HTTP/1.1\r\n\r\n', [400]],
    'a header without a name': [() => head(['GET /healthy HTTP/1.1', 'host: x', ': y']), [400]],
    'a header folded over lines': [() => head(['GET /healthy HTTP/1.1', 'host: x', 'a: b', '  c']), [200, 400]],
    'a zero byte in a header': [() => head(['GET /healthy HTTP/1.1', 'host: x', 'a: \0']), [400]],
    'a length that is none': [() => head([`POST ${QUERY} HTTP/1.1`, 'host: localhost', 'content-length: x']), [400]],
    'a negative length': [() => head([`POST ${QUERY} HTTP/1.1`, 'host: localhost', 'content-length: -1']), [400]],
    'two lengths': [
      () => head([`POST ${QUERY} HTTP/1.1`, 'host: localhost', 'content-length: 2', 'content-length: 3']),
      [400],
    ],
    'a length and chunks': [
      () => head([`POST ${QUERY} HTTP/1.1`, 'host: localhost', 'content-length: 2', 'transfer-encoding: chunked']),
      [400],
    ],
    'another transfer coding': [
      () => head([`POST ${QUERY} HTTP/1.1`, 'host: localhost', 'transfer-encoding: gzip']),
      [400, 501],
    ],
    'chunks that are none': [
      () =>
        `${head([`POST ${QUERY} HTTP/1.1`, 'host: localhost', authorization(), 'content-type: application/json', 'transfer-encoding: chunked'])}zz\r\n{}\r\n`,
      [400],
    ],
    'headers of 20 KB': [() => head(['GET /healthy HTTP/1.1', 'host: x', `a: ${'b'.repeat(20_000)}`]), [431]],
    'a path of 20 KB': [() => head([`GET /${'a'.repeat(20_000)} HTTP/1.1`, 'host: x']), [431]],
    'a thousand headers': [
      () => head(['GET /healthy HTTP/1.1', 'host: x', ...Array.from({ length: 3000 }, (_, n) => `h${n}: v`)]),
      [431],
    ],
  }
  test.each(Object.entries(cases))('%s', async (_name, [bytes, statuses]) => {
    const answer = answerIn(await node.speak(bytes(), { end: true }))
    expect(statuses).toContain(answer.status)
    if (answer.status >= 400 && answer.body !== null)
      expect(answer.body).toMatchObject({ code: expect.any(String), message: expect.any(String) })
    if (answer.status === 431) expect(answer.body).toMatchObject({ code: 'HEADERS_TOO_LARGE' })
    expect((await node.ask('GET', '/healthy', { token: null })).text).toBe('ok')
  })

  test('after a good request on one connection does not spoil its answer', async () => {
    const text = await node.speak(`${head(['GET /healthy HTTP/1.1', 'host: localhost'])}\x01\x02 garbage\r\n\r\n`, {
      end: true,
    })
    // None is an honest answer where the connection is beyond saving; a refusal would be a lie.
    if (text !== '') expect(text.startsWith('HTTP/1.1 200')).toBe(true)
  })

  test('many good requests at once on one connection are answered in order', async () => {
    const body = JSON.stringify({ area_of_interest: wireVolume() })
    const one = `${head([`POST ${QUERY} HTTP/1.1`, 'host: localhost', authorization(), 'content-type: application/json', `content-length: ${Buffer.byteLength(body)}`])}${body}`
    const last = head(['GET /healthy HTTP/1.1', 'host: localhost', 'connection: close'])
    const text = await node.speak(one.repeat(5) + last)
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(6)
    expect(text.endsWith('ok')).toBe(true)
  })
})

describe('a body that does not come as announced', () => {
  const put = (length: number) =>
    head([
      `PUT /dss/v1/operational_intent_references/${newId()} HTTP/1.1`,
      'host: localhost',
      authorization(),
      'content-type: application/json',
      `content-length: ${length}`,
    ])

  test('longer than its length: the first part is judged alone, or nothing is said', async () => {
    const text = await node.speak(`${put(2)}{}{"more":1}`, { end: true })
    if (text !== '') expect(answerIn(text)).toMatchObject({ status: 400, body: { code: 'INVALID_BODY' } })
  })

  test('shorter, and the connection ended: nothing is decided', async () => {
    const before = await node.status()
    await node.speak(`${put(500)}${JSON.stringify(intentBody()).slice(0, 100)}`, { end: true })
    expect((await node.status()).head).toBe(before.head)
  })

  test('dribbled: the node ends it within its deadline, on the short way and the long one', async () => {
    // Once through the framework, so that the token is known to the short way.
    await node.ask('POST', QUERY, { body: { area_of_interest: wireVolume() } })
    const before = await node.status()
    const query = head([
      `POST ${QUERY} HTTP/1.1`,
      'host: localhost',
      authorization(),
      'content-type: application/json',
      'content-length: 500',
    ])
    const answers = await Promise.all(
      [put(500), query, 'GET /healthy HTTP/1.1\r\nhost: lo'].map((bytes) => node.speak(bytes, { untilMs: 45_000 })),
    )
    for (const text of answers) expect(answerIn(text)).toMatchObject({ status: 408, body: { code: 'TIMEOUT' } })
    expect((await node.status()).head).toBe(before.head)
  }, 60_000)

  test('larger than 4 MiB in chunks of no announced length', async () => {
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`
    const start = head([
      `POST ${QUERY} HTTP/1.1`,
      'host: localhost',
      authorization(),
      'content-type: application/json',
      'transfer-encoding: chunked',
    ])
    const text = await node.speak(start + chunk.repeat(70))
    // The node may close before it has read all; when it answers, this is the answer.
    if (text !== '') expect(answerIn(text)).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } })
    expect((await node.ask('GET', '/healthy', { token: null })).status).toBe(200)
  })

  test('announced larger than 4 MiB on the path of plans', async () => {
    const reply = await node.ask('PUT', `/dss/v1/operational_intent_references/${newId()}`, {
      raw: Buffer.alloc(4 * 1024 * 1024 + 1, 0x20),
    })
    expectError(reply, 413, 'BODY_TOO_LARGE')
  })
})

describe('the short way of plans and the long one', () => {
  // A parameter nobody reads sends a request the long way.
  const both = async (method: string, path: string, asked: Parameters<TestNode['ask']>[2]) => {
    await node.ask('POST', QUERY, { ...asked, raw: undefined as never, body: { area_of_interest: wireVolume() } })
    return [await node.ask(method, path, asked), await node.ask(method, `${path}?long`, asked)] as const
  }

  test('answer alike', async () => {
    const taken = newId()
    await node.ask('PUT', `/dss/v1/operational_intent_references/${taken}`, { body: intentBody({ lat: 20 }) })
    const asks: readonly (readonly [path: string, asked: Parameters<TestNode['ask']>[2]])[] = [
      [taken, { body: intentBody({ lat: 20 }, { uss_base_url: 'https://other.example' }) }],
      [taken, { body: intentBody({ lat: 20 }), token: node.token('uss2') }],
      [taken, { body: intentBody({ lat: 20 }), token: node.token('uss1', 'rid.display_provider') }],
      [newId(), { body: intentBody({ lat: 20 }) }],
      [newId(), { raw: '{' }],
      [newId(), { raw: '{"a":1,"a":1}' }],
      [newId(), { body: {} }],
      [newId(), { body: intentBody({}, { state: 'Ended' }) }],
      [`${newId()}/${'o'.repeat(44)}`, { body: intentBody() }],
      [`${taken}/${'o'.repeat(44)}`, { body: intentBody() }],
      [`${taken}/short`, { body: intentBody() }],
      ['not-a-uuid', { body: intentBody() }],
      ['x'.repeat(36), { body: intentBody() }],
    ]
    for (const [path, asked] of asks) {
      const [short, long] = await both('PUT', `/dss/v1/operational_intent_references/${path}`, asked)
      expect(short.status).toBeGreaterThanOrEqual(400)
      const shape = ({ status, json, headers }: typeof short) => ({
        status,
        code: json?.['code'],
        details: json?.['details'],
        type: headers['content-type'],
        nosniff: headers['x-content-type-options'],
      })
      expect(shape(short)).toEqual(shape(long))
    }
  })
})

test('after all this nothing failed in the node', () => {
  expect(node.log.filter((line) => line.startsWith('fault'))).toEqual([])
})

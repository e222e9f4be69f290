import { createHash } from 'node:crypto'
import { buildOpenApi, operationList } from '@parley/contracts'
import { describe, expect, test } from 'vitest'
import { VERSION } from '../src/version.ts'
import {
  constraintBody,
  expectError,
  goodClaims,
  intentBody,
  makeFolder,
  makeToken,
  newId,
  type Reply,
  reportBody,
  ridV1Volume,
  startTestNode,
  subscriptionBody,
  type TestNode,
  wireVolume,
} from './harness.ts'

const OIR = '/dss/v1/operational_intent_references'
const CR = '/dss/v1/constraint_references'
const SUB = '/dss/v1/subscriptions'

// Answers are looked into at places that each test knows.
// oxlint-disable-next-line no-explicit-any
type Json = Record<string, any>
const referenceOf = (reply: Reply): Json =>
  (reply.json as Json)['operational_intent_reference'] ?? (reply.json as Json)['constraint_reference']

describe('a write that is repeated', () => {
  /** Each write of the node: what to send first, and what to read from the answer to send next. */
  const writes: Record<
    string,
    (node: TestNode) => Promise<readonly [method: string, path: string, body: object | undefined]>
  > = {
    'creation of an intent': async () => [
      'PUT',
      `${OIR}/${newId()}`,
      intentBody({}, { new_subscription: { uss_base_url: 'https://uss1.example' } }),
    ],
    'update of an intent': async (node) => {
      const id = newId()
      const { ovn } = referenceOf(await node.ask('PUT', `${OIR}/${id}`, { body: intentBody({ lat: 11 }) }))
      return ['PUT', `${OIR}/${id}/${ovn}`, intentBody({ lat: 11, high: 300 })]
    },
    'deletion of an intent': async (node) => {
      const id = newId()
      const { ovn } = referenceOf(await node.ask('PUT', `${OIR}/${id}`, { body: intentBody({ lat: 12 }) }))
      return ['DELETE', `${OIR}/${id}/${ovn}`, undefined]
    },
    'creation of a constraint': async () => ['PUT', `${CR}/${newId()}`, constraintBody()],
    'deletion of a constraint': async (node) => {
      const id = newId()
      const { ovn } = referenceOf(await node.ask('PUT', `${CR}/${id}`, { body: constraintBody({ lat: 12 }) }))
      return ['DELETE', `${CR}/${id}/${ovn}`, undefined]
    },
    'creation of a subscription': async () => ['PUT', `${SUB}/${newId()}`, subscriptionBody({ lat: 30 })],
    'update of a subscription': async (node) => {
      const id = newId()
      const { json } = await node.ask('PUT', `${SUB}/${id}`, { body: subscriptionBody({ lat: 31 }) })
      return ['PUT', `${SUB}/${id}/${(json as Json)['subscription'].version}`, subscriptionBody({ lat: 31, to: 3 })]
    },
    'deletion of a subscription': async (node) => {
      const id = newId()
      const { json } = await node.ask('PUT', `${SUB}/${id}`, { body: subscriptionBody({ lat: 32 }) })
      return ['DELETE', `${SUB}/${id}/${(json as Json)['subscription'].version}`, undefined]
    },
    'setting of an availability': async () => [
      'PUT',
      `/dss/v1/uss_availability/${newId()}`,
      { availability: 'normal', old_version: '' },
    ],
    'creation of an F3411-19 service area': async () => [
      'PUT',
      `/v1/dss/identification_service_areas/${newId()}`,
      { extents: ridV1Volume(), flights_url: 'https://uss1.example/f' },
    ],
    'creation of an F3411-22a subscription': async () => [
      'PUT',
      `/rid/v2/dss/subscriptions/${newId()}`,
      { extents: wireVolume({ lat: 33 }), uss_base_url: 'https://uss1.example' },
    ],
    'deletion of an F3411-22a service area': async (node) => {
      const id = newId()
      const { json } = await node.ask('PUT', `/rid/v2/dss/identification_service_areas/${id}`, {
        body: { extents: wireVolume({ lat: 34 }), uss_base_url: 'https://uss1.example' },
      })
      return [
        'DELETE',
        `/rid/v2/dss/identification_service_areas/${id}/${(json as Json)['service_area'].version}`,
        undefined,
      ]
    },
  }

  test('gets the answer of the first, before and after a restart, and writes nothing', async () => {
    await using folder = await makeFolder()
    const dataDir = `${folder.path}/data`
    const asks: (readonly [name: string, method: string, path: string, body: object | undefined, first: Reply])[] = []
    let head = 0
    {
      await using node = await startTestNode({ dataDir })
      for (const [name, prepare] of Object.entries(writes)) {
        const [method, path, body] = await prepare(node)
        const first = await node.ask(method, path, { body })
        expect([name, first.status, first.text]).toEqual([
          name,
          expect.toSatisfy((status: number) => status === 200 || status === 201),
          expect.any(String),
        ])
        asks.push([name, method, path, body, first])
      }
      head = (await node.status()).head
      for (const [name, method, path, body, first] of asks) {
        const again = await node.ask(method, path, { body })
        expect([name, again.status, again.json]).toEqual([name, first.status, first.json])
      }
      expect((await node.status()).head).toBe(head)
    }
    await using node = await startTestNode({ dataDir })
    expect((await node.status()).head).toBe(head)
    for (const [name, method, path, body, first] of asks) {
      const again = await node.ask(method, path, { body })
      expect([name, again.status, again.json]).toEqual([name, first.status, first.json])
    }
    expect((await node.status()).head).toBe(head)
  })

  test('is judged anew with --compat', async () => {
    await using node = await startTestNode({ compat: true })
    const path = `${OIR}/${newId()}`
    const body = intentBody()
    expect((await node.ask('PUT', path, { body })).status).toBe(201)
    expectError(await node.ask('PUT', path, { body }), 409, 'ALREADY_EXISTS')
  })
})

describe('a node that starts again', () => {
  test('holds what it held: OVNs, counts, decisions, its key', async () => {
    await using folder = await makeFolder()
    const dataDir = `${folder.path}/data`
    const id = newId()
    let before: Json
    let token: string
    let keys: string
    {
      await using node = await startTestNode({ dataDir })
      const subscription = newId()
      await node.ask('PUT', `${SUB}/${subscription}`, { body: subscriptionBody() })
      const made = await node.ask('PUT', `${OIR}/${id}`, { body: intentBody() })
      expect(made.status).toBe(201)
      expectError(
        await node.ask('PUT', `${OIR}/${newId()}`, { body: intentBody(), token: node.token('uss2') }),
        409,
        'AIRSPACE_CONFLICT',
      )
      const { json } = await node.ask('GET', `${OIR}/${id}`)
      const { json: decisions } = await node.ask('GET', '/parley/v1/decisions')
      const { head, counts } = await node.status()
      before = { json, decisions, head, counts }
      const issued = await node.ask(
        'GET',
        '/token?intended_audience=localhost&scope=utm.strategic_coordination&sub=uss1',
        { token: null },
      )
      token = (issued.json as Json)['access_token']
      keys = (await node.ask('GET', '/.well-known/jwks.json', { token: null })).text
    }
    await using node = await startTestNode({ dataDir })
    const read = await node.ask('GET', `${OIR}/${id}`, { token })
    expect(read.json).toEqual(before['json'])
    expect((await node.ask('GET', '/parley/v1/decisions')).json).toEqual(before['decisions'])
    expect(await node.status()).toMatchObject({ head: before['head'], counts: before['counts'] })
    expect((await node.ask('GET', '/.well-known/jwks.json', { token: null })).text).toBe(keys)
    // And goes on from there.
    const { ovn } = referenceOf(read)
    const updated = await node.ask('PUT', `${OIR}/${id}/${ovn}`, { body: intentBody({ high: 250 }) })
    expect([updated.status, referenceOf(updated)['version']]).toEqual([200, 2])
    expect((updated.json as Json)['subscribers'][0].subscriptions[0].notification_index).toBe(2)
  })
})

describe('what others may see', () => {
  test('OVNs are for their manager only, in every answer', async () => {
    await using node = await startTestNode()
    const id = newId()
    const { ovn } = referenceOf(await node.ask('PUT', `${OIR}/${id}`, { body: intentBody() }))
    await node.ask('PUT', `${CR}/${newId()}`, { body: constraintBody() })
    const other = node.token('uss2')
    const seen = [
      await node.ask('GET', `${OIR}/${id}`, { token: other }),
      await node.ask('POST', `${OIR}/query`, { token: other, body: { area_of_interest: wireVolume() } }),
      await node.ask('POST', `${CR}/query`, { token: other, body: { area_of_interest: wireVolume() } }),
      await node.ask('PUT', `${OIR}/${newId()}`, { token: other, body: intentBody() }),
      await node.ask('PUT', `${SUB}/${newId()}`, {
        token: other,
        body: subscriptionBody({}, { notify_for_constraints: true }),
      }),
      await node.ask('POST', '/parley/v1/checks', { token: other, body: { extents: [wireVolume()] } }),
      await node.ask('GET', '/parley/v1/picture', { token: other }),
      await node.ask('GET', '/parley/v1/decisions', { token: other }),
    ]
    for (const { text } of seen) {
      expect(text).not.toContain(ovn)
      expect(text).toContain('Available from USS')
    }
    expect((await node.ask('GET', `${OIR}/${id}`)).text).toContain(ovn)
    expect((await node.ask('GET', '/parley/v1/decisions')).text).toContain(ovn)
  })

  test('subscriptions are for their owner only', async () => {
    await using node = await startTestNode()
    const id = newId()
    await node.ask('PUT', `${SUB}/${id}`, { body: subscriptionBody() })
    expectError(await node.ask('GET', `${SUB}/${id}`, { token: node.token('uss2') }), 403, 'NOT_MANAGER')
    const found = await node.ask('POST', `${SUB}/query`, {
      token: node.token('uss2'),
      body: { area_of_interest: wireVolume() },
    })
    expect(found.json).toEqual({ subscriptions: [] })
  })
})

describe('a report', () => {
  test('is echoed under a new id, without what was null, and kept as it came', async () => {
    await using node = await startTestNode()
    const { exchange } = reportBody()
    const sent = { report_id: 'mine', exchange: { ...exchange, problem: null, response_time: null, extra: 'kept' } }
    const reply = await node.ask('POST', '/dss/v1/reports', { body: sent })
    const { problem: _problem, response_time: _time, ...rest } = sent.exchange
    expect([reply.status, reply.json]).toEqual([201, { report_id: expect.not.stringMatching('mine'), exchange: rest }])
    const entry = await node.node.pool.entryAt(1)
    expect(entry.outcome).toMatchObject({ kind: 'accepted', changes: [{ kind: 'report', body: JSON.stringify(sent) }] })
  })
})

describe('a decision', () => {
  test('names its request by the SHA-256 that the supplier can compute: granted or refused, whichever way it was read', async () => {
    await using node = await startTestNode()
    const expected: string[] = []
    const send = async (method: string, path: string, asked: { body?: unknown; headers?: Record<string, string> }) => {
      const body = asked.body === undefined ? '' : JSON.stringify(asked.body)
      expected.push(createHash('sha256').update(`${method} ${path}\n${body}`).digest('hex'))
      return await node.ask(method, path, asked)
    }
    const first = `${OIR}/${newId()}`
    const framework = { 'content-type': 'application/json; charset=utf-8' }
    const { ovn } = referenceOf(await send('PUT', first, { body: intentBody() }))
    expect((await send('PUT', `${OIR}/${newId()}`, { body: intentBody() })).status).toBe(409)
    await send('PUT', `${CR}/${newId()}`, { body: constraintBody(), headers: framework })
    await send('POST', '/dss/v1/reports', { body: reportBody() })
    await send('DELETE', `${first}/${ovn}`, {})
    const { json } = await node.ask('GET', '/parley/v1/decisions')
    const { decisions } = json as { decisions: { request_sha256: string }[] }
    expect(decisions.map((one) => one.request_sha256)).toEqual(expected)
  })
})

describe('a conflict', () => {
  test('tells what blocks, by how much, and the shifts that clear it; each of them does', async () => {
    await using node = await startTestNode()
    const blocker = newId()
    const placed = await node.ask('PUT', `${OIR}/${blocker}`, { body: intentBody() })
    expect(placed.status).toBe(201)
    const body = intentBody({ low: 150, high: 250 })
    const refused = expectError(
      await node.ask('PUT', `${OIR}/${newId()}`, { body, token: node.token('uss2') }),
      409,
      'AIRSPACE_CONFLICT',
    ) as Json
    expect(refused['missing_operational_intents']).toMatchObject([{ id: blocker, ovn: 'Available from USS' }])
    expect(refused['missing_constraints']).toBeUndefined()
    expect(refused['blocking']).toMatchObject([
      {
        entity: 'operational_intent',
        id: blocker,
        manager: 'uss1',
        overlaps: true,
        axis: 'height',
        height_m: 50,
        distance_m: 0,
      },
    ])
    const clearing = refused['clearing'] as Json
    expect(clearing).toMatchObject({ up_m: 50.01, down_m: 150.01 })
    const moved = (by: { s?: number; m?: number }) => {
      const [extents] = structuredClone(body.extents) as [ReturnType<typeof wireVolume>]
      for (const time of [extents.time_start, extents.time_end])
        time.value = new Date(Date.parse(time.value) + (by.s ?? 0) * 1000).toISOString()
      for (const height of [extents.volume.altitude_lower, extents.volume.altitude_upper]) height.value += by.m ?? 0
      return { extents: [extents] }
    }
    const verdict = async (by: { s?: number; m?: number }) =>
      ((await node.ask('POST', '/parley/v1/checks', { body: moved(by) })).json as Json)['verdict']
    expect(await verdict({})).toBe('blocked')
    expect(await verdict({ s: clearing['later_s'] })).toBe('clear')
    expect(await verdict({ s: clearing['later_s'] - 0.001 })).toBe('blocked')
    expect(await verdict({ m: clearing['up_m'] })).toBe('clear')
    expect(await verdict({ m: clearing['up_m'] - 0.01 })).toBe('blocked')
    expect(await verdict({ m: -clearing['down_m'] })).toBe('clear')
    expect(await verdict({ m: 0.01 - clearing['down_m'] })).toBe('blocked')
  })

  test('with an open constraint is told in numbers that JSON has', async () => {
    await using node = await startTestNode()
    const { altitude_lower: _low, altitude_upper: _high, ...open } = wireVolume().volume
    expect(
      (
        await node.ask('PUT', `${CR}/${newId()}`, {
          body: { ...constraintBody(), extents: [{ ...wireVolume(), volume: open }] },
        })
      ).status,
    ).toBe(201)
    const { json } = await node.ask('POST', '/parley/v1/checks', { body: { extents: [wireVolume()] } })
    expect(json).toMatchObject({
      verdict: 'blocked',
      blocking: [{ entity: 'constraint', height_m: 100 }],
      clearing: { later_s: expect.any(Number) },
    })
    const picture = await node.ask('GET', '/parley/v1/picture')
    expect((picture.json as Json)['constraints'][0].volumes[0].volume).not.toHaveProperty('altitude_lower')
  })
})

describe('modes', () => {
  test('--compat answers a too large area with 400 where the published suites do, and never 412', async () => {
    await using node = await startTestNode({ compat: true })
    const large = wireVolume()
    large.volume.outline_polygon = {
      vertices: [
        { lat: 42, lng: -8 },
        { lat: 42, lng: -7 },
        { lat: 43, lng: -7 },
        { lat: 43, lng: -8 },
      ],
    }
    expectError(await node.ask('POST', `${OIR}/query`, { body: { area_of_interest: large } }), 400, 'AREA_TOO_LARGE')
    expectError(
      await node.ask('PUT', `${OIR}/${newId()}`, { body: { ...intentBody(), extents: [large] } }),
      400,
      'AREA_TOO_LARGE',
    )
    expectError(await node.ask('POST', `${SUB}/query`, { body: { area_of_interest: large } }), 413, 'AREA_TOO_LARGE')
    await node.ask('PUT', '/dss/v1/uss_availability/uss1', { body: { availability: 'Down', old_version: '' } })
    expect((await node.ask('PUT', `${OIR}/${newId()}`, { body: intentBody() })).status).toBe(201)
  })

  test('by default a client marked Down gets 412', async () => {
    await using node = await startTestNode()
    await node.ask('PUT', '/dss/v1/uss_availability/uss1', { body: { availability: 'Down', old_version: '' } })
    expectError(await node.ask('PUT', `${OIR}/${newId()}`, { body: intentBody() }), 412, 'USS_DOWN')
  })

  test('--rate-limit slows each client down by itself, on the short way too', async () => {
    await using node = await startTestNode({ rateLimitPerS: 5 })
    const asks = (token: string) =>
      Promise.all(Array.from({ length: 12 }, () => node.ask('GET', '/dss/v1/uss_availability/x', { token })))
    const replies = await asks(node.token('uss1'))
    const limited = replies.filter(({ status }) => status === 429)
    expect(limited.length).toBeGreaterThan(0)
    expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(5)
    for (const reply of limited) {
      expectError(reply, 429, 'RATE_LIMITED')
      expect(reply.headers['retry-after']).toBe('1')
    }
    const plans = await Promise.all(
      Array.from({ length: 30 }, () => node.ask('PUT', `${OIR}/${newId()}`, { body: {}, token: node.token('uss1') })),
    )
    expect(plans.some(({ status }) => status === 429)).toBe(true)
    expect((await node.ask('GET', '/dss/v1/uss_availability/x', { token: node.token('uss2') })).status).toBe(200)
  })

  test('more than ten subscriptions to service areas in a cell are 429', async () => {
    await using node = await startTestNode()
    const put = () =>
      node.ask('PUT', `/rid/v2/dss/subscriptions/${newId()}`, {
        body: { extents: wireVolume(), uss_base_url: 'https://uss1.example' },
      })
    for (let n = 0; n < 10; n += 1) expect((await put()).status).toBe(200)
    expectError(await put(), 429, 'TOO_MANY_SUBSCRIPTIONS')
  })
})

describe('the development issuer', () => {
  test('is a drop-in for the one of the published suites', async () => {
    await using node = await startTestNode()
    const get = (query: string) => node.ask('GET', `/token?${query}`, { token: null })
    const claimsOf = (reply: Reply): Json =>
      JSON.parse(Buffer.from((reply.json as Json)['access_token'].split('.')[1], 'base64url').toString()) as Json
    const full = await get(
      'grant_type=client_credentials&scope=utm.strategic_coordination%20rid.display_provider&intended_audience=localhost&issuer=dummy&sub=uss7',
    )
    expect(full.status).toBe(200)
    const claims = claimsOf(full)
    expect(claims).toEqual({
      aud: 'localhost',
      scope: 'utm.strategic_coordination rid.display_provider',
      iss: 'dummy',
      sub: 'uss7',
      exp: expect.any(Number),
    })
    expect(
      (await node.ask('GET', '/dss/v1/uss_availability/x', { token: (full.json as Json)['access_token'] })).status,
    ).toBe(200)
    expect(claimsOf(await get('scope=&intended_audience=x&expire=1234'))).toEqual({
      aud: 'x',
      scope: '',
      iss: expect.any(String),
      sub: 'fake_uss',
      exp: 1234,
    })
    expectError(await get('scope=x'), 400, 'INVALID_PARAMETER')
    expectError(await get('intended_audience=x'), 400, 'INVALID_PARAMETER')
    expectError(await get('intended_audience=x&scope=y&expire=soon'), 400, 'INVALID_PARAMETER')
    expectError(await get('intended_audience=x&scope=y&scope=z'), 400, 'INVALID_PARAMETER')
    const pem = await node.ask('GET', '/token/public-key.pem', { token: null })
    expect([pem.headers['content-type'], pem.text]).toEqual(['application/x-pem-file', node.publicPem])
  })

  test('serves only names that mean this node', async () => {
    await using node = await startTestNode({ audiences: ['pool.example'] })
    const get = (host: string) =>
      node.ask('GET', '/token?intended_audience=x&scope=', { token: null, headers: { host } })
    for (const host of [
      'localhost',
      'localhost:8080',
      '127.0.0.1',
      '127.1.2.3:99',
      '[::1]:8080',
      'pool.example',
      'pool.example:80',
    ])
      expect([host, (await get(host)).status]).toEqual([host, 200])
    for (const host of [
      'evil.example',
      'evil.example:8080',
      'localhost.evil.example',
      '10.0.0.1',
      'pool.example.evil',
      '127.0.0.1.evil.example',
    ])
      expect(await get(host)).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } })
  })

  test('is off where it was not asked for, and its tokens are nothing there', async () => {
    await using own = await startTestNode()
    await using folder = await makeFolder()
    const { writeFile } = await import('node:fs/promises')
    const { startNode } = await import('../src/start.ts')
    const { DEFAULTS } = await import('./harness.ts')
    const keyFile = `${folder.path}/authority.pem`
    await writeFile(keyFile, own.publicPem)
    await using live = await startNode(
      { ...DEFAULTS, issuer: false, keyFiles: [keyFile], dataDir: `${folder.path}/live` },
      { log: () => undefined },
    )
    for (const path of ['/token?intended_audience=x&scope=', '/.well-known/jwks.json', '/token/public-key.pem'])
      expect((await fetch(`${live.url}${path}`)).status).toBe(404)
    const ask = (token: string) =>
      fetch(`${live.url}/dss/v1/uss_availability/x`, { headers: { authorization: `Bearer ${token}` } })
    expect((await ask(makeToken(own.privateKey, goodClaims()))).status).toBe(200)
    expect(await (await fetch(`${live.url}/parley/v1/status`)).json()).toMatchObject({
      simulated: false,
      issuer: false,
    })
  })
})

describe('what describes and shows the node', () => {
  test('the description served is the one built from the contracts, and names every operation', async () => {
    await using node = await startTestNode()
    const { json } = await node.ask('GET', '/openapi.json', { token: null })
    expect(json).toEqual(
      JSON.parse(
        JSON.stringify(buildOpenApi({ title: 'Parley', version: VERSION, servers: [`http://localhost:${node.port}`] })),
      ),
    )
    const paths = (json as Json)['paths'] as Record<string, Record<string, Json>>
    const named = Object.values(paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId as string),
    )
    expect(named.toSorted()).toEqual(operationList.map(({ operationId }) => operationId).toSorted())
    // Every reference leads somewhere.
    const schemas = (json as Json)['components'].schemas as Json
    for (const [, name] of JSON.stringify(json).matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(schemas).toHaveProperty(name as string)
  })

  test('the desk is served at the root, with the headers that keep it to itself', async () => {
    await using node = await startTestNode()
    const page = await node.ask('GET', '/', { token: null })
    if (page.status === 404) {
      console.info('apps/desk is not built: the page is not looked at')
      return
    }
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    expect(page.headers['content-security-policy']).toContain("default-src 'self'")
    expect(page.text).toMatch(/<html/i)
  })

  test('events tell each decision as it is made, from where the reader left off', async () => {
    await using node = await startTestNode()
    await node.ask('POST', '/dss/v1/reports', { body: reportBody() })
    const end = new AbortController()
    const response = await fetch(`${node.url}/parley/v1/events`, {
      headers: { authorization: `Bearer ${node.token()}`, 'last-event-id': '0' },
      signal: end.signal,
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    let text = ''
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const until = async (what: string) => {
      while (!text.includes(what)) {
        const { value, done } = await reader.read()
        if (done) throw new Error(`ended before ${what}: ${text}`)
        text += Buffer.from(value).toString()
      }
    }
    await until('id: 1\n')
    await node.ask('PUT', `${OIR}/${newId()}`, {
      body: intentBody({}, { state: 'Activated', new_subscription: { uss_base_url: 'https://uss1.example' } }),
    })
    await until('id: 2\n')
    await until('"code":"INVALID_STATE"')
    end.abort()
    expect(text.match(/event: decision/g)).toHaveLength(2)
  })
})

describe('a halted node', () => {
  test('says 503 to all that concerns the airspace, and why to its operator', async () => {
    const node = await startTestNode()
    try {
      await node.ask('PUT', `${OIR}/${newId()}`, { body: intentBody() })
      // Its journal is taken away under it.
      await node.node.pool.journal.close()
      expectError(await node.ask('PUT', `${OIR}/${newId()}`, { body: intentBody({ lat: 50 }) }), 503, 'HALTED')
      const after = [
        await node.ask('GET', '/healthy', { token: null }),
        await node.ask('POST', `${OIR}/query`, { body: { area_of_interest: wireVolume() } }),
        await node.ask('PUT', `${OIR}/${newId()}`, { body: intentBody({ lat: 51 }) }),
        await node.ask('DELETE', `${OIR}/${newId()}/${'o'.repeat(44)}`),
        await node.ask('GET', '/parley/v1/status', { token: null }),
      ]
      for (const reply of after) {
        expectError(reply, 503, 'HALTED')
        expect(reply.headers['retry-after']).toBe('1')
      }
      await expect(node.node.halted).resolves.toBeDefined()
      expect(node.log.some((line) => line.startsWith('HALTED: '))).toBe(true)
    } finally {
      await node[Symbol.asyncDispose]()
    }
  })
})

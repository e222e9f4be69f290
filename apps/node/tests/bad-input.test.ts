import { type Operation, type OperationId, operationList, operations } from '@parley/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Asked,
  constraintBody,
  expectError,
  fieldsOf,
  intentBody,
  newId,
  reportBody,
  ridV1Volume,
  startTestNode,
  subscriptionBody,
  type TestNode,
  wireVolume,
} from './harness.ts'

let node: TestNode

beforeAll(async () => {
  node = await startTestNode()
  const id = newId()
  expect(
    (await node.ask('PUT', `/dss/v1/operational_intent_references/${id}`, { body: intentBody({ lat: 10 }) })).status,
  ).toBe(201)
})
afterAll(() => node[Symbol.asyncDispose]())

/** A body that each operation takes as it is. */
const BODIES: { readonly [Id in OperationId]?: () => unknown } = {
  queryOperationalIntentReferences: () => ({ area_of_interest: wireVolume() }),
  createOperationalIntentReference: () =>
    intentBody({}, { new_subscription: { uss_base_url: 'https://uss1.example', notify_for_constraints: true } }),
  updateOperationalIntentReference: () =>
    intentBody({}, { subscription_id: newId(), key: ['k'.repeat(20)], requested_ovn_suffix: 'x' }),
  queryConstraintReferences: () => ({ area_of_interest: wireVolume() }),
  createConstraintReference: () => constraintBody(),
  updateConstraintReference: () => constraintBody(),
  querySubscriptions: () => ({ area_of_interest: wireVolume() }),
  createSubscription: () => subscriptionBody(),
  updateSubscription: () => subscriptionBody(),
  makeDssReport: () => ({ report_id: 'mine', ...reportBody() }),
  setUssAvailability: () => ({ availability: 'Down', old_version: '' }),
  ridV1CreateIdentificationServiceArea: () => ({ extents: ridV1Volume(), flights_url: 'https://uss1.example/flights' }),
  ridV1UpdateIdentificationServiceArea: () => ({ extents: ridV1Volume(), flights_url: 'https://uss1.example/flights' }),
  ridV1CreateSubscription: () => ({
    extents: ridV1Volume(),
    callbacks: { identification_service_area_url: 'https://uss1.example/isa' },
  }),
  ridV1UpdateSubscription: () => ({
    extents: ridV1Volume(),
    callbacks: { identification_service_area_url: 'https://uss1.example/isa' },
  }),
  ridV2CreateIdentificationServiceArea: () => ({ extents: wireVolume(), uss_base_url: 'https://uss1.example' }),
  ridV2UpdateIdentificationServiceArea: () => ({ extents: wireVolume(), uss_base_url: 'https://uss1.example' }),
  ridV2CreateSubscription: () => ({ extents: wireVolume(), uss_base_url: 'https://uss1.example' }),
  ridV2UpdateSubscription: () => ({ extents: wireVolume(), uss_base_url: 'https://uss1.example' }),
  checkPlan: () => ({ extents: [wireVolume()], key: ['k'.repeat(20)], ignore: newId() }),
}

const pathOf = ({ path }: Operation): string =>
  path
    .replaceAll(/\{(entityid|subscriptionid|id)\}/g, newId())
    .replace('{version}', 'v'.repeat(10))
    .replaceAll(/\{\w+\}/g, 'v'.repeat(20))

const withBody = operationList.filter(({ requestBody }) => requestBody !== null)

/** What malformed input must leave as it was. */
async function standing(): Promise<object> {
  const { head, counts } = await node.status()
  return { head, counts }
}

type Path = readonly (string | number)[]

/** Places of all values in a body, objects and lists included. */
function places(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [
    at,
    ...Object.entries(value).flatMap(([key, item]) => places(item, [...at, Array.isArray(value) ? Number(key) : key])),
  ]
}

function replaced(value: unknown, [step, ...rest]: Path, by: unknown): unknown {
  if (step === undefined) return by
  if (Array.isArray(value)) return value.map((item, at) => (at === step ? replaced(item, rest, by) : item))
  return { ...(value as object), [step]: replaced((value as Record<string, unknown>)[step], rest, by) }
}

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((one, step) => (one as Record<string, unknown>)[step], value)
const pointer = (path: Path): string => path.map((step) => `/${step}`).join('')

/** Values of every kind; which of them is wrong depends on the place. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  -1e300,
  '',
  'x',
  'NaN',
  'Infinity',
  ' ',
  '\0',
  '💥'.repeat(50),
  'ä\u0301\u202e',
  'a'.repeat(70_000),
  [],
  {},
  [null],
  { a: { b: {} } },
]

/** JSON texts that no `JSON.stringify` writes. */
const RAW: readonly string[] = [
  'NaN',
  '-Infinity',
  '1e999',
  '-1e999',
  '01',
  '+1',
  '.5',
  "'x'",
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  'undefined',
  '"\\x"',
  '"\t"',
  '1 2',
  '',
  '[',
  '{"a":1,"a":2}',
  '0x10',
  'tru',
  '123456789012345678901234567890.5',
]

describe.each(withBody.map((operation) => [operation.operationId, operation] as const))('%s', (name, operation) => {
  const make = BODIES[name as OperationId] as () => unknown

  test('has a body here that it does not refuse for its form', async () => {
    // Not sent where it would change something.
    if (operation.method === 'PUT' || name === 'makeDssReport') return
    const reply = await node.ask(operation.method, pathOf(operation), { body: make() })
    expect([reply.status, reply.text]).toEqual([operation.successStatus, expect.any(String)])
  })

  test('refuses strange values in any place, naming the field, and stays as it was', async () => {
    const before = await standing()
    const body = make()
    const sent: Promise<void>[] = []
    for (const path of places(body)) {
      const was = at(body, path)
      for (const value of STRANGE) {
        if (typeof value === typeof was && typeof value !== 'object') continue
        if (value === null && path.length > 0) continue
        if (Array.isArray(was) && Array.isArray(value)) continue
        if (typeof was === 'object' && !Array.isArray(was) && typeof value === 'object' && !Array.isArray(value))
          continue
        sent.push(
          node.ask(operation.method, pathOf(operation), { body: replaced(body, path, value) }).then((reply) => {
            const refusal = expectError(reply, 400)
            const told = `${pointer(path)} = ${JSON.stringify(value).slice(0, 40)}: ${reply.text.slice(0, 300)}`
            expect(refusal['code'], told).toBe('INVALID_BODY')
            expect(
              fieldsOf(refusal).some((field) => field === pointer(path) || field.startsWith(`${pointer(path)}/`)),
              told,
            ).toBe(true)
          }),
        )
      }
    }
    await Promise.all(sent)
    expect(sent.length).toBeGreaterThan(20)
    expect(await standing()).toEqual(before)
  })

  test('refuses texts and numbers out of their range without a fault', async () => {
    const body = make()
    const sent: Promise<void>[] = []
    for (const path of places(body)) {
      const was = at(body, path)
      for (const value of STRANGE) {
        if (typeof value !== typeof was || typeof value === 'object' || typeof value === 'boolean') continue
        const free = /report_id|method|headers|request_|response_|problem|url$|\/key\/0$|old_version/.test(
          pointer(path),
        )
        if (free && (operation.operationId === 'makeDssReport' || operation.operationId === 'setUssAvailability'))
          continue
        sent.push(
          node.ask(operation.method, pathOf(operation), { body: replaced(body, path, value) }).then((reply) => {
            expect(
              reply.status,
              `${pointer(path)} = ${JSON.stringify(value).slice(0, 40)}: ${reply.text.slice(0, 300)}`,
            ).toBeLessThan(500)
            if (reply.status >= 400) expectError(reply, reply.status)
          }),
        )
      }
    }
    await Promise.all(sent)
  })

  test('refuses what lacks a field that must be there', async () => {
    const { required } = operation.requestBody as { required?: readonly string[] }
    for (const field of required ?? []) {
      const { [field]: _left, ...rest } = make() as Record<string, unknown>
      const before = await node.status()
      const refusal = expectError(
        await node.ask(operation.method, pathOf(operation), { body: rest }),
        400,
        'INVALID_BODY',
      )
      expect(fieldsOf(refusal)).toContain(`/${field}`)
      expect((await node.status()).head).toBe(before.head)
    }
  })

  test('refuses text that is no JSON, in any place', async () => {
    const body = make()
    const { head } = await node.status()
    const leaves = places(body).filter((path) => typeof at(body, path) !== 'object')
    const wide = [leaves[0], leaves.at(-1), leaves[Math.floor(leaves.length / 2)]] as Path[]
    for (const path of wide) {
      for (const raw of RAW) {
        const text = JSON.stringify(replaced(body, path, '@@@')).replace('"@@@"', raw)
        const reply = await node.ask(operation.method, pathOf(operation), { raw: text })
        // Half a character is a text like another where any text may stand; it must only never come to a fault.
        if (raw.startsWith('"\\u') || /^\d{20}/.test(raw)) expect(reply.status).toBeLessThan(500)
        else expectError(reply, 400)
      }
    }
    if (operation.method === 'GET' || !/Report|Availability/.test(name))
      expect((await node.status()).head).toBeGreaterThanOrEqual(head)
  })

  const hostile: Record<string, readonly [asked: () => Asked, status: number, code: string]> = {
    'no body': [() => ({ headers: { 'content-type': 'application/json', 'content-length': '0' } }), 400, 'BODY_EMPTY'],
    'blank text': [() => ({ raw: ' \n\t ' }), 400, 'BODY_EMPTY'],
    'half the text': [() => ({ raw: JSON.stringify(make()).slice(0, -20) }), 400, 'BODY_NOT_JSON'],
    'two texts': [() => ({ raw: `${JSON.stringify(make())}{}` }), 400, 'BODY_NOT_JSON'],
    'a key twice': [() => ({ raw: JSON.stringify(make()).replace('{', '{"a":1,"a":2,') }), 400, 'BODY_DUPLICATE_KEY'],
    'a key twice, once escaped': [
      () => ({ raw: JSON.stringify(make()).replace('{', '{"ab":1,"\\u0061b":2,') }),
      400,
      'BODY_DUPLICATE_KEY',
    ],
    '65 deep': [() => ({ raw: `{"deep":${'['.repeat(64)}${']'.repeat(64)}}` }), 400, 'BODY_TOO_DEEP'],
    '100,000 deep': [() => ({ raw: `${'['.repeat(100_000)}${']'.repeat(100_000)}` }), 400, 'BODY_TOO_DEEP'],
    '100,000 deep and never closed': [() => ({ raw: '{"a":'.repeat(100_000) }), 400, 'BODY_TOO_DEEP'],
    'a byte order mark': [() => ({ raw: `\ufeff${JSON.stringify(make())}` }), 400, 'BODY_NOT_JSON'],
    'bytes that are no UTF-8': [
      () => ({ raw: Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]) }),
      400,
      'BODY_NOT_UTF8',
    ],
    'an overlong encoding': [
      () => ({ raw: Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]) }),
      400,
      'BODY_NOT_UTF8',
    ],
    'UTF-16': [() => ({ raw: Buffer.from(JSON.stringify(make()), 'utf16le') }), 400, 'BODY_NOT_JSON'],
    'a byte more than 4 MiB': [() => ({ raw: Buffer.alloc(4 * 1024 * 1024 + 1, 0x20) }), 413, 'BODY_TOO_LARGE'],
    'another media type': [
      () => ({ body: make(), headers: { 'content-type': 'text/plain' } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    'a form': [
      () => ({ raw: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    'no media type': [() => ({ body: make(), headers: { 'content-type': '' } }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    'a media type that is none': [
      () => ({ body: make(), headers: { 'content-type': ';;;' } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
  }
  test('refuses hostile bodies for what they are', async () => {
    const { head } = await node.status()
    for (const [what, [asked, status, code]] of Object.entries(hostile)) {
      const reply = await node.ask(operation.method, pathOf(operation), asked())
      expect([what, reply.status, reply.json?.['code']]).toEqual([what, status, code])
      expectError(reply, status, code)
    }
    expect((await node.status()).head).toBe(head)
  })
})

test('a charset of UTF-8 is no other media type', async () => {
  const reply = await node.ask('POST', '/dss/v1/operational_intent_references/query', {
    body: { area_of_interest: wireVolume() },
    headers: { 'content-type': 'Application/JSON; charset=utf-8' },
  })
  expect(reply.status).toBe(200)
})

describe('parameters', () => {
  const wild = [
    'x',
    '%00',
    '%2e%2e%2f',
    '%F0%9F%92%A5',
    '1'.repeat(36),
    `${newId()}x`,
    newId().replace('-4', '-1'),
    'a'.repeat(2000),
    '..',
    "'--",
    '%20',
    '3E9A1C5D-7B2F-7A6E-8C4D-5F6071829304',
    '3e9a1c5d-7b2f-4a6e-7c4d-5f6071829304',
  ]
  const withId = operationList.filter(({ path }) => /\{(entityid|subscriptionid|id)\}/.test(path))

  test.each(withId.map((operation) => [operation.operationId, operation] as const))(
    '%s refuses an id that is none',
    async (name, operation) => {
      const body = BODIES[name as OperationId]?.()
      for (const id of wild) {
        const path = operation.path
          .replace(/\{(entityid|subscriptionid|id)\}/, id)
          .replace('{version}', 'v'.repeat(10))
          .replaceAll(/\{\w+\}/g, 'v'.repeat(20))
        const reply = await node.ask(operation.method, path, body === undefined ? {} : { body })
        if (id === '..') expect(reply.status).toBeLessThan(500)
        else expect(fieldsOf(expectError(reply, 400, 'INVALID_PARAMETER'))[0]).toMatch(/^\/path\//)
      }
    },
  )

  test('that are no percent-encoded UTF-8 are refused in the one shape', async () => {
    for (const bad of ['%', '%zz', '%ff%fe', '%c0%af', 'a%2'])
      for (const path of [`/dss/v1/operational_intent_references/${bad}`, `/dss/v1/uss_availability/${bad}`, `/${bad}`])
        expectError(await node.ask('GET', path), 400, 'INVALID_PARAMETER')
  })

  test('longer than any are refused, not cut', async () => {
    for (const length of [3000, 9000]) {
      const reply = await node.ask('GET', `/dss/v1/uss_availability/${'a'.repeat(length)}`)
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(reply.status).toBeLessThan(500)
      expectError(reply, reply.status)
    }
  })

  test.each([
    '',
    '1',
    '1,2',
    '1,2,3',
    '1,2,3,4',
    '1,2,3,4,5',
    'a,b,c,d,e,f',
    '91,0,1,1,2,2',
    '0,181,1,1,2,2',
    '1,1,1,1,1,1',
    '0,0,1,1,0,1,1,0',
    'NaN,1,2,3,4,5',
    ',,,,,',
    '1e999,0,1,1,2,2',
    '0,0,0,90,90,0',
  ])('area %s is refused', async (area) => {
    for (const edition of ['/v1/dss', '/rid/v2/dss']) {
      for (const what of ['identification_service_areas', 'subscriptions']) {
        const reply = await node.ask('GET', `${edition}/${what}?area=${encodeURIComponent(area)}`)
        expect([400, 413], reply.text).toContain(reply.status)
        const refusal = expectError(reply, reply.status)
        expect(fieldsOf(refusal)[0]).toMatch(/^\/query\/area/)
      }
    }
  })

  test('of times and numbers that are none are refused', async () => {
    const area = 'area=42,-8,42,-7.99,42.01,-7.99'
    for (const query of [
      'earliest_time=yesterday',
      'latest_time=2026-01-01',
      'earliest_time=2026-01-01T00:00:00',
      'latest_time=',
      'earliest_time=2030-01-02T00:00:00Z&latest_time=2030-01-01T00:00:00Z',
      'earliest_time=2030-01-01T00:00:00Z&earliest_time=2030-01-01T00:00:00Z',
    ]) {
      const reply = await node.ask('GET', `/v1/dss/identification_service_areas?${area}&${query}`)
      expect(fieldsOf(expectError(reply, 400, 'INVALID_PARAMETER'))[0]).toMatch(/^\/query\/(earliest|latest)_time/)
    }
    for (const query of [
      'after=-1',
      'after=x',
      'after=1.5',
      'after=99999999999999999999',
      'limit=0',
      'limit=1001',
      'limit=',
      'after=1&after=2',
    ])
      expectError(await node.ask('GET', `/parley/v1/decisions?${query}`), 400, 'INVALID_PARAMETER')
    expectError(await node.ask('GET', `/v1/dss/identification_service_areas`), 400, 'INVALID_PARAMETER')
    expect((await node.ask('GET', '/parley/v1/decisions?after=123456789')).json).toMatchObject({ decisions: [] })
  })

  test('with an offset that has its plus sign turned into a space are refused, not misread', async () => {
    const query = 'area=42,-8,42,-7.99,42.01,-7.99&earliest_time=2030-01-01T00:00:00+02:00'
    expectError(await node.ask('GET', `/v1/dss/identification_service_areas?${query}`), 400, 'INVALID_PARAMETER')
  })
})

describe('volumes that are none', () => {
  const vertices = (list: readonly (readonly [number, number])[]) => ({
    vertices: list.map(([lat, lng]) => ({ lat, lng })),
  })
  const good = wireVolume()
  const cases: readonly [string, object, string, RegExp][] = [
    [
      'no outline',
      { ...good, volume: { ...good.volume, outline_polygon: undefined } },
      'INVALID_VOLUME',
      /^\/extents\/0\/volume$/,
    ],
    [
      'both outlines',
      {
        ...good,
        volume: { ...good.volume, outline_circle: { center: { lat: 1, lng: 1 }, radius: { value: 1, units: 'M' } } },
      },
      'INVALID_VOLUME',
      /^\/extents\/0\/volume$/,
    ],
    [
      'a circle without a centre',
      {
        ...good,
        volume: { ...good.volume, outline_polygon: null, outline_circle: { radius: { value: 1, units: 'M' } } },
      },
      'INVALID_VOLUME',
      /outline_circle\/center$/,
    ],
    [
      'a circle without a radius',
      { ...good, volume: { ...good.volume, outline_polygon: null, outline_circle: { center: { lat: 1, lng: 1 } } } },
      'INVALID_VOLUME',
      /outline_circle\/radius$/,
    ],
    [
      'a circle larger than the earth',
      {
        ...good,
        volume: {
          ...good.volume,
          outline_polygon: null,
          outline_circle: { center: { lat: 1, lng: 1 }, radius: { value: 1e9, units: 'M' } },
        },
      },
      'INVALID_VOLUME',
      /^\/extents\/0\/volume\/outline_circle\/radius\/value$/,
    ],
    [
      'edges that cross',
      {
        ...good,
        volume: {
          ...good.volume,
          outline_polygon: vertices([
            [0, 0],
            [0.01, 0.01],
            [0.01, 0],
            [0, 0.01],
          ]),
        },
      },
      'INVALID_VOLUME',
      /^\/extents\/0\/volume\/outline_polygon\/vertices/,
    ],
    [
      'a vertex twice',
      {
        ...good,
        volume: {
          ...good.volume,
          outline_polygon: vertices([
            [0, 0],
            [0.01, 0.01],
            [0.01, 0.01],
            [0, 0.01],
          ]),
        },
      },
      'INVALID_VOLUME',
      /^\/extents\/0\/volume\/outline_polygon\/vertices\/2/,
    ],
    [
      'a ring closed by its first vertex',
      {
        ...good,
        volume: {
          ...good.volume,
          outline_polygon: vertices([
            [0, 0],
            [0.01, 0.01],
            [0, 0.01],
            [0, 0],
          ]),
        },
      },
      'INVALID_VOLUME',
      /^\/extents\/0\/volume\/outline_polygon\/vertices/,
    ],
    [
      'heights reversed',
      { ...good, volume: { ...good.volume, altitude_lower: { value: 300, reference: 'W84', units: 'M' } } },
      'INVALID_VOLUME',
      /^\/extents\/0\/volume\/altitude_lower/,
    ],
    [
      'times reversed',
      { ...good, time_start: good.time_end, time_end: good.time_start },
      'INVALID_VOLUME',
      /^\/extents\/0\/time_start/,
    ],
    [
      'a height in another unit',
      { ...good, volume: { ...good.volume, altitude_lower: { value: 300, reference: 'W84', units: 'FT' } } },
      'INVALID_BODY',
      /altitude_lower\/units$/,
    ],
    [
      'a height over the sea',
      { ...good, volume: { ...good.volume, altitude_lower: { value: 300, reference: 'AMSL', units: 'M' } } },
      'INVALID_BODY',
      /altitude_lower\/reference$/,
    ],
    [
      'a time in another format',
      { ...good, time_start: { value: '1780000000', format: 'UNIX' } },
      'INVALID_BODY',
      /time_start/,
    ],
    [
      'a time without a zone',
      { ...good, time_start: { value: '2030-01-01T00:00:00', format: 'RFC3339' } },
      'INVALID_BODY',
      /time_start\/value$/,
    ],
    [
      'a pole beyond the pole',
      {
        ...good,
        volume: {
          ...good.volume,
          outline_polygon: vertices([
            [90.01, 0],
            [80, 0],
            [80, 1],
          ]),
        },
      },
      'INVALID_BODY',
      /vertices\/0\/lat$/,
    ],
  ]
  test.each(cases)('%s', async (_name, extents, code, field) => {
    const { head } = await node.status()
    const path = `/dss/v1/operational_intent_references/${newId()}`
    const refusal = expectError(
      await node.ask('PUT', path, { body: { ...intentBody(), extents: [extents] } }),
      400,
      code,
    )
    expect(fieldsOf(refusal)[0]).toMatch(field)
    expect((await node.status()).head).toBe(head)
  })

  test('of F3411-19 name the fields as F3411-19 does', async () => {
    const put = async (extents: object) =>
      fieldsOf(
        expectError(
          await node.ask('PUT', `/v1/dss/identification_service_areas/${newId()}`, {
            body: { extents: { ...ridV1Volume(), ...extents }, flights_url: 'https://uss1.example/flights' },
          }),
          400,
          'INVALID_VOLUME',
        ),
      )[0]
    const spatial = ridV1Volume().spatial_volume
    expect(await put({ spatial_volume: { ...spatial, altitude_lo: 500 } })).toBe('/extents/spatial_volume/altitude_lo')
    expect(
      await put({
        spatial_volume: {
          ...spatial,
          footprint: vertices([
            [0, 0],
            [0.01, 0.01],
            [0.01, 0.01],
          ]),
        },
      }),
    ).toBe('/extents/spatial_volume/footprint/vertices/2')
    expect(await put({ time_end: '2020-01-01T00:00:00Z' })).toBe('/extents/time_start')
  })

  test('of too many vertices are refused, all volumes together', async () => {
    const ring = (count: number) =>
      vertices(
        Array.from(
          { length: count },
          (_, n) =>
            [42 + 0.01 * Math.cos((2 * Math.PI * n) / count), -8 + 0.01 * Math.sin((2 * Math.PI * n) / count)] as const,
        ),
      )
    const volume = (count: number) => ({ ...good, volume: { ...good.volume, outline_polygon: ring(count) } })
    const put = (what: string, extents: object[]) =>
      node.ask('PUT', `/dss/v1/${what}/${newId()}`, {
        body: { ...constraintBody(), extents, ...(what.startsWith('oper') && { state: 'Accepted', key: [] }) },
      })
    expectError(await put('operational_intent_references', [volume(6000), volume(4001)]), 400, 'TOO_MANY_VERTICES')
    expectError(await put('constraint_references', [volume(1001)]), 400, 'TOO_MANY_VERTICES')
  })

  test('that are too large are refused with 413, or 400 where the standard lists no 413', async () => {
    const large = wireVolume()
    large.volume.outline_polygon = vertices([
      [42, -8],
      [42, -7],
      [43, -7],
      [43, -8],
    ])
    const round = {
      ...good,
      volume: {
        ...good.volume,
        outline_polygon: null,
        outline_circle: { center: { lat: 42, lng: -8 }, radius: { value: 30_000, units: 'M' } },
      },
    }
    for (const extents of [large, round]) {
      const asks: readonly (readonly [string, string, object, number])[] = [
        ['POST', '/dss/v1/operational_intent_references/query', { area_of_interest: extents }, 413],
        ['POST', '/dss/v1/subscriptions/query', { area_of_interest: extents }, 413],
        ['POST', '/dss/v1/constraint_references/query', { area_of_interest: extents }, 413],
        ['PUT', `/dss/v1/operational_intent_references/${newId()}`, { ...intentBody(), extents: [extents] }, 413],
        ['PUT', `/dss/v1/subscriptions/${newId()}`, subscriptionBody({}, { extents }), 400],
        [
          'PUT',
          `/rid/v2/dss/identification_service_areas/${newId()}`,
          { extents, uss_base_url: 'https://uss1.example' },
          413,
        ],
        ['PUT', `/rid/v2/dss/subscriptions/${newId()}`, { extents, uss_base_url: 'https://uss1.example' }, 400],
      ]
      for (const [method, path, body, status] of asks)
        expectError(await node.ask(method, path, { body }), status, 'AREA_TOO_LARGE')
    }
  })
})

describe('base URLs', () => {
  test.each([
    '',
    'x',
    '/relative',
    'ftp://uss1.example',
    'https://',
    'javascript:alert(1)',
    'http://uss1.example',
    'https://uss1.example/',
    ' https://uss1.example',
    'https://uss1.example\n',
    'https://a b',
    `https://uss1.example/${'a'.repeat(3000)}`,
    'https://uss1.example/\ud800',
    'file:///etc/passwd',
  ])('%j is refused', async (url) => {
    const { head } = await node.status()
    const asks: readonly (readonly [string, object, string])[] = [
      [`/dss/v1/operational_intent_references/${newId()}`, intentBody({}, { uss_base_url: url }), '/uss_base_url'],
      [
        `/dss/v1/operational_intent_references/${newId()}`,
        intentBody({}, { new_subscription: { uss_base_url: url } }),
        '/new_subscription/uss_base_url',
      ],
      [`/dss/v1/constraint_references/${newId()}`, constraintBody({}, { uss_base_url: url }), '/uss_base_url'],
      [`/dss/v1/subscriptions/${newId()}`, subscriptionBody({}, { uss_base_url: url }), '/uss_base_url'],
      [`/v1/dss/identification_service_areas/${newId()}`, { extents: ridV1Volume(), flights_url: url }, '/flights_url'],
      [
        `/v1/dss/subscriptions/${newId()}`,
        { extents: ridV1Volume(), callbacks: { identification_service_area_url: url } },
        '/callbacks/identification_service_area_url',
      ],
      [`/rid/v2/dss/subscriptions/${newId()}`, { extents: wireVolume(), uss_base_url: url }, '/uss_base_url'],
    ]
    for (const [path, body, field] of asks)
      expect(fieldsOf(expectError(await node.ask('PUT', path, { body }), 400, 'INVALID_BASE_URL'))).toEqual([field])
    expect((await node.status()).head).toBe(head)
  })
})

describe('methods and paths', () => {
  test.each([...new Set(operationList.map(({ path }) => path))])(
    '%s: other methods are 405 with those there are',
    async (path) => {
      const here = operationList.filter((one) => one.path === path).map(({ method }) => method as string)
      const concrete = pathOf({ ...(operations.getVersion as Operation), path })
      // A fixed path may also be the variable part of another.
      const also = operationList
        .filter((one) => new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(concrete))
        .map(({ method }) => method as string)
      const others = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'QUERY', 'PROPFIND'].filter(
        (method) => !also.includes(method),
      )
      for (const method of others) {
        const reply = await node.ask(method, concrete, { token: null })
        expect([method, reply.status]).toEqual([method, 405])
        expect(reply.headers.allow?.split(', ').toSorted()).toEqual(expect.arrayContaining(here.toSorted()))
        if (method !== 'HEAD') expectError(reply, 405, 'METHOD_NOT_ALLOWED')
      }
    },
  )

  test.each([
    '/nothing',
    '/dss',
    '/dss/v1',
    '/dss/v1/operational_intent_references',
    '/dss/v2/reports',
    '/healthy/',
    '/DSS/v1/reports',
    '/dss/v1/reports/../reports',
    '//dss/v1/reports',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/package.json',
    '/.env',
    '/index.html%00',
  ])('%s is 404 or an honest refusal', async (path) => {
    for (const method of ['GET', 'POST', 'PUT']) {
      const reply = await node.ask(method, path, { token: null })
      expect([400, 403, 404, 405]).toContain(reply.status)
      expectError(reply, reply.status)
    }
  })
})

test('after all this nothing failed in the node, and it serves', async () => {
  expect(node.log.filter((line) => line.startsWith('fault'))).toEqual([])
  expect((await node.ask('GET', '/healthy', { token: null })).text).toBe('ok')
})

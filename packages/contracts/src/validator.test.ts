import { describe, expect, test } from 'vitest'
import { Volume4D } from './geometry.ts'
import { operations } from './operations.ts'
import { compileBody, compileParameters, compileSchema, MAX_FINDINGS, type Validation } from './validator.ts'

const volume = {
  volume: {
    outline_circle: { center: { lat: 46.5, lng: 7.25 }, radius: { value: 100, units: 'M' } },
    altitude_lower: { value: 500, reference: 'W84', units: 'M' },
    altitude_upper: { value: 600, reference: 'W84', units: 'M' },
  },
  time_start: { value: '2026-11-22T10:15:00Z', format: 'RFC3339' },
  time_end: { value: '2026-11-22T11:15:00+01:00', format: 'RFC3339' },
}
const plan = { extents: [volume], state: 'Accepted', uss_base_url: 'https://uss.example.com' }
const checkPlan = compileBody(operations.createOperationalIntentReference)

function findings(validation: Validation<unknown>) {
  return validation.kind === 'invalid' ? validation.findings : []
}

test('a valid body is given back, typed and untouched', () => {
  const result = checkPlan(plan)
  if (result.kind !== 'valid') throw new Error('not valid')
  expect(result.value).toBe(plan)
  expect(result.value.extents[0]?.volume.outline_circle?.radius?.value).toBe(100)
})

test.each([
  ['unknown fields', { ...plan, extra: { a: 1 }, extents: [{ ...volume, colour: 'red' }] }],
  [
    'null for omitted',
    { ...plan, key: null, subscription_id: null, new_subscription: null, requested_ovn_suffix: null },
  ],
  [
    'null bounds and outlines',
    { ...plan, extents: [{ volume: { outline_polygon: null, altitude_lower: null }, time_end: null }] },
  ],
  ['a UUID without dashes', { ...plan, subscription_id: '0123456789ab4def8123456789abcdef' }],
  ['the UUID that stands for none', { ...plan, subscription_id: '00000000-0000-4000-8000-000000000000' }],
  ['any text as base URL', { ...plan, uss_base_url: 'http://localhost' }],
])('lets through %s', (_, body) => {
  expect(checkPlan(body).kind).toBe('valid')
})

describe('names field, value and rule', () => {
  const withVolume = (change: object) => ({
    ...plan,
    extents: [volume, { ...volume, volume: { ...volume.volume, ...change } }],
  })
  test.each([
    [undefined, '', 'nothing', 'a JSON body is required'],
    [[], '', 'array of 0', 'must be an object'],
    [null, '', 'null', 'must be an object'],
    [{ ...plan, extents: volume }, '/extents', 'object', 'must be an array'],
    [{ ...plan, extents: [] }, '/extents', 'array of 0', 'must have at least 1 items'],
    [{ ...plan, extents: null }, '/extents', 'null', 'must be an array'],
    [
      { ...plan, state: 'Ended' },
      '/state',
      '"Ended"',
      'must be one of: Accepted, Activated, Nonconforming, Contingent',
    ],
    [{ ...plan, uss_base_url: 7 }, '/uss_base_url', '7', 'must be a text'],
    [{ extents: [volume], state: 'Accepted' }, '/uss_base_url', 'nothing', 'is required'],
    [{ ...plan, key: ['short'] }, '/key/0', '"short"', 'must have 16 to 128 characters'],
    [{ ...plan, subscription_id: 'a0' }, '/subscription_id', '"a0"', 'must be a UUID version 4 (RFC 4122)'],
    [
      { ...plan, subscription_id: 'c9bf9e57-1685-1c89-bafb-ff5af830be8a' },
      '/subscription_id',
      '"c9bf9e57-1685-1c89-bafb-ff5af830be8a"',
      'must be a UUID version 4 (RFC 4122)',
    ],
    [
      { ...plan, new_subscription: { uss_base_url: 'x', notify_for_constraints: 'yes' } },
      '/new_subscription/notify_for_constraints',
      '"yes"',
      'must be true or false',
    ],
    [
      withVolume({ outline_circle: { center: { lat: 91, lng: 0 } } }),
      '/extents/1/volume/outline_circle/center/lat',
      '91',
      'must be at least -90 and at most 90',
    ],
    [
      withVolume({ outline_circle: { radius: { value: 0, units: 'M' } } }),
      '/extents/1/volume/outline_circle/radius/value',
      '0',
      'must be greater than 0',
    ],
    [
      withVolume({ altitude_lower: { value: 1, reference: 'AGL', units: 'M' } }),
      '/extents/1/volume/altitude_lower/reference',
      '"AGL"',
      'must be one of: W84',
    ],
    [
      withVolume({ altitude_lower: { value: '1', reference: 'W84', units: 'M' } }),
      '/extents/1/volume/altitude_lower/value',
      '"1"',
      'must be a number',
    ],
    [
      withVolume({ outline_polygon: { vertices: [{ lat: 1, lng: 1 }] } }),
      '/extents/1/volume/outline_polygon/vertices',
      'array of 1',
      'must have at least 3 items',
    ],
    [
      { ...plan, extents: [{ ...volume, time_start: { value: '2026-11-22T10:15:00', format: 'RFC3339' } }] },
      '/extents/0/time_start/value',
      '"2026-11-22T10:15:00"',
      'must be an RFC 3339 date-time with a zone, such as 2026-11-22T10:15:00Z',
    ],
  ])('%#: %j', (body, field, value, rule) => {
    expect(findings(checkPlan(body))).toContainEqual({ field, value, rule })
  })

  test('a whole number is asked for where one is meant', () => {
    const check = compileBody(operations.makeDssReport)
    const exchange = {
      url: 'u',
      method: 'GET',
      recorder_role: 'Client',
      request_time: { value: '2026-11-22T10:15:00Z', format: 'RFC3339' },
    }
    expect(check({ exchange }).kind).toBe('valid')
    expect(findings(check({ exchange: { ...exchange, response_code: 1.5 } }))).toEqual([
      { field: '/exchange/response_code', value: '1.5', rule: 'must be a whole number' },
    ])
  })
})

describe('hostile bodies', () => {
  test('ten thousand wrong items give a bounded list', () => {
    const body = {
      ...plan,
      extents: Array.from({ length: 10_000 }, () => ({ volume: { altitude_lower: 'x'.repeat(1000) } })),
    }
    const list = findings(checkPlan(body))
    expect(list).toHaveLength(MAX_FINDINGS)
    expect(JSON.stringify(list).length).toBeLessThan(5000)
  })

  test('shown values are cut, quoted and cannot act on a page or terminal', () => {
    const [finding] = findings(checkPlan({ ...plan, state: `\u001b[31m\u202e"<b>${'ü'.repeat(500)}` }))
    expect(finding?.value).toMatch(/^"\\u001b\[31m\\u202e\\"<b>ü+…"$/)
    expect(finding?.value.length).toBeLessThan(90)
  })

  test('inherited names are no fields', () => {
    const list = findings(checkPlan({ constructor: 1, toString: 2 }))
    expect(list.map(({ field }) => field)).toEqual(['/extents', '/state', '/uss_base_url'])
  })
})

test('case does not matter in an availability, and the old version may be left out', () => {
  const check = compileBody(operations.setUssAvailability)
  expect(check({ availability: 'normal' }).kind).toBe('valid')
  expect(check({ availability: 'DOWN', old_version: '' }).kind).toBe('valid')
  expect(findings(check({ availability: 'pUrPlE' }))).toEqual([
    { field: '/availability', value: '"pUrPlE"', rule: 'must be one of: Unknown, Normal, Down' },
  ])
})

test('an operation without a body takes whatever is sent as nothing', () => {
  const check = compileBody(operations.deleteConstraintReference)
  expect(check({ any: 'thing' })).toEqual({ kind: 'valid', value: null })
  expect(check(undefined)).toEqual({ kind: 'valid', value: null })
})

test('pointers begin where they are told to', () => {
  expect(findings(compileSchema(Volume4D, '/area_of_interest')({}))).toEqual([
    { field: '/area_of_interest/volume', value: 'nothing', rule: 'is required' },
  ])
})

describe('parameters', () => {
  const check = compileParameters(operations.updateOperationalIntentReference)
  const entityid = 'c9bf9e57-1685-4c89-bafb-ff5af830be8a'

  test('of the path', () => {
    expect(check({ entityid, ovn: '0123456789abcdef' }, {})).toEqual({
      kind: 'valid',
      value: { path: { entityid, ovn: '0123456789abcdef' }, query: {} },
    })
    expect(findings(check({ entityid: 'x', ovn: '' }, {}))).toEqual([
      { field: '/path/entityid', value: '"x"', rule: 'must be a UUID version 4 (RFC 4122)' },
      { field: '/path/ovn', value: '""', rule: 'must have 16 to 128 characters' },
    ])
  })

  test('of the query: whole numbers, absent ones, repeated ones, unknown ones', () => {
    const list = compileParameters(operations.listDecisions)
    expect(list({}, { after: '12', colour: 'red' })).toEqual({
      kind: 'valid',
      value: { path: {}, query: { after: 12 } },
    })
    expect(list({}, {})).toEqual({ kind: 'valid', value: { path: {}, query: {} } })
    expect(findings(list({}, { limit: '5000' }))).toEqual([
      { field: '/query/limit', value: '5000', rule: 'must be at least 1 and at most 1000' },
    ])
    expect(findings(list({}, { after: '1e3' }))).toEqual([
      { field: '/query/after', value: '"1e3"', rule: 'must be a whole number' },
    ])
    expect(findings(list({}, { after: ['1', '2'] }))).toEqual([
      { field: '/query/after', value: 'array of 2', rule: 'must be a whole number' },
    ])
  })

  test('required ones and times', () => {
    const search = compileParameters(operations.ridV2SearchIdentificationServiceAreas)
    expect(findings(search({}, {}))).toEqual([{ field: '/query/area', value: 'nothing', rule: 'is required' }])
    expect(search({}, { area: '1,2,3,4,5,6', earliest_time: '2026-11-22T10:15:00Z' }).kind).toBe('valid')
    expect(findings(search({}, { area: '', latest_time: 'tomorrow' }))[0]?.field).toBe('/query/latest_time')
  })
})

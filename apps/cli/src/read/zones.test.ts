import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { check, f3548Intent, f3548Volume, lines, OVERLAP, readTexts, shared } from '../testing/fixtures.ts'

const PUBLISHED = [
  ['standards/ed-318/Example_Collection.json', 'ed318', 2],
  ['standards/ed-318/Example_GeoZone_2_Layers.json', 'ed318', 1],
  ['standards/ed-318/Example_GeoZone_Circle.json', 'ed318', 1],
  ['standards/ed-318/Example_GeoZone_with_extension.json', 'ed318', 1],
  ['data/zones-che-ed318.json', 'ed318', 3],
  ['data/zones-che-ed269.json', 'ed269', 1],
] as const

test.for(PUBLISHED)('the published %s is read whole', async ([path, format, zones], { skip }) => {
  const file = shared(path)
  if (file === null) return skip()
  const { picture, findings } = await readTexts({ 'zones.json': readFileSync(file) })
  expect(findings.leftOut).toBe(0)
  expect(picture.files[0]).toMatchObject({ format, items: zones })
})

test('the published invalid example is refused for each of its three faults', async ({ skip }) => {
  const file = shared('standards/ed-318/InvalidExample_GeoZone_2_Layers.json')
  if (file === null) return skip()
  const { picture, findings } = await readTexts({ 'zones.json': readFileSync(file) })
  expect(picture.items).toEqual([])
  expect(lines(findings)).toEqual([
    'wrong-type /metadata/validFrom an RFC 3339 time is required',
    'missing-field /features/0/properties/name/0/lang a text is required',
    expect.stringContaining(
      'not-allowed /features/0/properties/type must be one of USPACE, PROHIBITED, REQ_AUTHORIZATION',
    ),
  ])
})

type Json = any // oxlint-disable-line typescript/no-explicit-any -- changes to JSON bodies

function ed318(change: (zone: Json, collection: Json) => void = () => {}): string {
  const ring = [
    [7, 46],
    [7.01, 46],
    [7.01, 46.01],
    [7, 46.01],
    [7, 46],
  ]
  const zone = {
    type: 'Feature',
    geometry: {
      type: 'Polygon',
      coordinates: [ring],
      layer: { upper: 600, upperReference: 'WGS84', lower: 500, lowerReference: 'WGS84', uom: 'm' },
    },
    properties: {
      identifier: 'SIM0001',
      country: 'CHE',
      name: [{ text: 'SIMULATED', lang: 'en-GB' }],
      type: 'PROHIBITED',
      variant: 'COMMON',
      zoneAuthority: [{ purpose: 'INFORMATION' }],
    },
  }
  const collection = { type: 'FeatureCollection', features: [zone] }
  change(zone, collection)
  return JSON.stringify(collection)
}

function ed269(change: (zone: Json) => void = () => {}): string {
  const zone = {
    identifier: 'SIM0002',
    country: 'CHE',
    name: 'SIMULATED',
    type: 'COMMON',
    restriction: 'PROHIBITED',
    applicability: [{ permanent: 'YES' }],
    zoneAuthority: [{ name: 'SIMULATED' }],
    geometry: [
      {
        uomDimensions: 'M',
        lowerLimit: '500',
        lowerVerticalReference: 'WGS84',
        upperLimit: 600,
        upperVerticalReference: 'WGS84',
        horizontalProjection: { type: 'Circle', center: [7.005, 46.005], radius: 300 },
      },
    ],
  }
  change(zone)
  return JSON.stringify({ UASZoneList: [zone] })
}

const INTENT = JSON.stringify(f3548Intent('00000000-0000-4000-8000-000000000001', [f3548Volume()]))

async function verdicts(zone: string): Promise<string[]> {
  const { picture } = await readTexts({ 'zone.json': zone, 'intent.json': INTENT })
  return check(picture, OVERLAP).encounters.map(({ verdict }) => verdict)
}

test('zones of either format meet an intent in W84 heights', async () => {
  expect(await verdicts(ed318())).toEqual(['conflict'])
  expect(await verdicts(ed269())).toEqual(['conflict'])
})

test.each<[string, (zone: Json) => void, string]>([
  [
    'identifier of eight characters',
    (z) => (z.properties.identifier = 'SIM00001'),
    'out-of-range /features/0/properties/identifier',
  ],
  ['country of two', (z) => (z.properties.country = 'CH'), 'out-of-range /features/0/properties/country'],
  ['no authority', (z) => (z.properties.zoneAuthority = []), 'out-of-range /features/0/properties/zoneAuthority'],
  ['an unknown reason', (z) => (z.properties.reasons = ['FUN']), 'not-allowed /features/0/properties/reasons/0'],
  ['no layer', (z) => delete z.geometry.layer, 'missing-field /features/0/geometry/layer'],
  ['a layer without a unit', (z) => delete z.geometry.layer.uom, 'no-unit /features/0/geometry/layer/uom'],
  [
    'a layer without a reference',
    (z) => delete z.geometry.layer.lowerReference,
    'unknown-datum /features/0/geometry/layer/lowerReference',
  ],
  ['a layer upside down', (z) => (z.geometry.layer.lower = 700), 'out-of-range /features/0/geometry/layer'],
  [
    'a point without extent',
    (z) => (z.geometry = { ...z.geometry, type: 'Point', coordinates: [7, 46] }),
    'missing-field /features/0/geometry/extent',
  ],
  [
    'hours without a zone',
    (z) =>
      (z.properties.limitedApplicability = [
        { schedule: [{ day: ['MON'], startTime: '10:00:00', endTime: '12:00:00' }] },
      ]),
    'no-zone /features/0/properties/limitedApplicability/0/schedule/0/startTime',
  ],
  ['an unknown day', (z) => (z.properties.limitedApplicability = [{ schedule: [{ day: ['Monday'] }] }]), 'not-allowed'],
  [
    'a period upside down',
    (z) =>
      (z.properties.limitedApplicability = [
        { startDateTime: '2026-03-02T00:00:00Z', endDateTime: '2026-03-01T00:00:00Z' },
      ]),
    'out-of-range',
  ],
])('an ED-318 zone with %s is refused', async (_, change, expected) => {
  const { picture, findings } = await readTexts({ 'zone.json': ed318(change) })
  expect(picture.items).toEqual([])
  expect(lines(findings)[0]).toContain(expected)
})

test.each<[string, (zone: Json) => void, string]>([
  ['no restriction', (z) => delete z.restriction, 'missing-field /UASZoneList/0/restriction'],
  ['no applicability', (z) => delete z.applicability, 'missing-field /UASZoneList/0/applicability'],
  [
    'no times though not permanent',
    (z) => (z.applicability = [{ permanent: 'NO' }]),
    'missing-field /UASZoneList/0/applicability/0/startDateTime',
  ],
  ['a word for a limit', (z) => (z.geometry[0].lowerLimit = 'GND'), 'wrong-type /UASZoneList/0/geometry/0/lowerLimit'],
  ['no unit', (z) => delete z.geometry[0].uomDimensions, 'no-unit /UASZoneList/0/geometry/0/uomDimensions'],
  ['an unknown reference', (z) => (z.geometry[0].upperVerticalReference = 'FL'), 'unknown-datum'],
])('an ED-269 zone with %s is refused', async (_, change, expected) => {
  const { picture, findings } = await readTexts({ 'zone.json': ed269(change) })
  expect(picture.items).toEqual([])
  expect(lines(findings)[0]).toContain(expected)
})

test('ED-269 feet are feet, of the radius too', async () => {
  const { picture } = await readTexts({ 'zone.json': ed269((z) => (z.geometry[0].uomDimensions = 'FT')) })
  expect(picture.pieces[0]).toMatchObject({
    shape: { radiusM: expect.closeTo(91.44) },
    band: { lower: { valueM: expect.closeTo(152.4) } },
  })
})

test.each([
  // The intent stands at 500-600 m W84. Ground is between -600 and 8,900 m, the geoid between -110 and 90.
  ['above ground, where ground decides', 'AGL', 50, 120, ['undecided']],
  ['from the ground to 99,999 m above it: no ground is so low', 'AGL', 0, 99_999, ['conflict']],
  ['from 2,000 m above ground: no ground is so low', 'AGL', 2_000, 3_000, []],
  ['above mean sea level, clear of the geoid', 'AMSL', 300, 800, ['conflict']],
  ['above mean sea level, where the geoid decides', 'AMSL', 620, 800, ['undecided']],
  ['above mean sea level, above any geoid', 'AMSL', 711, 800, []],
] as const)('heights %s', async (_, reference, lower, upper, expected) => {
  const zone = ed318((z) => {
    z.geometry.layer = { upper, upperReference: reference, lower, lowerReference: reference, uom: 'm' }
  })
  expect(await verdicts(zone)).toEqual(expected)
  const { findings } = await readTexts({ 'zone.json': zone })
  expect(lines(findings)[0]).toContain(
    `height-not-convertible /features/0/geometry ${reference} is not converted to W84`,
  )
})

const MONDAY = '2026-03-02'

test.each([
  ['a Sunday, as the intent is', { day: ['SUN'], startTime: '09:00:00Z', endTime: '12:00:00Z' }, ['conflict']],
  ['a Monday', { day: ['MON'], startTime: '09:00:00Z', endTime: '12:00:00Z' }, []],
  ['the hour that ends as the intent starts', { day: ['ANY'], startTime: '09:00:00Z', endTime: '10:00:00Z' }, []],
  [
    'the same hours in another zone',
    { day: ['ANY'], startTime: '11:00:00+02:00', endTime: '12:30:00+02:00' },
    ['conflict'],
  ],
  ['a night from Saturday', { day: ['SAT'], startTime: '22:00:00Z', endTime: '10:30:00Z' }, ['conflict']],
  ['daylight', { day: ['ANY'], startEvent: 'SR', endEvent: 'SS' }, ['undecided']],
  ['any day, no hours', { day: ['ANY'] }, ['conflict']],
])('a zone that applies on %s', async (_, daily, expected) => {
  // 1 March 2026 is a Sunday.
  const zone = ed318((z) => {
    z.properties.limitedApplicability = [
      { startDateTime: '2026-02-01T00:00:00Z', endDateTime: `${MONDAY}T23:00:00Z`, schedule: [daily] },
    ]
  })
  expect(await verdicts(zone)).toEqual(expected)
})

test('a zone does not apply before its data set does', async () => {
  expect(await verdicts(ed318((_, c) => (c.metadata = { validFrom: '2026-03-01T11:00:00Z' })))).toEqual([])
})

test('two zones are not compared, and that is said; a zone that restricts nothing is left aside', async () => {
  const { picture } = await readTexts({ 'a.json': ed318(), 'b.json': ed269() })
  expect(check(picture, OVERLAP)).toMatchObject({ encounters: [], notCompared: { restrictions: 1 } })
  const free = await readTexts({ 'a.json': ed318((z) => (z.properties.type = 'NO_RESTRICTION')) })
  expect(lines(free.findings)[0]).toContain('unrestricted-zone SIM0001')
})

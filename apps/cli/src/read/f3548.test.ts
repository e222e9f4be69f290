import { expect, test } from 'vitest'
import { check, f3548Intent, f3548Volume, lines, OVERLAP, readTexts } from '../testing/fixtures.ts'

type Json = any // oxlint-disable-line typescript/no-explicit-any -- changes to JSON bodies

const A = '00000000-0000-4000-8000-00000000000a'
const B = '00000000-0000-4000-8000-00000000000b'

function details(volumes: unknown[]): unknown {
  return { volumes, off_nominal_volumes: [], priority: 0 }
}

const reference = { id: A, manager: 'uss1', state: 'Accepted', version: 1 }

test.each([
  ['a GET body', f3548Intent(A, [f3548Volume()]), 'operational intent'],
  ['reference and details', { reference, details: details([f3548Volume()]) }, 'operational intent'],
  ['details alone', { details: details([f3548Volume()]) }, 'operational intent'],
  ['details bare', details([f3548Volume()]), 'operational intent'],
  [
    'a PUT body',
    { extents: [f3548Volume()], key: [], state: 'Accepted', uss_base_url: 'https://uss1' },
    'operational intent',
  ],
  ['a PUT body of a constraint', { extents: [f3548Volume()], uss_base_url: 'https://uss1' }, 'constraint'],
  [
    'a constraint',
    { constraint: { reference: { id: A, manager: 'auth' }, details: { volumes: [f3548Volume()], type: 'com.x' } } },
    'constraint',
  ],
  ['a bare volume', f3548Volume(), 'operational intent'],
  ['a list of volumes', [f3548Volume(), f3548Volume()], 'operational intent'],
  ['a list of intents', [f3548Intent(A, [f3548Volume()])], 'operational intent'],
  [
    'a picture',
    { operational_intents: [{ reference, volumes: [f3548Volume()] }], constraints: [] },
    'operational intent',
  ],
])('%s is read', async (_, body, kind) => {
  const { picture, findings } = await readTexts({ 'a.json': JSON.stringify(body) })
  expect(lines(findings)).toEqual([])
  expect(picture.items.map((item) => item.kind)).toEqual([kind])
})

type Change = (volume: Record<string, any>) => void // oxlint-disable-line typescript/no-explicit-any -- a change to a JSON body

test.each<[string, Change, string]>([
  [
    'another reference',
    (v) => (v['volume'].altitude_lower.reference = 'AMSL'),
    'unknown-datum /operational_intent/details/volumes/0/volume/altitude_lower/reference',
  ],
  [
    'feet',
    (v) => (v['volume'].altitude_lower.units = 'FT'),
    'no-unit /operational_intent/details/volumes/0/volume/altitude_lower/units',
  ],
  ['a height without a unit (TV-12)', (v) => (v['volume'].altitude_lower = { value: 3300 }), 'unknown-datum'],
  ['a bare height', (v) => (v['volume'].altitude_lower = 3300), 'wrong-type'],
  [
    'an unknown height of Cursor on Target (TV-13)',
    (v) => (v['volume'].altitude_upper.value = 9_999_999),
    'out-of-range',
  ],
  ['a missing height', (v) => delete v['volume'].altitude_upper, 'missing-altitude'],
  ['reversed heights', (v) => (v['volume'].altitude_lower.value = 700), 'out-of-range'],
  ['a text for a height', (v) => (v['volume'].altitude_lower.value = '500'), 'wrong-type'],
  [
    'a latitude beyond the pole',
    (v) => (v['volume'].outline_polygon.vertices[2].lat = 91),
    'out-of-range /operational_intent/details/volumes/0/volume/outline_polygon/vertices/2/lat',
  ],
  ['a longitude beyond 180', (v) => (v['volume'].outline_polygon.vertices[2].lng = 181), 'out-of-range'],
  ['two vertices', (v) => v['volume'].outline_polygon.vertices.splice(2), 'out-of-range'],
  ['a repeated last vertex', (v) => v['volume'].outline_polygon.vertices.push({ lat: 46, lng: 7 }), 'bad-geometry'],
  [
    'crossing edges',
    (v) => v['volume'].outline_polygon.vertices.splice(0, 2, { lat: 46, lng: 7.01 }, { lat: 46, lng: 7 }),
    'bad-geometry',
  ],
  ['no outline', (v) => delete v['volume'].outline_polygon, 'bad-geometry'],
  [
    'two outlines',
    (v) => (v['volume'].outline_circle = { center: { lat: 46, lng: 7 }, radius: { value: 10, units: 'M' } }),
    'bad-geometry',
  ],
  ['an offset time', (v) => (v['time_start'].value = '2026-03-01T12:00:00+02:00'), 'not-allowed'],
  ['a time without a zone', (v) => (v['time_start'].value = '2026-03-01T12:00:00'), 'no-zone'],
  ['another time format', (v) => (v['time_start'].format = 'UNIX'), 'not-allowed'],
  ['reversed times', (v) => (v['time_end'].value = '2026-03-01T09:00:00Z'), 'out-of-range'],
  ['no end', (v) => delete v['time_end'], 'missing-field'],
  ['null for a volume', (v) => (v['volume'] = null), 'wrong-type'],
])('an intent with %s is left out whole', async (_, change, expected) => {
  const body = [f3548Intent(A, [f3548Volume(), f3548Volume()]), f3548Intent(B, [f3548Volume()])]
  const broken = structuredClone(body) as [{ operational_intent: { details: { volumes: unknown[] } } }]
  change(broken[0].operational_intent.details.volumes[0] as Record<string, unknown>)
  const { picture, findings } = await readTexts({ 'a.json': JSON.stringify(broken) })
  expect(picture.items.map(({ id }) => id)).toEqual([B])
  expect(lines(findings)).toHaveLength(1)
  expect(lines(findings)[0]).toContain(expected.replace('/operational_intent', '/0/operational_intent'))
})

test('a circle is read with its radius', async () => {
  const volume = f3548Volume((v: Json) => {
    delete v.volume.outline_polygon
    v.volume.outline_circle = { center: { lat: 46, lng: 7 }, radius: { value: 300, units: 'M' } }
  })
  const { picture } = await readTexts({ 'a.json': JSON.stringify(volume) })
  expect(picture.pieces[0]?.shape).toMatchObject({ kind: 'disc', radiusM: 300 })
})

test('off-nominal volumes count', async () => {
  const body = { reference, details: { volumes: [], off_nominal_volumes: [f3548Volume()], priority: 0 } }
  const { picture } = await readTexts({ 'a.json': JSON.stringify(body) })
  expect(picture.pieces[0]?.position).toBe('/details/off_nominal_volumes/0')
})

test('TV-16: [10:00, 11:00) and [11:00, 12:00) are no conflict by default, and are one when the profile says so', async () => {
  const later = f3548Volume((v: Json) => {
    v.time_start.value = '2026-03-01T11:00:00Z'
    v.time_end.value = '2026-03-01T12:00:00Z'
  })
  const { picture } = await readTexts({
    'a.json': JSON.stringify([f3548Intent(A, [f3548Volume()]), f3548Intent(B, [later])]),
  })
  expect(check(picture, OVERLAP).encounters).toEqual([])
  expect(check(picture, { ...OVERLAP, touching: 'meets' }).encounters).toHaveLength(1)
})

test('two versions of one entity are not compared, and that is said', async () => {
  const body = JSON.stringify(f3548Intent(A, [f3548Volume()]))
  const { picture } = await readTexts({ 'a.json': body, 'b.json': body })
  const result = check(picture, OVERLAP)
  expect(result.encounters).toEqual([])
  expect(result.notCompared.sameIdentity).toBe(1)
})

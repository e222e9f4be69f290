import { geodesicDistance } from '@parley/geo4d'
import { expect, test } from 'vitest'
import { check, f3548Intent, f3548Volume, lines, OVERLAP, readTexts } from '../testing/fixtures.ts'
import { latLng } from './outline.ts'

type Json = any // oxlint-disable-line typescript/no-explicit-any -- changes to JSON bodies

const HEIGHTS = { altitudeLower: 0, altitudeUpper: 100, altitudeUnit: 'm', altitudeReference: 'W84' }
const TIMES = { time_start: '2026-03-01T10:00:00Z', time_end: '2026-03-01T11:00:00Z' }

function feature(geometry: unknown, properties: object = { ...HEIGHTS, ...TIMES }): Record<string, unknown> {
  return { type: 'Feature', geometry, properties }
}

function polygon(...ring: number[][]): unknown {
  return { type: 'Polygon', coordinates: [[...ring, ring[0]]] }
}

const SQUARE = polygon([7, 46], [7.01, 46], [7.01, 46.01], [7, 46.01])

async function readOne(value: unknown) {
  return readTexts({ 'a.geojson': JSON.stringify(value) })
}

test('TV-08: the edge (38, 35.5)-(41, 35.5) runs along the parallel, where the geodesic of F3548 is 1,035 m north of it', async () => {
  const ring = polygon([38, 35.5], [41, 35.5], [41, 34.5], [38, 34.5])
  const { picture } = await readOne(feature(ring))
  const shape = picture.pieces[0]?.shape
  if (shape?.kind !== 'area') throw new Error('not an area')
  const written = shape.rings[0] as Float64Array
  const onEdge = [...written.keys()].filter((k) => k % 2 === 0 && written[k] === 35.5 && written[k + 1] === 39.5)
  expect(onEdge).toHaveLength(1)
  expect(geodesicDistance(latLng(35.5, 39.5), latLng(35.5093, 39.5))).toBeCloseTo(1035, -1)
})

test('TV-08: a plan 500 m north of that edge meets the F3548 reading of it and not the GeoJSON one', async () => {
  const lat = 35.5 + 500 / 110_950
  const plan = feature(polygon([39.49, lat], [39.51, lat], [39.51, lat + 0.001], [39.49, lat + 0.001]))
  const straight = feature(polygon([38, 35.5], [41, 35.5], [41, 34.5], [38, 34.5]))
  const asGeoJson = await readOne({ type: 'FeatureCollection', features: [plan, straight] })
  expect(check(asGeoJson.picture, OVERLAP).encounters).toEqual([])
  const geodesic = f3548Volume((v: Json) => {
    v.volume.outline_polygon.vertices = [
      { lat: 35.5, lng: 38 },
      { lat: 35.5, lng: 41 },
      { lat: 34.5, lng: 41 },
      { lat: 34.5, lng: 38 },
    ]
    v.volume.altitude_lower.value = 0
  })
  const asF3548 = await readTexts({
    'plan.geojson': JSON.stringify(plan),
    'intent.json': JSON.stringify(f3548Intent('00000000-0000-4000-8000-000000000001', [geodesic])),
  })
  expect(check(asF3548.picture, OVERLAP).encounters).toHaveLength(1)
})

test('TV-09: positions are longitude first; a swap that leaves the range is refused with the other reading offered', async () => {
  const { picture, findings } = await readOne(feature({ type: 'Point', coordinates: [34.45, 140.92] }))
  expect(picture.items).toEqual([])
  expect(lines(findings)[0]).toContain('did you mean [140.92, 34.45]?')
  const right = await readOne(feature({ type: 'Point', coordinates: [40.92, 34.45] }))
  expect(right.picture.pieces[0]?.shape).toMatchObject({ ends: Float64Array.of(34.45, 40.92, 34.45, 40.92) })
})

test.each([
  ['numbers with unit and reference', HEIGHTS, [0, 100]],
  ['feet', { ...HEIGHTS, altitudeUnit: 'ft' }, [0, 30.48]],
  [
    'F3548 objects',
    { altitude_lower: { value: 5, reference: 'W84', units: 'M' }, altitude_upper: null },
    [5, Infinity],
  ],
  ['a null limit', { ...HEIGHTS, altitudeLower: null }, [-Infinity, 100]],
])('heights: %s', async (_, properties, expected) => {
  const { picture } = await readOne(feature(SQUARE, { ...properties, ...TIMES }))
  const band = picture.pieces[0]?.band
  expect([band?.lower.valueM, band?.upper.valueM]).toEqual([expected[0], expect.closeTo(expected[1] as number)])
})

test.each([
  ['TV-12: no unit', { ...HEIGHTS, altitudeUnit: undefined }, 'no-unit /properties/altitudeUnit'],
  ['no reference', { ...HEIGHTS, altitudeReference: undefined }, 'unknown-datum /properties/altitudeReference'],
  ['a flight level for a reference', { ...HEIGHTS, altitudeReference: 'FL' }, 'unknown-datum'],
  [
    'a bare number in an F3548 field',
    { altitude_lower: 3300, altitude_upper: 3400 },
    'no-unit /properties/altitudeUnit',
  ],
  ['one limit', { ...HEIGHTS, altitudeUpper: undefined }, 'missing-altitude /properties/altitudeUpper'],
  ['upside down', { ...HEIGHTS, altitudeLower: 200 }, 'out-of-range'],
  ['a time without a zone', { ...HEIGHTS, time_start: '2026-03-01T10:00:00' }, 'no-zone /properties/time_start'],
  ['reversed times', { ...HEIGHTS, time_end: '2026-03-01T09:00:00Z' }, 'out-of-range'],
])('refused: %s', async (_, properties, expected) => {
  const { picture, findings } = await readOne(feature(SQUARE, { ...TIMES, ...properties }))
  expect(picture.items).toEqual([])
  expect(lines(findings)[0]).toContain(expected)
})

test.each([
  [
    'an open ring',
    {
      type: 'Polygon',
      coordinates: [
        [
          [7, 46],
          [7.01, 46],
          [7.01, 46.01],
          [7, 46.01],
        ],
      ],
    },
    'ends at the position it starts with',
  ],
  [
    'three positions',
    {
      type: 'Polygon',
      coordinates: [
        [
          [7, 46],
          [7.01, 46],
          [7, 46],
        ],
      ],
    },
    'out-of-range',
  ],
  ['crossing edges', polygon([7, 46], [7.01, 46.01], [7.01, 46], [7, 46.01]), 'bad-geometry'],
  ['an edge round the world', polygon([179, 10], [-179, 10], [-179, 11], [179, 11]), 'antimeridian'],
  ['no geometry', null, 'missing-position'],
  ['an unknown geometry', { type: 'Curve', coordinates: [] }, 'not-allowed'],
  ['text for a coordinate', { type: 'Point', coordinates: ['7', 46] }, 'wrong-type /geometry/coordinates/0'],
  ['null for a coordinate', { type: 'Point', coordinates: [null, 46] }, 'wrong-type'],
  ['coordinates nested too deep', { type: 'Point', coordinates: [[[7]], 46] }, 'wrong-type'],
  ['a polygon as large as a continent', polygon([-60, -50], [60, -50], [60, 50], [-60, 50]), 'km'],
])('refused: %s', async (_, geometry, expected) => {
  const { picture, findings } = await readOne(feature(geometry))
  expect(picture.items).toEqual([])
  expect(lines(findings)[0]).toContain(expected)
})

test('what states no height is not lost: it is undecided, and named', async () => {
  const { picture, findings } = await readOne({
    type: 'FeatureCollection',
    features: [feature(SQUARE), feature(SQUARE, TIMES), feature(SQUARE, HEIGHTS)],
  })
  const { encounters } = check(picture, OVERLAP)
  expect(encounters.map(({ verdict }) => verdict)).toEqual(['undecided', 'undecided', 'undecided'])
  expect(encounters.flatMap(({ reasons }) => reasons)).toEqual(
    expect.arrayContaining(['height: states no height', 'time: states no time']),
  )
  expect(lines(findings).map((line) => line.split(' ')[0])).toEqual(['height-unknown', 'time-unknown'])
})

test('a hole is no part of the area', async () => {
  const ring = (size: number): number[][] => {
    const [low, high] = [0.05 - size, 0.05 + size]
    return [
      [7 + low, 46 + low],
      [7 + high, 46 + low],
      [7 + high, 46 + high],
      [7 + low, 46 + high],
      [7 + low, 46 + low],
    ]
  }
  const holed = feature({ type: 'Polygon', coordinates: [ring(0.05), ring(0.02)] })
  const inside = feature({ type: 'Polygon', coordinates: [ring(0.01)] })
  const across = feature({ type: 'Polygon', coordinates: [ring(0.03)] })
  const apart = await readOne({ type: 'FeatureCollection', features: [holed, inside] })
  expect(check(apart.picture, OVERLAP).encounters).toEqual([])
  const meet = await readOne({ type: 'FeatureCollection', features: [holed, across] })
  expect(check(meet.picture, OVERLAP).encounters).toHaveLength(1)
})

test('a text sequence keeps what comes before and after a record cut off (RFC 8142, TV-17)', async () => {
  const text = JSON.stringify(feature(SQUARE))
  const sequence = `\u001e${text}\n\u001e${text.slice(0, 90)}\u001e${text}\n\u001e\u001e${text}\n`
  const { picture, findings } = await readTexts({ 'a.geojsons': sequence })
  expect(picture.items).toHaveLength(3)
  expect(lines(findings)).toHaveLength(1)
  expect(lines(findings)[0]).toMatch(/^truncated-record record 2 .*cut off/)
})

test('features one a line are read', async () => {
  const text = JSON.stringify(feature(SQUARE))
  const { picture } = await readTexts({ 'a.ndjson': `${text}\n${text}\n` })
  expect(picture.files[0]).toMatchObject({ format: 'geojson', items: 2 })
})

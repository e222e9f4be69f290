import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { lines, readTexts, shared } from '../testing/fixtures.ts'
import type { FlightOptions } from './flights.ts'

const START = Date.UTC(2026, 2, 1, 10)

/** Rows ten seconds and about 770 m apart. */
function rows(
  count: number,
  change: (row: Record<string, unknown>, index: number) => void = () => {},
): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, k) => {
    const row = {
      timestamp: START + 10_000 * k,
      latitude: 46,
      longitude: 7 + 0.01 * k,
      geoaltitude: 5000 + 10 * k,
      altitude: 4800,
      icao24: 'abc123',
      callsign: 'SIM1',
    }
    change(row, k)
    return row
  })
}

async function read(value: unknown, flights: Partial<FlightOptions> = {}) {
  return readTexts({ 'flights.json': JSON.stringify(value) }, { flights })
}

test.each([
  ['rows', (list: Record<string, unknown>[]) => list],
  [
    'columns',
    (list: Record<string, unknown>[]) =>
      Object.fromEntries(Object.keys(list[0] ?? {}).map((name) => [name, list.map((row) => row[name])])),
  ],
  [
    'columns by index',
    (list: Record<string, unknown>[]) =>
      Object.fromEntries(
        Object.keys(list[0] ?? {}).map((name) => [name, Object.fromEntries(list.map((row, k) => [k, row[name]]))]),
      ),
  ],
  [
    'a split table',
    (list: Record<string, unknown>[]) => ({
      columns: Object.keys(list[0] ?? {}),
      data: list.map((row) => Object.values(row)),
    }),
  ],
])('%s are read', async (_, layout) => {
  const { picture, findings } = await read(layout(rows(4)))
  expect(lines(findings)).toEqual([])
  expect(picture.items).toMatchObject([{ kind: 'flight', id: 'SIM1 abc123', owner: 'abc123' }])
  expect(picture.pieces.map(({ position }) => position)).toEqual(['rows 1-2', 'rows 2-3', 'rows 3-4'])
})

test('heights are geometric, in feet, and pressure altitude only on demand and then never compared with W84', async () => {
  const geometric = await read(rows(2))
  expect(geometric.picture.pieces[0]?.band).toMatchObject({
    lower: { valueM: 1524, reference: 'W84' },
    upper: { valueM: expect.closeTo(1527.048) },
  })
  const pressure = await read(rows(2), { heights: 'pressure' })
  expect(pressure.picture.pieces[0]?.band.lower).toMatchObject({
    valueM: expect.closeTo(1463.04),
    reference: 'STD',
    lowM: -Infinity,
  })
})

test.each<[string, (row: Record<string, unknown>) => unknown, string]>([
  ['no geometric altitude', (r) => (r['geoaltitude'] = null), 'missing-altitude row 3 no geometric altitude'],
  ['a text for an altitude', (r) => (r['geoaltitude'] = '5000'), 'wrong-type row 3'],
  ['an altitude beyond belief', (r) => (r['geoaltitude'] = 9_999_999), 'out-of-range row 3'],
  ['no position', (r) => (r['latitude'] = null), 'missing-position row 3'],
  ['a latitude beyond the pole', (r) => (r['latitude'] = 95), 'out-of-range row 3'],
  ['a longitude beyond 180', (r) => (r['longitude'] = 200), 'out-of-range row 3'],
])('a row with %s breaks the track and is named', async (_, change, expected) => {
  const { picture, findings } = await read(rows(5, (row, k) => k === 2 && change(row)))
  expect(picture.pieces.map(({ position }) => position)).toEqual(['rows 1-2', 'rows 4-5'])
  expect(lines(findings)).toHaveLength(1)
  expect(lines(findings)[0]).toContain(expected)
})

test.each<[string, (row: Record<string, unknown>) => unknown, string]>([
  ['no identity', (r) => delete r['icao24'], 'missing-field row 3'],
  ['no time', (r) => delete r['timestamp'], 'missing-field row 3'],
  ['a time without a zone', (r) => (r['timestamp'] = '2026-03-01 10:00:20'), 'no-zone row 3'],
  ['seconds for milliseconds', (r) => (r['timestamp'] = START / 1000), 'out-of-range row 3'],
])('a row with %s belongs nowhere and is named', async (_, change, expected) => {
  const { picture, findings } = await read(rows(5, (row, k) => k === 2 && change(row)))
  expect(picture.pieces.map(({ position }) => position)).toEqual(['rows 1-2', 'rows 2-4', 'rows 4-5'])
  expect(lines(findings)[0]).toContain(expected)
})

test('a row that is no object is named', async () => {
  const { findings } = await read([...rows(2), 7, null])
  expect(lines(findings)).toEqual(['wrong-type row 3 a row is an object', 'wrong-type row 4 a row is an object'])
})

test('a jump out and back leaves the row out; a jump to another place starts again there', async () => {
  const spike = await read(rows(5, (row, k) => k === 2 && (row['latitude'] = 47)))
  expect(spike.picture.pieces.map(({ position }) => position)).toEqual(['rows 1-2', 'rows 4-5'])
  expect(lines(spike.findings).map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
    'jump rows 2-3',
    'jump rows 3-4',
    'jump row 3',
  ])
  const moved = await read(rows(4, (row, k) => k >= 2 && (row['latitude'] = 47)))
  expect(moved.picture.pieces.map(({ position }) => position)).toEqual(['rows 1-2', 'rows 3-4'])
  const climb = await read(rows(5, (row, k) => k === 2 && (row['geoaltitude'] = 15_000)))
  expect(lines(climb.findings)[0]).toContain('faster than 152 m/s')
})

test('a gap is not bridged; a position alone stands for itself', async () => {
  const { picture, findings } = await read(
    rows(4, (row, k) => (row['timestamp'] = START + k * (k > 1 ? 200_000 : 10_000))),
  )
  expect(picture.pieces.map(({ position }) => position)).toEqual(['rows 1-2', 'row 3', 'row 4'])
  expect(lines(findings).every((line) => line.startsWith('track-gap'))).toBe(true)
})

test('rows need no order; a pause of more than half an hour makes two flights unless a flight_id says otherwise', async () => {
  const shuffled = rows(4).toReversed()
  const { picture } = await read(shuffled)
  expect(picture.pieces.map(({ position }) => position)).toEqual(['rows 4-3', 'rows 3-2', 'rows 2-1'])
  const pause = (row: Record<string, unknown>, k: number): void => {
    if (k >= 2) row['timestamp'] = START + 3_600_000 + 10_000 * k
  }
  expect((await read(rows(4, pause))).picture.items.map(({ id }) => id)).toEqual(['SIM1 abc123', 'SIM1 abc123 #2'])
  expect(
    (await read(rows(4, (row, k) => (pause(row, k), (row['flight_id'] = 'F1'))))).picture.items.map(({ id }) => id),
  ).toEqual(['F1'])
})

test.for([
  ['calfire', 'geometric', 186, { 'missing-altitude': 24 }],
  ['rega_zh', 'geometric', 1, {}],
  ['inflight_refuelling', 'pressure', 1, { 'missing-position': 1 }],
] as const)('the recorded flights of %s are read', async ([name, heights, flights, faults], { skip }) => {
  const file = shared(`data/${name}.json.gz`)
  if (file === null) return skip()
  const { picture, findings } = await readTexts({ 'flights.json.gz': readFileSync(file) }, { flights: { heights } })
  expect(picture.items).toHaveLength(flights)
  const counts = Object.fromEntries(findings.list().map(({ count, examples }) => [examples[0]?.code, count]))
  expect(counts).toMatchObject(faults)
})

import { expect, test } from 'vitest'
import { loadProfile, marginOf, minimaOf, parseBuffer, parseProfile, profileNames } from '../check/profile.ts'
import { checkPicture } from '../engine/check-picture.ts'
import { Findings } from '../read/finding.ts'
import { discShape, geodesicArea, latLng, segmentShape } from '../read/outline.ts'
import { pictureOf, piece } from '../testing/fixtures.ts'
import { geojsonReport } from './geojson.ts'
import { progressBar } from './progress.ts'
import { buildReport } from './report.ts'
import { duration, timeFormat } from './time.ts'

test.each([
  ['TV-01', 'Asia/Damascus', '2017-11-11T10:00:00Z', '2017-11-11 12:00:00 +02:00'],
  ['TV-02', 'Asia/Damascus', '2017-07-09T09:00:00Z', '2017-07-09 12:00:00 +03:00'],
  ['TV-04', 'Europe/Kyiv', '2015-02-14T22:00:00Z', '2015-02-15 00:00:00 +02:00'],
  ['TV-05', 'America/New_York', '2017-04-07T00:40:00Z', '2017-04-06 20:40:00 -04:00'],
])('%s: %s keeps the rules of its date', (_, zone, utc, local) => {
  const format = timeFormat(zone)
  expect(format.local(Date.parse(utc))).toBe(local)
  expect(format.utc(Date.parse(utc))).toBe(utc)
})

test('an unknown zone is refused; no limit is said', () => {
  expect(() => timeFormat('Mars/Olympus')).toThrow(RangeError)
  expect(timeFormat('UTC').utc(Infinity)).toBe('no limit')
  expect(timeFormat('UTC').local(-Infinity)).toBeNull()
})

test.each([
  [900, '1 s'],
  [61_000, '1 min 01 s'],
  [7_500_000, '2 h 05 min'],
  [200_000_000, '2 d 7 h'],
  [Infinity, 'without end'],
])('%d ms is written %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test('every profile that comes with the command holds to the format and bears its own name', async () => {
  const names = await profileNames()
  expect(names).toContain('f3548')
  for (const name of names) expect((await loadProfile(name)).id).toBe(name)
})

test.each([
  [{ verticalM: 0 }, 'both 0 or both above 0'],
  [{ horizontalM: '3 NM' }, 'finite number'],
  [{ toleratedS: undefined }, '/toleratedS'],
  [{ touching: 'maybe' }, 'apart, meets'],
  [{ verticallM: 3 }, 'a profile has only'],
])('a profile with %o is refused', (change, rule) => {
  const profile = { id: 'x', title: 'x', horizontalM: 1, verticalM: 1, timeApartS: 0, toleratedS: null, ...change }
  expect(() => parseProfile(profile)).toThrow(rule)
})

test('a buffer is three numbers', () => {
  expect(parseBuffer('500,100,60')).toEqual({ lateralM: 500, verticalM: 100, timeS: 60 })
  for (const wrong of ['500,100', '500,100,-60', 'a,b,c', '500,100,60,1', '1e3,1,1', ''])
    expect(() => parseBuffer(wrong)).toThrow('three numbers')
})

test('the bar is for terminals and for work that takes a while', () => {
  const painted: string[] = []
  const sink = { write: (text: string) => painted.push(text) }
  let now = 0
  const none = progressBar(sink, () => now)
  const bar = progressBar({ ...sink, isTTY: true }, () => now)
  for (now = 0; now < 1000; now += 50) {
    none.show('comparing', now / 1000)
    bar.show('comparing', now / 1000)
  }
  bar.clear()
  none.clear()
  expect(painted[0]).toContain('comparing [')
  expect(painted.at(-1)).toBe('\r\u001b[2K')
  expect(painted.length).toBeLessThan(12)
})

type Feature = { geometry: { type: string; coordinates: number[][][] | number[][][][] }; properties: { role: string } }

async function geojsonOf(items: Parameters<typeof pictureOf>[0]): Promise<Feature[]> {
  const picture = pictureOf(items)
  const profile = await loadProfile('f3548')
  const result = checkPicture(picture, { minima: minimaOf(profile), allPairs: false, progress: () => {} })
  const margin = marginOf(profile.flightBuffer)
  const report = buildReport(picture, result, {
    version: '0',
    profile,
    margin,
    time: timeFormat(null),
    findings: new Findings(),
  })
  return (JSON.parse([...geojsonReport(report, picture, result)].join('')) as { features: Feature[] }).features
}

const ALWAYS = { heights: [0, 100], seconds: [0, 10] } as const

test('GeoJSON out is cut at the antimeridian and keeps to its longitudes', async () => {
  const features = await geojsonOf([
    [piece(discShape(10, 179.99, 5_000), ALWAYS)],
    [piece(segmentShape(10, 179.98, 10, -179.98), { ...ALWAYS })],
  ])
  const [, disc, line] = features
  expect(disc?.geometry.type).toBe('MultiPolygon')
  expect(line?.geometry.type).toBe('MultiLineString')
  for (const { geometry } of features) {
    const numbers = (geometry.coordinates as unknown[]).flat(4) as number[]
    expect(numbers.filter((_, k) => k % 2 === 0).every((lng) => lng >= -180 && lng <= 180)).toBe(true)
  }
})

test('GeoJSON out follows a geodesic edge and runs against the clock', async () => {
  const corners = [latLng(35.5, 38), latLng(34.5, 38), latLng(34.5, 41), latLng(35.5, 41)]
  const [, area] = await geojsonOf([[piece(geodesicArea(corners, ''), ALWAYS)], [piece(discShape(35, 39, 10), ALWAYS)]])
  const ring = ((area as Feature).geometry.coordinates as number[][][])[0] as number[][]
  expect(ring.length).toBeGreaterThan(20)
  expect(Math.max(...ring.map(([, lat]) => lat as number))).toBeCloseTo(35.5093, 3)
  let twice = 0
  for (let k = 0; k + 1 < ring.length; k++) {
    const [x0, y0] = ring[k] as [number, number]
    const [x1, y1] = ring[k + 1] as [number, number]
    twice += x0 * y1 - x1 * y0
  }
  expect(twice).toBeGreaterThan(0)
})

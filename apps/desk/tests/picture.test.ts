import { degrees, epochMs, metres, metresHae } from '@parley/units'
import { describe, expect, test } from 'vitest'
import type { Item } from '../src/items.ts'
import { localText } from '../src/items.ts'
import { areaLabels, areasOf } from '../src/map-features.ts'
import { looksOf } from '../src/palette.ts'
import { layoutProfile } from '../src/profile.ts'
import { readScenario } from '../src/scenario.ts'
import { boundsOf, graticuleFor, graticuleLabel, niceBelow, ringOf } from '../src/shapes.ts'
import { busiestMs, clampToRange, densityOf, fractionOf, meetingsOf, rangeOf } from '../src/timeline.ts'

const HOUR = 3_600_000
const day = Date.parse('2026-11-23T00:00:00Z')

function volume(fromHour: number, toHour: number, lowM = 0, highM = 100, lngDeg = -8.1) {
  return {
    outline: {
      kind: 'circle' as const,
      centre: { latDeg: degrees(41.86), lngDeg: degrees(lngDeg) },
      radiusM: metres(500),
    },
    altitudeLowerM: metresHae(lowM),
    altitudeUpperM: metresHae(highM),
    startMs: epochMs(day + fromHour * HOUR),
    endMs: epochMs(day + toHour * HOUR),
  }
}

function plan(id: string, volumes: Item['volumes'], kind: Item['kind'] = 'operational_intent'): Item {
  return {
    kind,
    id,
    manager: 'uss1',
    state: 'Accepted',
    version: 1,
    ovn: null,
    ussBaseUrl: 'https://uss1.example',
    volumes,
    startMs: Math.min(...volumes.map((each) => each.startMs)),
    endMs: Math.max(...volumes.map((each) => each.endMs)),
    lowerM: Math.min(...volumes.map((each) => each.altitudeLowerM)),
    upperM: Math.max(...volumes.map((each) => each.altitudeUpperM)),
  }
}

describe('the time slider', () => {
  const items = [
    plan('a', [volume(8, 12.5)]),
    plan('b', [volume(9, 9.25), volume(10, 10.25)]),
    plan('z', [volume(6, 21)], 'constraint'),
  ]
  const range = rangeOf(items, day)

  test('covers everything in whole hours with a margin', () => {
    expect(range).toEqual({ startMs: day + 5 * HOUR, endMs: day + 22 * HOUR })
  })
  test('is around now when there is nothing, and open ends do not stretch it', () => {
    expect(rangeOf([], day)).toEqual({ startMs: day - HOUR, endMs: day + 3 * HOUR })
    const open = rangeOf([{ startMs: day, endMs: Infinity }], day)
    expect(open.endMs - open.startMs).toBe(2 * HOUR)
    const long = rangeOf([{ startMs: day, endMs: day + 1000 * HOUR }], day)
    expect(long.endMs - long.startMs).toBe(7 * 24 * HOUR)
  })
  test('clamps to whole minutes inside, and knows where a time lies', () => {
    expect(clampToRange(day + 8 * HOUR + 29_000, range)).toBe(day + 8 * HOUR)
    expect(clampToRange(day, range)).toBe(range.startMs)
    expect(fractionOf(day + 13.5 * HOUR, range)).toBe(0.5)
  })
  test('counts plans, each once a bin, zones not', () => {
    const density = densityOf(items, range, 17)
    expect(density).toEqual([0, 0, 0, 1, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(busiestMs(items, range)).toBeGreaterThan(day + 9 * HOUR)
    expect(busiestMs(items, range)).toBeLessThan(day + 9.25 * HOUR)
  })
  test('finds when plans truly meet', () => {
    expect(meetingsOf(items)).toEqual([
      { a: 'a', b: 'b', startMs: day + 9 * HOUR, endMs: day + 9.25 * HOUR },
      { a: 'a', b: 'b', startMs: day + 10 * HOUR, endMs: day + 10.25 * HOUR },
    ])
    expect(meetingsOf([plan('a', [volume(8, 9)]), plan('b', [volume(8, 9, 200, 300)])])).toEqual([])
    expect(meetingsOf(Array.from({ length: 301 }, (_, index) => plan(String(index), [volume(8, 9)])))).toBeNull()
  })
})

describe('the map', () => {
  test('a circle is round on the ground and closed', () => {
    const ring = ringOf(volume(0, 1).outline)
    expect(ring).toHaveLength(97)
    expect(ring[0]).toEqual(ring.at(-1))
    const bounds = boundsOf(ring)
    expect((bounds?.[3] ?? 0) - (bounds?.[1] ?? 0)).toBeCloseTo(1000 / 111_074, 4)
  })
  test('an edge follows the geodesic: north of the parallel between two points of one latitude', () => {
    const vertices = [
      [35.5, 38],
      [35.5, 41],
      [34, 39.5],
    ].map(([lat = 0, lng = 0]) => ({ latDeg: degrees(lat), lngDeg: degrees(lng) }))
    const highest = Math.max(...ringOf({ kind: 'polygon', vertices }).map(([, lat = 0]) => lat))
    expect(highest).toBeCloseTo(35.5093, 3)
  })
  test('a ring across the antimeridian stays one ring', () => {
    const vertices = [
      [1, 179],
      [1, -179],
      [-1, -179],
      [-1, 179],
    ].map(([lat = 0, lng = 0]) => ({ latDeg: degrees(lat), lngDeg: degrees(lng) }))
    const lngs = ringOf({ kind: 'polygon', vertices }).map(([lng = 0]) => lng)
    expect(Math.max(...lngs) - Math.min(...lngs)).toBeCloseTo(2, 6)
  })
  test('the graticule has at least four lines each way at every zoom, labelled in the unit of its step', () => {
    for (const span of [300, 60, 4, 0.5, 0.05, 0.01]) {
      const { lines, labels } = graticuleFor(
        { west: -8.1 - span / 2, south: 41.8, east: -8.1 + span / 2, north: 41.8 + span / 3 },
        0.05,
      )
      expect(lines.length).toBeGreaterThanOrEqual(4)
      expect(labels.length).toBe(lines.length)
    }
    expect(graticuleLabel(41.5, 'lat', 0.5)).toBe('41°30′N')
    expect(graticuleLabel(-8.1, 'lng', 1 / 360)).toBe('8°06′00″W')
    expect(graticuleLabel(190, 'lng', 10)).toBe('170°W')
    expect(graticuleLabel(0, 'lat', 10)).toBe('0°')
  })
  test('the scale bar has a round length', () => {
    expect([niceBelow(7), niceBelow(1999), niceBelow(2000), niceBelow(130_000)]).toEqual([5, 1000, 2000, 100_000])
  })
  test('one outline with many slots is one area; labels only for what is active or chosen', () => {
    const item = plan('slots', [volume(9, 9.3), volume(10, 10.3)])
    const looks = looksOf(['uss1'])
    const { features, drawn } = areasOf([item], looks)
    expect(features.features).toHaveLength(1)
    expect(drawn[0]?.times).toHaveLength(2)
    const options = { looks, nameOf: (id: string) => id }
    expect(areaLabels([item], day + 9.1 * HOUR, null, options).features).toHaveLength(1)
    expect(areaLabels([item], day + 9.6 * HOUR, null, options).features).toHaveLength(0)
    expect(areaLabels([item], day + 9.6 * HOUR, 'slots', options).features).toHaveLength(1)
  })
  test('looks depend on the set of managers, not on the order they come in, and none is red', () => {
    expect([...looksOf(['b', 'a', 'b'])]).toEqual([...looksOf(['a', 'b'])])
    expect([...looksOf('abcdef').values()].map(({ colour }) => colour)).not.toContain('#ff7b72')
  })
})

describe('the drawing of height over time', () => {
  const size = { width: 300, height: 150 }
  test('keeps everything inside the frame, shifts too', () => {
    const profile = layoutProfile(
      {
        subject: [volume(9, 12, 900, 1300)],
        others: [{ id: 'other', volumes: [volume(8, 12.5, 900, 1300), volume(20, 21)] }],
        shifts: [
          { shift: 'later', amount: 12_600.001 },
          { shift: 'up', amount: 400.01 },
          { shift: 'down', amount: 100_000 },
        ],
      },
      size,
    )
    expect(profile?.shifted.map(({ shift }) => shift.shift)).toEqual(['later', 'up'])
    const boxes = [...(profile?.subject ?? []), ...(profile?.others ?? []).flatMap(({ boxes }) => boxes)]
    expect(boxes).toHaveLength(2)
    for (const box of boxes) {
      expect(box.x).toBeGreaterThanOrEqual(0)
      expect(box.x + box.width).toBeLessThanOrEqual(size.width + 1)
      expect(box.y).toBeGreaterThanOrEqual(0)
      expect(box.y + box.height).toBeLessThanOrEqual(size.height + 1)
    }
    expect(profile?.timeTicks.length).toBeGreaterThan(1)
    expect(profile?.heightTicks.length).toBeGreaterThan(1)
  })
  test('open bounds run out of the frame and are marked', () => {
    const profile = layoutProfile(
      { subject: [volume(9, 10)], others: [{ id: 'z', volumes: [volume(8, 11, -Infinity, Infinity)] }], shifts: [] },
      size,
    )
    expect(profile?.others[0]?.boxes[0]).toMatchObject({ openTop: true, openBottom: true })
  })
  test('nothing to draw without a time', () => {
    expect(layoutProfile({ subject: [], others: [], shifts: [] }, size)).toBeNull()
    expect(layoutProfile({ subject: [volume(-Infinity, Infinity)], others: [], shifts: [] }, size)).toBeNull()
  })
})

describe('the scenario document', () => {
  test('is read as far as it is known, and nothing is guessed', () => {
    const view = readScenario({
      name: 'fire',
      title: { en: 'Fire', de: 'Brand' },
      notice: 'SIMULATED.',
      zones: [
        { name: 'WEST', place: 'Portugal', time_zone: 'Etc/GMT-1' },
        { name: 'X', time_zone: 'Mars/Olympus' },
      ],
      time_zones: ['Etc/GMT-1', 'Etc/GMT-2', 7],
      places: [
        { name: 'Fire', kind: 'fire', lat: 41.86, lng: -8.1 },
        { name: 'Nowhere', lat: 'x' },
      ],
      rings: [{ name: 'ICOM', lat: 41.86, lng: -8.1, radius_m: 22_224 }, null],
      flights: [{ id: 'a', name: 'PT-HELI (SIMULATED)' }, { name: 'no id' }],
    })
    expect(view?.zones).toEqual([
      { timeZone: 'Etc/GMT-1', label: 'WEST, Portugal' },
      { timeZone: 'Etc/GMT-2', label: 'Etc/GMT-2' },
    ])
    expect(view?.places).toHaveLength(1)
    expect(view?.rings).toHaveLength(1)
    expect([...(view?.names ?? [])]).toEqual([['a', 'PT-HELI (SIMULATED)']])
    expect(localText(view?.title, 'de')).toBe('Brand')
    expect(localText(view?.title, 'ru')).toBe('Fire')
    expect(readScenario('no document')).toBeNull()
  })
})

import { degrees, epochMs, metres, metresHae } from '@parley/units'
import { describe, expect, test } from 'vitest'
import { type Draft, emptyDraft, readDraft, readNumber } from '../src/draft.ts'
import { echoesOf, notations, readTyped } from '../src/position-entry.ts'
import { draftWithVolume, shiftVolume } from '../src/shift.ts'
import { volumeFromWire, volumeToWire } from '../src/wire.ts'

const now = Date.parse('2026-11-22T09:00:00Z')
const corner = (latDeg: number, lngDeg: number) => ({ latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) })

const good: Draft = {
  ...emptyDraft,
  points: [corner(41.85, -8.11), corner(41.85, -8.09), corner(41.87, -8.1)],
  lower: '3000',
  upper: '4500',
  heightUnit: 'ft',
  heightReference: 'W84',
  zone: 'Etc/GMT-1',
  startDate: '2026-11-23',
  startTime: '11:00',
  endDate: '2026-11-23',
  endTime: '12:00',
}
const problemsOf = (part: Partial<Draft>): string[] => {
  const read = readDraft({ ...good, ...part }, now)
  return read.kind === 'problems' ? read.problems.map(({ field, sentence }) => `${field} ${sentence.key}`) : []
}

describe('a draft', () => {
  test('means a volume in metres and UTC', () => {
    const read = readDraft(good, now)
    if (read.kind !== 'volume') throw new Error(JSON.stringify(read))
    expect(read.volume.altitudeLowerM).toBeCloseTo(914.4, 9)
    expect(read.volume.altitudeUpperM).toBeCloseTo(1371.6, 9)
    expect(read.volume.startMs).toBe(Date.parse('2026-11-23T10:00:00Z'))
  })

  test('datum, units, reference and zone have no default', () => {
    expect(problemsOf({ heightUnit: '', heightReference: '', zone: '' })).toEqual([
      'heightUnit error.required',
      'heightReference error.required',
      'zone error.required',
    ])
    expect(problemsOf({ shape: 'circle', points: [corner(41, -8)], radius: '500' })).toEqual([
      'radiusUnit error.required',
    ])
  })

  test('heights above sea level or ground are refused, not guessed', () => {
    expect(problemsOf({ heightReference: 'AMSL' })).toEqual(['heightReference error.reference'])
    expect(problemsOf({ heightReference: 'AGL' })).toEqual(['heightReference error.reference'])
  })

  test.each([
    [{ points: [] }, 'points error.points-few'],
    [{ points: [corner(0, 0), corner(1, 1), corner(0, 1), corner(1, 0)] }, 'points geo.edges_cross'],
    [{ shape: 'circle', points: [], radius: '1', radiusUnit: 'nm' }, 'points error.points-centre'],
    [{ shape: 'circle', points: [corner(1, 1)], radius: '0', radiusUnit: 'm' }, 'radius error.positive'],
    [{ lower: '1,200' }, 'lower error.number'],
    [{ lower: '' }, 'lower error.number'],
    [{ upper: '3000' }, 'upper error.height-order'],
    [{ upper: '400000' }, 'upper error.height-range'],
    [{ startTime: '12:00 p.m.' }, 'start error.datetime'],
    [{ endTime: '10:59' }, 'end error.time-order'],
    [{ startDate: '2026-11-21', endDate: '2026-11-21' }, 'end error.past'],
    [{ zone: 'Europe/Madrid', startDate: '2027-03-28', startTime: '02:30', endDate: '2027-03-28' }, 'start error.gap'],
    [
      { zone: 'Europe/Madrid', startDate: '2027-10-31', startTime: '02:30', endDate: '2027-10-31' },
      'start error.twice',
    ],
  ] as [Partial<Draft>, string][])('%j is refused as %s', (part, problem) => {
    expect(problemsOf(part)).toEqual([problem])
  })

  test('numbers are plain decimals; a comma could mean two things', () => {
    expect(readNumber('−12.5')).toBe(-12.5)
    expect(readNumber('1e3')).toBeNull()
    expect(readNumber('1,5')).toBeNull()
    expect(readNumber('')).toBeNull()
  })
})

describe('a shift applied to a draft', () => {
  test('moves all times or both heights, exactly, in the unit and zone of the draft', () => {
    const read = readDraft(good, now)
    if (read.kind !== 'volume') throw new Error('not readable')
    const later = draftWithVolume(good, shiftVolume(read.volume, { shift: 'later', amount: 1800.001 }))
    expect([later.startTime, later.endTime]).toEqual(['11:30:00.001', '12:30:00.001'])
    const up = readDraft(draftWithVolume(good, shiftVolume(read.volume, { shift: 'up', amount: 457.21 })), now)
    if (up.kind !== 'volume') throw new Error('not readable')
    expect(up.volume.altitudeLowerM).toBeCloseTo(914.4 + 457.21, 3)
    expect(shiftVolume(read.volume, { shift: 'earlier', amount: 60 }).startMs).toBe(read.volume.startMs - 60_000)
    expect(shiftVolume(read.volume, { shift: 'down', amount: 10 }).altitudeUpperM).toBeCloseTo(1361.6, 6)
  })
})

describe('typed positions', () => {
  test.each([
    ['cap', '41.86, -8.1'],
    ['geojson', '-8.1, 41.86'],
    ['decimal_degrees', '41.86° N, 8.1° W'],
    ['degrees_minutes', '41°51.600′ N, 008°06.000′ W'],
    ['degrees_minutes_seconds', '41°51′36″ N, 008°06′00″ W'],
    ['mgrs', '29TNG7469934623'],
  ] as const)('%s', (format, text) => {
    const read = readTyped(format, text, 'en')
    if (read.kind !== 'point') throw new Error(JSON.stringify(read))
    expect(read.point.latDeg).toBeCloseTo(41.86, 4)
    expect(read.point.lngDeg).toBeCloseTo(-8.1, 4)
    expect(echoesOf(read.point)).toHaveLength(4)
    expect(notations).toContain(format)
  })

  test('what cannot be read says why, in a message of its own', () => {
    const read = readTyped('mgrs', '29TNG123', 'en')
    expect(read).toMatchObject({ kind: 'problem', sentence: { key: 'geo.mgrs_unreadable' } })
    expect(readTyped('cap', '95, 8', 'en')).toMatchObject({
      kind: 'problem',
      sentence: { key: 'geo.latitude_out_of_range' },
    })
  })

  test('minutes typed as decimals are doubted with the distance they would make', () => {
    const read = readTyped('cap', '34.27014, 40.55116', 'en')
    expect(read).toMatchObject({ kind: 'point', doubts: [{ key: 'doubt.minutes_typed_as_decimals' }] })
  })
})

test('a volume survives the wire', () => {
  const volume = {
    outline: { kind: 'circle' as const, centre: corner(41.86, -8.1), radiusM: metres(500) },
    altitudeLowerM: metresHae(100),
    altitudeUpperM: metresHae(200),
    startMs: epochMs(now),
    endMs: epochMs(now + 1),
  }
  expect(volumeFromWire(volumeToWire(volume))).toEqual(volume)
  expect(
    volumeFromWire({ volume: { outline_circle: volumeToWire(volume).volume.outline_circle ?? null } }),
  ).toMatchObject({
    altitudeLowerM: -Infinity,
    altitudeUpperM: Infinity,
    startMs: -Infinity,
    endMs: Infinity,
  })
})

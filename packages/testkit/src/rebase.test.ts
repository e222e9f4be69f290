import { compileSchema, Volume4D } from '@parley/contracts'
import { directGeodesic, inverseGeodesic, outlineContains } from '@parley/geo4d'
import { degrees } from '@parley/units'
import { expect, test } from 'vitest'
import { geoVolume } from './geo-volume.ts'
import { loadScenario } from './load-scenario.ts'
import { meeting } from './meeting.ts'
import { lastPlayed } from './progress.ts'
import { rebase, scenarioDocument } from './rebase.ts'

const told = await loadScenario('fire')
const NOW = Date.parse('2026-11-22T23:59:59.999Z')
const fire = rebase(told, NOW)

const volumes = (label: string, revision: string) =>
  (fire.intents.get(label) ?? fire.constraints.get(label))?.revisions.get(revision) ?? []

test('the scenario lies on the next day, clock times as told', () => {
  expect(fire.date).toBe('2026-11-23')
  const [run] = volumes('pt-canadair', 'whole-time')
  expect(run?.time_start).toEqual({ value: '2026-11-23T08:00:00.000Z', format: 'RFC3339' })
  expect(run?.time_end).toEqual({ value: '2026-11-23T12:30:00.000Z', format: 'RFC3339' })
  expect(rebase(told, NOW + 1).date).toBe('2026-11-24')
  expect(fire.subscriptions.get('pt-area')?.extents.time_end?.value).toBe('2026-11-24T00:00:00.000Z')
})

test('feet above mean sea level become metres above the ellipsoid', () => {
  const [run] = volumes('pt-canadair', 'whole-time')
  expect(run?.volume.altitude_lower).toEqual({ value: 969.4, reference: 'W84', units: 'M' })
  expect(run?.volume.altitude_upper).toEqual({ value: 1426.6, reference: 'W84', units: 'M' })
})

test('every volume is one the contract lets through', () => {
  const check = compileSchema(Volume4D)
  for (const entity of [...fire.intents.values(), ...fire.constraints.values()]) {
    for (const extents of entity.revisions.values()) {
      for (const volume of extents) expect(check(volume)).toMatchObject({ kind: 'valid' })
    }
  }
})

test('ids are the same on the same day and others on another', () => {
  const ids = (nowMs: number) => [...rebase(told, nowMs).intents.values()].map(({ id }) => id)
  expect(ids(NOW)).toEqual(ids(NOW - 3_600_000))
  expect(new Set([...ids(NOW), ...ids(NOW + 1)]).size).toBe(16)
})

test('the seven rows of the table are there, NEWS with its two aircraft', () => {
  expect(told.intents.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 6, 6, 7])
})

test.each([
  ['pt-canadair', 'whole-time', 'es-foca-43', 'whole-time', { timeS: 10_800, heightM: 457.2 }],
  ['pt-canadair', 'until-eleven-west', 'es-foca-43', 'whole-time', { timeS: 3600, heightM: 457.2 }],
  ['pt-canadair', 'slots', 'es-foca-43', 'slots', null],
  ['es-heli-brif', 'north-flank', 'pt-heli', 'south-flank', { timeS: 16_200, heightM: 603.504 }],
  ['news-drone', 'low', 'closure', 'to-6500', { timeS: 5400, heightM: 262.128 }],
  ['news-helo', 'too-low', 'closure', 'to-6500', { timeS: 5400, heightM: 121.92 }],
  ['news-helo', 'above-closure', 'closure', 'to-6500', null],
  ['news-helo', 'above-closure', 'closure', 'to-8500', { timeS: 2700, heightM: 274.32 }],
  ['news-helo', 'leaves', 'closure', 'to-8500', null],
  ['medevac', 'lobios-ourense', 'es-foca-43', 'slots', { timeS: 2100, heightM: 457.2 }],
  ['medevac', 'lobios-ourense', 'pt-canadair', 'slots', null],
  ['survey-drone', 'morning', 'pt-canadair', 'slots', null],
  ['survey-drone', 'morning', 'pt-heli', 'south-flank', null],
  ['pt-canadair', 'slots', 'pt-heli', 'south-flank', null],
  ['es-foca-43', 'slots', 'es-heli-brif', 'north-flank', null],
])('%s %s and %s %s meet as told', (one, oneRevision, other, otherRevision, expected) => {
  const met = meeting(volumes(one, oneRevision), volumes(other, otherRevision))
  if (expected === null) expect(met).toBeNull()
  else {
    expect(met?.timeS).toBe(expected.timeS)
    expect(met?.heightM).toBeCloseTo(expected.heightM, 6)
  }
})

test('at the pass the two helicopter areas share a strip 400 m wide', () => {
  const pass = { latDeg: degrees(41.81), lngDeg: degrees(-8.133) }
  const axis = inverseGeodesic(pass, { latDeg: 41.86, lngDeg: -8.1 })?.azimuth ?? Number.NaN
  const areas = [volumes('es-heli-brif', 'north-flank'), volumes('pt-heli', 'south-flank')]
    .map(([volume]) => geoVolume(volume as Volume4D)?.outline)
    .filter((outline) => outline !== undefined)
  const inside = (acrossM: number): number => {
    const { latDeg, lngDeg } = directGeodesic(pass, axis + Math.PI / 2, acrossM)
    const point = { latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) }
    return areas.filter((area) => outlineContains(area, point)).length
  }
  expect([-201.5, -198.5, 0, 198.5, 201.5].map(inside)).toEqual([1, 2, 2, 2, 1])
})

test('all fire traffic is inside the subscriptions of both suppliers', () => {
  const area = [fire.subscriptions.get('pt-area')?.extents as Volume4D]
  for (const [label, { told, revisions }] of fire.intents) {
    if (told.subscription === 'implicit') continue
    for (const extents of revisions.values()) expect([label, meeting(extents, area)]).not.toEqual([label, null])
  }
})

test('the document says what it is, whose flights they are, and when', () => {
  const document = scenarioDocument(fire)
  expect(document.simulated).toBe(true)
  expect(document).toMatchObject({ name: 'fire', date: '2026-11-23', told_date: '2025-08-14' })
  expect(document.start).toBe('2026-11-23T05:30:00.000Z')
  expect(document.flights).toHaveLength(9)
  expect(document.flights.every(({ name, manager }) => name.includes('SIMULATED') && manager.startsWith('sim-'))).toBe(
    true,
  )
  expect(document.beats.find(({ id }) => id === 'closure-raised')?.at).toBe('2026-11-23T10:15:00.000Z')
  expect(JSON.parse(JSON.stringify(document))).toEqual(document)
})

test('an earlier play is taken up behind its last visible beat', () => {
  const id = (label: string) => (fire.intents.get(label) ?? fire.constraints.get(label))?.id as never
  const index = (beat: string) => told.beats.findIndex((candidate) => candidate.id === beat)
  const subscriptions = new Set([...fire.subscriptions.values()].map((subscription) => subscription.id))
  const last = (versions: [string, number][], listening: ReadonlySet<never> = subscriptions as never) =>
    lastPlayed(fire, {
      versions: new Map(versions.map(([label, version]) => [id(label), version])),
      subscriptions: listening,
    })
  expect(last([], new Set())).toBe(-1)
  expect(last([])).toBe(index('es-listens'))
  expect(
    last([
      ['closure', 1],
      ['survey-drone', 1],
      ['pt-canadair', 1],
    ]),
  ).toBe(index('canadair-planned'))
  expect(
    last([
      ['closure', 1],
      ['pt-canadair', 2],
    ]),
  ).toBe(index('canadair-until-eleven'))
  expect(
    last([
      ['closure', 1],
      ['pt-canadair', 4],
      ['es-heli-brif', 2],
    ]),
  ).toBe(index('brif-flies'))
  expect(
    last([
      ['closure', 2],
      ['news-helo', 2],
    ]),
  ).toBe(index('closure-raised'))
  expect(last([['medevac', 7]])).toBe(told.beats.length - 1)
})

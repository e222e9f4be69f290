import { describe, expect, test } from 'vitest'
import { explainBlocking, explainShift, offeredShifts } from '../src/explain.ts'
import { ageText, distanceText, durationText, heightText } from '../src/format.ts'
import { type Language, say } from '../src/i18n.ts'
import type { Blocking } from '../src/wire.ts'

/** What a reader sees: without the invisible marks of direction and with plain spaces. */
const plain = (text: string): string =>
  text.replaceAll(/[\u2060\u2066-\u2069\u200e\u200f]/g, '').replaceAll(/[\u00a0\u202f]/g, ' ')
const told = (language: Language, blocking: Blocking): string =>
  explainBlocking(language, blocking, 'PT-CANADAIR 1/2')
    .map((sentence) => plain(say(language, sentence)))
    .join(' ')

const foca: Blocking = {
  entity: 'operational_intent',
  id: '34f16962-97b6-4b8a-820b-01c6be4814c1',
  manager: 'sim-pt-uss',
  overlaps: true,
  axis: 'height',
  height_m: 457.19999999999993,
  time_s: 10_800,
  distance_m: 0,
}

describe('an item in the way', () => {
  test('which one, how much is shared, and on which axis least is needed', () => {
    expect(told('en', foca)).toBe(
      'Meets the plan PT-CANADAIR 1/2 of sim-pt-uss. Both use the same 457.2 m (1,500 ft) of height for 3 hr, over the same ground. The least change that parts them is in height.',
    )
    expect(told('de', foca)).toContain(
      'Trifft den Plan PT-CANADAIR 1/2 von sim-pt-uss. Beide nutzen für 3 Std. dieselben 457,2 m (1.500 ft)',
    )
  })

  test('a zone is called a zone', () => {
    expect(told('en', { ...foca, entity: 'constraint' })).toMatch(/^Meets the zone /)
  })

  test('shared but unbounded in height or time', () => {
    expect(told('en', { ...foca, height_m: null })).toContain('without a bound in height')
    const { time_s: _, ...endless } = foca
    expect(told('en', endless)).toContain('without an end in time')
  })

  test('touching counts as meeting, and says so', () => {
    expect(told('en', { ...foca, time_s: 0 })).toContain('touching counts as meeting')
  })

  test('listed by the cells only: the gap and its axis', () => {
    const listed = { ...foca, overlaps: false }
    expect(told('en', { ...listed, axis: 'time', time_s: -60 })).toContain('1 min lie between them')
    expect(told('en', { ...listed, axis: 'height', height_m: -152.4 })).toContain(
      '152.4 m (500 ft) lie between them in height',
    )
    expect(told('en', { ...listed, axis: 'area', distance_m: 1852 })).toContain(
      '1.85 km (1 NM) lie between them over the ground',
    )
    expect(told('en', { ...listed, axis: 'time', time_s: -60 })).not.toContain('Meets')
  })
})

describe('shifts', () => {
  test('only those that exist, in a fixed order, in words and figures', () => {
    const shifts = offeredShifts({ up_m: 457.21, later_s: 12_600.001, down_m: null })
    expect(shifts.map((shift) => plain(say('en', explainShift('en', shift))))).toEqual([
      'later by 3 hr 30 min 0.001 sec',
      'up by 457.21 m (1,500 ft)',
    ])
    expect(offeredShifts({})).toEqual([])
    expect(offeredShifts(undefined)).toEqual([])
  })
})

describe('figures', () => {
  test('durations are exact to the millisecond', () => {
    expect(plain(durationText('en', 0))).toBe('0 sec')
    expect(plain(durationText('en', 90_061))).toBe('1 day 1 hr 1 min 1 sec')
    expect(plain(durationText('en', 1800.001))).toBe('30 min 0.001 sec')
  })
  test('ages show one unit', () => {
    expect(plain(ageText('en', 400))).toBe('0 sec')
    expect(plain(ageText('en', 61_000))).toBe('1 min')
    expect(plain(ageText('en', 49 * 3_600_000))).toBe('2 days')
  })
  test('heights and distances in both units, Latin digits in every language', () => {
    expect(plain(heightText('en', 1981.2))).toBe('1,981.2 m (6,500 ft)')
    expect(plain(heightText('de', 1981.2))).toBe('1.981,2 m (6.500 ft)')
    expect(heightText('ar', 1981.2)).toMatch(/1,981\.2/)
    expect(plain(distanceText('en', 500))).toBe('500 m (0.27 NM)')
  })
})

import { expect, test } from 'vitest'
import { blockersOf, describe, findUnmet, type Outcome } from './expectation.ts'
import type { Expectation } from './scenario.ts'

const refusal: Outcome = {
  kind: 'refused',
  blockers: [{ label: 'pt-canadair', timeS: 3600, heightM: 457.2 }],
  clearing: { later_s: 3600.001, up_m: 457.21 },
}
const expected: Expectation = {
  outcome: 'refused',
  blockers: [{ label: 'pt-canadair', time_s: 3600, height_m: null }],
  clearing: { later_s: 3600 },
}

test('an outcome as expected has nothing unmet', () => {
  expect(findUnmet(expected, refusal)).toEqual([])
  expect(findUnmet({ outcome: 'accepted', affected: [] }, { kind: 'accepted', affected: [] })).toEqual([])
})

test.each<[string, Expectation, Outcome]>([
  ['accepted instead of refused', expected, { kind: 'accepted', affected: [] }],
  ['refused instead of accepted', { outcome: 'accepted', affected: [] }, refusal],
  ['another blocker', { ...expected, blockers: [{ label: 'closure', time_s: null, height_m: null }] }, refusal],
  [
    'a blocker too many',
    expected,
    { ...refusal, blockers: [...refusal.blockers, { label: 'x', timeS: 1, heightM: 1 }] },
  ],
  ['another time', expected, { ...refusal, blockers: [{ label: 'pt-canadair', timeS: 7200, heightM: 457.2 }] }],
  ['no clearing', expected, { ...refusal, clearing: {} }],
  ['a longer clearing', expected, { ...refusal, clearing: { later_s: 3602 } }],
  ['no answer', expected, { kind: 'failed', message: 'deadline' }],
  [
    'nobody affected',
    { outcome: 'accepted', affected: [{ label: 'news-helo', time_s: null, height_m: null }] },
    { kind: 'accepted', affected: [] },
  ],
  [
    'affected without a figure',
    { outcome: 'accepted', affected: [{ label: 'news-helo', time_s: 2700, height_m: null }] },
    { kind: 'accepted', affected: [{ label: 'news-helo', timeS: Number.NaN, heightM: 1 }] },
  ],
])('%s is unmet', (_name, expects, outcome) => {
  expect(findUnmet(expects, outcome).length).toBeGreaterThan(0)
})

test('only what truly overlaps blocks; strangers go by their id', () => {
  const item = {
    entity: 'constraint' as const,
    manager: 'm',
    axis: 'time' as const,
    height_m: 1,
    time_s: 2,
    distance_m: 0,
  }
  const blocking = [
    { ...item, id: 'a', overlaps: true },
    { ...item, id: 'b', overlaps: false },
    { ...item, id: 'c', overlaps: true },
  ]
  expect(blockersOf(blocking, new Map([['a', 'closure']])).map(({ label }) => label)).toEqual(['closure', 'c'])
})

test('an outcome is told in one line', () => {
  expect(describe(refusal)).toBe(
    'refused; blocked by pt-canadair (3600 s, 457.2 m); cleared by later_s 3600.001 or up_m 457.21',
  )
})

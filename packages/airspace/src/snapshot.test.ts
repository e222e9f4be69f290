import { expect, test } from 'vitest'
import { apply } from './apply.ts'
import { decodeEntry } from './entry-codec.ts'
import { queryConstraints, queryOperationalIntents } from './query.ts'
import { dumpState, loadState } from './snapshot.ts'
import { AirspaceState } from './state.ts'
import { bytesOf, idOf, Sky, square, volume } from './testing/sky.ts'

const COUNT = 9_000
const implicit = { url: 'https://uss1.example', notifyForConstraints: false }

/** So many plans and constraints, each at a place of its own, of several volumes: more than one chunk of every store. */
function crowd(): Sky {
  const sky = new Sky()
  const at = (n: number) => square((n % 100) * 5, Math.floor(n / 100) * 5, 0.002)
  for (let n = 0; n < COUNT; n += 1) {
    const extents = [0, 1, 2, 3].map((k) =>
      volume({ outline: at(n), from: 60 + 10 * k, to: 70 + 10 * k, low: 50 * k, high: 50 * k + 40 }),
    )
    sky.grant({ kind: 'putOperationalIntent', id: idOf(n), extents, newSubscription: implicit })
    if (n % 3 === 0) sky.grant({ kind: 'putConstraint', id: idOf(n, 1), extents })
  }
  return sky
}

/** Every seventh plan ends, every eleventh moves, every fifth constraint is lifted. */
function goOn(sky: Sky): void {
  for (let n = 0; n < COUNT; n += 7)
    sky.grant({ kind: 'deleteOperationalIntent', id: idOf(n), ovn: sky.intent(n)!.ovn })
  for (let n = 1; n < COUNT; n += 11) {
    const intent = sky.intent(n)
    if (intent !== null)
      sky.grant({
        kind: 'putOperationalIntent',
        id: idOf(n),
        ovn: intent.ovn,
        extents: [volume({ outline: square(n / 10, 400, 0.002), low: 5000, high: 5010 + n })],
        key: [],
        newSubscription: implicit,
        state: 'Contingent',
        mayMonitorConformance: true,
      })
  }
  for (let n = 0; n < COUNT; n += 15) {
    const slot = sky.state.constraints.find(idOf(n, 1))
    sky.grant({ kind: 'deleteConstraint', id: idOf(n, 1), ovn: sky.state.constraintOvn(slot) })
  }
}

const found = (state: AirspaceState, exact: boolean): string[] =>
  [0, 1, 37, 50, 99].flatMap((n) => {
    const area = volume({ outline: square((n % 100) * 5 - 1, n - 1, 0.4), from: 0, to: 200, low: -100, high: 20_000 })
    const rules = { exact, compat: false }
    state.prepareFor(rules)
    return [...queryOperationalIntents(state, area, rules), ...queryConstraints(state, area, rules)].map(
      ({ id, ovn }) => `${id} ${ovn}`,
    )
  })

test('of a crowd is the crowd, and goes on as it does', () => {
  const sky = crowd()
  const loaded = loadState(new Map(dumpState(sky.state).map(({ name, bytes }) => [name, bytes.slice()])))
  expect(bytesOf(loaded)).toEqual(bytesOf(sky.state))
  for (const exact of [false, true]) expect(found(loaded, exact)).toEqual(found(sky.state, exact))
  const from = sky.journal.length
  goOn(sky)
  for (let seq = from + 1; seq <= sky.journal.length; seq += 1) apply(loaded, decodeEntry(sky.journal[seq - 1]!), seq)
  for (const exact of [false, true]) {
    expect(found(loaded, exact)).toEqual(found(sky.state, exact))
    expect(found(loaded, exact).length).toBeGreaterThan(100)
  }
  for (const state of [loaded, sky.state]) state.prepareFor(sky.rules)
  expect(bytesOf(loaded)).toEqual(bytesOf(sky.state))
  const replayed = new AirspaceState(sky.rules)
  sky.journal.forEach((bytes, at) => apply(replayed, decodeEntry(bytes), at + 1))
  expect(bytesOf(replayed)).toEqual(bytesOf(sky.state))
})

import { describe, expect, test } from 'vitest'
import { queryServiceAreaSubscriptions, queryServiceAreas } from './query.ts'
import {
  bytesOf,
  change,
  contentOf,
  HOUR_MS,
  idOf,
  indexes,
  MINUTE_MS,
  NOON_MS,
  Sky,
  square,
  volume,
} from './testing/sky.ts'

const put = 'putServiceArea'
const remove = 'deleteServiceArea'
const subscribe = 'putServiceAreaSubscription'
const unsubscribe = 'deleteServiceAreaSubscription'

describe('an identification service area', () => {
  test.each([
    ['no end', { to: Infinity }, 'VOLUME_UNBOUNDED', '/extents/time_end'],
    ['a start too long ago', { from: -6 }, 'TIME_IN_PAST', '/extents/time_start'],
    ['an end in the past', { from: -Infinity, to: -1 }, 'TIME_IN_PAST', '/extents/time_end'],
  ])('%s is refused', (_name, wish, code, field) => {
    const sky = new Sky()
    const before = contentOf(sky.state)
    const refusal = sky.refuse({ kind: put, extents: volume(wish) })
    expect([refusal.code, refusal.field?.field]).toEqual([code, field])
    expect(contentOf(sky.state)).toEqual(before)
  })

  test('starts now where it does not say when, and may be open in height', () => {
    const sky = new Sky()
    const { record } = change(
      sky.grant({ kind: put, extents: volume({ from: -Infinity, low: -Infinity, high: Infinity }) }),
      put,
    )
    expect(record).toMatchObject({
      startMs: NOON_MS,
      endMs: NOON_MS + 2 * HOUR_MS,
      altitudeLowerM: -Infinity,
      altitudeUpperM: Infinity,
    })
  })

  test('has versions made of time, never twice the same though the clock stands still', () => {
    const sky = new Sky()
    const first = change(sky.grant({ kind: put }), put).record
    const second = change(sky.grant({ kind: put, version: first.version }), put).record
    expect(first.version).toBe((BigInt(NOON_MS) * 1_000_000n).toString(32))
    expect(second.version).toBe((BigInt(NOON_MS) * 1_000_000n + 1n).toString(32))
    expect(sky.state.serviceArea(sky.state.serviceAreas.find(idOf(1)))).toEqual(second)
  })

  test('is changed and removed by its owner and its version only', () => {
    const sky = new Sky()
    const { version } = change(sky.grant({ kind: put }), put).record
    expect(sky.refuse({ kind: put, manager: 'uss2' }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: put }).code).toBe('ALREADY_EXISTS')
    expect(sky.refuse({ kind: put, version: 'old' }).code).toBe('VERSION_MISMATCH')
    expect(sky.refuse({ kind: put, id: idOf(2), version }).code).toBe('UPDATE_TARGET_MISSING')
    expect(sky.refuse({ kind: remove, manager: 'uss2', version }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: remove, version: 'old' }).code).toBe('VERSION_MISMATCH')
    expect(sky.refuse({ kind: remove, id: idOf(2), version }).code).toBe('NOT_FOUND')
    sky.grant({ kind: remove, version })
    expect(sky.state.serviceAreas.size).toBe(0)
  })

  test('tells the subscriptions that it touches, before or after its change, exactly once', () => {
    const sky = new Sky()
    for (const [n, outline] of [
      [1, square(0)],
      [2, square(20)],
      [3, square(40)],
    ] as const)
      sky.grant({ kind: subscribe, id: idOf(n), manager: `uss${n}`, extents: volume({ outline }) })
    const first = sky.grant({ kind: put, id: idOf(50) })
    expect(indexes(first.outcome.notified)).toEqual({ [idOf(1)]: 1 })
    const moved = sky.grant({
      kind: put,
      id: idOf(50),
      version: change(first, put).record.version,
      extents: volume({ outline: square(20), low: 9000, high: 9001 }),
    })
    expect(indexes(moved.outcome.notified)).toEqual({ [idOf(1)]: 2, [idOf(2)]: 1 })
    const gone = sky.grant({ kind: remove, id: idOf(50), version: change(moved, put).record.version })
    expect(indexes(gone.outcome.notified)).toEqual({ [idOf(2)]: 2 })
    const slot = sky.state.serviceAreaSubscriptions.find(idOf(2))
    expect(sky.state.serviceAreaSubscription(slot).notificationIndex).toBe(2)
    // Subscriptions to intents hear nothing of it.
    expect(sky.state.subscriptions.size).toBe(0)
  })

  test('is found while it has not ended, whatever earlier time is asked for', () => {
    const sky = new Sky()
    sky.grant({ kind: put })
    const found = (wish: Parameters<typeof volume>[0]) => queryServiceAreas(sky.state, volume(wish), sky.nowMs).length
    expect(found({ from: -Infinity, to: Infinity })).toBe(1)
    expect(found({ from: 121, to: 180 })).toBe(0)
    expect(found({ outline: square(20) })).toBe(0)
    expect(found({ from: -60, to: -1 })).toBe(0)
    sky.after(121)
    expect(found({ from: -Infinity, to: Infinity })).toBe(0)
  })

  test('a repeated write or deletion returns the entry of the first, not in compat mode', () => {
    const sky = new Sky()
    const create = { kind: put, digest: [5, 6], extents: volume({ from: 0 }) } as const
    const { version } = change(sky.grant(create), put).record
    sky.after(6)
    const before = bytesOf(sky.state)
    expect(sky.execute(create)).toEqual({ kind: 'repeated', seq: 1 })
    expect(bytesOf(sky.state)).toEqual(before)
    const update = { kind: put, version, digest: [7, 8] } as const
    const next = change(sky.grant(update), put).record
    expect(sky.execute(update)).toEqual({ kind: 'repeated', seq: 2 })
    sky.grant({ kind: remove, version: next.version })
    expect(sky.execute({ kind: remove, version: next.version })).toEqual({ kind: 'repeated', seq: 3 })
    const compat = new Sky({ compat: true })
    compat.grant(create)
    expect(compat.refuse(create).code).toBe('ALREADY_EXISTS')
  })
})

describe('a subscription to service areas', () => {
  test('lasts a day at most and a day where it does not say', () => {
    const sky = new Sky()
    const { record } = change(
      sky.grant({ kind: subscribe, extents: volume({ from: -Infinity, to: Infinity }) }),
      subscribe,
    )
    expect(record).toMatchObject({ startMs: NOON_MS, endMs: NOON_MS + 24 * HOUR_MS, notificationIndex: 0 })
    const refusal = sky.refuse({ kind: subscribe, id: idOf(2), extents: volume({ to: 60 + 24 * 60 + 1 / MINUTE_MS }) })
    expect([refusal.code, refusal.field?.field]).toEqual(['DURATION_TOO_LONG', '/extents/time_end'])
  })

  test('an update starts the count anew', () => {
    const sky = new Sky()
    const { version } = change(sky.grant({ kind: subscribe }), subscribe).record
    sky.grant({ kind: put, id: idOf(50) })
    const { record } = change(sky.grant({ kind: subscribe, version }), subscribe)
    expect(record.notificationIndex).toBe(0)
    const entry = sky.grant({ kind: put, id: idOf(51) })
    expect(indexes(entry.outcome.notified)).toEqual({ [idOf(1)]: 1 })
  })

  test('ten an owner in any one cell, updates included; others and other places do not count', () => {
    const sky = new Sky()
    const make = (n: number, more: object = {}) => sky.execute({ kind: subscribe, id: idOf(n), ...more }).kind
    for (let n = 1; n <= 10; n += 1) expect(make(n)).toBe('accepted')
    expect(sky.refuse({ kind: subscribe, id: idOf(11) }).code).toBe('TOO_MANY_SUBSCRIPTIONS')
    expect(make(11, { manager: 'uss2' })).toBe('accepted')
    expect(make(12, { extents: volume({ outline: square(20) }) })).toBe('accepted')
    // Into the full place; and out of it, which makes room.
    const { version: outside } = sky.state.serviceAreaSubscription(sky.state.serviceAreaSubscriptions.find(idOf(12)))
    expect(sky.refuse({ kind: subscribe, id: idOf(12), version: outside }).code).toBe('TOO_MANY_SUBSCRIPTIONS')
    const { version: inside } = sky.state.serviceAreaSubscription(sky.state.serviceAreaSubscriptions.find(idOf(1)))
    expect(make(1, { version: inside })).toBe('accepted')
    sky.grant({
      kind: unsubscribe,
      id: idOf(2),
      version: sky.state.serviceAreaSubscription(sky.state.serviceAreaSubscriptions.find(idOf(2))).version,
    })
    expect(make(12, { version: outside })).toBe('accepted')
    // Expired ones do not count.
    sky.after(121)
    expect(make(13, { extents: volume({ from: 121, to: 180 }) })).toBe('accepted')
  })

  test('is found by its owner while it lives', () => {
    const sky = new Sky()
    sky.grant({ kind: subscribe })
    const found = (manager: string) =>
      queryServiceAreaSubscriptions(sky.state, volume(), { manager, nowMs: sky.nowMs }).length
    expect([found('uss1'), found('uss2')]).toEqual([1, 0])
    sky.after(121)
    expect(found('uss1')).toBe(0)
  })

  test('is changed and removed by its owner and its version only; repetitions return the first entry', () => {
    const sky = new Sky()
    const create = { kind: subscribe, digest: [3, 4], extents: volume({ from: 0 }) } as const
    const { version } = change(sky.grant(create), subscribe).record
    sky.after(6)
    expect(sky.execute(create)).toEqual({ kind: 'repeated', seq: 1 })
    expect(sky.refuse({ kind: subscribe, manager: 'uss2' }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: subscribe }).code).toBe('ALREADY_EXISTS')
    expect(sky.refuse({ kind: subscribe, version: 'old' }).code).toBe('VERSION_MISMATCH')
    expect(sky.refuse({ kind: subscribe, id: idOf(2), version }).code).toBe('UPDATE_TARGET_MISSING')
    expect(sky.refuse({ kind: unsubscribe, manager: 'uss2', version }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: unsubscribe, version: 'old' }).code).toBe('VERSION_MISMATCH')
    expect(sky.refuse({ kind: unsubscribe, id: idOf(2), version }).code).toBe('NOT_FOUND')
    sky.grant({ kind: unsubscribe, version })
    expect(sky.execute({ kind: unsubscribe, version }).kind).toBe('repeated')
  })
})

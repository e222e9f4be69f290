import { describe, expect, test } from 'vitest'
import { querySubscriptions } from './query.ts'
import { change, contentOf, HOUR_MS, idOf, indexes, MINUTE_MS, NOON_MS, Sky, square, volume } from './testing/sky.ts'

const put = 'putSubscription'
const remove = 'deleteSubscription'
const DAY = 24 * 60

describe('a subscription', () => {
  test('is for operational intents, constraints or both', () => {
    const sky = new Sky()
    const refusal = sky.refuse({ kind: put, notifyForOperationalIntents: false })
    expect([refusal.code, refusal.field?.field]).toEqual(['SUBSCRIPTION_IDLE', '/notify_for_operational_intents'])
    sky.grant({ kind: put, notifyForOperationalIntents: false, notifyForConstraints: true })
  })

  test.each([
    ['starts now and lasts a day when it says neither', { from: -Infinity, to: Infinity }, 0, DAY],
    ['lasts a day from its start', { from: 100, to: Infinity }, 100, 100 + DAY],
    ['starts now when it says only its end', { from: -Infinity, to: 30 }, 0, 30],
    ['may start five minutes ago', { from: -5, to: 30 }, -5, 30],
    ['may last 24 hours', { from: 60, to: 60 + DAY }, 60, 60 + DAY],
    ['may end now', { from: -5, to: 0 }, -5, 0],
  ])('%s', (_name, wish, from, to) => {
    const sky = new Sky()
    const { record } = change(sky.grant({ kind: put, extents: volume(wish) }), put)
    expect(record).toMatchObject({
      startMs: NOON_MS + from * MINUTE_MS,
      endMs: NOON_MS + to * MINUTE_MS,
      notificationIndex: 0,
      implicit: false,
    })
  })

  test.each([
    ['a start too long ago', { from: -5 - 1 / MINUTE_MS, to: 60 }, 'TIME_IN_PAST', '/extents/time_start'],
    ['an end in the past', { from: -4, to: -1 / MINUTE_MS }, 'TIME_IN_PAST', '/extents/time_end'],
    ['more than 24 hours', { from: 60, to: 60 + DAY + 1 / MINUTE_MS }, 'DURATION_TOO_LONG', '/extents/time_end'],
  ])('%s is refused', (_name, wish, code, field) => {
    const sky = new Sky()
    const before = contentOf(sky.state)
    const refusal = sky.refuse({ kind: put, extents: volume(wish) })
    expect([refusal.code, refusal.field?.field]).toEqual([code, field])
    expect(contentOf(sky.state)).toEqual(before)
  })

  test('is changed and removed by its owner and its version only', () => {
    const sky = new Sky()
    const { version } = change(sky.grant({ kind: put }), put).record
    expect(sky.refuse({ kind: put, manager: 'uss2' }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: put }).code).toBe('ALREADY_EXISTS')
    expect(sky.refuse({ kind: put, version: 'old' }).code).toBe('VERSION_MISMATCH')
    expect(sky.refuse({ kind: put, id: idOf(2), version }).code).toBe('VERSION_MISMATCH')
    expect(sky.refuse({ kind: remove, manager: 'uss2', version }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: remove, version: 'old' }).code).toBe('VERSION_MISMATCH')
    expect(sky.refuse({ kind: remove, id: idOf(2), version }).code).toBe('NOT_FOUND')
    sky.grant({ kind: remove, version })
    expect(sky.state.subscriptions.size).toBe(0)
  })

  test('keeps its bounds where an update leaves them out, and its count', () => {
    const sky = new Sky()
    const { version } = change(sky.grant({ kind: put, extents: volume({ from: 60, to: 300 }) }), put).record
    sky.grant({ kind: 'putOperationalIntent', id: idOf(9), manager: 'uss2' })
    sky.after(90)
    const { record } = change(
      sky.grant({ kind: put, version, extents: volume({ from: -Infinity, to: Infinity }) }),
      put,
    )
    expect(record).toMatchObject({ startMs: NOON_MS + HOUR_MS, endMs: NOON_MS + 5 * HOUR_MS, notificationIndex: 1 })
    expect(record.version).not.toBe(version)
  })

  test.each([
    ['in area', { outline: square(20) }],
    ['in height', { low: 101 }],
    ['in height above', { high: 199 }],
    ['at its start', { from: 65 + 1 / MINUTE_MS }],
    ['at its end', { to: 119 }],
  ])('must go on covering the intents that depend on it: %s', (_name, wish) => {
    const sky = new Sky()
    const { version } = change(sky.grant({ kind: put, id: idOf(60) }), put).record
    sky.grant({ kind: 'putOperationalIntent', subscriptionId: idOf(60) })
    const update = { kind: put, id: idOf(60), version } as const
    const whole = { low: 100, high: 200 }
    expect(sky.refuse({ ...update, extents: volume({ ...whole, ...wish }) }).code).toBe('SUBSCRIPTION_TOO_SMALL')
    sky.grant({ ...update, extents: volume({ ...whole, outline: square(-1, -1, 0.04) }) })
  })

  test('is found by its owner where and while it lives', () => {
    const sky = new Sky()
    sky.grant({ kind: put, id: idOf(1) })
    sky.grant({ kind: put, id: idOf(2), manager: 'uss2' })
    sky.grant({ kind: put, id: idOf(3), extents: volume({ outline: square(20) }) })
    const found = (manager: string, wish: Parameters<typeof volume>[0] = {}) =>
      querySubscriptions(sky.state, volume(wish), { manager, nowMs: sky.nowMs }).map(({ id }) => id)
    expect(found('uss1')).toEqual([idOf(1)])
    expect(found('uss2')).toEqual([idOf(2)])
    expect(found('nobody')).toEqual([])
    expect(found('uss1', { low: 5000, high: 6000 })).toEqual([idOf(1)])
    expect(found('uss1', { from: 121, to: 180 })).toEqual([])
    sky.after(121)
    expect(found('uss1')).toEqual([])
  })

  test('a repeated write or deletion returns the entry of the first, not in compat mode', () => {
    const sky = new Sky()
    const create = { kind: put, digest: [5, 6], extents: volume({ from: -Infinity, to: 30 }) } as const
    const { version } = change(sky.grant(create), put).record
    sky.after(60)
    expect(sky.execute(create)).toEqual({ kind: 'repeated', seq: 1 })
    sky.nowMs = NOON_MS as never
    const update = { ...create, version, digest: [7, 8] } as const
    const next = change(sky.grant(update), put).record
    expect(sky.execute(update)).toEqual({ kind: 'repeated', seq: 2 })
    sky.grant({ kind: remove, version: next.version })
    expect(sky.execute({ kind: remove, version: next.version })).toEqual({ kind: 'repeated', seq: 3 })
    const compat = new Sky({ compat: true })
    compat.grant(create)
    expect(compat.refuse(create).code).toBe('ALREADY_EXISTS')
  })

  test('an implicit one is nobody’s request: a digest of nothing repeats none', () => {
    const sky = new Sky()
    const entry = sky.grant({
      kind: 'putOperationalIntent',
      newSubscription: { url: 'https://uss1.example', notifyForConstraints: false },
    })
    const { id } = change(entry, put).record
    expect(sky.refuse({ kind: put, id, digest: [0, 0] }).code).toBe('ALREADY_EXISTS')
  })
})

describe('who is notified of an operational intent', () => {
  const watch = (sky: Sky, n: number, more: object = {}) =>
    sky.grant({ kind: put, id: idOf(n), extents: volume({ low: -Infinity, high: Infinity }), ...more })

  test('every live subscription for intents that shares area and time, own ones too, heights aside; by exactly one', () => {
    const sky = new Sky()
    watch(sky, 1)
    watch(sky, 2, { manager: 'uss2' })
    watch(sky, 3, { notifyForOperationalIntents: false, notifyForConstraints: true })
    watch(sky, 4, { extents: volume({ outline: square(20) }) })
    watch(sky, 5, { extents: volume({ from: 121, to: 180 }) })
    watch(sky, 6, { extents: volume({ low: 5000, high: 6000 }) })
    watch(sky, 7, { extents: volume({ from: 120, to: 180 }) })
    watch(sky, 8, { extents: volume({ from: -Infinity, to: 10 }) })
    const created = sky.grant({ kind: 'putOperationalIntent', id: idOf(90) })
    expect(indexes(created.outcome.notified)).toEqual({ [idOf(1)]: 1, [idOf(2)]: 1, [idOf(6)]: 1, [idOf(7)]: 1 })
    const { ovn } = change(created, 'putOperationalIntent').record
    const updated = sky.grant({
      kind: 'putOperationalIntent',
      id: idOf(90),
      ovn,
      extents: [volume({ outline: square(20) })],
    })
    expect(indexes(updated.outcome.notified)).toEqual({
      [idOf(1)]: 2,
      [idOf(2)]: 2,
      [idOf(4)]: 1,
      [idOf(6)]: 2,
      [idOf(7)]: 2,
    })
    const { ovn: next } = change(updated, 'putOperationalIntent').record
    const gone = sky.grant({ kind: 'deleteOperationalIntent', id: idOf(90), ovn: next })
    expect(indexes(gone.outcome.notified)).toEqual({ [idOf(4)]: 2 })
    const held = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => sky.subscription(idOf(n))?.notificationIndex)
    expect(held).toEqual([2, 2, 0, 2, 0, 2, 2, 0])
  })

  test('expired subscriptions are not', () => {
    const sky = new Sky()
    watch(sky, 1, { extents: volume({ from: 0, to: 30 }) })
    sky.after(31)
    const entry = sky.grant({ kind: 'putOperationalIntent', id: idOf(90), extents: [volume({ from: 0, to: 120 })] })
    expect(entry.outcome.notified).toEqual([])
  })

  test('in order of their ids, each with where to send it', () => {
    const sky = new Sky()
    for (const n of [3, 1, 2]) watch(sky, n, { url: `https://${n % 2}.example` })
    const { notified } = sky.grant({ kind: 'putOperationalIntent', id: idOf(90) }).outcome
    expect(notified).toEqual(
      [1, 2, 3].map((n) => ({ subscriptionId: idOf(n), notificationIndex: 1, url: `https://${n % 2}.example` })),
    )
  })

  test('refusals notify nobody', () => {
    const sky = new Sky()
    watch(sky, 1)
    sky.grant({ kind: 'putOperationalIntent', id: idOf(90) })
    sky.refuse({ kind: 'putOperationalIntent', id: idOf(91) })
    expect(sky.subscription(idOf(1))?.notificationIndex).toBe(1)
  })
})

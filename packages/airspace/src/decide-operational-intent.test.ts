import { describe, expect, test } from 'vitest'
import { NO_SUBSCRIPTION_ID } from './decide-operational-intent.ts'
import { bytesOf, change, contentOf, HOUR_MS, idOf, indexes, NOON_MS, Sky, square, volume } from './testing/sky.ts'

const put = 'putOperationalIntent'
const implicit = { url: 'https://uss1.example', notifyForConstraints: false }

/** A UUID version 7 of that instant. */
function suffixAt(ms: number, tail = '0'): string {
  const hex = ms.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${tail.padStart(12, '0')}`
}

describe('what a plan must be', () => {
  type Wrong = Partial<Parameters<Sky['complete']>[0]>
  const cases: readonly [string, Wrong, string, string | undefined, RegExp | undefined][] = [
    ['state Ended', { state: 'Ended' }, 'INVALID_STATE', '/state', /^one of Accepted, Activated/],
    ['an unknown state', { state: 'Flying' }, 'INVALID_STATE', '/state', /^one of Accepted/],
    [
      'a new intent that is Activated',
      { state: 'Activated', newSubscription: implicit },
      'INVALID_STATE',
      '/state',
      /starts as Accepted/,
    ],
    [
      'Nonconforming without the scope',
      { state: 'Nonconforming', newSubscription: implicit },
      'SCOPE_MISSING',
      undefined,
      undefined,
    ],
    [
      'Contingent without the scope',
      { state: 'Contingent', newSubscription: implicit },
      'SCOPE_MISSING',
      undefined,
      undefined,
    ],
    [
      'a new intent that is Contingent',
      { state: 'Contingent', newSubscription: implicit, mayMonitorConformance: true },
      'INVALID_STATE',
      '/state',
      /starts as Accepted/,
    ],
    [
      'Activated without a subscription',
      { state: 'Activated' },
      'SUBSCRIPTION_REQUIRED',
      '/subscription_id',
      /needs subscription_id or new_subscription/,
    ],
    [
      'Activated with the subscription that is none',
      { state: 'Activated', subscriptionId: NO_SUBSCRIPTION_ID },
      'SUBSCRIPTION_REQUIRED',
      '/subscription_id',
      undefined,
    ],
    [
      'both subscriptions',
      { subscriptionId: idOf(7), newSubscription: implicit },
      'SUBSCRIPTION_AMBIGUOUS',
      '/new_subscription',
      /not both/,
    ],
    [
      'a subscription that does not exist',
      { subscriptionId: idOf(7) },
      'SUBSCRIPTION_NOT_FOUND',
      '/subscription_id',
      /must exist/,
    ],
    [
      'an end before now',
      { extents: [volume({ from: -120, to: -60 })] },
      'TIME_IN_PAST',
      '/extents',
      /must end in the future/,
    ],
    ['no start', { extents: [volume({ from: -Infinity })] }, 'VOLUME_UNBOUNDED', '/extents/0/time_start', undefined],
    ['no end', { extents: [volume({ to: Infinity })] }, 'VOLUME_UNBOUNDED', '/extents/0/time_end', undefined],
    [
      'no lower height',
      { extents: [volume({ low: -Infinity })] },
      'VOLUME_UNBOUNDED',
      '/extents/0/volume/altitude_lower',
      undefined,
    ],
    [
      'no upper height in one of two',
      { extents: [volume(), volume({ high: Infinity })] },
      'VOLUME_UNBOUNDED',
      '/extents/1/volume/altitude_upper',
      undefined,
    ],
    ['an empty suffix', { requestedOvnSuffix: '' }, 'OVN_SUFFIX_INVALID', '/requested_ovn_suffix', /UUID of version 7/],
    [
      'a suffix of another version',
      { requestedOvnSuffix: idOf(3) },
      'OVN_SUFFIX_INVALID',
      '/requested_ovn_suffix',
      /version 7/,
    ],
    [
      'a suffix from before',
      { requestedOvnSuffix: suffixAt(NOON_MS - 300_001) },
      'OVN_SUFFIX_INVALID',
      '/requested_ovn_suffix',
      /within 5 minutes/,
    ],
    [
      'a suffix from the future',
      { requestedOvnSuffix: suffixAt(NOON_MS + 300_001) },
      'OVN_SUFFIX_INVALID',
      '/requested_ovn_suffix',
      /within 5 minutes/,
    ],
    ['an update of what never was', { ovn: 'x'.repeat(44) }, 'UPDATE_TARGET_MISSING', undefined, undefined],
  ]
  test.each(cases)('%s is refused and changes nothing', (_name, wrong, code, field, rule) => {
    const sky = new Sky()
    sky.grant({ kind: put, id: idOf(90), newSubscription: implicit, extents: [volume({ from: 600, to: 660 })] })
    const before = contentOf(sky.state)
    const refusal = sky.refuse({ kind: put, ...wrong } as never)
    expect(refusal.code).toBe(code)
    expect(refusal.field?.field).toBe(field)
    if (rule !== undefined) expect(refusal.field?.rule).toMatch(rule)
    expect(refusal.missing).toBeNull()
    expect(contentOf(sky.state)).toEqual(before)
    expect(sky.state.seq).toBe(2)
  })

  test('the end that counts is that of all volumes together', () => {
    const sky = new Sky()
    const entry = sky.grant({
      kind: put,
      extents: [
        volume({ from: -30_000_000, to: -29_000_000 }),
        volume({ from: -600, to: -540 }),
        volume({ from: 60, to: 90, low: 300, high: 500 }),
      ],
    })
    expect(change(entry, put).record).toMatchObject({
      startMs: NOON_MS - 30_000_000 * 60_000,
      endMs: NOON_MS + 90 * 60_000,
      altitudeLowerM: 100,
      altitudeUpperM: 500,
    })
  })

  test('an end at this very instant is not yet past, and a start may be long past', () => {
    const sky = new Sky()
    expect(sky.execute({ kind: put, extents: [volume({ from: -6000, to: 0 })] }).kind).toBe('accepted')
  })
})

describe('who may change what', () => {
  test('the manager comes before the version, existence before the OVN', () => {
    const sky = new Sky()
    const { ovn } = change(sky.grant({ kind: put }), put).record
    expect(sky.refuse({ kind: put, manager: 'uss2' }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: put, manager: 'uss2', ovn }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: put }).code).toBe('ALREADY_EXISTS')
    expect(sky.refuse({ kind: put, ovn: 'y'.repeat(44) }).code).toBe('OVN_MISMATCH')
    expect(sky.refuse({ kind: 'deleteOperationalIntent', manager: 'uss2', ovn }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: 'deleteOperationalIntent', ovn: 'y'.repeat(44) }).code).toBe('OVN_MISMATCH')
    expect(sky.refuse({ kind: 'deleteOperationalIntent', id: idOf(2), ovn }).code).toBe('NOT_FOUND')
    expect(sky.intent(1)?.ovn).toBe(ovn)
  })

  test('each update has the next version and a new OVN', () => {
    const sky = new Sky()
    const first = change(sky.grant({ kind: put }), put).record
    const second = change(sky.grant({ kind: put, ovn: first.ovn }), put).record
    expect([first.version, second.version]).toEqual([1, 2])
    expect(second.ovn).not.toBe(first.ovn)
    expect(sky.refuse({ kind: put, ovn: first.ovn }).code).toBe('OVN_MISMATCH')
    expect(sky.intent(1)).toEqual(second)
  })

  test('a client marked Down may neither plan nor delete, but may declare what goes wrong; in compat mode it may all', () => {
    const sky = new Sky()
    const { ovn } = change(sky.grant({ kind: put, newSubscription: implicit }), put).record
    sky.grant({ kind: 'setAvailability', uss: 'uss1', manager: 'arbiter' })
    expect(sky.refuse({ kind: put, id: idOf(2), key: [ovn] }).code).toBe('USS_DOWN')
    expect(sky.refuse({ kind: put, ovn, state: 'Activated', newSubscription: implicit }).code).toBe('USS_DOWN')
    expect(sky.refuse({ kind: 'deleteOperationalIntent', ovn }).code).toBe('USS_DOWN')
    const gone = sky.grant({
      kind: put,
      ovn,
      state: 'Contingent',
      newSubscription: implicit,
      mayMonitorConformance: true,
    })
    expect(change(gone, put).record.availability).toBe('Down')

    const compat = new Sky({ compat: true })
    compat.grant({ kind: 'setAvailability', uss: 'uss1', manager: 'arbiter' })
    const made = change(compat.grant({ kind: put }), put).record
    compat.grant({ kind: 'deleteOperationalIntent', ovn: made.ovn })
  })

  test('all transitions between states of an existing intent pass', () => {
    const states = ['Accepted', 'Activated', 'Nonconforming', 'Contingent'] as const
    for (const from of states) {
      for (const to of states) {
        const sky = new Sky()
        let { ovn } = change(sky.grant({ kind: put, newSubscription: implicit }), put).record
        for (const state of [from, to])
          ({ ovn } = change(
            sky.grant({ kind: put, ovn, state, newSubscription: implicit, mayMonitorConformance: true }),
            put,
          ).record)
        expect(sky.intent(1)?.state).toBe(to)
        expect(sky.state.subscriptions.size).toBe(1)
      }
    }
  })
})

describe('requested OVNs', () => {
  test('become the OVN, may be used once, and not again after others', () => {
    const sky = new Sky()
    const [first, second] = [suffixAt(NOON_MS - 300_000, '1'), suffixAt(NOON_MS + 300_000, '2')]
    const one = change(sky.grant({ kind: put, requestedOvnSuffix: first }), put).record
    expect(one.ovn).toBe(`${idOf(1)}_${first}`)
    expect(sky.intent(1)?.ovn).toBe(one.ovn)
    expect(sky.refuse({ kind: put, ovn: one.ovn, requestedOvnSuffix: first })).toMatchObject({
      code: 'OVN_SUFFIX_INVALID',
      field: { rule: 'a suffix may be used once by an operational intent' },
    })
    const two = change(sky.grant({ kind: put, ovn: one.ovn, requestedOvnSuffix: second }), put).record
    const three = change(sky.grant({ kind: put, ovn: two.ovn }), put).record
    expect(sky.refuse({ kind: put, ovn: three.ovn, requestedOvnSuffix: first }).code).toBe('OVN_SUFFIX_INVALID')
    expect(sky.refuse({ kind: put, ovn: three.ovn, requestedOvnSuffix: second }).code).toBe('OVN_SUFFIX_INVALID')
    // Another intent may use it: its OVN is another.
    sky.grant({ kind: put, id: idOf(2), key: [three.ovn], requestedOvnSuffix: first })
  })
})

describe('the key', () => {
  const placed = (sky: Sky, n: number, manager: string, more: object = {}) =>
    change(sky.grant({ kind: put, id: idOf(n), manager, ...more }), put).record

  test('needs the OVN of everything the plan meets, own intents too, and only the missing are listed', () => {
    const sky = new Sky()
    const own = placed(sky, 1, 'uss1')
    const other = placed(sky, 2, 'uss2', { key: [own.ovn] })
    placed(sky, 3, 'uss3', { extents: [volume({ outline: square(40) })] })
    const both = sky.refuse({ kind: put, id: idOf(4) })
    expect(both.code).toBe('AIRSPACE_CONFLICT')
    expect(both.missing?.operationalIntents).toEqual([own, other])
    expect(both.missing?.constraints).toEqual([])
    expect(both.conflict).toMatchObject({ missingOperationalIntents: 2, missingConstraints: 0 })
    expect(both.conflict?.blocking.map(({ id }) => id)).toEqual([own.id, other.id])
    const half = sky.refuse({
      kind: put,
      id: idOf(4),
      key: [other.ovn, 'z'.repeat(44), 'w'.repeat(44), 'v'.repeat(44)],
    })
    expect(half.missing?.operationalIntents).toEqual([own])
    sky.grant({ kind: put, id: idOf(4), key: ['z'.repeat(44), other.ovn, own.ovn, 'w'.repeat(44), other.ovn] })
  })

  test('an update needs no key for itself, but for others as they are now', () => {
    const sky = new Sky()
    const mine = placed(sky, 1, 'uss1')
    const other = placed(sky, 2, 'uss2', { key: [mine.ovn] })
    expect(sky.refuse({ kind: put, ovn: mine.ovn }).missing?.operationalIntents).toEqual([other])
    const moved = placed(sky, 1, 'uss1', { ovn: mine.ovn, key: [other.ovn] })
    expect(
      sky.refuse({ kind: put, id: idOf(2), manager: 'uss2', ovn: other.ovn, key: [mine.ovn] }).missing
        ?.operationalIntents,
    ).toEqual([moved])
  })

  test('is asked of Accepted and Activated, not of off-nominal states; off-nominal and activated intents count', () => {
    const sky = new Sky()
    placed(sky, 1, 'uss1', { newSubscription: implicit })
    const first = sky.intent(1)!
    let second = placed(sky, 2, 'uss2', { key: [first.ovn], newSubscription: implicit })
    const update = {
      kind: put,
      id: idOf(2),
      manager: 'uss2',
      newSubscription: implicit,
      mayMonitorConformance: true,
    } as const
    expect(sky.refuse({ ...update, ovn: second.ovn, state: 'Activated' }).code).toBe('AIRSPACE_CONFLICT')
    for (const state of ['Nonconforming', 'Contingent', 'Activated'] as const) {
      second = change(
        sky.grant({ ...update, ovn: second.ovn, state, key: state === 'Activated' ? [first.ovn] : [] }),
        put,
      ).record
      expect(
        sky.refuse({ kind: put, id: idOf(3) }).missing?.operationalIntents.map(({ id, state: is }) => [id, is]),
      ).toEqual([
        [idOf(1), 'Accepted'],
        [idOf(2), state],
      ])
    }
  })

  test.each([
    ['Down', 'Accepted', false],
    ['Down', 'Activated', true],
    ['Down', 'Nonconforming', true],
    ['Down', 'Contingent', true],
    ['Normal', 'Accepted', true],
    ['Unknown', 'Accepted', true],
  ] as const)('an intent of a manager that is %s and that is %s counts: %s', (availability, state, counts) => {
    const sky = new Sky()
    const made = placed(sky, 1, 'uss1', { newSubscription: implicit })
    if (state !== 'Accepted')
      placed(sky, 1, 'uss1', { ovn: made.ovn, state, newSubscription: implicit, mayMonitorConformance: true })
    sky.grant({ kind: 'setAvailability', uss: 'uss1', availability, manager: 'arbiter' })
    expect(sky.intent(1)?.availability).toBe(availability)
    const decision = sky.execute({ kind: put, id: idOf(2), manager: 'uss2' })
    expect(decision.kind).toBe(counts ? 'refused' : 'accepted')
  })

  test('meets by shared cells and by bands that touch, all bounds included; nothing else', () => {
    const sky = new Sky()
    placed(sky, 1, 'uss1')
    const meets = (wish: Parameters<typeof volume>[0]) =>
      sky.execute({ kind: put, id: idOf(2), manager: 'uss2', extents: [volume(wish)] }).kind === 'refused'
    expect(meets({ from: 120, to: 180 })).toBe(true)
    expect(meets({ low: 200, high: 300 })).toBe(true)
    expect(meets({ low: 0, high: 100, from: 0, to: 60 })).toBe(true)
    const clear = new Sky()
    placed(clear, 1, 'uss1')
    const free = (n: number, wish: Parameters<typeof volume>[0]) =>
      clear.execute({ kind: put, id: idOf(n), manager: 'uss2', extents: [volume(wish)] }).kind === 'accepted'
    expect(free(2, { from: 120 + 1 / 60_000, to: 180 })).toBe(true)
    expect(free(3, { low: 200.001, high: 300 })).toBe(true)
    expect(free(4, { outline: square(30) })).toBe(true)
  })

  test('goes by the band of all volumes together unless only true overlaps count', () => {
    // Low in the morning, high in the afternoon: the box of both meets what neither does.
    const extents = [
      volume({ from: 60, to: 120, low: 0, high: 50 }),
      volume({ from: 300, to: 360, low: 500, high: 600 }),
    ]
    const between = {
      kind: put,
      id: idOf(2),
      manager: 'uss2',
      extents: [volume({ from: 180, to: 240, low: 200, high: 300 })],
    } as const
    const coarse = new Sky()
    placed(coarse, 1, 'uss1', { extents })
    const refusal = coarse.refuse(between)
    expect(refusal.conflict?.blocking).toMatchObject([{ overlaps: false, distanceM: 0 }])
    const exact = new Sky({ exact: true })
    placed(exact, 1, 'uss1', { extents })
    exact.grant(between)
    // Neighbours in one cell.
    const near = {
      kind: put,
      id: idOf(3),
      manager: 'uss2',
      extents: [volume({ outline: square(0, 0, 0.001) })],
    } as const
    const beside = {
      kind: put,
      id: idOf(4),
      manager: 'uss3',
      extents: [volume({ outline: square(0.2, 0, 0.001) })],
    } as const
    for (const [sky, kind] of [
      [new Sky(), 'refused'],
      [new Sky({ exact: true }), 'accepted'],
    ] as const) {
      sky.grant(near)
      expect(sky.execute(beside).kind).toBe(kind)
    }
  })

  test('needs constraints only where the attached subscription asks for them', () => {
    const sky = new Sky()
    const zone = change(
      sky.grant({ kind: 'putConstraint', id: idOf(50), manager: 'authority' }),
      'putConstraint',
    ).record
    sky.grant({ kind: put, id: idOf(1) })
    const first = sky.intent(1)!
    sky.grant({ kind: put, id: idOf(2), key: [first.ovn], newSubscription: implicit })
    const second = sky.intent(2)!
    const key = [first.ovn, second.ovn]
    const asking = { kind: put, id: idOf(3), newSubscription: { ...implicit, notifyForConstraints: true } } as const
    const refusal = sky.refuse({ ...asking, key })
    expect(refusal.missing).toEqual({ operationalIntents: [], constraints: [zone] })
    expect(refusal.conflict).toMatchObject({
      missingOperationalIntents: 0,
      missingConstraints: 1,
      blocking: [{ entity: 'constraint', overlaps: true }],
    })
    sky.grant({ ...asking, key: [...key, zone.ovn] })

    // The same through a subscription of one's own, made beforehand.
    sky.grant({
      kind: 'putSubscription',
      id: idOf(60),
      extents: volume({ outline: square(-1, -1, 0.04) }),
      notifyForConstraints: true,
    })
    const third = sky.intent(3)!
    const named = { kind: put, id: idOf(4), subscriptionId: idOf(60), key: [...key, third.ovn] } as const
    expect(sky.refuse(named).missing?.constraints).toEqual([zone])
    sky.grant({ ...named, key: [...key, third.ovn, zone.ovn] })
  })

  test('refused: nothing stays, not even the implicit subscription; the entry keeps what was asked', () => {
    const sky = new Sky()
    placed(sky, 1, 'uss1')
    const before = contentOf(sky.state)
    const decision = sky.execute({ kind: put, id: idOf(2), newSubscription: implicit })
    expect(decision).toMatchObject({ kind: 'refused', entry: { outcome: { kind: 'refused', volumes: [volume()] } } })
    expect(contentOf(sky.state)).toEqual(before)
  })
})

describe('implicit subscriptions', () => {
  const made = (sky: Sky) => {
    const entry = sky.grant({ kind: put, newSubscription: implicit })
    return { entry, intent: change(entry, put).record, subscription: change(entry, 'putSubscription').record }
  }

  test('cover the union of the volumes and hear of their own intent at once', () => {
    const sky = new Sky()
    const entry = sky.grant({
      kind: put,
      newSubscription: implicit,
      extents: [volume(), volume({ from: 180, to: 200, low: 0, high: 50 })],
    })
    const { record } = change(entry, 'putSubscription')
    expect(record).toMatchObject({
      manager: 'uss1',
      implicit: true,
      notifyForOperationalIntents: true,
      notifyForConstraints: false,
      startMs: NOON_MS + HOUR_MS,
      endMs: NOON_MS + 200 * 60_000,
      altitudeLowerM: 0,
      altitudeUpperM: 200,
    })
    expect(change(entry, put).record.subscriptionId).toBe(record.id)
    expect(indexes(entry.outcome.notified)).toEqual({ [record.id]: 1 })
    expect(sky.subscription(record.id)).toMatchObject({ notificationIndex: 1, implicit: true })
  })

  test('a new one with each write that asks for one; the one before goes when nobody else uses it', () => {
    const sky = new Sky()
    const { intent, subscription } = made(sky)
    const entry = sky.grant({ kind: put, ovn: intent.ovn, newSubscription: implicit })
    const next = change(entry, 'putSubscription').record
    expect(next.id).not.toBe(subscription.id)
    expect(sky.subscription(subscription.id)).toBeNull()
    expect(indexes(entry.outcome.notified)).toEqual({ [next.id]: 1 })
    expect(sky.state.subscriptions.size).toBe(1)
  })

  test('stays while another intent uses it', () => {
    const sky = new Sky()
    const { intent, subscription } = made(sky)
    const other = change(
      sky.grant({ kind: put, id: idOf(2), key: [intent.ovn], subscriptionId: subscription.id }),
      put,
    ).record
    expect(sky.state.dependents(sky.state.subscriptions.find(subscription.id)).toSorted()).toEqual([idOf(1), idOf(2)])
    sky.grant({ kind: 'deleteOperationalIntent', ovn: intent.ovn })
    expect(sky.subscription(subscription.id)).not.toBeNull()
    sky.grant({ kind: 'deleteOperationalIntent', id: idOf(2), ovn: other.ovn })
    expect(sky.subscription(subscription.id)).toBeNull()
  })

  test('a write that names neither lets go of it', () => {
    const sky = new Sky()
    const { intent, subscription } = made(sky)
    const after = change(sky.grant({ kind: put, ovn: intent.ovn, subscriptionId: NO_SUBSCRIPTION_ID }), put).record
    expect(after.subscriptionId).toBeNull()
    expect(sky.subscription(subscription.id)).toBeNull()
    expect(sky.intent(1)?.subscriptionId).toBeNull()
  })

  test('named by a plan that outgrows it, it is widened and never shrunk, and hears of that plan', () => {
    const sky = new Sky()
    const { intent, subscription } = made(sky)
    const wide = sky.grant({
      kind: put,
      ovn: intent.ovn,
      subscriptionId: subscription.id,
      extents: [volume({ outline: square(20), from: 300, to: 360, low: 1, high: 900 })],
    })
    const widened = change(wide, 'putSubscription').record
    expect(widened).toMatchObject({
      id: subscription.id,
      startMs: subscription.startMs,
      endMs: NOON_MS + 6 * HOUR_MS,
      altitudeLowerM: 1,
      altitudeUpperM: 900,
    })
    const back = sky.grant({ kind: put, ovn: sky.intent(1)!.ovn, subscriptionId: subscription.id })
    expect(back.outcome.changes.map(({ kind }) => kind)).toEqual([put])
    expect(sky.subscription(subscription.id)).toMatchObject({ endMs: NOON_MS + 6 * HOUR_MS, notificationIndex: 3 })
    // What lies only in the part that was added concerns it too.
    const far = sky.grant({ kind: put, id: idOf(2), manager: 'uss2', extents: [volume({ outline: square(20) })] })
    expect(indexes(far.outcome.notified)).toEqual({ [subscription.id]: 4 })
  })

  test('widened by a plan elsewhere, it hears of that plan though it did not cover it before', () => {
    const sky = new Sky()
    const { subscription } = made(sky)
    const elsewhere = sky.grant({
      kind: put,
      id: idOf(2),
      subscriptionId: subscription.id,
      extents: [volume({ outline: square(50) })],
    })
    expect(indexes(elsewhere.outcome.notified)).toEqual({ [subscription.id]: 2 })
    expect(sky.subscription(subscription.id)?.notificationIndex).toBe(2)
  })

  test("an owner's own write makes it explicit, and it outlives the intent", () => {
    const sky = new Sky()
    const { intent, subscription } = made(sky)
    sky.grant({ kind: 'putSubscription', id: subscription.id, version: subscription.version, extents: volume() })
    expect(sky.subscription(subscription.id)).toMatchObject({ implicit: false, notificationIndex: 1 })
    sky.grant({ kind: 'deleteOperationalIntent', ovn: intent.ovn })
    expect(sky.subscription(subscription.id)).toMatchObject({ implicit: false, notificationIndex: 2 })
  })

  test('deleting the intent tells the subscription that leaves with it', () => {
    const sky = new Sky()
    const { intent, subscription } = made(sky)
    const entry = sky.grant({ kind: 'deleteOperationalIntent', ovn: intent.ovn })
    expect(entry.outcome.changes.map(({ kind }) => kind)).toEqual(['removeOperationalIntent', 'removeSubscription'])
    expect(indexes(entry.outcome.notified)).toEqual({ [subscription.id]: 2 })
    expect(sky.state.subscriptions.size).toBe(0)
  })
})

describe('an explicit subscription named by a plan', () => {
  const withSubscription = (extents = volume()) => {
    const sky = new Sky()
    sky.grant({ kind: 'putSubscription', id: idOf(60), extents })
    return sky
  }
  const named = { kind: put, subscriptionId: idOf(60) } as const

  test('must be the own one and cover area and time; heights do not matter', () => {
    const sky = withSubscription()
    expect(sky.refuse({ ...named, manager: 'uss2' }).code).toBe('SUBSCRIPTION_NOT_OWNED')
    for (const wish of [{ from: 59 }, { to: 121 }, { outline: square(0, 0, 0.05) }]) {
      const refusal = sky.refuse({ ...named, extents: [volume(wish)] })
      expect([refusal.code, refusal.field?.field]).toEqual(['SUBSCRIPTION_TOO_SMALL', '/subscription_id'])
    }
    const entry = sky.grant({ ...named, extents: [volume({ low: 0, high: 5000 })] })
    expect(change(entry, put).record.subscriptionId).toBe(idOf(60))
    expect(indexes(entry.outcome.notified)).toEqual({ [idOf(60)]: 1 })
  })

  test('stays when the intent leaves, and cannot be deleted or shrunk before', () => {
    const sky = withSubscription()
    const { ovn } = change(sky.grant(named), put).record
    const { version } = sky.subscription(idOf(60))!
    expect(sky.refuse({ kind: 'deleteSubscription', id: idOf(60), version }).code).toBe('SUBSCRIPTION_IN_USE')
    sky.grant({ kind: 'deleteOperationalIntent', ovn })
    expect(sky.subscription(idOf(60))).not.toBeNull()
    sky.grant({ kind: 'deleteSubscription', id: idOf(60), version })
  })
})

describe('a request that comes again', () => {
  const digest = [77, 78] as const

  test('a repeated create returns the entry of the first', () => {
    const sky = new Sky()
    const command = { kind: put, digest, newSubscription: implicit } as const
    sky.grant(command)
    const before = bytesOf(sky.state)
    expect(sky.execute(command)).toEqual({ kind: 'repeated', seq: 1 })
    expect(bytesOf(sky.state)).toEqual(before)
    expect(sky.refuse({ ...command, manager: 'uss2' }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ ...command, digest: [77, 79] }).code).toBe('ALREADY_EXISTS')
  })

  test('also when the plan has ended, its suffix has aged or its client went Down meanwhile', () => {
    const sky = new Sky()
    const command = { kind: put, digest, requestedOvnSuffix: suffixAt(NOON_MS) } as const
    sky.grant(command)
    sky.grant({ kind: 'setAvailability', uss: 'uss1', manager: 'arbiter' })
    sky.after(125)
    expect(sky.execute(command)).toEqual({ kind: 'repeated', seq: 1 })
  })

  test('a repeated update returns the entry of the first, until another write came between', () => {
    const sky = new Sky()
    const { ovn } = change(sky.grant({ kind: put }), put).record
    const command = { kind: put, ovn, digest } as const
    const written = change(sky.grant(command), put).record
    expect(sky.execute(command)).toEqual({ kind: 'repeated', seq: 2 })
    sky.grant({ kind: put, ovn: written.ovn })
    expect(sky.refuse(command).code).toBe('OVN_MISMATCH')
  })

  test('a repeated deletion returns the entry of the first, for ten minutes', () => {
    const sky = new Sky()
    const { ovn } = change(sky.grant({ kind: put }), put).record
    const command = { kind: 'deleteOperationalIntent', ovn } as const
    sky.grant(command)
    expect(sky.execute(command)).toEqual({ kind: 'repeated', seq: 2 })
    expect(sky.refuse({ ...command, manager: 'uss2' }).code).toBe('NOT_FOUND')
    expect(sky.refuse({ ...command, ovn: 'y'.repeat(44) }).code).toBe('NOT_FOUND')
    sky.after(11)
    expect(sky.refuse(command).code).toBe('NOT_FOUND')
    expect(sky.state.retired.size).toBe(1)
    while (sky.state.seq % 256 !== 0) sky.grant({ kind: 'makeReport' })
    expect(sky.state.retired.size).toBe(0)
  })

  test('in compat mode a repetition is judged like any other request', () => {
    const sky = new Sky({ compat: true })
    const { ovn } = change(sky.grant({ kind: put, digest }), put).record
    expect(sky.refuse({ kind: put, digest }).code).toBe('ALREADY_EXISTS')
    const { ovn: next } = change(sky.grant({ kind: put, ovn, digest }), put).record
    expect(sky.refuse({ kind: put, ovn, digest }).code).toBe('OVN_MISMATCH')
    sky.grant({ kind: 'deleteOperationalIntent', ovn: next })
    expect(sky.refuse({ kind: 'deleteOperationalIntent', ovn: next }).code).toBe('NOT_FOUND')
  })

  test('an id may be used again after its deletion, from version 1', () => {
    const sky = new Sky()
    const { ovn } = change(sky.grant({ kind: put, digest }), put).record
    sky.grant({ kind: 'deleteOperationalIntent', ovn })
    const again = change(sky.grant({ kind: put, digest }), put).record
    expect(again.version).toBe(1)
    expect(sky.refuse({ kind: 'deleteOperationalIntent', ovn }).code).toBe('OVN_MISMATCH')
    sky.grant({ kind: 'deleteOperationalIntent', ovn: again.ovn })
    expect(sky.execute({ kind: 'deleteOperationalIntent', ovn: again.ovn })).toEqual({ kind: 'repeated', seq: 5 })
  })
})

import { describe, expect, test } from 'vitest'
import { change, contentOf, HOUR_MS, idOf, indexes, NOON_MS, Sky, square, volume } from './testing/sky.ts'

const put = 'putConstraint'
const remove = 'deleteConstraint'

describe('a constraint', () => {
  test('may be open in height, not in time', () => {
    const sky = new Sky()
    const entry = sky.grant({ kind: put, extents: [volume({ low: -Infinity, high: Infinity })] })
    expect(change(entry, put).record).toMatchObject({ version: 1, altitudeLowerM: -Infinity, altitudeUpperM: Infinity })
    const before = contentOf(sky.state)
    for (const [wish, at] of [
      [{ from: -Infinity }, '/extents/1/time_start'],
      [{ to: Infinity }, '/extents/1/time_end'],
    ] as const) {
      const refusal = sky.refuse({ kind: put, id: idOf(2), extents: [volume(), volume(wish)] })
      expect([refusal.code, refusal.field?.field]).toEqual(['VOLUME_UNBOUNDED', at])
    }
    expect(contentOf(sky.state)).toEqual(before)
  })

  test('must end in the future, all volumes together', () => {
    const sky = new Sky()
    expect(sky.refuse({ kind: put, extents: [volume({ from: -60, to: -1 })] })).toMatchObject({
      code: 'TIME_IN_PAST',
      field: { field: '/extents', rule: expect.stringContaining('must end in the future') },
    })
    sky.grant({ kind: put, extents: [volume({ from: -60, to: -1 }), volume({ from: -1, to: 0 })] })
  })

  test('is changed and removed by its manager and its OVN only', () => {
    const sky = new Sky()
    const { ovn } = change(sky.grant({ kind: put }), put).record
    expect(sky.refuse({ kind: put, manager: 'uss2' }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: put }).code).toBe('ALREADY_EXISTS')
    expect(sky.refuse({ kind: put, ovn: 'y'.repeat(44) }).code).toBe('OVN_MISMATCH')
    expect(sky.refuse({ kind: put, id: idOf(2), ovn }).code).toBe('UPDATE_TARGET_MISSING')
    expect(sky.refuse({ kind: remove, manager: 'uss2', ovn }).code).toBe('NOT_MANAGER')
    expect(sky.refuse({ kind: remove, ovn: 'y'.repeat(44) }).code).toBe('OVN_MISMATCH')
    expect(sky.refuse({ kind: remove, id: idOf(2), ovn }).code).toBe('NOT_FOUND')
    const second = change(sky.grant({ kind: put, ovn }), put).record
    expect(second).toMatchObject({ version: 2 })
    expect(second.ovn).not.toBe(ovn)
    sky.grant({ kind: remove, ovn: second.ovn })
    expect(sky.state.constraints.size).toBe(0)
    expect(sky.state.constraintCells.size).toBe(0)
    expect(sky.state.constraintVolumes.size).toBe(0)
  })

  test('needs no key, and a client marked Down may still write one', () => {
    const sky = new Sky()
    sky.grant({ kind: 'putOperationalIntent' })
    sky.grant({ kind: put, id: idOf(2), manager: 'uss2' })
    sky.grant({ kind: 'setAvailability', uss: 'uss1', manager: 'arbiter' })
    sky.grant({ kind: put, id: idOf(3) })
  })

  test('tells the subscriptions for constraints that it touches, before or after its change, exactly once', () => {
    const sky = new Sky()
    const subscribe = (n: number, outline = square(0), more: object = {}) =>
      sky.grant({
        kind: 'putSubscription',
        id: idOf(n),
        notifyForConstraints: true,
        extents: volume({ outline }),
        ...more,
      })
    subscribe(1)
    subscribe(2, square(20))
    subscribe(3, square(40))
    subscribe(4, square(0), { notifyForConstraints: false })
    subscribe(5, square(0), { notifyForOperationalIntents: false, manager: 'authority' })
    const first = sky.grant({ kind: put, id: idOf(50), manager: 'authority' })
    expect(indexes(first.outcome.notified)).toEqual({ [idOf(1)]: 1, [idOf(5)]: 1 })
    const { ovn } = change(first, put).record
    const moved = sky.grant({
      kind: put,
      id: idOf(50),
      manager: 'authority',
      ovn,
      extents: [volume({ outline: square(20) })],
    })
    expect(indexes(moved.outcome.notified)).toEqual({ [idOf(1)]: 2, [idOf(2)]: 1, [idOf(5)]: 2 })
    const gone = sky.grant({ kind: remove, id: idOf(50), manager: 'authority', ovn: change(moved, put).record.ovn })
    expect(indexes(gone.outcome.notified)).toEqual({ [idOf(2)]: 2 })
  })

  test('a repeated write or deletion returns the entry of the first, not in compat mode', () => {
    const digest = [5, 6] as const
    const sky = new Sky()
    const create = { kind: put, digest } as const
    const { ovn } = change(sky.grant(create), put).record
    sky.after(125)
    expect(sky.execute(create)).toEqual({ kind: 'repeated', seq: 1 })
    sky.nowMs = NOON_MS as never
    const update = { kind: put, ovn, digest: [7, 8] } as const
    const next = change(sky.grant(update), put).record
    expect(sky.execute(update)).toEqual({ kind: 'repeated', seq: 2 })
    expect(sky.refuse(create).code).toBe('ALREADY_EXISTS')
    sky.grant({ kind: remove, ovn: next.ovn })
    expect(sky.execute({ kind: remove, ovn: next.ovn })).toEqual({ kind: 'repeated', seq: 4 })

    const compat = new Sky({ compat: true })
    compat.grant(create)
    expect(compat.refuse(create).code).toBe('ALREADY_EXISTS')
  })

  test('leaves ten minutes after its end', () => {
    const sky = new Sky()
    sky.grant({ kind: put })
    sky.nowMs = (NOON_MS + 2 * HOUR_MS + 600_000) as never
    expect(sky.execute({ kind: 'expire' }).kind).toBe('nothing')
    sky.after(1 / 60_000)
    sky.grant({ kind: 'expire' })
    expect(sky.state.constraints.size).toBe(0)
  })
})

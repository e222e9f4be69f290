import { describe, expect, test } from 'vitest'
import { change, contentOf, HOUR_MS, idOf, NOON_MS, Sky, square, volume } from './testing/sky.ts'

const implicit = { url: 'https://uss1.example', notifyForConstraints: false }
const OVER_MS = NOON_MS + 2 * HOUR_MS + 10 * 60_000

/** One of everything, all ending at 14:00. */
function everything(rules = {}): Sky {
  const sky = new Sky(rules)
  sky.grant({ kind: 'putOperationalIntent', id: idOf(1), newSubscription: implicit })
  sky.grant({ kind: 'putConstraint', id: idOf(2) })
  sky.grant({ kind: 'putSubscription', id: idOf(3) })
  sky.grant({ kind: 'putServiceArea', id: idOf(4) })
  sky.grant({ kind: 'putServiceAreaSubscription', id: idOf(5) })
  return sky
}

const sizes = ({ state }: Sky) => [
  state.intents.size,
  state.constraints.size,
  state.subscriptions.size,
  state.serviceAreas.size,
  state.serviceAreaSubscriptions.size,
]

describe('what has ended', () => {
  test('stays ten minutes, then leaves with its implicit subscription and without a word to anybody', () => {
    const sky = everything()
    sky.nowMs = OVER_MS as never
    const before = contentOf(sky.state)
    expect(sky.execute({ kind: 'expire' })).toEqual({ kind: 'nothing' })
    expect(contentOf(sky.state)).toEqual(before)
    sky.nowMs = (OVER_MS + 1) as never
    const entry = sky.grant({ kind: 'expire' })
    expect(entry).toMatchObject({
      subject: 'expiry',
      action: 'expire',
      manager: '',
      id: null,
      outcome: { notified: [] },
    })
    expect(entry.outcome.changes).toHaveLength(6)
    expect(sizes(sky)).toEqual([0, 0, 0, 0, 0])
    // Nothing of it is left behind in the indexes, the texts or the memory of deletions.
    expect(sky.state.intentCells.size + sky.state.intentVolumes.size + sky.state.subscriptionCells.size).toBe(0)
    expect(sky.state.strings.find('uss1')).toBe(-1)
    expect(sky.state.retired.size).toBe(0)
    expect(sky.refuse({ kind: 'deleteOperationalIntent', id: idOf(1), ovn: 'x'.repeat(44) }).code).toBe('NOT_FOUND')
  })

  test('stays as long as the reference implementation keeps it, in compat mode', () => {
    const sky = everything({ compat: true })
    sky.nowMs = (NOON_MS + 112 * 24 * HOUR_MS) as never
    expect(sky.execute({ kind: 'expire' })).toEqual({ kind: 'nothing' })
    sky.nowMs = (NOON_MS + 2 * HOUR_MS + 112 * 24 * HOUR_MS + 1) as never
    sky.grant({ kind: 'expire' })
    expect(sizes(sky)).toEqual([0, 0, 0, 0, 0])
  })

  test('a subscription that live intents depend on stays, and goes after them', () => {
    const sky = new Sky()
    const { record } = change(
      sky.grant({ kind: 'putOperationalIntent', id: idOf(1), newSubscription: implicit }),
      'putSubscription',
    )
    const shared = sky.grant({
      kind: 'putOperationalIntent',
      id: idOf(2),
      subscriptionId: record.id,
      key: [sky.intent(1)!.ovn],
      extents: [volume({ to: 90 })],
    })
    expect(change(shared, 'putOperationalIntent').record.subscriptionId).toBe(record.id)
    sky.nowMs = (OVER_MS + 1) as never
    const first = sky.grant({ kind: 'expire' })
    expect(first.outcome.changes.map(({ kind }) => kind)).toEqual([
      'removeOperationalIntent',
      'removeOperationalIntent',
    ])
    const second = sky.grant({ kind: 'expire' })
    expect(second.outcome.changes.map(({ kind }) => kind)).toEqual(['removeSubscription'])
    expect(sizes(sky)).toEqual([0, 0, 0, 0, 0])
  })

  test('leaves by stretches of slots and in batches', () => {
    const sky = new Sky()
    for (let n = 1; n <= 300; n += 1)
      sky.grant({ kind: 'putConstraint', id: idOf(n), extents: [volume({ outline: square(n) })] })
    sky.nowMs = (OVER_MS + 1) as never
    expect(sky.execute({ kind: 'expire', fromSlot: 300, toSlot: 400 }).kind).toBe('nothing')
    expect(sky.grant({ kind: 'expire', fromSlot: 10, toSlot: 20 }).outcome.changes).toHaveLength(10)
    const rounds = []
    for (
      let decision = sky.execute({ kind: 'expire' });
      decision.kind === 'accepted';
      decision = sky.execute({ kind: 'expire' })
    )
      rounds.push(decision.entry.outcome.changes.length)
    expect(rounds).toEqual([256, 34])
    expect(sky.state.constraints.size).toBe(0)
  })
})

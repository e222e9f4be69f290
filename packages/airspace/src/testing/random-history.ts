import type { Volume4D } from '@parley/geo4d'
import fc from 'fast-check'
import type { Decision } from '../decision.ts'
import { circle, idOf, type Sky, square, volume } from './sky.ts'

/** One thing that a client tries; what exists when its turn comes decides what it means. */
export interface Step {
  readonly what:
    | 'plan'
    | 'endPlan'
    | 'constrain'
    | 'lift'
    | 'subscribe'
    | 'unsubscribe'
    | 'availability'
    | 'report'
    | 'area'
    | 'endArea'
    | 'watch'
    | 'unwatch'
    | 'expire'
    | 'wait'
    | 'repeat'
  readonly n: number
  readonly manager: 'uss1' | 'uss2' | 'uss3'
  readonly extents: readonly Volume4D[]
  readonly state: 'Accepted' | 'Activated' | 'Nonconforming' | 'Contingent'
  /** What is attached to a plan: nothing, a new subscription (with constraints or not), or the nth one there. */
  readonly attach: 'nothing' | 'new' | 'newWithConstraints' | number
  /** How much of what is needed the key holds. */
  readonly key: 'none' | 'half' | 'all'
  /** Whether the version named is the current one. */
  readonly current: boolean
  readonly minutes: number
}

const wish = fc.record({
  outline: fc.oneof(
    fc
      .tuple(fc.integer({ min: -2, max: 3 }), fc.integer({ min: -1, max: 1 }), fc.constantFrom(0.001, 0.01, 0.05))
      .map(([east, north, size]) => square(east, north, size)),
    fc
      .tuple(fc.integer({ min: -2, max: 3 }), fc.constantFrom(50, 700))
      .map(([east, radiusM]) => circle(42, -8 + east / 100, radiusM)),
  ),
  from: fc.integer({ min: -10, max: 240 }),
  to: fc.integer({ min: 1, max: 90 }),
  low: fc.constantFrom(0, 50, 100, 200.25, 300),
  high: fc.constantFrom(0, 50, 100.01, 400),
})

/** Volumes around one place and afternoon, so that many meet. */
export const extents: fc.Arbitrary<Volume4D[]> = fc.array(
  wish.map((one) => volume({ ...one, to: one.from + one.to, high: one.low + one.high })),
  { minLength: 1, maxLength: 3 },
)

export const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof<fc.WeightedArbitrary<Step['what']>[]>(
    { weight: 8, arbitrary: fc.constant<Step['what']>('plan') },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Step['what'][]>('endPlan', 'constrain', 'subscribe', 'wait'),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom<Step['what'][]>(
        'lift',
        'unsubscribe',
        'availability',
        'report',
        'area',
        'endArea',
        'watch',
        'unwatch',
        'expire',
        'repeat',
      ),
    },
  ),
  n: fc.nat(5),
  manager: fc.constantFrom('uss1', 'uss1', 'uss2', 'uss3'),
  extents,
  state: fc.constantFrom('Accepted', 'Accepted', 'Activated', 'Nonconforming', 'Contingent'),
  attach: fc.oneof(fc.constantFrom('nothing' as const, 'new' as const, 'newWithConstraints' as const), fc.nat(8)),
  key: fc.constantFrom('none', 'half', 'all', 'all', 'all'),
  current: fc.boolean(),
  minutes: fc.nat(20),
})

/** Slots in use. */
export const liveSlots = (table: { readonly slotLimit: number; isLive(slot: number): boolean }): number[] =>
  Array.from({ length: table.slotLimit }, (_, slot) => slot).filter((slot) => table.isLive(slot))

type Command = Parameters<Sky['execute']>[0]

/** The command that `taken` means in the state as it is; null for one that only lets time pass. */
export function commandOf(sky: Sky, taken: Step): Command | null {
  const { state } = sky
  const { n, manager } = taken
  const OLD = 'o'.repeat(44)
  switch (taken.what) {
    case 'plan': {
      const id = idOf(n)
      const slot = state.intents.find(id)
      const ovns = [
        ...liveSlots(state.intents).map((other) => state.intentOvn(other)),
        ...liveSlots(state.constraints).map((other) => state.constraintOvn(other)),
      ]
      const subscriptions = liveSlots(state.subscriptions)
      const named =
        typeof taken.attach === 'number' ? subscriptions[taken.attach % Math.max(1, subscriptions.length)] : undefined
      return {
        kind: 'putOperationalIntent',
        id,
        manager: slot >= 0 && taken.current ? state.operationalIntent(slot).manager : manager,
        ovn: slot < 0 ? null : taken.current ? state.intentOvn(slot) : OLD,
        extents: taken.extents,
        state: slot < 0 && taken.current ? 'Accepted' : taken.state,
        key: taken.key === 'all' ? ovns : ovns.filter((_, at) => taken.key === 'half' && at % 2 === 0),
        subscriptionId: named === undefined ? null : state.subscriptions.idOf(named),
        newSubscription:
          taken.attach === 'new' || taken.attach === 'newWithConstraints'
            ? { url: `https://${manager}.example`, notifyForConstraints: taken.attach === 'newWithConstraints' }
            : null,
        mayMonitorConformance: true,
      }
    }
    case 'endPlan': {
      const slot = state.intents.find(idOf(n))
      const record = slot < 0 ? null : state.operationalIntent(slot)
      return {
        kind: 'deleteOperationalIntent',
        id: idOf(n),
        manager: record?.manager ?? manager,
        ovn: taken.current ? (record?.ovn ?? OLD) : OLD,
      }
    }
    case 'constrain': {
      const slot = state.constraints.find(idOf(n, 1))
      return {
        kind: 'putConstraint',
        id: idOf(n, 1),
        manager: slot < 0 ? manager : state.constraint(slot).manager,
        ovn: slot < 0 ? null : taken.current ? state.constraintOvn(slot) : OLD,
        extents: taken.extents,
      }
    }
    case 'lift': {
      const slot = state.constraints.find(idOf(n, 1))
      const record = slot < 0 ? null : state.constraint(slot)
      return { kind: 'deleteConstraint', id: idOf(n, 1), manager: record?.manager ?? manager, ovn: record?.ovn ?? OLD }
    }
    case 'subscribe': {
      const slot = state.subscriptions.find(idOf(n, 2))
      const record = slot < 0 ? null : state.subscription(slot)
      return {
        kind: 'putSubscription',
        id: idOf(n, 2),
        manager: record?.manager ?? manager,
        version: record === null ? null : taken.current ? record.version : OLD,
        extents: taken.extents[0]!,
        notifyForOperationalIntents: taken.key !== 'none',
        notifyForConstraints: taken.key !== 'all',
      }
    }
    case 'unsubscribe': {
      const [slot] = liveSlots(state.subscriptions)
      if (slot === undefined) return null
      const { id, manager: owner, version } = state.subscription(slot)
      return { kind: 'deleteSubscription', id, manager: owner, version }
    }
    case 'availability':
      return {
        kind: 'setAvailability',
        manager: 'arbiter',
        uss: manager,
        availability: (['Down', 'Normal', 'Unknown'] as const)[n % 3]!,
        oldVersion: taken.current ? (state.availability.get(manager)?.version ?? '') : OLD,
      }
    case 'report':
      return { kind: 'makeReport', manager }
    case 'area': {
      const slot = state.serviceAreas.find(idOf(n, 3))
      const record = slot < 0 ? null : state.serviceArea(slot)
      return {
        kind: 'putServiceArea',
        id: idOf(n, 3),
        manager: record?.manager ?? manager,
        version: record?.version ?? null,
        extents: taken.extents[0]!,
      }
    }
    case 'endArea': {
      const slot = state.serviceAreas.find(idOf(n, 3))
      const record = slot < 0 ? null : state.serviceArea(slot)
      return {
        kind: 'deleteServiceArea',
        id: idOf(n, 3),
        manager: record?.manager ?? manager,
        version: record?.version ?? OLD,
      }
    }
    case 'watch': {
      const slot = state.serviceAreaSubscriptions.find(idOf(n, 4))
      const record = slot < 0 ? null : state.serviceAreaSubscription(slot)
      return {
        kind: 'putServiceAreaSubscription',
        id: idOf(n, 4),
        manager: record?.manager ?? manager,
        version: record?.version ?? null,
        extents: taken.extents[0]!,
      }
    }
    case 'unwatch': {
      const slot = state.serviceAreaSubscriptions.find(idOf(n, 4))
      const record = slot < 0 ? null : state.serviceAreaSubscription(slot)
      return {
        kind: 'deleteServiceAreaSubscription',
        id: idOf(n, 4),
        manager: record?.manager ?? manager,
        version: record?.version ?? OLD,
      }
    }
    case 'expire':
      return { kind: 'expire' }
    case 'wait':
    case 'repeat':
      return null
  }
}

/** Plays steps one after the other; a `repeat` sends the write before it once more. `seen` is told of each decision. */
export function play(
  sky: Sky,
  steps: readonly Step[],
  seen: (about: { readonly command: Command; readonly decision: Decision }, before: { readonly nowMs: number }) => void,
  before: (command: Command) => void = () => undefined,
): void {
  let last: Command | null = null
  for (const taken of steps) {
    if (taken.what === 'wait') sky.after(taken.minutes)
    const wished = taken.what === 'repeat' ? last : commandOf(sky, taken)
    if (wished === null) continue
    // Complete here, so that a repetition is the same request to the last bit.
    const command = (taken.what === 'repeat' ? { ...wished, nowMs: sky.nowMs } : sky.complete(wished)) as Command
    before(command)
    const decision = sky.execute(command)
    seen({ command, decision }, { nowMs: sky.nowMs })
    last = command
  }
}

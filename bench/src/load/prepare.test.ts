import { AirspaceState, apply, type Command, decide } from '@parley/airspace'
import type { EntityId, EpochMs } from '@parley/units'
import { expect, test } from 'vitest'
import { busyCell, deliveries, type PlanRow, studyPlans } from './plans.ts'
import { finderFor, finderOfHeld, heldAfter, type Prepared, prepareCreates, prepareUpdates } from './prepare.ts'
import type { Supplier, Target } from './target.ts'

const target: Target = { url: new URL('http://127.0.0.1:1'), tokenUrl: new URL('http://127.0.0.1:1/token') }
const suppliers: Supplier[] = ['uss1', 'uss2', 'uss3'].map((sub) => ({
  sub,
  token: 'token',
  baseUrl: `https://${sub}.example.com/f3548`,
}))
const DAY = { dayStartMs: Date.now() + 900_000 }

interface Sent {
  readonly id: string
  readonly ovn: string | null
  readonly body: {
    readonly key: string[]
    readonly requested_ovn_suffix: string
    readonly uss_base_url: string
    readonly extents: unknown[]
  }
}

/** What a service reads of a request's bytes. */
function read(prepared: Prepared, index: number): Sent {
  const text = prepared.requests.at(index).toString('latin1')
  const split = text.indexOf('\r\n\r\n')
  const head = text.slice(0, split)
  const body = text.slice(split + 4)
  expect(head).toContain(`content-length: ${body.length}`)
  const [, id = '', ovn] = /references\/([^/ ]+)(?:\/([^ ]+))? HTTP/.exec(head) ?? []
  return { id, ovn: ovn ?? null, body: JSON.parse(body) as Sent['body'] }
}

interface Writing {
  readonly row: PlanRow
  readonly first: number
  readonly exact: boolean
  /** Requests are taken in a shuffled order within blocks of so many. */
  readonly disorder: number
}

/** Hands requests to the rules themselves; every one must be granted. */
function write(state: AirspaceState, prepared: Prepared, { row, first, exact, disorder }: Writing): void {
  const order = Array.from({ length: prepared.requests.count }, (_, index) => index)
  for (let from = 0; from < order.length; from += disorder)
    order.splice(from, disorder, ...order.slice(from, from + disorder).toReversed())
  for (const index of order) {
    const { id, ovn, body } = read(prepared, index)
    const command: Command = {
      kind: 'putOperationalIntent',
      nowMs: Date.now() as EpochMs,
      manager: prepared.writerOf(index).sub,
      digest: [index, first],
      id: id as EntityId,
      ovn,
      extents: row.plan(first + index),
      key: body.key,
      state: 'Accepted',
      url: body.uss_base_url,
      subscriptionId: null,
      newSubscription: null,
      requestedOvnSuffix: body.requested_ovn_suffix,
      mayMonitorConformance: false,
      fresh: { ovn: 'x'.repeat(44), id: '00000000-0000-4000-8000-000000000001' as EntityId },
    }
    const decision = decide(state, command, { exact, compat: false })
    expect(decision.kind === 'refused' ? decision.refusal.message : decision.kind).toBe('accepted')
    if (decision.kind !== 'accepted') return
    apply(state, decision.entry, state.seq + 1)
    expect(state.intentOvn(state.intents.find(id as EntityId))).toBe(prepared.ovns[index])
  }
}

test.each([true, false])('every prepared creation is granted, even out of order (exact: %s)', (exact) => {
  for (const row of [studyPlans(600, 555, DAY), deliveries(300, 555, DAY), busyCell(400, 555, DAY)]) {
    const state = new AirspaceState({ exact })
    const options = { target, suppliers, window: 32 }
    const first = prepareCreates(row, [0, 200], { ...options, finder: finderFor({ exact }) })
    write(state, first, { row, first: 0, exact, disorder: 32 })
    const store = prepareCreates(row, [200, row.count], { ...options, finder: finderFor({ exact, store: state }) })
    write(state, store, { row, first: 200, exact, disorder: 32 })
    expect(state.intents.size).toBe(row.count)
  }
})

test.each([true, false])('every prepared replacement is granted, round after round (exact: %s)', (exact) => {
  const row = busyCell(1200, 555, DAY)
  const state = new AirspaceState({ exact })
  let finder = finderFor({ exact })
  let held = prepareCreates(row, [0, 150], { target, suppliers, window: 16, finder })
  write(state, held, { row, first: 0, exact, disorder: 16 })
  let next = 150
  for (const count of [500, 70, 300]) {
    const updates = prepareUpdates(row, [next, next + count], { target, finder, window: 16, held })
    write(state, updates, { row, first: next, exact, disorder: 16 })
    next += count
    held = heldAfter(held, updates, count)
    finder = finderOfHeld(row, { exact, held, next })
    expect(state.intents.size).toBe(150)
  }
})

test('without the key the crowded cell grants next to nothing', () => {
  const row = busyCell(200, 555, DAY)
  const prepared = prepareCreates(row, [0, 200], { target, suppliers, window: 16, finder: finderFor({ exact: false }) })
  expect(prepared.meanKey).toBeGreaterThan(2)
})

test('deliveries start and end on the ground and are of several volumes', () => {
  const row = deliveries(500, 20260101, DAY)
  expect(row.count).toBe(500)
  for (let index = 0; index < row.count; index++) {
    const plan = row.plan(index)
    expect(plan.length % 2).toBe(0)
    expect(plan[0]!.altitudeLowerM).toBe(plan.at(-1)!.altitudeLowerM)
    expect(plan[0]!.startMs).toBeGreaterThan(Date.now())
  }
})

import { type Volume4D, volumesIntersect } from '@parley/geo4d'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boundsOfVolumes, cellsMeet, footprintOf } from './matching.ts'
import type { Bounds } from './model.ts'
import { queryConstraints, queryOperationalIntents, querySubscriptions } from './query.ts'
import { boundsOf } from './state.ts'
import { extents, liveSlots, play, step } from './testing/random-history.ts'
import { Sky } from './testing/sky.ts'

/** An area as a query may ask for it: any of its bounds may be open. */
const area: fc.Arbitrary<Volume4D> = fc
  .tuple(extents, fc.record({ start: fc.boolean(), end: fc.boolean(), low: fc.boolean(), high: fc.boolean() }))
  .map(([[one], open]) => ({
    ...one!,
    ...(open.start && { startMs: -Infinity as Volume4D['startMs'] }),
    ...(open.end && { endMs: Infinity as Volume4D['endMs'] }),
    ...(open.low && { altitudeLowerM: -Infinity as Volume4D['altitudeLowerM'] }),
    ...(open.high && { altitudeUpperM: Infinity as Volume4D['altitudeUpperM'] }),
  }))

const timesOverlap = (a: Bounds, b: Bounds): boolean => a.startMs <= b.endMs && b.startMs <= a.endMs
const bandsOverlap = (a: Bounds, b: Bounds): boolean =>
  timesOverlap(a, b) && a.altitudeLowerM <= b.altitudeUpperM && b.altitudeLowerM <= a.altitudeUpperM

test('a query finds what is there and nothing else, open bounds and both modes', () => {
  let found = 0
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 60 }),
      fc.array(area, { minLength: 3, maxLength: 6 }),
      (steps, areas) => {
        const sky = new Sky()
        play(sky, steps, () => undefined)
        const { state } = sky
        for (const asked of areas) {
          const footprint = footprintOf([asked])
          for (const exact of [false, true]) {
            const rules = { exact, compat: false }
            state.prepareFor(rules)
            for (const [table, cells, volumes, query] of [
              [state.intents, state.intentCells, state.intentVolumes, queryOperationalIntents],
              [state.constraints, state.constraintCells, state.constraintVolumes, queryConstraints],
            ] as const) {
              const expected = liveSlots(table)
                .filter((slot) =>
                  exact
                    ? volumes.volumesOf(slot).some((one) => volumesIntersect(one, asked))
                    : cellsMeet(cells.cellsOf(slot), footprint.cells) && bandsOverlap(boundsOf(table, slot), asked),
                )
                .map((slot) => table.idOf(slot))
                .toSorted()
              expect(query(state, asked, rules).map(({ id }) => id)).toEqual(expected)
              found += expected.length
            }
          }
          for (const manager of ['uss1', 'uss2', 'nobody']) {
            const expected = liveSlots(state.subscriptions)
              .map((slot) => ({ slot, record: state.subscription(slot) }))
              .filter(
                ({ slot, record }) =>
                  record.manager === manager &&
                  record.endMs >= sky.nowMs &&
                  timesOverlap(record, asked) &&
                  cellsMeet(state.subscriptionCells.cellsOf(slot), footprint.cells),
              )
              .map(({ record }) => record.id)
              .toSorted()
            expect(querySubscriptions(state, asked, { manager, nowMs: sky.nowMs }).map(({ id }) => id)).toEqual(
              expected,
            )
          }
        }
      },
    ),
    { numRuns: 60 },
  )
  expect(found).toBeGreaterThan(100)
})

test('the bounds of volumes hold each of them', () => {
  fc.assert(
    fc.property(extents, (volumes) => {
      const bounds = boundsOfVolumes(volumes)
      for (const one of volumes) {
        expect(one.startMs).toBeGreaterThanOrEqual(bounds.startMs)
        expect(one.endMs).toBeLessThanOrEqual(bounds.endMs)
        expect(one.altitudeLowerM).toBeGreaterThanOrEqual(bounds.altitudeLowerM)
        expect(one.altitudeUpperM).toBeLessThanOrEqual(bounds.altitudeUpperM)
      }
    }),
  )
})

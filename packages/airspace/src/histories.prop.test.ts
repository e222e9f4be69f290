import { volumesIntersect } from '@parley/geo4d'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apply, cellsOfVolumes, ignoringAltitude } from './apply.ts'
import { decodeEntry } from './entry-codec.ts'
import { boundsOfVolumes, cellsMeet, type Footprint } from './matching.ts'
import type { Bounds } from './model.ts'
import { dumpState, loadState, SnapshotError } from './snapshot.ts'
import { AirspaceState, boundsOf } from './state.ts'
import { liveSlots, play, type Step, step } from './testing/random-history.ts'
import { bytesOf, change, contentOf, indexes, Sky } from './testing/sky.ts'

const steps = fc.array(step, { minLength: 1, maxLength: 50 })
const rules = fc.record({ exact: fc.boolean(), compat: fc.boolean() })
const RUNS = { numRuns: 120 }

const overlap = (a: Bounds, b: Bounds): boolean =>
  a.startMs <= b.endMs &&
  b.startMs <= a.endMs &&
  a.altitudeLowerM <= b.altitudeUpperM &&
  b.altitudeLowerM <= a.altitudeUpperM

const meets = (a: Footprint, b: Footprint): boolean => overlap(a, b) && cellsMeet(a.cells, b.cells)

function replayed(sky: Sky, from: AirspaceState): AirspaceState {
  for (let seq = from.seq + 1; seq <= sky.journal.length; seq += 1) apply(from, decodeEntry(sky.journal[seq - 1]!), seq)
  return from
}

const loadedFrom = (state: AirspaceState): AirspaceState =>
  loadState(new Map(dumpState(state).map(({ name, bytes }) => [name, bytes])))

describe('any history', () => {
  test('replayed from its bytes gives the same state, byte for byte, also from a snapshot on the way', () => {
    fc.assert(
      fc.property(steps, steps, rules, (first, second, rule) => {
        const sky = new Sky(rule)
        play(sky, first, () => undefined)
        const snapshot = loadedFrom(sky.state)
        expect(bytesOf(snapshot)).toEqual(bytesOf(sky.state))
        play(sky, second, () => undefined)
        const whole = bytesOf(sky.state)
        expect(bytesOf(replayed(sky, new AirspaceState(rule)))).toEqual(whole)
        expect(bytesOf(replayed(sky, snapshot))).toEqual(whole)
      }),
      { numRuns: 40 },
    )
  })

  test('every refusal, repetition and nothing leaves the state as it was', () => {
    fc.assert(
      fc.property(steps, rules, (taken, rule) => {
        const sky = new Sky(rule)
        let before: Record<string, string> = {}
        play(
          sky,
          taken,
          ({ decision }) => {
            if (decision.kind !== 'accepted') expect(contentOf(sky.state)).toEqual(before)
          },
          () => {
            before = contentOf(sky.state)
          },
        )
      }),
      { numRuns: 8 },
    )
  })

  test('of any two plans that meet, the later one showed the OVN of the earlier', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (taken, exact) => {
        const sky = new Sky({ exact })
        let others: {
          ovn: string
          footprint: Footprint
          volumes: readonly ReturnType<AirspaceState['intentVolumes']['volumesOf']>[number][]
          excused: boolean
          id: string
        }[] = []
        play(
          sky,
          taken,
          ({ command, decision }) => {
            if (command.kind !== 'putOperationalIntent' || decision.kind !== 'accepted') return
            const { record, volumes } = change({ outcome: decision.entry.outcome }, 'putOperationalIntent')
            if (record.state === 'Nonconforming' || record.state === 'Contingent') return
            const footprint = { cells: cellsOfVolumes(volumes), ...boundsOfVolumes(volumes) }
            for (const other of others) {
              if (other.id === record.id || other.excused) continue
              const met = exact
                ? volumes.some((mine) => other.volumes.some((theirs) => volumesIntersect(mine, theirs)))
                : meets(footprint, other.footprint)
              if (met) expect(command.key).toContain(other.ovn)
            }
          },
          () => {
            const { state } = sky
            others = liveSlots(state.intents).map((slot) => {
              const { id, ovn, manager, state: phase } = state.operationalIntent(slot)
              return {
                id,
                ovn,
                excused: phase === 'Accepted' && state.availabilityOf(manager) === 'Down',
                footprint: { cells: state.intentCells.cellsOf(slot), ...boundsOf(state.intents, slot) },
                volumes: state.intentVolumes.volumesOf(slot),
              }
            })
          },
        )
      }),
      RUNS,
    )
  })

  test('a plan is refused for exactly what it meets and does not show', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (taken, exact) => {
        const sky = new Sky({ exact })
        play(sky, taken, ({ command, decision }) => {
          if (command.kind !== 'putOperationalIntent' || decision.kind !== 'refused' || decision.missing === null)
            return
          const { state } = sky
          const volumes = command.extents ?? []
          const footprint = { cells: cellsOfVolumes(volumes), ...boundsOfVolumes(volumes) }
          const lacking = liveSlots(state.intents)
            .filter((slot) => {
              const { id, ovn, manager, state: phase } = state.operationalIntent(slot)
              if (id === command.id || command.key?.includes(ovn)) return false
              if (phase === 'Accepted' && state.availabilityOf(manager) === 'Down') return false
              return exact
                ? volumes.some((mine) =>
                    state.intentVolumes.volumesOf(slot).some((theirs) => volumesIntersect(mine, theirs)),
                  )
                : meets(footprint, { cells: state.intentCells.cellsOf(slot), ...boundsOf(state.intents, slot) })
            })
            .map((slot) => state.intents.idOf(slot))
          expect(decision.missing.operationalIntents.map(({ id }) => id)).toEqual(lacking.toSorted())
          expect(decision.refusal.conflict?.blocking.map(({ id }) => id)).toEqual([
            ...lacking.toSorted(),
            ...decision.missing.constraints.map(({ id }) => id),
          ])
        })
      }),
      RUNS,
    )
  })

  test('notifies exactly the subscriptions concerned, each one higher than before', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const sky = new Sky()
        type Watcher = {
          id: string
          index: number
          flags: { intents: boolean; constraints: boolean }
          where: Footprint
        }
        let watchers: Watcher[] = []
        let old: Footprint | null = null
        play(
          sky,
          taken,
          ({ command, decision }, { nowMs }) => {
            if (decision.kind !== 'accepted') return
            const { changes, notified } = decision.entry.outcome
            const isIntent = command.kind === 'putOperationalIntent' || command.kind === 'deleteOperationalIntent'
            const isConstraint = command.kind === 'putConstraint' || command.kind === 'deleteConstraint'
            if (!isIntent && !isConstraint) return
            const put =
              command.kind === 'putOperationalIntent' || command.kind === 'putConstraint'
                ? (command.extents ?? null)
                : null
            const touched = [old, put === null ? null : { cells: cellsOfVolumes(put), ...boundsOfVolumes(put) }].filter(
              (one) => one !== null,
            )
            const written = changes.find((one) => one.kind === 'putSubscription')
            const removed = changes.find((one) => one.kind === 'removeSubscription')
            const expected: Record<string, number> = {}
            for (const { id, index, flags, where } of watchers) {
              if (!(isIntent ? flags.intents : flags.constraints) || where.endMs < nowMs) continue
              if (command.kind === 'putOperationalIntent' && removed?.record.id === id) continue
              if (touched.some((one) => meets({ ...where, ...ignoringAltitude(where) }, one))) expected[id] = index + 1
            }
            if (written !== undefined) expected[written.record.id] = written.record.notificationIndex + 1
            expect(indexes(notified)).toEqual(expected)
            for (const [id, index] of Object.entries(expected)) {
              const held = sky.subscription(id as never)
              if (held === null) expect(removed?.record.id).toBe(id)
              else expect(held.notificationIndex).toBe(index)
            }
          },
          (command) => {
            const { state } = sky
            watchers = liveSlots(state.subscriptions).map((slot) => {
              const { id, notificationIndex, notifyForConstraints, notifyForOperationalIntents, ...bounds } =
                state.subscription(slot)
              return {
                id,
                index: notificationIndex,
                flags: { intents: notifyForOperationalIntents, constraints: notifyForConstraints },
                where: { cells: state.subscriptionCells.cellsOf(slot), ...bounds },
              }
            })
            const [table, cells] = command.kind.endsWith('Constraint')
              ? [state.constraints, state.constraintCells]
              : [state.intents, state.intentCells]
            const slot = 'id' in command && command.id !== undefined ? table.find(command.id) : -1
            old = slot < 0 ? null : { cells: cells.cellsOf(slot), ...boundsOf(table, slot) }
          },
        )
      }),
      RUNS,
    )
  })

  test('keeps its books: dependents, texts and indexes agree with the records', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const sky = new Sky()
        play(sky, taken, () => undefined)
        const { state } = sky
        const named = new Map<string, string[]>()
        for (const slot of liveSlots(state.intents)) {
          const { id, subscriptionId } = state.operationalIntent(slot)
          if (subscriptionId !== null) named.set(subscriptionId, [...(named.get(subscriptionId) ?? []), id])
        }
        for (const slot of liveSlots(state.subscriptions)) {
          const { id, implicit } = state.subscription(slot)
          expect(state.dependents(slot).toSorted()).toEqual((named.get(id) ?? []).toSorted())
          if (implicit) expect(named.has(id)).toBe(true)
          named.delete(id)
        }
        expect([...named]).toEqual([])
        expect(state.intentCells.size).toBe(state.intents.size)
        expect(state.intentVolumes.size).toBe(state.intents.size)
        expect(state.constraintCells.size).toBe(state.constraints.size)
        expect(state.subscriptionCells.size).toBe(state.subscriptions.size)
        const { texts, counts } = JSON.parse(state.strings.dump()) as { texts: string[]; counts: number[] }
        const records = [
          ...liveSlots(state.intents).map((slot) => state.operationalIntent(slot)),
          ...liveSlots(state.constraints).map((slot) => state.constraint(slot)),
          ...liveSlots(state.subscriptions).map((slot) => state.subscription(slot)),
          ...liveSlots(state.serviceAreas).map((slot) => state.serviceArea(slot)),
          ...liveSlots(state.serviceAreaSubscriptions).map((slot) => state.serviceAreaSubscription(slot)),
        ]
        const uses = new Map<string, number>()
        for (const { manager, url } of records)
          for (const text of [manager, url]) uses.set(text, (uses.get(text) ?? 0) + 1)
        expect(new Map(texts.map((text, at) => [text, counts[at]] as const).filter(([text]) => text !== ''))).toEqual(
          uses,
        )
      }),
      RUNS,
    )
  })
})

describe('a snapshot', () => {
  const sample = fc.sample(steps, { numRuns: 1, seed: 4 })[0] as Step[]
  const sky = new Sky()
  play(sky, sample, () => undefined)
  const sections = () => new Map(dumpState(sky.state).map(({ name, bytes }) => [name, bytes]))

  test('that lacks a part is refused', () => {
    for (const name of sections().keys()) {
      const parts = sections()
      parts.delete(name)
      expect(() => loadState(parts), name).toThrow(SnapshotError)
    }
  })

  test('of another version is refused', () => {
    const parts = sections()
    const scalars = JSON.parse(new TextDecoder().decode(parts.get('airspace'))) as object
    parts.set('airspace', new TextEncoder().encode(JSON.stringify({ ...scalars, version: 99 })))
    expect(() => loadState(parts)).toThrow(/version 99/)
  })
})

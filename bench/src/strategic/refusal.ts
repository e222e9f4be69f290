import { AirspaceState, apply, decide, type Explanation, explain, footprintOf, type Plan } from '@parley/airspace'
import { exactClearing, smallestShift, type Volume4D } from '@parley/geo4d'
import { degrees, type EntityId, epochMs, metresHae } from '@parley/units'
import type { Benchmark, Measurement } from '../benchmark.ts'
import { median, microseconds } from '../statistics.ts'
import { RandomSource } from './random.ts'
import { DAY_START_MS } from './workload.ts'

const CROWD = 20_000
const MINUTE_MS = 60_000
const HOURS = 10
const NOW_MS = epochMs(DAY_START_MS)
const HORIZON_MS = 30 * 24 * 60 * MINUTE_MS

/** A square of so many degrees for a minute, 20 to 60 m up, within one level-13 cell. */
function place(latDeg: number, lngDeg: number, by: { readonly sizeDeg: number; readonly startMs: number }): Volume4D {
  const { sizeDeg, startMs } = by
  const corner = (north: number, east: number) => ({ latDeg: degrees(latDeg + north), lngDeg: degrees(lngDeg + east) })
  return {
    outline: {
      kind: 'polygon',
      vertices: [corner(0, 0), corner(0, sizeDeg), corner(sizeDeg, sizeDeg), corner(sizeDeg, 0)],
    },
    altitudeLowerM: metresHae(20),
    altitudeUpperM: metresHae(60),
    startMs: epochMs(startMs),
    endMs: epochMs(startMs + MINUTE_MS),
  }
}

/** As the busy cell of the study, but over {@link HOURS}: squares of 35 m for a minute each. Zones, which need no key to be put. */
function crowd(): { readonly state: AirspaceState; readonly volumes: readonly Volume4D[] } {
  const random = new RandomSource(4711)
  const state = new AirspaceState({ exact: true })
  const volumes: Volume4D[] = []
  for (let n = 0; n < CROWD; n++) {
    const startMs = NOW_MS + MINUTE_MS + Math.floor(random.uniform() * HOURS * 60 * MINUTE_MS)
    const volume = place(42.001 + 0.006 * random.uniform(), -7.999 + 0.006 * random.uniform(), {
      sizeDeg: 0.00032,
      startMs,
    })
    const decision = decide(
      state,
      {
        kind: 'putConstraint',
        nowMs: NOW_MS,
        manager: 'crowd',
        digest: [n, 0],
        id: `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000` as EntityId,
        ovn: null,
        extents: [volume],
        url: 'https://crowd.example',
        fresh: { ovn: String(n).padStart(44, '0'), id: '00000000-0000-4000-8000-000000000001' as EntityId },
      },
      { exact: true, compat: false },
    )
    if (decision.kind !== 'accepted') throw new Error('a zone of the crowd was not granted')
    apply(state, decision.entry, n + 1)
    volumes.push(volume)
  }
  return { state, volumes }
}

/** The clearing by comparing with everything: no index, no windows. */
function plainClearing(plan: Plan, volumes: readonly Volume4D[]): readonly (number | undefined)[] {
  const latestEndMs = NOW_MS + HORIZON_MS
  if (plan.rules.exact) {
    const limits = { earliestStartMs: NOW_MS, latestEndMs: epochMs(latestEndMs) }
    const heights = { lowestM: metresHae(-8000), highestM: metresHae(100_000) }
    const { laterMs, earlierMs, upM, downM } = exactClearing(plan.volumes, volumes, { ...limits, ...heights })
    return [laterMs, earlierMs, upM, downM]
  }
  const { startMs, endMs } = plan.footprint
  const forbidden = Float64Array.from(volumes.flatMap((one) => [one.startMs - endMs, one.endMs - startMs]))
  const later = smallestShift(forbidden, { direction: 1, limit: latestEndMs - endMs, step: 1 })
  const earlier = smallestShift(forbidden, { direction: -1, limit: startMs - NOW_MS, step: 1 })
  return [later ?? undefined, earlier ?? undefined, 40.01, 40.01]
}

function isRight(found: Explanation | null, expected: readonly (number | undefined)[]): boolean {
  if (found === null) return false
  const { laterS, earlierS, upM, downM } = found.summary.clearing
  const given = [laterS === undefined ? undefined : laterS * 1000, earlierS === undefined ? undefined : earlierS * 1000]
  return [...given, upM, downM].every((amount, at) => amount === expected[at])
}

export const refusal: Benchmark = {
  id: 'S14',
  title: 'what a refusal in a crowded cell costs, clearing shifts included',
  run(context) {
    context.progress(`filling one cell with ${CROWD.toLocaleString('en-GB')} zones`)
    const { state, volumes } = crowd()
    const middle = place(42.003, -7.997, { sizeDeg: 0.003, startMs: NOW_MS + (HOURS / 2) * 60 * MINUTE_MS })
    return [false, true].map((exact): Measurement => {
      const plan: Plan = {
        rules: { exact, compat: false },
        nowMs: NOW_MS,
        volumes: [middle],
        footprint: footprintOf([middle]),
        key: [],
        ignoreSlot: -1,
        withConstraints: true,
      }
      let found: Explanation | null = null
      const runs = Array.from({ length: 10 + 5 * context.runs }, () =>
        microseconds(() => (found = explain(state, plan))),
      )
      return {
        id: 'S14',
        what: `refusal among ${CROWD.toLocaleString('en-GB')} in one cell over ${HOURS} hours, ${exact ? 'by true overlap' : 'by the standard’s cells'}`,
        unit: 'ms',
        value: median(runs.slice(10)) / 1000,
        right: isRight(found, plainClearing(plan, volumes)),
        note: `blocked by ${(found as Explanation | null)?.summary.missingConstraints}; shifts equal those found by comparing with everything`,
      }
    })
  },
}

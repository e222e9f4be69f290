import type { Volume4D } from '@parley/geo4d'
import type { ActRef } from '@parley/record'
import type { LineProjection } from '../line-projection.ts'
import { type AreaView, areasEntered, areasOf } from './areas.ts'
import { type BorderFinding, bordersMet, type BorderView, bordersOf } from './borders.ts'
import { type IntentView, intentsOf, profileOf } from './intents.ts'
import { plansConflict, type Shifts, shiftsToClear, stricter } from './separation.ts'

/** Everything about flights that a side sees. */
export interface FlightsView {
  readonly intents: readonly IntentView[]
  readonly areas: readonly AreaView[]
  readonly borders: readonly BorderView[]
}

export const flightsOf = (line: LineProjection): FlightsView => ({
  intents: intentsOf(line),
  areas: areasOf(line),
  borders: bordersOf(line),
})

/** A plan that is not proposed yet. */
export interface PlanDraft {
  readonly party: string
  readonly volumes: readonly Volume4D[]
  readonly profile: string
  /** The plan that it will replace, left out of the comparison. */
  readonly replaces?: ActRef
  readonly nowS: number
}

export interface DraftCheck {
  readonly clear: boolean
  /** Open plans of the others that it comes too near to. */
  readonly conflicts: readonly IntentView[]
  /** What a proposal of it must cite. */
  readonly key: readonly ActRef[]
  readonly shifts: Shifts
  /** Areas whose owners want a call before. */
  readonly areas: readonly AreaView[]
  readonly borders: readonly BorderFinding[]
}

/** How far ahead a shift may push a plan: F3548-21's plan horizon. */
const HORIZON_S = 30 * 86_400
const OPEN = new Set<IntentView['state']>(['proposed', 'accepted', 'active', 'lost'])

/** What a plan would meet, what it must cite, and how to clear it. Null profile names are refused by the reader of the act. */
export function checkDraft(line: LineProjection, draft: PlanDraft): DraftCheck {
  const profile = profileOf(line, draft.profile)
  const replaces = draft.replaces
  const others = intentsOf(line).filter(
    ({ party, state, ref }) =>
      party !== draft.party && OPEN.has(state) && !(replaces?.o === ref.o && replaces.i === ref.i),
  )
  const judged = others.flatMap((intent) => {
    const theirs = profileOf(line, intent.body.profile)
    return profile === null || theirs === null ? [] : [{ intent, profile: stricter(profile, theirs) }]
  })
  const conflicts = judged.filter((one) => plansConflict(draft.volumes, one.intent.body.volumes, one.profile))
  const startS = Math.min(...draft.volumes.map(({ startMs }) => startMs / 1000))
  return {
    clear: conflicts.length === 0,
    conflicts: conflicts.map(({ intent }) => intent),
    key: conflicts.map(({ intent }) => intent.ref),
    shifts:
      conflicts.length === 0
        ? {}
        : shiftsToClear(
            draft.volumes,
            judged.map((one) => ({ volumes: one.intent.body.volumes, profile: one.profile })),
            {
              earliestStartS: Math.min(startS, draft.nowS),
              latestEndS: draft.nowS + HORIZON_S,
              lowestM: -8000,
              highestM: 100_000,
            },
          ),
    areas: areasEntered(line, draft.party, draft.volumes),
    borders: bordersMet(line, draft.party, draft.volumes),
  }
}

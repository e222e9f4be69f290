import {
  clearingAmong,
  type Obstacles,
  outlineDistance,
  outlinesIntersect,
  smallestShift,
  type Volume4D,
} from '@parley/geo4d'
import type { EpochMs, MetresHae } from '@parley/units'
import type { Missing, Shown } from './decision.ts'
import type { Footprint } from './matching.ts'
import type { Blocking, Clearing, Conflict } from './model.ts'
import { DOUBLE, type RecordTable, WORD } from './record-table.ts'
import { LIMITS, type Rules } from './rules.ts'
import { type AirspaceState, ShownKey } from './state.ts'

/** A plan as the key check sees it. */
export interface Plan {
  readonly rules: Rules
  readonly nowMs: EpochMs
  readonly volumes: readonly Volume4D[]
  readonly footprint: Footprint
  /** OVNs that the caller shows. */
  readonly key: readonly string[]
  /** The intent being replaced, or -1. */
  readonly ignoreSlot: number
  readonly withConstraints: boolean
}

export interface Explanation {
  readonly summary: Conflict
  readonly missing: Missing
  readonly shown: Shown
}

const ACCEPTED = 0

/**
 * What the plan meets and lacks the key for, item by item, with the smallest shifts after which it would lack nothing; null when the
 * key is complete. An intent counts unless its manager is Down and it is only Accepted.
 */
export function explain(state: AirspaceState, plan: Plan): Explanation | null {
  const lacks = lackTest(state, plan)
  const intents = intentsMeeting(state, plan, plan.footprint, plan.volumes).filter(lacks.intent)
  const constraints = plan.withConstraints
    ? constraintsMeeting(state, plan, plan.footprint, plan.volumes).filter(lacks.constraint)
    : []
  if (intents.length === 0 && constraints.length === 0) return null
  const listedIntents = firstById(state.intents, intents)
  const listedConstraints = firstById(state.constraints, constraints)
  const operationalIntents = listedIntents.map((slot) => state.operationalIntent(slot))
  const constraintRecords = listedConstraints.map((slot) => state.constraint(slot))
  const measured = [
    ...operationalIntents.map((record, at) => ({
      entity: 'operational_intent' as const,
      record,
      slot: listedIntents[at]!,
    })),
    ...constraintRecords.map((record, at) => ({ entity: 'constraint' as const, record, slot: listedConstraints[at]! })),
  ].slice(0, LIMITS.blockingListed)
  const blocking = measured.map(({ entity, record: { id, manager }, slot }) =>
    measure(plan, (entity === 'constraint' ? state.constraintVolumes : state.intentVolumes).volumesOf(slot), {
      entity,
      id,
      manager,
    }),
  )
  const clearing = clearingOf(state, plan, lacks)
  return {
    missing: { operationalIntents, constraints: constraintRecords },
    shown: {
      intents: Array.from(lacks.shownIntents, (slot) => state.intents.idOf(slot)),
      constraints: Array.from(lacks.shownConstraints, (slot) => state.constraints.idOf(slot)),
    },
    summary: {
      missingOperationalIntents: intents.length,
      missingConstraints: constraints.length,
      blocking,
      clearing,
    },
  }
}

/** The first slots by the ids of their records, as many as one answer lists. */
function firstById(table: RecordTable, slots: readonly number[]): number[] {
  const named = slots.map((slot) => ({ slot, id: table.idOf(slot) }))
  named.sort((a, b) => (a.id < b.id ? -1 : 1))
  return named.slice(0, LIMITS.missingListed).map(({ slot }) => slot)
}

interface LackTest {
  readonly intent: (slot: number) => boolean
  readonly constraint: (slot: number) => boolean
  /** Slots found shown so far. */
  readonly shownIntents: ReadonlySet<number>
  readonly shownConstraints: ReadonlySet<number>
}

function lackTest(state: AirspaceState, plan: Plan): LackTest {
  let shown: ShownKey | null = null
  const isShown = (table: RecordTable, slot: number, found: Set<number>): boolean => {
    if (plan.key.length === 0) return false
    shown ??= new ShownKey(plan.key)
    if (!shown.holds(table, slot)) return false
    found.add(slot)
    return true
  }
  const shownIntents = new Set<number>()
  const shownConstraints = new Set<number>()
  return {
    shownIntents,
    shownConstraints,
    intent: (slot) => {
      if (slot === plan.ignoreSlot) return false
      const { intents } = state
      if (intents.word(slot, WORD.state) === ACCEPTED && state.availability.size > 0) {
        const manager = state.strings.text(intents.word(slot, WORD.manager))
        if (state.availabilityOf(manager) === 'Down') return false
      }
      return !isShown(intents, slot, shownIntents)
    },
    constraint: (slot) => !isShown(state.constraints, slot, shownConstraints),
  }
}

function intentsMeeting(
  state: AirspaceState,
  plan: Plan,
  footprint: Footprint,
  volumes: readonly Volume4D[],
): number[] {
  const slots: number[] = []
  if (plan.rules.exact) state.intentVolumes.query(volumes, slots)
  else state.intentCells.query(footprint, slots)
  return slots
}

function constraintsMeeting(
  state: AirspaceState,
  plan: Plan,
  footprint: Footprint,
  volumes: readonly Volume4D[],
): number[] {
  const slots: number[] = []
  if (plan.rules.exact) state.constraintVolumes.query(volumes, slots)
  else state.constraintCells.query(footprint, slots)
  return slots
}

const shared = (aLow: number, aHigh: number, bLow: number, bHigh: number): number =>
  Math.min(aHigh, bHigh) - Math.max(aLow, bLow)

/** How one item stands to the plan, on each axis. A metre of height weighs as much as a second of time where one must be named. */
function measure(
  plan: Plan,
  volumes: readonly Volume4D[],
  item: Pick<Blocking, 'entity' | 'id' | 'manager'>,
): Blocking {
  let heightM = Number.NEGATIVE_INFINITY
  let timeS = Number.NEGATIVE_INFINITY
  let distanceM = Number.POSITIVE_INFINITY
  for (const a of plan.volumes) {
    for (const b of volumes) {
      const height = shared(a.altitudeLowerM, a.altitudeUpperM, b.altitudeLowerM, b.altitudeUpperM)
      const timeMs = shared(a.startMs, a.endMs, b.startMs, b.endMs)
      if (height < 0 || timeMs < 0 || !outlinesIntersect(a.outline, b.outline)) continue
      heightM = Math.max(heightM, height)
      timeS = Math.max(timeS, timeMs / 1000)
    }
  }
  if (heightM >= 0) {
    return { ...item, overlaps: true, axis: heightM <= timeS ? 'height' : 'time', heightM, timeS, distanceM: 0 }
  }
  // Not truly met: the pair of volumes that comes nearest on the axes that part it tells why.
  for (const a of plan.volumes) {
    for (const b of volumes) {
      const distance = outlineDistance(a.outline, b.outline)
      const height = shared(a.altitudeLowerM, a.altitudeUpperM, b.altitudeLowerM, b.altitudeUpperM)
      const time = shared(a.startMs, a.endMs, b.startMs, b.endMs) / 1000
      const nearer =
        distance < distanceM || (distance === distanceM && Math.min(height, time) > Math.min(heightM, timeS))
      if (!nearer) continue
      distanceM = distance
      heightM = height
      timeS = time
    }
  }
  const axis = distanceM > 0 ? 'area' : heightM < 0 && heightM <= timeS ? 'height' : 'time'
  return { ...item, overlaps: false, axis, heightM, timeS, distanceM }
}

const HOUR_MS = 3_600_000
/** How far around the plan to look for a free time, in turn: most plans clear within the hour, and a busy month is long to search. */
const WINDOWS_MS = [HOUR_MS, 8 * HOUR_MS, 48 * HOUR_MS, LIMITS.planHorizonMs]

/**
 * The smallest shift in each direction after which the plan lacks nothing by the same rule that refused it: the standard's cells and
 * bands by default, true overlap in exact mode. Not before now, not beyond the plan horizon, within the standard's heights.
 */
function clearingOf(state: AirspaceState, plan: Plan, lacks: LackTest): Clearing {
  const { footprint, nowMs } = plan
  const latestEndMs = nowMs + LIMITS.planHorizonMs
  const later = latestEndMs - footprint.endMs
  const earlier = footprint.startMs - nowMs
  let laterS: number | undefined
  let earlierS: number | undefined
  for (const windowMs of WINDOWS_MS) {
    const search = shiftsInTime(state, plan, lacks, {
      laterMs: Math.min(windowMs, later),
      earlierMs: Math.min(windowMs, earlier),
    })
    laterS ??= search.laterMs === undefined ? undefined : search.laterMs / 1000
    earlierS ??= search.earlierMs === undefined ? undefined : search.earlierMs / 1000
    if ((laterS !== undefined || windowMs >= later) && (earlierS !== undefined || windowMs >= earlier)) break
  }
  const { upM, downM } = shiftsInHeight(state, plan, lacks)
  return {
    ...(laterS === undefined ? {} : { laterS }),
    ...(earlierS === undefined ? {} : { earlierS }),
    ...(upM === undefined ? {} : { upM }),
    ...(downM === undefined ? {} : { downM }),
  }
}

/**
 * The volume as the index of true overlaps sees it: times to the millisecond and heights to 0.1 mm, both outwards. A plan moved by the
 * shift given must be clear by the index that will judge it.
 */
function asIndexed(volume: Volume4D): Volume4D {
  return {
    ...volume,
    startMs: Math.floor(volume.startMs) as EpochMs,
    endMs: Math.ceil(volume.endMs) as EpochMs,
    altitudeLowerM: (Math.floor(volume.altitudeLowerM * 1e4) / 1e4) as MetresHae,
    altitudeUpperM: (Math.ceil(volume.altitudeUpperM * 1e4) / 1e4) as MetresHae,
  }
}

function shiftsInTime(
  state: AirspaceState,
  plan: Plan,
  lacks: LackTest,
  reach: { readonly laterMs: number; readonly earlierMs: number },
): { laterMs?: number; earlierMs?: number } {
  const laterMs = Math.max(0, reach.laterMs)
  const earlierMs = Math.max(0, reach.earlierMs)
  const widen = <T extends { readonly startMs: EpochMs; readonly endMs: EpochMs }>(one: T): T => ({
    ...one,
    startMs: (one.startMs - earlierMs) as EpochMs,
    endMs: (one.endMs + laterMs) as EpochMs,
  })
  const footprint = widen(plan.footprint)
  const met = metBy(state, plan, lacks, { footprint, volumes: plan.rules.exact ? plan.volumes.map(widen) : [] })
  if (plan.rules.exact) {
    const { laterMs: forward, earlierMs: back } = clearingAmong(plan.volumes.map(asIndexed), obstaclesOf(state, met), {
      earliestStartMs: footprint.startMs,
      latestEndMs: footprint.endMs,
      lowestM: LIMITS.lowestM as MetresHae,
      highestM: LIMITS.highestM as MetresHae,
    })
    return {
      ...(forward === undefined ? {} : { laterMs: forward }),
      ...(back === undefined ? {} : { earlierMs: back }),
    }
  }
  const forbidden = shiftsForbidden(state, met, {
    low: DOUBLE.startMs,
    high: DOUBLE.endMs,
    from: plan.footprint.startMs,
    to: plan.footprint.endMs,
    margin: 0,
  })
  const forward = smallestShift(forbidden, { direction: 1, limit: laterMs, step: 1 })
  const back = smallestShift(forbidden, { direction: -1, limit: earlierMs, step: 1 })
  return { ...(forward === null ? {} : { laterMs: forward }), ...(back === null ? {} : { earlierMs: back }) }
}

function shiftsInHeight(state: AirspaceState, plan: Plan, lacks: LackTest): { upM?: number; downM?: number } {
  const widen = <T extends { readonly altitudeLowerM: MetresHae; readonly altitudeUpperM: MetresHae }>(one: T): T => ({
    ...one,
    altitudeLowerM: Number.NEGATIVE_INFINITY as MetresHae,
    altitudeUpperM: Number.POSITIVE_INFINITY as MetresHae,
  })
  const met = metBy(state, plan, lacks, {
    footprint: widen(plan.footprint),
    volumes: plan.rules.exact ? plan.volumes.map(widen) : [],
  })
  if (plan.rules.exact) {
    const { upM, downM } = clearingAmong(plan.volumes.map(asIndexed), obstaclesOf(state, met), {
      earliestStartMs: plan.footprint.startMs,
      latestEndMs: plan.footprint.endMs,
      lowestM: LIMITS.lowestM as MetresHae,
      highestM: LIMITS.highestM as MetresHae,
    })
    return { ...(upM === undefined ? {} : { upM }), ...(downM === undefined ? {} : { downM }) }
  }
  const { altitudeLowerM, altitudeUpperM } = plan.footprint
  const forbidden = shiftsForbidden(state, met, {
    low: DOUBLE.altitudeLowerM,
    high: DOUBLE.altitudeUpperM,
    from: altitudeLowerM,
    to: altitudeUpperM,
    margin: ROUNDING_M,
  })
  const upM = smallestShift(forbidden, { direction: 1, limit: LIMITS.highestM - altitudeUpperM, step: HEIGHT_STEP_M })
  const downM = smallestShift(forbidden, { direction: -1, limit: altitudeLowerM - LIMITS.lowestM, step: HEIGHT_STEP_M })
  return { ...(upM === null ? {} : { upM }), ...(downM === null ? {} : { downM }) }
}

const HEIGHT_STEP_M = 0.01
/** More than a sum of two heights can lose to rounding: a plan moved by the shift given must not touch after the addition. */
const ROUNDING_M = 1e-9

/** Slots of what a plan meets and lacks the key for. */
interface Met {
  readonly intents: readonly number[]
  readonly constraints: readonly number[]
}

function metBy(
  state: AirspaceState,
  plan: Plan,
  lacks: LackTest,
  where: { readonly footprint: Footprint; readonly volumes: readonly Volume4D[] },
): Met {
  return {
    intents: intentsMeeting(state, plan, where.footprint, where.volumes).filter(lacks.intent),
    constraints: plan.withConstraints
      ? constraintsMeeting(state, plan, where.footprint, where.volumes).filter(lacks.constraint)
      : [],
  }
}

/** One axis of the plan's box, and where records keep the same. */
interface Axis {
  readonly low: typeof DOUBLE.startMs | typeof DOUBLE.altitudeLowerM
  readonly high: typeof DOUBLE.endMs | typeof DOUBLE.altitudeUpperM
  readonly from: number
  readonly to: number
  readonly margin: number
}

/** The shifts along an axis at which the plan's box meets that of each item, as pairs from and to. */
function shiftsForbidden(state: AirspaceState, met: Met, { low, high, from, to, margin }: Axis): Float64Array {
  const forbidden = new Float64Array(2 * (met.intents.length + met.constraints.length))
  let at = 0
  const add = (table: RecordTable, slots: readonly number[]) => {
    for (const slot of slots) {
      forbidden[at++] = table.double(slot, low) - to - margin
      forbidden[at++] = table.double(slot, high) - from + margin
    }
  }
  add(state.intents, met.intents)
  add(state.constraints, met.constraints)
  return forbidden
}

function obstaclesOf(state: AirspaceState, met: Met): Obstacles {
  const intents = state.intentVolumes.obstaclesOf(met.intents)
  if (met.constraints.length === 0) return intents
  const constraints = state.constraintVolumes.obstaclesOf(met.constraints)
  const bounds = new Float64Array(4 * (intents.count + constraints.count))
  bounds.set(intents.bounds.subarray(0, 4 * intents.count))
  bounds.set(constraints.bounds.subarray(0, 4 * constraints.count), 4 * intents.count)
  return {
    count: intents.count + constraints.count,
    bounds,
    outlineOf: (at) => (at < intents.count ? intents.outlineOf(at) : constraints.outlineOf(at - intents.count)),
  }
}

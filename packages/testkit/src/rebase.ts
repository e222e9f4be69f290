import { toTime, type Volume4D } from '@parley/contracts'
import type { EntityId } from '@parley/units'
import { clockMs } from './clock-time.ts'
import type {
  Beat,
  ConstraintTold,
  IntentTold,
  OutlineTold,
  Scenario,
  SubscriptionTold,
  VolumeTold,
} from './scenario.ts'
import { simulatedId } from './simulated-id.ts'

const DAY_MS = 86_400_000
const FOOT_M = 0.3048

/** A scenario moved to the day on which it is played, with ids and the volumes that go to the pool. */
export interface PlayableScenario {
  readonly told: Scenario
  /** `YYYY-MM-DD` on which it is played. */
  readonly date: string
  readonly midnightMs: number
  readonly subscriptions: ReadonlyMap<string, PlayableSubscription>
  readonly constraints: ReadonlyMap<string, PlayableEntity<ConstraintTold>>
  readonly intents: ReadonlyMap<string, PlayableEntity<IntentTold>>
}

interface PlayableSubscription {
  readonly id: EntityId
  readonly told: SubscriptionTold
  readonly extents: Volume4D
}

export interface PlayableEntity<T> {
  readonly id: EntityId
  readonly told: T
  /** Label of the supplier that manages it. */
  readonly supplier: string
  /** Volumes by revision; metres above the WGS84 ellipsoid. */
  readonly revisions: ReadonlyMap<string, readonly Volume4D[]>
}

/**
 * Moves a scenario by whole days to the day after `nowMs` (UTC), so that clock times stay as told and everything lies
 * ahead. Ids are the same for the same scenario, day and label.
 */
export function rebase(scenario: Scenario, nowMs: number): PlayableScenario {
  const midnightMs = (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS
  const date = new Date(midnightMs).toISOString().slice(0, 10)
  const supplierOf = new Map(scenario.users.map((user) => [user.label, user.supplier]))

  const entity = <T extends ConstraintTold | IntentTold>(told: T): [string, PlayableEntity<T>] => [
    told.label,
    {
      id: simulatedId(scenario.name, date, told.label),
      told,
      supplier: supplierOf.get(told.user) as string,
      revisions: new Map(
        Object.entries(told.revisions).map(([name, volumes]) => [
          name,
          volumes.map((volume) => volumeOf(scenario, volume, midnightMs)),
        ]),
      ),
    },
  ]

  return {
    told: scenario,
    date,
    midnightMs,
    subscriptions: new Map(
      scenario.subscriptions.map((told) => [
        told.label,
        {
          id: simulatedId(scenario.name, date, told.label),
          told,
          extents: {
            volume: outlineOf(scenario.outlines[told.outline] as OutlineTold),
            time_start: toTime(instantMs(midnightMs, told.from)),
            time_end: toTime(instantMs(midnightMs, told.to)),
          },
        },
      ]),
    ),
    constraints: new Map(scenario.constraints.map(entity)),
    intents: new Map(scenario.intents.map(entity)),
  }
}

/** The instant of a told clock time on the day played. */
function instantMs(midnightMs: number, clock: string): number {
  return midnightMs + (clockMs(clock) as number)
}

function volumeOf(scenario: Scenario, told: VolumeTold, midnightMs: number): Volume4D {
  const altitude = (value: number) => ({
    value: millimetres(value * (told.heights.unit === 'ft' ? FOOT_M : 1) + scenario.geoid.undulation_m),
    reference: 'W84' as const,
    units: 'M' as const,
  })
  return {
    volume: {
      ...outlineOf(scenario.outlines[told.outline] as OutlineTold),
      altitude_lower: altitude(told.heights.lower),
      altitude_upper: altitude(told.heights.upper),
    },
    time_start: toTime(instantMs(midnightMs, told.from)),
    time_end: toTime(instantMs(midnightMs, told.to)),
  }
}

/** A foot is 304.8 mm, so nothing told to the foot is lost. */
function millimetres(metres: number): number {
  return Math.round(metres * 10_000) / 10_000
}

function outlineOf(told: OutlineTold): Volume4D['volume'] {
  switch (told.kind) {
    case 'circle':
      return {
        outline_circle: { center: { lat: told.lat, lng: told.lng }, radius: { value: told.radius_m, units: 'M' } },
      }
    case 'polygon':
      return { outline_polygon: { vertices: told.vertices.map(([lat, lng]) => ({ lat, lng })) } }
  }
}

/** What a screen needs of a scenario that is being played: names, places and the story, on the day it is played. */
export interface ScenarioDocument {
  readonly name: string
  readonly title: string
  readonly notice: string
  readonly simulated: true
  readonly date: string
  readonly told_date: string
  readonly start: string
  readonly end: string
  readonly time_zones: readonly string[]
  readonly zones: Scenario['zones']
  readonly geoid: Scenario['geoid']
  readonly places: Scenario['places']
  readonly rings: Scenario['rings']
  readonly suppliers: Scenario['suppliers']
  readonly flights: readonly Flight[]
  readonly beats: readonly { readonly id: string; readonly at: string; readonly actor: string; readonly says: string }[]
  readonly notes: readonly { readonly at: string; readonly text: string }[]
}

export interface Flight {
  readonly id: EntityId
  readonly kind: 'operational_intent' | 'constraint'
  readonly name: string
  readonly manager: string
  readonly user: string
  readonly priority: number | null
}

/** The document that a node serves at `/parley/v1/scenario` while this scenario is played. */
export function scenarioDocument(playable: PlayableScenario): ScenarioDocument {
  const { told, midnightMs } = playable
  const at = (clock: string): string => toTime(instantMs(midnightMs, clock)).value
  const managers = new Map(told.suppliers.map((supplier) => [supplier.label, supplier.manager]))
  const users = new Map(told.users.map((user) => [user.label, user.title]))
  const flight = (kind: Flight['kind'], entity: PlayableEntity<ConstraintTold | IntentTold>): Flight => ({
    id: entity.id,
    kind,
    name: entity.told.name,
    manager: managers.get(entity.supplier) as string,
    user: users.get(entity.told.user) as string,
    priority: 'priority' in entity.told ? entity.told.priority : null,
  })
  return {
    name: told.name,
    title: told.title,
    notice: told.notice,
    simulated: true,
    date: playable.date,
    told_date: told.date,
    start: at(told.start),
    end: at(told.end),
    time_zones: told.time_zones,
    zones: told.zones,
    geoid: told.geoid,
    places: told.places,
    rings: told.rings,
    suppliers: told.suppliers,
    flights: [
      ...[...playable.constraints.values()].map((entity) => flight('constraint', entity)),
      ...[...playable.intents.values()].map((entity) => flight('operational_intent', entity)),
    ],
    beats: told.beats.map((beat: Beat) => ({ id: beat.id, at: at(beat.clock), actor: beat.actor, says: beat.says })),
    notes: told.notes.map((note) => ({ at: at(note.clock), text: note.text })),
  }
}

/**
 * A scenario as its file tells it (`scenarios/<name>.json`, format `parley-scenario/1`). Everything in it is
 * simulated. Labels name things within the file; clock times are UTC on `date`, written `HH:MMZ` or `HH:MM:SSZ`
 * (`24:00Z` ends the day); heights are feet or metres above mean sea level and are raised by `geoid.undulation_m`
 * on their way to the pool.
 */
export interface Scenario {
  readonly format: 'parley-scenario/1'
  readonly name: string
  readonly simulated: true
  readonly title: string
  readonly notice: string
  readonly comment: readonly string[]
  /** `YYYY-MM-DD`, the day on which it is told. */
  readonly date: string
  /** What a time slider should span. */
  readonly start: string
  readonly end: string
  readonly geoid: { readonly model: string; readonly undulation_m: number; readonly source: string }
  /** IANA names; fixed offsets, so that the told clocks hold on any day. */
  readonly time_zones: readonly string[]
  readonly zones: readonly Zone[]
  readonly places: readonly Place[]
  readonly rings: readonly Ring[]
  readonly outlines: Readonly<Record<string, OutlineTold>>
  readonly suppliers: readonly Supplier[]
  readonly users: readonly User[]
  readonly subscriptions: readonly SubscriptionTold[]
  readonly constraints: readonly ConstraintTold[]
  readonly intents: readonly IntentTold[]
  /** In the order they are played; `at_ms` and `clock` never go back. */
  readonly beats: readonly Beat[]
  readonly notes: readonly { readonly clock: string; readonly text: string }[]
}

interface Zone {
  readonly name: string
  readonly place: string
  readonly utc_offset: string
  readonly time_zone: string
}

interface Place {
  readonly name: string
  readonly kind: string
  readonly lat: number
  readonly lng: number
}

interface Ring {
  readonly name: string
  readonly lat: number
  readonly lng: number
  readonly radius_m: number
  readonly note: string
}

export type OutlineTold =
  | { readonly kind: 'circle'; readonly lat: number; readonly lng: number; readonly radius_m: number }
  /** Vertices are `[latitude, longitude]`; the ring is not closed. */
  | { readonly kind: 'polygon'; readonly vertices: readonly (readonly [number, number])[] }

interface Supplier {
  readonly label: string
  /** Its name in the pool; starts with `sim-`. */
  readonly manager: string
  readonly title: string
}

interface User {
  readonly label: string
  readonly supplier: string
  readonly title: string
}

export interface SubscriptionTold {
  readonly label: string
  readonly supplier: string
  readonly outline: string
  readonly from: string
  readonly to: string
}

export interface VolumeTold {
  readonly outline: string
  readonly heights: {
    readonly lower: number
    readonly upper: number
    readonly unit: 'ft' | 'm'
    readonly reference: 'AMSL'
  }
  readonly from: string
  readonly to: string
}

export interface ConstraintTold {
  readonly label: string
  readonly name: string
  readonly user: string
  readonly type: string
  readonly revisions: Readonly<Record<string, readonly VolumeTold[]>>
}

export interface IntentTold {
  readonly label: string
  readonly name: string
  /** Row of the table the scenario is drawn from. */
  readonly row: number
  readonly user: string
  readonly priority: number
  /** Constraints inside which this one is cleared to fly. */
  readonly under: readonly string[]
  /** Label of its supplier's subscription, or `implicit`: the pool makes one for it. */
  readonly subscription: string
  readonly revisions: Readonly<Record<string, readonly VolumeTold[]>>
}

export interface Beat {
  readonly id: string
  /** Milliseconds after the first beat. */
  readonly at_ms: number
  /** The clock in the story. */
  readonly clock: string
  /** Label of the supplier that acts. */
  readonly actor: string
  readonly says: string
  readonly does: Action
  readonly expects: Expectation | null
}

export type Action =
  | { readonly kind: 'tell'; readonly readings: readonly Reading[] }
  | { readonly kind: 'subscribe'; readonly subscription: string }
  | { readonly kind: 'constrain'; readonly constraint: string; readonly revision: string }
  | {
      readonly kind: 'plan'
      readonly intent: string
      readonly revision: string
      readonly state: 'Accepted' | 'Activated'
      /** Intents that it meets and has coordinated with: their OVNs are presented. */
      readonly coordinated: readonly string[]
    }
  | {
      /** Plan the revision that shifts `from` by what the pool's last refusal offered, rounded up. */
      readonly kind: 'shift'
      readonly intent: string
      readonly revision: string
      readonly from: string
      readonly direction: 'later_s' | 'up_m'
      /** Rounded up to at most this much more, in the unit of `direction`. */
      readonly round_up: number
    }
  | { readonly kind: 'end'; readonly intent: string }

/** One time text as one side reads it. */
interface Reading {
  readonly by: string
  readonly text: string
  readonly zone: string
  readonly means: string
}

export type Expectation =
  | { readonly outcome: 'accepted'; readonly affected: readonly Hit[] }
  | {
      readonly outcome: 'refused'
      readonly blockers: readonly Hit[]
      readonly clearing: Readonly<Record<string, number>>
    }

/** Something that is met, and by how much where the scenario says so. */
export interface Hit {
  readonly label: string
  readonly time_s: number | null
  readonly height_m: number | null
}

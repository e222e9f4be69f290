import type { LineClient } from '@parley/client'

/** Shapes of the line as the client tells them, by names that are short enough for the page. */

export type TableState = Awaited<ReturnType<LineClient['state']>>
export type PartyState = TableState['parties'][number]
export type Declared = PartyState['declared']
export type Measured = NonNullable<PartyState['measured']>['to']
export type Clock = TableState['clocks'][number]
export type AvailabilityRow = TableState['availability'][number]
export type Messages = Awaited<ReturnType<LineClient['messages']>>
export type Message = Messages['messages'][number]
export type Step = Message['ladder'][number]
export type ActDraft = Awaited<ReturnType<LineClient['draft']>>
export type TableRow = Awaited<ReturnType<LineClient['list']>>['tables'][number]
export type CheckAnswer = Awaited<ReturnType<LineClient['check']>>

/** Place of an act: its log, its index there and its leaf hash. */
export interface Ref {
  readonly o: string
  readonly i: number
  readonly h: string
}

/** A volume as the node tells it: `Volume4D` as plain JSON. */
export interface VolumeJson {
  readonly outline:
    | { readonly kind: 'circle'; readonly centre: { latDeg: number; lngDeg: number }; readonly radiusM: number }
    | { readonly kind: 'polygon'; readonly vertices: readonly { latDeg: number; lngDeg: number }[] }
  readonly altitudeLowerM: number
  readonly altitudeUpperM: number
  readonly startMs: number
  readonly endMs: number
}

/** A plan as `GET …/flights` tells it (IntentView of @parley/line). */
export interface Intent {
  readonly ref: Ref
  readonly party: string
  readonly body: {
    readonly id: string
    readonly volumes: readonly VolumeJson[]
    readonly priority: number
    readonly profile: string
    readonly key: readonly Ref[]
  }
  readonly atS: number
  readonly state: 'proposed' | 'accepted' | 'active' | 'withdrawn' | 'ended' | 'lost' | 'invalid'
  readonly acks: readonly {
    readonly party: string
    readonly act: Ref | null
    readonly atS: number | null
    readonly consent: boolean
    readonly fault: { readonly kind: 'not-seen' | 'closed' | 'own-plan-uncited' | 'consent-needed' } | null
  }[]
  readonly missing: readonly string[]
  readonly conflicts: readonly {
    readonly with: Ref
    readonly party: string
    readonly kind: 'cites' | 'cited' | 'crossed' | 'uncited'
    readonly winner: 'this' | 'other' | null
  }[]
  readonly actedEarly: Ref | null
}

export interface Area {
  readonly ref: Ref
  readonly party: string
  readonly body: {
    readonly id: string
    readonly title: string
    readonly volumes: readonly VolumeJson[]
    readonly callBeforeS: number
  }
  readonly atS: number
  readonly liftedS: number | null
}

export interface Border {
  readonly body: {
    readonly id: string
    readonly title: string
    readonly version: number
    readonly vertices: readonly { latDeg: number; lngDeg: number }[]
    readonly toleranceM: number
    readonly left: string
    readonly right: string
  }
  readonly agreed: readonly { readonly party: string; readonly ref: Ref; readonly atS: number }[]
  readonly inForce: boolean
  readonly superseded: boolean
}

export interface Flights {
  readonly intents: readonly Intent[]
  readonly areas: readonly Area[]
  readonly borders: readonly Border[]
}

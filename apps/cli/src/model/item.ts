import type { Outline } from '@parley/geo4d'
import type { Band } from './height.ts'

/** Rings of `[lat, lng, lat, lng, …]` degrees, not closed, geodesic edges. Inside is an odd number of rings deep, so a second ring can be a hole. */
export interface AreaShape {
  readonly kind: 'area'
  readonly rings: readonly Float64Array[]
  /** The same area for the exact kernel; null when it has holes, which the kernel does not know. */
  readonly outline: Outline | null
}

export interface DiscShape {
  readonly kind: 'disc'
  /** `[lat, lng]` degrees. */
  readonly centre: Float64Array
  readonly radiusM: number
  readonly outline: Outline
}

/** A stretch of a track or of a route: `[lat, lng, lat, lng]` degrees, both ends equal for a single position. */
export interface SegmentShape {
  readonly kind: 'segment'
  readonly ends: Float64Array
}

export type Shape = AreaShape | DiscShape | SegmentShape

/** How far around itself a piece reaches: the buffers with which an intent is derived from a track. */
export interface Margin {
  readonly lateralM: number
  readonly verticalM: number
  readonly timeMs: number
}

/** The time of a piece, `[startMs, endMs)`; a single instant when both are equal. `unknown` says why it may be less than this. */
export interface Interval {
  readonly startMs: number
  readonly endMs: number
  readonly unknown?: string
}

/** A recorded position at each end of a segment: time and height run linearly between them. */
export interface Motion {
  readonly startHeightM: number
  readonly endHeightM: number
}

/** One indivisible part of an item: a volume of an intent, a layer of a zone, a stretch of a flight. */
export interface Piece {
  /** Index of the item in the picture. */
  readonly item: number
  readonly shape: Shape
  readonly band: Band
  readonly interval: Interval
  readonly margin: Margin
  readonly motion?: Motion
  /** Where in its file it stands: a JSON pointer or "rows 3-4". */
  readonly position: string
}

export type ItemKind = 'operational intent' | 'constraint' | 'zone' | 'feature' | 'flight'

/** Somebody's plan, restriction or flight: what meets, or does not meet, another. */
export interface Item {
  readonly kind: ItemKind
  readonly file: string
  /** Unique within its file as far as the file says so. */
  readonly id: string
  readonly title: string
  /** Who answers for it: manager, authority, aircraft address. Empty when the file does not say. */
  readonly owner: string
  readonly priority: number
  /** Same key, same thing: two versions of one entity, two flights of one airframe. Never compared with each other. */
  readonly identity: string
  /** Free facts for the report: state, zone type, conditions. */
  readonly facts: Readonly<Record<string, string>>
  readonly pieces: readonly Piece[]
}

/** Whether the item can be asked to give way: restrictions stay where they are. */
export function isMovable(item: Item): boolean {
  return item.kind !== 'constraint' && item.kind !== 'zone'
}

export const NO_MARGIN: Margin = { lateralM: 0, verticalM: 0, timeMs: 0 }

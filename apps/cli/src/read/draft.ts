import type { Band } from '../model/height.ts'
import type { ItemKind, Margin, Motion, Shape } from '../model/item.ts'
import type { Timing } from './schedule.ts'

/** A piece as read: its times may still be a weekly schedule. */
export interface DraftPiece {
  readonly shape: Shape
  readonly band: Band
  /** One or more; the piece exists in each of them. */
  readonly timings: readonly Timing[]
  readonly margin: Margin
  readonly motion?: Motion
  readonly position: string
}

export interface DraftItem {
  readonly kind: ItemKind
  readonly id: string
  readonly title: string
  readonly owner: string
  readonly priority: number
  readonly identity: string
  readonly facts: Readonly<Record<string, string>>
  readonly pieces: readonly DraftPiece[]
}

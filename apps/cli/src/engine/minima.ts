/** A separation profile as the engine uses it. */
export interface Minima {
  /** Nearer than this counts; 0: sharing a point counts. */
  readonly horizontalM: number
  readonly verticalM: number
  /** Times further apart than this do not count; 0: at the same time. */
  readonly timeApartMs: number
  /** Longest contact that is a caution and not yet a breach; null: any contact is a conflict. */
  readonly toleratedMs: number | null
  /** Whether times or heights that only touch meet. Default in every profile shipped: they do not. */
  readonly touching: 'apart' | 'meets'
}

import type { Outline } from '@parley/geo4d'
import { signal } from '@preact/signals'

export type LookTarget =
  | { readonly kind: 'all' }
  /** The scene of the scenario, its rings. */
  | { readonly kind: 'scene' }
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'draft' }
  /** Everything the line has on the ground. */
  | { readonly kind: 'line' }
  | { readonly kind: 'outlines'; readonly outlines: readonly Outline[] }

/** Where the map is to look; set by lists and buttons, done and emptied by the map. */
export const lookAt = signal<LookTarget | null>(null)

import { signal } from '@preact/signals'

export type LookTarget =
  | { readonly kind: 'all' }
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'draft' }

/** Where the map is to look; set by lists and buttons, done and emptied by the map. */
export const lookAt = signal<LookTarget | null>(null)

import { signal } from '@preact/signals'

/** Where the map is to look; set by lists and buttons, done and emptied by the map. */
export const lookAt = signal<
  { readonly kind: 'all' } | { readonly kind: 'ids'; readonly ids: readonly string[] } | null
>(null)

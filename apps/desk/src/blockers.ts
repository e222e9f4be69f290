import type { Volume4D } from '@parley/geo4d'
import { decisions, itemById } from './session.ts'
import type { Blocking } from './wire.ts'
import { volumesFromWire } from './wire.ts'

/** Something drawn beside a plan; `volumes` is null when where it was is not known any more. */
export interface Beside {
  readonly id: string
  readonly kind: string
  readonly manager: string
  readonly volumes: readonly Volume4D[] | null
}

/** Where an item was when entry `seq` was decided, as far as the journal has been loaded. */
function volumesAsOf(id: string, seq: number): readonly Volume4D[] | null {
  const before = decisions.value.find(
    (decision) => decision.id === id && decision.seq < seq && decision.outcome === 'accepted',
  )
  return before?.extents === undefined ? null : volumesFromWire(before.extents)
}

/**
 * What truly stood in the way, with its volumes as they were at entry `seq` (it may have been moved since), or as they
 * are now without one.
 */
export function blockersOf(blocking: readonly Blocking[], seq: number | null): Beside[] {
  return blocking
    .filter(({ overlaps }) => overlaps)
    .map(({ id, entity, manager }) => {
      const now = itemById.value.get(id)?.volumes ?? null
      return { id, kind: entity, manager, volumes: seq === null ? now : (volumesAsOf(id, seq) ?? now) }
    })
}

/** Items of the picture by identifier. */
export function itemsBeside(ids: readonly string[]): Beside[] {
  return ids.flatMap((id) => {
    const item = itemById.value.get(id)
    return item === undefined ? [] : [item]
  })
}

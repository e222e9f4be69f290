import type { EntityId } from '@parley/units'
import type { PlayableScenario } from './rebase.ts'

/** What an earlier play left in the pool. */
export interface Found {
  /** Version of each intent and constraint there is; every accepted write adds one. */
  readonly versions: ReadonlyMap<EntityId, number>
  readonly subscriptions: ReadonlySet<EntityId>
}

/**
 * Index of the last beat whose effect is in the pool, -1 when there is none. Beats are played one after the other, so
 * everything up to it has been played. Beats that leave nothing behind after it (refusals, ends) are played again,
 * with the same result.
 */
export function lastPlayed(playable: PlayableScenario, found: Found): number {
  const writes = new Map<EntityId, number>()
  let last = -1
  for (const [index, beat] of playable.told.beats.entries()) {
    if (beat.expects?.outcome !== 'accepted') continue
    const { does } = beat
    switch (does.kind) {
      case 'subscribe': {
        const subscription = playable.subscriptions.get(does.subscription)
        if (subscription !== undefined && found.subscriptions.has(subscription.id)) last = index
        break
      }
      case 'constrain':
      case 'plan':
      case 'shift': {
        const entity =
          does.kind === 'constrain' ? playable.constraints.get(does.constraint) : playable.intents.get(does.intent)
        if (entity === undefined) break
        const count = (writes.get(entity.id) ?? 0) + 1
        writes.set(entity.id, count)
        if ((found.versions.get(entity.id) ?? 0) >= count) last = index
        break
      }
      case 'end':
      case 'tell':
        break
    }
  }
  return last
}

import type { EpochMs } from '@parley/units'
import type { Expire } from './commands.ts'
import { orphanedSubscription } from './decide-operational-intent.ts'
import type { Decision } from './decision.ts'
import type { Change } from './model.ts'
import { DOUBLE, type RecordTable, WORD } from './record-table.ts'
import { LIMITS, type Rules } from './rules.ts'
import type { AirspaceState } from './state.ts'

/** At most this many entities leave in one entry, so that no single decision is long. */
const BATCH = 256

/**
 * Lets leave what ended, or expired, longer ago than the retention: operational intents with the implicit subscription only they
 * used, constraints, subscriptions nothing depends on, service areas and their subscriptions. Nobody is notified: the end was known.
 */
export function decideExpire(state: AirspaceState, command: Expire, rules: Rules): Decision {
  const cutoff = (command.nowMs - (rules.compat ? LIMITS.compatRetentionMs : LIMITS.retentionMs)) as EpochMs
  const changes: Change[] = []
  for (const slot of endedBefore(state.intents, cutoff, command)) {
    if (changes.length >= BATCH) break
    changes.push({ kind: 'removeOperationalIntent', record: state.operationalIntent(slot) })
    const orphan = orphanedSubscription(state, slot, null)
    if (orphan >= 0) changes.push({ kind: 'removeSubscription', record: state.subscription(orphan) })
  }
  for (const slot of endedBefore(state.constraints, cutoff, command)) {
    if (changes.length >= BATCH) break
    changes.push({ kind: 'removeConstraint', record: state.constraint(slot) })
  }
  for (const slot of endedBefore(state.subscriptions, cutoff, command)) {
    if (changes.length >= BATCH) break
    // A subscription outlives its end while an intent names it: it goes with that intent, or in a later round.
    if (state.subscriptions.word(slot, WORD.link) !== 0) continue
    changes.push({ kind: 'removeSubscription', record: state.subscription(slot) })
  }
  for (const slot of endedBefore(state.serviceAreas, cutoff, command)) {
    if (changes.length >= BATCH) break
    changes.push({ kind: 'removeServiceArea', record: state.serviceArea(slot) })
  }
  for (const slot of endedBefore(state.serviceAreaSubscriptions, cutoff, command)) {
    if (changes.length >= BATCH) break
    changes.push({ kind: 'removeServiceAreaSubscription', record: state.serviceAreaSubscription(slot) })
  }
  if (changes.length === 0) return { kind: 'nothing' }
  return {
    kind: 'accepted',
    entry: {
      atMs: command.nowMs,
      subject: 'expiry',
      action: 'expire',
      manager: '',
      id: null,
      digest: [command.fromSlot, command.toSlot],
      rules,
      outcome: { kind: 'accepted', changes, notified: [], volumes: [] },
    },
  }
}

/** Slots of the stretch in use whose end lies before `cutoff`, ascending. */
function* endedBefore(table: RecordTable, cutoff: EpochMs, { fromSlot, toSlot }: Expire): Generator<number> {
  const limit = Math.min(toSlot, table.slotLimit)
  for (let slot = fromSlot; slot < limit; slot += 1)
    if (table.isLive(slot) && table.double(slot, DOUBLE.endMs) < cutoff) yield slot
}

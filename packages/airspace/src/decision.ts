import type { Volume4D } from '@parley/geo4d'
import type { EntityId } from '@parley/units'
import type { Command } from './commands.ts'
import type {
  AcceptedOutcome,
  Action,
  Claimed,
  ConstraintRecord,
  Entry,
  OperationalIntentRecord,
  Refusal,
  RefusalCode,
  Subject,
} from './model.ts'
import type { Rules } from './rules.ts'

/** What the rules say to a command. */
export type Decision =
  /** Granted: append the entry, apply it, answer from it. */
  | { readonly kind: 'accepted'; readonly entry: Entry & { readonly outcome: AcceptedOutcome } }
  /** Not granted: the entry says so in the journal. `missing` lists what a conflicting plan lacks the key for. */
  | { readonly kind: 'refused'; readonly entry: Entry; readonly refusal: Refusal; readonly missing: Missing | null }
  /** The same request was granted before, by the entry at `seq` (counted from 1): answer from that. */
  | { readonly kind: 'repeated'; readonly seq: number }
  /** Nothing to do (expiry only). */
  | { readonly kind: 'nothing' }

export interface Missing {
  readonly operationalIntents: readonly OperationalIntentRecord[]
  readonly constraints: readonly ConstraintRecord[]
}

/** What every entry of one command has in common. */
export interface Asked {
  readonly command: Exclude<Command, { kind: 'expire' }>
  readonly subject: Subject
  readonly action: Action
  readonly id: EntityId | null
  readonly volumes: readonly Volume4D[]
  readonly rules: Rules
}

/** The items whose OVN a key held, as far as it was looked at. */
export interface Shown {
  readonly intents: readonly EntityId[]
  readonly constraints: readonly EntityId[]
}

const NO_VOLUMES: readonly Volume4D[] = []
const NOTHING_SHOWN: Shown = { intents: [], constraints: [] }

export function accepted(
  asked: Asked,
  outcome: Omit<AcceptedOutcome, 'kind' | 'volumes'> & { readonly volumes?: readonly Volume4D[] },
): Decision {
  const { command, subject, action, id, rules } = asked
  return {
    kind: 'accepted',
    entry: {
      atMs: command.nowMs,
      subject,
      action,
      manager: command.manager,
      id,
      digest: command.digest,
      rules,
      outcome: { kind: 'accepted', volumes: NO_VOLUMES, ...outcome },
    },
  }
}

export function refused(
  asked: Asked,
  refusal: Refusal,
  conflict: { readonly missing: Missing; readonly shown: Shown } | null = null,
): Decision {
  const { command, subject, action, id, volumes, rules } = asked
  return {
    kind: 'refused',
    refusal,
    missing: conflict?.missing ?? null,
    entry: {
      atMs: command.nowMs,
      subject,
      action,
      manager: command.manager,
      id,
      digest: command.digest,
      rules,
      outcome: { kind: 'refused', refusal, volumes, claimed: claimedBy(command, conflict?.shown ?? NOTHING_SHOWN) },
    },
  }
}

function claimedBy(command: Asked['command'], shown: Shown): Claimed {
  switch (command.kind) {
    case 'putOperationalIntent': {
      const { ovn, state, subscriptionId, newSubscription, requestedOvnSuffix, mayMonitorConformance } = command
      return {
        kind: 'plan',
        version: ovn,
        state,
        subscriptionId,
        newSubscription:
          newSubscription === null ? null : { notifyForConstraints: newSubscription.notifyForConstraints },
        requestedOvnSuffix,
        mayMonitorConformance,
        shownIntents: shown.intents,
        shownConstraints: shown.constraints,
      }
    }
    case 'putSubscription': {
      const { version, notifyForOperationalIntents, notifyForConstraints } = command
      return { kind: 'subscription', version, notifyForOperationalIntents, notifyForConstraints }
    }
    case 'setAvailability':
      return {
        kind: 'availability',
        uss: command.uss,
        availability: command.availability,
        version: command.oldVersion,
      }
    case 'putConstraint':
    case 'deleteConstraint':
    case 'deleteOperationalIntent':
      return { kind: 'version', version: command.ovn }
    case 'deleteSubscription':
    case 'putServiceArea':
    case 'deleteServiceArea':
    case 'putServiceAreaSubscription':
    case 'deleteServiceAreaSubscription':
      return { kind: 'version', version: command.version }
    case 'makeReport':
      return { kind: 'version', version: null }
  }
}

/** A refusal that no single field is to blame for. */
export const refusal = (code: RefusalCode, message: string): Refusal => ({ code, message })

/** A refusal of one field's value. */
export function invalid(
  code: RefusalCode,
  field: string,
  found: { readonly value: unknown; readonly rule: string },
): Refusal {
  const shown = String(found.value).slice(0, 120)
  const { rule } = found
  return { code, message: `${field}: ${shown} breaks the rule: ${rule}`, field: { field, value: shown, rule } }
}

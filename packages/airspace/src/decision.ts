import type { Volume4D } from '@parley/geo4d'
import type { EntityId } from '@parley/units'
import type { Command } from './commands.ts'
import type {
  AcceptedOutcome,
  Action,
  ConstraintRecord,
  Entry,
  OperationalIntentRecord,
  Refusal,
  RefusalCode,
  RequestDigest,
  Subject,
} from './model.ts'

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
}

const NO_DIGEST: RequestDigest = [0, 0]

export function accepted(asked: Asked, outcome: Omit<AcceptedOutcome, 'kind'>): Decision {
  const { command, subject, action, id } = asked
  return {
    kind: 'accepted',
    entry: {
      atMs: command.nowMs,
      subject,
      action,
      manager: command.manager,
      id,
      digest: command.digest ?? NO_DIGEST,
      outcome: { kind: 'accepted', ...outcome },
    },
  }
}

export function refused(asked: Asked, refusal: Refusal, missing: Missing | null = null): Decision {
  const { command, subject, action, id, volumes } = asked
  return {
    kind: 'refused',
    refusal,
    missing,
    entry: {
      atMs: command.nowMs,
      subject,
      action,
      manager: command.manager,
      id,
      digest: command.digest,
      outcome: { kind: 'refused', refusal, volumes },
    },
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

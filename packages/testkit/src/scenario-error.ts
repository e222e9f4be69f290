import { RefusedError } from '@parley/units'

/**
 * - `scenario-unknown`: no file of that name; `details.known` lists the names there are.
 * - `scenario-malformed`: `details` name the `field` (JSON pointer), the `value` and the `rule`.
 * - `scenario-taken`: an id of the scenario belongs to somebody else in this pool (`details.id`, `details.manager`).
 * - `scenario-address-taken`: an unfinished play cannot go on, because another program listens where its supplier did
 *   (`details.address`).
 * - `scenario-unplayable`: the pool did not answer as it must before the first beat (`details.answer`).
 */
export type ScenarioErrorCode =
  | 'scenario-unknown'
  | 'scenario-malformed'
  | 'scenario-taken'
  | 'scenario-address-taken'
  | 'scenario-unplayable'

/** A scenario that cannot be had or played, and why. */
export class ScenarioError extends RefusedError {
  readonly code: ScenarioErrorCode

  constructor(code: ScenarioErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message, details)
    this.code = code
  }
}

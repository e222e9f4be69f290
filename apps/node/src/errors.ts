import { FaultError, RefusedError } from '@parley/units'

/** The node cannot start as it was told to; the message is one line for whoever started it. */
export class StartRefused extends RefusedError {
  readonly code = 'START_REFUSED'
}

/** The journal can no longer be written, or answers would no longer follow from it: no more answers about the airspace. */
export class HaltedError extends FaultError {
  readonly code = 'HALTED'
}

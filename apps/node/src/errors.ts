import { FaultError, RefusedError } from '@parley/units'

/** The node cannot start as it was told to; the message is one line for whoever started it. */
export class StartRefused extends RefusedError {
  readonly code = 'START_REFUSED'
}

/** So much waits for the disk that another write would have to be refused after it was decided; it is refused before. */
export class OverloadedError extends RefusedError {
  readonly code = 'OVERLOADED'
}

/** The journal can no longer be written, or answers would no longer follow from it: no more answers about the airspace. */
export class HaltedError extends FaultError {
  readonly code = 'HALTED'
}

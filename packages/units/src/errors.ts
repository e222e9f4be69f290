/** Facts of an error: small, serialisable, never only prose. */
export type ErrorDetails = Readonly<Record<string, unknown>>

/** Root of every error Parley throws on purpose: `code` says which one, `details` carry the facts. */
export abstract class ParleyError extends Error {
  abstract readonly code: string
  readonly details: ErrorDetails

  constructor(message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.details = details
  }
}

/** The request cannot be granted: it is wrong, or it loses a conflict. Safe to show in full to the one who asked. */
export abstract class RefusedError extends ParleyError {}

/** We are broken, or something under us is. The asker learns that it failed, the log learns why. */
export abstract class FaultError extends ParleyError {}

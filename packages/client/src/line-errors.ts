import type { LineReason } from '@parley/contracts'
import { FaultError, RefusedError } from '@parley/units'

/** What a node said when it did not do what it was asked. */
export interface LineRefusal {
  readonly status: number
  /** Why an act is not fit for the log, rule by rule; empty where no act was judged. */
  readonly reasons: readonly LineReason[]
  /** Facts of the node's error beyond message and code. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** The node will not do it as it stands (4xx): repeating the same changes nothing. `code` is the node's own, `unknown` where it gave none. */
export class LineRefusedError extends RefusedError {
  readonly code: string
  readonly status: number
  readonly reasons: readonly LineReason[]

  constructor(code: string, message: string, { status, reasons, facts }: LineRefusal) {
    super(message, { ...facts, status, reasons })
    this.code = code
    this.status = status
    this.reasons = reasons
  }
}

/**
 * There is no usable answer: the node cannot be reached, is broken (5xx), or what came back is not what the contract says. An act that was
 * on its way may stand in the log or not: send the very same note again, it is never appended twice.
 */
export class LineUnreachableError extends FaultError {
  readonly code: 'line-unreachable' | 'line-server' | 'line-unreadable'

  constructor(
    code: LineUnreachableError['code'],
    message: string,
    details: { readonly url: string; readonly status?: number },
    options?: ErrorOptions,
  ) {
    super(message, { ...details }, options)
    this.code = code
  }
}

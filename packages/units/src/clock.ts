import type { EpochMs } from './quantity.ts'

/** Where time comes from. Rules never read a clock: whoever wires a process passes the time in. */
export interface Clock {
  /** Milliseconds since the epoch, integral. */
  nowMs(): EpochMs
}

/** The machine's wall clock. */
export const systemClock: Clock = { nowMs: () => Date.now() as EpochMs }

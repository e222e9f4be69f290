import type { Clock } from '@parley/units'

/** Something that happened to the record, for whoever reads the node's log by machine. */
export interface RecordEvent {
  /** What happened: `record.` and a word or two, joined by dots. */
  readonly event: `record.${string}`
  readonly [fact: string]: unknown
}

export type TellEvent = (event: RecordEvent) => void

/** Writes each event as one line of JSON, with the time it was told. */
export const eventLines =
  (log: (line: string) => void, clock: Clock): TellEvent =>
  (event) =>
    log(JSON.stringify({ at: new Date(clock.nowMs()).toISOString(), ...event }))

/** Something that happened to the record, for whoever reads the node's log by machine. */
export interface RecordEvent {
  /** What happened: `record.` and a word or two, joined by dots. */
  readonly event: `record.${string}`
  readonly [fact: string]: unknown
}

export type TellEvent = (event: RecordEvent) => void

/** Writes each event as one line of JSON. */
export const eventLines =
  (log: (line: string) => void): TellEvent =>
  (event) =>
    log(JSON.stringify(event))

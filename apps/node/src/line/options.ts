/** How the lines of a node run. */
export interface LineOptions {
  /** Party this node speaks for where a table does not say; null: each table is told at its making. */
  readonly party: string | null
  /** Port other parties reach this node at; null: none is opened, and lines go by relay or by files. 0: any free one. */
  readonly port: number | null
  /** Address the line port listens on. */
  readonly host: string
  /** Where others reach it, told in invitations; null: made of host and port. */
  readonly address: string | null
  /** Relays to wait for calls at, each `https://HOST:PORT/<pin of the relay>`. */
  readonly relays: readonly string[]
  /** Whether plain http is spoken with peers on this machine: for a demo and for looking at what goes over the wire. */
  readonly allowHttp: boolean
  /** Bytes of entries kept of one peer's log. */
  readonly quotaBytes: number
}

export const LINE_DEFAULTS: LineOptions = {
  party: null,
  port: null,
  host: '127.0.0.1',
  address: null,
  relays: [],
  allowHttp: false,
  quotaBytes: 8 * 2 ** 30,
}

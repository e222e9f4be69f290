import type { LineScenario } from '@parley/testkit'
import type { LineOptions } from './line/options.ts'
import type { RecordOptions } from './record/options.ts'

/** How a node runs; every field is what a flag says, defaults filled in. */
export interface NodeOptions {
  /** 0: any free port. */
  readonly port: number
  readonly host: string
  readonly dataDir: string
  /** Name of a scenario to play, or null. */
  readonly scenario: string | null
  /** Host names (no port) that a token may be meant for. */
  readonly audiences: readonly string[]
  readonly allowHttpBaseUrls: boolean
  readonly exact: boolean
  readonly compat: boolean
  /** Run the development token issuer. */
  readonly issuer: boolean
  /** PEM files with RSA public keys of the authorities to trust. */
  readonly keyFiles: readonly string[]
  /** Where to fetch further keys as a JSON Web Key Set, or null. */
  readonly jwksUrl: string | null
  /** Requests a second that one client may make; 0: no limit. */
  readonly rateLimitPerS: number
  /** The node's log, its cosigners, and the logs it cosigns. */
  readonly record: RecordOptions
  /** A line to play with simulated sides in nodes of their own, or null; left out: none. */
  readonly lineScenario?: LineScenario | null
  /** The lines to other parties; left out: as LINE_DEFAULTS has it, with no port. */
  readonly line?: LineOptions
}

/** Names that mean this machine only, whatever the network. */
export const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '::1']

export const isLoopback = (host: string): boolean => LOOPBACK_HOSTS.includes(host) || /^127(\.\d{1,3}){3}$/.test(host)

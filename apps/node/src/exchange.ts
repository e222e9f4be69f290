import type { SimulatedSide } from '@parley/testkit'
import type { RequestDigest } from '@parley/airspace'
import type { CheckedParameters, Operation } from '@parley/contracts'
import type { EpochMs } from '@parley/units'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Identity, TokenVerifier } from './auth.ts'
import type { Issuer } from './issuer.ts'
import type { LineService } from './line/service.ts'
import type { NodeOptions } from './options.ts'
import type { Pool } from './pool.ts'
import type { RecordService } from './record/service.ts'
import type { Simulation } from './simulation.ts'

/** What the routes of a node share. */
export interface NodeContext {
  readonly options: NodeOptions
  readonly pool: Pool
  readonly record: RecordService
  readonly line: LineService
  /** The simulated people of this node's side, where there may be any; null on a live node. */
  readonly simulatedSide: (() => Promise<(SimulatedSide & { readonly table: string }) | null>) | null
  readonly issuer: Issuer | null
  readonly verifier: TokenVerifier
  readonly simulation: Simulation
  readonly version: string
  readonly startedAtMs: EpochMs
  nowMs(): EpochMs
}

/** One request, checked: who asks, with which parameters and body. `Body` is null where the operation has none. */
export interface Exchange<Body = unknown> {
  readonly operation: Operation
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** Null where the operation asks for no token. */
  readonly identity: Identity | null
  readonly path: CheckedParameters
  readonly query: CheckedParameters
  readonly body: Body
  readonly nowMs: EpochMs
  readonly digest: RequestDigest
}

/** What a handler answers: a status other than the operation's success, where it needs one, and a JSON-able body. */
export interface Answer {
  readonly status?: number
  readonly body: unknown
}

export type Handler<Body = unknown> = (exchange: Exchange<Body>) => Answer | Promise<Answer>

/** The `sub` of a request whose operation asks for a token. */
export const managerOf = (exchange: Exchange): string => (exchange.identity as Identity).sub

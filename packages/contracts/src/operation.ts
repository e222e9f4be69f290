import type { TSchema } from 'typebox'
import { ErrorResponse } from './error-response.ts'
import type { Value } from './schema.ts'
import type { Scope } from './scopes.ts'

export type Surface = 'f3548' | 'f3411-19' | 'f3411-22a' | 'aux' | 'versioning' | 'health' | 'parley' | 'token'
export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

/** A parameter of the path or query; all arrive as text, integers are read from it. */
export interface Parameter {
  readonly name: string
  readonly schema: TSchema
  readonly required: boolean
  readonly description: string
}

/** One operation of the node: all that routing, authorisation, validation and documentation need to know. */
export interface Operation<Body = unknown, Answer = unknown> {
  readonly operationId: string
  readonly surface: Surface
  readonly method: Method
  /** Path as it is served, parameters in braces: `/dss/v1/operational_intent_references/{entityid}`. */
  readonly path: string
  readonly summary: string
  readonly pathParameters: readonly Parameter[]
  readonly queryParameters: readonly Parameter[]
  /** Any one of these sets, each in full in one token; empty: no token is asked for. */
  readonly scopes: readonly (readonly Scope[])[]
  /** Null: the operation has no body, and one that is sent is not read. */
  readonly requestBody: TSchema | null
  /** Every status the operation answers with; null where there is no body. */
  readonly responses: Readonly<Record<number, TSchema | null>>
  readonly successStatus: number
  /** Media type of the success answer. */
  readonly produces: string
  /** Phantom: the static types of body and answer. */
  readonly types?: { readonly body: Body; readonly answer: Answer }
}

interface OperationSpec<B extends TSchema | null, A extends TSchema | null> {
  readonly operationId: string
  readonly surface: Surface
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly pathParameters?: readonly Parameter[]
  readonly queryParameters?: readonly Parameter[]
  readonly scopes?: readonly (readonly Scope[])[]
  readonly body: B
  readonly answer: A
  readonly success?: number
  readonly produces?: string
  /** Statuses of refusals that this operation gives by its rules, with a schema where it is not the common one. */
  readonly refusals?: readonly number[]
  readonly refusalSchemas?: Readonly<Record<number, TSchema>>
}

/** Refusals that come with the transport: they can happen to any request of that kind, whatever the standard lists. */
function transportRefusals(spec: OperationSpec<TSchema | null, TSchema | null>): number[] {
  const withBody = spec.body === null ? [] : [400, 408, 413, 415]
  const withToken = (spec.scopes ?? []).length === 0 ? [] : [401, 403]
  const withParameters = (spec.pathParameters ?? []).length + (spec.queryParameters ?? []).length === 0 ? [] : [400]
  return [...withBody, ...withToken, ...withParameters, 500, 503]
}

/** Completes an operation with what all of its kind share. */
export function operation<B extends TSchema | null, A extends TSchema | null>(
  spec: OperationSpec<B, A>,
): Operation<Value<B>, Value<A>> {
  const successStatus = spec.success ?? 200
  const responses: Record<number, TSchema | null> = { [successStatus]: spec.answer }
  for (const status of [...(spec.refusals ?? []), ...transportRefusals(spec)]) {
    responses[status] ??= spec.refusalSchemas?.[status] ?? ErrorResponse
  }
  return {
    operationId: spec.operationId,
    surface: spec.surface,
    method: spec.method,
    path: spec.path,
    summary: spec.summary,
    pathParameters: spec.pathParameters ?? [],
    queryParameters: spec.queryParameters ?? [],
    scopes: spec.scopes ?? [],
    requestBody: spec.body,
    responses,
    successStatus,
    produces: spec.produces ?? 'application/json',
  }
}

/** A parameter that must be given. */
export function required(name: string, schema: TSchema, description: string): Parameter {
  return { name, schema, required: true, description }
}

/** A parameter that may be left out. */
export function permitted(name: string, schema: TSchema, description: string): Parameter {
  return { name, schema, required: false, description }
}

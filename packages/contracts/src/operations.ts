import type { Operation } from './operation.ts'
import { auxOperations } from './operations-aux.ts'
import { f3548Operations } from './operations-f3548.ts'
import { parleyOperations } from './operations-parley.ts'
import { ridV1Operations } from './operations-rid-v1.ts'
import { ridV2Operations } from './operations-rid-v2.ts'

/** Every operation the node serves, by its id. */
export const operations = {
  ...f3548Operations,
  ...ridV1Operations,
  ...ridV2Operations,
  ...auxOperations,
  ...parleyOperations,
} as const

export type Operations = typeof operations
export type OperationId = keyof Operations
/** The checked body of an operation; null when it has none. */
export type BodyOf<Id extends OperationId> = Operations[Id] extends Operation<infer Body, infer _> ? Body : never
/** The body of the success answer of an operation; null when it has none. */
export type AnswerOf<Id extends OperationId> = Operations[Id] extends Operation<infer _, infer Answer> ? Answer : never

/** The same operations in the order of the table. */
export const operationList: readonly Operation[] = Object.values(operations)

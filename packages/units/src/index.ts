export type { Brand } from './brand.ts'
export { type Clock, systemClock } from './clock.ts'
export { type ErrorDetails, FaultError, ParleyError, RefusedError } from './errors.ts'
export { type EntityId, isEntityId, parseUuid, parseUuidV4 } from './ids.ts'
export {
  type Degrees,
  type DurationMs,
  degrees,
  durationMs,
  type EpochMs,
  epochMs,
  type Metres,
  type MetresHae,
  metres,
  metresHae,
  type SquareMetres,
  squareMetres,
} from './quantity.ts'

import type { ActKind } from '../act-kind.ts'
import { AREA_DECLARE, AREA_LIFT, BORDER_AGREE } from './area-acts.ts'
import { INTENT_ACK, INTENT_ACTIVATE, INTENT_END, INTENT_PROPOSE, INTENT_WITHDRAW } from './intent-acts.ts'

/** The kinds of flights agreed without a host, areas that oblige a call, and lines with sides. */
export const FLIGHT_KINDS: readonly ActKind[] = [
  INTENT_PROPOSE,
  INTENT_ACK,
  INTENT_WITHDRAW,
  INTENT_ACTIVATE,
  INTENT_END,
  AREA_DECLARE,
  AREA_LIFT,
  BORDER_AGREE,
]

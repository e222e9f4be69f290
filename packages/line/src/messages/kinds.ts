import type { ActKind } from '../act-kind.ts'
import { ACK_ANSWER, ACK_OPEN, ACK_READBACK, ACK_RELAY, ACK_TAKE, ESCALATION, MESSAGE_CLOSE } from './acks.ts'
import { MESSAGE } from './message.ts'
import { WATCH_CLOSE, WATCH_OPEN } from './watch.ts'

/** The kinds of messages, their receipts, and the watches that keep them. */
export const MESSAGE_KINDS: readonly ActKind[] = [
  MESSAGE,
  ACK_OPEN,
  ACK_TAKE,
  ACK_READBACK,
  ACK_RELAY,
  ACK_ANSWER,
  MESSAGE_CLOSE,
  ESCALATION,
  WATCH_OPEN,
  WATCH_CLOSE,
]

import type { ActKind } from '../act-kind.ts'
import { ABOUT_MESSAGE } from './acks.ts'
import { MESSAGE } from './message.ts'
import { WATCH_CLOSE, WATCH_OPEN } from './watch.ts'

/** The kinds of messages, their receipts, and the watches that keep them. */
export const MESSAGE_KINDS: readonly ActKind[] = [MESSAGE, ...ABOUT_MESSAGE, WATCH_OPEN, WATCH_CLOSE]

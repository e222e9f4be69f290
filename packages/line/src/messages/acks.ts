import type { JsonObject } from '@parley/record'
import { type ActKind, always } from '../act-kind.ts'
import { FieldReader } from '../fields.ts'
import { readNumber, readRole, type RoleAddress } from './message.ts'

export const ANSWERS = ['concur', 'non-concur', 'unable', 'information'] as const
export type AnswerCode = (typeof ANSWERS)[number]

/** Whom a FLASH that nobody took goes to next: all seats of the role, the next role, another path (AC-02). */
export const ESCALATION_STEPS = ['seats', 'role', 'path'] as const
export type EscalationStep = (typeof ESCALATION_STEPS)[number]

export interface AboutMessage {
  readonly number: string
}

export interface TakeBody extends AboutMessage {
  /** The role that owns the message from now on. */
  readonly role: RoleAddress
}

export interface ReadBackBody extends AboutMessage {
  /** What was understood, item by item. */
  readonly items: readonly { readonly letter: string; readonly text: string }[]
  /** What the reader holds it to be; the sender's side compares for itself. */
  readonly match: boolean
}

export interface RelayBody extends AboutMessage {
  /** The unit that has it now. */
  readonly unit: string
  /** How many units have it, this one included, of how many that must. */
  readonly count: number
  readonly of: number
}

export interface AnswerBody extends AboutMessage {
  readonly answer: AnswerCode
  readonly reason: string | null
  /** Number of the message that answers at length. */
  readonly reply: string | null
}

export interface EscalationBody extends AboutMessage {
  readonly step: EscalationStep
  readonly atS: number
}

const about = (body: JsonObject, ...names: readonly string[]): FieldReader =>
  new FieldReader(body).only('number', ...names)

/** `ack.open`: a person has it on the screen. Stops no clock. */
export const ACK_OPEN: ActKind<AboutMessage> = {
  kind: 'ack.open',
  scope: 'messages',
  parse: (body) => ({ number: readNumber(about(body), 'number') }),
  passes: always,
}

/** `ack.take`: a role owns it. The one step that stops a clock. */
export const ACK_TAKE: ActKind<TakeBody> = {
  kind: 'ack.take',
  scope: 'messages',
  parse(body) {
    const fields = about(body, 'role')
    return { number: readNumber(fields, 'number'), role: readRole(fields, 'role') }
  },
  passes: always,
}

/** `ack.readback`: what was understood, said back. */
export const ACK_READBACK: ActKind<ReadBackBody> = {
  kind: 'ack.readback',
  scope: 'messages',
  parse(body) {
    const fields = about(body, 'items', 'match')
    const items = fields.objects('items', { min: 1, max: 26 }).map((item) => {
      item.only('letter', 'text')
      return {
        letter: item.matching('letter', /^[A-Z]$/, 'must be the letter of an item'),
        text: item.text('text', 512),
      }
    })
    return { number: readNumber(fields, 'number'), items, match: fields.boolean('match') }
  },
  passes: always,
}

/** `ack.relay`: one of n units has it. Received by headquarters is not known at the unit. */
export const ACK_RELAY: ActKind<RelayBody> = {
  kind: 'ack.relay',
  scope: 'messages',
  parse(body) {
    const fields = about(body, 'unit', 'count', 'of')
    const of = fields.integer('of', { min: 1, max: 1000 })
    return {
      number: readNumber(fields, 'number'),
      unit: fields.text('unit', 64),
      count: fields.integer('count', { min: 1, max: of }),
      of,
    }
  },
  passes: always,
}

/** `ack.answer`: concur, non-concur, unable with the reason, or information only. */
export const ACK_ANSWER: ActKind<AnswerBody> = {
  kind: 'ack.answer',
  scope: 'messages',
  parse(body) {
    const fields = about(body, 'answer', 'reason', 'reply')
    const answer = fields.oneOf('answer', ANSWERS)
    const reason = fields.optional('reason', (field) => fields.text(field, 1000))
    if (answer === 'unable' && reason === null) throw fields.refusal('reason', 'must say why one is unable')
    const reply = fields.has('reply') ? readNumber(fields, 'reply') : null
    return { number: readNumber(fields, 'number'), answer, reason, reply }
  },
  passes: always,
}

/** `message.close`: nothing more is expected, says the side that sent it. */
export const MESSAGE_CLOSE: ActKind<AboutMessage> = {
  kind: 'message.close',
  scope: 'messages',
  parse: (body) => ({ number: readNumber(about(body), 'number') }),
  passes: always,
}

/** `escalation`: the next step was taken because nobody took the message. */
export const ESCALATION: ActKind<EscalationBody> = {
  kind: 'escalation',
  scope: 'messages',
  parse(body) {
    const fields = about(body, 'step', 'at')
    return {
      number: readNumber(fields, 'number'),
      step: fields.oneOf('step', ESCALATION_STEPS),
      atS: fields.seconds('at'),
    }
  },
  passes: always,
}

/** Everything that is said about a message. */
export const ABOUT_MESSAGE: readonly ActKind<AboutMessage>[] = [
  ACK_OPEN,
  ACK_TAKE,
  ACK_READBACK,
  ACK_RELAY,
  ACK_ANSWER,
  MESSAGE_CLOSE,
  ESCALATION,
]

import type { LineDraft, LineJoining, LineMessage, LineMessages } from '@parley/contracts'
import {
  type AnswerCode,
  type CloseReason,
  compareReadBack,
  type EscalationStep,
  kindOf,
  LineError,
  MESSAGE,
  type MessageBody,
  type ReadBackFinding,
  type SuspensionReason,
  type SuspensionScope,
} from '@parley/line'
import {
  type Act,
  type ActRef,
  formatActText,
  formatNote,
  isRecordError,
  type JsonObject,
  parseAct,
  parseNote,
  parseVkey,
  RecordError,
  type Signer,
  signAct,
  signText,
} from '@parley/record'

// Makes signed acts from what a node says of its log now (`LineClient.draft`) and what a person wants to say. Nothing here asks a clock,
// draws at random or sends: times come with the draft, ids and signers are arguments.

/** What is to be said. The builders below make these; kinds that have none are written as they are. */
export interface ActInput {
  readonly kind: string
  readonly body: JsonObject
  /** The act this one is about, where its kind has such. */
  readonly ref?: ActRef
  /** Party ids; none: the whole table. */
  readonly to?: readonly string[]
  /** After this, unix seconds, it takes no effect any more. */
  readonly expS?: number
}

/** Who signs, and under which id: 32 lower-case hex digits drawn at random for this act (`newActId`). */
export interface ActSigning {
  readonly id: string
  /** One officer, or as many as the kind asks for; `countersign` adds others later. */
  readonly signers: readonly Signer[]
}

/**
 * The act as it will stand in the log, held to the rules of its kind, so that a mistake shows before anyone signs.
 *
 * @throws {LineError} ACT_BODY for a body that breaks a rule of its kind
 * @throws {RecordError} for a field of the act itself
 */
export function actOf(draft: Pick<LineDraft, 'table' | 'o' | 'at' | 'seen'>, input: ActInput, id: string): Act {
  const act: Act = {
    v: 1,
    table: draft.table,
    o: draft.o,
    id,
    kind: input.kind,
    at: draft.at,
    ...(input.expS === undefined ? {} : { exp: input.expS }),
    seen: draft.seen.map(({ o, n, r }) => ({ o, n, r })),
    ...(input.ref === undefined ? {} : { ref: { o: input.ref.o, i: input.ref.i, h: input.ref.h } }),
    to: [...(input.to ?? [])].sort(),
    body: input.body,
  }
  kindOf(input.kind)?.parse(input.body, act)
  formatActText(act)
  return act
}

/** The bytes for `LineClient.post`. Throws what `actOf` and `signAct` throw. */
export function signDraft(
  draft: Pick<LineDraft, 'table' | 'o' | 'at' | 'seen'>,
  input: ActInput,
  { id, signers }: ActSigning,
): Uint8Array {
  return signAct(actOf(draft, input, id), signers)
}

/**
 * An act that another officer has signed already, with this officer's signature beside it.
 *
 * @throws {RecordError} for bytes that are no act, DUPLICATE_SIGNATURE when the key has signed it already, WRONG_KEY_TYPE for a cosigner's
 */
export function countersign(note: Uint8Array, signer: Signer): Uint8Array {
  parseAct(note)
  const { text, signatures } = parseNote(note)
  const { name, keyId, type } = signer.key
  if (type !== 0x01)
    throw new RecordError('WRONG_KEY_TYPE', { field: 'signer', value: type, rule: 'must be of type 0x01' })
  if (signatures.some((line) => line.name === name && line.keyId === keyId))
    throw new RecordError('DUPLICATE_SIGNATURE', { field: 'signer', value: name, rule: 'must not sign twice' })
  // An officer's key signs the text alone; no time stands in its line.
  const bytes = formatNote({ text, signatures: [...signatures, signText(text, signer, 0)] })
  parseAct(bytes)
  return bytes
}

/** A new act id, by the platform's generator of random numbers. */
export function newActId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

// the line itself

/** Entry 0 of our log: under which charter it stands. Two custodians of the root sign it. @throws {LineError} without a charter */
export function charterDraft(
  { table, keys, charter }: LineJoining,
  { atS, version = 1 }: { readonly atS: number; readonly version?: number },
): { readonly draft: Pick<LineDraft, 'table' | 'o' | 'at' | 'seen'>; readonly input: ActInput } {
  if (charter === null)
    throw new LineError('CHARTER_UNSIGNED', {
      field: 'charter',
      value: null,
      rule: 'must be there before the line opens',
    })
  return {
    draft: { table, o: parseVkey(keys.log).name, at: atS, seen: [] },
    input: { kind: 'charter', body: { version, sha256: charter.sha256 } },
  }
}

export const openLine = (): ActInput => ({ kind: 'line.open', body: {} })

/** Two officers sign it. Times are unix seconds; `untilS` is what is expected, it lasts until resumed. */
export function suspendLine(suspension: {
  readonly scope: SuspensionScope
  readonly reason: SuspensionReason
  readonly sinceS: number
  readonly untilS?: number | null
  readonly safetyOnly: boolean
}): ActInput {
  const { scope, reason, sinceS, untilS, safetyOnly } = suspension
  const until = untilS === undefined || untilS === null ? {} : { until: untilS }
  return { kind: 'line.suspend', body: { scope, reason, since: sinceS, ...until, safety_only: safetyOnly } }
}

/** Ends the suspension that `ref` is. Two officers sign it. */
export const resumeLine = (ref: ActRef): ActInput => ({
  kind: 'line.resume',
  ref,
  body: { ref: { o: ref.o, i: ref.i, h: ref.h } },
})

/** Two custodians of the root sign it; nothing follows it. */
export const closeLine = (reason: CloseReason): ActInput => ({ kind: 'line.close', body: { reason } })

// what is done about a message

export const openMessage = (number: string): ActInput => ({ kind: 'ack.open', body: { number } })

/** The one step that stops a message's clock; `role` is an address such as `north.duty`. */
export const takeMessage = (number: string, role: string): ActInput => ({ kind: 'ack.take', body: { number, role } })

export const relayMessage = (
  number: string,
  { unit, count, of }: { readonly unit: string; readonly count: number; readonly of: number },
): ActInput => ({ kind: 'ack.relay', body: { number, unit, count, of } })

export function answerMessage(
  number: string,
  answer: { readonly answer: AnswerCode; readonly reason?: string; readonly reply?: string },
): ActInput {
  const reason = answer.reason === undefined ? {} : { reason: answer.reason }
  const reply = answer.reply === undefined ? {} : { reply: answer.reply }
  return { kind: 'ack.answer', body: { number, answer: answer.answer, ...reason, ...reply } }
}

/** Said by the side that sent the message: nothing more is expected. */
export const closeMessage = (number: string): ActInput => ({ kind: 'message.close', body: { number } })

export const escalateMessage = (number: string, step: EscalationStep, atS: number): ActInput => ({
  kind: 'escalation',
  body: { number, step, at: atS },
})

/** What was understood of a message, item by item, said back. */
export interface HeardItem {
  readonly letter: string
  readonly text: string
}

/**
 * The read-back of a message, and how each item compares with what was sent. Where one does not match, the read-back is still said: the
 * other side must learn what was understood.
 *
 * @throws {LineError} for a message whose body is none
 */
export function readBackMessage(
  message: Pick<LineMessage, 'number' | 'origin' | 'body'>,
  heard: readonly HeardItem[],
): { readonly input: ActInput; readonly findings: readonly ReadBackFinding[]; readonly match: boolean } {
  const findings = compareReadBack(messageBodyOf(message), heard)
  const match = findings.every(({ kind }) => kind === 'match')
  const items = heard.map(({ letter, text }) => ({ letter, text }))
  return { input: { kind: 'ack.readback', body: { number: message.number, items, match } }, findings, match }
}

/** The body of a message as a node tells it, read again here. @throws {LineError} */
export function messageBodyOf({ origin, body }: Pick<LineMessage, 'origin' | 'body'>): MessageBody {
  // Of the act, the reader of a message's body looks at the log alone.
  return MESSAGE.parse(body as JsonObject, { o: origin } as Act)
}

// watches

/** What a watch hands to the next one. */
export interface Handover {
  /** Messages that are not done. */
  readonly open: readonly string[]
  /** Clocks of our side that run. */
  readonly clocks: readonly { readonly number: string; readonly dueS: number }[]
  /** What is held of each log. */
  readonly heads: readonly { readonly origin: string; readonly size: number }[]
  readonly notes: string | null
}

export const openWatch = (role: string): ActInput => ({ kind: 'watch.open', body: { role } })

/** As many items as a handover sheet takes. */
const MOST_ITEMS = 256

/** The handover sheet as it stands now: everything of our side that is not done, the clocks that run, the heads in hand. */
export function handoverOf(
  { party, o, head, seen }: Pick<LineDraft, 'party' | 'o' | 'head' | 'seen'>,
  { messages }: Pick<LineMessages, 'messages'>,
  notes: string | null = null,
): Handover {
  const ours = messages.filter((message) => message.direction !== 'other' && !message.done)
  return {
    open: ours.map(({ number }) => number).slice(0, MOST_ITEMS),
    clocks: ours
      .flatMap(({ clock, direction, state }) =>
        clock === null || clock.stoppedS !== null || direction !== 'in' || state === 'closed'
          ? []
          : [{ number: clock.number, dueS: clock.dueS }],
      )
      .filter(({ number }) => number.split('/')[1] === party)
      .sort((a, b) => a.dueS - b.dueS)
      .slice(0, MOST_ITEMS),
    heads: [{ origin: o, size: head }, ...seen.map(({ o: origin, n: size }) => ({ origin, size }))],
    notes,
  }
}

export const closeWatch = (role: string, { open, clocks, heads, notes }: Handover): ActInput => ({
  kind: 'watch.close',
  body: {
    role,
    handover: {
      open: [...open],
      clocks: clocks.map(({ number, dueS }) => ({ number, due: dueS })),
      head: heads.map(({ origin, size }) => ({ o: origin, n: size })),
      ...(notes === null || notes === '' ? {} : { notes }),
    },
  },
})

// flights without a host

export interface IntentDraft {
  /** 32 lower-case hex digits; the same plan proposed anew keeps it. */
  readonly id: string
  /** As acts write them: see `volumeBody` of @parley/line. */
  readonly volumes: readonly JsonObject[]
  readonly priority: number
  readonly profile: string
  /** What `LineClient.check` says it must cite. */
  readonly key: readonly ActRef[]
}

export const proposeIntent = ({ id, volumes, priority, profile, key }: IntentDraft): ActInput => ({
  kind: 'intent.propose',
  body: { id, volumes: [...volumes], priority, profile, key: key.map(({ o, i, h }) => ({ o, i, h })) },
})

/** Says yes to another side's plan; with `consent`, to one that overlaps a plan of ours, and then two officers sign. */
export const ackIntent = (ref: ActRef, { consent }: { readonly consent: boolean }): ActInput => ({
  kind: 'intent.ack',
  ref,
  body: { consent },
})

/** `ref` is the proposal. */
export const withdrawIntent = (ref: ActRef): ActInput => ({ kind: 'intent.withdraw', ref, body: {} })
export const activateIntent = (ref: ActRef): ActInput => ({ kind: 'intent.activate', ref, body: {} })
export const endIntent = (ref: ActRef): ActInput => ({ kind: 'intent.end', ref, body: {} })

// areas and lines on the ground

export interface AreaDraft {
  /** 1 to 63 of a to z, 0 to 9 and hyphens; the same area declared anew has moved. */
  readonly id: string
  readonly title: string
  /** As acts write them: see `volumeBody` of @parley/line. */
  readonly volumes: readonly JsonObject[]
  /** How long before entry the others are to call. */
  readonly callBeforeS: number
}

export const declareArea = ({ id, title, volumes, callBeforeS }: AreaDraft): ActInput => ({
  kind: 'area.declare',
  body: { id, title, volumes: [...volumes], call_before_s: callBeforeS },
})

/** `ref` is the declaration, of our own side. */
export const liftArea = (ref: ActRef): ActInput => ({ kind: 'area.lift', ref, body: {} })

/** Two officers sign it. A line is in force once both of its sides have logged the very same body. */
export const agreeBorder = (body: JsonObject): ActInput => ({ kind: 'border.agree', body })

/** Whether `error` says what is wrong with what was to be said, with field, value and rule in its details. */
export const isActError = (error: unknown): error is LineError | RecordError =>
  error instanceof LineError || isRecordError(error)

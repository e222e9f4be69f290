import type { JsonValue } from '@parley/record'
import { type LineAct, type LineProjection, bodyOf, foldParty, type PartyFold, receiptBy } from '../line-projection.ts'
import {
  ABOUT_MESSAGE,
  ACK_ANSWER,
  ACK_OPEN,
  ACK_READBACK,
  ACK_RELAY,
  ACK_TAKE,
  type AnswerCode,
  ESCALATION,
  type EscalationStep,
  MESSAGE_CLOSE,
  type ReadBackBody,
} from './acks.ts'
import { MESSAGE, type MessageBody, type RoleAddress } from './message.ts'
import { formatMessageNumber, type MessageNumber, parseMessageNumber } from './number.ts'

/** Where an act stands: what a view cites and a person can verify. */
export interface StepSource {
  readonly by: string
  readonly origin: string
  readonly index: number
}

/** The steps of the ladder after signing, each with when and by whom. Only `taken` stops the clock. */
export type LadderStep =
  | ({ readonly step: 'signed'; readonly atS: number } & StepSource)
  /** Cosigned by the addressee's witness: its machine knows that there is something. */
  | { readonly step: 'transmitted'; readonly atS: number; readonly by: string }
  /** Cosigned by the addressee's mirror: its machine holds the contents. */
  | { readonly step: 'arrived'; readonly atS: number; readonly by: string }
  | ({ readonly step: 'opened'; readonly atS: number } & StepSource)
  | ({ readonly step: 'taken'; readonly atS: number; readonly role: RoleAddress } & StepSource)
  | ({
      readonly step: 'readback'
      readonly atS: number
      readonly match: boolean
      readonly items: ReadBackBody['items']
    } & StepSource)
  | ({
      readonly step: 'relayed'
      readonly atS: number
      readonly unit: string
      readonly count: number
      readonly of: number
    } & StepSource)
  | ({ readonly step: 'escalated'; readonly atS: number; readonly to: EscalationStep } & StepSource)
  | ({
      readonly step: 'answered'
      readonly atS: number
      readonly answer: AnswerCode
      readonly reason: string | null
      readonly reply: string | null
    } & StepSource)
  | ({ readonly step: 'closed'; readonly atS: number } & StepSource)

/** How far a message has come, the last of: nobody may miss a message that has no visible state. */
export type MessageStanding = 'queued' | 'transmitted' | 'arrived' | 'opened' | 'taken' | 'answered' | 'closed'

/** What is wrong with the place of a message in its direction. */
export type SequenceNote =
  /** Numbers before it were never seen. */
  | { readonly kind: 'gap-before'; readonly missing: readonly string[] }
  /** Another message of its own log has this number already; the first one counts. */
  | { readonly kind: 'number-reused'; readonly first: StepSource }
  /** It cites messages that this replica has not. */
  | { readonly kind: 'unknown-refs'; readonly refs: readonly string[] }

export interface MessageView {
  readonly number: string
  readonly body: MessageBody
  readonly act: LineAct
  readonly ladder: readonly LadderStep[]
  readonly standing: MessageStanding
  /** Runs from the time the message takes effect. */
  readonly clock: { readonly startS: number; readonly dueS: number; readonly stoppedS: number | null }
  readonly notes: readonly SequenceNote[]
  /** Whether nothing more is expected of the addressee: taken, read back where its precedence asks for it, answered or closed. */
  readonly done: boolean
}

interface Said {
  /** Messages of the party by number, the first of each. */
  readonly sent: Map<string, LineAct>
  readonly reused: { readonly act: LineAct; readonly first: LineAct }[]
  /** Counts used in each direction and year, by `to/year`. */
  readonly used: Map<string, { readonly counts: Set<number>; highest: number }>
  /** What the party did about messages, by number. */
  readonly about: Map<string, LineAct[]>
}

const SAID: PartyFold<Said> = {
  start: () => ({ sent: new Map(), reused: [], used: new Map(), about: new Map() }),
  step(said, act) {
    if (!act.effective) return
    const message = bodyOf(act, MESSAGE)
    if (message !== null) {
      const first = said.sent.get(message.number)
      if (first !== undefined) {
        said.reused.push({ act, first })
        return
      }
      said.sent.set(message.number, act)
      const number = parseMessageNumber(message.number)
      if (number !== null) use(said, number)
      return
    }
    const kind = ABOUT_MESSAGE.find((one) => one === act.kind)
    const body = kind === undefined ? null : bodyOf(act, kind)
    if (body === null) return
    const acts = said.about.get(body.number)
    if (acts === undefined) said.about.set(body.number, [act])
    else acts.push(act)
  },
}

function use({ used }: Said, { to, year, count }: MessageNumber): void {
  const direction = `${to}/${year}`
  const there = used.get(direction)
  if (there === undefined) used.set(direction, { counts: new Set([count]), highest: count })
  else {
    there.counts.add(count)
    there.highest = Math.max(there.highest, count)
  }
}

const sourceOf = ({ party, origin, index }: LineAct): StepSource => ({ by: party, origin, index })

/** All messages of the line, by the time they take effect, with their ladders. */
export function messagesOf(line: LineProjection): readonly MessageView[] {
  const views: MessageView[] = []
  for (const { party } of line.charter.parties) {
    const said = foldParty(line, SAID, party)
    for (const act of said.sent.values()) views.push(viewOf(line, act, []))
    for (const { act, first } of said.reused)
      views.push(viewOf(line, act, [{ kind: 'number-reused', first: sourceOf(first) }]))
  }
  const missing = new Map(checkSequence(line).map((gap) => [gap.before, gap.missing]))
  return views
    .map((view) => withNotes(line, view, missing.get(view.number)))
    .sort(
      (a, b) =>
        a.act.atS - b.act.atS ||
        (a.act.origin < b.act.origin ? -1 : a.act.origin > b.act.origin ? 1 : a.act.index - b.act.index),
    )
}

/** Messages whose clock may still run: those nobody has taken and their sender has not closed. Looks at ladders of these alone. */
export function untakenOf(line: LineProjection): readonly MessageView[] {
  const views: MessageView[] = []
  for (const { party } of line.charter.parties) {
    const said = foldParty(line, SAID, party)
    for (const [number, act] of said.sent) {
      const reader = parseMessageNumber(number)?.to ?? ''
      const acts = foldParty(line, SAID, reader).about.get(number)
      if (acts?.some((one) => bodyOf(one, ACK_TAKE)?.role.party === one.party) === true) continue
      if (said.about.get(number)?.some(({ kind }) => kind === MESSAGE_CLOSE) === true) continue
      views.push(viewOf(line, act, []))
    }
  }
  return views
}

/** The message of that number, null while it is not in hand. */
export function messageOf(line: LineProjection, number: string): MessageView | null {
  const from = parseMessageNumber(number)?.from
  if (from === undefined || !line.charter.parties.some(({ party }) => party === from)) return null
  const act = foldParty(line, SAID, from).sent.get(number)
  if (act === undefined) return null
  const gap = checkSequence(line).find((one) => one.before === number)
  return withNotes(line, viewOf(line, act, []), gap?.missing)
}

function withNotes(line: LineProjection, view: MessageView, missing: readonly string[] | undefined): MessageView {
  const notes: SequenceNote[] = [...view.notes]
  if (missing !== undefined) notes.push({ kind: 'gap-before', missing })
  const refs = view.body.refs.filter((ref) => {
    const from = parseMessageNumber(ref)?.from ?? ''
    const known = line.charter.parties.some(({ party }) => party === from)
    return !known || !foldParty(line, SAID, from).sent.has(ref)
  })
  if (refs.length > 0) notes.push({ kind: 'unknown-refs', refs })
  return notes.length === view.notes.length ? view : { ...view, notes }
}

function viewOf(line: LineProjection, act: LineAct, notes: readonly SequenceNote[]): MessageView {
  const body = bodyOf(act, MESSAGE) as MessageBody
  const reader = body.to.party
  const reused = notes.length > 0
  const by = (party: string): readonly LineAct[] =>
    reused ? [] : (foldParty(line, SAID, party).about.get(body.number) ?? [])
  const ladder: LadderStep[] = [{ step: 'signed', atS: act.atS, ...sourceOf(act) }]
  const witnessed = receiptBy(line, act, { by: reader, role: 'witness' })
  const mirrored = receiptBy(line, act, { by: reader, role: 'mirror' })
  if (witnessed !== null) ladder.push({ step: 'transmitted', atS: witnessed.timestampS, by: reader })
  if (mirrored !== null) ladder.push({ step: 'arrived', atS: mirrored.timestampS, by: reader })
  for (const one of by(reader)) {
    const step = readerStep(one)
    if (step !== null) ladder.push(step)
  }
  for (const one of by(act.party)) {
    if (one.kind === MESSAGE_CLOSE) ladder.push({ step: 'closed', atS: one.atS, ...sourceOf(one) })
    else if (one.kind === ESCALATION) ladder.push(readerStep(one) as LadderStep)
  }
  const startS = act.atS
  const taken = ladder.find(({ step }) => step === 'taken')
  const clock = { startS, dueS: startS + line.charter.clocks[body.precedence], stoppedS: taken?.atS ?? null }
  return {
    number: body.number,
    body,
    act,
    ladder,
    standing: standingOf(ladder),
    clock,
    notes,
    done: isDone(body, ladder),
  }
}

function readerStep(act: LineAct): LadderStep | null {
  const source = { atS: act.atS, ...sourceOf(act) }
  if (act.kind === ACK_OPEN) return { step: 'opened', ...source }
  const take = bodyOf(act, ACK_TAKE)
  // Another party's role cannot be made to own a message.
  if (take !== null) return take.role.party === act.party ? { step: 'taken', ...source, role: take.role } : null
  const readback = bodyOf(act, ACK_READBACK)
  if (readback !== null) return { step: 'readback', ...source, match: readback.match, items: readback.items }
  const relay = bodyOf(act, ACK_RELAY)
  if (relay !== null) return { step: 'relayed', ...source, unit: relay.unit, count: relay.count, of: relay.of }
  const answer = bodyOf(act, ACK_ANSWER)
  if (answer !== null)
    return { step: 'answered', ...source, answer: answer.answer, reason: answer.reason, reply: answer.reply }
  const escalation = bodyOf(act, ESCALATION)
  return escalation === null ? null : { step: 'escalated', ...source, to: escalation.step }
}

const ORDER: readonly MessageStanding[] = ['queued', 'transmitted', 'arrived', 'opened', 'taken', 'answered', 'closed']

function standingOf(ladder: readonly LadderStep[]): MessageStanding {
  const reached = ladder.map(({ step }) => ORDER.indexOf(step as MessageStanding))
  return ORDER[Math.max(0, ...reached)] ?? 'queued'
}

/** Subjects that end with being taken; the others want an answer or the sender's word that nothing more is wanted. */
const NO_ANSWER = new Set<MessageBody['subject']>(['REPLY', 'STATE-OF-CHANNEL', 'STATEMENT', 'CORRECTION'])

function isDone({ precedence, subject }: MessageBody, ladder: readonly LadderStep[]): boolean {
  const has = (step: LadderStep['step']): boolean => ladder.some((one) => one.step === step)
  if (has('closed')) return true
  const readBack = precedence === 'ROUTINE' || ladder.some((one) => one.step === 'readback' && one.match)
  return has('taken') && readBack && (NO_ANSWER.has(subject) || has('answered'))
}

/** Numbers that a direction jumped over, and the message in front of which they are missing. Both sides derive the same list (AC-07). */
export interface SequenceGap {
  readonly from: string
  readonly to: string
  readonly missing: readonly string[]
  readonly before: string
}

const LISTED = 100

export function checkSequence(line: LineProjection): readonly SequenceGap[] {
  return line.charter.parties.flatMap(({ party }) =>
    [...foldParty(line, SAID, party).used.entries()]
      .filter(([, { counts, highest }]) => counts.size < highest)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([direction, { counts }]) => gapsOf(party, direction, [...counts])),
  )
}

function gapsOf(from: string, direction: string, counts: readonly number[]): SequenceGap[] {
  const [to = '', year = ''] = direction.split('/')
  const numberOf = (count: number): string => formatMessageNumber({ from, to, year: Number(year), count })
  const gaps: SequenceGap[] = []
  let next = 1
  for (const count of counts.toSorted((a, b) => a - b)) {
    const missing = Math.min(LISTED, count - next)
    if (missing > 0)
      gaps.push({
        from,
        to,
        missing: Array.from({ length: missing }, (_, i) => numberOf(next + i)),
        before: numberOf(count),
      })
    next = count + 1
  }
  return gaps
}

/** The number that the next message of a direction takes. */
export function nextNumber(
  line: LineProjection,
  { from, to, year }: { readonly from: string; readonly to: string; readonly year: number },
): string {
  const used = foldParty(line, SAID, from).used.get(`${to}/${year}`)
  return formatMessageNumber({ from, to, year, count: (used?.highest ?? 0) + 1 })
}

/** What both sides must agree on about messages: which there are, and what was done about each, by leaf hash. */
export function messagesDigest(line: LineProjection): JsonValue {
  const rows: JsonValue[] = []
  for (const { party } of line.charter.parties) {
    const { sent, about } = foldParty(line, SAID, party)
    for (const act of sent.values()) rows.push([act.origin, act.index, act.leaf])
    for (const [number, acts] of about) for (const act of acts) rows.push([number, act.origin, act.index, act.leaf])
  }
  return rows.map((row) => JSON.stringify(row)).sort()
}

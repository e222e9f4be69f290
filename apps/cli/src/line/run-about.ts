import {
  type ActInput,
  answerMessage,
  closeMessage,
  escalateMessage,
  type HeardItem,
  type LineClient,
  openMessage,
  readBackMessage,
  relayMessage,
  takeMessage,
} from '@parley/client'
import type { LineActAccepted, LineMessage } from '@parley/contracts'
import { type AnswerCode, ESCALATION_STEPS, type EscalationStep, type Language, parseMessageNumber } from '@parley/line'
import type { CliContext } from '../context.ts'
import type { PassphraseFlags } from '../keys/passphrase.ts'
import { CannotFollow } from '../keys/usage.ts'
import { openTable, roleOf, type SignFlags, sign, signersOf, type TableFlags } from './node.ts'
import { table as columns, safe, when } from './show.ts'
import { LINE_EXIT, type Told, tell } from './usage.ts'

/** Flags of `parley line show` as parsed. */
export interface ShowFlags extends TableFlags {
  readonly print?: Language
}

export interface TakeFlags extends SignFlags {
  readonly role?: string
}

export interface AnswerFlags extends SignFlags {
  readonly reason?: string
  readonly reply?: string
}

export interface RelayFlags extends SignFlags {
  readonly unit: string
  readonly count: number
  readonly of: number
}

const PAGE = 500

/** A message by its number. @throws {CannotFollow} when the text is no number, or it is not in hand */
export async function findMessage(
  client: LineClient,
  table: string,
  { number, print }: { readonly number: string; readonly print?: Language },
): Promise<LineMessage> {
  checkNumber(number)
  for (let after = 0; ; after += PAGE) {
    const page = await client.messages(table, { after, limit: PAGE, ...(print === undefined ? {} : { print }) })
    const found = page.messages.find((message) => message.number === number)
    if (found !== undefined) return found
    if (after + page.messages.length >= page.total || page.messages.length === 0) {
      const missing = page.gaps.includes(number)
      throw new CannotFollow(
        'NUMBER',
        number,
        missing ? 'was sent, but has not come here yet' : 'is no message of this line',
      )
    }
  }
}

function checkNumber(number: string): void {
  if (parseMessageNumber(number) === null)
    throw new CannotFollow('NUMBER', number, 'must be the number of a message, such as north/south/2026/0001')
}

/** Signs one act about a message and appends it. */
async function say(
  flags: SignFlags,
  { client, table, input }: { readonly client: LineClient; readonly table: string; readonly input: ActInput },
): Promise<LineActAccepted> {
  const signers = await signersOf(flags)
  return client.post(table, sign(await client.draft(table), input, signers))
}

const done = (accepted: LineActAccepted, what: string, facts: object = {}): Told => ({
  facts: { ...accepted, ...facts },
  lines: [`${what}, entry ${accepted.index} of ${accepted.origin}${accepted.repeated ? ' (was there already)' : ''}`],
})

/** What only the side a message was sent to may say of it. @throws {CannotFollow} */
function mustBe(direction: 'in' | 'out', message: LineMessage, what: string): void {
  if (message.direction === direction) return
  const rule =
    direction === 'in' ? `only the side it was sent to can ${what} it` : `only the side that sent it can ${what} it`
  throw new CannotFollow('NUMBER', message.number, rule)
}

/** `parley line take NUMBER`: a role of ours owns the message from now on; its clock stops. */
export function runTake(number: string, flags: TakeFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line take' }, async () => {
    const { client, table } = await openTable(flags)
    const message = await findMessage(client, table, { number })
    mustBe('in', message, 'take')
    const role = roleOf('--role', flags.role, await client.state(table))
    const accepted = await say(flags, { client, table, input: takeMessage(number, role) })
    const late = message.clock !== null && message.clock.stoppedS === null && message.clock.dueS * 1000 < Date.now()
    const told = done(accepted, `${number} is taken by ${role}`, { number, role })
    return late ? { ...told, lines: [...told.lines, 'its clock had run out'] } : told
  })
}

/** `parley line opened NUMBER`: a person has it on the screen. */
export function runOpened(number: string, flags: SignFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line open' }, async () => {
    const { client, table } = await openTable(flags)
    mustBe('in', await findMessage(client, table, { number }), 'open')
    return done(await say(flags, { client, table, input: openMessage(number) }), `${number} is opened`, { number })
  })
}

const HEARD = /^([A-Z])=(.+)$/s

/** `parley line readback NUMBER A=… B=…`: says what was understood, item by item. Exit 1 where an item is not what was sent. */
export function runReadBack(
  [number, ...items]: readonly [string, ...string[]],
  flags: SignFlags,
  { process }: CliContext,
): Promise<void> {
  return tell({ process, json: flags.json, command: 'line readback' }, async () => {
    const heard = items.map((given): HeardItem => {
      const [, letter, text] = HEARD.exec(given) ?? []
      if (letter === undefined || text === undefined)
        throw new CannotFollow(
          'ITEM',
          given,
          'must be the letter of an item, = and what was understood, such as A=37SFU7624913766',
        )
      return { letter, text: text.trim() }
    })
    if (heard.length === 0) throw new CannotFollow('ITEM', '', 'must be given: A=what was understood, B=…')
    const { client, table } = await openTable(flags)
    const message = await findMessage(client, table, { number })
    mustBe('in', message, 'read back')
    const { input, findings, match } = readBackMessage(message, heard)
    const accepted = await say(flags, { client, table, input })
    const lines = findings.map((finding) => {
      if (finding.kind !== 'mismatch') return `${finding.letter}  ${finding.kind.replace('-', ' ')}`
      const apart = finding.distanceM === null ? '' : `, ${Math.round(finding.distanceM)} m apart`
      return `${finding.letter}  NOT THE SAME: sent ${safe(finding.sent)}, understood ${finding.heard}${apart}`
    })
    const told = done(accepted, `${number} is read back, ${match ? 'all items match' : 'NOT ALL ITEMS MATCH'}`, {
      number,
      match,
      findings,
    })
    return { ...told, lines: [...lines, ...told.lines], code: match ? LINE_EXIT.done : LINE_EXIT.refused }
  })
}

/** `parley line answer NUMBER ANSWER`. */
export function runAnswer(
  [number, answer]: readonly [string, AnswerCode],
  flags: AnswerFlags,
  { process }: CliContext,
): Promise<void> {
  return tell({ process, json: flags.json, command: 'line answer' }, async () => {
    if (flags.reply !== undefined && parseMessageNumber(flags.reply) === null)
      throw new CannotFollow('--reply', flags.reply, 'must be the number of the message that answers at length')
    const { client, table } = await openTable(flags)
    mustBe('in', await findMessage(client, table, { number }), 'answer')
    const { reason, reply } = flags
    const input = answerMessage(number, {
      answer,
      ...(reason === undefined ? {} : { reason }),
      ...(reply === undefined ? {} : { reply }),
    })
    return done(await say(flags, { client, table, input }), `${number} is answered: ${answer}`, { number, answer })
  })
}

/** `parley line relayed NUMBER --unit U --count K --of N`. */
export function runRelayed(number: string, flags: RelayFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line relayed' }, async () => {
    const { unit, count, of } = flags
    if (count > of) throw new CannotFollow('--count', String(count), `must be at most ${of}, as many as there are`)
    const { client, table } = await openTable(flags)
    mustBe('in', await findMessage(client, table, { number }), 'relay')
    const accepted = await say(flags, { client, table, input: relayMessage(number, { unit, count, of }) })
    return done(accepted, `${number} has reached ${unit}, ${count} of ${of} units`, { number, unit, count, of })
  })
}

/** `parley line close NUMBER`: nothing more is expected, says the side that sent it. */
export function runClosed(number: string, flags: SignFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line close' }, async () => {
    const { client, table } = await openTable(flags)
    mustBe('out', await findMessage(client, table, { number }), 'close')
    return done(await say(flags, { client, table, input: closeMessage(number) }), `${number} is closed`, { number })
  })
}

/** `parley line show NUMBER`: a message with its ladder, and its print form. */
export function runShow(number: string, flags: ShowFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line show' }, async () => {
    const { client, table } = await openTable(flags)
    const print = flags.print ?? 'en'
    const message = await findMessage(client, table, { number, print })
    const text = safe(message.print?.[print] ?? '')
    if (flags.print !== undefined) return { facts: message, lines: [text.trimEnd()] }
    return { facts: message, lines: [text.trimEnd(), '', ...ladderLines(message)] }
  })
}

/** Every step a message took, who and when, and its clock. */
export function ladderLines(message: LineMessage): string[] {
  const rows = message.ladder.map(({ step, atS, by, origin, index, detail }) => [
    when(atS),
    step,
    by,
    origin === null ? 'seen by the machine' : `entry ${index ?? 0} of ${origin}`,
    detail === undefined ? '' : safe(JSON.stringify(detail)),
  ])
  const lines = columns(rows)
  const { clock, problems, unknownRefs, gaps, effective } = message
  if (clock !== null)
    lines.push(
      clock.stoppedS === null ? `clock runs, due ${when(clock.dueS)}` : `clock stopped ${when(clock.stoppedS)}`,
    )
  lines.push(`state ${message.state}${message.done ? ', done' : ''}`)
  if (!effective) lines.push('WITHOUT EFFECT: its act was not accepted by the rules of the table')
  for (const problem of problems) lines.push(`PROBLEM: ${safe(problem)}`)
  if (unknownRefs.length > 0) lines.push(`refers to messages that are not here: ${unknownRefs.map(safe).join(', ')}`)
  if (gaps.length > 0) lines.push(`missing before it: ${gaps.join(', ')}`)
  return lines
}

export interface EscalateFlags extends TableFlags, PassphraseFlags {
  readonly key?: readonly string[]
  readonly step?: EscalationStep
}

/** What each step asks of whoever takes it. */
const STEP_SCRIPT: Readonly<Record<EscalationStep, string>> = {
  seats: 'ring at all seats of the role',
  role: 'ring at the next role',
  path: 'go by another path: call the other side by voice, read the number and the text aloud, and have it repeated',
}

/** `parley line escalate [NUMBER]`: says that the step was taken which is due because nobody took the message; alone, shows what is due. */
export function runEscalate(number: string | undefined, flags: EscalateFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line escalate' }, async () => {
    const { client, table } = await openTable(flags)
    if (number !== undefined) checkNumber(number)
    const { dueEscalations } = await client.messages(table, { limit: 1 })
    const isStep = (step: string): step is EscalationStep => (ESCALATION_STEPS as readonly string[]).includes(step)
    const due = dueEscalations.map(({ escalation, ...clock }) => ({ ...clock, escalation: escalation.filter(isStep) }))
    if (number === undefined) {
      const lines = due.flatMap(({ number: late, to, escalation }) =>
        escalation.map((step) => `${late} to ${to}: ${step}, ${STEP_SCRIPT[step]}`),
      )
      return { facts: { due }, lines: lines.length === 0 ? ['no escalation is due'] : lines }
    }
    const steps = due.find((clock) => clock.number === number)?.escalation ?? []
    const step = flags.step ?? steps[0]
    if (step === undefined) {
      await findMessage(client, table, { number })
      throw new CannotFollow(
        'NUMBER',
        number,
        'has no escalation due: it is taken, its time is not over, or every step is logged',
      )
    }
    if (!steps.includes(step))
      throw new CannotFollow('--step', step, `must be a step that is due: ${steps.join(', ') || 'none is'}`)
    const { key = [] } = flags
    if (key.length === 0) throw new CannotFollow('--key', '', 'must be given: an officer signs that the step was taken')
    const draft = await client.draft(table)
    const accepted = await client.post(
      table,
      sign(draft, escalateMessage(number, step, draft.at), await signersOf({ ...flags, key })),
    )
    const told = done(accepted, `${number} is escalated: ${step}`, { number, step })
    return { ...told, lines: [...told.lines, STEP_SCRIPT[step]] }
  })
}

import { type ComposedMessage, composeMessage, type MessageDraft, type PositionCheck } from '@parley/client'
import { type Language, type Precedence, printMessage, SUBJECTS, type Subject } from '@parley/line'
import type { CliContext } from '../context.ts'
import { CannotFollow } from '../keys/usage.ts'
import { confirm } from './ask.ts'
import { openTable, roleOf, type SignFlags, sign, signersOf } from './node.ts'
import { readItems, readJsonOrFile, readSlots, templateOf } from './read-item.ts'
import { safe } from './show.ts'
import { tell } from './usage.ts'

/** Flags of `parley line send` as parsed. */
export interface SendFlags extends SignFlags {
  readonly to: string
  readonly from?: string
  readonly info?: readonly string[]
  readonly precedence: Precedence
  readonly subject?: string
  readonly template?: string
  readonly item?: readonly string[]
  readonly text?: readonly string[]
  readonly content?: string
  readonly ref?: readonly string[]
  readonly basis: string
  readonly remarks?: string
  readonly zone?: string
  readonly print: Language
  readonly yes: boolean
}

/** As often as another seat may send first, before a person is asked what is going on. */
const MOST_ROUNDS = 5

/** `parley line send --to ROLE …`: composes a message, has it confirmed, signs and sends it, and tells its number. */
export function runSend(flags: SendFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line send' }, async () => {
    const zone = flags.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
    const wish = wishOf(flags, zone)
    const { client, table } = await openTable(flags)
    const state = await client.state(table)
    const message: MessageDraft = { ...wish, from: roleOf('--from', flags.from, state) }
    const signers = await signersOf(flags)
    let confirmed = ''
    for (let round = 1; ; round += 1) {
      const draft = await client.draft(table)
      const composed = composeMessage(draft, message)
      if (!flags.yes && confirmed !== composed.number) {
        process.stderr.write(`${reviewLines(composed, flags.print).join('\n')}\n`)
        await confirm(`Send ${composed.number}?`)
        confirmed = composed.number
        // What was asked while a person read may have changed meanwhile: the number above all.
        if (round < MOST_ROUNDS) continue
      }
      const accepted = await client.post(table, sign(draft, composed.input, signers))
      return {
        facts: {
          number: composed.number,
          ...accepted,
          positions: composed.positions.map(positionFacts),
        },
        lines: [
          ...composed.positions.map(echoLine),
          composed.number,
          `entry ${accepted.index} of ${accepted.origin}; parley line show ${composed.number} tells how far it came`,
        ],
      }
    }
  })
}

function wishOf(flags: SendFlags, zone: string): Omit<MessageDraft, 'from'> {
  if (flags.template === undefined && flags.item !== undefined)
    throw new CannotFollow('--item', flags.item[0] ?? '', 'must come with --template: it fills a place of its sentence')
  if (flags.template === undefined && flags.content === undefined && flags.text === undefined)
    throw new CannotFollow('--template', '', 'must be given, or --text, or --content')
  const subject =
    flags.subject === undefined ? undefined : SUBJECTS.find((one): one is Subject => one === flags.subject)
  if (flags.subject !== undefined && subject === undefined)
    throw new CannotFollow('--subject', flags.subject, `must be one of ${SUBJECTS.join(', ')}`)
  if (subject === undefined && flags.template === undefined)
    throw new CannotFollow('--subject', '', `must be given where no template says it: ${SUBJECTS.join(', ')}`)
  const id = flags.template === undefined ? undefined : templateOf(flags.template)
  const items = [
    ...(flags.content === undefined ? [] : readItems('--content', readJsonOrFile('--content', flags.content), zone)),
    ...(flags.text ?? []).map((given) => {
      const [, lang, text] = /^([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*):(.+)$/s.exec(given) ?? []
      if (lang === undefined || text === undefined)
        throw new CannotFollow(
          '--text',
          given,
          'must be the language, a colon, and the text, such as en:We call you at noon',
        )
      return { type: 'text' as const, lang, text: text.trim() }
    }),
  ]
  return {
    precedence: flags.precedence,
    to: flags.to,
    info: flags.info ?? [],
    ...(subject === undefined ? {} : { subject }),
    zone,
    basis: flags.basis,
    refs: flags.ref ?? [],
    items,
    ...(id === undefined ? {} : { template: { id, items: readSlots(id, flags.item ?? [], zone) } }),
    ...(flags.remarks === undefined ? {} : { remarks: flags.remarks }),
  }
}

const echoLine = ({ letter, typed, echo, all }: PositionCheck): string =>
  `position ${letter}: ${typed} = ${echo.text} (WGS84, ${all.decimalDegrees})`

const positionFacts = ({ letter, typed, notation, echo, latDeg, lngDeg, precisionM }: PositionCheck) => ({
  letter,
  typed,
  notation,
  echo,
  latDeg,
  lngDeg,
  precisionM,
})

/** What a person looks at before it is signed: the message as it will print, every position twice, and what may be a slip. */
function reviewLines({ body, positions }: ComposedMessage, language: Language): string[] {
  return [
    safe(printMessage(body, language)),
    ...positions.flatMap((position) => [
      echoLine(position),
      ...position.suspicions.map(
        ({ kind, distanceM }) =>
          `  CHECK: ${kind.replaceAll('_', ' ')}? It would be ${Math.round(distanceM)} m elsewhere`,
      ),
    ]),
  ]
}

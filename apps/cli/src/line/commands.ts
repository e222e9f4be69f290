import {
  ANSWERS,
  type AnswerCode,
  ESCALATION_STEPS,
  LANGUAGES,
  SUSPENSION_REASONS,
  SUSPENSION_SCOPES,
  TEMPLATES,
} from '@parley/line'
import { buildCommand, buildRouteMap } from '@stricli/core'
import type { CliContext } from '../context.ts'
import { groundCommands } from './area-commands.ts'
import { anyNumber, choice, choiceOr, count, flag, maybe, maybeCount, OUT, SIGN, TABLE, text, tuple } from './flags.ts'
import { flights, planCommands } from './flight-commands.ts'
import { join } from './join-commands.ts'
import type { SignFlags, TableFlags } from './node.ts'
import { precedenceOf } from './precedence.ts'
import type { AnswerFlags, EscalateFlags, RelayFlags, ShowFlags, TakeFlags } from './run-about.ts'
import type { ExportFlags } from './run-carrier.ts'
import type { PostFlags, SharedFlags, SuspendFlags, WatchFlags } from './run-declare.ts'
import type { ProtestFlags } from './run-protest.ts'
import type { SendFlags } from './run-send.ts'
import type { TailFlags } from './run-tail.ts'
import { closeOf, openOf } from './two-meanings.ts'
import { LINE_EXIT_HELP } from './usage.ts'

const NUMBER = ['NUMBER', 'The number of the message, such as north/south/2026/0007'] as const

const status = buildCommand<TableFlags, [], CliContext>({
  loader: async () => {
    const { runStatus } = await import('./run-status.ts')
    return function (this: CliContext, flags: TableFlags) {
      return runStatus(flags, this)
    }
  },
  parameters: { flags: TABLE },
  docs: {
    brief: 'Show what each side declares and what is measured',
    fullDescription: [
      'Shows every line of the node: what each side declares by acts in its log (open, suspended with scope, reason, since',
      'and until, closed), and apart from it what is measured in each direction (open, degraded and why, silent, forked);',
      'clocks that run, watches, missing numbers, and how much of the day, week and month the line was open.',
      'With --json, one JSON object to a line of text for each line: table, sides[].declared and sides[].measured with state,',
      'since and reasons.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line status',
      '  parley line status --node http://localhost:8081 --json',
    ].join('\n'),
  },
})

const send = buildCommand<SendFlags, [], CliContext>({
  loader: async () => {
    const { runSend } = await import('./run-send.ts')
    return function (this: CliContext, flags: SendFlags) {
      return runSend(flags, this)
    }
  },
  parameters: {
    flags: {
      ...SIGN,
      to: text('ROLE', 'Whom it is for, such as south.duty'),
      from: maybe('ROLE', 'Role of ours that says it; our first one when left out'),
      info: anyNumber('ROLE', 'Who else is to know'),
      precedence: {
        kind: 'parsed',
        parse: precedenceOf,
        default: 'ROUTINE',
        placeholder: 'PRECEDENCE',
        brief: 'FLASH, PRIORITY or ROUTINE',
      },
      subject: maybe('SUBJECT', 'What it is about; a template says it itself'),
      template: maybe('TEMPLATE', 'An agreed sentence, shown to each reader in his language'),
      item: anyNumber('PLACE=VALUE', 'What stands in a place of the sentence'),
      text: anyNumber('LANG:TEXT', 'Free text in its original language'),
      content: maybe('JSON', 'Items as JSON, or a file of it'),
      ref: anyNumber('NUMBER', 'A message that must be read before this one'),
      basis: {
        kind: 'parsed',
        parse: String,
        default: 'NONE',
        placeholder: 'CLAUSE',
        brief: 'Agreement and clause it rests on',
      },
      remarks: maybe('TEXT', 'Remarks'),
      zone: maybe('Area/City', 'Zone of the sender, shown beside UTC; this machine’s when left out'),
      print: choiceOr(LANGUAGES, 'en', 'Language in which it is shown for review'),
      yes: flag('Do not ask before it is signed'),
    },
  },
  docs: {
    brief: 'Compose, confirm, sign and send a message',
    fullDescription: [
      'Composes a message, shows it as it will print, says every position again in a second notation, and asks; then signs',
      'and sends it and prints its number. A position must carry its hemispheres and its datum, a height its unit and',
      'reference, a time its zone.',
      '',
      'Templates and their places',
      ...Object.entries(TEMPLATES).map(([id, { slots }]) => `  ${id.padEnd(20)}${Object.keys(slots).join(' ')}`),
      '',
      'Values: a position as "34°27.024\' N, 040°55.116\' E WGS84" or "37SFU7624913766 WGS84"; a time as',
      '2026-11-22T14:05:00Z; a height as "3500 ft AMSL", "450 m W84", "120 m AGL SRTM" or FL120; a number as 7 or "7 km";',
      'a volume as JSON. In --content, items are objects: {"type":"position","text":"…"}, {"type":"time","at":"…Z"},',
      '{"type":"altitude","value":3500,"unit":"ft","reference":"AMSL"}, {"type":"text","lang":"en","text":"…"},',
      '{"type":"volume","volume":{…}}, {"type":"number","value":7,"unit":"km"}, {"type":"code","list":"…","code":"…"}.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line send --to south.duty --template test.routine --item count=14 --key duty-7.key',
      '  parley line send --to south.duty --precedence PRIORITY --template query.whose --key duty-7.key \\',
      '    --item where="34°27.024\' N, 040°55.116\' E WGS84" --item when=2026-11-22T14:05:00Z',
      '  parley line send --to south.lead --subject STATEMENT --text "en:We will call at noon." --key duty-7.key --yes',
    ].join('\n'),
  },
})

const take = buildCommand<TakeFlags, [string], CliContext>({
  loader: async () => {
    const { runTake } = await import('./run-about.ts')
    return function (this: CliContext, flags: TakeFlags, number: string) {
      return runTake(number, flags, this)
    }
  },
  parameters: {
    positional: tuple(NUMBER),
    flags: { ...SIGN, role: maybe('ROLE', 'Role of ours that owns it from now on; our first one when left out') },
  },
  docs: {
    brief: 'Take a message: a role owns it, its clock stops',
    fullDescription: [
      'Says that a role of ours owns the message. This, and nothing else, stops its clock.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line take south/north/2026/0007 --role north.duty --key duty-7.key',
    ].join('\n'),
  },
})

const readback = buildCommand<SignFlags, [string, ...string[]], CliContext>({
  loader: async () => {
    const { runReadBack } = await import('./run-about.ts')
    return function (this: CliContext, flags: SignFlags, ...given: [string, ...string[]]) {
      return runReadBack(given, flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'array',
      minimum: 2,
      parameter: {
        brief: 'The number, then each item as it was understood: A=…',
        parse: String,
        placeholder: 'NUMBER A=HEARD',
      },
    } as never,
    flags: SIGN,
  },
  docs: {
    brief: 'Say back what was understood, item by item',
    fullDescription: [
      'Says back what was understood of a message. Positions may come back in any notation: places are compared, not',
      'letters. Where an item is not what was sent, the read-back is said all the same and the command ends with 1.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line readback south/north/2026/0007 A=37SFU7624913766 "B=FL120 STD" --key duty-7.key',
    ].join('\n'),
  },
})

function answerCode(given: string): AnswerCode {
  const found = ANSWERS.find((one) => one === given)
  if (found === undefined) throw new Error(`ANSWER ${given}: must be one of ${ANSWERS.join(', ')}`)
  return found
}

const answer = buildCommand<AnswerFlags, [string, AnswerCode], CliContext>({
  loader: async () => {
    const { runAnswer } = await import('./run-about.ts')
    return function (this: CliContext, flags: AnswerFlags, number: string, code: AnswerCode) {
      return runAnswer([number, code], flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        { placeholder: NUMBER[0], brief: NUMBER[1], parse: String },
        { placeholder: 'ANSWER', brief: ANSWERS.join(', '), parse: answerCode },
      ],
    },
    flags: {
      ...SIGN,
      reason: maybe('TEXT', 'Why; must be given for unable'),
      reply: maybe('NUMBER', 'Message of ours that answers at length'),
    },
  },
  docs: {
    brief: 'Answer a message: concur, non-concur, unable, information',
    fullDescription: [
      'Answers a message by one of four codes.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line answer south/north/2026/0007 concur --key duty-7.key',
      '  parley line answer south/north/2026/0007 unable --reason "no contact with the unit" --key duty-7.key',
    ].join('\n'),
  },
})

const relayed = buildCommand<RelayFlags, [string], CliContext>({
  loader: async () => {
    const { runRelayed } = await import('./run-about.ts')
    return function (this: CliContext, flags: RelayFlags, number: string) {
      return runRelayed(number, flags, this)
    }
  },
  parameters: {
    positional: tuple(NUMBER),
    flags: {
      ...SIGN,
      unit: text('UNIT', 'The unit that has it now'),
      count: count('--count', 'How many units have it, this one included', { least: 1, most: 1000 }),
      of: count('--of', 'How many must', { least: 1, most: 1000 }),
    },
  },
  docs: {
    brief: 'Say that a message has reached k of n units',
    fullDescription: [
      'Says that one more unit has a message: what headquarters know, the units do not.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line relayed south/north/2026/0007 --unit 3rd-battery --count 2 --of 5 --key duty-7.key',
    ].join('\n'),
  },
})

const escalate = buildCommand<EscalateFlags, [string | undefined], CliContext>({
  loader: async () => {
    const { runEscalate } = await import('./run-about.ts')
    return function (this: CliContext, flags: EscalateFlags, number: string | undefined) {
      return runEscalate(number, flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          placeholder: NUMBER[0],
          brief: 'The message; shows what is due when left out',
          parse: String,
          optional: true,
        },
      ],
    },
    flags: {
      ...SIGN,
      key: anyNumber('FILE', 'Secret key of the officer who took the step'),
      step: {
        kind: 'enum',
        values: ESCALATION_STEPS,
        optional: true,
        brief: 'The step taken; the first one due when left out',
      },
    },
  },
  docs: {
    brief: 'Log the step taken because nobody took a message',
    fullDescription: [
      'Alone, shows which messages nobody has taken in their time and what is to be done: ring at all seats of the role, then',
      'at the next role, then go by another path. With a number, logs that the step was taken.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line escalate',
      '  parley line escalate north/south/2026/0003 --key duty-7.key',
      '  parley line escalate north/south/2026/0003 --step path --key duty-7.key',
    ].join('\n'),
  },
})

const protest = buildCommand<ProtestFlags, [string | undefined], CliContext>({
  loader: async () => {
    const { runProtest } = await import('./run-protest.ts')
    return function (this: CliContext, flags: ProtestFlags, accused: string | undefined) {
      return runProtest(accused, flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          placeholder: 'PARTY',
          brief: 'Whose receipt is missing; the only one due when left out',
          parse: String,
          optional: true,
        },
      ],
    },
    flags: { ...TABLE, out: maybe('FILE', 'Write the protest here; shows what is due when left out') },
  },
  docs: {
    brief: 'Write a protest of non-delivery as a file anyone verifies',
    fullDescription: [
      'Where a member has seen the head of our log, or an observer has, and its mirror has given no receipt in the time of the',
      'charter, writes that as evidence: our signed head with the witnesses’ cosignatures and their times. It proves that the',
      'acts were there to take; a receipt from before the deadline answers it. Says by which command a third party verifies it.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line protest',
      '  parley line protest south --out south.evidence',
    ].join('\n'),
  },
})

const show = buildCommand<ShowFlags, [string], CliContext>({
  loader: async () => {
    const { runShow } = await import('./run-about.ts')
    return function (this: CliContext, flags: ShowFlags, number: string) {
      return runShow(number, flags, this)
    }
  },
  parameters: {
    positional: tuple(NUMBER),
    flags: {
      ...TABLE,
      print: { kind: 'enum', values: LANGUAGES, optional: true, brief: 'Print form alone, in this language' },
    },
  },
  docs: {
    brief: 'Show a message, how far it came, and its print form',
    fullDescription: [
      'Shows a message in the skeleton of treaty formats, every step it took with who and when, and its clock.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line show north/south/2026/0003',
      '  parley line show north/south/2026/0003 --print ru > message.txt',
    ].join('\n'),
  },
})

const suspend = buildCommand<SuspendFlags, [], CliContext>({
  loader: async () => {
    const { runSuspend } = await import('./run-declare.ts')
    return function (this: CliContext, flags: SuspendFlags) {
      return runSuspend(flags, this)
    }
  },
  parameters: {
    flags: {
      ...SIGN,
      ...OUT,
      reason: choice(SUSPENSION_REASONS, 'Why'),
      scope: choiceOr(SUSPENSION_SCOPES, 'all', 'What it is about'),
      since: maybe('TIME', 'Since when, with its zone; now when left out'),
      until: maybe('TIME', 'Until when it is expected to last; it lasts until resumed all the same'),
      safetyOnly: flag('Take nothing but what passes every suspension'),
    },
  },
  docs: {
    brief: 'Declare our side suspended: a statement, not a cut',
    fullDescription: [
      'Says that our side holds itself suspended. The link stays up: tests, safety traffic, FLASH and statements about the',
      'line itself pass. Two officers sign, here or one after the other (--out, then parley line post).',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line suspend --reason political-decision --scope flights --key duty-7.key --key lead-1.key',
      '  parley line suspend --reason incident --until 2026-11-24T00:00:00Z --key duty-7.key --out suspend.act',
    ].join('\n'),
  },
})

const resume = buildCommand<SharedFlags, [], CliContext>({
  loader: async () => {
    const { runResume } = await import('./run-declare.ts')
    return function (this: CliContext, flags: SharedFlags) {
      return runResume(flags, this)
    }
  },
  parameters: { flags: { ...SIGN, ...OUT } },
  docs: {
    brief: 'Take back our suspension',
    fullDescription: [
      'Says that the suspension our side has declared is over. Two officers sign.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line resume --key duty-7.key --key lead-1.key',
    ].join('\n'),
  },
})

const digest = buildCommand<SignFlags, [], CliContext>({
  loader: async () => {
    const { runDigest } = await import('./run-declare.ts')
    return function (this: CliContext, flags: SignFlags) {
      return runDigest(flags, this)
    }
  },
  parameters: { flags: SIGN },
  docs: {
    brief: 'Say what our node makes of the logs, for the others to compare',
    fullDescription: [
      'Says the digest of the newest state that every side can compute from the same logs. Each side’s node compares it with',
      'its own; parley line status and the desk show where two differ. To be said after a long silence, and now and then.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line digest --key duty-7.key',
    ].join('\n'),
  },
})

const post = buildCommand<PostFlags, [string], CliContext>({
  loader: async () => {
    const { runPost } = await import('./run-declare.ts')
    return function (this: CliContext, flags: PostFlags, file: string) {
      return runPost(file, flags, this)
    }
  },
  parameters: { positional: tuple(['FILE', 'The act as others have signed it']), flags: { ...SIGN, ...OUT } },
  docs: {
    brief: 'Sign an act that another officer has signed, and send it',
    fullDescription: [
      'Adds signatures to an act written by --out, and sends it.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line post suspend.act --key lead-1.key',
    ].join('\n'),
  },
})

const ROLE = {
  kind: 'tuple',
  parameters: [
    { placeholder: 'ROLE', brief: 'Role of ours; our first one when left out', parse: String, optional: true },
  ],
} as const

const watchOpen = buildCommand<SignFlags, [string | undefined], CliContext>({
  loader: async () => {
    const { runWatchOpen } = await import('./run-declare.ts')
    return function (this: CliContext, flags: SignFlags, role: string | undefined) {
      return runWatchOpen(role, flags, this)
    }
  },
  parameters: { positional: ROLE, flags: SIGN },
  docs: {
    brief: 'Begin the watch of a role, and see what it takes over',
    fullDescription: [
      'Says that a role is manned from now on, and shows what its watch takes over.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line watch open duty --key duty-7.key',
    ].join('\n'),
  },
})

const watchClose = buildCommand<WatchFlags, [string | undefined], CliContext>({
  loader: async () => {
    const { runWatchClose } = await import('./run-declare.ts')
    return function (this: CliContext, flags: WatchFlags, role: string | undefined) {
      return runWatchClose(role, flags, this)
    }
  },
  parameters: {
    positional: ROLE,
    flags: { ...SIGN, notes: maybe('TEXT', 'What the next watch should know beside it') },
  },
  docs: {
    brief: 'End the watch of a role with its handover sheet',
    fullDescription: [
      'Says that a watch ends. The act carries the sheet for the next one: messages not done, clocks that run, what is held',
      'of each log.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line watch close duty --notes "0007 waits for the unit" --key duty-7.key',
    ].join('\n'),
  },
})

const watch = buildRouteMap({
  routes: { open: watchOpen, close: watchClose },
  docs: { brief: 'Open and close the watch of a role' },
})

const tail = buildCommand<TailFlags, [], CliContext>({
  loader: async () => {
    const { runTail } = await import('./run-tail.ts')
    return function (this: CliContext, flags: TailFlags) {
      return runTail(flags, this)
    }
  },
  parameters: {
    flags: {
      ...TABLE,
      kind: {
        kind: 'enum',
        values: ['state', 'message', 'flight', 'act'],
        optional: true,
        variadic: true,
        brief: 'Only these kinds',
      },
      count: maybeCount('--count', 'End after so many', { least: 1 }),
    },
  },
  docs: {
    brief: 'Follow what happens, one line each',
    fullDescription: [
      'Follows a line: states, messages, flights and acts as they come, one to a line, until it is stopped; --json gives',
      'each as one JSON object {kind, version, data}. A node that goes away is asked again until it is back.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line tail',
      '  parley line tail --kind message --json',
    ].join('\n'),
  },
})

const exportFiles = buildCommand<ExportFlags, [string], CliContext>({
  loader: async () => {
    const { runExport } = await import('./run-carrier.ts')
    return function (this: CliContext, flags: ExportFlags, dir: string) {
      return runExport(dir, flags, this)
    }
  },
  parameters: {
    positional: tuple(['DIR', 'Folder for the files; made when it is not there']),
    flags: {
      ...TABLE,
      to: anyNumber('PARTY', 'Only for these members'),
      from: maybeCount('--from', 'Begin at this entry instead of where their receipt ends'),
    },
  },
  docs: {
    brief: 'Write what the others lack as files for a stick',
    fullDescription: [
      'Writes what the other members have no receipt for, and our receipts for what is theirs, as files: the bytes that',
      'otherwise go over the wire, with the same proofs. Carry the folder by any means.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line export /media/stick --to south',
    ].join('\n'),
  },
})

const importFiles = buildCommand<TableFlags, [string], CliContext>({
  loader: async () => {
    const { runImport } = await import('./run-carrier.ts')
    return function (this: CliContext, flags: TableFlags, dir: string) {
      return runImport(dir, flags, this)
    }
  },
  parameters: { positional: tuple(['DIR', 'Folder that came from the others']), flags: TABLE },
  docs: {
    brief: 'Take what was carried here as files',
    fullDescription: [
      'Hands the files for us in a folder to the node, which holds them to the same proofs as what comes over the wire.',
      'Files that were taken before change nothing.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line import /media/stick',
    ].join('\n'),
  },
})

/** `parley line`: the line from a terminal. */
export const line = buildRouteMap({
  routes: {
    status,
    ...join,
    open: openOf,
    send,
    show,
    take,
    readback,
    answer,
    relayed,
    escalate,
    close: closeOf,
    suspend,
    resume,
    digest,
    post,
    watch,
    flights,
    ...planCommands,
    ...groundCommands,
    protest,
    tail,
    export: exportFiles,
    import: importFiles,
  },
  docs: {
    brief: 'The line to the other side: join, say, take, answer, follow',
    fullDescription: [
      'The line from a terminal. Every command speaks to your own side’s node (--node URL) and never to anybody else; what',
      'is said is signed here with an officer’s key, which the node never sees.',
      '',
      'The ceremony by which a line begins: create, invite, accept, reveal, accept, compare, charter, open.',
      '',
      'Examples',
      '  parley line status',
      '  parley line send --to south.duty --template test.routine --item count=14 --key duty-7.key',
      '  parley line take south/north/2026/0007 --key duty-7.key',
      '  parley line tail',
    ].join('\n'),
  },
})

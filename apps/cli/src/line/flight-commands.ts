import { buildCommand } from '@stricli/core'
import type { CliContext } from '../context.ts'
import { flag, maybe, OUT, SIGN, TABLE, text, tuple, wholeNumber } from './flags.ts'
import type { TableFlags } from './node.ts'
import type { SharedFlags } from './run-declare.ts'
import type { AckFlags, CheckDraftFlags, IntentDoing, ProposeFlags } from './run-flights.ts'
import { LINE_EXIT_HELP } from './usage.ts'

const PLAN = ['PLAN', 'First digits of its id, or party:index of its proposal'] as const
export const VOLUMES = ['VOLUMES', 'A volume or a list of them as JSON, or a file of it'] as const
const PRIORITY = {
  kind: 'parsed',
  parse: wholeNumber('--priority', 0, 99),
  default: '50',
  placeholder: 'N',
  brief: 'Lower goes before higher where two proposals cross',
} as const

export const VOLUME_HELP = [
  'A volume is {"circle":{"lat_e7":344504000,"lng_e7":409186000,"radius_cm":500000},"lower_cm":30000,"upper_cm":90000,',
  '"start":1798000000,"end":1798003600}, or has "polygon":[[lat_e7,lng_e7],…] instead: degrees times ten million, heights',
  'in centimetres above the WGS 84 ellipsoid, unix seconds.',
]

/** `parley line flights`. */
export const flights = buildCommand<TableFlags, [], CliContext>({
  loader: async () => {
    const { runFlights } = await import('./run-flights.ts')
    return function (this: CliContext, flags: TableFlags) {
      return runFlights(flags, this)
    }
  },
  parameters: { flags: TABLE },
  docs: {
    brief: 'Show the plans of all sides',
    fullDescription: [
      'Shows every plan with its state and whom it waits for, and areas that ask for a call before entry.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line flights',
    ].join('\n'),
  },
})

const check = buildCommand<CheckDraftFlags, [string], CliContext>({
  loader: async () => {
    const { runCheckDraft } = await import('./run-flights.ts')
    return function (this: CliContext, flags: CheckDraftFlags, volumes: string) {
      return runCheckDraft(volumes, flags, this)
    }
  },
  parameters: {
    positional: tuple(VOLUMES),
    flags: {
      ...TABLE,
      profile: maybe('PROFILE', 'Separation profile; the charter’s first when left out'),
      priority: PRIORITY,
    },
  },
  docs: {
    brief: 'Hold a plan against the plans of the others; nothing is said',
    fullDescription: [
      'Says whether a plan comes too near to a plan of another side, what it would have to cite, and what would clear it.',
      'Ends with 1 when it is blocked.',
      '',
      ...VOLUME_HELP,
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line check plan.json --profile rule-of-threes',
    ].join('\n'),
  },
})

const propose = buildCommand<ProposeFlags, [string], CliContext>({
  loader: async () => {
    const { runPropose } = await import('./run-flights.ts')
    return function (this: CliContext, flags: ProposeFlags, volumes: string) {
      return runPropose(volumes, flags, this)
    }
  },
  parameters: {
    positional: tuple(VOLUMES),
    flags: {
      ...SIGN,
      ...OUT,
      profile: text('PROFILE', 'Separation profile of the charter'),
      priority: PRIORITY,
      id: maybe('HEX', 'Id of the plan, to propose it anew; a new one when left out'),
      yes: flag('Do not ask when it comes too near to another plan'),
    },
  },
  docs: {
    brief: 'Propose a plan to the other sides',
    fullDescription: [
      'Proposes a plan, citing every plan it comes too near to. It may be flown once every other side has acknowledged it',
      '(parley line flights), and is active by parley line activate.',
      '',
      ...VOLUME_HELP,
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line propose plan.json --profile rule-of-threes --key duty-7.key',
    ].join('\n'),
  },
})

const ack = buildCommand<AckFlags, [string], CliContext>({
  loader: async () => {
    const { runIntent } = await import('./run-flights.ts')
    return function (this: CliContext, flags: AckFlags, plan: string) {
      return runIntent('ack', [plan, flags], this)
    }
  },
  parameters: {
    positional: tuple(PLAN),
    flags: { ...SIGN, ...OUT, consent: flag('Say yes to an overlap with a plan of ours; two officers sign') },
  },
  docs: {
    brief: 'Acknowledge a plan of another side',
    fullDescription: [
      'Says yes to a plan of another side. Where it overlaps a plan of ours that it cites, --consent says yes to that too,',
      'and two officers sign.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line ack 4f3a --key duty-7.key',
      '  parley line ack south:41 --consent --key duty-7.key --key lead-1.key',
    ].join('\n'),
  },
})

/** The three things that only the author of a plan does. */
const own = (doing: Exclude<IntentDoing, 'ack'>, brief: string, full: readonly string[]) =>
  buildCommand<SharedFlags, [string], CliContext>({
    loader: async () => {
      const { runIntent } = await import('./run-flights.ts')
      return function (this: CliContext, flags: SharedFlags, plan: string) {
        return runIntent(doing, [plan, { ...flags, consent: false }], this)
      }
    },
    parameters: { positional: tuple(PLAN), flags: { ...SIGN, ...OUT } },
    docs: {
      brief,
      fullDescription: [
        ...full,
        '',
        ...LINE_EXIT_HELP,
        '',
        'Example',
        `  parley line ${doing} 4f3a --key duty-7.key`,
      ].join('\n'),
    },
  })

/** What is done with plans. */
export const planCommands = {
  check,
  propose,
  ack,
  withdraw: own('withdraw', 'Withdraw a plan of ours', ['Takes a plan back that was not acted on yet.']),
  activate: own('activate', 'Act on a plan of ours from now on', [
    'Says that a plan is acted on. Every other side must have acknowledged it.',
  ]),
  end: own('end', 'End a plan of ours', ['Says that a plan has been flown, or is left.']),
}

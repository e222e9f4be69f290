import { buildCommand } from '@stricli/core'
import type { CliContext } from '../context.ts'
import { anyNumber, maybe, NODE, several, TABLE, tuple } from './flags.ts'
import type { TableFlags } from './node.ts'
import type { AcceptFlags, CharterFlags, CompareFlags, CreateFlags, InviteFlags, RevealFlags } from './run-join.ts'
import { LINE_EXIT_HELP } from './usage.ts'

const create = buildCommand<CreateFlags, [string], CliContext>({
  loader: async () => {
    const { runCreate } = await import('./run-join.ts')
    return function (this: CliContext, flags: CreateFlags, table: string) {
      return runCreate(table, flags, this)
    }
  },
  parameters: {
    positional: tuple(['TABLE', 'Name of the table, the same on every side']),
    flags: {
      ...NODE,
      with: several('PARTY', 'Another member; given again for each'),
      party: maybe('PARTY', 'Our own party; the node’s when left out'),
      address: maybe('URL', 'Where peers reach us, told in our invitation; the node’s own when left out'),
      out: maybe('FILE', 'Where the draft of our enrolment goes'),
    },
  },
  docs: {
    brief: 'Begin a table: the node makes its keys for it',
    fullDescription: [
      'Step 1. The node makes its log, mirror and witness keys for the table, and what our enrolment must name is written as',
      'a draft. Officers, root and seal keys are added by hand; they never go to the node.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line create ridge-7 --party north --with south --with observer --out north.json',
    ].join('\n'),
  },
})

const join_ = buildCommand<TableFlags, [], CliContext>({
  loader: async () => {
    const { runJoining } = await import('./run-join.ts')
    return function (this: CliContext, flags: TableFlags) {
      return runJoining(flags, this)
    }
  },
  parameters: { flags: TABLE },
  docs: {
    brief: 'Show how far the ceremony of a table has come',
    fullDescription: [
      'Shows who has committed, revealed and been compared, and what comes next.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line join --table ridge-7',
    ].join('\n'),
  },
})

const invite = buildCommand<InviteFlags, [], CliContext>({
  loader: async () => {
    const { runInvite } = await import('./run-join.ts')
    return function (this: CliContext, flags: InviteFlags) {
      return runInvite(flags, this)
    }
  },
  parameters: {
    flags: {
      ...TABLE,
      enrolment: anyNumber('FILE', 'Our enrolment as its keys have signed it; several files add their signatures'),
      out: maybe('FILE', 'Where the invitation goes; printed to be pasted when left out'),
    },
  },
  docs: {
    brief: 'Give the others our promise, before anybody shows a key',
    fullDescription: [
      'Step 2. Hands our signed enrolment to the node, which adds the signatures of its own keys, and gives the invitation:',
      'a promise of the enrolment that gives nothing away. It is one line of text: send it by any means.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line invite --table ridge-7 --enrolment north.signed --out north.invitation',
      '  parley line invite --table ridge-7',
    ].join('\n'),
  },
})

const accept = buildCommand<AcceptFlags, string[], CliContext>({
  loader: async () => {
    const { runAccept } = await import('./run-join.ts')
    return function (this: CliContext, flags: AcceptFlags, ...files: string[]) {
      return runAccept(files, flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: {
        brief: 'An invitation or a reveal of another member; - reads what is pasted',
        parse: String,
        placeholder: 'FILE',
      },
    },
    flags: { ...TABLE, address: maybe('URL', 'Where that party is reached, when it is not where it says') },
  },
  docs: {
    brief: 'Take the invitations and reveals of the others',
    fullDescription: [
      'Steps 3 and 5. Takes what the others have sent: first their invitations, and once all are here, their reveals. After',
      'a reveal, the code to be read aloud is shown.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line accept --table ridge-7 south.invitation observer.invitation',
      '  parley line accept --table ridge-7 - < pasted.txt',
    ].join('\n'),
  },
})

const reveal = buildCommand<RevealFlags, [], CliContext>({
  loader: async () => {
    const { runReveal } = await import('./run-join.ts')
    return function (this: CliContext, flags: RevealFlags) {
      return runReveal(flags, this)
    }
  },
  parameters: {
    flags: { ...TABLE, out: maybe('FILE', 'Where the reveal goes; printed to be pasted when left out') },
  },
  docs: {
    brief: 'Give the others our enrolment, once all have committed',
    fullDescription: [
      'Step 4. Gives our enrolment with its nonce. The node refuses while somebody has not committed: else that one could',
      'choose its keys by ours.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line reveal --table ridge-7 --out north.reveal',
    ].join('\n'),
  },
})

const compare = buildCommand<CompareFlags, [], CliContext>({
  loader: async () => {
    const { runCompare } = await import('./run-join.ts')
    return function (this: CliContext, flags: CompareFlags) {
      return runCompare(flags, this)
    }
  },
  parameters: {
    flags: {
      ...TABLE,
      party: maybe('PARTY', 'Whose code; all when only shown'),
      code: maybe('DIGITS', 'The 20 digits as the other side has read them; shown when left out'),
    },
  },
  docs: {
    brief: 'Compare the code with each of the others, by voice',
    fullDescription: [
      'Step 6. Shows the 20 digits in four groups, to be read aloud to each other; with --code, takes what the other side has',
      'read. Nobody can stand between two sides that have compared it.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line compare --table ridge-7',
      '  parley line compare --table ridge-7 --party south --code "13579 24680 11223 44556"',
    ].join('\n'),
  },
})

const charter = buildCommand<CharterFlags, [string | undefined], CliContext>({
  loader: async () => {
    const { runCharter } = await import('./run-join.ts')
    return function (this: CliContext, flags: CharterFlags, file: string | undefined) {
      return runCharter(file, flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          placeholder: 'FILE',
          brief: 'A charter, signed or not; the node’s when left out',
          parse: String,
          optional: true,
        },
      ],
    },
    flags: {
      ...TABLE,
      make: maybe('FILE', 'Make a charter for these members and write it here'),
      member: anyNumber(
        'PARTY:KIND[:ROLES[:TITLE]]',
        'With --make: party, guarantor or observer, its roles, its title',
      ),
      change: maybe('JSON', 'With --make: fields that are not as by default'),
      key: anyNumber('FILE', 'Secret key of a custodian of the root'),
      passphraseFile: maybe('FILE', 'Passphrase of the key files given, on the first line of this file'),
      out: maybe('FILE', 'Where the charter goes with all signatures it has'),
    },
  },
  docs: {
    brief: 'Make the charter, sign it, hand it over',
    fullDescription: [
      'Step 7. Makes the charter (--make) for members whose codes were compared; signs it with two custodians of our root and',
      'hands it to the node; gives it on with all signatures so far. Every side does so with the same text.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line charter --table ridge-7 --make charter.txt --member observer:observer:desk',
      '  parley line charter charter.txt --table ridge-7 --key root-1.key --key root-2.key --out charter.note',
      '  parley line charter their-charter.note --table ridge-7',
    ].join('\n'),
  },
})

const address = buildCommand<TableFlags, [string, string], CliContext>({
  loader: async () => {
    const { runAddress } = await import('./run-join.ts')
    return function (this: CliContext, flags: TableFlags, party: string, address: string) {
      return runAddress([party, address], flags, this)
    }
  },
  parameters: {
    positional: tuple(
      ['PARTY', 'Another member'],
      ['ADDRESS', 'https://…, relay:https://…/PIN, or none: by files only'],
    ),
    flags: TABLE,
  },
  docs: {
    brief: 'Say where another member is reached from now on',
    fullDescription: [
      'Says where a member is reached; it counts at once. Who answers there is held against the key in its enrolment, so a',
      'wrong address can keep the line down and nothing else.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line address south https://198.51.100.7:8443',
      '  parley line address south relay:https://relay.example.org:8443/3f0c…',
    ].join('\n'),
  },
})

/** The steps of the ceremony, in their order; `open` is the last. */
export const join = { create, join: join_, invite, accept, reveal, compare, charter, address }

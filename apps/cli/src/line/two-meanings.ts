import { CLOSE_REASONS, type CloseReason } from '@parley/line'
import { buildCommand } from '@stricli/core'
import type { CliContext } from '../context.ts'
import { CannotFollow } from '../keys/usage.ts'
import { anyNumber, flag, maybe, OUT, SIGN, TABLE } from './flags.ts'
import type { SignFlags } from './node.ts'
import type { CloseLineFlags } from './run-declare.ts'
import type { OpenFlags } from './run-join.ts'
import { LINE_EXIT_HELP, tell } from './usage.ts'

/** With a number, a message; without, the line itself. */
const NUMBER_OR_LINE = {
  kind: 'tuple',
  parameters: [
    { placeholder: 'NUMBER', brief: 'A message; without it the line itself', parse: String, optional: true },
  ],
} as const

/** `parley line open`: the line by its roots and an officer, or a message by whoever reads it. */
export const openOf = buildCommand<OpenFlags, [string | undefined], CliContext>({
  loader: async () => {
    const [{ runOpen }, { runOpened }] = await Promise.all([import('./run-join.ts'), import('./run-about.ts')])
    return function (this: CliContext, flags: OpenFlags, number: string | undefined) {
      if (number === undefined) return runOpen(flags, this)
      const { key, root, ...rest } = flags
      return root === undefined && key !== undefined
        ? runOpened(number, { ...rest, key }, this)
        : refuse(
            this,
            flags.json,
            root === undefined ? '--key' : '--root',
            'a message is opened with --key, by an officer, and with nothing else',
          )
    }
  },
  parameters: {
    positional: NUMBER_OR_LINE,
    flags: {
      ...TABLE,
      root: anyNumber('FILE', 'Secret key of a custodian of the root; two sign entry 0 of our log'),
      key: anyNumber('FILE', 'Secret key of the officer who says that the line is open, or opens the message'),
      passphraseFile: maybe('FILE', 'Passphrase of the key files given, on the first line of this file'),
    },
  },
  docs: {
    brief: 'Open the line on our side, or say that a message is on the screen',
    fullDescription: [
      'Without a number, opens the line on our side once the charter is signed by all: two custodians of the root sign entry',
      '0 of our log, and an officer says that the line is open. With a number, says that a person has opened that message;',
      'it stops no clock.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line open --root root-1.key --root root-2.key --key duty-7.key',
      '  parley line open south/north/2026/0007 --key duty-7.key',
    ].join('\n'),
  },
})

interface CloseFlags extends Omit<CloseLineFlags, 'reason'> {
  readonly reason?: CloseReason
}

/** `parley line close`: a message by who sent it, or the line for good by two custodians of the root. */
export const closeOf = buildCommand<CloseFlags, [string | undefined], CliContext>({
  loader: async () => {
    const [{ runCloseLine }, { runClosed }] = await Promise.all([import('./run-declare.ts'), import('./run-about.ts')])
    return function (this: CliContext, flags: CloseFlags, number: string | undefined) {
      const { reason, ...rest } = flags
      if (number === undefined && reason !== undefined) return runCloseLine({ ...rest, reason }, this)
      if (number !== undefined && reason === undefined) return runClosed(number, rest satisfies SignFlags, this)
      const rule =
        number === undefined
          ? `must be given to close the line for good (${CLOSE_REASONS.join(', ')}), or NUMBER to close a message`
          : 'must not go with a number: a message is closed without a reason'
      return refuse(this, flags.json, '--reason', rule)
    }
  },
  parameters: {
    positional: NUMBER_OR_LINE,
    flags: {
      ...SIGN,
      ...OUT,
      reason: { kind: 'enum', values: CLOSE_REASONS, optional: true, brief: 'Why the line itself is closed' },
      yes: flag('Do not ask before the line is closed'),
    },
  },
  docs: {
    brief: 'Close a message of ours, or the line for good',
    fullDescription: [
      'With a number, says that nothing more is expected about a message our side has sent. With --reason and no number,',
      'closes the line for good: two custodians of the root sign, and nothing can be said on it afterwards.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line close north/south/2026/0003 --key duty-7.key',
      '  parley line close --reason agreement-ended --key root-1.key --key root-2.key',
    ].join('\n'),
  },
})

function refuse({ process }: CliContext, json: boolean, field: string, rule: string): Promise<void> {
  const command = field === '--reason' ? 'line close' : 'line open'
  return tell({ process, json, command }, () => Promise.reject(new CannotFollow(field, '', rule)))
}

import { buildCommand } from '@stricli/core'
import type { CliContext } from '../context.ts'
import { anyNumber, flag, wholeNumber } from '../line/flags.ts'
import { LINE_EXIT_HELP } from '../line/usage.ts'
import type { RelayFlags } from './run-relay.ts'

/** `parley relay`. */
export const relay = buildCommand<RelayFlags, [], CliContext>({
  loader: async () => {
    const { runRelay } = await import('./run-relay.ts')
    return function (this: CliContext, flags: RelayFlags) {
      return runRelay(flags, this)
    }
  },
  parameters: {
    flags: {
      port: {
        kind: 'parsed',
        parse: wholeNumber('--port', 0, 65_535),
        placeholder: 'N',
        brief: 'Port to listen on; 0 takes any that is free',
      },
      host: {
        kind: 'parsed',
        parse: String,
        default: '0.0.0.0',
        placeholder: 'ADDRESS',
        brief: 'Address to listen on; every one of this machine when left out',
      },
      data: {
        kind: 'parsed',
        parse: String,
        default: 'parley-relay',
        placeholder: 'DIR',
        brief: 'Folder of its key, made at the first start',
      },
      allow: anyNumber(
        'PIN',
        'A TLS key that may use it (SHA-256 of its SubjectPublicKeyInfo); whoever shows one when left out',
      ),
      json: flag('Write what happens as JSON, one object each'),
    },
  },
  docs: {
    brief: 'Run a relay that both sides of a line dial out to',
    fullDescription: [
      'Joins two sides that both can only dial out: one waits here under its TLS key, the other calls that key, and the two',
      'connections become one pipe. The line’s own TLS runs inside from end to end: whoever runs the relay sees which keys',
      'speak, when, and how much, and can cut them off; he can neither read nor change what they say.',
      'A line that goes by a relay shows itself as degraded (relay). Stop it with Ctrl-C.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley relay --port 8443',
      '  parley relay --port 8443 --allow 3f0c… --allow 91ab…',
    ].join('\n'),
  },
})

import { buildCommand } from '@stricli/core'
import type { CliContext } from '../context.ts'
import type { ExportFlags, ProveFlags } from './run-prove.ts'
import type { VerifyFlags } from './run-verify.ts'

const text = (placeholder: string, brief: string) =>
  ({ kind: 'parsed', parse: String, optional: true, placeholder, brief }) as const
const texts = (placeholder: string, brief: string) =>
  ({ kind: 'parsed', parse: String, optional: true, variadic: true, placeholder, brief }) as const
const access = {
  token: text('TOKEN', 'Bearer token for a log of members only, or a file that holds it'),
  tokenUrl: text('URL', 'Issuer to get a token from'),
  sub: { kind: 'parsed', parse: String, default: 'verifier', placeholder: 'NAME', brief: 'Who asks that issuer' },
} as const
const key = text('VKEY', "The log's public key, or a file that holds it")
const exits = [
  'Exit codes',
  '  0  everything that was read is as it was signed',
  '  1  something is not as it was signed; it is named',
  '  2  the command line cannot be followed, or what it names cannot be read: nothing is said',
  '  4  a fault of this program',
]
const json = { kind: 'boolean', default: false, withNegated: false, brief: 'Write the whole report as JSON' } as const

function wholeNumber(flag: string, most: number): (given: string) => number {
  return (given) => {
    const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN
    if (!(value <= most)) throw new Error(`${flag} ${given}: a whole number from 0 to ${most} is required`)
    return value
  }
}

export const verify = buildCommand<VerifyFlags, [string], CliContext>({
  loader: async () => {
    const { runVerify } = await import('./run-verify.ts')
    return function (this: CliContext, flags: VerifyFlags, place: string) {
      return runVerify(place, flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: "A node's data folder, the files of a log, its address, or one file",
          parse: String,
          placeholder: 'PATH|URL',
        },
      ],
    },
    flags: {
      key,
      cosigner: texts('VKEY', "A cosigner's public key, or a file that holds it; repeatable"),
      policy: text('FILE', 'Policy (tlog-policy): which logs, which cosigners, and how many of them'),
      officer: texts('VKEY', 'Public key of one who signs acts, or a file that holds it; repeatable'),
      enrolment: text('FILE', "The party's enrolment: acts are judged by the key book that it begins"),
      party: texts('ID', 'Another party of the table, for --enrolment; repeatable'),
      since: texts('FILE', 'An earlier checkpoint of this log, which it must continue; repeatable'),
      save: text('FILE', 'Keep the checkpoint here once it is verified, for --since the next time'),
      entry: text('FILE', 'The entry that a proof file is about'),
      replay: {
        kind: 'enum',
        values: ['auto', 'pool', 'none'],
        default: 'auto',
        brief: "Decide a pool's log again by its rules: where the first entry is such, always, or never",
      },
      ...access,
      threads: {
        kind: 'parsed',
        parse: wholeNumber('--threads', 64),
        optional: true,
        placeholder: 'N',
        brief: 'Threads that hash and verify; 0 for none. Default: as many as the machine has',
      },
      json,
    },
  },
  docs: {
    brief: 'Verify a log, an act, a proof or a piece of evidence',
    fullDescription: [
      'Verifies that a log holds what was signed, and nothing else: signature and cosignatures of its checkpoint, every',
      'entry and every hash of its tree, that it continues what was seen before, the signatures of acts; and decides',
      "a pool's decisions again by the rules. What is altered is named: file, entry, bytes.",
      '',
      "PATH is a node's data folder (the node must not run), a folder of tlog-tiles files, or one file: a .tlog-proof,",
      'an act, a checkpoint, a piece of evidence. URL is the prefix of a log. Nothing is written, locked or sent.',
      '',
      ...exits,
      '',
      'Examples',
      '  parley verify parley-data',
      '  parley verify http://localhost:8080/log --token-url http://localhost:8080/token --key pool.vkey',
      '  parley verify https://pool.example/log --token-url https://auth.example/token --since seen --save seen',
      '  parley verify act.tlog-proof --entry act.txt --key pool.vkey',
    ].join('\n'),
  },
})

export const prove = buildCommand<ProveFlags, [string], CliContext>({
  loader: async () => {
    const { runProve } = await import('./run-prove.ts')
    return function (this: CliContext, flags: ProveFlags, place: string) {
      return runProve(place, flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: "A node's data folder, the files of a log, or its address", parse: String, placeholder: 'PATH|URL' },
      ],
    },
    flags: {
      index: {
        kind: 'parsed',
        parse: wholeNumber('--index', Number.MAX_SAFE_INTEGER),
        placeholder: 'N',
        brief: 'Entry to prove, counted from 0',
      },
      out: text('FILE', 'Where the proof goes, the entry beside it as FILE.entry; default entry-N.tlog-proof'),
      key,
      ...access,
      json,
    },
  },
  docs: {
    brief: 'Prove one entry of a log in a file that anyone can check',
    fullDescription: [
      'Writes a portable proof (c2sp.org/tlog-proof) that an entry stands in the log at its place, and the entry itself.',
      'The proof is verified before it is written.',
      '',
      ...exits,
      '',
      'Examples',
      '  parley prove parley-data --index 41',
      '  parley prove http://localhost:8080/log --token-url http://localhost:8080/token --index 41 --out act.tlog-proof',
    ].join('\n'),
  },
})

export const exportLog = buildCommand<ExportFlags, [string, string], CliContext>({
  loader: async () => {
    const { runExport } = await import('./run-export.ts')
    return function (this: CliContext, flags: ExportFlags, place: string, folder: string) {
      return runExport(place, folder, { flags, context: this })
    }
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: "A node's data folder, the files of a log, or its address", parse: String, placeholder: 'PATH|URL' },
        { brief: 'Folder for the files; made if missing, and must be empty', parse: String, placeholder: 'DIR' },
      ],
    },
    flags: { key, ...access, json },
  },
  docs: {
    brief: 'Write a log as static tlog-tiles files',
    fullDescription: [
      "Writes a log as the static files of c2sp.org/tlog-tiles (checkpoint, tile/, blob/, vkey), for other people's",
      'checkers, for an archive, or to be served by any web server. The root is computed on the way; a log that does',
      'not have the root of its checkpoint is not exported.',
      '',
      ...exits,
      '',
      'Example',
      '  parley export parley-data log-files',
    ].join('\n'),
  },
})

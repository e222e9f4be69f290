import { buildApplication, buildCommand, buildRouteMap, run } from '@stricli/core'
import type { CliContext, CliProcess } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { keys } from './keys/commands.ts'
import { line } from './line/commands.ts'
import { FORMATS } from './read/format.ts'
import { relay } from './relay/commands.ts'
import { exportLog, prove, verify } from './verify/commands.ts'

/** Flags of `parley check` as parsed. */
export interface CheckFlags {
  readonly separation: string
  readonly buffer?: string
  readonly zone?: string
  readonly format?: (typeof FORMATS)[number]
  readonly altitude: 'geometric' | 'pressure'
  readonly maxSpeed: number
  readonly maxGap: number
  readonly limit: number
  readonly json: boolean
  readonly geojson: boolean
  readonly allPairs: boolean
}

const check = buildCommand<CheckFlags, string[], CliContext>({
  loader: async () => {
    const { runCheck } = await import('./check/run-check.ts')
    return function (this: CliContext, flags: CheckFlags, ...files: string[]) {
      return runCheck(files, flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: { brief: 'File to check, plain or gzip', parse: String, placeholder: 'FILE' },
    },
    flags: {
      separation: {
        kind: 'parsed',
        parse: String,
        default: 'f3548',
        placeholder: 'PROFILE',
        brief: 'What counts as meeting: a profile by name, or a JSON file',
      },
      buffer: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'LATERAL_M,VERTICAL_M,TIME_S',
        brief: 'Widen flights, lines and points by this much instead of by what the profile says',
      },
      zone: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'Area/City',
        brief: 'Show times in this zone too, beside UTC',
      },
      format: {
        kind: 'enum',
        values: FORMATS,
        optional: true,
        brief: 'Read every file as this, whatever it looks like',
      },
      altitude: {
        kind: 'enum',
        values: ['geometric', 'pressure'],
        default: 'geometric',
        brief: 'Height of recorded flights; pressure altitude is compared only with pressure altitude',
      },
      maxSpeed: {
        kind: 'parsed',
        parse: positive('--max-speed'),
        default: '700',
        placeholder: 'KT',
        brief: 'Break a track where a position could only be reached faster than this',
      },
      maxGap: {
        kind: 'parsed',
        parse: positive('--max-gap'),
        default: '120',
        placeholder: 'S',
        brief: 'Break a track where no row stands for longer than this',
      },
      limit: {
        kind: 'parsed',
        parse: positive('--limit'),
        default: '50',
        placeholder: 'N',
        brief: 'Write out at most this many meetings (text only)',
      },
      json: { kind: 'boolean', default: false, withNegated: false, brief: 'Write the whole report as JSON' },
      geojson: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Write places and parts that meet as GeoJSON',
      },
      allPairs: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Compare every pair of parts without the index: slow, to check the result',
      },
    },
  },
  docs: {
    brief: 'Find who meets whom in files, without a server',
    fullDescription: [
      'Finds who meets whom in area, height and time among everything in the files given, without a server.',
      'Reads F3548-21 intents and constraints, GeoJSON and GeoJSON text sequences, ED-269 and ED-318 zones, and',
      'recorded flights; tells them apart by content. What cannot be understood is named and left out, never filled in.',
      '',
      'Profiles: f3548, f3548-touching, 3nm-3000ft-3min, 3nm-3000ft-within-3min, 5nm-1000ft, drone-50m-15m,',
      'drone-2000ft-250ft, or a file of your own.',
      '',
      'Exit codes',
      '  0  everything was read, nothing meets',
      '  1  something meets: conflict, breach or caution',
      '  2  the command line cannot be followed',
      '  3  nothing certain meets, but input was not read, was left out, or cannot be decided',
      '  4  a fault of this program',
      '',
      'Examples',
      '  parley check intents.json zones.json --zone Europe/Lisbon',
      '  parley check flights.json.gz --separation 3nm-3000ft-3min',
      '  parley check flights.json.gz --altitude pressure --buffer 1000,150,30 --json',
      '  parley check plan.geojson zones.json --geojson > meetings.geojson',
    ].join('\n'),
  },
})

function positive(flag: string): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (!(value > 0 && value <= 1e6))
      throw new Error(`${flag} ${text}: a number above 0 and at most 1,000,000 is required`)
    return value
  }
}

/** Runs the command line and returns one of our exit codes, whatever the framework calls its own. */
export async function runParley(inputs: readonly string[], process: CliProcess, version: string): Promise<number> {
  const routes = buildRouteMap({
    routes: {
      check,
      verify,
      prove,
      export: exportLog,
      keys,
      line,
      relay,
    },
    docs: {
      brief: 'Strategic coordination between parties that do not trust each other',
      fullDescription: [
        'Strategic coordination between parties that do not trust each other.',
        '',
        'Examples',
        '  parley check --help',
        '  parley check intents.json zones.json',
        '  parley verify parley-data',
      ].join('\n'),
    },
  })
  const app = buildApplication<CliContext>(routes, {
    name: 'parley',
    versionInfo: { currentVersion: version },
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    documentation: { caseStyle: 'convert-camel-to-kebab', disableAnsiColor: process.stdout.isTTY !== true },
    determineExitCode: () => EXIT.fault,
  })
  const inner: CliProcess = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: { STRICLI_SKIP_VERSION_CHECK: '1', ...process.env },
  }
  // Without a command there is nothing to do: help, as with --help, but told as a mistake.
  await run(app, inputs.length === 0 ? ['--help'] : inputs, { process: inner, version })
  const code = typeof inner.exitCode === 'number' ? inner.exitCode : EXIT.fault
  if (inputs.length === 0) return EXIT.usage
  // The framework's own codes are negative: an unknown command, flag or value.
  return code === -4 || code === -5 ? EXIT.usage : code < 0 ? EXIT.fault : code
}

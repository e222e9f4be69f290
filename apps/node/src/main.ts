import { buildApplication, buildCommand, type CommandContext, run } from '@stricli/core'
import { type LineScenario, loadLineScenario } from '@parley/testkit'
import { StartRefused } from './errors.ts'
import { giveBackWhenIdle } from './idle-memory.ts'
import { LINE_DEFAULTS } from './line/options.ts'
import { RECORD_DEFAULTS } from './record/options.ts'
import { startNode } from './start.ts'
import { VERSION } from './version.ts'

interface Flags {
  readonly port: number
  readonly host: string
  readonly data: string
  readonly scenario?: string
  readonly demo: boolean
  readonly issuer: boolean
  readonly audience?: readonly string[]
  readonly key?: readonly string[]
  readonly jwks?: string
  readonly allowHttpBaseUrls: boolean
  readonly exact: boolean
  readonly compat: boolean
  readonly rateLimit: number
  readonly origin?: string
  readonly publicLog: boolean
  readonly cosigner?: readonly string[]
  readonly requireCosigner: boolean
  readonly heartbeat: number
  readonly witnessFor?: readonly string[]
  readonly mirrorFor?: readonly string[]
  readonly mirrorQuota: number
  readonly pq: boolean
  readonly continueLog?: number
  readonly acceptLoss: boolean
  readonly nextLogKeys: boolean
  readonly retireKey?: readonly string[]
  readonly party?: string
  readonly linePort?: number
  readonly lineHost: string
  readonly lineAddress?: string
  readonly lineRelay?: readonly string[]
  readonly lineHttp: boolean
  readonly lineQuota: number
}

const EXIT = { ok: 0, failed: 1, usage: 2 } as const

const log = (line: string): void => {
  // Events are lines of JSON that carry their own time.
  process.stderr.write(line.startsWith('{') ? `${line}\n` : `${new Date().toISOString()} ${line}\n`)
}

/** What is played: a scenario of the pool, one of a line, or, for a look around, one of each. */
async function scenariosOf({
  scenario,
  demo,
}: Flags): Promise<{ readonly scenario: string | null; readonly lineScenario: LineScenario | null }> {
  if (scenario === 'none' || (scenario === undefined && !demo)) return { scenario: null, lineScenario: null }
  if (scenario === undefined) return { scenario: 'fire', lineScenario: await loadLineScenario('syria') }
  const lineScenario = await loadLineScenario(scenario).catch(() => null)
  return lineScenario === null ? { scenario, lineScenario } : { scenario: null, lineScenario }
}

async function serve(flags: Flags): Promise<void> {
  const { scenario, lineScenario } = await scenariosOf(flags)
  const node = await startNode(
    {
      port: flags.port,
      host: flags.host,
      dataDir: flags.data,
      scenario,
      lineScenario,
      audiences: flags.audience ?? [],
      allowHttpBaseUrls: flags.allowHttpBaseUrls,
      exact: flags.exact,
      compat: flags.compat,
      issuer: flags.issuer || flags.demo,
      keyFiles: flags.key ?? [],
      jwksUrl: flags.jwks ?? null,
      rateLimitPerS: flags.rateLimit,
      record: {
        origin: flags.origin ?? null,
        publicLog: flags.publicLog,
        cosigners: flags.cosigner ?? [],
        requireCosigner: flags.requireCosigner,
        heartbeatMs: flags.heartbeat * 1000,
        witnessFor: flags.witnessFor ?? [],
        mirrorFor: flags.mirrorFor ?? [],
        mirrorQuotaBytes: flags.mirrorQuota * 2 ** 20,
        pq: flags.pq,
        continueLog: flags.continueLog ?? null,
        acceptLoss: flags.acceptLoss,
        nextLogKeys: flags.nextLogKeys,
        retireKeys: flags.retireKey ?? [],
      },
      line: {
        party: flags.party ?? null,
        port: flags.linePort ?? null,
        host: flags.lineHost,
        address: flags.lineAddress ?? null,
        relays: flags.lineRelay ?? [],
        allowHttp: flags.lineHttp,
        quotaBytes: flags.lineQuota * 2 ** 20,
      },
    },
    { log },
  )
  process.stdout.write(`Parley is at ${node.url}\n`)
  giveBackWhenIdle()
  const ended = new Promise<'signal' | 'halted'>((settle) => {
    let asked = 0
    const onSignal = (): void => {
      asked += 1
      if (asked > 1) process.exit(EXIT.failed)
      settle('signal')
    }
    // The node of another side in a demonstration ends with the process that started it, however that one ended.
    if (process.send !== undefined) {
      process.once('disconnect', () => settle('signal'))
      // The channel is there to be heard of, not to keep this process alive once everything is closed.
      process.channel?.unref()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
    void node.halted.then(() => {
      // Goes on answering, with 503 and the reason, until the operator stops it: a line that fell silent would say less.
      process.exitCode = EXIT.failed
    })
  })
  await ended
  await node.close()
}

const command = buildCommand<Flags>({
  docs: {
    brief:
      'Run a Parley node: a shared sky for several suppliers (ASTM F3548-21, F3411), with its desk in the browser.',
    fullDescription:
      'A live node needs a key of the authority that issues tokens: --key FILE or --jwks URL. ' +
      'For a look around, --demo starts the development issuer and plays a simulated scenario.',
  },
  parameters: {
    flags: {
      port: { kind: 'parsed', parse: portOf, default: '8080', brief: 'TCP port; 0 takes any free one' },
      host: {
        kind: 'parsed',
        parse: String,
        default: '127.0.0.1',
        brief: 'Address to listen on; this machine only unless told',
      },
      data: {
        kind: 'parsed',
        parse: String,
        default: 'parley-data',
        brief: 'Folder that keeps the journal; made if missing',
      },
      demo: {
        kind: 'boolean',
        default: false,
        brief:
          'Development issuer on; plays the scenario "fire" in the pool and "syria" on a line of three parties, each with its own node, unless --scenario says otherwise',
      },
      scenario: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'Simulated scenario to play: fire, syria, or none',
      },
      issuer: {
        kind: 'boolean',
        default: false,
        brief: 'Issue tokens to whoever asks at /token; loopback addresses only',
      },
      audience: {
        kind: 'parsed',
        parse: String,
        optional: true,
        variadic: true,
        brief: 'Host name tokens may be for, besides 127.0.0.1 and localhost; repeatable',
      },
      key: {
        kind: 'parsed',
        parse: String,
        optional: true,
        variadic: true,
        brief: 'PEM file with an RSA public key to trust; repeatable',
      },
      jwks: { kind: 'parsed', parse: String, optional: true, brief: 'URL of a JSON Web Key Set to trust' },
      allowHttpBaseUrls: { kind: 'boolean', default: false, brief: 'Accept suppliers reached over plain http' },
      exact: { kind: 'boolean', default: false, brief: 'Only true overlaps need a key and are listed' },
      compat: {
        kind: 'boolean',
        default: false,
        brief: 'Answer as the reference implementation does where it leaves the standard',
      },
      rateLimit: {
        kind: 'parsed',
        parse: countOf,
        default: '0',
        brief: 'Requests a second one client may make; 0 for no limit',
      },
      origin: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'Name of the log of a new data folder; it never changes. Made from its key unless told',
      },
      publicLog: {
        kind: 'boolean',
        default: false,
        brief: 'Let anyone read the log below /log, not only members of the pool',
      },
      cosigner: {
        kind: 'parsed',
        parse: String,
        optional: true,
        variadic: true,
        brief:
          'Witness or mirror that cosigns the log, as VKEY=URL; a URL that ends in /mirror is a mirror; repeatable',
      },
      requireCosigner: {
        kind: 'boolean',
        default: false,
        brief: 'Do not start while no cosigner answers, instead of starting with a warning',
      },
      heartbeat: {
        kind: 'parsed',
        parse: secondsOf,
        default: String(RECORD_DEFAULTS.heartbeatMs / 1000),
        brief: 'Seconds after which a cosigner is asked for a fresh time on an unchanged head',
      },
      witnessFor: {
        kind: 'parsed',
        parse: String,
        optional: true,
        variadic: true,
        brief: 'Key of a log (VKEY) to witness at /witness; repeatable',
      },
      mirrorFor: {
        kind: 'parsed',
        parse: String,
        optional: true,
        variadic: true,
        brief: 'Key of a log (VKEY) to mirror at /mirror, for anyone to read; repeatable',
      },
      mirrorQuota: {
        kind: 'parsed',
        parse: countOf,
        default: String(RECORD_DEFAULTS.mirrorQuotaBytes / 2 ** 20),
        brief: 'MiB that the mirror keeps of one log',
      },
      pq: {
        kind: 'boolean',
        default: false,
        brief: 'Add an ML-DSA-44 line to cosignatures, at most once an hour a log',
      },
      continueLog: {
        kind: 'parsed',
        parse: countOf,
        optional: true,
        brief:
          'Give up the log of this number and go on under the next one, with a new key; once done it changes nothing',
      },
      acceptLoss: {
        kind: 'boolean',
        default: false,
        brief: 'With --continue-log: give up entries that were cosigned and that no mirror and no copy holds any more',
      },
      nextLogKeys: {
        kind: 'boolean',
        default: false,
        brief: 'Make the keys of the next three logs and tell them, for cosigners to know before they are needed',
      },
      retireKey: {
        kind: 'parsed',
        parse: String,
        optional: true,
        variadic: true,
        brief:
          'Name of the key of this witness or mirror to replace by a new one; once done it changes nothing; repeatable',
      },
      party: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'Party this node speaks for on its lines, such as north',
      },
      linePort: {
        kind: 'parsed',
        parse: portOf,
        optional: true,
        brief:
          'TCP port that nodes of other parties reach this one at, by TLS with enrolled keys; 0 takes any free one',
      },
      lineHost: {
        kind: 'parsed',
        parse: String,
        default: LINE_DEFAULTS.host,
        brief: 'Address the line port listens on; this machine only unless told',
      },
      lineAddress: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'Address told to other parties in invitations, such as https://HOST:PORT',
      },
      lineRelay: {
        kind: 'parsed',
        parse: String,
        optional: true,
        variadic: true,
        brief: 'Relay to wait for calls at, as https://HOST:PORT/PIN; connections only go out; repeatable',
      },
      lineHttp: {
        kind: 'boolean',
        default: false,
        brief: 'Let peers on this machine be named by http:// addresses, without TLS: for looking at the wire',
      },
      lineQuota: {
        kind: 'parsed',
        parse: countOf,
        default: String(LINE_DEFAULTS.quotaBytes / 2 ** 20),
        brief: 'MiB kept of the log of one peer',
      },
    },
  },
  func: async (flags) => {
    try {
      await serve(flags)
    } catch (error) {
      if (!(error instanceof StartRefused)) throw error
      process.stderr.write(`parley-node: ${error.message}\n`)
      process.exitCode = EXIT.failed
    }
  },
})

function portOf(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new SyntaxError(`${text} is not a port: a whole number from 0 to 65535`)
  return port
}

function countOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new SyntaxError(`${text} is not a whole number from 0 on`)
  return Number(text)
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (!/^\d{1,5}(\.\d{1,3})?$/.test(text) || seconds < 0.1)
    throw new SyntaxError(`${text} is not a number of seconds from 0.1 on`)
  return seconds
}

const application = buildApplication(command, {
  name: 'parley-node',
  versionInfo: { currentVersion: VERSION },
  scanner: { caseStyle: 'allow-kebab-for-camel' },
  documentation: { useAliasInUsageLine: false },
})

// npm passes what follows a bare -- on; the first one is its own.
await run(application, process.argv.slice(2), {
  process: process as unknown as CommandContext['process'],
})
// The framework's own codes for unusable words are negative or large: all of them are usage.
if (typeof process.exitCode === 'number' && process.exitCode !== 0 && process.exitCode !== EXIT.failed)
  process.exitCode = EXIT.usage

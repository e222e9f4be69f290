import { createPublicKey, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isJournalError, type Journal, type JournalNotice, openSqliteJournal } from '@parley/journal'
import { type Clock, systemClock } from '@parley/units'
import { allKeys, fixedKeys, remoteKeys, TokenVerifier, type TrustedKeys } from './auth.ts'
import { HaltedError, StartRefused } from './errors.ts'
import { type LineDemo, ownParty, startLineDemo } from './demo/line-demo.ts'
import { readSimulatedSide } from './demo/officers-file.ts'
import { Issuer } from './issuer.ts'
import { LINE_DEFAULTS } from './line/options.ts'
import { LineService } from './line/service.ts'
import { isLoopback, LOOPBACK_HOSTS, type NodeOptions } from './options.ts'
import { Pool } from './pool.ts'
import { chainJournals } from './record/chained-journal.ts'
import { eventLines } from './record/events.ts'
import { forgetFreshKey, type HeldKey } from './record/key-files.ts'
import { openPlace } from './record/open-place.ts'
import { openRecord, planRecord, type RecordPlan, type RecordService } from './record/service.ts'
import { prepareScenario, type ScenarioRun } from './scenario-run.ts'
import { buildServer } from './server.ts'
import { NO_SCENARIO } from './simulation.ts'
import { VERSION } from './version.ts'

/** A node that answers. */
export interface RunningNode extends AsyncDisposable {
  /** Origin, with the port that was really taken. */
  readonly url: string
  readonly pool: Pool
  readonly record: RecordService
  readonly line: LineService
  /** Resolves with the cause when the journal has failed and the node answers no more. */
  readonly halted: Promise<unknown>
  /** Ends the scenario, the connections, the record's own and the journal, in that order. Safe to call twice. */
  close(): Promise<void>
}

export interface StartEnvironment {
  readonly clock?: Clock
  /** One line for the operator. */
  readonly log: (line: string) => void
}

/**
 * Starts a node as `options` say and resolves once it answers.
 *
 * @throws {StartRefused} with one line that says what stands in the way and what to do: a taken port, a folder that cannot be used,
 *   an issuer where others could reach it, no key to trust
 */
export async function startNode(options: NodeOptions, environment: StartEnvironment): Promise<RunningNode> {
  const { log } = environment
  const clock = environment.clock ?? systemClock
  if (options.issuer && !isLoopback(options.host))
    throw new StartRefused(
      `the development issuer gives a token to whoever asks, so it never runs on ${options.host}: leave out --host, or leave out --issuer (and --scenario) and name the authority's key by --key or --jwks`,
    )
  if (!options.issuer && options.keyFiles.length === 0 && options.jwksUrl === null)
    throw new StartRefused(
      'no key to check tokens with: name one by --key FILE or --jwks URL, or start the development issuer by --issuer',
    )
  if (options.scenario !== null && !options.issuer)
    throw new StartRefused('--scenario plays simulated suppliers and needs the development issuer: add --issuer')
  if (
    options.jwksUrl !== null &&
    !/^https?:$/.test(URL.canParse(options.jwksUrl) ? new URL(options.jwksUrl).protocol : '')
  )
    throw new StartRefused(`--jwks ${options.jwksUrl} is not an http or https URL`)
  const plan = planRecord(options.record)
  const scenario = options.scenario === null ? null : await prepareScenario(options.scenario, clock)

  const dataDir = resolve(options.dataDir)
  await claimFolder(dataDir, options.issuer)
  const { dir, key, handover } = await openPlace(dataDir, plan, { clock, log })
  const past = handover?.past ?? []
  const closePast = async (): Promise<void> => {
    for (const before of past) await before.journal.close()
  }
  let journal: Journal
  try {
    journal = await openJournal(dir, { dataDir, key, plan, clock, log })
  } catch (error) {
    await closePast()
    throw error
  }
  let record: RecordService | null = null
  let line: LineService | null = null
  try {
    const opened = await openRecord(plan, { journal, key, handover }, { dataDir, clock, log })
    record = opened
    const lineOptions = options.line ?? LINE_DEFAULTS
    const told = options.lineScenario ?? null
    const lines = await LineService.open(
      told === null ? lineOptions : { ...lineOptions, party: ownParty(told), port: lineOptions.port ?? 0 },
      { dataDir, clock, log },
    )
    line = lines
    const issuer = options.issuer ? await Issuer.open(dataDir, clock) : null
    const trusted: TrustedKeys[] = []
    if (issuer !== null) trusted.push(issuer)
    if (options.keyFiles.length > 0) trusted.push(fixedKeys(await Promise.all(options.keyFiles.map(readKey))))
    if (options.jwksUrl !== null) trusted.push(remoteKeys(options.jwksUrl, clock))

    let tellHalted: (cause: unknown) => void = () => undefined
    const halted = new Promise<unknown>((settle) => {
      tellHalted = settle
    })
    const pool = await Pool.open({
      journal: past.length === 0 ? journal : chainJournals(past, journal),
      clock,
      rules: { exact: options.exact, compat: options.compat },
      onHalt: (cause) => {
        log(
          cause instanceof HaltedError
            ? `HALTED: ${cause.message}. Nothing more is signed.`
            : `HALTED: ${cause instanceof Error ? cause.message : String(cause)}. Nothing acknowledged is lost. Mend the disk, then start again.`,
        )
        tellHalted(cause)
      },
      onProgress: (done, total) => log(`replaying the journal: ${done} of ${total} entries`),
      onDurable: () => opened.wake(),
    })
    const context = {
      options,
      pool,
      record: opened,
      line: lines,
      // Whoever holds development tokens may hold the keys of simulated people too; a live node has neither.
      simulatedSide: options.issuer ? () => readSimulatedSide(dataDir) : null,
      issuer,
      verifier: new TokenVerifier({
        trusted: allKeys(trusted),
        audiences: [...new Set(['127.0.0.1', 'localhost', ...options.audiences])],
        clock,
      }),
      simulation: scenario?.simulation ?? { simulated: options.issuer, ...NO_SCENARIO },
      version: VERSION,
      startedAtMs: clock.nowMs(),
      nowMs: () => clock.nowMs(),
    }
    const app = await buildServer(context, log)
    const url = await listen(app, options)
    opened.start((message) => pool.halt(new HaltedError(message)))
    const run: ScenarioRun | null = scenario?.start(url, log) ?? null
    const demo: LineDemo | null = told === null ? null : startLineDemo({ scenario: told, url, dataDir, clock, log })
    let closing: Promise<void> | null = null
    const close = (): Promise<void> => {
      closing ??= (async () => {
        await Promise.all([run?.stop(), demo?.stop()])
        await app.close()
        await lines.close()
        await opened.close()
        await pool.close()
      })()
      return closing
    }
    return { url, pool, record: opened, line: lines, halted, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await line?.close()
    await record?.close()
    await journal.close()
    await closePast()
    throw error
  }
}

async function listen(
  app: Awaited<ReturnType<typeof buildServer>>,
  { host, port }: Pick<NodeOptions, 'host' | 'port'>,
): Promise<string> {
  try {
    await app.listen({ host, port, backlog: 1024 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new StartRefused(`port ${port} on ${host} is taken: stop what holds it, or choose another by --port`)
    if (code === 'EACCES')
      throw new StartRefused(`port ${port} may not be opened by this user: choose one above 1023 by --port`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new StartRefused(`${host} is not an address of this machine: choose another by --host`)
    throw error
  }
  const address = app.server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : port
  const name = LOOPBACK_HOSTS.includes(host) || isLoopback(host) ? (host === '::1' ? '[::1]' : 'localhost') : host
  return `http://${name}:${taken}`
}

interface JournalEnvironment {
  readonly dataDir: string
  readonly key: HeldKey
  readonly plan: RecordPlan
  readonly clock: Clock
  readonly log: (line: string) => void
}

async function openJournal(dir: string, environment: JournalEnvironment): Promise<Journal> {
  const { dataDir, key, plan, clock } = environment
  try {
    return await openSqliteJournal({
      dir,
      kind: 'pool',
      clock,
      onNotice: (notice) => tellNotice(notice, environment),
      log: {
        origin: key.signer.key.name,
        // Who has cosigners asks them before it signs: a folder put back from an old copy would fork the log.
        author: { kind: 'signer', skey: key.skey, hold: plan.cosigners.length > 0 },
      },
    })
  } catch (error) {
    if (!isJournalError(error)) throw error
    // A key made for a log that turns out to have another must not stand in the way of the right one.
    if (error.code === 'OTHER_LOG') await forgetFreshKey(dataDir, key)
    throw new StartRefused(error.message, { code: error.code }, { cause: error })
  }
}

function tellNotice(notice: JournalNotice, { log, clock }: JournalEnvironment): void {
  if (notice.kind === 'building-tree') log(`building the tree of the log: ${notice.done} of ${notice.total} entries`)
  else eventLines(log, clock)({ event: `record.journal.${notice.kind}`, ...notice })
}

async function readKey(file: string): Promise<string> {
  let pem: string
  try {
    pem = await readFile(file, 'utf8')
  } catch (cause) {
    throw new StartRefused(`the key file ${file} cannot be read: ${(cause as Error).message}`, {}, { cause })
  }
  try {
    if (createPublicKey(pem).asymmetricKeyType === 'rsa') return pem
  } catch (cause) {
    throw new StartRefused(`the key file ${file} holds no public key in PEM`, {}, { cause })
  }
  throw new StartRefused(`the key in ${file} is not an RSA key, and tokens are signed with RS256`)
}

const MARK = 'parley.json'

interface FolderMark {
  readonly format: number
  readonly simulated: boolean
  readonly id: string
}

/** Puts a file there that is whole or not there at all, however the process ends. @throws EEXIST when one is there */
async function placeWhole(file: string, text: string): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}-${randomBytes(6).toString('hex')}`)
  await writeFile(draft, text, { flag: 'wx' })
  try {
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    // Not every file system has links; there, two first starts at one instant are not told apart.
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Makes the folder Parley's own, or refuses one that is another's or holds the other kind of data: simulated and live never mix. */
async function claimFolder(dataDir: string, simulated: boolean): Promise<void> {
  const file = join(dataDir, MARK)
  try {
    await mkdir(dataDir, { recursive: true })
    if (!existsSync(file)) {
      const found = (await readdir(dataDir)).find((name) => !name.startsWith('.') && name !== 'lost+found')
      if (found !== undefined)
        throw new StartRefused(
          `the folder ${dataDir} holds what is not Parley's (${found}): choose an empty or a new one by --data`,
        )
      const mark: FolderMark = { format: 1, simulated, id: randomBytes(8).toString('hex') }
      await placeWhole(file, `${JSON.stringify(mark)}\n`)
      return
    }
  } catch (cause) {
    if (cause instanceof StartRefused) throw cause
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'EEXIST' || !existsSync(file))
      throw new StartRefused(
        `the data folder ${dataDir} cannot be written (${code ?? String(cause)}): choose another by --data, or mend its permissions`,
        {},
        { cause },
      )
  }
  let mark: Partial<FolderMark> | null = null
  let problem: unknown
  try {
    mark = JSON.parse(await readFile(file, 'utf8')) as Partial<FolderMark> | null
  } catch (cause) {
    problem = cause
  }
  if (typeof mark?.format !== 'number' || typeof mark.simulated !== 'boolean')
    throw new StartRefused(`${file} is not a mark of Parley's: choose another folder by --data`, {}, { cause: problem })
  if (mark.format !== 1)
    throw new StartRefused(
      `the data folder ${dataDir} was written by a newer Parley (format ${String(mark.format)}): use that one`,
    )
  if (mark.simulated !== simulated)
    throw new StartRefused(
      mark.simulated
        ? `the data folder ${dataDir} holds simulated data and this node is a live one: choose another by --data`
        : `the data folder ${dataDir} holds live data and this node would issue development tokens: choose another by --data`,
    )
}

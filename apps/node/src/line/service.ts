import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ApiError,
  type LineCreateTable,
  type LineJoining,
  type LineList,
  type LineStatus,
  type LineTableState,
} from '@parley/contracts'
import { isJournalError } from '@parley/journal'
import { isPartyId } from '@parley/record'
import type { Clock } from '@parley/units'
import { StartRefused } from '../errors.ts'
import { isLoopback } from '../options.ts'
import { eventLines, type TellEvent } from '../record/events.ts'
import { openDeskToken } from './access.ts'
import { parseAddress, parseRelay } from './address.ts'
import { Joining, type OtherTables } from './joining.ts'
import { hasLog, OpenLine } from './open-line.ts'
import type { LineOptions } from './options.ts'
import { RelayListener } from './relay-listener.ts'
import { openTlsKey, type TlsKey } from './tls-key.ts'
import { stateView, worstOf } from './views.ts'
import { WireServer } from './wire-server.ts'

export interface LineEnvironment {
  readonly dataDir: string
  readonly clock: Clock
  readonly log: (line: string) => void
}

/** One table of this node: the ceremony it went through, and the line once that is done. */
export interface Table {
  readonly joining: Joining
  line: OpenLine | null
  /** Why the line cannot run though its charter is agreed; null: it can. */
  broken: string | null
}

/** A start waits so long for tables whose peers do not answer; they go on starting after it. */
const START_PATIENCE_MS = 2_000
const MAX_TABLES = 64

/** All lines of a node, the port peers reach them at, and the relays it waits at. */
export class LineService implements AsyncDisposable {
  readonly token: string
  readonly tls: TlsKey
  readonly options: LineOptions
  readonly #environment: LineEnvironment
  readonly #tables = new Map<string, Table>()
  readonly #tell: TellEvent
  readonly #wire: WireServer
  readonly #relays: RelayListener[] = []
  #address: string | null = null
  #creating: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | null = null

  private constructor(
    options: LineOptions,
    environment: LineEnvironment,
    keys: { readonly token: string; readonly tls: TlsKey },
  ) {
    this.options = options
    this.#environment = environment
    this.token = keys.token
    this.tls = keys.tls
    this.#tell = eventLines(environment.log, environment.clock)
    this.#wire = new WireServer({
      own: keys.tls,
      plain: options.allowHttp && options.address?.startsWith('http:') === true,
      table: (name) => this.#tables.get(name)?.line ?? null,
      awaits: (name, pin) => {
        const table = this.#tables.get(name)
        if (table === undefined || table.line !== null) return false
        const { joining } = table
        return joining.parties.some(
          (party) => party !== joining.party && joining.enrolmentOf(party)?.enrolment.tlsPins.includes(pin) === true,
        )
      },
      log: environment.log,
    })
  }

  /** @throws {StartRefused} */
  static async open(options: LineOptions, environment: LineEnvironment): Promise<LineService> {
    checkOptions(options)
    const { dataDir } = environment
    const keys = { token: await openDeskToken(dataDir), tls: await openTlsKey(dataDir) }
    const service = new LineService(options, environment, keys)
    try {
      await service.#openTables()
      if (options.port !== null) {
        const port = await service.#wire.listen(options.port, options.host)
        service.#address =
          options.address ?? `https://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`
        if (options.address?.endsWith(':0') === true) service.#address = options.address.replace(/:0$/, `:${port}`)
      }
      for (const url of options.relays) {
        const relay = parseRelay(url)
        if (relay === null) continue
        service.#address ??= `relay:${url}`
        const onCall = (connection: Parameters<WireServer['accept']>[0]): void => service.#wire.accept(connection)
        service.#relays.push(new RelayListener({ url, relay, own: keys.tls, onCall, tell: service.#tell }))
      }
      await service.#startLines()
      return service
    } catch (error) {
      await service.close()
      if (isJournalError(error)) throw new StartRefused(error.message, { code: error.code }, { cause: error })
      throw error
    }
  }

  get address(): string | null {
    return this.#address
  }

  get tables(): readonly Table[] {
    return [...this.#tables.values()]
  }

  /** @throws {ApiError} 404 */
  table(name: string): Table {
    const table = this.#tables.get(name)
    if (table === undefined)
      throw new ApiError('LINE_TABLE_UNKNOWN', { message: `there is no table ${name.slice(0, 80)} here` })
    return table
  }

  /** The running line of a table. @throws {ApiError} 404; 409 before it is open; 503 when it cannot run */
  line(name: string): OpenLine {
    const { line, broken } = this.table(name)
    if (broken !== null) throw new ApiError('LINE_HALTED', { message: broken })
    if (line === null) throw new ApiError('LINE_NOT_READY')
    return line
  }

  list(): LineList {
    return {
      party: this.options.party,
      address: this.#address,
      tlsPin: this.tls.pin,
      relays: this.#relays.map((relay) => ({ url: relay.url, state: relay.state() })),
      tables: this.tables.map((table) => ({
        table: table.joining.table,
        party: table.joining.party,
        phase: phaseOf(table),
        worst: table.line === null ? null : worstOf(table.line),
        parties: [...table.joining.parties],
      })),
    }
  }

  status(): LineStatus {
    return {
      party: this.options.party,
      address: this.#address,
      tables: this.tables.map((table) => {
        const { line, joining } = table
        return {
          table: joining.table,
          phase: phaseOf(table),
          worst: line === null ? null : worstOf(line),
          size: line?.size ?? 0,
          backlog: line === null ? 0 : Math.max(0, ...line.peers.map((peer) => line.backlog(peer).acts)),
        }
      }),
    }
  }

  state(name: string): LineTableState {
    const table = this.table(name)
    const { line, joining } = table
    const phase = phaseOf(table)
    if (line !== null) return stateView(line, phase)
    return {
      table: joining.table,
      party: joining.party,
      phase,
      worst: null,
      nowS: Math.floor(this.#environment.clock.nowMs() / 1000),
      version: 0,
      charter: null,
      digest: null,
      parties: [],
      clocks: [],
      availability: [],
      gaps: [],
      forks: [],
      halted: table.broken,
    }
  }

  /** Makes the keys of a table, or shows those that are there. One at a time. @throws {ApiError} */
  create(wish: LineCreateTable): Promise<LineJoining> {
    const made = this.#creating.then(async () => {
      const party = wish.party ?? this.options.party
      if (party === null)
        throw new ApiError('INVALID_BODY', {
          message: 'party: must be there, since the node was started without --party',
        })
      if (new Set(wish.parties).size !== wish.parties.length || !wish.parties.includes(party))
        throw new ApiError('INVALID_BODY', { message: `parties: must name ${party} and each other member once` })
      const known = this.#tables.get(wish.table)
      if (known === undefined && this.#tables.size >= MAX_TABLES)
        throw new ApiError('LINE_STEP_REFUSED', { message: `this node has ${MAX_TABLES} tables already` })
      const address = wish.address ?? this.#address
      if (address !== null && parseAddress(address, this.options) === null)
        throw new ApiError('INVALID_BODY', {
          message: 'address: must be https://HOST:PORT or relay:https://HOST:PORT/<pin of the relay>',
        })
      const dir = this.#dirOf(wish.table)
      const joining = await Joining.create(this.#joiningOptions(dir), {
        table: wish.table,
        party,
        parties: wish.parties,
        address,
      })
      if (known === undefined) this.#tables.set(wish.table, { joining, line: null, broken: null })
      return (known?.joining ?? joining).view()
    })
    this.#creating = made.catch(() => undefined)
    return made
  }

  /** Opens the line of a table whose charter is agreed; entry 0 of our log is `entry`, when it is not there yet. @throws {ApiError} */
  begin(name: string, entry: Uint8Array | null): Promise<LineJoining> {
    const table = this.table(name)
    const begun = this.#creating.then(async () => {
      const { joining } = table
      const agreed = joining.agreed()
      if (agreed === null) throw new ApiError('LINE_STEP_REFUSED', { message: `next comes: ${joining.view().next}` })
      if (table.line === null) {
        if (entry === null) throw new ApiError('BODY_EMPTY', { message: 'entry 0, the act "charter", must be sent' })
        const line = await this.#openLine(table)
        await line?.start()
      }
      const { line } = table
      if (line === null) throw new ApiError('LINE_HALTED', { message: table.broken ?? 'the line cannot be opened' })
      if (line.size === 0) {
        if (entry === null) throw new ApiError('BODY_EMPTY', { message: 'entry 0, the act "charter", must be sent' })
        await line.begin(entry)
      }
      joining.opened = true
      return joining.view()
    })
    this.#creating = begun.catch(() => undefined)
    return begun
  }

  /** A member is reached elsewhere from now on. @throws {ApiError} */
  async readdress(name: string, party: string, address: string | null): Promise<LineJoining> {
    if (address !== null && parseAddress(address, this.options) === null)
      throw new ApiError('INVALID_BODY', {
        message: 'address: must be https://HOST:PORT or relay:https://HOST:PORT/<pin of the relay>',
      })
    const { joining, line } = this.table(name)
    await joining.putAddress(party, address)
    line?.redial(party)
    return joining.view()
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const relay of this.#relays) relay.close()
      await this.#wire.close()
      await Promise.all(this.tables.flatMap(({ line }) => (line === null ? [] : [line.close()])))
    })()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #dirOf(table: string): string {
    return join(this.#environment.dataDir, 'line', table)
  }

  #joiningOptions(dir: string) {
    const others: OtherTables = {
      usedCommits: (except) => new Set(this.#otherTables(except).flatMap(({ joining }) => joining.memory().commits)),
      keysElsewhere: (except) =>
        new Map(
          this.#otherTables(except).flatMap(({ joining }) => joining.memory().keys.map((key) => [key, joining.table])),
        ),
    }
    return { dir, tlsPin: this.tls.pin, clock: this.#environment.clock, others }
  }

  #otherTables(except: string): readonly Table[] {
    return this.tables.filter(({ joining }) => joining.table !== except)
  }

  async #openTables(): Promise<void> {
    const root = join(this.#environment.dataDir, 'line')
    await mkdir(root, { recursive: true, mode: 0o700 })
    for (const name of await readdir(root)) {
      if (!isPartyId(name)) continue
      const joining = await Joining.open(this.#joiningOptions(join(root, name)))
      const table: Table = { joining, line: null, broken: null }
      this.#tables.set(name, table)
      if (!hasLog(join(root, name))) continue
      await this.#openLine(table)
    }
  }

  /** Opens the line of a table; one that cannot be opened must not keep the others from running. */
  async #openLine(table: Table): Promise<OpenLine | null> {
    const { joining } = table
    const { clock, log } = this.#environment
    try {
      const agreed = joining.agreed()
      if (agreed === null)
        throw new StartRefused(
          'its charter or an enrolment is not there any more: put the folder back from a safe copy',
        )
      table.line = await OpenLine.open({
        dir: this.#dirOf(joining.table),
        party: joining.party,
        keys: joining.keys,
        agreed,
        tls: this.tls,
        clock,
        quotaBytes: this.options.quotaBytes,
        allowHttp: this.options.allowHttp,
        reachable: this.options.port !== null,
        addressOf: (party) => joining.addressOf(party),
        tell: this.#tell,
        log,
      })
      joining.opened = table.line.size > 0
      return table.line
    } catch (error) {
      if (!(error instanceof StartRefused) && !isJournalError(error)) throw error
      table.broken = error.message
      log(`line ${joining.table} cannot be opened: ${error.message}`)
      return null
    }
  }

  async #startLines(): Promise<void> {
    const starts = this.tables.flatMap(({ line, joining }) =>
      line === null
        ? []
        : [
            line.start().catch((error: unknown) => {
              this.#environment.log(
                `line ${joining.table} could not be started: ${error instanceof Error ? error.message : String(error)}`,
              )
            }),
          ],
    )
    const patience = new Promise<void>((resolve) => setTimeout(resolve, START_PATIENCE_MS).unref())
    await Promise.race([Promise.all(starts), patience])
    for (const { line, joining } of this.tables) if (line !== null) joining.opened = line.size > 0
  }
}

function phaseOf({ joining, line, broken }: Table): LineTableState['phase'] {
  return broken !== null || (line?.halted ?? null) !== null ? 'halted' : joining.phase()
}

function checkOptions(options: LineOptions): void {
  const { party, relays, address, host, allowHttp } = options
  if (allowHttp && address?.startsWith('http:') === true && !isLoopback(host))
    throw new StartRefused(`--line-http is for this machine alone: leave out --line-host ${host}`)
  if (party !== null && !isPartyId(party))
    throw new StartRefused(`--party ${party.slice(0, 80)} is none: 1 to 63 of a to z, 0 to 9 and inner hyphens`)
  for (const url of relays)
    if (parseRelay(url) === null)
      throw new StartRefused(
        `--line-relay ${url.slice(0, 200)}: write https://HOST:PORT/<pin of the relay, 64 hex digits>`,
      )
  if (address !== null && parseAddress(address, options) === null)
    throw new StartRefused(
      `--line-address ${address.slice(0, 200)}: write https://HOST:PORT or relay:https://HOST:PORT/<pin>`,
    )
}

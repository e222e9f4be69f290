import { loadavg } from 'node:os'
import { checkSample, checkStatuses, countsOf, WrongAnswer } from '../load/check.ts'
import { type DriveOptions, drive } from '../load/drive.ts'
import type { KeyFinder } from '../load/key-finder.ts'
import type { PlanRow } from '../load/plans.ts'
import { finderFor, finderOfHeld, heldAfter, type Prepared, prepareCreates, prepareUpdates } from '../load/prepare.ts'
import { type CpuShare, cpuMeter } from '../load/process-cpu.ts'
import type { LoadResult } from '../load/result.ts'
import { enlist, type Supplier } from '../load/target.ts'
import type { NodeProcess } from './node-process.ts'
import { type Store, SUPPLIER_NAMES } from './store.ts'

/** How many requests may overtake one that a connection just accepted has to wait with. */
const windowOf = (connections: number): number => Math.max(256, 16 * connections)
const FILL_CONNECTIONS = 32
const SAMPLE = 200
const WARMUP_S = 2
const FIRST_GUESS_PER_S = 26_000
const FIRST_GUESS_ALONE_PER_S = 12_000
const HEADROOM = 1.35
const GUESS_FROM_PER_S = 500

export interface Load {
  readonly connections: number
  readonly seconds: number
  /** Open loop. */
  readonly ratePerS?: number
  /** Each plan brings a subscription of its own. */
  readonly implicitSubscriptions?: boolean
}

export interface Measured extends LoadResult {
  readonly cpu: CpuShare | null
  readonly meanKey: number
  readonly meanBytes: number
  /** Load average of the machine when it was measured. */
  readonly load: number
}

/** What earlier runs of a kind reached, to prepare as many requests as the next may need and not many more. */
const guesses = new Map<string, number>()

export interface SessionOptions {
  readonly node: NodeProcess
  readonly row: PlanRow
  readonly exact?: boolean
  readonly store?: Store
  /** Names the kind of load, so that runs learn from one another. */
  readonly kind: string
}

/** Writes the plans of a row to a node in turn, and checks after each stretch that the node holds what it granted. */
export class WriteSession {
  readonly #options: SessionOptions
  readonly #suppliers: readonly Supplier[]
  #finder: KeyFinder
  #next = 0
  #held: Prepared | null = null
  #intents: number
  #subscriptions: number
  #notified: number

  private constructor(options: SessionOptions, suppliers: readonly Supplier[]) {
    const { store } = options
    this.#options = options
    this.#suppliers = suppliers
    this.#finder = finderFor({ exact: options.exact ?? false, ...(store === undefined ? {} : { store: store.state }) })
    this.#intents = store?.state.intents.size ?? 0
    this.#subscriptions = store?.book?.subscriptions.length ?? 0
    this.#notified = store?.notified ?? 0
  }

  static async open(options: SessionOptions): Promise<WriteSession> {
    return new WriteSession(options, await enlist(options.node.target, SUPPLIER_NAMES))
  }

  /** Creates plans for as long as told. */
  async create(load: Load): Promise<Measured> {
    const { store, row } = this.#options
    const book = store?.book ?? null
    const from = this.#next
    const range = [from, Math.min(row.count, from + this.#wanted(load))] as const
    const matches = new Uint16Array(range[1] - from)
    const prepared = prepareCreates(row, range, {
      target: this.#options.node.target,
      suppliers: this.#suppliers,
      finder: this.#finder,
      window: windowOf(load.connections),
      implicitSubscription: load.implicitSubscriptions ?? false,
      onPlan: (plan, at) => {
        if (book !== null) matches[at] = book.matches(plan).length
      },
    })
    const measured = await this.#measure(prepared, load)
    const { sent } = measured
    this.#next = from + sent
    for (let index = from + sent; index < range[1]; index++) this.#finder.remove(index)
    this.#intents += sent
    if (load.implicitSubscriptions === true) this.#subscriptions += sent
    for (let at = 0; at < sent; at++) this.#notified += matches[at]!
    await this.#check(prepared, sent)
    return measured
  }

  /** Creates the first `count` plans, unmeasured. */
  async fill(count: number): Promise<void> {
    const { target } = this.#options.node
    const prepared = prepareCreates(this.#options.row, [0, count], {
      target,
      suppliers: this.#suppliers,
      finder: this.#finder,
      window: windowOf(FILL_CONNECTIONS),
    })
    const result = await this.#drive({
      url: target.url,
      requests: prepared.requests,
      connections: FILL_CONNECTIONS,
      warmupS: 0,
      seconds: 600,
    })
    checkStatuses(result, prepared)
    this.#held = prepared
    this.#next = count
    this.#intents += count
  }

  /** Replaces, in turn, the plans that `fill` created. */
  async replace(load: Load): Promise<Measured> {
    const { exact, node, row } = this.#options
    const range = [this.#next, Math.min(row.count, this.#next + this.#wanted(load))] as const
    const prepared = prepareUpdates(row, range, {
      target: node.target,
      finder: this.#finder,
      window: windowOf(load.connections),
      held: this.#held!,
    })
    const measured = await this.#measure(prepared, load)
    await this.#check(prepared, measured.sent)
    this.#held = heldAfter(this.#held!, prepared, measured.sent)
    this.#next += measured.sent
    this.#finder = finderOfHeld(row, { exact: exact ?? false, held: this.#held, next: this.#next })
    return measured
  }

  /** Whether the node holds what the store does. @throws {WrongAnswer} where it differs */
  async holds(): Promise<true> {
    await this.#checkCounts()
    return true
  }

  #wanted({ seconds, ratePerS, connections }: Load): number {
    const guess = connections === 1 ? FIRST_GUESS_ALONE_PER_S : FIRST_GUESS_PER_S
    return Math.ceil((seconds + WARMUP_S) * (ratePerS ?? guesses.get(this.#guessOf(connections)) ?? guess))
  }

  #guessOf(connections: number): string {
    return `${this.#options.kind} ${connections}`
  }

  async #measure(prepared: Prepared, load: Load): Promise<Measured> {
    const { node } = this.#options
    const { requests } = prepared
    globalThis.gc?.()
    const meter = cpuMeter(node.pid)
    let cpu: CpuShare | null = null
    const result = await this.#drive({
      url: node.target.url,
      requests,
      connections: load.connections,
      warmupS: WARMUP_S,
      seconds: load.seconds,
      ...(load.ratePerS === undefined ? {} : { ratePerS: load.ratePerS }),
      onMeasure: (phase) => {
        if (phase === 'start') meter.start()
        else cpu = meter.read()
      },
    })
    checkStatuses(result, prepared)
    if (load.ratePerS === undefined)
      guesses.set(this.#guessOf(load.connections), Math.max(GUESS_FROM_PER_S, result.perSecond * HEADROOM))
    return {
      ...result,
      cpu,
      meanKey: prepared.meanKey,
      meanBytes: requests.bytes / requests.count,
      load: loadavg()[0]!,
    }
  }

  async #drive(options: DriveOptions): Promise<LoadResult> {
    try {
      return await drive(options)
    } catch (cause) {
      throw new Error(`${(cause as Error).message}; the node: ${this.#options.node.lastWords()}`, { cause })
    }
  }

  async #check(prepared: Prepared, sent: number): Promise<void> {
    await checkSample(this.#options.node.target, prepared, { sent, size: SAMPLE })
    await this.#checkCounts()
  }

  async #checkCounts(): Promise<void> {
    const { node, store } = this.#options
    const counts = await countsOf(node.target)
    if (counts.operational_intents !== this.#intents || counts.subscriptions !== this.#subscriptions)
      throw new WrongAnswer(
        `the node holds ${counts.operational_intents} intents and ${counts.subscriptions} subscriptions, not ${this.#intents} and ${this.#subscriptions}`,
      )
    await store?.book?.check(node.target, this.#notified)
  }
}

/** How a run went, in one line. */
export function describe({
  perSecond,
  latencyMs,
  cpu,
  measured,
  meanKey,
  meanBytes,
  load,
  generatorCpuUs,
}: Measured): string {
  const server =
    cpu === null
      ? ''
      : `; node ${(cpu.mainUs / measured).toFixed(0)} µs on its main thread, ${(cpu.totalUs / measured).toFixed(0)} in all`
  return `${Math.round(perSecond)}/s, ms p50 ${latencyMs.p50.toFixed(2)} p99 ${latencyMs.p99.toFixed(2)} p99.9 ${latencyMs.p999.toFixed(1)}; ${Math.round(meanBytes)} bytes, ${meanKey.toFixed(1)} keys${server}; generator ${generatorCpuUs.toFixed(0)} µs; load average ${load.toFixed(1)}`
}

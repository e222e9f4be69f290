import { drive } from '../load/drive.ts'
import type { KeyFinder } from '../load/key-finder.ts'
import type { PlanRow } from '../load/plans.ts'
import { finderFor, finderOfHeld, heldAfter, type Prepared, prepareCreates, prepareUpdates } from '../load/prepare.ts'
import { enlist, type Supplier, type Target } from '../load/target.ts'
import { SUPPLIER_NAMES } from './store.ts'

/** A request that waits for a lock may be overtaken by many. */
const WINDOW = 1000
const WARMUP_S = 2
const GUESS_PER_S = 1500
/** A service that refuses more than a few of these writes is not doing the same work. */
const FAIR_SHARE = 0.99

export interface PeerResult {
  /** Granted writes a second. */
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Share of the writes that were not granted. */
  readonly refused: number
  /** Whether so few were not granted that the rate may be compared. */
  readonly fair: boolean
}

/** Another service of the same interface, given the same writes. It must be empty at the start. */
export class PeerSession {
  readonly #target: Target
  readonly #row: PlanRow
  readonly #suppliers: readonly Supplier[]
  #finder: KeyFinder = finderFor({ exact: false })
  #next = 0
  #held: Prepared | null = null

  private constructor(target: Target, row: PlanRow, suppliers: readonly Supplier[]) {
    this.#target = target
    this.#row = row
    this.#suppliers = suppliers
  }

  static async open(target: Target, row: PlanRow): Promise<PeerSession> {
    return new PeerSession(target, row, await enlist(target, SUPPLIER_NAMES))
  }

  get suppliers(): readonly Supplier[] {
    return this.#suppliers
  }

  async fill(count: number, connections: number): Promise<void> {
    const prepared = prepareCreates(this.#row, [0, count], this.#preparing())
    const { url } = this.#target
    const { sent, statuses } = await drive({ url, requests: prepared.requests, connections, warmupS: 0, seconds: 600 })
    const granted = statuses.get(prepared.status) ?? 0
    if (sent < count || granted < sent * FAIR_SHARE)
      throw new Error(`the peer granted ${granted} of ${count} plans: is it empty, and does nobody else write to it?`)
    this.#held = prepared
    this.#next = count
  }

  async create(connections: number, seconds: number): Promise<PeerResult> {
    const from = this.#next
    const to = Math.min(this.#row.count, from + GUESS_PER_S * (seconds + WARMUP_S))
    const prepared = prepareCreates(this.#row, [from, to], this.#preparing())
    const result = await this.#measure(prepared, { connections, seconds })
    this.#next = from + result.sent
    for (let index = this.#next; index < to; index++) this.#finder.remove(index)
    return result
  }

  /** Replaces, in turn, the plans that `fill` created. */
  async replace(connections: number, seconds: number): Promise<PeerResult> {
    const to = Math.min(this.#row.count, this.#next + GUESS_PER_S * (seconds + WARMUP_S))
    const prepared = prepareUpdates(this.#row, [this.#next, to], { ...this.#preparing(), held: this.#held! })
    const result = await this.#measure(prepared, { connections, seconds })
    this.#held = heldAfter(this.#held!, prepared, result.sent)
    this.#next += result.sent
    this.#finder = finderOfHeld(this.#row, { exact: false, held: this.#held, next: this.#next })
    return result
  }

  #preparing() {
    return { target: this.#target, suppliers: this.#suppliers, finder: this.#finder, window: WINDOW }
  }

  async #measure(
    prepared: Prepared,
    { connections, seconds }: { readonly connections: number; readonly seconds: number },
  ): Promise<PeerResult & { readonly sent: number }> {
    const { requests, status } = prepared
    const result = await drive({ url: this.#target.url, requests, connections, warmupS: WARMUP_S, seconds })
    const granted = (result.statuses.get(status) ?? 0) / result.sent
    return {
      sent: result.sent,
      perSecond: result.perSecond * granted,
      p50Ms: result.latencyMs.p50,
      p99Ms: result.latencyMs.p99,
      refused: 1 - granted,
      fair: granted >= FAIR_SHARE,
    }
  }
}

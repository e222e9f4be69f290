import { performance } from 'node:perf_hooks'
import {
  AirspaceState,
  apply,
  type Command,
  type Decision,
  decide,
  decodeEntry,
  dumpState,
  type Entry,
  encodeEntryAtOnce,
  loadState,
  type Rules,
  SnapshotError,
} from '@parley/airspace'
import type { Journal } from '@parley/journal'
import type { Clock } from '@parley/units'
import { HaltedError, OverloadedError } from './errors.ts'

/** What came of a command. Nothing of it may leave the process before `durable` resolves. */
export interface Executed {
  readonly decision: Decision
  readonly durable: Promise<unknown>
}

export interface PoolOptions {
  readonly journal: Journal
  readonly clock: Clock
  readonly rules: Rules
  /** Told once, when the journal fails. */
  readonly onHalt: (cause: unknown) => void
  /** Told while a long log is replayed. */
  readonly onProgress?: (done: number, total: number) => void
  /** Told each time more has become durable, and so may be shown to others. */
  readonly onDurable?: () => void
}

const EXPIRY_EVERY_MS = 1000
const EXPIRY_SLOTS = 20_000
const SNAPSHOT_EVERY_ENTRIES = 250_000
const SNAPSHOT_WORTH_ENTRIES = 2_000
const PROGRESS_EVERY = 20_000
/** Bytes that may wait for the disk; well below where the journal itself would refuse what the state already holds. */
const WAITING_LIMIT_BYTES = 64 << 20

/**
 * The one place where the pool's state changes: decides a command, applies what was decided at once, and appends it to the journal,
 * which makes many such entries durable together. Decisions therefore follow one order, the journal's, and answers wait for the disk
 * only as long as the group they are in.
 */
export class Pool implements AsyncDisposable {
  readonly rules: Rules
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #onHalt: (cause: unknown) => void
  readonly #onDurable: () => void
  #state: AirspaceState
  #tail: number
  #lastAppend: Promise<unknown> = Promise.resolve()
  #durable: number
  #waitingBytes = 0
  #halted: HaltedError | null = null
  #closing = false
  #timer: NodeJS.Timeout | undefined
  #expiryCursor = 0
  #snapshotSeq: number
  #snapshotting: Promise<void> | null = null

  private constructor(options: PoolOptions, state: AirspaceState, snapshotSeq: number) {
    this.rules = options.rules
    this.#journal = options.journal
    this.#clock = options.clock
    this.#onHalt = options.onHalt
    this.#onDurable = options.onDurable ?? (() => undefined)
    this.#state = state
    this.#tail = state.seq
    this.#durable = state.seq
    this.#snapshotSeq = snapshotSeq
  }

  /** Brings the state up to the journal's head: from the newest snapshot if there is one, then entry by entry. */
  static async open(options: PoolOptions): Promise<Pool> {
    const { journal } = options
    const head = journal.head()
    const snapshot = await journal.loadSnapshot()
    let state = new AirspaceState(options.rules)
    let from = 0
    if (snapshot !== null) {
      try {
        state = loadState(snapshot.sections)
        state.prepareFor(options.rules)
        from = snapshot.seq
      } catch (error) {
        // A snapshot only saves time; the log has everything that one of another version held.
        if (!(error instanceof SnapshotError)) throw error
      }
    }
    let seq = from
    for await (const { bytes } of journal.read(from, head)) {
      seq += 1
      apply(state, decodeEntry(bytes), seq)
      if (seq % PROGRESS_EVERY === 0) options.onProgress?.(seq - from, head - from)
    }
    const pool = new Pool(options, state, from)
    pool.#timer = setInterval(() => pool.#housekeeping(), EXPIRY_EVERY_MS)
    pool.#timer.unref()
    return pool
  }

  /** The live state, for reading within one turn of the event loop; answers made from it wait for `settled`. */
  get state(): AirspaceState {
    return this.#state
  }

  get journal(): Journal {
    return this.#journal
  }

  /** Throws `HaltedError` once the journal has failed or is being closed. */
  assertRunning(): void {
    if (this.#halted !== null) throw this.#halted
    if (this.#closing) throw new HaltedError('the pool is being closed')
  }

  get halted(): boolean {
    return this.#halted !== null
  }

  /** Decides and, if there is anything to keep, applies and appends. @throws {HaltedError} @throws {OverloadedError} */
  execute(command: Command): Executed {
    this.assertRunning()
    if (this.#waitingBytes > WAITING_LIMIT_BYTES)
      throw new OverloadedError('too much waits for the disk', { waitingBytes: this.#waitingBytes })
    const decision = decide(this.#state, command, this.rules)
    switch (decision.kind) {
      case 'accepted':
      case 'refused':
        return { decision, durable: this.#append(decision.entry) }
      case 'repeated':
      case 'nothing':
        return { decision, durable: this.settled() }
    }
  }

  /** Resolves when everything that the state now contains is durable: the moment from which it may be told. */
  settled(): Promise<unknown> {
    return this.#durable === this.#tail ? SETTLED : this.#lastAppend
  }

  /** The entry that made the state's sequence `seq` (from 1). */
  async entryAt(seq: number): Promise<Entry> {
    await this.settled()
    for await (const { bytes } of this.#journal.read(seq - 1, seq)) return decodeEntry(bytes)
    throw new HaltedError(`journal entry ${seq} is gone`, { seq })
  }

  /** Writes a snapshot of the state as it is now; a second call while one is under way waits for that one. */
  snapshot(): Promise<void> {
    this.#snapshotting ??= this.#writeSnapshot().finally(() => {
      this.#snapshotting = null
    })
    return this.#snapshotting
  }

  /** Stops housekeeping, keeps a snapshot if replaying would take noticeable time, and closes the journal. */
  async close(): Promise<void> {
    this.#closing = true
    clearInterval(this.#timer)
    await this.#snapshotting?.catch(() => undefined)
    if (this.#halted === null && this.#state.seq - this.#snapshotSeq >= SNAPSHOT_WORTH_ENTRIES) await this.snapshot()
    await this.#journal.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #append(entry: Entry): Promise<unknown> {
    const expected = this.#tail
    const seq = expected + 1
    // The journal copies what it is given before it returns.
    const bytes = encodeEntryAtOnce(entry)
    const size = bytes.byteLength
    this.#waitingBytes += size
    const durable = this.#journal.append(expected, [bytes]).then(
      (head) => {
        this.#waitingBytes -= size
        if (head > this.#durable) this.#durable = head
        this.#onDurable()
      },
      (cause: unknown) => {
        this.#halt(cause)
        throw this.#halted
      },
    )
    // Whoever asked has its own hold on the promise; one left unheld must not end the process.
    durable.catch(() => undefined)
    this.#tail = seq
    this.#lastAppend = durable
    try {
      apply(this.#state, entry, seq)
    } catch (cause) {
      // The state no longer follows from the log: nothing more may be answered from it.
      this.#halt(cause)
      throw cause
    }
    return durable
  }

  /** Takes nothing more and answers nothing more about the airspace: for a log that may not be signed on. */
  halt(cause: Error): void {
    this.#stop(new HaltedError(cause.message, {}, { cause }), cause)
  }

  #halt(cause: unknown): void {
    const text = cause instanceof Error ? cause.message : String(cause)
    this.#stop(new HaltedError(`the journal cannot be written: ${text}`, {}, { cause }), cause)
  }

  #stop(halted: HaltedError, cause: unknown): void {
    if (this.#halted !== null) return
    this.#halted = halted
    clearInterval(this.#timer)
    this.#onHalt(cause)
  }

  #housekeeping(): void {
    if (this.#halted !== null || this.#waitingBytes > WAITING_LIMIT_BYTES) return
    const { intents, constraints, subscriptions, serviceAreas, serviceAreaSubscriptions } = this.#state
    const limit = Math.max(
      ...[intents, constraints, subscriptions, serviceAreas, serviceAreaSubscriptions].map((table) => table.slotLimit),
    )
    if (this.#expiryCursor >= limit) this.#expiryCursor = 0
    const fromSlot = this.#expiryCursor
    const toSlot = fromSlot + EXPIRY_SLOTS
    const { decision } = this.execute({ kind: 'expire', nowMs: this.#clock.nowMs(), fromSlot, toSlot })
    // A stretch that had more than one batch to let go is looked at again.
    if (decision.kind === 'nothing') this.#expiryCursor = toSlot
    if (this.#state.seq - this.#snapshotSeq >= SNAPSHOT_EVERY_ENTRIES && this.#snapshotting === null)
      this.snapshot().catch(() => undefined)
  }

  async #writeSnapshot(): Promise<void> {
    const { seq } = this.#state
    const started = performance.now()
    const sections = dumpState(this.#state)
    const copiedMs = performance.now() - started
    await this.settled()
    await this.#journal.saveSnapshot(seq, sections)
    this.#snapshotSeq = seq
    this.lastSnapshot = { seq, copiedMs }
  }

  /** What the last snapshot held, and for how long copying it kept others waiting. */
  lastSnapshot: { readonly seq: number; readonly copiedMs: number } | null = null
}

const SETTLED = Promise.resolve()

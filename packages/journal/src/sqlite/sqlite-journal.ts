import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { type Clock, systemClock } from '@parley/units'
import {
  type JournalError,
  JournalFault,
  type JournalFaultCode,
  JournalRefusal,
  type JournalRefusalCode,
} from '../errors.ts'
import type { Journal, JournalEntry, JournalNotice, Section, Snapshot } from '../journal.ts'
import type { JournalLog, LogSettings } from '../log.ts'
import { SnapshotFolder } from '../snapshots.ts'
import { AppendQueue, type Group } from './append-queue.ts'
import { batchEntries } from './batch.ts'
import type {
  Chunk,
  LogIdentity,
  LogRequest,
  LogView,
  SealedBatch,
  StoreAnswer,
  StoreRequest,
  StoreSettings,
  WireError,
} from './protocol.ts'
import { reservedEntry, SqliteLog } from './sqlite-log.ts'
import { JournalThread, type StoreChannel } from './thread.ts'

const MAX_APPEND_BYTES = 64 << 20
/** Entries for a signed append beyond one message travel in steps of about so many bytes, a transaction each. */
const STAGE_BYTES = 4 << 20

/** How to open a journal in a folder of its own. */
export interface SqliteJournalOptions {
  /** The folder; made when it is missing. Holds `journal.db`, its log, `lock`, and the snapshots. */
  readonly dir: string
  /** What the journal is of, kept in the file: opening it as another kind is refused. Default `journal`. */
  readonly kind?: string
  /** Length of the write-ahead log at which it is carried into the database; default 1 MiB. */
  readonly checkpointBytes?: number
  /** Size the database may reach; appends beyond it fail as on a full disk. Default: what the disk holds. */
  readonly maxStoreBytes?: number
  /** Bytes that may wait for the disk before appends are refused as `OVERLOADED`; default 256 MiB. */
  readonly maxQueuedBytes?: number
  /** Told of what the journal works around (see {@link JournalNotice}); by default a process warning. */
  readonly onNotice?: (notice: JournalNotice) => void
  /** The thread it shares with others; one of its own when left out. */
  readonly thread?: JournalThread
  /** Dates the creation of the file; takes no part in the order of entries. */
  readonly clock?: Clock
  /**
   * Makes the journal a transparency log (see {@link Journal.log}). A journal that was none becomes one for ever: its
   * file takes format 2, which older programs refuse, and the tree is built over the entries there are. Without, a
   * journal that is a log opens for reading.
   */
  readonly log?: LogSettings
}

/**
 * Opens, or creates, the journal in `options.dir`: one SQLite file in WAL mode, synchronous=FULL, in a worker thread.
 * One process at a time holds it; the lock falls when that process ends, however it ends.
 *
 * @throws {JournalRefusal} `LOCKED`, `NOT_A_FOLDER`, `UNWRITABLE`, `READ_ONLY`, `NOT_A_DATABASE`, `FOREIGN_DATABASE`,
 *   `NEWER_FORMAT`, `WRONG_KIND`, `INVALID_LOG`, `OTHER_LOG`: nothing was changed, and the message names the path and the
 *   way out
 * @throws {JournalFault} `CORRUPT` when acknowledged entries are damaged; `LOG_MISMATCH` when they are not those that
 *   were signed; `IO_FAILED`
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const dir = resolve(options.dir)
  const settings: StoreSettings = {
    dir,
    kind: options.kind ?? 'journal',
    createdMs: (options.clock ?? systemClock).nowMs(),
    checkpointBytes: options.checkpointBytes ?? 1 << 20,
    maxStoreBytes: options.maxStoreBytes ?? null,
    self: { pid: process.pid, host: hostname() },
    log: options.log ?? null,
  }
  const notice = options.onNotice ?? warn
  // Until the journal is there to be told.
  const loss: { tell: (cause: Error) => void } = { tell: () => undefined }
  const channel = (options.thread ?? new JournalThread()).attach(settings, (cause) => loss.tell(cause))
  const opened = await firstAnswer(channel, notice, loss)
  const journal = new SqliteJournal(channel, {
    dir,
    head: opened.head,
    journalId: opened.journalId,
    log: opened.log,
    maxQueuedBytes: options.maxQueuedBytes ?? 256 << 20,
    notice,
  })
  loss.tell = (cause) => journal.lose(cause)
  try {
    await journal.tidy()
  } catch (error) {
    await journal.close()
    throw error
  }
  return journal
}

interface Opened {
  readonly dir: string
  readonly head: number
  readonly journalId: string
  readonly log: (LogIdentity & { readonly view: LogView }) | null
  readonly maxQueuedBytes: number
  readonly notice: (notice: JournalNotice) => void
}

interface Pending {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

class SqliteJournal implements Journal {
  readonly #log: SqliteLog | null
  readonly #notice: (notice: JournalNotice) => void
  readonly #channel: StoreChannel
  readonly #dir: string
  readonly #maxQueuedBytes: number
  readonly #snapshots: SnapshotFolder
  readonly #queue = new AppendQueue()
  readonly #asked = new Map<number, Pending>()
  readonly #exited: Promise<void>
  #head: number
  /** The head once everything appended is durable. */
  #tail: number
  #inFlight: Group | null = null
  #flushScheduled = false
  #signedAppend = false
  #poison: JournalFault<'COMMIT_FAILED'> | null = null
  #closing: Promise<void> | null = null
  #gone = false
  #nextId = 1
  /** Called, all, when the head moves or no longer can. */
  #wakers: (() => void)[] = []

  constructor(channel: StoreChannel, { dir, head, journalId, log, maxQueuedBytes, notice }: Opened) {
    this.#channel = channel
    this.#dir = dir
    this.#head = head
    this.#tail = head
    this.#maxQueuedBytes = maxQueuedBytes
    this.#notice = notice
    const port = {
      path: join(dir, 'journal.db'),
      ask: (request: LogRequest) => this.#askLog(request),
      appendSigned: this.#appendSigned.bind(this),
    }
    this.#log = log === null ? null : new SqliteLog(port, log)
    this.#snapshots = new SnapshotFolder(dir, {
      journalId,
      head: () => this.#head,
      anchor: (seq) => this.#ask((id) => ({ kind: 'anchor', id, seq })),
      notice,
    })
    channel.port.on('message', (answer: StoreAnswer) => this.#receive(answer))
    this.#exited = new Promise<void>((done) => channel.port.once('close', done)).then(async () => {
      await channel.release({ asked: this.#closing !== null })
      this.lose(new Error('the journal worker ended'))
    })
  }

  get log(): JournalLog | null {
    return this.#log
  }

  tidy(): Promise<void> {
    return this.#snapshots.tidy()
  }

  head(): number {
    return this.#head
  }

  append(expectedHead: number, entries: readonly Uint8Array[]): Promise<number> {
    if (this.#closing !== null) return Promise.reject(this.#closed())
    if (this.#poison !== null) return Promise.reject(this.#poison)
    if (expectedHead !== this.#tail || this.#signedAppend) return Promise.reject(this.#headMoved(expectedHead))
    const refusal = entries.length === 0 ? null : (this.#log?.refusal(entries) ?? null)
    if (refusal !== null) return Promise.reject(refusal)
    let size = 0
    for (const entry of entries) size += entry.byteLength
    if (size + 4 * entries.length > MAX_APPEND_BYTES) {
      return Promise.reject(
        new JournalRefusal('APPEND_TOO_LARGE', `One append holds at most ${MAX_APPEND_BYTES} bytes. Split it.`, {
          byteLength: size,
          limit: MAX_APPEND_BYTES,
        }),
      )
    }
    const queuedBytes = this.#queue.queuedBytes
    if (queuedBytes > 0 && queuedBytes + size > this.#maxQueuedBytes) {
      return Promise.reject(
        new JournalRefusal('OVERLOADED', `${queuedBytes} bytes wait for the disk already. Wait for them, then retry.`, {
          queuedBytes,
          limit: this.#maxQueuedBytes,
        }),
      )
    }
    if (entries.length === 0) return this.#durable(this.#tail)
    const done = this.#queue.add(this.#tail, entries, size)
    this.#tail += entries.length
    if (this.#inFlight === null) this.#flushSoon()
    return done
  }

  /** See {@link JournalLog.appendSigned}. The worker keeps entries and note in one commit, or nothing. */
  async #appendSigned(
    expectedHead: number,
    entries: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    note: Uint8Array,
  ): Promise<number> {
    if (this.#closing !== null) throw this.#closed()
    if (this.#poison !== null) throw this.#poison
    if (expectedHead !== this.#tail || this.#signedAppend) throw this.#headMoved(expectedHead)
    if (Array.isArray(entries) && entries.length === 0) {
      // The note of entries that are here: others may be appended behind them meanwhile.
      await this.#durable(expectedHead)
      await this.#askLog({ kind: 'append-signed', batches: [], note })
      return expectedHead
    }
    this.#signedAppend = true
    try {
      await this.#durable(this.#tail)
      await this.#carrySigned(entries, note)
      return this.#head
    } finally {
      this.#signedAppend = false
      this.#wake()
    }
  }

  async #carrySigned(entries: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, note: Uint8Array): Promise<void> {
    const atOnce =
      Array.isArray(entries) && entries.reduce((sum, entry) => sum + entry.byteLength + 4, 0) <= MAX_APPEND_BYTES
    let batches: SealedBatch[] = []
    let bytes = 0
    let next = this.#tail
    let staged = false
    const queue = new AppendQueue()
    const gather = (): void => {
      for (let group = queue.take(); group !== null; group = queue.take()) batches.push(...group.batches)
    }
    const send = async (request: LogRequest & { readonly batches: readonly SealedBatch[] }): Promise<void> => {
      await this.#askLog(
        request,
        request.batches.map(({ buffer }) => buffer),
      )
      batches = []
      bytes = 0
    }
    try {
      for await (const entry of entries) {
        const reserved = this.#log?.author === 'signer' ? reservedEntry([entry]) : null
        if (reserved !== null) throw reserved
        void queue.add(next++, [entry], entry.byteLength)
        bytes += entry.byteLength
        if (atOnce || bytes < STAGE_BYTES) continue
        gather()
        staged = true
        await send({ kind: 'stage', batches })
      }
      gather()
      await send({ kind: 'append-signed', batches, note })
      this.#tail = this.#head
    } catch (error) {
      if (staged && this.#poison === null) await this.#askLog({ kind: 'unstage' })
      throw error
    }
  }

  #headMoved(expectedHead: number): JournalRefusal<'HEAD_MOVED'> {
    const message = this.#signedAppend
      ? 'Entries under a signed head are being appended. Wait for them, then retry.'
      : `The log ends after ${this.#tail} entries, not ${expectedHead}. Read on, then retry.`
    return new JournalRefusal('HEAD_MOVED', message, { expectedHead, actualHead: this.#tail })
  }

  /** Flushes at the end of this turn of the event loop, so that all that the turn brings shares one commit and one message. */
  #flushSoon(): void {
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    setImmediate(() => {
      this.#flushScheduled = false
      if (this.#inFlight === null) this.#flush()
    })
  }

  read(from: number, to: number): AsyncIterable<JournalEntry> {
    this.#checkRange(from, to)
    return this.#entries(from, to)
  }

  follow(from: number, signal: AbortSignal): AsyncIterable<JournalEntry> {
    this.#checkRange(from, this.#head)
    return this.#followed(from, signal)
  }

  async saveSnapshot(seq: number, sections: readonly Section[]): Promise<void> {
    if (this.#closing !== null) throw this.#closed()
    await this.#snapshots.save(seq, sections)
  }

  async loadSnapshot(): Promise<Snapshot | null> {
    if (this.#closing !== null) throw this.#closed()
    return this.#snapshots.load()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#wake()
    await this.#snapshots.settled()
    while ((this.#head !== this.#tail || this.#signedAppend) && this.#poison === null) await this.#moved()
    if (!this.#gone) this.#post({ kind: 'close', last: this.#channel.retire() })
    await this.#exited
    this.#wake()
  }

  async #durable(head: number): Promise<number> {
    while (this.#head < head) {
      if (this.#poison !== null) throw this.#poison
      await this.#moved()
    }
    return head
  }

  #flush(): void {
    const group = this.#queue.take()
    if (group === null) return
    this.#inFlight = group
    const transfer = group.batches.map((batch) => batch.buffer)
    this.#post({ kind: 'commit', batches: group.batches }, transfer)
  }

  #receive(answer: StoreAnswer): void {
    switch (answer.kind) {
      case 'committed': {
        const group = this.#inFlight as Group
        this.#inFlight = null
        this.#head = group.head
        this.#log?.advance(answer.checkpoint)
        this.#queue.recycle(answer.buffers)
        this.#flushSoon()
        for (const waiter of group.waiters) waiter.resolve(waiter.head)
        this.#wake()
        return
      }
      case 'commit-refused':
        this.#log?.update(answer.view)
        this.#refuseAll(fromWire(answer.error))
        return
      case 'log-answer':
        this.#head = answer.head
        this.#log?.update(answer.view)
        this.#settle(answer.id, answer.bytes)
        return
      case 'notice':
        this.#notice(answer.notice)
        return
      case 'commit-failed':
      case 'poisoned':
        this.#fail(fromWire(answer.error) as JournalFault<'COMMIT_FAILED'>)
        return
      case 'chunk':
        this.#settle(answer.id, answer.chunk)
        return
      case 'anchored':
        this.#settle(answer.id, answer.checksum)
        return
      case 'failed': {
        const pending = this.#asked.get(answer.id)
        this.#asked.delete(answer.id)
        pending?.reject(fromWire(answer.error))
        return
      }
      case 'opened':
      case 'refused':
        throw new Error(`the journal worker answered ${answer.kind} out of turn`)
    }
  }

  /** No entry becomes durable any more: all that wait learn why. */
  #fail(fault: JournalFault<'COMMIT_FAILED'>): void {
    this.#poison ??= fault
    this.#rejectAll(fault)
  }

  /** The log takes nothing as it stands: what was appended is as if it had never been. */
  #refuseAll(refusal: JournalError): void {
    this.#tail = this.#head
    this.#rejectAll(refusal)
  }

  #rejectAll(error: JournalError): void {
    let group = this.#inFlight
    this.#inFlight = null
    while (group !== null) {
      for (const waiter of group.waiters) waiter.reject(error)
      group = this.#queue.take()
    }
    this.#wake()
  }

  /** The worker is gone: expected after `close`, otherwise a failure with an unknown outcome for what was in flight. */
  lose(cause: Error): void {
    if (this.#gone) return
    this.#gone = true
    const path = join(this.#dir, 'journal.db')
    this.#fail(
      new JournalFault(
        'COMMIT_FAILED',
        `${path} takes no more entries: its worker ended (${cause.message}). Start again; the ${this.#head} entries acknowledged before are safe, those appended since may or may not be found.`,
        { path, reason: 'worker-lost', outcome: 'unknown', head: this.#head, systemCode: 'WORKER' },
        { cause },
      ),
    )
    const why = this.#unable()
    for (const pending of this.#asked.values()) pending.reject(why)
    this.#asked.clear()
  }

  /** Why a store without a worker answers nothing. */
  #unable(): JournalError {
    return this.#closing === null && this.#poison !== null ? this.#poison : this.#closed()
  }

  async *#followed(from: number, signal: AbortSignal): AsyncGenerator<JournalEntry> {
    const wake = (): void => this.#wake()
    signal.addEventListener('abort', wake)
    try {
      for (let next = from; !signal.aborted; ) {
        if (this.#closing !== null) throw this.#closed()
        if (next < this.#head) {
          for await (const entry of this.#entries(next, this.#head)) {
            if (signal.aborted) return
            yield entry
            next = entry.seq + 1
          }
        } else if (this.#poison === null) {
          await this.#moved()
        } else {
          throw this.#poison
        }
      }
    } finally {
      signal.removeEventListener('abort', wake)
    }
  }

  async *#entries(from: number, to: number): AsyncGenerator<JournalEntry> {
    let ahead = from < to ? this.#chunk(from, to) : null
    for (let next = from; ahead !== null; ) {
      const { index, buffer } = await ahead
      const lastAt = index.length - 4
      const end = (index[lastAt] as number) + (index[lastAt + 1] as number)
      ahead = end < to ? this.#chunk(end, to) : null
      for (let i = 0; i < index.length; i += 4) {
        let seq = index[i] as number
        const bytes = new Uint8Array(buffer, index[i + 2], index[i + 3])
        for (const entry of batchEntries(bytes, index[i + 1] as number)) {
          if (seq >= to) return
          if (seq >= next) {
            yield { seq, bytes: entry }
            next = seq + 1
          }
          seq++
        }
      }
    }
  }

  /** A chunk asked for ahead of need may fail before anyone looks at it. */
  #chunk(from: number, to: number): Promise<Chunk> {
    const chunk = this.#ask<Chunk>((id) => ({ kind: 'read', id, from, to }))
    chunk.catch(() => undefined)
    return chunk
  }

  #askLog(request: LogRequest, transfer: ArrayBuffer[] = []): Promise<Uint8Array | null> {
    if (this.#closing !== null && !this.#signedAppend) return Promise.reject(this.#closed())
    return this.#ask((id) => ({ ...request, id }), transfer)
  }

  #ask<T>(request: (id: number) => StoreRequest, transfer: ArrayBuffer[] = []): Promise<T> {
    if (this.#gone) return Promise.reject(this.#unable())
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      this.#asked.set(id, { resolve, reject })
      this.#post(request(id), transfer)
    })
  }

  #settle(id: number, value: unknown): void {
    const pending = this.#asked.get(id)
    this.#asked.delete(id)
    pending?.resolve(value as never)
  }

  #post(request: StoreRequest, transfer: ArrayBuffer[] = []): void {
    this.#channel.port.postMessage(request, transfer)
  }

  #moved(): Promise<void> {
    return new Promise((done) => this.#wakers.push(done))
  }

  #wake(): void {
    if (this.#wakers.length === 0) return
    const wakers = this.#wakers
    this.#wakers = []
    for (const wake of wakers) wake()
  }

  #checkRange(from: number, to: number): void {
    if (this.#closing !== null) throw this.#closed()
    const head = this.#head
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from > to || to > head) {
      throw new JournalRefusal(
        'OUT_OF_RANGE',
        `Entries ${from} to ${to} are not all there: the log holds 0 to ${head}.`,
        {
          from,
          to,
          head,
        },
      )
    }
  }

  #closed(): JournalError {
    return new JournalRefusal('CLOSED', `The journal in ${this.#dir} was closed.`, { dir: this.#dir })
  }
}

function firstAnswer(
  channel: StoreChannel,
  notice: (notice: JournalNotice) => void,
  loss: { tell: (cause: Error) => void },
): Promise<Extract<StoreAnswer, { kind: 'opened' }>> {
  const { port } = channel
  return new Promise((opened, reject) => {
    let refusal: Error | null = null
    const onMessage = (answer: StoreAnswer): void => {
      if (answer.kind === 'opened') {
        port.off('message', onMessage).off('close', onClose)
        opened(answer)
      } else if (answer.kind === 'notice') {
        notice(answer.notice)
      } else if (answer.kind === 'refused') {
        refusal = fromWire(answer.error)
      }
    }
    loss.tell = (cause) => {
      refusal ??= cause
    }
    // Only at its end has the store let go of every file.
    const onClose = (): void => {
      void channel
        .release({ asked: refusal !== null })
        .then(() => reject(refusal ?? new Error('the journal worker ended before it opened the store')))
    }
    port.on('message', onMessage).on('close', onClose)
  })
}

function fromWire({ code, message, details }: WireError): JournalError {
  return FAULTS.has(code)
    ? new JournalFault(code as JournalFaultCode, message, details as never)
    : new JournalRefusal(code as JournalRefusalCode, message, details as never)
}

const FAULTS: ReadonlySet<string> = new Set([
  'COMMIT_FAILED',
  'CORRUPT',
  'LOG_MISMATCH',
  'IO_FAILED',
] satisfies JournalFaultCode[])

function warn(notice: JournalNotice): void {
  const what = describe(notice)
  if (what === null) return
  const code = `PARLEY_JOURNAL_${notice.kind.toUpperCase().replaceAll('-', '_')}`
  process.emitWarning(`${notice.path}: ${what}`, { code })
}

/** A line for the operator, null for what needs none. */
function describe(notice: JournalNotice): string | null {
  switch (notice.kind) {
    case 'snapshot-skipped':
      return notice.reason
    case 'torn-tail':
      return `dropped ${notice.droppedBytes} bytes of an unfinished write`
    case 'tiles-rebuilt':
      return `${notice.tiles} tiles were missing or damaged and were made again from the entries`
    case 'unfinished-append':
      return `removed the entries from ${notice.from} on of an append that was not finished`
    case 'building-tree':
      return null
  }
}

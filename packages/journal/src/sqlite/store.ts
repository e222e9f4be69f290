import { randomUUID } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { leafHash } from '@parley/record'
import Database from 'libsql'
import { JournalFault, JournalRefusal, type LockHolder } from '../errors.ts'
import { syncFolder } from '../folder.ts'
import type { JournalNotice } from '../journal.ts'
import type { LogSettings } from '../log.ts'
import { batchChecksum, batchEntries } from './batch.ts'
import { CREATE_CLOSING, isClosed, markClosed, markOpen } from './closing.ts'
import { becomeLog, dropStaged, LogStore } from './log-store.ts'
import type { Chunk, SealedBatch, StoreSettings } from './protocol.ts'
import { inspectWal, walSalts } from './wal.ts'

/** "PRLJ", in SQLite's `application_id`. */
const APPLICATION_ID = 0x50524c4a
/** What a journal is made as, and stays until it is opened as a log. */
const PLAIN_VERSION = 1
/** With the tables of a log. */
const LOG_VERSION = 2
const PAGE = 4096
/** A read gives way to waiting commits after so much. */
const CHUNK_BYTES = 256 << 10
const CHUNK_BATCHES = 512
/** A checkpoint waits until this many times its own last cost has passed, so that it takes a small share of the time. */
const CHECKPOINT_REST = 16
const CHECKPOINT_CEILING = 16
const HOLDER_NOTE = 'lock-holder.json'
const REPLACED = 'STORE_REPLACED'
/** Pages of the write-ahead log that a transaction takes beside those of its rows' bytes. */
const BATCH_PAGES = 3

type Row = [firstSeq: number, count: number, checksum: number, bytes: Buffer]
type Db = InstanceType<typeof Database>
type Statement = ReturnType<Db['prepare']>

/**
 * One SQLite file of batches, held by this process alone. Lives in the worker; every call blocks.
 *
 * Two locks guard it: `lock`, an empty database under BEGIN EXCLUSIVE, taken before anything else is looked at, and
 * SQLite's exclusive locking mode on the journal itself. Both are locks of the operating system, which lets go of them
 * when the process dies however it dies. Nothing in this process may open those two files by other means: on POSIX
 * systems, closing any descriptor of a file drops the process's locks on it.
 */
export class SqliteStore {
  readonly #path: string
  readonly #walPath: string
  readonly #settings: StoreSettings
  readonly #lock: Db
  readonly #db: Db
  readonly #insert: Statement
  readonly #batchAt: Statement
  readonly #batchHolding: Statement
  readonly #carry: Statement
  readonly #begin: Statement
  readonly #end: Statement
  readonly #notify: (notice: JournalNotice) => void
  readonly journalId: string
  /** Null when the journal was never opened as a log. */
  readonly log: LogStore | null
  #head: number
  #transacting = false
  /** The store says that it was closed, which the next transaction takes back. */
  #closed = false
  #poison: JournalFault<'COMMIT_FAILED'> | null = null
  /** Whole transactions in the current generation of the write-ahead log; the next one starts a new generation. */
  #walCommits = 0
  #walSpent = true
  #walSalts = ''
  #walPages = 0
  #checkpointCostMs = 0
  #checkpointedAtMs = performance.now()
  #commitsSinceTick = 0
  readonly #dbInode: bigint | undefined
  #walInode: bigint | undefined

  /** Opens or creates the store in `settings.dir`; `notify` learns of what was worked around, also while it opens. */
  constructor(settings: StoreSettings, { notify, hashLeaf = leafHash }: StoreOptions) {
    this.#settings = settings
    this.#notify = notify
    this.#path = join(settings.dir, 'journal.db')
    this.#walPath = `${this.#path}-wal`
    prepareFolder(settings.dir)
    this.#lock = takeLock(settings)
    let db: Db | undefined
    try {
      const fresh = checkFiles(this.#path)
      const wal = this.#checkWal()
      if (wal.kind === 'torn') notify({ kind: 'torn-tail', path: this.#walPath, droppedBytes: wal.droppedBytes })
      db = new Database(this.#path, { timeout: 2000 })
      db.exec('PRAGMA locking_mode = EXCLUSIVE')
      if (this.#identify(db)) this.#create(db)
      this.#configure(db)
      if (fresh) syncFolder(settings.dir)
      this.#dbInode = inodeOf(this.#path)
      this.#insert = db.prepare('INSERT INTO batch(first_seq, count, crc32, bytes) VALUES (?, ?, ?, ?)')
      const columns = 'SELECT first_seq, count, crc32, bytes FROM batch WHERE first_seq'
      this.#batchAt = rawStatement(db, `${columns} = ?`)
      this.#batchHolding = rawStatement(db, `${columns} <= ? ORDER BY first_seq DESC LIMIT 1`)
      this.#carry = rawStatement(db, 'PRAGMA wal_checkpoint(PASSIVE)')
      this.#begin = db.prepare('BEGIN IMMEDIATE')
      this.#end = db.prepare('COMMIT')
      this.#db = db
      let meta = this.#readMeta()
      this.journalId = meta.get('journal_id') ?? ''
      this.#closed = isClosed(meta)
      this.#head = 0
      const staged = meta.get('log_staging')
      if (staged !== undefined) {
        this.#transact(BATCH_PAGES, () => dropStaged(this.#db, Number(staged)))
        notify({ kind: 'unfinished-append', path: this.#path, from: Number(staged) })
      }
      this.#head = this.#readHead()
      if (settings.log !== null && !meta.has('log_key')) {
        this.#becomeLog(settings.log)
        meta = this.#readMeta()
      }
      this.log = meta.has('log_key') ? this.#openLog(meta, hashLeaf) : null
    } catch (error) {
      const known = this.#openError(error)
      db?.close()
      removeNote(settings.dir)
      this.#lock.close()
      throw known
    }
  }

  /** How many entries are durable. */
  get head(): number {
    return this.#head
  }

  /**
   * Writes `batches` as one transaction and returns once it is synced; of a log with what the tree needs and the signed
   * head. After a failure the store takes no more.
   *
   * @throws {JournalRefusal} `NOT_SIGNING`, before anything is tried
   * @throws {JournalFault} `COMMIT_FAILED`; `outcome` tells whether the batches are surely gone
   */
  commit(batches: readonly SealedBatch[]): void {
    if (this.#poison !== null) throw this.#poison
    const { log } = this
    log?.requireOpen()
    const head = nextHead(batches, this.#head)
    if (log === null) {
      if (batches.length === 1 && !this.#closed) this.#durably(pagesOf(batches), () => this.#insertAll(batches))
      else this.#transact(pagesOf(batches), () => this.#insertAll(batches))
    } else {
      const grown = this.#transact(pagesOf(batches) + log.pagesFor(batches), () => {
        this.#insertAll(batches)
        return log.extend(batches)
      })
      log.adopt(grown)
    }
    this.#head = head
  }

  /**
   * Writes `batches` under the head that `note` signs, see {@link JournalLog.appendSigned}.
   *
   * @throws {JournalRefusal} nothing is kept then, also of what was set down before
   */
  appendSigned(batches: readonly SealedBatch[], note: Uint8Array): void {
    const log = this.#requireLog()
    try {
      const head = nextHead(batches, log.stagedHead)
      log.appendSigned(() => this.#insertAll(batches), batches, note)
      this.#head = head
    } catch (error) {
      if (this.#poison === null) log.unstage()
      throw error
    }
  }

  /** Sets `batches` down for a later `appendSigned`; they are no part of the log until then. */
  stage(batches: readonly SealedBatch[]): void {
    const log = this.#requireLog()
    nextHead(batches, log.stagedHead)
    log.stage(() => this.#insertAll(batches), batches)
  }

  unstage(): void {
    this.#requireLog().unstage()
  }

  /**
   * Carries the write-ahead log into the database when it is due: when it is long enough and the last time is long
   * enough ago, or when it is too long.
   *
   * @throws {JournalFault} `COMMIT_FAILED`; the acknowledged entries are still in the log
   */
  checkpointIfDue(): void {
    const due = this.#settings.checkpointBytes / PAGE
    if (this.#poison !== null || this.#walPages < due) return
    const restedMs = performance.now() - this.#checkpointedAtMs
    if (restedMs >= CHECKPOINT_REST * this.#checkpointCostMs || this.#walPages >= CHECKPOINT_CEILING * due) {
      this.#checkpoint()
    }
  }

  /** To be called now and then: carries the log over when nothing was written since the last call. */
  tick(): void {
    const idle = this.#commitsSinceTick === 0
    this.#commitsSinceTick = 0
    if (idle && this.#walPages > 0 && this.#poison === null) this.#checkpoint()
  }

  /**
   * The batches that hold `from` and what follows, up to `to` or until the chunk is full.
   *
   * @throws {JournalFault} `CORRUPT`
   */
  read(from: number, to: number): Chunk {
    const rows: Row[] = []
    let bytes = 0
    for (let seq = from; seq < to && bytes < CHUNK_BYTES && rows.length < CHUNK_BATCHES; ) {
      const row = this.#batch(rows.length === 0 ? this.#batchHolding : this.#batchAt, seq)
      rows.push(row)
      bytes += row[3].byteLength
      seq = row[0] + row[1]
    }
    const index = new Float64Array(4 * rows.length)
    const buffer = new ArrayBuffer(bytes)
    const target = new Uint8Array(buffer)
    let at = 0
    rows.forEach(([firstSeq, count, , data], i) => {
      index.set([firstSeq, count, at, data.byteLength], 4 * i)
      target.set(data, at)
      at += data.byteLength
    })
    return { index, buffer }
  }

  /** The checksum of the batch that holds the entry before `seq`, 0 at the start: ties a snapshot to this log's past. */
  anchor(seq: number): number {
    if (seq === 0) return 0
    return this.#batch(this.#batchHolding, seq - 1)[2]
  }

  /** Folds the log into the database and lets go. The locks fall when the worker ends. */
  close(): void {
    if (this.#poison === null) {
      try {
        if (!this.#closed) this.#transact(BATCH_PAGES, () => markClosed(this.#db))
        this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      } catch {
        // What was acknowledged is in the log already; the next opening carries it over or says why it cannot.
      }
    }
    removeNote(this.#settings.dir)
    this.#db.close()
  }

  /** Gives the folder's lock up after `close`, in a thread that goes on. */
  unlock(): void {
    this.#lock.close()
  }

  /** Stored entries in order, one batch in memory at a time. */
  *#entries(from: number, to: number): Generator<{ seq: number; bytes: Uint8Array }> {
    for (let next = from; next < to; ) {
      const [firstSeq, count, , bytes] = this.#batch(this.#batchHolding, next)
      let seq = firstSeq
      for (const entry of batchEntries(bytes, count)) {
        if (seq >= to) return
        if (seq >= from) yield { seq, bytes: entry }
        seq++
      }
      next = seq
    }
  }

  #requireLog(): LogStore {
    if (this.log === null) throw new Error('the journal is no log')
    return this.log
  }

  #openLog(meta: Map<string, string>, hashLeaf: (leaf: Uint8Array) => Uint8Array): LogStore {
    const host = {
      db: this.#db,
      path: this.#path,
      transact: <T>(pages: number, work: () => T): T => this.#transact(pages, work),
      entries: (from: number, to: number) => this.#entries(from, to),
      notify: this.#notify,
      writable: () => this.#poison === null,
      hashLeaf,
    }
    return LogStore.open(host, { settings: this.#settings.log, meta, head: this.#head })
  }

  /** One transaction: a crash leaves the journal plain, or a log whose tree is still to be built. */
  #becomeLog(log: LogSettings): void {
    this.#transact(BATCH_PAGES, () => {
      becomeLog(this.#db, log, { path: this.#path, head: this.#head })
      this.#db.exec(
        `UPDATE meta SET value = '${LOG_VERSION}' WHERE name = 'format_version'; PRAGMA user_version = ${LOG_VERSION}`,
      )
    })
  }

  #insertAll(batches: readonly SealedBatch[]): void {
    for (const { firstSeq, count, buffer, byteLength } of batches) {
      const bytes = Buffer.from(buffer, 0, byteLength)
      this.#insert.run([firstSeq, count, batchChecksum(firstSeq, count, bytes), bytes])
    }
  }

  /** Runs `work` as one transaction that is durable on return; within another one, as part of that. */
  #transact<T>(pages: number, work: () => T): T {
    if (this.#transacting) return work()
    return this.#durably(pages, () => {
      this.#begin.run([])
      this.#transacting = true
      try {
        if (this.#closed) markOpen(this.#db)
        const result = work()
        this.#end.run([])
        this.#closed = false
        return result
      } finally {
        this.#transacting = false
      }
    })
  }

  /**
   * Runs `work`, which ends one transaction of about `pages` pages. A refusal thrown by it is passed on, with everything
   * as it was before; anything else ends the store's taking of entries.
   */
  #durably<T>(pages: number, work: () => T): T {
    if (this.#poison !== null) throw this.#poison
    let result: T
    try {
      result = work()
      this.#checkInPlace()
    } catch (error) {
      const refused = error instanceof JournalRefusal && this.#rolledBack()
      if (refused) throw error
      this.#poison = this.#commitFault(error, this.#withdraw() ? 'absent' : 'unknown')
      throw this.#poison
    }
    this.#walCommits = this.#walSpent ? 1 : this.#walCommits + 1
    this.#walSpent = false
    this.#commitsSinceTick++
    this.#walPages += pages
    return result
  }

  #rolledBack(): boolean {
    try {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
      return true
    } catch {
      return false
    }
  }

  #batch(statement: Statement, seq: number): Row {
    let row: Row | undefined
    try {
      row = statement.get([seq]) as Row | undefined
    } catch (error) {
      throw this.#readFault(error, seq)
    }
    if (row === undefined || seq < row[0] || seq >= row[0] + row[1]) {
      throw this.#corrupt(seq, 'the batch that should hold this entry is missing')
    }
    if (batchChecksum(row[0], row[1], row[3]) !== row[2]) {
      throw this.#corrupt(row[0], `the batch of ${row[1]} entries does not match its checksum`)
    }
    return row
  }

  #checkWal(): ReturnType<typeof inspectWal> {
    const wal = inspectWal(this.#walPath)
    if (wal.kind === 'damaged') {
      throw new JournalFault(
        'CORRUPT',
        `${this.#walPath} is damaged where acknowledged entries lie (${wal.what}). Restore the folder from a copy or a mirror; nothing was changed.`,
        { path: this.#walPath, seq: null, what: wal.what },
      )
    }
    return wal
  }

  /** Whether the file is new, after making sure that it is nobody else's. */
  #identify(db: Db): boolean {
    if (pragma(db, 'page_count') === 0) return true
    const path = this.#path
    const applicationId = pragma(db, 'application_id')
    const version = pragma(db, 'user_version')
    if (applicationId !== APPLICATION_ID || version < 1) {
      throw new JournalRefusal(
        'FOREIGN_DATABASE',
        `${path} is a SQLite database of another program. Choose another data folder.`,
        { path, applicationId },
      )
    }
    if (version > LOG_VERSION) {
      throw new JournalRefusal(
        'NEWER_FORMAT',
        `${path} was written by a newer version (format ${version}, this one knows ${LOG_VERSION}). Run the newer version, or choose another data folder.`,
        { path, found: version, supported: LOG_VERSION },
      )
    }
    return false
  }

  /** One transaction, so that a crash leaves either nothing or a whole journal. */
  #create(db: Db): void {
    const put = (name: string, value: string): string => `INSERT INTO meta VALUES ('${name}', '${value}');`
    db.exec(`PRAGMA page_size = ${PAGE};
      PRAGMA auto_vacuum = NONE;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = 1;
      BEGIN EXCLUSIVE;
      CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE batch(
        first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, crc32 INTEGER NOT NULL, bytes BLOB NOT NULL
      ) STRICT;
      ${put('application', 'parley-journal')}
      ${put('format_version', String(PLAIN_VERSION))}
      ${put('created', new Date(this.#settings.createdMs).toISOString())}
      ${put('kind', this.#settings.kind.replaceAll("'", "''"))}
      ${put('journal_id', randomUUID())}
      ${CREATE_CLOSING}
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${PLAIN_VERSION};
      COMMIT;`)
  }

  #configure(db: Db): void {
    const mode = rawStatement(db, 'PRAGMA journal_mode = WAL').get([]) as [string]
    if (mode[0] !== 'wal') throw new Error(`SQLite refused WAL mode and stays in ${mode[0]}`)
    db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1')
    db.prepare('PRAGMA wal_autocheckpoint = 0').all()
    // What little is ever deleted leaves zeros: in a file otherwise only added to, every altered byte then shows.
    db.prepare('PRAGMA secure_delete = ON').all()
    const { checkpointBytes, maxStoreBytes } = this.#settings
    db.prepare(`PRAGMA journal_size_limit = ${CHECKPOINT_CEILING * checkpointBytes}`).all()
    if (maxStoreBytes !== null) {
      db.prepare(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxStoreBytes / PAGE))}`).all()
    }
    const folded = rawStatement(db, 'PRAGMA wal_checkpoint(TRUNCATE)').get([]) as number[]
    if (folded[0] !== 0) throw new Error('SQLite could not fold the write-ahead log on opening')
  }

  #readMeta(): Map<string, string> {
    const rows = rawStatement(this.#db, 'SELECT name, value FROM meta').all([]) as [string, string][]
    const meta = new Map(rows)
    const kind = meta.get('kind') ?? ''
    if (kind !== this.#settings.kind) {
      throw new JournalRefusal(
        'WRONG_KIND',
        `${this.#path} holds a journal of kind "${kind}", not "${this.#settings.kind}". Choose another data folder.`,
        { path: this.#path, found: kind, wanted: this.#settings.kind },
      )
    }
    return meta
  }

  #readHead(): number {
    const last = this.#batchHolding.get([Number.MAX_SAFE_INTEGER]) as Row | undefined
    if (last === undefined) return 0
    this.#batch(this.#batchAt, last[0])
    return last[0] + last[1]
  }

  #checkpoint(): void {
    const startedMs = performance.now()
    try {
      const [busy, frames, carried] = this.#carry.get([]) as [number, number, number]
      if (busy === 0 && frames === carried) {
        this.#walSpent = true
        this.#walSalts = walSalts(this.#walPath)
        this.#walPages = 0
      }
    } catch (error) {
      // A failed sync must not be tried again: the system may have dropped the pages it could not write.
      this.#poison = this.#commitFault(error, 'absent')
      throw this.#poison
    }
    this.#checkpointedAtMs = performance.now()
    this.#checkpointCostMs = this.#checkpointedAtMs - startedMs
  }

  /**
   * Makes sure that a transaction whose commit failed cannot come back at the next opening: when only the sync failed,
   * all its frames may stand in the file, whole. Returns whether it is surely gone.
   */
  #withdraw(): boolean {
    try {
      if (inodeOf(this.#walPath) !== this.#walInode && this.#walInode !== undefined) return false
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
    } catch {
      // The connection is used for reading only from here on.
    }
    try {
      const wal = inspectWal(this.#walPath)
      if (wal.kind === 'empty') return true
      if (wal.kind === 'damaged') return false
      const sameGeneration = !this.#walSpent || wal.salts === this.#walSalts
      const good = sameGeneration ? this.#walCommits : 0
      const surplus = wal.commitEnds.length - good
      if (surplus < 0 || surplus > 1) return false
      if (surplus === 1) truncateSynced(this.#walPath, good === 0 ? 0 : (wal.commitEnds[good - 1] as number))
      return true
    } catch {
      return false
    }
  }

  /** Files that were removed or replaced under an open descriptor take writes and sync them, for nobody to find. */
  #checkInPlace(): void {
    this.#walInode ??= inodeOf(this.#walPath)
    if (inodeOf(this.#path) !== this.#dbInode || inodeOf(this.#walPath) !== this.#walInode) {
      throw Object.assign(new Error('the files were removed or replaced while in use'), { code: REPLACED })
    }
  }

  #commitFault(error: unknown, outcome: 'absent' | 'unknown'): JournalFault<'COMMIT_FAILED'> {
    const systemCode = codeOf(error)
    const reason = reasonOf(systemCode)
    const fate =
      outcome === 'absent'
        ? 'Nothing of the failed append is kept'
        : 'The failed append may or may not be found after the restart'
    return new JournalFault(
      'COMMIT_FAILED',
      `${this.#path} takes no more entries: ${explain(reason, error)}. ${fate}; the ${this.#head} acknowledged before can be read.`,
      { path: this.#path, reason, outcome, head: this.#head, systemCode },
      { cause: error },
    )
  }

  #readFault(error: unknown, seq: number): JournalFault {
    const systemCode = codeOf(error)
    if (systemCode.startsWith('SQLITE_CORRUPT') || systemCode === 'SQLITE_NOTADB') {
      return this.#corrupt(seq, `SQLite says: ${(error as Error).message}`)
    }
    return this.#ioFault('read', error)
  }

  #corrupt(seq: number | null, what: string): JournalFault<'CORRUPT'> {
    const place = seq === null ? '' : ` at entry ${seq}`
    return new JournalFault(
      'CORRUPT',
      `${this.#path} is damaged${place}: ${what}. Restore the folder from a copy or a mirror.`,
      { path: this.#path, seq, what },
    )
  }

  #ioFault(operation: string, error: unknown): JournalFault<'IO_FAILED'> {
    const systemCode = codeOf(error)
    return new JournalFault(
      'IO_FAILED',
      `Cannot ${operation} ${this.#path} (${systemCode}: ${(error as Error).message}). Check the disk and its free space, then start again.`,
      { path: this.#path, operation, systemCode },
      { cause: error },
    )
  }

  #openError(error: unknown): Error {
    if (error instanceof JournalRefusal || error instanceof JournalFault) return error
    const systemCode = codeOf(error)
    const path = this.#path
    if (systemCode.startsWith('SQLITE_BUSY')) return lockedError(this.#settings.dir)
    if (systemCode.startsWith('SQLITE_NOTADB')) {
      return notADatabaseError(path)
    }
    if (systemCode.startsWith('SQLITE_READONLY') || systemCode.startsWith('SQLITE_CANTOPEN')) {
      return readOnlyError(path, systemCode)
    }
    if (systemCode.startsWith('SQLITE_CORRUPT')) return this.#corrupt(null, `SQLite says: ${(error as Error).message}`)
    return this.#ioFault('open', error)
  }
}

/** How a store is watched. */
export interface StoreOptions {
  readonly notify: (notice: JournalNotice) => void
  /** Stands in for the hash of a leaf in the first of the two computations, to show what a broken machine leads to. */
  readonly hashLeaf?: (leaf: Uint8Array) => Uint8Array
}

/** The head after `batches`, which must follow `head` without a gap. */
function nextHead(batches: readonly SealedBatch[], head: number): number {
  let next = head
  for (const { firstSeq, count } of batches) {
    if (firstSeq !== next) throw new Error(`batch at ${firstSeq} does not follow head ${next}`)
    next += count
  }
  return next
}

function pagesOf(batches: readonly SealedBatch[]): number {
  let pages = 0
  for (const { byteLength } of batches) pages += Math.ceil(byteLength / PAGE) + BATCH_PAGES
  return pages
}

function prepareFolder(dir: string): void {
  try {
    const made = mkdirSync(dir, { recursive: true })
    if (made !== undefined) syncFolder(dirname(made))
    accessSync(dir, constants.W_OK | constants.X_OK)
  } catch (error) {
    const systemCode = codeOf(error)
    if (systemCode === 'EEXIST' || systemCode === 'ENOTDIR') {
      throw new JournalRefusal('NOT_A_FOLDER', `${dir} is not a folder. Choose another data folder.`, { dir })
    }
    throw unwritableError(dir, systemCode)
  }
}

/** Takes the lock of the folder, waiting for nobody, and leaves a note of who holds it. */
function takeLock({ dir, self }: StoreSettings): Db {
  const path = join(dir, 'lock')
  let lock: Db | undefined
  try {
    if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK)
    lock = new Database(path)
    lock.exec('PRAGMA journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock?.close()
    const systemCode = codeOf(error)
    if (systemCode.startsWith('SQLITE_BUSY')) throw lockedError(dir)
    if (systemCode.startsWith('SQLITE_NOTADB')) {
      throw new JournalRefusal('NOT_A_DATABASE', `${path} is not ours. Move it away, or choose another data folder.`, {
        path,
      })
    }
    if (systemCode === 'EACCES' || systemCode === 'EROFS') throw readOnlyError(path, systemCode)
    throw unwritableError(dir, systemCode)
  }
  try {
    writeFileSync(join(dir, HOLDER_NOTE), `${JSON.stringify(self)}\n`)
  } catch {
    // Only a courtesy to whoever is refused: on a full disk the journal must still open for reading.
    removeNote(dir)
  }
  return lock
}

function removeNote(dir: string): void {
  try {
    rmSync(join(dir, HOLDER_NOTE), { force: true })
  } catch {
    // A note that stays misleads nobody: it is read only while the lock is held, and each holder writes its own.
  }
}

/** Makes sure that the database may be written and was not lost from beside its log; returns whether it is new. */
function checkFiles(path: string): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size !== undefined) {
    try {
      accessSync(path, constants.R_OK | constants.W_OK)
    } catch (error) {
      throw readOnlyError(path, codeOf(error))
    }
  }
  // SQLite takes a file shorter than its smallest page for an empty one, and would write over it.
  if (size !== undefined && size > 0 && size < 512) throw notADatabaseError(path)
  const walSize = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if ((size ?? 0) === 0 && walSize > 0) {
    const what = 'it is missing or empty while its write-ahead log is not'
    throw new JournalFault(
      'CORRUPT',
      `${path}: ${what}. Restore the folder from a copy or a mirror; nothing was changed.`,
      {
        path,
        seq: null,
        what,
      },
    )
  }
  return size === undefined
}

function lockedError(dir: string): JournalRefusal<'LOCKED'> {
  const holder = readHolder(dir)
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`
  return new JournalRefusal(
    'LOCKED',
    `${dir} is in use by ${who}. Stop that one first, or choose another data folder.`,
    {
      dir,
      holder,
    },
  )
}

function readHolder(dir: string): LockHolder | null {
  try {
    const note = JSON.parse(readFileSync(join(dir, HOLDER_NOTE), 'utf8')) as Partial<LockHolder>
    return typeof note.pid === 'number' && typeof note.host === 'string' ? { pid: note.pid, host: note.host } : null
  } catch {
    return null
  }
}

function notADatabaseError(path: string): JournalRefusal<'NOT_A_DATABASE'> {
  return new JournalRefusal(
    'NOT_A_DATABASE',
    `${path} is not a journal: it is not even a SQLite file. Move it away, or choose another data folder.`,
    { path },
  )
}

function unwritableError(dir: string, systemCode: string): JournalRefusal<'UNWRITABLE'> {
  return new JournalRefusal(
    'UNWRITABLE',
    `Cannot write in ${dir} (${systemCode}). Give this user write access, or choose another data folder.`,
    { dir, systemCode },
  )
}

function readOnlyError(path: string, systemCode: string): JournalRefusal<'READ_ONLY'> {
  return new JournalRefusal(
    'READ_ONLY',
    `${path} cannot be written (${systemCode}). Give this user write access, or choose another data folder.`,
    { path, systemCode },
  )
}

type CommitFailure = 'disk-full' | 'io-error' | 'store-replaced' | 'computation-mismatch'

function explain(reason: CommitFailure, error: unknown): string {
  switch (reason) {
    case 'disk-full':
      return "the disk (or the store's size limit) is full. Free space, then start again"
    case 'io-error':
      return `writing failed (${codeOf(error)}: ${(error as Error).message}). Check the disk, then start again`
    case 'computation-mismatch':
      return `${(error as Error).message}: memory or processor failed. Nothing was signed. Check the machine before starting again`
    case 'store-replaced':
      return 'its files were removed or replaced while in use. Put them back or restore a copy, then start again'
  }
}

function reasonOf(systemCode: string): CommitFailure {
  if (systemCode === REPLACED) return 'store-replaced'
  if (systemCode === 'COMPUTATION_MISMATCH') return 'computation-mismatch'
  return systemCode.startsWith('SQLITE_FULL') || systemCode === 'ENOSPC' ? 'disk-full' : 'io-error'
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino
}

function truncateSynced(path: string, length: number): void {
  const fd = openSync(path, 'r+')
  try {
    ftruncateSync(fd, length)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Rows as arrays: libsql adds a property of its own to rows that are objects. */
function rawStatement(db: Db, sql: string): Statement {
  return db.prepare(sql).raw()
}

function pragma(db: Db, name: string): number {
  return (rawStatement(db, `PRAGMA ${name}`).get([]) as [number])[0]
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' ? code : 'UNKNOWN'
}

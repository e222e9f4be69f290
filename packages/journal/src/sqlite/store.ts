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
import Database from 'libsql'
import { JournalFault, JournalRefusal, type LockHolder } from '../errors.ts'
import { syncFolder } from '../folder.ts'
import type { JournalNotice } from '../journal.ts'
import { batchChecksum } from './batch.ts'
import type { Chunk, SealedBatch, StoreSettings } from './protocol.ts'
import { inspectWal, walSalts } from './wal.ts'

/** "PRLJ", in SQLite's `application_id`. */
const APPLICATION_ID = 0x50524c4a
const FORMAT_VERSION = 1
const PAGE = 4096
/** A read gives way to waiting commits after so much. */
const CHUNK_BYTES = 256 << 10
const CHUNK_BATCHES = 512
/** A checkpoint waits until this many times its own last cost has passed, so that it takes a small share of the time. */
const CHECKPOINT_REST = 16
const CHECKPOINT_CEILING = 16
const HOLDER_NOTE = 'lock-holder.json'
const REPLACED = 'STORE_REPLACED'

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
  readonly journalId: string
  readonly notices: readonly JournalNotice[]
  #head: number
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

  /** Opens or creates the store in `settings.dir`. */
  constructor(settings: StoreSettings) {
    this.#settings = settings
    this.#path = join(settings.dir, 'journal.db')
    this.#walPath = `${this.#path}-wal`
    prepareFolder(settings.dir)
    this.#lock = takeLock(settings)
    let db: Db | undefined
    try {
      const fresh = checkFiles(this.#path)
      const wal = this.#checkWal()
      this.notices =
        wal.kind === 'torn' ? [{ kind: 'torn-tail', path: this.#walPath, droppedBytes: wal.droppedBytes }] : []
      db = new Database(this.#path, { timeout: 2000 })
      db.exec('PRAGMA locking_mode = EXCLUSIVE')
      const isNew = this.#identify(db)
      if (isNew) this.#create(db)
      this.#configure(db)
      if (fresh) syncFolder(settings.dir)
      this.#dbInode = inodeOf(this.#path)
      this.#insert = db.prepare('INSERT INTO batch(first_seq, count, crc32, bytes) VALUES (?, ?, ?, ?)')
      const columns = 'SELECT first_seq, count, crc32, bytes FROM batch WHERE first_seq'
      this.#batchAt = rawStatement(db, `${columns} = ?`)
      this.#batchHolding = rawStatement(db, `${columns} <= ? ORDER BY first_seq DESC LIMIT 1`)
      this.#carry = rawStatement(db, 'PRAGMA wal_checkpoint(PASSIVE)')
      this.journalId = this.#readMeta(db)
      this.#head = this.#readHead()
      this.#db = db
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
   * Writes `batches` as one transaction and returns once it is synced. After a failure the store takes no more.
   *
   * @throws {JournalFault} `COMMIT_FAILED`; `outcome` tells whether the batches are surely gone
   */
  commit(batches: readonly SealedBatch[]): void {
    if (this.#poison !== null) throw this.#poison
    let next = this.#head
    try {
      const whole = batches.length === 1
      if (!whole) this.#db.exec('BEGIN IMMEDIATE')
      for (const { firstSeq, count, buffer, byteLength } of batches) {
        if (firstSeq !== next) throw new Error(`batch at ${firstSeq} does not follow head ${next}`)
        const bytes = Buffer.from(buffer, 0, byteLength)
        this.#insert.run([firstSeq, count, batchChecksum(firstSeq, count, bytes), bytes])
        next += count
      }
      if (!whole) this.#db.exec('COMMIT')
      this.#checkInPlace()
    } catch (error) {
      this.#poison = this.#commitFault(error, this.#withdraw() ? 'absent' : 'unknown')
      throw this.#poison
    }
    this.#head = next
    this.#walCommits = this.#walSpent ? 1 : this.#walCommits + 1
    this.#walSpent = false
    this.#commitsSinceTick++
    for (const { byteLength } of batches) this.#walPages += Math.ceil(byteLength / PAGE) + 3
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
        this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      } catch {
        // What was acknowledged is in the log already; the next opening carries it over or says why it cannot.
      }
    }
    removeNote(this.#settings.dir)
    this.#db.close()
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
    if (version > FORMAT_VERSION) {
      throw new JournalRefusal(
        'NEWER_FORMAT',
        `${path} was written by a newer version (format ${version}, this one knows ${FORMAT_VERSION}). Run the newer version, or choose another data folder.`,
        { path, found: version, supported: FORMAT_VERSION },
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
      ${put('format_version', String(FORMAT_VERSION))}
      ${put('created', new Date(this.#settings.createdMs).toISOString())}
      ${put('kind', this.#settings.kind.replaceAll("'", "''"))}
      ${put('journal_id', randomUUID())}
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${FORMAT_VERSION};
      COMMIT;`)
  }

  #configure(db: Db): void {
    const mode = rawStatement(db, 'PRAGMA journal_mode = WAL').get([]) as [string]
    if (mode[0] !== 'wal') throw new Error(`SQLite refused WAL mode and stays in ${mode[0]}`)
    db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1')
    db.prepare('PRAGMA wal_autocheckpoint = 0').all()
    const { checkpointBytes, maxStoreBytes } = this.#settings
    db.prepare(`PRAGMA journal_size_limit = ${CHECKPOINT_CEILING * checkpointBytes}`).all()
    if (maxStoreBytes !== null) {
      db.prepare(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxStoreBytes / PAGE))}`).all()
    }
    const folded = rawStatement(db, 'PRAGMA wal_checkpoint(TRUNCATE)').get([]) as number[]
    if (folded[0] !== 0) throw new Error('SQLite could not fold the write-ahead log on opening')
  }

  #readMeta(db: Db): string {
    const rows = rawStatement(db, 'SELECT name, value FROM meta').all([]) as [string, string][]
    const meta = new Map(rows)
    const kind = meta.get('kind') ?? ''
    if (kind !== this.#settings.kind) {
      throw new JournalRefusal(
        'WRONG_KIND',
        `${this.#path} holds a journal of kind "${kind}", not "${this.#settings.kind}". Choose another data folder.`,
        { path: this.#path, found: kind, wanted: this.#settings.kind },
      )
    }
    return meta.get('journal_id') ?? ''
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

type CommitFailure = 'disk-full' | 'io-error' | 'store-replaced'

function explain(reason: CommitFailure, error: unknown): string {
  switch (reason) {
    case 'disk-full':
      return "the disk (or the store's size limit) is full. Free space, then start again"
    case 'io-error':
      return `writing failed (${codeOf(error)}: ${(error as Error).message}). Check the disk, then start again`
    case 'store-replaced':
      return 'its files were removed or replaced while in use. Put them back or restore a copy, then start again'
  }
}

function reasonOf(systemCode: string): CommitFailure {
  if (systemCode === REPLACED) return 'store-replaced'
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

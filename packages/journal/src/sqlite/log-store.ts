import { crc32 } from 'node:zlib'
import {
  CompactRange,
  cosignatureTimestamp,
  encodeBase64,
  encodeBundle,
  encodeUtf8,
  equalBytes,
  formatCheckpoint,
  formatNote,
  formatVkey,
  isRecordError,
  leafHash,
  leafOf,
  MAX_LEAF_BYTES,
  MAX_SIGNATURES,
  openCheckpoint,
  parseBlobLeaf,
  parseVkey,
  type SignatureLine,
  type Signer,
  sha256,
  type VerifierKey,
  verifyEd25519,
} from '@parley/record'
import type Database from 'libsql'
import { JournalFault, JournalRefusal } from '../errors.ts'
import type { JournalNotice } from '../journal.ts'
import type { CosignedHead, LogSettings, LogStanding, SignedCheckpoint } from '../log.ts'
import { batchEntries } from './batch.ts'
import { markTraces } from './closing.ts'
import { notSigning } from './log-refusals.ts'
import { readLogKeys } from './log-settings.ts'
import type { LogIdentity, LogView, SealedBatch } from './protocol.ts'
import { HASH_BYTES, TILE_BYTES, TILE_WIDTH, TileEdge, tileRoot } from './tile-edge.ts'

type Db = InstanceType<typeof Database>
type Statement = ReturnType<Db['prepare']>
type TileRow = [level: number, index: number, checksum: number, bytes: Buffer]

/** Entries between two commits while a tree is built: a kill costs no more than this much work. */
const BUILD_STEP = 64 * TILE_WIDTH
const BUILD_REPORT_MS = 1000
/** Pages of the write-ahead log that a row takes, roughly. */
const TILE_PAGES = 4
const ROW_PAGES = 2
/** Tiles above the lowest level kept in memory once they are verified, 8 KiB each. */
const UPPER_TILES = 64

/**
 * Every signed head is kept, in some 105 bytes: origin, key and form are the same for all, so the note is made again from
 * size, root and signature. One may thus be cosigned late, and an author can show all it ever signed. Tiles are stored
 * once they are full, 32 bytes an entry and 34 with all above. Nothing is deleted, and of a cosigner that confirms a
 * head again only the latest line is written over, in place.
 */
export const LOG_TABLES = `
  CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, root BLOB NOT NULL, signature BLOB NOT NULL) STRICT;
  CREATE TABLE tile(
    level INTEGER NOT NULL, idx INTEGER NOT NULL, crc32 INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(level, idx)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE blob(sha256 BLOB NOT NULL PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE cosignature(
    size INTEGER NOT NULL, name TEXT NOT NULL, key_id INTEGER NOT NULL, first BLOB NOT NULL, latest BLOB NOT NULL,
    PRIMARY KEY(size, name, key_id)
  ) STRICT, WITHOUT ROWID;`

/** What the log needs of the store it lives in. */
export interface LogHost {
  readonly db: Db
  readonly path: string
  /** Runs `work` as one transaction, durable on return. A {@link JournalRefusal} it throws leaves everything as it was. */
  transact<T>(pages: number, work: () => T): T
  /** Stored entries in order, checksums held. */
  entries(from: number, to: number): Iterable<{ readonly seq: number; readonly bytes: Uint8Array }>
  notify(notice: JournalNotice): void
  /** Whether the store still takes writes. */
  writable(): boolean
  /** The hash of a leaf; anything but the record's own only to show what a broken machine leads to. */
  readonly hashLeaf: (leaf: Uint8Array) => Uint8Array
}

/** A row of `checkpoint`. */
interface SignedHead {
  readonly size: number
  readonly root: Uint8Array
  readonly signature: Uint8Array
}

/** The tree as a transaction under way leaves it, not yet true. */
interface Growth {
  readonly edge: TileEdge
  readonly check: CompactRange
  readonly root: Uint8Array
  readonly head: SignedHead | null
}

/** The two computations of a root do not agree. */
export class ComputationMismatch extends Error {
  readonly code = 'COMPUTATION_MISMATCH'
}

/**
 * The log over a store's entries: tree, signed heads, tiles, cosignatures. Lives in the worker, every call blocks.
 *
 * The tree is computed twice: once as tiles from the entries on their way into the database, once as a compact range
 * from the rows read back out of the transaction, which are the bytes that go to the disk. A head is signed when both
 * roots agree (record.md 3.5: a log was lost to one flipped bit of a leaf hash).
 */
export class LogStore {
  readonly #host: LogHost
  readonly #origin: string
  readonly #key: VerifierKey
  readonly #signer: Signer | null
  readonly author: LogIdentity['author']
  /** Whose log the folder holds, also when it is opened for reading. */
  readonly #keeper: 'signer' | 'mirror'
  readonly #insertHead: Statement
  readonly #newestHead: Statement
  readonly #headAt: Statement
  readonly #tileAt: Statement
  readonly #insertTile: Statement
  readonly #replaceTile: Statement
  readonly #insertBlob: Statement
  readonly #blobAt: Statement
  readonly #latestLine: Statement
  readonly #keepLine: Statement
  readonly #newestCosigned: Statement
  readonly #linesAt: Statement
  #edge = new TileEdge()
  #check = new CompactRange()
  #head: SignedHead | null = null
  #checkpoint: SignedCheckpoint | null = null
  #cosigned: SignedCheckpoint | null = null
  #standing: LogStanding
  /** Heads under this log's own signature that its cosigners have shown and that are not here yet. */
  #shown: SignedHead[] = []
  /** The largest size a cosigner has named without showing the head. */
  #claimed = 0
  #staged: Growth | null = null
  readonly #upper = new Map<string, Uint8Array>()

  private constructor(host: LogHost, { origin, key, signer, author, keeper, standing }: LogParts) {
    const { db } = host
    this.#host = host
    this.#origin = origin
    this.#key = key
    this.#signer = signer
    this.author = author
    this.#keeper = keeper
    this.#standing = standing
    this.#insertHead = db.prepare('INSERT INTO checkpoint(size, root, signature) VALUES (?, ?, ?)')
    const heads = 'SELECT size, root, signature FROM checkpoint'
    this.#newestHead = db.prepare(`${heads} ORDER BY size DESC LIMIT 1`).raw()
    this.#headAt = db.prepare(`${heads} WHERE size = ?`).raw()
    this.#tileAt = db.prepare('SELECT crc32, bytes FROM tile WHERE level = ? AND idx = ?').raw()
    this.#insertTile = db.prepare('INSERT INTO tile(level, idx, crc32, bytes) VALUES (?, ?, ?, ?)')
    this.#replaceTile = db.prepare('REPLACE INTO tile(level, idx, crc32, bytes) VALUES (?, ?, ?, ?)')
    this.#insertBlob = db.prepare('INSERT OR IGNORE INTO blob(sha256, seq) VALUES (?, ?)')
    this.#blobAt = db.prepare('SELECT seq FROM blob WHERE sha256 = ?').raw()
    this.#latestLine = db.prepare('SELECT latest FROM cosignature WHERE size = ? AND name = ? AND key_id = ?').raw()
    this.#keepLine = db.prepare(
      `INSERT INTO cosignature(size, name, key_id, first, latest) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT(size, name, key_id) DO UPDATE SET latest = excluded.latest`,
    )
    this.#newestCosigned = db.prepare('SELECT max(size) FROM cosignature').raw()
    this.#linesAt = db.prepare('SELECT name, key_id, latest FROM cosignature WHERE size = ? LIMIT ?').raw()
  }

  /**
   * Opens the log of a folder, with `meta` as its table says and `head` entries, after it was made one by
   * {@link becomeLog}. Builds what is missing of the tree, and holds its root against the newest signed head.
   *
   * @throws {JournalRefusal} `OTHER_LOG`, `INVALID_LOG`
   * @throws {JournalFault} `LOG_MISMATCH`, `CORRUPT`
   */
  static open(
    host: LogHost,
    { settings, meta, head }: { settings: LogSettings | null; meta: Map<string, string>; head: number },
  ): LogStore {
    const log = new LogStore(host, identify(host.path, settings, meta))
    log.#load(head, Number(meta.get('log_start')))
    return log
  }

  get identity(): LogIdentity {
    return { origin: this.#origin, vkey: formatVkey(this.#key), author: this.author }
  }

  get view(): LogView {
    return { standing: this.#standing, checkpoint: this.#checkpoint, cosigned: this.#cosigned }
  }

  get checkpoint(): SignedCheckpoint | null {
    return this.#checkpoint
  }

  /** @throws {JournalRefusal} `NOT_SIGNING` unless entries may be appended. */
  requireOpen(): void {
    const { kind } = this.#standing
    if (kind !== 'signing' && kind !== 'mirroring') throw notSigning(this.#host.path, this.#standing)
    if (this.#staged !== null) throw new Error('entries are set down for a signed append: finish that first')
  }

  /** Pages that growing by these batches takes beside the batches themselves. */
  pagesFor(batches: readonly SealedBatch[]): number {
    let count = 0
    for (const batch of batches) count += batch.count
    return ROW_PAGES + TILE_PAGES * Math.ceil(count / TILE_WIDTH)
  }

  /**
   * To be called inside the transaction that has inserted `batches`: stores tiles and, for a signer, the signed head.
   * The log itself changes only by `adopt`, once the transaction is durable.
   *
   * @throws {ComputationMismatch} before anything is signed
   */
  extend(batches: readonly SealedBatch[]): Growth {
    const grown = this.#grow(batches)
    if (this.#signer === null) return grown
    const head = this.#sign(grown.edge.size, grown.root, this.#signer)
    this.#keep(head)
    return { ...grown, head }
  }

  adopt({ edge, check, head }: Omit<Growth, 'root'>): void {
    this.#edge = edge
    this.#check = check
    this.#staged = null
    if (head !== null) this.#setHead(head)
  }

  /** Like `extend` and `adopt` for entries under a note that is there already, see {@link JournalLog.appendSigned}. */
  appendSigned(insert: () => void, batches: readonly SealedBatch[], note: Uint8Array): void {
    this.#requireSignedAppend()
    const head = this.#openNote(note)
    const isNew = this.#head?.size !== head.size
    if (!isNew && batches.length === 0 && this.#staged === null) {
      this.#checkRoot(head, this.#edge)
      return
    }
    try {
      const grown = this.#host.transact(this.pagesFor(batches), () => {
        insert()
        const next = this.#grow(batches)
        this.#checkReach(head.size, next.edge.size)
        this.#checkRoot(head, next.edge)
        if (isNew) this.#keep(head)
        if (this.#staged !== null) this.#host.db.exec("DELETE FROM meta WHERE name = 'log_staging'")
        return next
      })
      this.adopt({ ...grown, head })
    } catch (error) {
      // Tiles of the tree that did not come to be must not be taken for those of the one that is.
      this.#upper.clear()
      throw error
    }
    if (this.#standing.kind === 'behind') this.#settle()
  }

  /** Sets entries down for a later `appendSigned`, outside the log until then. */
  stage(insert: () => void, batches: readonly SealedBatch[]): void {
    this.#requireSignedAppend()
    const grown = this.#host.transact(this.pagesFor(batches), () => {
      const { db } = this.#host
      if (this.#staged === null) {
        db.prepare("INSERT INTO meta VALUES ('log_staging', ?)").run([String(this.#edge.size)])
      }
      insert()
      return this.#grow(batches)
    })
    this.#staged = grown
  }

  /** Where the next staged entry goes. */
  get stagedHead(): number {
    return (this.#staged?.edge ?? this.#edge).size
  }

  unstage(): void {
    if (this.#staged === null) return
    this.#upper.clear()
    this.#host.transact(ROW_PAGES, () => dropStaged(this.#host.db, this.#edge.size))
    this.#staged = null
  }

  /** See {@link JournalLog.tile}. */
  tile(level: number, index: number, width: number): Uint8Array | null {
    if (!Number.isSafeInteger(level) || level < 0 || !this.#covers(TILE_WIDTH ** level, index, width)) return null
    return this.#hashes(level, index, this.#edge).slice(0, HASH_BYTES * width)
  }

  /** See {@link JournalLog.bundle}. */
  bundle(index: number, width: number): Uint8Array | null {
    if (!this.#covers(1, index, width)) return null
    const first = TILE_WIDTH * index
    const hashes = this.#hashes(0, index, this.#edge)
    const leaves: Uint8Array[] = []
    for (const { seq, bytes } of this.#host.entries(first, first + width)) {
      const leaf = this.#leaf(bytes)
      const at = HASH_BYTES * leaves.length
      if (!equalBytes(leafHash(leaf), hashes.subarray(at, at + HASH_BYTES))) {
        throw this.#corrupt(seq, 'the stored entry is not the one in the signed tree')
      }
      leaves.push(leaf)
    }
    return encodeBundle(leaves)
  }

  /** See {@link JournalLog.blob}. */
  blob(hex: string): Uint8Array | null {
    if (!/^[0-9a-f]{64}$/.test(hex)) return null
    const row = this.#blobAt.get([Buffer.from(hex, 'hex')]) as [number] | undefined
    if (row === undefined || row[0] >= (this.#head?.size ?? 0)) return null
    for (const { seq, bytes } of this.#host.entries(row[0], row[0] + 1)) {
      if (Buffer.from(sha256(bytes)).toString('hex') !== hex) {
        throw this.#corrupt(seq, 'the stored entry is not the one its hash names')
      }
      return bytes.slice()
    }
    return null
  }

  /** See {@link JournalLog.rootAt}. */
  rootAt(size: number): Uint8Array {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.#edge.size) {
      throw new JournalRefusal('OUT_OF_RANGE', `The log holds ${this.#edge.size} entries, not ${size}.`, {
        from: 0,
        to: size,
        head: this.#edge.size,
      })
    }
    return this.#rootAt(size, this.#edge)
  }

  /** See {@link JournalLog.saveCosignatures}. */
  saveCosignatures(size: number, lines: readonly SignatureLine[]): void {
    if (this.#headAt.get([size]) === undefined) {
      throw new JournalRefusal('UNKNOWN_CHECKPOINT', `No head of size ${size} was signed here.`, { size })
    }
    const news = lines.filter(({ name, keyId, signature }) => {
      const row = this.#latestLine.get([size, name, keyId]) as [Uint8Array] | undefined
      const timeS = timeOf({ name, keyId, signature })
      return row === undefined || timeS > timeOf({ name, keyId, signature: row[0] })
    })
    if (news.length === 0) return
    this.#host.transact(ROW_PAGES + news.length, () => {
      for (const { name, keyId, signature } of news) {
        const bytes = Buffer.from(signature)
        this.#keepLine.run([size, name, keyId, bytes, bytes])
      }
    })
    if (size >= (this.#cosigned?.size ?? 0)) this.#loadCosigned()
  }

  /** See {@link JournalLog.reconcile}. */
  reconcile(heads: readonly CosignedHead[]): void {
    if (this.author !== 'signer') throw notSigning(this.#host.path, this.#standing)
    if (isFinal(this.#standing)) return
    const shown = heads.flatMap(({ note }) => (note === undefined ? [] : [this.#openNote(note)]))
    this.#shown = [...this.#shown, ...shown]
    this.#claimed = heads.reduce((max, { size, note }) => (note === undefined ? Math.max(max, size) : max), 0)
    this.#settle()
  }

  halt(why: string): void {
    if (this.#standing.kind !== 'sealed' && this.#standing.kind !== 'reading') this.#standing = { kind: 'halted', why }
  }

  seal(next: string): void {
    if (this.author !== 'signer') throw notSigning(this.#host.path, this.#standing)
    if (this.#standing.kind === 'sealed') return
    this.#host.transact(ROW_PAGES, () => {
      this.#host.db.prepare("INSERT INTO meta VALUES ('log_sealed', ?)").run([next])
    })
    this.#standing = { kind: 'sealed', next }
  }

  /** Signs when every head that was shown lies in this tree and none claimed is larger; else says why not. */
  #settle(): void {
    const size = this.#edge.size
    const missing = this.#shown.reduce((max, head) => Math.max(max, head.size), 0)
    for (const head of this.#shown) {
      if (head.size <= size && !equalBytes(this.#rootAt(head.size, this.#edge), head.root)) {
        this.#standing = { kind: 'forked', size: head.size }
        return
      }
    }
    this.#shown = this.#shown.filter((head) => head.size > size)
    if (missing > size) this.#standing = { kind: 'behind', size: missing, proven: true }
    else if (this.#claimed > size) this.#standing = { kind: 'behind', size: this.#claimed, proven: false }
    else {
      this.#signFirst()
      this.#standing = { kind: 'signing' }
    }
  }

  /** The head over what was there before the log was one, or over nothing. */
  #signFirst(): void {
    if (this.#head !== null || this.#signer === null) return
    const head = this.#sign(this.#edge.size, this.#edge.root(), this.#signer)
    this.#host.transact(ROW_PAGES, () => this.#keep(head))
    this.#setHead(head)
  }

  #requireSignedAppend(): void {
    const { kind } = this.#standing
    if (kind !== 'mirroring' && kind !== 'behind') throw notSigning(this.#host.path, this.#standing)
  }

  #checkRoot({ size, root }: SignedHead, edge: TileEdge): void {
    const computed = this.#rootAt(size, edge)
    if (equalBytes(root, computed)) return
    throw new JournalRefusal(
      'ROOT_MISMATCH',
      `The entries do not give the root that was signed for size ${size}. Nothing was kept; fetch them again, or ask who gave them.`,
      { size, signed: encodeBase64(root), computed: encodeBase64(computed) },
    )
  }

  #checkReach(size: number, end: number): void {
    const from = this.#head?.size ?? 0
    const fits = this.author === 'signer' ? size === end : size >= from && size <= end
    if (fits) return
    const rule =
      this.author === 'signer' ? `must be of size ${end}, that of all entries` : `must be of size ${from} to ${end}`
    throw new JournalRefusal('INVALID_CHECKPOINT', `The checkpoint is of size ${size} and ${rule}.`, { rule, size })
  }

  /** A head under this log's signature, from a note. */
  #openNote(note: Uint8Array): SignedHead {
    try {
      const { checkpoint, note: parsed } = openCheckpoint(note, this.#key)
      const line = parsed.signatures.find(({ name, keyId }) => name === this.#key.name && keyId === this.#key.keyId)
      return { size: checkpoint.size, root: checkpoint.root, signature: (line as SignatureLine).signature }
    } catch (error) {
      if (!isRecordError(error)) throw error
      const rule = `must be a checkpoint of ${this.#origin} signed by its key: ${error.message}`
      throw new JournalRefusal('INVALID_CHECKPOINT', `The checkpoint ${rule}.`, { rule, size: null })
    }
  }

  #sign(size: number, root: Uint8Array, signer: Signer): SignedHead {
    const text = encodeUtf8(formatCheckpoint({ origin: this.#origin, size, root }))
    // Not verified here, which would cost three times the signing: opening the log does, and every cosigner. No text is ever
    // signed again once a signature of it has left, so that one gone wrong gives nothing away.
    return { size, root, signature: signer.sign(text) }
  }

  #keep({ size, root, signature }: SignedHead): void {
    this.#insertHead.run([size, Buffer.from(root), Buffer.from(signature)])
  }

  #setHead(head: SignedHead): void {
    this.#head = head
    this.#checkpoint = { size: head.size, root: head.root, note: this.#note(head, []) }
  }

  #note({ size, root, signature }: SignedHead, cosignatures: readonly SignatureLine[]): Uint8Array {
    const { name, keyId } = this.#key
    return formatNote({
      text: formatCheckpoint({ origin: this.#origin, size, root }),
      signatures: [{ name, keyId, signature }, ...cosignatures],
    })
  }

  #grow(batches: readonly SealedBatch[]): Growth {
    const edge = (this.#staged?.edge ?? this.#edge).clone()
    const check = (this.#staged?.check ?? this.#check).clone()
    const { host, hash } = { host: this.#host, hash: this.#host.hashLeaf }
    const onFull = (level: number, index: number, bytes: Uint8Array): void => {
      this.#insertTile.run([level, index, crc32(bytes), Buffer.from(bytes)])
    }
    for (const { firstSeq, count, buffer, byteLength } of batches) {
      let seq = firstSeq
      for (const entry of batchEntries(new Uint8Array(buffer, 0, byteLength), count)) {
        const leaf = this.#leaf(entry)
        if (leaf !== entry) this.#noteBlob(leaf, seq)
        edge.append(hash(leaf), onFull)
        seq++
      }
      for (const { bytes } of host.entries(firstSeq, seq)) check.append(leafHash(this.#leaf(bytes)))
    }
    const root = edge.root()
    if (!equalBytes(root, check.root())) {
      throw new ComputationMismatch(`two computations of the root at ${edge.size} do not agree`)
    }
    return { edge, check, root, head: null }
  }

  /** A mirror holds as leaves what the author's log has as leaves, also the texts that stand for long entries. */
  #leaf(entry: Uint8Array): Uint8Array {
    return this.#keeper === 'mirror' && entry.length <= MAX_LEAF_BYTES ? entry : leafOf(entry)
  }

  #noteBlob(leaf: Uint8Array, seq: number): void {
    const blob = parseBlobLeaf(leaf)
    if (blob !== null) this.#insertBlob.run([Buffer.from(blob.sha256, 'hex'), seq])
  }

  #hasBlob(leaf: Uint8Array): boolean {
    const blob = parseBlobLeaf(leaf)
    return blob === null || this.#blobAt.get([Buffer.from(blob.sha256, 'hex')]) !== undefined
  }

  /** Whether the tree as signed has `width` hashes, each over `span` leaves, in tile `index`. */
  #covers(span: number, index: number, width: number): boolean {
    if (!Number.isSafeInteger(index) || index < 0 || !Number.isSafeInteger(width)) return false
    if (width < 1 || width > TILE_WIDTH) return false
    return TILE_WIDTH * index + width <= Math.floor((this.#head?.size ?? 0) / span)
  }

  /** The hashes of a tile as far as it is filled, verified. */
  #hashes(level: number, index: number, edge: TileEdge): Uint8Array {
    const full = Math.floor(edge.size / TILE_WIDTH ** (level + 1))
    return index < full ? this.#fullTile(level, index, edge) : edge.hashes(level, edge.width(level))
  }

  #rootAt(size: number, edge: TileEdge): Uint8Array {
    if (size === edge.size) return edge.root()
    return TileEdge.from(size, (level) => {
      return this.#hashes(level, Math.floor(size / TILE_WIDTH ** (level + 1)), edge)
    }).root()
  }

  /** A full tile that leads to the hash above it, and so to the signed root; made again where the stored one does not. */
  #fullTile(level: number, index: number, edge: TileEdge): Uint8Array {
    const name = `${level}/${index}`
    const cached = this.#upper.get(name)
    if (cached !== undefined) return cached
    const above = this.#hashes(level + 1, Math.floor(index / TILE_WIDTH), edge)
    const at = HASH_BYTES * (index % TILE_WIDTH)
    const expected = above.subarray(at, at + HASH_BYTES)
    let bytes = this.#storedTile(level, index)
    if (bytes === null || !equalBytes(tileRoot(bytes), expected)) {
      bytes = this.#tileFromBelow(level, index)
      if (!equalBytes(tileRoot(bytes), expected)) bytes = this.#tileFromEntries(level, index)
      if (!equalBytes(tileRoot(bytes), expected)) {
        const first = index * TILE_WIDTH ** (level + 1)
        throw this.#corrupt(first, `the entries from ${first} on do not give tile ${level}/${index} of the signed tree`)
      }
      this.#mend(level, index, bytes)
    }
    if (level > 0) {
      if (this.#upper.size >= UPPER_TILES) this.#upper.delete(this.#upper.keys().next().value as string)
      this.#upper.set(name, bytes)
    }
    return bytes
  }

  #mend(level: number, index: number, bytes: Uint8Array): void {
    if (!this.#host.writable()) return
    this.#host.transact(TILE_PAGES, () => this.#putTile([level, index, crc32(bytes), Buffer.from(bytes)]))
    this.#host.notify({ kind: 'tiles-rebuilt', path: this.#host.path, tiles: 1 })
  }

  #putTile(row: TileRow): void {
    if (this.#tileAt.get([row[0], row[1]]) !== undefined) markTraces(this.#host.db)
    this.#replaceTile.run(row)
  }

  /** As stored, when its checksum holds. */
  #storedTile(level: number, index: number): Uint8Array | null {
    const row = this.#tileAt.get([level, index]) as [number, Buffer] | undefined
    if (row === undefined || row[1].byteLength !== TILE_BYTES || crc32(row[1]) !== row[0]) return null
    return new Uint8Array(row[1].buffer, row[1].byteOffset, TILE_BYTES)
  }

  #tileFromBelow(level: number, index: number): Uint8Array {
    if (level === 0) return this.#tileFromEntries(level, index)
    const bytes = new Uint8Array(TILE_BYTES)
    for (let i = 0; i < TILE_WIDTH; i++) {
      const child = TILE_WIDTH * index + i
      const below = this.#storedTile(level - 1, child) ?? this.#tileFromBelow(level - 1, child)
      bytes.set(tileRoot(below), HASH_BYTES * i)
    }
    return bytes
  }

  #tileFromEntries(level: number, index: number): Uint8Array {
    const span = TILE_WIDTH ** (level + 1)
    const range = new TileEdge()
    let made: Uint8Array | null = null
    for (const { bytes } of this.#host.entries(index * span, (index + 1) * span)) {
      range.append(leafHash(this.#leaf(bytes)), (at, _, tile) => {
        if (at === level) made = tile
      })
    }
    return made ?? new Uint8Array(TILE_BYTES)
  }

  /** Brings the tree up from what is stored, and holds it against the newest signed head. */
  #load(head: number, start: number): void {
    const newest = (this.#newestHead.get([]) as [number, Buffer, Buffer] | undefined) ?? null
    const signed = newest === null ? null : { size: newest[0], root: plain(newest[1]), signature: plain(newest[2]) }
    this.#checkHead(signed, head, start)
    if (signed === null) {
      const done = this.#keeper === 'mirror' ? this.#edgeAt(head) : this.#builtSoFar(head)
      this.#edge = this.#build(done ?? new TileEdge(), head)
    } else {
      this.#checkSignature(signed)
      this.#edge = this.#edgeAt(head) ?? this.#rebuild(head, signed)
      if (!equalBytes(this.#rootAtOpening(signed.size), signed.root)) {
        this.#edge = this.#rebuild(head, signed)
        const computed = this.#rootAtOpening(signed.size)
        if (!equalBytes(computed, signed.root)) throw this.#mismatch(signed, computed)
      }
      this.#setHead(signed)
    }
    this.#check = CompactRange.from(head, this.#edge.peaks())
    this.#loadCosigned()
    if (this.#standing.kind === 'signing') this.#signFirst()
  }

  #checkHead(signed: SignedHead | null, head: number, start: number): void {
    const size = signed?.size ?? start
    const fits = this.#keeper === 'mirror' ? (signed?.size ?? 0) <= head : size === head
    if (fits) return
    const what =
      signed === null
        ? `it became a log after ${start} entries, holds ${head}, and has no signed head`
        : `its newest signed head is of size ${size}, its entries end at ${head}`
    throw this.#corrupt(Math.min(size, head), what)
  }

  #checkSignature(signed: SignedHead): void {
    const text = encodeUtf8(formatCheckpoint({ origin: this.#origin, size: signed.size, root: signed.root }))
    if (verifyEd25519(this.#key.publicKey, text, signed.signature)) return
    throw this.#corrupt(null, `the signature of its newest head, of size ${signed.size}, does not verify`)
  }

  #rootAtOpening(size: number): Uint8Array {
    try {
      return this.#rootAt(size, this.#edge)
    } catch (error) {
      // A mirror's tail: tiles that do not fit say the same as a root that does not.
      if (error instanceof JournalFault && error.code === 'CORRUPT') return new Uint8Array(HASH_BYTES)
      throw error
    }
  }

  /** The edge at `size` from stored tiles and the entries behind the last of them; null when a tile is not there. */
  #edgeAt(size: number): TileEdge | null {
    let whole = true
    const edge = TileEdge.from(size, (level, width) => {
      const bytes = new Uint8Array(TILE_BYTES)
      const first = Math.floor(size / TILE_WIDTH ** (level + 1)) * TILE_WIDTH
      if (level === 0) {
        let at = 0
        for (const entry of this.#host.entries(first, first + width)) {
          bytes.set(leafHash(this.#leaf(entry.bytes)), HASH_BYTES * at++)
        }
        return bytes
      }
      for (let i = 0; i < width && whole; i++) {
        const below = this.#storedTile(level - 1, first + i)
        if (below === null) whole = false
        else bytes.set(tileRoot(below), HASH_BYTES * i)
      }
      return bytes
    })
    return whole ? edge : null
  }

  /** Where an earlier build of this tree was interrupted: the edge behind its last tile. */
  #builtSoFar(head: number): TileEdge | null {
    const last = this.#host.db.prepare('SELECT max(idx) FROM tile WHERE level = 0').raw().get([]) as [number | null]
    const size = last[0] === null ? 0 : TILE_WIDTH * (last[0] + 1)
    return size > head ? null : this.#edgeAt(size)
  }

  /** Everything again from the entries, after tiles were lost; what comes out must lead to `signed`. */
  #rebuild(head: number, signed: SignedHead): TileEdge {
    let mended = 0
    this.#upper.clear()
    const edge = this.#build(new TileEdge(), head, () => mended++)
    const root = signed.size === head ? edge.root() : this.#rootAt(signed.size, edge)
    if (!equalBytes(root, signed.root)) throw this.#mismatch(signed, root)
    if (mended > 0) this.#host.notify({ kind: 'tiles-rebuilt', path: this.#host.path, tiles: mended })
    return edge
  }

  /** Grows `edge` over the stored entries up to `head`, storing the tiles that are not there as they should be. */
  #build(edge: TileEdge, head: number, onTile: () => void = () => undefined): TileEdge {
    const { path } = this.#host
    let reportedMs = performance.now()
    const tiles: TileRow[] = []
    const blobs: [Uint8Array, number][] = []
    const onFull = (level: number, index: number, bytes: Uint8Array): void => {
      const stored = this.#storedTile(level, index)
      if (stored === null || !equalBytes(stored, bytes)) tiles.push([level, index, crc32(bytes), Buffer.from(bytes)])
    }
    while (edge.size < head) {
      const to = Math.min(head, (Math.floor(edge.size / BUILD_STEP) + 1) * BUILD_STEP)
      for (const { seq, bytes } of this.#host.entries(edge.size, to)) {
        const leaf = this.#leaf(bytes)
        if (leaf !== bytes && !this.#hasBlob(leaf)) blobs.push([leaf, seq])
        edge.append(leafHash(leaf), onFull)
      }
      if (tiles.length > 0 || blobs.length > 0) {
        this.#host.transact(TILE_PAGES * tiles.length + blobs.length, () => {
          for (const row of tiles) this.#putTile(row)
          for (const [leaf, seq] of blobs) this.#noteBlob(leaf, seq)
        })
      }
      for (const _ of tiles) onTile()
      tiles.length = 0
      blobs.length = 0
      const nowMs = performance.now()
      if (nowMs - reportedMs >= BUILD_REPORT_MS) {
        reportedMs = nowMs
        this.#host.notify({ kind: 'building-tree', path, done: edge.size, total: head })
      }
    }
    return edge
  }

  #loadCosigned(): void {
    const [size] = this.#newestCosigned.get([]) as [number | null]
    const row = size === null ? undefined : (this.#headAt.get([size]) as [number, Buffer, Buffer] | undefined)
    if (size === null || row === undefined) return
    const head = { size, root: plain(row[1]), signature: plain(row[2]) }
    const rows = this.#linesAt.all([size, MAX_SIGNATURES - 1]) as [string, number, Buffer][]
    const lines = rows.map(([name, keyId, latest]) => ({ name, keyId, signature: plain(latest) }))
    this.#cosigned = { size, root: head.root, note: this.#note(head, lines) }
  }

  #mismatch(signed: SignedHead, computed: Uint8Array): JournalFault<'LOG_MISMATCH'> {
    const { path } = this.#host
    return new JournalFault(
      'LOG_MISMATCH',
      `${path}: the ${signed.size} entries do not give the root that was signed for them. Nothing is signed on top of it. Restore the folder from a copy or a mirror; \`parley verify\` names what was altered.`,
      { path, size: signed.size, signed: encodeBase64(signed.root), computed: encodeBase64(computed) },
    )
  }

  #corrupt(seq: number | null, what: string): JournalFault<'CORRUPT'> {
    const { path } = this.#host
    const place = seq === null ? '' : ` at entry ${seq}`
    return new JournalFault(
      'CORRUPT',
      `${path} is damaged${place}: ${what}. Restore the folder from a copy or a mirror.`,
      { path, seq, what },
    )
  }
}

interface LogParts {
  readonly origin: string
  readonly key: VerifierKey
  readonly signer: Signer | null
  readonly author: LogIdentity['author']
  readonly keeper: 'signer' | 'mirror'
  readonly standing: LogStanding
}

/** Makes the journal of `head` entries a log, within a transaction. */
export function becomeLog(db: Db, settings: LogSettings, { path, head }: { path: string; head: number }): void {
  const { origin, key } = readLogKeys(settings)
  if (settings.author.kind === 'mirror' && head > 0) {
    throw new JournalRefusal(
      'OTHER_LOG',
      `${path} holds ${head} entries that were no log's. Choose an empty folder for the mirror.`,
      { path, field: 'entries', found: String(head), wanted: '0' },
    )
  }
  db.exec(LOG_TABLES)
  const put = db.prepare('INSERT INTO meta VALUES (?, ?)')
  put.run(['log_origin', origin])
  put.run(['log_key', formatVkey(key)])
  put.run(['log_author', settings.author.kind])
  put.run(['log_start', String(head)])
}

/** Removes what was set down from `from` on for a signed append that never came, within a transaction. */
export function dropStaged(db: Db, from: number): void {
  db.prepare('DELETE FROM batch WHERE first_seq >= ?').run([from])
  db.prepare('DELETE FROM blob WHERE seq >= ?').run([from])
  for (let level = 0, span = TILE_WIDTH; level < 7; level++, span *= TILE_WIDTH) {
    db.prepare('DELETE FROM tile WHERE level = ? AND idx >= ?').run([level, Math.floor(from / span)])
  }
  db.exec("DELETE FROM meta WHERE name = 'log_staging'")
  markTraces(db)
}

function identify(path: string, settings: LogSettings | null, meta: Map<string, string>): LogParts {
  const origin = meta.get('log_origin') ?? ''
  const vkey = meta.get('log_key') ?? ''
  const keeper = meta.get('log_author') === 'mirror' ? 'mirror' : 'signer'
  const next = meta.get('log_sealed')
  if (settings === null) {
    return { origin, key: parseVkey(vkey), signer: null, author: 'reader', keeper, standing: { kind: 'reading' } }
  }
  const keys = readLogKeys(settings)
  const differ = (field: string, found: string, wanted: string): JournalRefusal =>
    new JournalRefusal(
      'OTHER_LOG',
      `${path} is the log with ${field} ${found}, not ${wanted}. Choose another data folder, or give the settings it was made with.`,
      { path, field, found, wanted },
    )
  if (keeper !== settings.author.kind) throw differ('author', keeper, settings.author.kind)
  if (origin !== keys.origin) throw differ('origin', origin, keys.origin)
  if (vkey !== formatVkey(keys.key)) throw differ('key', vkey, formatVkey(keys.key))
  const standing: LogStanding =
    next !== undefined
      ? { kind: 'sealed', next }
      : keeper === 'mirror'
        ? { kind: 'mirroring' }
        : { kind: keys.hold ? 'held' : 'signing' }
  return { origin, key: keys.key, signer: keys.signer, author: keeper, keeper, standing }
}

/** Whether only a new opening, or nothing at all, changes this standing. */
function isFinal({ kind }: LogStanding): boolean {
  return kind === 'sealed' || kind === 'halted' || kind === 'forked'
}

function timeOf(line: SignatureLine): number {
  try {
    return cosignatureTimestamp(line)
  } catch (error) {
    if (!isRecordError(error)) throw error
    const rule = error.message
    throw new JournalRefusal('INVALID_COSIGNATURE', `The line of ${line.name} is no cosignature: ${rule}.`, {
      name: line.name,
      rule,
    })
  }
}

function plain(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes)
}

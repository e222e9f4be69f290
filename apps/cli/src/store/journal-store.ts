import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import {
  CompactRange,
  decodeBundle,
  encodeBase64,
  encodeBundle,
  encodeHex,
  formatNote,
  leafHash,
  leafOf,
  levelShape,
  type LogSource,
  MAX_LEAF_BYTES,
  parseVkey,
  type SignatureLine,
  sha256,
  type TreeHead,
  TILE_WIDTH,
  type VerifierKey,
} from '@parley/record'
import { type CellPlace, placeOf, type Row, Tables } from './b-tree.ts'
import { alteredCosignature, alteredFact, type Closing, closingIn } from './closing.ts'
import { alteredByte } from './crc.ts'
import { type FileRange, StoreDamage } from './block-file.ts'
import { Pages } from './pages.ts'

/** Something in a store that is not as it was written. */
export interface StoreFinding {
  readonly place: FileRange
  /** Entries it touches, half-open; null when it touches none. */
  readonly entries: { readonly from: number; readonly to: number } | null
  readonly what: string
}

/** A head as the journal keeps it, with the log's signature over it. */
export interface StoredHead extends TreeHead {
  readonly signature: Uint8Array
  readonly place: FileRange
}

/** A journal that cannot be read, and why: no statement about its contents. */
export class StoreUnreadable extends Error {}

/** "PRLJ". */
const APPLICATION_ID = 0x50524c4a
const FORMATS = ['1', '2']
/** The tables as each format creates them, white space aside. */
const SCHEMA: Readonly<Record<string, string>> = {
  meta: 'CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',
  batch:
    'CREATE TABLE batch(first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, crc32 INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT',
  checkpoint: 'CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, root BLOB NOT NULL, signature BLOB NOT NULL) STRICT',
  tile: 'CREATE TABLE tile(level INTEGER NOT NULL, idx INTEGER NOT NULL, crc32 INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(level, idx)) STRICT, WITHOUT ROWID',
  blob: 'CREATE TABLE blob(sha256 BLOB NOT NULL PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  cosignature:
    'CREATE TABLE cosignature(size INTEGER NOT NULL, name TEXT NOT NULL, key_id INTEGER NOT NULL, first BLOB NOT NULL, latest BLOB NOT NULL, PRIMARY KEY(size, name, key_id)) STRICT, WITHOUT ROWID',
}

/** The page a table begins with, and where the file says so. */
interface Root {
  readonly page: number
  readonly named?: FileRange
}

/** A stretch of entries as they lie in one row. */
interface Batch {
  readonly first: number
  readonly count: number
  readonly place: CellPlace
}

/** Rows read last, since a bundle and its neighbours lie in the same ones. */
const KEPT_BATCHES = 4

/**
 * A node's journal folder, read as bytes: the entries of the log, its tiles, and every head it signed. Nothing is
 * locked or written, and no code of the journal or of SQLite is used, so that this is a second opinion on both.
 * Damage found on the way is kept in `findings`, exact to the byte where a checksum allows it.
 */
export class JournalStore implements LogSource {
  readonly tiles = 'full'
  readonly dir: string
  readonly findings: StoreFinding[] = []
  readonly meta: ReadonlyMap<string, string>
  /** Entries of the journal, signed or not. */
  readonly entryCount: number
  readonly #pages: Pages
  readonly #tables: Tables
  readonly #batches: Batch[] = []
  readonly #heads: CellPlace[]
  readonly #tileRows = new Map<string, CellPlace>()
  readonly #blobs = new Map<string, number>()
  /** Rows of cosignatures by the size of the head they are under. */
  readonly #cosignatures = new Map<number, Row[]>()
  readonly #kept = new Map<number, { entries: readonly Uint8Array[]; row: Row }>()
  readonly #claimed = new Set<CellPlace>()
  #closing: Closing = { kind: 'none' }
  #newest: StoredHead | null = null
  #key: VerifierKey | null = null

  /**
   * @throws {StoreUnreadable} when it is no journal, or one in use
   * @throws {StoreDamage} when it is so damaged that nothing of it can be read
   */
  constructor(dir: string) {
    this.dir = dir
    const path = join(dir, 'journal.db')
    const wal = `${path}-wal`
    refuseInUse(dir)
    try {
      this.#pages = new Pages(path, existsSync(wal) ? wal : null)
    } catch (error) {
      if (error instanceof StoreDamage) throw error
      throw new StoreUnreadable(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
    }
    this.#tables = new Tables(this.#pages, (damage) => this.#damage(damage))
    const roots = this.#schema()
    this.meta = this.#readMeta(roots.get('meta'))
    this.#checkHeader()
    this.entryCount = this.#listBatches(roots.get('batch'))
    this.#heads = this.#places(roots.get('checkpoint'))
    for (const row of this.#rows(roots.get('blob')))
      this.#blobs.set(encodeHex(row.values[0] as Uint8Array), Number(row.values[1]))
    for (const row of this.#rows(roots.get('cosignature'))) {
      const size = Number(row.values[0])
      this.#cosignatures.set(size, [...(this.#cosignatures.get(size) ?? []), row])
    }
    this.#checkCosignatures()
    for (const place of this.#places(roots.get('tile'))) this.#listTile(place)
  }

  /** Whether the journal says that it is a log. */
  get isLog(): boolean {
    return this.meta.has('log_key') || this.meta.has('log_origin')
  }

  /** The log's key as the store states it, a claim of the folder about itself; null when it states none that is one. */
  get logKey(): VerifierKey | null {
    return keyIn(this.meta.get('log_key'))
  }

  /** Reads heads as those of this key, given by somebody who knows it. */
  believe(key: VerifierKey): void {
    this.#key = key
  }

  /**
   * Bytes that hold nothing, whether every one of them was found to be zero as it must be, and, where they need not be, those
   * that are not and usually are.
   */
  get unused(): { bytes: number; covered: boolean; unusual: readonly FileRange[] } {
    const covered = this.#closing.kind === 'closed'
    const unusual = covered ? [] : this.#tables.leftovers.filter((each) => each.unusual).slice(0, MOST_UNUSUAL)
    return { bytes: this.#tables.unusedBytes, covered, unusual }
  }

  get tornBytes(): number {
    return this.#pages.tornBytes
  }

  get headCount(): number {
    return this.#heads.length
  }

  /** Every head that was signed, smallest first. */
  *heads(): Generator<StoredHead> {
    let last = -1
    for (const place of this.#heads) {
      const row = this.#read(place)
      if (row === null) continue
      const [, root, signature] = row.values
      const whole =
        root instanceof Uint8Array && root.length === 32 && signature instanceof Uint8Array && signature.length === 64
      if (!whole || row.rowid <= last || row.rowid > this.entryCount) {
        this.#find(row.cell, null, `the head of ${row.rowid} entries is none that can have been signed`)
        continue
      }
      last = row.rowid
      yield { size: row.rowid, root, signature, place: row.cell }
    }
  }

  /** The head of the log: the last that was signed, with what cosigned it. */
  newestHead(): StoredHead | null {
    if (this.#newest !== null) return this.#newest
    for (let i = this.#heads.length - 1; i >= 0 && this.#newest === null; i--) {
      const row = this.#read(this.#heads[i] as CellPlace)
      const [, root, signature] = row?.values ?? []
      if (row !== null && root instanceof Uint8Array && root.length === 32 && signature instanceof Uint8Array)
        this.#newest = { size: row.rowid, root, signature, place: row.cell }
    }
    return this.#newest
  }

  /** The note of a head, rebuilt: origin, size, root, the log's line, and the latest line of each that cosigned it. */
  /** Entries under the newest head that carries cosignatures; null when none does. */
  get cosignedSize(): number | null {
    let newest: number | null = null
    for (const size of this.#cosignatures.keys()) newest = Math.max(newest ?? 0, size)
    return newest
  }

  /** Every cosignature line kept for the head of a size, the first and the latest of each cosigner, with its row. */
  cosignaturesAt(size: number): { readonly line: SignatureLine; readonly place: FileRange }[] {
    return (this.#cosignatures.get(size) ?? []).flatMap(({ values, cell }) => {
      const [, name, keyId, ...lines] = values
      if (typeof name !== 'string' || typeof keyId !== 'number') return []
      return lines.flatMap((signature) =>
        signature instanceof Uint8Array ? [{ line: { name, keyId, signature }, place: cell }] : [],
      )
    })
  }

  #noteOf(head: StoredHead, key: VerifierKey): Uint8Array {
    const lines: SignatureLine[] = [{ name: key.name, keyId: key.keyId, signature: head.signature }]
    for (const { values } of this.#cosignatures.get(head.size) ?? []) {
      const [, name, keyId, , latest] = values
      if (typeof name === 'string' && typeof keyId === 'number' && latest instanceof Uint8Array)
        lines.push({ name, keyId, signature: latest })
    }
    const text = `${key.name}\n${head.size}\n${encodeBase64(head.root)}\n`
    return formatNote({ text, signatures: lines })
  }

  checkpoint(): Promise<Uint8Array | null> {
    const head = this.newestHead()
    const key = this.#key ?? this.logKey
    return Promise.resolve(head === null || key === null ? null : this.#noteOf(head, key))
  }

  tile(level: number, index: number, width: number): Promise<Uint8Array | null> {
    if (width < TILE_WIDTH) return this.#edgeTile({ level, index, width })
    const place = this.#tileRows.get(`${level}/${index}`)
    if (place === undefined) return Promise.resolve(null)
    const row = this.#read(place)
    const bytes = row?.values[3]
    if (row === null || !(bytes instanceof Uint8Array)) return Promise.resolve(null)
    this.#checkSum(row, {
      start: row.starts[3] as number,
      bytes,
      stated: Number(row.values[2]),
      actual: crc32(bytes),
      what: `tile ${index} of level ${level}`,
    })
    return Promise.resolve(bytes)
  }

  /** A tile of the right edge, which journals do not keep: made from what lies below it. */
  async #edgeTile({
    level,
    index,
    width,
  }: {
    level: number
    index: number
    width: number
  }): Promise<Uint8Array | null> {
    const out = new Uint8Array(width * 32)
    const bundle = level === 0 ? await this.bundle(index, width) : null
    const entries = bundle === null ? null : decodeBundle(bundle, width)
    for (let i = 0; i < width; i++) {
      const below = level === 0 ? null : await this.tile(level - 1, index * TILE_WIDTH + i, TILE_WIDTH)
      const entry = entries?.[i]
      const hash = entry === undefined ? (below === null ? null : perfectRoot(below)) : leafHash(entry)
      if (hash === null) return null
      out.set(hash, 32 * i)
    }
    return out
  }

  bundle(index: number, width: number): Promise<Uint8Array | null> {
    const entries: Uint8Array[] = []
    for (let seq = index * TILE_WIDTH; entries.length < width; ) {
      const at = this.#batchHolding(seq)
      const batch = this.#batches[at]
      const content = batch === undefined ? null : this.#content(at)
      if (batch === undefined || content === null) return Promise.resolve(null)
      for (let i = seq - batch.first; i < content.length && entries.length < width; i++, seq++)
        entries.push(leaf(content[i] as Uint8Array))
      if (content.length < batch.count) return Promise.resolve(null)
    }
    return Promise.resolve(encodeBundle(entries))
  }

  blob(hash: string): Promise<Uint8Array | null> {
    const seq = this.#blobs.get(hash)
    return Promise.resolve(seq === undefined ? null : this.entry(seq))
  }

  /** One entry as the journal holds it; null when it cannot be read. */
  entry(seq: number): Uint8Array | null {
    const at = this.#batchHolding(seq)
    const batch = this.#batches[at]
    return batch === undefined ? null : (this.#content(at)?.[seq - batch.first] ?? null)
  }

  /** Where an entry lies on disk, in as many pieces as it has; empty when it cannot be told. */
  placesOf(seq: number): FileRange[] {
    const at = this.#batchHolding(seq)
    const batch = this.#batches[at]
    if (batch === undefined) return []
    this.#content(at)
    const kept = this.#kept.get(at)
    const entry = kept?.entries[seq - batch.first]
    if (kept === undefined || entry === undefined || entry.length === 0) return []
    const bytes = kept.row.values[3] as Uint8Array
    const from = (kept.row.starts[3] as number) + entry.byteOffset - bytes.byteOffset
    const places: FileRange[] = []
    for (let i = 0; i < entry.length; i++) {
      const place = placeOf(kept.row, from + i)
      const last = places.at(-1)
      if (last?.file === place.file && last.to === place.from) places[places.length - 1] = { ...last, to: place.to }
      else places.push(place)
    }
    return places
  }

  /** Where a tile lies on disk, from the hash at `position` on. */
  placeOfHash(level: number, index: number, position: number): FileRange | null {
    const place = this.#tileRows.get(`${level}/${index}`)
    const row = place === undefined ? null : this.#read(place)
    return row === null ? null : { ...placeOf(row, (row.starts[3] as number) + 32 * position) }
  }

  /** Looks at what no entry leads to: tiles nobody asked for, pages of no table, names of blobs, the order of things. */
  finish(): void {
    const size = this.newestHead()?.size ?? 0
    const wanted = new Set<string>()
    for (let level = 0; levelShape(level, size).full > 0; level++)
      for (let index = 0; index < levelShape(level, size).full; index++) wanted.add(`${level}/${index}`)
    for (const [name, place] of this.#tileRows) {
      if (wanted.has(name)) continue
      const row = this.#read(place)
      if (row !== null && this.isLog && this.meta.get('log_author') === 'signer')
        this.#find(row.cell, null, `tile ${name} is of no tree of ${size} entries`)
    }
    for (const [hash, seq] of this.#blobs) {
      const content = this.entry(seq)
      if (content === null || content.length <= MAX_LEAF_BYTES || encodeHex(sha256(content)) !== hash)
        this.#find(
          { file: join(this.dir, 'journal.db'), from: 0, to: 0 },
          { from: seq, to: seq + 1 },
          `the table of long entries names ${hash} for an entry that has another hash`,
        )
    }
    if (this.findings.length === 0) this.#tables.finish()
    if (this.#closing.kind !== 'closed') return
    for (const { file, from, to } of this.#tables.leftovers)
      this.#find({ file, from, to }, null, 'nothing is kept here, and it was blank when the store was closed')
  }

  close(): void {
    this.#pages.close()
  }

  #schema(): Map<string, Root> {
    const roots = new Map<string, Root>()
    for (const row of this.#rows({ page: 1 })) {
      const [type, name, table, root, sql] = row.values
      const wanted = typeof name === 'string' ? SCHEMA[name] : undefined
      if (type !== 'table' || wanted === undefined || table !== name || plain(String(sql)) !== plain(wanted)) {
        this.#find(row.cell, null, `the table ${String(name)} is not one that this program makes`)
        if (typeof name !== 'string' || wanted === undefined) continue
      }
      roots.set(name as string, { page: Number(root), named: row.cell })
    }
    const [damage] = this.findings
    if (roots.has('meta') && roots.has('batch')) return roots
    if (damage !== undefined) throw new StoreDamage(damage.what, damage.place)
    throw new StoreUnreadable(`${this.dir} holds no journal: its tables are not there`)
  }

  #readMeta(root: Root | undefined): ReadonlyMap<string, string> {
    const meta = new Map<string, string>()
    const rows = [...this.#rows(root)]
    for (const row of rows) {
      const [name, value] = row.values
      const fits = META[String(name)]?.(String(value)) === true
      if (!fits) this.#find(row.cell, null, `the store says "${String(name)}" is "${String(value)}"`)
      meta.set(String(name), String(value))
    }
    this.#closing = closingIn(rows)
    this.#checkClosing(rows)
    const key = keyIn(meta.get('log_key'))
    const origin = meta.get('log_origin')
    const row = rows.find(({ values }) => values[0] === 'log_origin') ?? rows[0]
    if (key !== null && origin !== key.name && row !== undefined)
      this.#find(row.cell, null, `the log is named "${origin ?? ''}" and its key is that of "${key.name}"`)
    return meta
  }

  /** What a closing set down must be so still. */
  #checkClosing(rows: readonly Row[]): void {
    const closing = this.#closing
    if (closing.kind === 'altered') this.#find(closing.row.cell, null, 'what was set down at closing was altered')
    if (closing.kind !== 'closed') return
    const { facts } = closing
    const fact = alteredFact(rows, facts)
    if (fact !== null) this.#find(fact, null, 'what the store says of itself is not what it said when it was closed')
    const { bytes, file, offset } = this.#pages.page(1)
    const header = new DataView(bytes.buffer, bytes.byteOffset, 100)
    const demand = (at: number, value: number, what: string): void => {
      if (header.getUint32(at) === value) return
      const place = { file, from: offset + at, to: offset + at + 4 }
      this.#find(place, null, `the header of the file states another ${what} than when it was closed`)
    }
    demand(40, facts.schemaVersion, 'version of its tables')
    demand(96, facts.sqliteVersion, 'version of SQLite')
  }

  #checkCosignatures(): void {
    if (this.#closing.kind !== 'closed') return
    const place = alteredCosignature([...this.#cosignatures.values()].flat(), this.#closing.facts)
    if (place !== null) this.#find(place, null, 'a cosignature is not what it was when the store was closed')
  }

  #listBatches(root: Root | undefined): number {
    let next = 0
    for (const place of this.#places(root)) {
      const row = this.#peek(place)
      if (row === null) continue
      const [count] = row.counts
      if (row.first !== next || !Number.isSafeInteger(count) || (count as number) < 1) {
        const entries = row.first > next ? { from: next, to: row.first } : null
        this.#find(row.cell, entries, `the entries from ${row.first} on follow those up to ${next}`)
        if (row.first < next || !((count as number) > 0)) continue
      }
      this.#batches.push({ first: row.first, count: count as number, place })
      next = row.first + (count as number)
    }
    return next
  }

  /** First entry and count of a batch. Its bytes are read again in their turn. */
  #peek(place: CellPlace): { first: number; counts: readonly number[]; cell: FileRange } | null {
    try {
      const { rowid, values, cell } = this.#tables.head(place)
      return { first: rowid, counts: [Number(values[1])], cell }
    } catch (error) {
      if (!(error instanceof StoreDamage)) throw error
      this.#damage(error)
      return null
    }
  }

  #listTile(place: CellPlace): void {
    try {
      const { values } = this.#tables.head(place)
      this.#tileRows.set(`${String(values[0])}/${String(values[1])}`, place)
    } catch (error) {
      if (!(error instanceof StoreDamage)) throw error
      this.#damage(error)
    }
  }

  #places(root: Root | undefined): CellPlace[] {
    return root === undefined ? [] : this.#tables.places(root.page, root.named)
  }

  /** The two numbers by which SQLite's own header tells whose file this is. */
  #checkHeader(): void {
    const { bytes, file, offset } = this.#pages.page(1)
    const view = new DataView(bytes.buffer, bytes.byteOffset, 100)
    const demand = (holds: boolean, at: number, what: string): void => {
      if (!holds)
        this.#find(
          { file, from: offset + at, to: offset + at + 4 },
          null,
          `the header of the file states another ${what}`,
        )
    }
    demand(view.getUint32(60) === Number(this.meta.get('format_version')), 60, 'version than the store')
    demand(view.getUint32(68) === APPLICATION_ID, 68, 'application')
  }

  *#rows(root: Root | undefined): Generator<Row> {
    for (const place of this.#places(root)) {
      const row = this.#read(place)
      if (row !== null) yield row
    }
  }

  #read(place: CellPlace): Row | null {
    const first = !this.#claimed.has(place)
    if (first) this.#claimed.add(place)
    try {
      return this.#tables.row(place, first)
    } catch (error) {
      if (!(error instanceof StoreDamage)) throw error
      if (first) this.#damage(error)
      return null
    }
  }

  /** Index of the batch that holds entry `seq`, −1 when none does. */
  #batchHolding(seq: number): number {
    let low = 0
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#batches[middle] as Batch).first <= seq) low = middle + 1
      else high = middle
    }
    const batch = this.#batches[low - 1]
    return batch !== undefined && seq < batch.first + batch.count ? low - 1 : -1
  }

  #content(at: number): readonly Uint8Array[] | null {
    const known = this.#kept.get(at)
    if (known !== undefined) return known.entries
    const { first, count, place } = this.#batches[at] as Batch
    const again = this.#claimed.has(place)
    const row = this.#read(place)
    const bytes = row?.values[3]
    if (row === null || !(bytes instanceof Uint8Array)) return null
    const entries = entriesOf(bytes, count)
    if (!again) this.#checkBatch(row, { first, count, bytes, entries })
    if (entries === null) return null
    if (this.#kept.size >= KEPT_BATCHES) this.#kept.delete(this.#kept.keys().next().value as number)
    this.#kept.set(at, { entries, row })
    return entries
  }

  #checkBatch(
    row: Row,
    batch: { first: number; count: number; bytes: Uint8Array; entries: readonly Uint8Array[] | null },
  ): void {
    const { first, count, bytes, entries } = batch
    const head = Buffer.alloc(16)
    head.writeUInt32LE(Math.floor(first / 2 ** 32), 0)
    head.writeUInt32LE(first % 2 ** 32, 4)
    head.writeUInt32LE(count, 8)
    head.writeUInt32LE(bytes.length, 12)
    const actual = crc32(bytes, crc32(head))
    const at = this.#checkSum(row, {
      start: row.starts[3] as number,
      bytes,
      stated: Number(row.values[2]),
      actual,
      what: '',
      entries: { from: first, to: first + count },
    })
    if (at === null && entries === null)
      this.#find(row.cell, { from: first, to: first + count }, 'the lengths of these entries do not fit their bytes')
  }

  /** Finds what a checksum tells; returns the altered byte within `bytes`, −1 when it fails otherwise, null when it holds. */
  #checkSum(
    row: Row,
    sum: {
      start: number
      bytes: Uint8Array
      stated: number
      actual: number
      what: string
      entries?: { from: number; to: number }
    },
  ): number | null {
    const { start, bytes, stated, actual, what, entries = null } = sum
    if (stated === actual) return null
    const altered = alteredByte(bytes, stated, actual)
    if (altered === null) {
      const own = ownByte(stated, actual)
      if (own !== null && (row.starts[3] as number) - (row.starts[2] as number) > own) {
        const at = (row.starts[3] as number) - 1 - own
        this.#find(
          placeOf(row, at),
          null,
          `this byte of the checksum of ${what === '' ? entriesText(entries) : what} was altered`,
        )
        return -1
      }
      const name = what === '' ? entriesText(entries) : what
      this.#find(
        row.cell,
        entries,
        `the checksum of ${name} does not hold: several bytes here, or in the rows that continue it, or the checksum itself, were altered`,
      )
      return -1
    }
    const is = hex(bytes[altered.at] as number)
    const touched = entries === null ? null : touchedBy(bytes, altered.at, entries)
    this.#find(
      placeOf(row, start + altered.at),
      touched,
      `this byte is ${is} and was ${hex(altered.was)}${what === '' ? '' : `: ${what}`}`,
    )
    return altered.at
  }

  #damage(damage: StoreDamage): void {
    this.#find(damage.place, null, damage.message)
  }

  #find(place: FileRange, entries: StoreFinding['entries'], what: string): void {
    const known = this.findings.some(
      (each) => each.place.file === place.file && each.place.from === place.from && each.what === what,
    )
    if (!known && this.findings.length < MOST_FINDINGS) this.findings.push({ place, entries, what })
  }
}

const MOST_FINDINGS = 200
const MOST_UNUSUAL = 20
/** What each fact of the store may be. */
const META: Readonly<Record<string, (value: string) => boolean>> = {
  application: (value) => value === 'parley-journal',
  format_version: (value) => FORMATS.includes(value),
  created: (value) => !Number.isNaN(Date.parse(value)),
  kind: (value) => value !== '',
  journal_id: (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  log_origin: (value) => value !== '',
  log_key: (value) => keyIn(value) !== null,
  log_author: (value) => value === 'signer' || value === 'mirror',
  log_start: (value) => /^\d+$/.test(value),
  log_sealed: (value) => value !== '',
  closing: () => true,
}

/** The key that a text states, null when it is none. */
function keyIn(text: string | undefined): VerifierKey | null {
  try {
    return text === undefined ? null : parseVkey(text)
  } catch {
    return null
  }
}

function leaf(entry: Uint8Array): Uint8Array {
  return entry.length <= MAX_LEAF_BYTES ? entry : leafOf(entry)
}

/** The entries of a batch: `bytes … | zeros to a multiple of 4 | u32le length of each`. */
function entriesOf(bytes: Uint8Array, count: number): Uint8Array[] | null {
  const table = bytes.length - 4 * count
  if (table < 0) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries: Uint8Array[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(table + 4 * i, true)
    if (at + length > table) return null
    entries.push(bytes.subarray(at, at + length))
    at += length
  }
  return Math.ceil(at / 4) * 4 === table ? entries : null
}

/** Which entry a byte of a batch belongs to: one of its own, or its length behind all of them. */
function touchedBy(
  bytes: Uint8Array,
  at: number,
  { from, to }: { from: number; to: number },
): { from: number; to: number } {
  const table = bytes.length - 4 * (to - from)
  if (at >= table) {
    const seq = from + Math.floor((at - table) / 4)
    return { from: seq, to: seq + 1 }
  }
  const entries = entriesOf(bytes, to - from) ?? []
  let end = 0
  for (const [i, entry] of entries.entries()) {
    end += entry.length
    if (at < end) return { from: from + i, to: from + i + 1 }
  }
  return { from, to }
}

/** Which byte of a checksum, counted from its last, makes up the whole difference; null when more than one does. */
function ownByte(stated: number, actual: number): number | null {
  const difference = (stated ^ actual) >>> 0
  for (let i = 0; i < 4; i++) if ((difference & ~(0xff << (8 * i))) >>> 0 === 0) return i
  return null
}

function entriesText(entries: { from: number; to: number } | null): string {
  return entries === null ? 'these entries' : `the entries ${entries.from} to ${entries.to - 1}`
}

function perfectRoot(hashes: Uint8Array): Uint8Array {
  const range = new CompactRange()
  for (let at = 0; at < hashes.length; at += 32) range.append(hashes.subarray(at, at + 32))
  return range.root()
}

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`
const plain = (sql: string): string =>
  sql
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([(),]) ?/g, '$1')
    .trim()

/** A journal that a process writes to changes under the reader: what was read would prove nothing. */
function refuseInUse(dir: string): void {
  let holder: { pid?: unknown; host?: unknown }
  try {
    holder = JSON.parse(readFileSync(join(dir, 'lock-holder.json'), 'utf8')) as typeof holder
  } catch {
    return
  }
  if (typeof holder.pid !== 'number' || holder.host !== hostname()) return
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return
  }
  throw new StoreUnreadable(
    `${dir} is in use by process ${holder.pid}. Verify that node's log by its address (…/log), or stop it first, or verify a copy of the folder.`,
  )
}

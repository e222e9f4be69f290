import { readdirSync } from 'node:fs'
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { JournalFault, JournalRefusal } from './errors.ts'
import { syncFolder } from './folder.ts'
import type { JournalNotice, Section, Snapshot, SnapshotProblem } from './journal.ts'

/**
 * A snapshot is one file, `snapshot-<seq>.bin`:
 *
 * | bytes | |
 * |---|---|
 * | 8 | `PRLYSNAP` |
 * | u32le | version, 1 |
 * | u32le | length of the table |
 * | table | JSON: seq, journal, anchor, sections of name, byteLength, offset, crc32 (hexadecimal) |
 * | u32le | CRC-32 of all bytes before |
 * | sections | each at its offset, a multiple of 4096 |
 *
 * It is written under another name, the head last, synced, renamed, and the folder synced: a file of that name is whole
 * or the disk lied.
 */
const MAGIC = Buffer.from('PRLYSNAP')
const VERSION = 1
const FIXED = 16
const ALIGN = 4096
/** One chunk is checksummed between two turns of the event loop: about a millisecond. */
const CHUNK = 4 << 20
/** Written data is synced this often, so that no single sync holds up the journal's commits for long. */
const SYNC_EVERY = 64 << 20
/** Chunks read at once: fresh memory is the slow part, and the threads of the pool share it. */
const READ_AHEAD = 4
const KEEP = 2
const MAX_TABLE = 16 << 20

interface TableSection {
  readonly name: string
  readonly byteLength: number
  readonly offset: number
  readonly crc32: string
}

interface Table {
  readonly seq: number
  readonly journal: string
  readonly anchor: string
  readonly sections: readonly TableSection[]
}

/** Offsets are text of fixed width, as the sums are: the length of the table is known before they are. */
type StoredTable = Omit<Table, 'sections'> & {
  readonly sections: readonly (Omit<TableSection, 'offset'> & { readonly offset: string })[]
}

/** Ties snapshots to one log: its id, and a checksum of the stored bytes that end before `seq`. */
export interface SnapshotOwner {
  readonly journalId: string
  head(): number
  anchor(seq: number): Promise<number>
  notice(notice: JournalNotice): void
}

/** The snapshots in one folder. Calls must not overlap with another instance on the same folder. */
export class SnapshotFolder {
  readonly #dir: string
  readonly #owner: SnapshotOwner
  #last: Promise<unknown> = Promise.resolve()

  constructor(dir: string, owner: SnapshotOwner) {
    this.#dir = dir
    this.#owner = owner
  }

  /**
   * Removes half-written files, and sets aside (as `….beyond-head`) snapshots of entries the log does not hold: it lost
   * them or is an older copy, and once it has grown again past that point they would describe another history.
   */
  async tidy(): Promise<void> {
    for (const name of await readdir(this.#dir)) {
      if (/^snapshot-\d+\.bin\.tmp$/.test(name)) await rm(join(this.#dir, name), { force: true })
    }
    for (const { seq, path } of this.#list()) {
      if (seq <= this.#owner.head()) continue
      await rename(path, `${path}.beyond-head`)
      this.#owner.notice({ kind: 'snapshot-skipped', path, seq, reason: 'beyond-head' })
    }
  }

  /** See {@link Journal.saveSnapshot}; one save runs at a time, later ones wait. */
  async save(seq: number, sections: readonly Section[]): Promise<void> {
    const head = this.#owner.head()
    if (!Number.isSafeInteger(seq) || seq < 0 || seq > head) {
      throw new JournalRefusal(
        'SNAPSHOT_BEYOND_HEAD',
        `A snapshot after ${seq} entries cannot be kept: ${head} are durable. Save it once they are.`,
        { seq, head },
      )
    }
    const names = new Set<string>()
    for (const { name } of sections) {
      if (names.has(name)) {
        const rule = 'section names are unique'
        throw new JournalRefusal('INVALID_SNAPSHOT', `Two sections are named "${name}"; ${rule}.`, {
          rule,
          value: name,
        })
      }
      names.add(name)
    }
    await this.#inTurn(async () => {
      const path = this.#path(seq)
      const temporary = `${path}.tmp`
      try {
        const anchor = await this.#owner.anchor(seq)
        await write(temporary, { seq, journal: this.#owner.journalId, anchor: hex(anchor), sections })
        await rename(temporary, path)
        syncFolder(this.#dir)
        for (const old of this.#list().slice(KEEP)) await rm(old.path, { force: true })
      } catch (error) {
        await rm(temporary, { force: true })
        throw asFault(error, path)
      }
    })
  }

  /** See {@link Journal.loadSnapshot}. */
  async load(): Promise<Snapshot | null> {
    return this.#inTurn(async () => {
      for (const { seq, path } of this.#list()) {
        const found = await this.#loadOne(seq, path)
        if (typeof found !== 'string') return found
        this.#owner.notice({ kind: 'snapshot-skipped', path, seq, reason: found })
      }
      return null
    })
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    await this.#last
  }

  async #loadOne(seq: number, path: string): Promise<Snapshot | SnapshotProblem> {
    if (seq > this.#owner.head()) return 'beyond-head'
    let file: FileHandle | undefined
    try {
      file = await open(path, 'r')
      const table = await readTable(file)
      if (typeof table === 'string') return table
      if (table.seq !== seq) return 'not-a-snapshot'
      if (table.journal !== this.#owner.journalId) return 'other-journal'
      if (table.anchor !== hex(await this.#owner.anchor(seq))) return 'other-history'
      const sections = new Map<string, Uint8Array>()
      for (const section of table.sections) {
        const bytes = await readSection(file, section)
        if (bytes === null) return 'checksum'
        sections.set(section.name, bytes)
      }
      return { seq, sections }
    } catch {
      return 'unreadable'
    } finally {
      await file?.close()
    }
  }

  /** Newest first. */
  #list(): { seq: number; path: string }[] {
    const found: { seq: number; path: string }[] = []
    for (const name of readdirSync(this.#dir)) {
      const match = /^snapshot-(\d+)\.bin$/.exec(name)
      if (match !== null) found.push({ seq: Number(match[1]), path: join(this.#dir, name) })
    }
    return found.sort((a, b) => b.seq - a.seq)
  }

  #path(seq: number): string {
    return join(this.#dir, `snapshot-${seq}.bin`)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

interface Contents {
  readonly seq: number
  readonly journal: string
  readonly anchor: string
  readonly sections: readonly Section[]
}

async function write(path: string, { seq, journal, anchor, sections }: Contents): Promise<void> {
  const sums = sections.map(() => 0)
  const head = encodeHead({ seq, journal, anchor, sections: place(sections, sums, 0) })
  const start = alignUp(head.byteLength)
  const placed = place(sections, sums, start)

  const file = await open(path, 'w')
  try {
    let unsynced = 0
    for (const [i, { bytes }] of sections.entries()) {
      let sum = 0
      for (let at = 0; at < bytes.byteLength; at += CHUNK) {
        const chunk = bytes.subarray(at, at + CHUNK)
        const written = writeAll(file, chunk, (placed[i] as TableSection).offset + at)
        sum = crc32(chunk, sum)
        await written
        unsynced += chunk.byteLength
        if (unsynced >= SYNC_EVERY) {
          await file.datasync()
          unsynced = 0
        }
      }
      sums[i] = sum
    }
    await writeAll(file, encodeHead({ seq, journal, anchor, sections: place(sections, sums, start) }), 0)
    await file.sync()
  } finally {
    await file.close()
  }
}

function encodeHead(table: Table): Buffer {
  const stored: StoredTable = {
    ...table,
    sections: table.sections.map((section) => ({ ...section, offset: String(section.offset).padStart(16, '0') })),
  }
  const json = Buffer.from(JSON.stringify(stored))
  const head = Buffer.alloc(FIXED + json.byteLength + 4)
  MAGIC.copy(head, 0)
  head.writeUInt32LE(VERSION, 8)
  head.writeUInt32LE(json.byteLength, 12)
  json.copy(head, FIXED)
  head.writeUInt32LE(crc32(head.subarray(0, FIXED + json.byteLength)), FIXED + json.byteLength)
  return head
}

function place(sections: readonly Section[], sums: readonly number[], start: number): TableSection[] {
  let offset = start
  return sections.map(({ name, bytes }, i) => {
    const placed = { name, byteLength: bytes.byteLength, offset, crc32: hex(sums[i] as number) }
    offset = alignUp(offset + bytes.byteLength)
    return placed
  })
}

async function readTable(file: FileHandle): Promise<Table | SnapshotProblem> {
  const fixed = Buffer.alloc(FIXED)
  const { size } = await file.stat()
  if (size < FIXED) return 'truncated'
  await readAll(file, fixed, 0)
  if (fixed.compare(MAGIC, 0, 8, 0, 8) !== 0) return 'not-a-snapshot'
  if (fixed.readUInt32LE(8) > VERSION) return 'newer-version'
  const tableLength = fixed.readUInt32LE(12)
  if (tableLength > MAX_TABLE) return 'checksum'
  if (size < FIXED + tableLength + 4) return 'truncated'
  const head = Buffer.alloc(FIXED + tableLength + 4)
  await readAll(file, head, 0)
  if (crc32(head.subarray(0, -4)) !== head.readUInt32LE(head.byteLength - 4)) return 'checksum'
  const table = JSON.parse(head.toString('utf8', FIXED, FIXED + tableLength)) as StoredTable
  const sections = table.sections.map((section) => ({ ...section, offset: Number(section.offset) }))
  const end = Math.max(0, ...sections.map(({ offset, byteLength }) => (byteLength === 0 ? 0 : offset + byteLength)))
  return size < end ? 'truncated' : { ...table, sections }
}

/** Reads some chunks ahead of the one being checksummed; null when the sum differs. */
async function readSection(file: FileHandle, section: TableSection): Promise<Uint8Array | null> {
  const bytes = Buffer.allocUnsafeSlow(section.byteLength)
  let ahead: Promise<Buffer>[] = []
  let sum = 0
  try {
    for (let at = 0; at < bytes.byteLength || ahead.length > 0; at += CHUNK) {
      if (at < bytes.byteLength) ahead.push(readAll(file, bytes.subarray(at, at + CHUNK), section.offset + at))
      if (ahead.length === READ_AHEAD || at + CHUNK >= bytes.byteLength) {
        const chunk = await (ahead[0] as Promise<Buffer>)
        ahead = ahead.slice(1)
        sum = crc32(chunk, sum)
      }
    }
  } finally {
    await Promise.allSettled(ahead)
  }
  return hex(sum) === section.crc32 ? new Uint8Array(bytes.buffer, 0, bytes.byteLength) : null
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) {
    at += (await file.write(bytes, at, bytes.byteLength - at, position + at)).bytesWritten
  }
}

async function readAll(file: FileHandle, target: Buffer, position: number): Promise<Buffer> {
  for (let at = 0; at < target.byteLength; ) {
    const { bytesRead } = await file.read(target, at, target.byteLength - at, position + at)
    if (bytesRead === 0) throw new Error('the file ended early')
    at += bytesRead
  }
  return target
}

function asFault(error: unknown, path: string): Error {
  const systemCode = (error as { code?: unknown }).code
  if (error instanceof JournalFault || error instanceof JournalRefusal || typeof systemCode !== 'string') {
    return error as Error
  }
  return new JournalFault(
    'IO_FAILED',
    `Cannot keep the snapshot ${path} (${systemCode}). Free space or check the disk; the journal itself is not affected.`,
    { path, operation: 'write', systemCode },
    { cause: error },
  )
}

function alignUp(length: number): number {
  return Math.ceil(length / ALIGN) * ALIGN
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0')
}

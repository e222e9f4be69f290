import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isJournalError, type Journal, type JournalLog, type JournalThread, openSqliteJournal } from '@parley/journal'
import {
  type BlobLeaf,
  CompactRange,
  type CosignedHead,
  formatVkey,
  isRecordError,
  leafHash,
  openCheckpoint,
  parseBlobLeaf,
  type SignatureLine,
  type SignedHead,
  TILE_WIDTH,
  type VerifierKey,
} from '@parley/record'
import type { Clock } from '@parley/units'
import { makeFolderDurably, writeDurably } from './durable-file.ts'
import type { ReadableLog } from './log-resource.ts'
import { logOf } from './own-log.ts'

export interface MirroredLogOptions {
  /** Folder of this one log. */
  readonly dir: string
  readonly key: VerifierKey
  /** Keys of this mirror, to know its own cosignatures again. */
  readonly cosigners: readonly VerifierKey[]
  readonly clock: Clock
  /** Shared with other journals; one of its own when left out. */
  readonly thread?: JournalThread | undefined
}

const REOPEN_EVERY_MS = 1_000
const MEASURE_EVERY_MS = 1_000
const SAVE_AFTER_MS = 20

/** Our own cosignatures of a head. */
interface Cosigned {
  readonly size: number
  readonly lines: readonly SignatureLine[]
  readonly timeS: number
}

/** The copy of one log: its entries as far as they are proven, the head that covers the cosigned part, and long entries as files. */
export class MirroredLog implements ReadableLog {
  readonly origin: string
  readonly #options: MirroredLogOptions
  #journal: Journal
  #log: JournalLog
  /** Entries appended, on the disk yet or not. */
  #tail: number
  #failed = false
  #reopenedAtMs = Number.NEGATIVE_INFINITY
  #cosignedAtS = 0
  /** The newest move of the mirror checkpoint: nothing is appended while one is under way. */
  #moving: Promise<unknown> = Promise.resolve()
  /** Our newest cosignature on its way to the disk, and one that has not set out yet. */
  #saving: Promise<unknown> = Promise.resolve()
  #unsaved: Cosigned | null = null
  #saveTimer: NodeJS.Timeout | null = null
  /** Long entries that are named and not here, by hash. */
  readonly #missing = new Map<string, BlobLeaf & { readonly index: number }>()
  #blobBytes = 0
  /** The leaves of the tile that is not full, up to the tail; null while they would have to be read. */
  #edge: CompactRange | null = null
  /** Bytes on the disk when they were last measured, and of entries appended since. */
  #measured = { bytes: 0, atMs: Number.NEGATIVE_INFINITY }
  #bytesSince = 0

  private constructor(options: MirroredLogOptions, journal: Journal) {
    this.origin = options.key.name
    this.#options = options
    this.#journal = journal
    this.#log = logOf(journal)
    this.#tail = journal.head()
  }

  /** @throws {JournalError} when the folder cannot be used, or holds another log */
  static async open(options: MirroredLogOptions): Promise<MirroredLog> {
    const log = new MirroredLog(options, await openJournal(options))
    await log.#readState()
    return log
  }

  /** Entries that are on the disk. */
  get nextEntry(): number {
    return this.#journal.head()
  }

  /** The mirror checkpoint with the time it was last cosigned; null before the first. */
  committed(): CosignedHead | null {
    const head = this.#log.checkpoint()
    return head === null ? null : { ...head, cosignedAtS: this.#cosignedAtS }
  }

  /**
   * To be awaited before anything is kept: after a failed write, opens the folder again, now and then.
   *
   * @throws {JournalError} while the disk still fails
   */
  async ready(): Promise<void> {
    if (!this.#failed) return
    const nowMs = performance.now()
    if (nowMs - this.#reopenedAtMs >= REOPEN_EVERY_MS) {
      this.#reopenedAtMs = nowMs
      await this.#journal.close()
      this.#journal = await openJournal(this.#options)
      this.#log = logOf(this.#journal)
      this.#tail = this.#journal.head()
      this.#edge = null
      this.#failed = false
      await this.#readState()
      return
    }
    // Says why: the journal keeps its cause.
    await this.#journal.append(this.#tail, [])
  }

  /** The leaves `from` to `to`, all of them held, as a tree of their own. */
  async subtree(from: number, to: number): Promise<CompactRange> {
    const range = new CompactRange()
    // Where a package begins a subtree, those before it may still be on their way to the disk.
    if (from === to) return range
    const atEdge = (): boolean => to === this.#tail && from === to - (to % TILE_WIDTH)
    if (atEdge() && this.#edge !== null) return this.#edge.clone()
    for await (const { bytes } of this.#journal.read(from, to)) range.append(leafHash(bytes))
    if (atEdge()) this.#edge ??= range.clone()
    return range
  }

  /**
   * Keeps those of the entries from `start` on that are not here yet. They are proven by the caller; whatever branch an upload was on,
   * all heads that were ever pending continue each other, so there is one. Resolves once they are on the disk.
   *
   * @throws {JournalError}
   */
  async keep(start: number, entries: readonly Uint8Array[]): Promise<void> {
    if (start > this.#tail) throw new Error(`entries ${this.#tail} to ${start} are missing before these`)
    const at = this.#tail
    const fresh = entries.slice(at - start)
    this.#grow(fresh)
    const appended = this.#moving.then(() => this.#journal.append(at, fresh))
    await this.#appended({ at, end: at + fresh.length }, appended)
    for (const [i, entry] of fresh.entries()) await this.#noteBlob(entry, at + i)
  }

  /** Whether entries may go to the disk together with the head over them: none of them only names what it stands for. */
  namesNothing(entries: readonly Uint8Array[]): boolean {
    return entries.every((entry) => namedBlob(entry) === null)
  }

  /**
   * Moves the mirror checkpoint to a head all of whose entries are here, or come with it as `last`: then both become durable in one
   * write.
   *
   * @throws {JournalError}
   */
  async commit(
    head: SignedHead,
    last: { readonly start: number; readonly entries: readonly Uint8Array[] } | null = null,
  ): Promise<void> {
    if ((this.#log.checkpoint()?.size ?? -1) >= head.size) return
    const at = this.#tail
    if (last !== null && last.start > at) throw new Error(`entries ${at} to ${last.start} are missing before these`)
    const fresh = last === null ? [] : last.entries.slice(at - last.start)
    this.#grow(fresh)
    const moved = this.#moving.then(() => this.#log.appendSigned(at, fresh, head.note))
    this.#moving = moved.catch(() => undefined)
    await this.#appended({ at, end: at + fresh.length }, moved)
  }

  /** Keeps our own cosignatures of the mirror checkpoint. @throws {JournalError} */
  async saveCosignatures({ size, lines, timeS }: Cosigned): Promise<void> {
    this.#cosignedAtS = timeS
    const saved = this.#watched(this.#log.saveCosignatures(size, lines))
    this.#saving = saved.catch(() => undefined)
    await saved
  }

  /**
   * Keeps them within a moment, or before the checkpoint is shown: of heads that follow each other quickly only the newest, for who
   * was given one has it, and the newest vouches for all. `onError` is told when the disk does not take it.
   */
  saveCosignaturesSoon(cosigned: Cosigned, onError: (error: unknown) => void): void {
    this.#cosignedAtS = cosigned.timeS
    this.#unsaved = cosigned
    this.#saveTimer ??= setTimeout(() => void this.#saveNow().catch(onError), SAVE_AFTER_MS)
  }

  /** The mirror checkpoint as it is shown: only once we have cosigned it. */
  async checkpoint(): Promise<Uint8Array | null> {
    await this.#saveNow().catch(() => undefined)
    await this.#saving
    return this.#log.cosignedCheckpoint()?.note ?? null
  }

  tile(level: number, index: number, width: number): Promise<Uint8Array | null> {
    return this.#log.tile(level, index, width)
  }

  bundle(index: number, width: number): Promise<Uint8Array | null> {
    return this.#log.bundle(index, width)
  }

  async blob(sha256: string): Promise<Uint8Array | null> {
    try {
      return await readFile(this.#blobFile(sha256))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  /** Bytes of a long entry that is named below `size` and not here; null when nothing is missing. */
  lacksBlobBelow(size: number): boolean {
    for (const { index } of this.#missing.values()) if (index < size) return true
    return false
  }

  /** Length of a long entry that is named and not here; null: it is not wanted. */
  wantedBlob(sha256: string): number | null {
    return this.#missing.get(sha256)?.length ?? null
  }

  /** Keeps a long entry that was named. False when the bytes are not those that were named. */
  async keepBlob(sha256: string, bytes: Uint8Array): Promise<boolean> {
    const wanted = this.#missing.get(sha256)
    if (wanted === undefined || bytes.byteLength !== wanted.length) return false
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) return false
    await writeDurably(this.#blobFile(sha256), bytes, { replace: true })
    if (this.#missing.delete(sha256)) this.#blobBytes += bytes.byteLength
    return true
  }

  /** Bytes this log takes on the disk: measured now and then, with what was appended since. */
  async bytesOnDisk(): Promise<number> {
    const nowMs = performance.now()
    if (nowMs - this.#measured.atMs >= MEASURE_EVERY_MS) {
      this.#bytesSince = 0
      const dir = this.#journalDir()
      let bytes = 0
      for (const name of await readdir(dir)) bytes += await sizeOf(join(dir, name))
      this.#measured = { bytes, atMs: nowMs }
    }
    return this.#measured.bytes + this.#bytesSince + this.#blobBytes
  }

  async close(): Promise<void> {
    await this.#saveNow().catch(() => undefined)
    await this.#journal.close()
  }

  #journalDir(): string {
    return join(this.#options.dir, 'journal')
  }

  #blobFile(sha256: string): string {
    return join(this.#options.dir, 'blobs', sha256)
  }

  async #saveNow(): Promise<void> {
    if (this.#saveTimer !== null) clearTimeout(this.#saveTimer)
    this.#saveTimer = null
    const cosigned = this.#unsaved
    this.#unsaved = null
    if (cosigned !== null) await this.saveCosignatures(cosigned)
  }

  /** Entries that are appended now. */
  #grow(fresh: readonly Uint8Array[]): void {
    for (const entry of fresh) {
      if (this.#tail % TILE_WIDTH === 0) this.#edge = new CompactRange()
      this.#edge?.append(leafHash(entry))
      this.#tail += 1
      this.#bytesSince += entry.byteLength
    }
  }

  /** Waits for the entries from `at` to `end`. */
  async #appended({ at, end }: { readonly at: number; readonly end: number }, write: Promise<unknown>): Promise<void> {
    try {
      await this.#watched(write)
    } catch (error) {
      // What was refused is not here; others may have gone on from where it would have ended, and that is to be read anew.
      this.#edge = null
      if (this.#tail === end) this.#tail = at
      else this.#failed = true
      throw error
    }
  }

  async #watched<T>(write: Promise<T>): Promise<T> {
    try {
      return await write
    } catch (error) {
      if (isJournalError(error, 'COMMIT_FAILED') || isJournalError(error, 'CLOSED')) this.#failed = true
      throw error
    }
  }

  async #readState(): Promise<void> {
    const blobs = join(this.#options.dir, 'blobs')
    await makeFolderDurably(blobs)
    this.#blobBytes = 0
    for (const name of await readdir(blobs)) this.#blobBytes += await sizeOf(join(blobs, name))
    const shown = this.#log.cosignedCheckpoint()
    if (shown !== null) {
      const { cosignatures } = openCheckpoint(shown.note, this.#options.key, this.#options.cosigners)
      this.#cosignedAtS = Math.max(this.#cosignedAtS, ...cosignatures.map(({ timestampS }) => timestampS))
    }
    // Below a head that was cosigned nothing is missing.
    this.#missing.clear()
    const from = shown?.size ?? 0
    let index = from
    for await (const { bytes } of this.#journal.read(from, this.#journal.head())) {
      await this.#noteBlob(bytes, index)
      index += 1
    }
  }

  async #noteBlob(entry: Uint8Array, index: number): Promise<void> {
    const blob = namedBlob(entry)
    if (blob === null || this.#missing.has(blob.sha256)) return
    if ((await sizeOf(this.#blobFile(blob.sha256))) !== blob.length) this.#missing.set(blob.sha256, { ...blob, index })
  }
}

/** The long entry that a leaf stands for. What an author may not write and wrote is kept like any other leaf: the mirror judges no content. */
function namedBlob(entry: Uint8Array): BlobLeaf | null {
  try {
    return parseBlobLeaf(entry)
  } catch (error) {
    if (isRecordError(error)) return null
    throw error
  }
}

const openJournal = ({ dir, key, clock, thread }: MirroredLogOptions): Promise<Journal> =>
  openSqliteJournal({
    dir: join(dir, 'journal'),
    kind: 'mirror',
    clock,
    log: { origin: key.name, author: { kind: 'mirror', logKey: formatVkey(key) } },
    ...(thread === undefined ? {} : { thread }),
  })

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

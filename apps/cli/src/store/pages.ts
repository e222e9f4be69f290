import { BlockFile, type FileRange, StoreDamage } from './block-file.ts'
import { walFrames } from './wal.ts'

/** One page and where on disk it lies. */
export interface Page {
  readonly number: number
  readonly bytes: Uint8Array
  readonly file: string
  readonly offset: number
}

const MAGIC = 'SQLite format 3\0'

/**
 * The pages of a SQLite file with its write-ahead log laid over them, as its last whole transaction left them
 * (format: sqlite.org/fileformat2.html). Read without SQLite, so that a place can be named by its byte, no lock is
 * taken, and the verifier shares no code with what wrote the file.
 *
 * @throws {StoreDamage} where header or log are not what the format demands
 */
export class Pages {
  readonly pageSize: number
  readonly usable: number
  readonly count: number
  /** Frames of the log that no transaction finished: a crash cut them short. */
  readonly tornBytes: number
  readonly #db: BlockFile
  readonly #wal: BlockFile | null
  readonly #frames: ReadonlyMap<number, number>

  constructor(path: string, walPath: string | null) {
    this.#db = new BlockFile(path)
    this.#wal = walPath === null ? null : new BlockFile(walPath)
    const wal = this.#wal === null || this.#wal.size === 0 ? null : walFrames(this.#wal)
    this.#frames = wal?.frames ?? new Map<number, number>()
    this.tornBytes = wal?.tornBytes ?? 0
    this.pageSize = pageSizeOf(this.#db)
    if (wal !== null && wal.pageSize !== this.pageSize)
      throw new StoreDamage('the page size of the log differs from that of the file', this.#at(16, 18))
    const header = this.page(1).bytes
    this.usable = this.pageSize - (header[20] as number)
    this.count = wal?.pageCount ?? Math.ceil(this.#db.size / this.pageSize)
    this.#checkHeader(header)
  }

  /** @throws {StoreDamage} when there is no such page */
  page(number: number): Page {
    const frameAt = this.#frames.get(number)
    if (frameAt !== undefined && this.#wal !== null) {
      const bytes = this.#wal.read(frameAt, frameAt + this.pageSize)
      return { number, bytes, file: this.#wal.path, offset: frameAt }
    }
    const offset = (number - 1) * this.pageSize
    const bytes = this.#db.read(offset, offset + this.pageSize)
    if (bytes.length !== this.pageSize)
      throw new StoreDamage(`the file ends before page ${number}`, this.#at(this.#db.size, offset + this.pageSize))
    return { number, bytes, file: this.#db.path, offset }
  }

  close(): void {
    this.#db.close()
    this.#wal?.close()
  }

  #at(from: number, to: number): FileRange {
    return { file: this.#db.path, from, to }
  }

  #checkHeader(header: Uint8Array): void {
    const { file, offset } = this.page(1)
    const view = new DataView(header.buffer, header.byteOffset, 100)
    const demand = (holds: boolean, from: number, to: number, what: string): void => {
      if (!holds)
        throw new StoreDamage(`the header of the file is wrong: ${what}`, {
          file,
          from: offset + from,
          to: offset + to,
        })
    }
    demand(view.getUint8(18) === 2 && view.getUint8(19) === 2, 18, 20, 'it is not in WAL mode')
    demand(view.getUint8(20) === 0, 20, 21, 'it reserves bytes in each page')
    demand(
      view.getUint8(21) === 64 && view.getUint8(22) === 32 && view.getUint8(23) === 32,
      21,
      24,
      'payload fractions',
    )
    demand(view.getUint32(24) === view.getUint32(92), 24, 96, 'the change counter and its copy at byte 92 differ')
    demand(
      view.getUint32(28) === this.count,
      28,
      32,
      `it counts ${view.getUint32(28)} pages where there are ${this.count}`,
    )
    demand(view.getUint32(44) === 4, 44, 48, 'schema format')
    demand(view.getUint32(48) === 0, 48, 52, 'a cache size is set')
    demand(view.getUint32(52) === 0 && view.getUint32(64) === 0, 52, 68, 'it is set to vacuum itself')
    demand(view.getUint32(56) === 1, 56, 60, 'text encoding')
    for (let at = 72; at < 92; at++) demand(header[at] === 0, at, at + 1, 'a reserved byte is set')
    demand(Math.floor(view.getUint32(96) / 1_000_000) === 3, 96, 100, 'the version that wrote it')
  }
}

function pageSizeOf(db: BlockFile): number {
  const header = db.read(0, 100)
  for (let i = 0; i < MAGIC.length; i++) {
    if (header[i] !== MAGIC.charCodeAt(i))
      throw new StoreDamage('this is not a SQLite file', { file: db.path, from: i, to: i + 1 })
  }
  const stated = (header[16] as number) * 256 + (header[17] as number)
  const size = stated === 1 ? 65_536 : stated
  if (size < 512 || (size & (size - 1)) !== 0)
    throw new StoreDamage(`a page size of ${size} bytes is none`, { file: db.path, from: 16, to: 18 })
  return size
}

import type { JournalLog } from '@parley/journal'
import { FillingTile, leafHash, leafOf, TILE_WIDTH } from '@parley/record'

/** Entries of one tile, as far as they are kept: from `from` on, in order. */
interface RecentTile {
  readonly index: number
  readonly tile: FillingTile
  readonly from: number
  readonly entries: Uint8Array[]
}

/** Beyond so many bytes of entries the oldest tiles go; the newest stays. */
const MAX_BYTES = 4 << 20

/**
 * The newest entries of a log with the hashes of their tiles, in memory: what was just appended need not be read back from the disk to
 * be brought to others. Nothing here says that an entry is on the disk: ask only for what a signed head covers.
 */
export class RecentEntries {
  readonly #tiles: RecentTile[] = []
  /** Where the next entry goes; null while it is not known what stands before it in its tile. */
  #next: number | null = null
  #bytes = 0

  /** Begins at the end of a log, before anything is appended behind it. */
  async begin(log: JournalLog, size: number): Promise<void> {
    this.#clear()
    const width = size % TILE_WIDTH
    const known = width === 0 ? null : await log.tile(0, Math.floor(size / TILE_WIDTH), width)
    if (this.#next !== null || (width > 0 && known === null)) return
    this.#next = size
    if (known === null) return
    const { tile } = this.#open(size)
    for (let at = 0; at < width; at += 1) tile.push(known.subarray(32 * at, 32 * (at + 1)))
  }

  /** Entries that were just appended from `from` on. */
  add(from: number, entries: readonly Uint8Array[]): void {
    if (from !== this.#next) {
      this.#clear()
      if (from % TILE_WIDTH !== 0) return
    }
    let at = from
    for (const entry of entries) {
      const last = this.#tiles.at(-1)
      const into = last === undefined || last.tile.width === TILE_WIDTH ? this.#open(at) : last
      into.tile.push(leafHash(leafOf(entry)))
      into.entries.push(entry)
      this.#bytes += entry.byteLength
      at += 1
    }
    this.#next = at
    while (this.#bytes > MAX_BYTES && this.#tiles.length > 1) {
      const gone = this.#tiles.shift() as RecentTile
      for (const { byteLength } of gone.entries) this.#bytes -= byteLength
    }
  }

  /** The tile when the first `width` hashes of it are here, perhaps with more behind them; it must not be changed. */
  tile(level: number, index: number, width: number): Uint8Array | null {
    const found = level === 0 ? this.#at(index) : undefined
    return found !== undefined && found.tile.width >= width ? found.tile.bytes : null
  }

  /** The leaves `[from, to)` of one tile; null when they are not all here. */
  leaves(from: number, to: number): readonly Uint8Array[] | null {
    const found = this.#at(Math.floor(from / TILE_WIDTH))
    if (found === undefined || from < found.from || to > found.from + found.entries.length) return null
    return found.entries.slice(from - found.from, to - found.from).map(leafOf)
  }

  #at(index: number): RecentTile | undefined {
    return this.#tiles[index - (this.#tiles[0]?.index ?? index)]
  }

  #open(from: number): RecentTile {
    const opened = { index: Math.floor(from / TILE_WIDTH), tile: new FillingTile(), from, entries: [] }
    this.#tiles.push(opened)
    return opened
  }

  #clear(): void {
    this.#tiles.length = 0
    this.#bytes = 0
    this.#next = null
  }
}

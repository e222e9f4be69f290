import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** A run of bytes of a file on disk. */
export interface FileRange {
  readonly file: string
  readonly from: number
  readonly to: number
}

/** Bytes that are not what the format demands, with their place. */
export class StoreDamage extends Error {
  readonly place: FileRange

  constructor(what: string, place: FileRange) {
    super(what)
    this.place = place
  }
}

const BLOCK = 1 << 18
const MOST_BLOCKS = 48

/** A file read in blocks, of which the newest few are kept. Takes no lock and writes nothing. */
export class BlockFile {
  readonly path: string
  readonly size: number
  readonly #fd: number
  readonly #blocks = new Map<number, Buffer>()

  constructor(path: string) {
    this.path = path
    this.#fd = openSync(path, 'r')
    this.size = fstatSync(this.#fd).size
  }

  /** Bytes `from` to `to`, fewer where the file ends. Valid until the next call only if it must not be copied. */
  read(from: number, to: number): Uint8Array {
    const end = Math.min(to, this.size)
    const block = Math.floor(from / BLOCK)
    if (end <= (block + 1) * BLOCK)
      return this.#block(block).subarray(from - block * BLOCK, Math.max(from, end) - block * BLOCK)
    const out = Buffer.alloc(Math.max(0, end - from))
    for (let at = from; at < end; ) {
      const index = Math.floor(at / BLOCK)
      const take = Math.min(end, (index + 1) * BLOCK) - at
      this.#block(index).copy(out, at - from, at - index * BLOCK, at - index * BLOCK + take)
      at += take
    }
    return out
  }

  close(): void {
    closeSync(this.#fd)
  }

  #block(index: number): Buffer {
    const known = this.#blocks.get(index)
    if (known !== undefined) return known
    const buffer = Buffer.alloc(Math.max(0, Math.min(BLOCK, this.size - index * BLOCK)))
    for (let done = 0; done < buffer.length; ) {
      const count = readSync(this.#fd, buffer, done, buffer.length - done, index * BLOCK + done)
      if (count === 0) break
      done += count
    }
    if (this.#blocks.size >= MOST_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value as number)
    this.#blocks.set(index, buffer)
    return buffer
  }
}

const CHUNK_BYTES = 64 * 1024 * 1024

/** Whole HTTP requests, made before the clock starts and kept outside the heap. */
export class Requests {
  readonly #chunks: Buffer[] = []
  #used = CHUNK_BYTES
  #starts: Float64Array<ArrayBuffer> = new Float64Array(4096)
  #lengths: Int32Array<ArrayBuffer> = new Int32Array(4096)
  count = 0
  bytes = 0

  /** `head` without its content-length and the empty line after it; both texts in ASCII. */
  add(head: string, body: string): void {
    const text = `${head}content-length: ${body.length}\r\n\r\n${body}`
    if (text.length > CHUNK_BYTES) throw new RangeError('a request larger than 64 MiB')
    if (this.#used + text.length > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES))
      this.#used = 0
    }
    if (this.count === this.#lengths.length) {
      const starts = new Float64Array(this.count * 2)
      starts.set(this.#starts)
      this.#starts = starts
      const lengths = new Int32Array(this.count * 2)
      lengths.set(this.#lengths)
      this.#lengths = lengths
    }
    const chunk = this.#chunks.length - 1
    const written = this.#chunks[chunk]!.write(text, this.#used, 'latin1')
    this.#starts[this.count] = chunk * CHUNK_BYTES + this.#used
    this.#lengths[this.count] = written
    this.#used += written
    this.bytes += written
    this.count++
  }

  /** The bytes of one request; a view, not a copy. */
  at(index: number): Buffer {
    const start = this.#starts[index]!
    const offset = start % CHUNK_BYTES
    return this.#chunks[(start - offset) / CHUNK_BYTES]!.subarray(offset, offset + this.#lengths[index]!)
  }
}

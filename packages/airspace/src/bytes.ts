import { type EntityId, FaultError } from '@parley/units'

/** A journal entry that is not what this version writes: cut short, of another version, or not ours. */
export class EntryFormatError extends FaultError {
  readonly code = 'ENTRY_FORMAT'
}

const decoder = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()
const NIBBLE = new Uint8Array(256)
for (let i = 0; i < 16; i += 1) NIBBLE['0123456789abcdef'.charCodeAt(i)] = i
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Little-endian writer over one buffer that grows; `finish` copies out what was written and starts anew. */
export class Writer {
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  /** What was written, as a view of the writer's own memory: it holds until the next write. */
  finish(): Uint8Array {
    const out = this.#bytes.subarray(0, this.#at)
    this.#at = 0
    return out
  }

  #room(count: number): void {
    if (this.#at + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  u8(value: number): void {
    this.#room(1)
    this.#bytes[this.#at] = value
    this.#at += 1
  }

  u32(value: number): void {
    this.#room(4)
    this.#view.setUint32(this.#at, value, true)
    this.#at += 4
  }

  f64(value: number): void {
    this.#room(8)
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  /** Unsigned LEB128, up to 2^53. */
  varint(value: number): void {
    this.#room(8)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#at] = (rest % 128) | 128
      this.#at += 1
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#at] = rest
    this.#at += 1
  }

  text(value: string): void {
    const length = value.length
    this.#room(length + 8)
    const start = this.#at
    this.varint(length)
    const bytes = this.#bytes
    let at = this.#at
    for (let i = 0; i < length; i += 1) {
      const c = value.charCodeAt(i)
      if (c > 127) {
        this.#at = start
        const utf8 = encoder.encode(value)
        this.varint(utf8.length)
        this.#room(utf8.length)
        this.#bytes.set(utf8, this.#at)
        this.#at += utf8.length
        return
      }
      bytes[at] = c
      at += 1
    }
    this.#at = at
  }

  /** 16 bytes of a canonical UUID. */
  id(id: EntityId): void {
    this.#room(16)
    let high = -1
    for (let i = 0; i < 36; i += 1) {
      const c = id.charCodeAt(i)
      if (c === 45) continue
      const nibble = NIBBLE[c]!
      if (high < 0) high = nibble
      else {
        this.#bytes[this.#at] = (high << 4) | nibble
        this.#at += 1
        high = -1
      }
    }
  }
}

/** Reads what `Writer` wrote. @throws {EntryFormatError} when the bytes end early or a text is not UTF-8 */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  #take(count: number): number {
    const at = this.#at
    if (at + count > this.#bytes.length)
      throw new EntryFormatError('entry ends early', { at, wanted: count, length: this.#bytes.length })
    this.#at = at + count
    return at
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  varint(): number {
    let value = 0
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    throw new EntryFormatError('number of more than 53 bits', { at: this.#at })
  }

  /** A count of items of at least `itemBytes` each: refused when the rest of the entry cannot hold them. */
  count(itemBytes: number): number {
    const count = this.varint()
    if (count * itemBytes > this.#bytes.length - this.#at)
      throw new EntryFormatError('count exceeds the entry', { count, itemBytes, at: this.#at })
    return count
  }

  text(): string {
    const length = this.count(1)
    const at = this.#take(length)
    const bytes = this.#bytes
    if (length < 64) {
      let text = ''
      let i = at
      for (; i < at + length; i += 1) {
        const c = bytes[i]!
        if (c > 127) break
        text += String.fromCharCode(c)
      }
      if (i === at + length) return text
    }
    try {
      return decoder.decode(bytes.subarray(at, at + length))
    } catch (cause) {
      throw new EntryFormatError('text is not UTF-8', { at, length }, { cause })
    }
  }

  id(): EntityId {
    const at = this.#take(16)
    let hex = ''
    for (let i = 0; i < 16; i += 1) {
      if (i === 4 || i === 6 || i === 8 || i === 10) hex += '-'
      hex += HEX[this.#bytes[at + i]!]!
    }
    return hex as EntityId
  }
}

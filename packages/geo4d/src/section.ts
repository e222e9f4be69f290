import { FaultError } from '@parley/units'

/** A named piece of a snapshot. The bytes belong to whoever holds the section: they are a copy of the index's state. */
export interface Section {
  readonly name: string
  readonly bytes: Uint8Array
}

export type SectionErrorCode = 'section_missing' | 'section_malformed' | 'section_version'

/** A snapshot cannot be read: a section is missing, of a wrong size, or of another version. */
export class SectionError extends FaultError {
  readonly code: SectionErrorCode

  constructor(code: SectionErrorCode, section: string, rule: string) {
    super(`snapshot section ${section}: ${rule}`, { section, rule })
    this.code = code
  }
}

/** First number of every group of sections; another one means another layout of the arrays. */
const LAYOUT_VERSION = 1

/** Writes typed arrays as sections in the byte order of the machine, which the version section tells. */
export class SectionWriter {
  readonly sections: Section[] = []
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.#push('version', Uint8Array.of(LAYOUT_VERSION, byteOrder()))
  }

  #push(name: string, bytes: Uint8Array): void {
    this.sections.push({ name: `${this.#prefix}/${name}`, bytes })
  }

  numbers(name: string, values: readonly number[]): void {
    this.#push(name, new Uint8Array(Float64Array.from(values).buffer))
  }

  array(name: string, values: Int32Array | Float64Array): void {
    this.#push(name, bytesOf(values).slice())
  }

  /** Several arrays in one section: their lengths stand in a section of their own. */
  arrays(name: string, parts: readonly Int32Array[]): void {
    this.numbers(
      `${name}-lengths`,
      parts.map((part) => part.length),
    )
    let words = 0
    for (const part of parts) words += part.length
    const all = new Int32Array(words)
    let at = 0
    for (const part of parts) {
      all.set(part, at)
      at += part.length
    }
    this.#push(name, bytesOf(all))
  }
}

/** Reads what {@link SectionWriter} wrote; every method throws {@link SectionError} when the section is not as written. */
export class SectionReader {
  readonly #prefix: string
  readonly #sections: ReadonlyMap<string, Uint8Array>

  constructor(prefix: string, sections: ReadonlyMap<string, Uint8Array>) {
    this.#prefix = prefix
    this.#sections = sections
    const version = this.#bytes('version')
    if (version.length !== 2 || version[0] !== LAYOUT_VERSION || version[1] !== byteOrder()) {
      throw new SectionError(
        'section_version',
        `${prefix}/version`,
        'written by another version or on another byte order',
      )
    }
  }

  error(name: string, rule: string): SectionError {
    return new SectionError('section_malformed', `${this.#prefix}/${name}`, rule)
  }

  #bytes(name: string): Uint8Array {
    const bytes = this.#sections.get(`${this.#prefix}/${name}`)
    if (bytes === undefined) throw new SectionError('section_missing', `${this.#prefix}/${name}`, 'must be present')
    return bytes
  }

  numbers(name: string, count?: number): Float64Array {
    const bytes = this.#bytes(name)
    if (bytes.length % 8 !== 0 || (count !== undefined && bytes.length !== count * 8)) {
      throw this.error(name, `expected ${count ?? 'whole'} numbers`)
    }
    return new Float64Array(bytes.slice().buffer)
  }

  /** The section itself as an array, no copy: whoever reads a snapshot takes its sections over. */
  array(name: string, length?: number): Int32Array {
    const bytes = this.#bytes(name)
    if (bytes.length % 4 !== 0 || (length !== undefined && bytes.length !== length * 4)) {
      throw this.error(name, `expected ${length ?? 'whole'} words`)
    }
    return wordsOf(bytes)
  }

  arrays(name: string): Int32Array[] {
    const lengths = this.numbers(`${name}-lengths`)
    const bytes = this.#bytes(name)
    const parts: Int32Array[] = []
    let at = 0
    for (const length of lengths) {
      if (!Number.isInteger(length) || length < 0 || at + length * 4 > bytes.length) throw this.error(name, 'cut short')
      parts.push(wordsOf(bytes.subarray(at, at + length * 4)))
      at += length * 4
    }
    if (at !== bytes.length) throw this.error(name, 'longer than its lengths tell')
    return parts
  }
}

function bytesOf(values: Int32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** Words over `bytes`, on a border of eight bytes so that doubles may lie over them too; a copy only where they begin elsewhere. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const own = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice()
  return new Int32Array(own.buffer, own.byteOffset, own.byteLength / 4)
}

function byteOrder(): number {
  return new Uint8Array(Uint16Array.of(1).buffer)[0]!
}

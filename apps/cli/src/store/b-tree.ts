import { type FileRange, StoreDamage } from './block-file.ts'
import type { Page, Pages } from './pages.ts'

const LEAF_TABLE = 13
const INTERIOR_TABLE = 5
const LEAF_INDEX = 10
const INTERIOR_INDEX = 2
const MOST_LEFTOVERS = 1000

/** Unused space that is not blank. */
export interface Leftover extends FileRange {
  /** Among rows that are only ever appended, which leave nothing behind. */
  readonly unusual: boolean
}

/** Where one row's cell begins. */
export interface CellPlace {
  readonly page: number
  readonly at: number
}

interface Cell {
  readonly at: number
  readonly end: number
  readonly left: number
  readonly rowid: number
  readonly payload: LocalPayload | null
}

/** How far a walk through a table is. */
interface Walk {
  readonly places: CellPlace[]
  lastRowid: number
  /** The row before, if it lies on the page at hand. */
  last: { readonly page: number; readonly cell: Cell } | null
  depth: number
}

interface LocalPayload {
  readonly size: number
  readonly at: number
  readonly local: number
  /** First page of the rest; 0 when there is none. */
  readonly overflow: number
}

/** Part of a row as it lies on disk. */
interface Segment {
  readonly file: string
  /** In the file. */
  readonly at: number
  /** In the row. */
  readonly from: number
  readonly length: number
}

export type SqlValue = number | string | Uint8Array | null

/** A row with the place of each of its bytes. */
export interface Row {
  readonly rowid: number
  readonly values: readonly SqlValue[]
  /** Where each value begins in `bytes`. */
  readonly starts: readonly number[]
  readonly bytes: Uint8Array
  readonly segments: readonly Segment[]
  /** The whole cell on its leaf page. */
  readonly cell: FileRange
}

/** Where byte `at` of a row lies on disk. */
export function placeOf({ segments }: Row, at: number): FileRange {
  const segment = segments.findLast(({ from }) => from <= at) as Segment
  const from = segment.at + at - segment.from
  return { file: segment.file, from, to: from + 1 }
}

/**
 * The tables of one file. Every page must be in exactly one place and every byte of a page be accounted for, so that
 * what is altered in the frame around the rows is found as well.
 */
export class Tables {
  readonly #pages: Pages
  readonly #seen: Uint8Array
  readonly #damaged: (damage: StoreDamage) => void
  /** Bytes that no row and no frame around rows uses, whatever stands in them. */
  unusedBytes = 0
  /** Those of them that are not zero, the first runs of them: left over from rows that were moved, or altered; they mean nothing. */
  readonly leftovers: Leftover[] = []
  readonly #roots = new Set<number>([1])

  constructor(pages: Pages, damaged: (damage: StoreDamage) => void) {
    this.#pages = pages
    this.#seen = new Uint8Array(pages.count + 1)
    this.#damaged = damaged
  }

  /**
   * The places of all rows of a table in the order of their keys; what is damaged is reported and passed over. `named`
   * is where the file says which page the table begins with.
   */
  places(root: number, named?: FileRange): CellPlace[] {
    const places: CellPlace[] = []
    this.#roots.add(root)
    try {
      this.#walk(root, { places, lastRowid: -1, last: null, depth: 0 })
    } catch (error) {
      if (!(error instanceof StoreDamage)) throw error
      this.#damaged(error instanceof BadPointer && named !== undefined ? new StoreDamage(error.message, named) : error)
    }
    return places
  }

  /**
   * Reads a row; the first time with `claim`, which counts the pages its bytes spill to as its own.
   *
   * @throws {StoreDamage}
   */
  row(place: CellPlace, claim = false): Row {
    const page = this.#pages.page(place.page)
    const cell = this.#cell(page, page.bytes[headerAt(place.page)] as number, place.at)
    const range = { file: page.file, from: page.offset + cell.at, to: page.offset + cell.end }
    const { bytes, segments } = this.#payload(page, cell.payload as LocalPayload, claim)
    const { values, starts } = recordOf(bytes, range)
    return { rowid: cell.rowid, values, starts, bytes, segments, cell: range }
  }

  /**
   * Key and leading values of a row, from its own page alone; a value that spills over is null.
   *
   * @throws {StoreDamage}
   */
  head(place: CellPlace): { readonly rowid: number; readonly values: readonly SqlValue[]; readonly cell: FileRange } {
    const page = this.#pages.page(place.page)
    const cell = this.#cell(page, page.bytes[headerAt(place.page)] as number, place.at)
    const { at, local } = cell.payload as LocalPayload
    const range = { file: page.file, from: page.offset + cell.at, to: page.offset + cell.end }
    const { values } = recordOf(page.bytes.subarray(at, at + local), range, (cell.payload as LocalPayload).size)
    return { rowid: cell.rowid, values, cell: range }
  }

  /** To be called once all rows were read: pages that belong to nothing are reported. */
  finish(): void {
    const free = this.#freePages()
    for (let number = 1; number <= this.#pages.count; number++) {
      if ((this.#seen[number] as number) > 0 || free.has(number)) continue
      const { file, offset } = this.#pages.page(number)
      this.#damaged(
        new StoreDamage(`page ${number} belongs to no table`, {
          file,
          from: offset,
          to: offset + this.#pages.pageSize,
        }),
      )
    }
  }

  #freePages(): Set<number> {
    const free = new Set<number>()
    const { bytes } = this.#pages.page(1)
    let next = u32(bytes, 32)
    while (next !== 0 && !free.has(next) && next <= this.#pages.count) {
      free.add(next)
      const page = this.#pages.page(next)
      const count = Math.min(u32(page.bytes, 4), this.#pages.usable / 4 - 2)
      for (let i = 0; i < count; i++) {
        const number = u32(page.bytes, 8 + 4 * i)
        const isPage = number > 0 && number <= this.#pages.count && !free.has(number)
        if (isPage) this.#unused(this.#pages.page(number), { from: 0, to: this.#pages.pageSize, blank: false })
        free.add(number)
      }
      this.#unused(page, { from: 8 + 4 * count, to: this.#pages.pageSize, blank: false })
      next = u32(page.bytes, 0)
    }
    const stated = u32(bytes, 36)
    if (stated !== free.size || next !== 0) {
      const { file, offset } = this.#pages.page(1)
      const what = `the header of the file counts ${stated} free pages, and its list of them has ${free.size}`
      this.#damaged(new StoreDamage(what, { file, from: offset + 32, to: offset + 40 }))
    }
    return free
  }

  #walk(number: number, state: Walk): void {
    const page = this.#claim(number)
    if (state.depth > 20) throw this.#damage(page, 0, 12, 'the tree of pages is deeper than any can be')
    const { type, cells, right } = this.#cells(page)
    const below = (child: number, pointer: number): void => {
      state.depth++
      try {
        this.#walk(child, state)
      } catch (error) {
        if (!(error instanceof StoreDamage)) throw error
        // What a bad pointer leads to is not where the fault lies.
        this.#damaged(error instanceof BadPointer ? this.#damage(page, pointer, pointer + 4, error.message) : error)
        state.lastRowid = Number.NaN
      }
      state.depth--
    }
    for (const cell of cells) {
      if (cell.left !== 0) below(cell.left, cell.at)
      if (type === INTERIOR_TABLE) {
        if (!Number.isNaN(state.lastRowid) && cell.rowid !== state.lastRowid)
          this.#damaged(
            this.#damage(
              page,
              cell.at + 4,
              cell.end,
              `the key ${cell.rowid} is not that of the last row below it, ${state.lastRowid}`,
            ),
          )
        continue
      }
      if (type === LEAF_TABLE) {
        if (cell.rowid <= state.lastRowid) {
          // Either of the two may be the altered one.
          const before = state.last?.page === number ? state.last.cell : cell
          const [from, to] = [Math.min(cell.at, before.at), Math.max(cell.end, before.end)]
          this.#damaged(this.#damage(page, from, to, `row ${cell.rowid} follows row ${state.lastRowid}`))
        }
        state.last = { page: number, cell }
        state.lastRowid = cell.rowid
      }
      state.places.push({ page: number, at: cell.at })
    }
    if (right !== 0) below(right, headerAt(number) + 8)
  }

  /** A page that has its place in the tree now. */
  #claim(number: number): Page {
    if (number < 1 || number > this.#pages.count)
      throw new BadPointer(`it points to page ${number} of ${this.#pages.count}`)
    if ((this.#seen[number] as number) > 0) throw new BadPointer(`it points to page ${number}, which belongs elsewhere`)
    const page = this.#pages.page(number)
    this.#seen[number] = 1
    return page
  }

  #cells(page: Page): { type: number; cells: Cell[]; right: number } {
    const { bytes, number } = page
    const head = headerAt(number)
    const type = bytes[head] as number
    if (![LEAF_TABLE, INTERIOR_TABLE, LEAF_INDEX, INTERIOR_INDEX].includes(type))
      throw this.#damage(page, head, head + 1, `a page of kind ${type} is none`)
    const interior = type === INTERIOR_TABLE || type === INTERIOR_INDEX
    const pointers = head + (interior ? 12 : 8)
    const count = u16(bytes, head + 3)
    const content = u16(bytes, head + 5) || 65_536
    const pointersEnd = pointers + 2 * count
    if (pointersEnd > content || content > this.#pages.usable)
      throw this.#damage(
        page,
        head + 3,
        head + 7,
        `${count} rows and a content from byte ${content} on do not fit the page`,
      )
    const cells: Cell[] = []
    for (let i = 0; i < count; i++) {
      const at = u16(bytes, pointers + 2 * i)
      if (at < content || at >= this.#pages.usable)
        throw this.#damage(page, pointers + 2 * i, pointers + 2 * i + 2, `row ${i} of the page lies outside of it`)
      cells.push(this.#cell(page, type, at))
    }
    this.#account(page, { cells, head, content, pointersEnd })
    return { type, cells, right: interior ? u32(bytes, head + 8) : 0 }
  }

  /** Rows, free blocks and fragments must fill the content to the byte, without overlap. */
  #account(page: Page, layout: { cells: readonly Cell[]; head: number; content: number; pointersEnd: number }): void {
    const { bytes } = page
    const { cells, head, content, pointersEnd } = layout
    const blank = bytes[head] === LEAF_TABLE
    const spans = cells.map(({ at, end }) => ({ at, end: Math.max(end, at + 4), free: false }))
    let last = 0
    for (let at = u16(bytes, head + 1); at !== 0; at = u16(bytes, at)) {
      const size = u16(bytes, at + 2)
      if (at < content || at <= last || size < 4 || at + size > this.#pages.usable)
        throw this.#damage(page, head + 1, head + 3, 'the list of free blocks of the page is broken')
      spans.push({ at, end: at + size, free: true })
      last = at
      this.#unused(page, { from: at + 4, to: at + size, blank })
    }
    spans.sort((a, b) => a.at - b.at)
    let end = content
    let gaps = 0
    for (const span of spans) {
      if (span.at < end)
        throw this.#damage(page, head, this.#pages.usable, `rows of the page overlap at its byte ${span.at}`)
      gaps += span.at - end
      end = span.end
    }
    gaps += this.#pages.usable - end
    if (end > this.#pages.usable || gaps !== bytes[head + 7])
      throw this.#damage(
        page,
        head,
        this.#pages.usable,
        `${gaps} bytes of the page belong to nothing, and it counts ${String(bytes[head + 7])}`,
      )
    this.#unused(page, { from: pointersEnd, to: content, blank })
    for (const [i, span] of spans.entries()) {
      // Too small for a free block of its own.
      this.#unused(page, { from: span.end, to: spans[i + 1]?.at ?? this.#pages.usable, blank })
    }
    if (spans.length > 0) this.#unused(page, { from: content, to: (spans[0] as { at: number }).at, blank })
  }

  #cell(page: Page, type: number, at: number): Cell {
    const { bytes } = page
    let next = at
    let left = 0
    if (type === INTERIOR_TABLE || type === INTERIOR_INDEX) {
      left = u32(bytes, at)
      next += 4
    }
    if (type === INTERIOR_TABLE) {
      const key = varint(bytes, next)
      return { at, end: next + key.length, left, rowid: key.value, payload: null }
    }
    const size = varint(bytes, next)
    next += size.length
    let rowid = 0
    if (type === LEAF_TABLE) {
      const key = varint(bytes, next)
      rowid = key.value
      next += key.length
    }
    const usable = this.#pages.usable
    const most = type === LEAF_TABLE ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23
    const least = Math.floor(((usable - 12) * 32) / 255) - 23
    const wanted = least + ((size.value - least) % (usable - 4))
    const local = size.value <= most ? size.value : wanted <= most ? wanted : least
    const spills = local < size.value
    const end = next + local + (spills ? 4 : 0)
    if (end > usable)
      throw this.#damage(page, at, at + size.length, `a row of ${size.value} bytes does not fit its page`)
    const overflow = spills ? u32(bytes, next + local) : 0
    return { at, end, left, rowid, payload: { size: size.value, at: next, local, overflow } }
  }

  #payload(
    page: Page,
    { size, at, local, overflow }: LocalPayload,
    claim: boolean,
  ): { bytes: Uint8Array; segments: Segment[] } {
    const segments: Segment[] = [{ file: page.file, at: page.offset + at, from: 0, length: local }]
    if (size > this.#pages.count * this.#pages.usable)
      throw this.#damage(page, at, at + 1, `a row of ${size} bytes is longer than the file`)
    const bytes = new Uint8Array(size)
    bytes.set(page.bytes.subarray(at, at + local))
    let pointer: FileRange = { file: page.file, from: page.offset + at + local, to: page.offset + at + local + 4 }
    let next = overflow
    for (let done = local; done < size; ) {
      let rest: Page
      try {
        rest = claim ? this.#claim(next) : this.#pages.page(next)
      } catch (error) {
        if (error instanceof BadPointer) throw new StoreDamage(error.message, pointer)
        throw error
      }
      const take = Math.min(size - done, this.#pages.usable - 4)
      bytes.set(rest.bytes.subarray(4, 4 + take), done)
      segments.push({ file: rest.file, at: rest.offset + 4, from: done, length: take })
      done += take
      next = u32(rest.bytes, 0)
      pointer = { file: rest.file, from: rest.offset, to: rest.offset + 4 }
      if (done === size) {
        if (next !== 0) throw new StoreDamage(`the row ends here, and page ${next} is said to follow`, pointer)
        this.#unused(rest, { from: 4 + take, to: this.#pages.usable, blank: true })
      }
    }
    return { bytes, segments }
  }

  #unused(page: Page, { from, to, blank }: { from: number; to: number; blank: boolean }): void {
    const unusual = blank && !this.#roots.has(page.number)
    this.unusedBytes += Math.max(0, to - from)
    for (let at = from; at < to; at++) {
      if (page.bytes[at] === 0) continue
      const place = page.offset + at
      const last = this.leftovers.at(-1)
      if (last?.file === page.file && last.to === place)
        this.leftovers[this.leftovers.length - 1] = { ...last, to: place + 1 }
      else if (this.leftovers.length < MOST_LEFTOVERS)
        this.leftovers.push({ file: page.file, from: place, to: place + 1, unusual })
    }
  }

  #damage(page: Page, from: number, to: number, what: string): StoreDamage {
    return new StoreDamage(what, { file: page.file, from: page.offset + from, to: page.offset + to })
  }
}

/** The page a pointer leads to cannot be: the pointer is at fault. */
class BadPointer extends StoreDamage {
  constructor(what: string) {
    super(what, { file: '', from: 0, to: 0 })
  }
}

const headerAt = (number: number): number => (number === 1 ? 100 : 0)
const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] as number) * 256 + (bytes[at + 1] as number)
const u32 = (bytes: Uint8Array, at: number): number => u16(bytes, at) * 65_536 + u16(bytes, at + 2)

function varint(bytes: Uint8Array, at: number): { value: number; length: number } {
  let value = 0
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i] ?? 0
    value = value * 128 + (byte & 127)
    if (byte < 128) return { value, length: i + 1 }
  }
  return { value: value * 256 + (bytes[at + 8] ?? 0), length: 9 }
}

/** The values of a row (format: sqlite.org/fileformat2.html, section 2.1). */
function recordOf(bytes: Uint8Array, cell: FileRange, size = bytes.length): { values: SqlValue[]; starts: number[] } {
  const broken = (what: string): StoreDamage => new StoreDamage(`the row cannot be read: ${what}`, cell)
  const head = varint(bytes, 0)
  const types: number[] = []
  for (let at = head.length; at < head.value; ) {
    const type = varint(bytes, at)
    types.push(type.value)
    at += type.length
    if (types.length > 100) throw broken('more columns than any table has')
  }
  const values: SqlValue[] = []
  const starts: number[] = []
  let at = head.value
  for (const type of types) {
    const length = lengthOf(type)
    if (length === null || at + length > size) throw broken(`a value of kind ${type} does not fit`)
    starts.push(at)
    values.push(at + length > bytes.length ? null : valueOf(type, bytes.subarray(at, at + length)))
    at += length
  }
  if (at !== size) throw broken(`${size - at} bytes follow the last value`)
  return { values, starts }
}

const WIDTHS = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0]

function lengthOf(type: number): number | null {
  if (type < 10) return WIDTHS[type] as number
  return type < 12 ? null : Math.floor((type - 12) / 2)
}

function valueOf(type: number, bytes: Uint8Array): SqlValue {
  if (type === 0) return null
  if (type === 8 || type === 9) return type - 8
  if (type === 7) return Number.NaN
  if (type >= 12) return type % 2 === 0 ? bytes : new TextDecoder().decode(bytes)
  let value = (bytes[0] as number) > 127 ? -1 : 0
  for (const byte of bytes) value = value * 256 + byte
  return value
}

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Journal, type JournalThread, openSqliteJournal } from '@parley/journal'
import type { Clock } from '@parley/units'
import { StartRefused } from '../errors.ts'

/** The newest head of one log that a cosigner has accepted. */
export interface StoredHead {
  readonly origin: string
  readonly size: number
  /** The signed checkpoint as it was accepted: its text, the log's signature, and the cosigner's own lines, if it gives any here. */
  readonly note: string
  /** Time of the newest cosignature; 0 where none was given. */
  readonly timeS: number
}

export interface HeadStoreOptions {
  readonly clock: Clock
  /** Entries after which the journal is begun anew; default 20,000, some megabytes. */
  readonly compactAfter?: number
  /** Shared with other journals; one of its own when left out. */
  readonly thread?: JournalThread | undefined
}

const FORMAT = 1
const COMPACT_AFTER = 20_000
/** How long a head waits to be written that nothing is vouched for by: most are covered before. */
const SOON_MS = 20
const GENERATION = /^heads-(\d{1,9})$/

interface Opened {
  readonly journal: Journal
  readonly generation: number
  readonly heads: Map<string, StoredHead>
}

/**
 * Keeps, for each log, the newest head that was accepted. A head is on the disk before `put` resolves. Behind it is a journal with one
 * entry a head; when that grows long, the heads of now open a new one and the old one goes.
 */
export class HeadStore implements AsyncDisposable {
  readonly #dir: string
  readonly #options: HeadStoreOptions
  readonly #compactAfter: number
  #opened: Opened
  #failed = false
  /** Heads to be written soon, by log. */
  readonly #soon = new Map<string, StoredHead>()
  #timer: NodeJS.Timeout | null = null
  #busy: Promise<unknown> = Promise.resolve()

  private constructor(dir: string, options: HeadStoreOptions, opened: Opened) {
    this.#dir = dir
    this.#options = options
    this.#compactAfter = options.compactAfter ?? COMPACT_AFTER
    this.#opened = opened
  }

  /** @throws {JournalError} when the folder cannot be used or what it holds is damaged @throws {StartRefused} when it is a newer Parley's */
  static async open(dir: string, options: HeadStoreOptions): Promise<HeadStore> {
    return new HeadStore(dir, options, await openNewest(dir, options))
  }

  /**
   * To be awaited before `get` and `put`: after a failed write, reads again what the disk holds. What could not be acknowledged may
   * be there after all.
   *
   * @throws {JournalError} while the disk still fails
   */
  async ready(): Promise<void> {
    if (!this.#failed) return
    const reopened = this.#busy.then(() => (this.#failed ? this.#reopen() : undefined))
    this.#busy = reopened.catch(() => undefined)
    await reopened
  }

  get(origin: string): StoredHead | null {
    return this.#opened.heads.get(origin) ?? null
  }

  /** The newest head of every log, those among them that nobody asks for any more. */
  all(): Iterable<StoredHead> {
    return this.#opened.heads.values()
  }

  /**
   * Keeps `head` in place of the one before; resolves once it is on the disk. The caller sees to it that the heads of one log come one
   * at a time.
   *
   * @throws {JournalError}
   */
  async put(head: StoredHead): Promise<void> {
    const written = this.#busy.then(async () => {
      const { journal, heads } = this.#opened
      try {
        await journal.append(journal.head(), [encode(head)])
      } catch (error) {
        this.#failed = true
        throw error
      }
      // A newer one may stand here already that is still to be written.
      if ((heads.get(head.origin)?.size ?? -1) <= head.size) heads.set(head.origin, head)
      if (journal.head() >= this.#compactAfter + heads.size) await this.#compact()
    })
    this.#busy = written.catch(() => undefined)
    await written
  }

  /**
   * Keeps `head` in place of the one before at once, and writes it down in its turn: for heads that nothing is vouched for by. After a
   * crash an older one may stand here again; one that could not be written is known by `ready`.
   */
  putSoon(head: StoredHead): void {
    this.#opened.heads.set(head.origin, head)
    this.#soon.set(head.origin, head)
    this.#timer ??= setTimeout(() => this.#putGathered(), SOON_MS)
  }

  /** A head that was to be written soon need not be any more: it is on the disk elsewhere. */
  covered({ origin, size }: { readonly origin: string; readonly size: number }): void {
    if ((this.#soon.get(origin)?.size ?? Number.POSITIVE_INFINITY) <= size) this.#soon.delete(origin)
  }

  async close(): Promise<void> {
    this.#putGathered()
    await this.#busy
    await this.#opened.journal.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #putGathered(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (const head of this.#soon.values()) this.put(head).catch(() => undefined)
    this.#soon.clear()
  }

  /** After a failed write the journal takes no more, and the disk may have room again. */
  async #reopen(): Promise<void> {
    await this.#opened.journal.close()
    this.#opened = await openNewest(this.#dir, this.#options)
    this.#failed = false
  }

  async #compact(): Promise<void> {
    const { journal: old, generation: from, heads } = this.#opened
    const generation = from + 1
    const dir = folderOf(this.#dir, generation)
    await rm(dir, { recursive: true, force: true })
    const journal = await openJournal(dir, this.#options)
    // One append is whole or not there: a crash leaves the old journal in charge, or the new one with every head.
    await journal.append(0, [...heads.values()].map(encode))
    this.#opened = { journal, generation, heads }
    await old.close()
    await rm(folderOf(this.#dir, from), { recursive: true, force: true })
  }
}

async function openNewest(dir: string, options: HeadStoreOptions): Promise<Opened> {
  const generations = await generationsIn(dir)
  let newest: { journal: Journal; generation: number } | null = null
  for (const generation of generations.toReversed()) {
    if (newest !== null) {
      await rm(folderOf(dir, generation), { recursive: true, force: true })
      continue
    }
    const journal = await openJournal(folderOf(dir, generation), options)
    if (journal.head() > 0 || generation === generations[0]) newest = { journal, generation }
    else {
      // A crash came before anything was carried over: the older one has all.
      await journal.close()
      await rm(folderOf(dir, generation), { recursive: true, force: true })
    }
  }
  const { journal, generation } = newest ?? {
    journal: await openJournal(folderOf(dir, 1), options),
    generation: 1,
  }
  const heads = new Map<string, StoredHead>()
  try {
    for await (const { bytes } of journal.read(0, journal.head())) {
      const head = decode(bytes)
      heads.set(head.origin, head)
    }
  } catch (error) {
    await journal.close()
    throw error
  }
  return { journal, generation, heads }
}

const openJournal = (dir: string, { clock, thread }: HeadStoreOptions): Promise<Journal> =>
  openSqliteJournal({ dir, kind: 'heads', clock, ...(thread === undefined ? {} : { thread }) })

const folderOf = (dir: string, generation: number): string => join(dir, `heads-${generation}`)

async function generationsIn(dir: string): Promise<number[]> {
  let names: string[]
  try {
    names = await readdir(dir)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return names
    .map((name) => GENERATION.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number)
    .sort((a, b) => a - b)
}

const encode = (head: StoredHead): Uint8Array => Buffer.from(JSON.stringify({ format: FORMAT, ...head }))

function decode(bytes: Uint8Array): StoredHead {
  const { format, ...head } = JSON.parse(Buffer.from(bytes).toString()) as StoredHead & { readonly format: number }
  if (format !== FORMAT)
    throw new StartRefused(`the heads were written by a newer Parley (format ${format}): use that one`)
  return head
}

import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  decodeBase64,
  encodeBase64,
  familyOf,
  type HandoverStanding,
  isRecordError,
  parseContinueLog,
  readContinuation,
} from '@parley/record'
import { StartRefused } from '../errors.ts'
import { makeFolderDurably, writeDurably } from './durable-file.ts'

const FORMAT = 1

/** What a cosigner keeps of one author's handovers, with the continuation that froze the lower numbers. */
export interface KeptHandover {
  readonly standing: HandoverStanding
  /** Entry 0 of the log numbered `standing.frozen`. */
  readonly entry: Uint8Array
}

interface StoredHandover extends HandoverStanding {
  readonly entry: string
}

/**
 * A cosigner's memory of which logs were continued: one small file, replaced whole. Losing it would let an old number be cosigned beside
 * the new one, so that it is on the disk before anyone is told (rule C2 of models/handover.pml).
 */
export class HandoverBook {
  readonly #file: string
  readonly #kept: Map<string, KeptHandover>
  #busy: Promise<unknown> = Promise.resolve()

  private constructor(file: string, kept: Map<string, KeptHandover>) {
    this.#file = file
    this.#kept = kept
  }

  /** @throws {StartRefused} when the file cannot be read: without it nothing may be cosigned */
  static async open(dir: string): Promise<HandoverBook> {
    const file = join(dir, 'handovers.json')
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new HandoverBook(file, new Map())
      throw new StartRefused(`the file ${file} cannot be read: ${(cause as Error).message}`, {}, { cause })
    }
    try {
      const { format, families } = JSON.parse(text) as { format: number; families: Record<string, StoredHandover> }
      if (format !== FORMAT) throw new Error(`format ${format} is a newer Parley's`)
      const kept = Object.entries(families).map(([family, { entry, frozen, at, leaf }]): [string, KeptHandover] => [
        family,
        { standing: { frozen, at, leaf }, entry: decodeBase64(entry) },
      ])
      return new HandoverBook(file, new Map(kept))
    } catch (cause) {
      throw new StartRefused(
        `the file ${file} does not say which logs were continued (${(cause as Error).message}): put it back from a copy`,
        {},
        { cause },
      )
    }
  }

  /** Of the author of this log; null when none of its logs was continued, or the log has no number. */
  of(origin: string): KeptHandover | null {
    const family = familyIn(origin)
    return family === null ? null : (this.#kept.get(family) ?? null)
  }

  /** Resolves once it is on the disk. The caller sees to it that changes of one author come one at a time. */
  async put(origin: string, kept: KeptHandover): Promise<void> {
    const written = this.#busy.then(async () => {
      const next = new Map(this.#kept).set(familyOf(origin), kept)
      const families = Object.fromEntries(
        [...next].map(([family, { standing, entry }]) => [family, { ...standing, entry: encodeBase64(entry) }]),
      )
      await makeFolderDurably(dirname(this.#file))
      await writeDurably(this.#file, `${JSON.stringify({ format: FORMAT, families })}\n`, { replace: true })
      this.#kept.set(familyOf(origin), kept)
    })
    this.#busy = written.catch(() => undefined)
    await written
  }
}

/** The logs of one author; null for a log that is not named so that it could be continued. */
export function familyIn(origin: string): string | null {
  try {
    return familyOf(origin)
  } catch (error) {
    if (isRecordError(error)) return null
    throw error
  }
}

/** The author whose logs a continue-log request is about; null for what is no such request, which is then refused for itself. */
export function continuedFamily(body: Uint8Array): string | null {
  try {
    return familyOf(readContinuation(parseContinueLog(body).entry).origin)
  } catch (error) {
    if (isRecordError(error)) return null
    throw error
  }
}

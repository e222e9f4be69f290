import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolderDurably, writeDurably } from './durable-file.ts'

/** What an accusation rests on: the very bytes that came in and those they contradict. */
export interface Evidence {
  /**
   * `log-fork`: two heads of one size and two roots, both signed by the log: a proof by itself. `log-suspicion`: a signed head that was
   * not shown to continue the one held, which a bad proof beside a good head also gives. `log-ahead`: a signed head of our own log beyond
   * its end here. `cosigner-answer`: what a cosigner answered.
   */
  readonly kind: 'log-fork' | 'log-suspicion' | 'log-ahead' | 'cosigner-answer'
  readonly origin: string
  /** Who kept or said it: `witness`, `mirror`, or the name of a cosigner. */
  readonly by: string
  readonly message: string
  /** Signed checkpoints as texts, the one held first. */
  readonly notes: readonly string[]
  /** Hashes of the proof that came along, base64. */
  readonly proof?: readonly string[]
  /** Status and body of the answer, where an answer is the evidence. */
  readonly answer?: { readonly status: number; readonly contentType: string; readonly body: string }
}

/** Files of one kind that are kept; what comes after tells nothing new and could fill the disk. */
const MAX_FILES = 200

/** Keeps evidence in `<dataDir>/evidence`, each piece once. */
export class EvidenceStore {
  readonly #dir: string
  readonly #known = new Set<string>()
  readonly #counts = new Map<string, number>()
  #read = false

  constructor(dataDir: string) {
    this.#dir = join(dataDir, 'evidence')
  }

  /** Resolves, once it is on the disk, with the file; null when the same was kept before or too many are kept already. */
  async save(evidence: Evidence, nowMs: number): Promise<string | null> {
    await this.#load()
    const content = JSON.stringify({ format: 1, ...evidence })
    const digest = createHash('sha256').update(content).digest('hex').slice(0, 32)
    const name = `${evidence.kind}-${digest}.json`
    const count = this.#counts.get(evidence.kind) ?? 0
    if (this.#known.has(name) || count >= MAX_FILES) return null
    const file = join(this.#dir, name)
    this.#known.add(name)
    this.#counts.set(evidence.kind, count + 1)
    await writeDurably(file, `${JSON.stringify({ format: 1, keptAtMs: nowMs, ...evidence }, null, 2)}\n`, {
      replace: true,
    })
    return file
  }

  async #load(): Promise<void> {
    if (this.#read) return
    await makeFolderDurably(this.#dir)
    for (const name of await readdir(this.#dir)) {
      const kind = /^(.+)-[0-9a-f]{32}\.json$/.exec(name)?.[1]
      if (kind === undefined) continue
      this.#known.add(name)
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    }
    this.#read = true
  }
}

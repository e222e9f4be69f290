import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Evidence as EvidenceObject, formatEvidence } from '@parley/record'
import { makeFolderDurably, writeDurably } from './durable-file.ts'

/** What an accusation rests on: the very bytes that came in and those they contradict. */
export interface Evidence {
  /**
   * `log-fork`: two heads that one log cannot have, both signed by it: a proof by itself. `log-suspicion`: a signed head that was
   * not shown to continue the one held, which a bad proof beside a good head also gives. `log-ahead`: a signed head of our own log beyond
   * its end here. `cosigner-fork`: lines of one cosigner on two histories, a proof by itself. `cosigner-answer`: what a cosigner answered.
   */
  readonly kind: 'log-fork' | 'log-suspicion' | 'log-ahead' | 'cosigner-fork' | 'cosigner-answer'
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

/** A fork that is held against a log. */
export interface KeptFork {
  readonly origin: string
  readonly keptAtMs: number
  /** What `parley verify` opens. */
  readonly file: string
}

/** Files of one kind that are kept; what comes after tells nothing new and could fill the disk. */
const MAX_FILES = 200

/**
 * Keeps evidence in `<dataDir>/evidence`, each piece once: as JSON, which tells what happened, and where it can be proven beside it as a
 * file that anyone verifies who has the key.
 */
export class EvidenceStore {
  readonly #dir: string
  readonly #known = new Set<string>()
  readonly #counts = new Map<string, number>()
  /** Proofs that a start has found. */
  readonly #proofs = new Set<string>()
  #read = false

  constructor(dataDir: string) {
    this.#dir = join(dataDir, 'evidence')
  }

  /**
   * Resolves, once it is on the disk, with the file: that of `object`, the proof, where there is one. Null when the same was kept before
   * or too many are kept already.
   */
  async save(evidence: Evidence, nowMs: number, object: EvidenceObject | null = null): Promise<string | null> {
    await this.#load()
    const content = JSON.stringify({ format: 1, ...evidence })
    const digest = createHash('sha256').update(content).digest('hex').slice(0, 32)
    const name = `${evidence.kind}-${digest}.json`
    const count = this.#counts.get(evidence.kind) ?? 0
    if (this.#known.has(name) || count >= MAX_FILES) return null
    const file = join(this.#dir, name)
    this.#known.add(name)
    this.#counts.set(evidence.kind, count + 1)
    const proof = object === null ? null : proofOf(file)
    if (object !== null && proof !== null) await writeDurably(proof, formatEvidence(object), { replace: true })
    await writeDurably(file, `${JSON.stringify({ format: 1, keptAtMs: nowMs, ...evidence }, null, 2)}\n`, {
      replace: true,
    })
    return proof ?? file
  }

  /** The forks that are proven here, such as a start finds them: what was shown once stays shown. */
  async forks(): Promise<KeptFork[]> {
    await this.#load()
    const names = [...this.#known].filter((name) => name.startsWith('log-fork-'))
    const kept = await Promise.all(
      names.map(async (name) => {
        const file = join(this.#dir, name)
        const { origin, keptAtMs } = JSON.parse(await readFile(file, 'utf8')) as Omit<KeptFork, 'file'>
        return { origin, keptAtMs, file: this.#proofs.has(proofOf(name)) ? proofOf(file) : file }
      }),
    )
    return kept.toSorted((a, b) => a.keptAtMs - b.keptAtMs)
  }

  async #load(): Promise<void> {
    if (this.#read) return
    await makeFolderDurably(this.#dir)
    for (const name of await readdir(this.#dir)) {
      if (name.endsWith('.evidence')) this.#proofs.add(name)
      const kind = /^(.+)-[0-9a-f]{32}\.json$/.exec(name)?.[1]
      if (kind === undefined) continue
      this.#known.add(name)
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    }
    this.#read = true
  }
}

const proofOf = (file: string): string => file.replace(/json$/, 'evidence')

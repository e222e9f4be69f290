import { encodeUtf8, parseVkey, type SignatureLine, type VerifierKey } from '@parley/record'
import { JournalRefusal } from '../errors.ts'
import type { CosignedHead, JournalLog, LogStanding, SignedCheckpoint } from '../log.ts'
import { notSigning } from './log-refusals.ts'
import type { LogIdentity, LogRequest, LogView } from './protocol.ts'

const RESERVED = encodeUtf8('parley.blob/v1\n')

/** What the log on the main thread needs of its journal. */
export interface LogPort {
  readonly path: string
  /** Asks the worker; the answer's view has been taken over when this resolves. */
  ask(request: LogRequest): Promise<Uint8Array | null>
  appendSigned(
    expectedHead: number,
    entries: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    note: Uint8Array,
  ): Promise<number>
}

/** The log as the main thread shows it: what changes with commits is kept here, the rest is asked of the worker. */
export class SqliteLog implements JournalLog {
  readonly origin: string
  readonly key: VerifierKey
  readonly author: LogIdentity['author']
  readonly #port: LogPort
  #view: LogView

  constructor(port: LogPort, { origin, vkey, author, view }: LogIdentity & { readonly view: LogView }) {
    this.#port = port
    this.origin = origin
    this.key = parseVkey(vkey)
    this.author = author
    this.#view = view
  }

  /** Takes over what the worker says now stands. */
  update(view: LogView): void {
    this.#view = view
  }

  /** Takes over the head of a commit. */
  advance(checkpoint: SignedCheckpoint | null): void {
    this.#view = { ...this.#view, checkpoint }
  }

  /** Why these entries may not be appended as the log stands; null when they may. */
  refusal(entries: readonly Uint8Array[]): JournalRefusal | null {
    const { standing } = this.#view
    if (standing.kind !== 'signing' && standing.kind !== 'mirroring') return notSigning(this.#port.path, standing)
    return this.author === 'signer' ? reservedEntry(entries) : null
  }

  standing(): LogStanding {
    return this.#view.standing
  }

  checkpoint(): SignedCheckpoint | null {
    return this.#view.checkpoint
  }

  cosignedCheckpoint(): SignedCheckpoint | null {
    return this.#view.cosigned
  }

  tile(level: number, index: number, width: number): Promise<Uint8Array | null> {
    return this.#port.ask({ kind: 'tile', level, index, width })
  }

  bundle(index: number, width: number): Promise<Uint8Array | null> {
    return this.#port.ask({ kind: 'bundle', index, width })
  }

  blob(sha256: string): Promise<Uint8Array | null> {
    return this.#port.ask({ kind: 'blob', sha256 })
  }

  async rootAt(size: number): Promise<Uint8Array> {
    return (await this.#port.ask({ kind: 'root-at', size })) as Uint8Array
  }

  appendSigned(
    expectedHead: number,
    entries: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    note: Uint8Array,
  ): Promise<number> {
    return this.#port.appendSigned(expectedHead, entries, note)
  }

  async saveCosignatures(size: number, lines: readonly SignatureLine[]): Promise<void> {
    await this.#port.ask({ kind: 'save-cosignatures', size, lines })
  }

  async reconcile(heads: readonly CosignedHead[]): Promise<LogStanding> {
    await this.#port.ask({ kind: 'reconcile', heads })
    return this.#view.standing
  }

  async halt(why: string): Promise<LogStanding> {
    await this.#port.ask({ kind: 'halt', why })
    return this.#view.standing
  }

  async seal(next: string): Promise<LogStanding> {
    await this.#port.ask({ kind: 'seal', next })
    return this.#view.standing
  }
}

/** The refusal of an entry that could be taken for the text that stands for a long one; null when there is none. */
export function reservedEntry(entries: readonly Uint8Array[]): JournalRefusal<'RESERVED_ENTRY'> | null {
  const index = entries.findIndex((entry) => RESERVED.every((byte, i) => entry[i] === byte))
  if (index < 0) return null
  const rule = 'must not begin with the header of a blob, parley.blob/v1'
  return new JournalRefusal('RESERVED_ENTRY', `Entry ${index} of the append ${rule}.`, { index, rule })
}

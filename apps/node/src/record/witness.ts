import { join } from 'node:path'
import type { JournalThread } from '@parley/journal'
import { formatNote, formatSignatureLine, parseNote, type SignatureLine, type VerifierKey } from '@parley/record'
import type { Clock } from '@parley/units'
import type { ProtocolAnswer } from './answer.ts'
import { CosignerKeys, type CosignerSigners, cosigningTimeS } from './cosigner-keys.ts'
import type { TellEvent } from './events.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { HandoverBook } from './handover-book.ts'
import { type FoundFork, HeadKeeper } from './head-keeper.ts'
import { HeadStore } from './head-store.ts'
import { originHash } from './origin-hash.ts'

export interface WitnessOptions {
  readonly dataDir: string
  readonly logs: readonly VerifierKey[]
  readonly signers: CosignerSigners
  readonly vkeys: readonly string[]
  readonly clock: Clock
  readonly evidence: EvidenceStore
  readonly tell: TellEvent
  /** Thread that its journal shares with others. */
  readonly thread?: JournalThread
  /** Told of each head it cosigned. */
  readonly onCosigned?: (head: { readonly origin: string; readonly size: number; readonly timeS: number }) => void
  readonly onFork?: (fork: FoundFork) => void
  readonly onSuspicion?: (origin: string) => void
}

/** Cosigns the heads of logs for which it was given the key: each once it is on the disk, none that does not continue the one before. */
export class Witness implements AsyncDisposable {
  readonly vkeys: readonly string[]
  readonly #store: HeadStore
  readonly #keeper: HeadKeeper
  readonly #origins: ReadonlyMap<string, string>
  readonly #keys: CosignerKeys
  readonly #handovers: HandoverBook
  /** Lines of the newest head of each log that cannot be made again. */
  readonly #given = new Map<string, { readonly timeS: number; readonly lines: readonly SignatureLine[] }>()

  private constructor(options: WitnessOptions, { store, handovers }: { store: HeadStore; handovers: HandoverBook }) {
    const { logs, signers, vkeys, clock, evidence, tell } = options
    this.vkeys = vkeys
    this.#store = store
    this.#handovers = handovers
    this.#keys = new CosignerKeys(signers)
    this.#origins = new Map(logs.map(({ name }) => [originHash(name), name]))
    this.#keeper = new HeadKeeper({
      role: 'witness',
      store,
      handovers,
      logs,
      clock,
      evidence,
      tell,
      timeS: (lastS) => cosigningTimeS(clock, lastS),
      ...(options.onFork === undefined ? {} : { onFork: options.onFork }),
      ...(options.onSuspicion === undefined ? {} : { onSuspicion: options.onSuspicion }),
      onAccepted: ({ checkpoint: { origin, size }, text, timeS }) => {
        const lines = this.#keys.cosign(text, { origin, timeS })
        this.#given.set(origin, { timeS, lines })
        options.onCosigned?.({ origin, size, timeS })
        return lines.map(formatSignatureLine).join('')
      },
    })
  }

  /** @throws {JournalError} when its folder cannot be used */
  static async open(options: WitnessOptions): Promise<Witness> {
    const { dataDir, clock, thread } = options
    const dir = join(dataDir, 'witness')
    const handovers = await HandoverBook.open(dir)
    return new Witness(options, { store: await HeadStore.open(dir, { clock, thread }), handovers })
  }

  addCheckpoint(body: Uint8Array): Promise<ProtocolAnswer> {
    return this.#keeper.addCheckpoint(body)
  }

  /** Takes it that a log goes on under its next number. */
  continueLog(body: Uint8Array): Promise<ProtocolAnswer> {
    return this.#keeper.continueLog(body)
  }

  /** The continuation for which no lower number is cosigned any more, of the author of a log; null when there is none. */
  continuation(originHex: string): Uint8Array | null {
    const origin = this.#origins.get(originHex)
    return origin === undefined ? null : (this.#handovers.of(origin)?.entry ?? null)
  }

  /** The newest head of a log, named by the hash of its origin, with the log's signature and ours; null when there is none. */
  checkpoint(originHex: string): Uint8Array | null {
    const origin = this.#origins.get(originHex)
    const head = origin === undefined ? null : this.#keeper.head(origin)
    if (origin === undefined || head === null) return null
    const given = this.#given.get(origin)
    const lines = given?.timeS === head.timeS ? given.lines : [this.#keys.line(head.text, head.timeS)]
    const { text, signatures } = parseNote(head.note)
    return formatNote({ text, signatures: [...signatures, ...lines] })
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

import { readFile } from 'node:fs/promises'
import { formatNote, formatSignatureLine, parseNote, parseSignatureLines, type SignatureLine } from '@parley/record'
import { writeDurably } from '../record/durable-file.ts'

/** A head of our log that a mirror owes a receipt for, as the first cosignatures over it came. */
export interface UnreceiptedHead {
  readonly size: number
  /** The checkpoint with our log's signature. */
  readonly note: Uint8Array
  /** One line of each witness, the first it gave for this very head: later ones would only say that it was there later. */
  readonly lines: readonly SignatureLine[]
}

interface Stored {
  readonly party: string
  readonly size: number
  readonly note: string
  readonly lines: string
}

const SAVE_AFTER_MS = 30_000

/**
 * Keeps, for each member that mirrors our log, the first head beyond its receipts that witnesses have cosigned, with the time at which they
 * first did: a protest of non-delivery rests on it. What stays unreceipted for longer goes to the disk.
 */
export class UnreceiptedHeads {
  readonly #file: string
  readonly #kept = new Map<string, UnreceiptedHead & { readonly sinceMs: number; readonly saved: boolean }>()

  private constructor(file: string) {
    this.#file = file
  }

  static async open(file: string): Promise<UnreceiptedHeads> {
    const heads = new UnreceiptedHeads(file)
    try {
      const stored = JSON.parse(await readFile(file, 'utf8')) as readonly Stored[]
      for (const { party, size, note, lines } of stored)
        heads.#kept.set(party, {
          size,
          note: Buffer.from(note),
          lines: parseSignatureLines(lines),
          sinceMs: performance.now(),
          saved: true,
        })
    } catch {
      // Without it a protest begins to count anew; nothing else rests on it.
    }
    return heads
  }

  /** A witness has cosigned a head of ours; `owing` says up to where each mirror has receipted. */
  cosigned(
    { size, note, line }: Pick<UnreceiptedHead, 'size' | 'note'> & { readonly line: SignatureLine },
    owing: readonly { readonly party: string; readonly received: number }[],
  ): void {
    for (const { party, received } of owing) {
      const kept = this.#kept.get(party)
      if (kept === undefined || kept.size <= received) {
        if (size > received)
          this.#kept.set(party, { size, note, lines: [line], sinceMs: performance.now(), saved: false })
        else this.#kept.delete(party)
      } else if (
        kept.size === size &&
        !kept.lines.some(({ name, keyId }) => name === line.name && keyId === line.keyId)
      )
        this.#kept.set(party, { ...kept, lines: [...kept.lines, line], saved: false })
    }
  }

  /** The head that a mirror, which has receipted `received` entries, owes a receipt for; null: it owes none that anyone has seen. */
  of(party: string, received: number): UnreceiptedHead | null {
    const kept = this.#kept.get(party)
    return kept === undefined || kept.size <= received ? null : kept
  }

  /** Writes down what has stayed for a while. */
  async save(): Promise<void> {
    const nowMs = performance.now()
    const stale = [...this.#kept].filter(([, { saved, sinceMs }]) => !saved && nowMs - sinceMs >= SAVE_AFTER_MS)
    if (stale.length === 0) return
    for (const [party, kept] of stale) this.#kept.set(party, { ...kept, saved: true })
    const stored = [...this.#kept]
      .filter(([, { saved }]) => saved)
      .map(
        ([party, { size, note, lines }]): Stored => ({
          party,
          size,
          note: Buffer.from(note).toString('utf8'),
          lines: lines.map(formatSignatureLine).join(''),
        }),
      )
    await writeDurably(this.#file, `${JSON.stringify(stored)}\n`, { replace: true })
  }
}

/** The head with all its lines: what a protest shows. */
export function shownUnreceipted({ note, lines }: UnreceiptedHead): Uint8Array {
  const { text, signatures } = parseNote(note)
  return formatNote({ text, signatures: [...signatures, ...lines] })
}

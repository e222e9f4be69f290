import { createWriteStream, type WriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** The first cosignature of a member over a head of a log, at that size. */
export interface KeptReceipt {
  readonly by: string
  readonly role: 'mirror' | 'witness'
  readonly origin: string
  readonly size: number
  /** On the cosigner's clock. */
  readonly timestampS: number
  /** When we learnt of it. */
  readonly learntS: number
}

const LINE = /^(\S+) (mirror|witness) (\S+) (\d{1,16}) (\d{1,12}) (\d{1,12})$/

/**
 * Which head was first cosigned when, by whom: one line each, added at the end. The cosignatures themselves lie in the logs; this only
 * makes their times quick to find at the next start. What a crash takes off its end is learnt anew with the next heartbeat.
 */
export class ReceiptFile {
  readonly #stream: WriteStream
  /** Largest size kept, by cosigner and log. */
  readonly #newest = new Map<string, number>()

  private constructor(file: string, kept: readonly KeptReceipt[]) {
    this.#stream = createWriteStream(file, { flags: 'a', mode: 0o600 })
    // The next start tells, if the disk takes nothing: receipts are then learnt anew.
    this.#stream.on('error', () => undefined)
    for (const receipt of kept) this.#newest.set(keyOf(receipt), receipt.size)
  }

  static async open(file: string): Promise<{ readonly file: ReceiptFile; readonly kept: readonly KeptReceipt[] }> {
    const kept: KeptReceipt[] = []
    let text = ''
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    for (const line of text.split('\n')) {
      const parts = LINE.exec(line)
      if (parts === null) continue
      const [, by, role, origin, size, timestampS, learntS] = parts as unknown as string[]
      kept.push({
        by: by as string,
        role: role as KeptReceipt['role'],
        origin: origin as string,
        size: Number(size),
        timestampS: Number(timestampS),
        learntS: Number(learntS),
      })
    }
    const opened = new ReceiptFile(file, kept)
    // A line that was cut off must not swallow the next.
    if (text !== '' && !text.endsWith('\n')) opened.#stream.write('\n')
    return { file: opened, kept }
  }

  /** Keeps a receipt if it is for a larger head than all before of that cosigner. True when it was kept. */
  add(receipt: KeptReceipt): boolean {
    const key = keyOf(receipt)
    if ((this.#newest.get(key) ?? -1) >= receipt.size) return false
    this.#newest.set(key, receipt.size)
    const { by, role, origin, size, timestampS, learntS } = receipt
    this.#stream.write(`${by} ${role} ${origin} ${size} ${timestampS} ${learntS}\n`)
    return true
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(() => resolve()))
  }
}

const keyOf = ({ by, role, origin }: KeptReceipt): string => `${by} ${role} ${origin}`

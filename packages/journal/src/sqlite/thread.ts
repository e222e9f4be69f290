import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { StoreSettings, ThreadRequest } from './protocol.ts'

/** One store in a thread, as the main thread holds it. */
export interface StoreChannel {
  readonly port: MessagePort
  /** Whether the thread will end with this store; then it takes no other one any more. */
  retire(): boolean
  /** To be called once the port has closed, `asked` or not; resolves when everything this store held is let go of. */
  release(end: { readonly asked: boolean }): Promise<void>
}

interface Held {
  readonly worker: Worker
  readonly exited: Promise<void>
  readonly lost: Set<(cause: Error) => void>
}

/**
 * A thread for several journals, begun with the first and ended with the last of them. Their commits wait for each other; what is
 * saved is the memory of a thread, some 20 MB for each journal after the first. A thread that dies takes all of them with it.
 */
export class JournalThread {
  readonly #youngGenerationMb: number | null
  #held: Held | null = null

  constructor({ youngGenerationMb = null }: { readonly youngGenerationMb?: number | null } = {}) {
    this.#youngGenerationMb = youngGenerationMb
  }

  /** Opens a store in the thread, begun when there is none. `lost` is told when the thread is gone before the store was closed. */
  attach(settings: StoreSettings, lost: (cause: Error) => void): StoreChannel {
    this.#held ??= this.#begin()
    const held = this.#held
    const { port1: port, port2 } = new MessageChannel()
    const request: ThreadRequest = { kind: 'open', settings, port: port2 }
    held.worker.postMessage(request, [port2])
    held.lost.add(lost)
    const retire = (): boolean => {
      const last = held.lost.size === 1 && held.lost.has(lost)
      if (last && this.#held === held) this.#held = null
      return last
    }
    return {
      port,
      retire,
      release: async ({ asked }) => {
        if (!asked) return held.exited
        const last = retire()
        held.lost.delete(lost)
        if (!last) return
        const end: ThreadRequest = { kind: 'end' }
        held.worker.postMessage(end, [])
        await held.exited
      },
    }
  }

  #begin(): Held {
    const worker = new Worker(workerFile(), {
      name: 'parley-journal',
      execArgv: [],
      ...(this.#youngGenerationMb === null
        ? {}
        : { resourceLimits: { maxYoungGenerationSizeMb: this.#youngGenerationMb } }),
    })
    const lost = new Set<(cause: Error) => void>()
    const lose = (cause: Error): void => {
      if (this.#held?.worker === worker) this.#held = null
      for (const tell of lost) tell(cause)
    }
    worker.on('error', lose)
    const exited = new Promise<void>((done) => {
      worker.once('exit', () => {
        lose(new Error('the journal worker ended'))
        done()
      })
    })
    return { worker, exited, lost }
  }
}

/** The compiled worker: beside this module, or in `dist` when this runs from source, as the tests do. */
function workerFile(): URL {
  const fromSource = import.meta.url.endsWith('.ts')
  const file = new URL(fromSource ? '../../dist/sqlite/worker.js' : './worker.js', import.meta.url)
  if (fromSource && !existsSync(file)) {
    throw new Error(
      `${fileURLToPath(file)} is missing: the journal's worker runs compiled. Run: npx tsc -b packages/journal`,
    )
  }
  return file
}

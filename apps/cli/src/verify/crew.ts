import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { checkEntries, type EntriesCheck, type EntriesJob } from '@parley/record'
import { checkHeads, type HeadsJob } from './check-heads.ts'

/** What a worker is asked, and answers under the same number. */
export type CrewJob =
  | { readonly kind: 'entries'; readonly job: EntriesJob }
  | { readonly kind: 'heads'; readonly job: HeadsJob }
export interface CrewRequest {
  readonly id: number
  readonly work: CrewJob
}
export type CrewAnswer =
  | { readonly id: number; readonly result: EntriesCheck | readonly number[] }
  | { readonly id: number; readonly error: string }

/** Hands checks to as many threads as there are, and does them here when there are none. */
export interface Crew extends AsyncDisposable {
  readonly size: number
  entries(job: EntriesJob): Promise<EntriesCheck>
  /** Which of the heads are not signed by the key they are said to be, by their place in the list. */
  heads(job: HeadsJob): Promise<readonly number[]>
}

const MOST_THREADS = 16

/** As many threads as this machine runs at once, less the one that reads and replays. */
export function defaultThreads(): number {
  return Math.min(MOST_THREADS, Math.max(1, availableParallelism() - (availableParallelism() > 2 ? 1 : 0)))
}

/** A crew of `threads` workers; 0 does everything in this thread. */
export function hireCrew(threads: number): Crew {
  if (threads === 0) {
    return {
      size: 0,
      entries: (job) => Promise.resolve(checkEntries(job)),
      heads: (job) => Promise.resolve(checkHeads(job)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }
  const hands = Array.from({ length: threads }, () => new Hand())
  const ask = (work: CrewJob): Promise<unknown> => {
    const idle = hands.reduce((best, hand) => (hand.load < best.load ? hand : best))
    return idle.ask(work)
  }
  return {
    size: threads,
    entries: (job) => ask({ kind: 'entries', job }) as Promise<EntriesCheck>,
    heads: (job) => ask({ kind: 'heads', job }) as Promise<readonly number[]>,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(hands.map((hand) => hand.end()))
    },
  }
}

interface Pending {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

class Hand {
  readonly #worker = new Worker(new URL('./worker.js', import.meta.url), { name: 'parley-verify' })
  readonly #pending = new Map<number, Pending>()
  #next = 0

  constructor() {
    this.#worker.on('message', (answer: CrewAnswer) => {
      const pending = this.#pending.get(answer.id)
      this.#pending.delete(answer.id)
      if ('error' in answer) pending?.reject(new Error(answer.error))
      else pending?.resolve(answer.result)
    })
    const lose = (cause: Error): void => {
      for (const { reject } of this.#pending.values()) reject(cause)
      this.#pending.clear()
    }
    this.#worker.on('error', lose)
    this.#worker.on('exit', () => lose(new Error('a thread of the verification ended before its work did')))
  }

  get load(): number {
    return this.#pending.size
  }

  ask(work: CrewJob): Promise<unknown> {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#worker.postMessage({ id, work } satisfies CrewRequest, [])
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}

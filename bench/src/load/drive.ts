import { Connection } from './connection.ts'
import type { Requests } from './requests.ts'
import { type LoadResult, percentiles } from './result.ts'

/** No answer for so long means that none will come. */
const SILENCE_MS = 60_000
/** How long an open loop sleeps when there is nothing to send or read; the error of its latencies. */
const NAP_MS = 0.05

export interface DriveOptions {
  readonly url: URL
  readonly requests: Requests
  readonly connections: number
  /** Load before measuring starts. */
  readonly warmupS: number
  readonly seconds: number
  /** Requests a second, whether answered or not; absent: each connection sends when its last request is answered. */
  readonly ratePerS?: number
  /** Told when measuring starts and ends, to read the server's own counters at the same instants. */
  readonly onMeasure?: (phase: 'start' | 'end') => void
}

/**
 * Sends the requests in their order over some connections and measures the answers. A closed loop measures from sending to the last
 * byte of the answer; an open loop from the instant at which the request was due, so that a slow server cannot hide its queue.
 * Requests that do not fit the time are not sent; all that were sent are answered before it resolves.
 */
export async function drive(options: DriveOptions): Promise<LoadResult> {
  const run = new Drive(options)
  try {
    return await run.run()
  } finally {
    run.close()
  }
}

class Drive {
  readonly #options: DriveOptions
  readonly #requests: Requests
  readonly #connections: Connection[] = []
  readonly #idle: Connection[] = []
  readonly #indexOf = new Map<Connection, number>()
  readonly #begunMs: Float64Array
  readonly #latencyMs: Float64Array
  readonly #statuses = new Map<number, number>()
  #next = 0
  #answered = 0
  #measured = 0
  #measureFromMs = Number.POSITIVE_INFINITY
  #stopMs = Number.POSITIVE_INFINITY
  #lastAnswerMs = 0
  #finish: () => void = () => undefined
  #fail: (cause: Error) => void = () => undefined
  readonly #finished: Promise<void>

  constructor(options: DriveOptions) {
    this.#options = options
    this.#requests = options.requests
    this.#begunMs = new Float64Array(options.requests.count)
    this.#latencyMs = new Float64Array(options.requests.count).fill(-1)
    this.#finished = new Promise((resolve, reject) => {
      this.#finish = resolve
      this.#fail = reject
    })
    this.#finished.catch(() => undefined)
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  async run(): Promise<LoadResult> {
    const { connections, seconds, url, warmupS, onMeasure } = this.#options
    const closed = this.#options.ratePerS === undefined
    for (let count = 0; count < connections; count++) {
      const connection = await Connection.open(url, {
        onAnswer: closed ? this.#answeredClosed : this.#answeredOpen,
        onFailure: (cause) => this.#fail(cause),
      })
      this.#connections.push(connection)
      this.#indexOf.set(connection, -1)
    }
    const startMs = performance.now()
    this.#lastAnswerMs = startMs
    this.#measureFromMs = startMs + warmupS * 1000
    this.#stopMs = this.#measureFromMs + seconds * 1000
    let cpu = process.cpuUsage()
    let cpuUs = Number.NaN
    const marks = [
      setTimeout(() => {
        cpu = process.cpuUsage()
        onMeasure?.('start')
      }, warmupS * 1000),
      setTimeout(
        () => {
          const { user, system } = process.cpuUsage(cpu)
          cpuUs = user + system
          onMeasure?.('end')
        },
        (warmupS + seconds) * 1000,
      ),
    ]
    const watch = setInterval(() => {
      if (performance.now() - this.#lastAnswerMs > SILENCE_MS && this.#answered < this.#next)
        this.#fail(new Error(`no answer for ${SILENCE_MS / 1000} s`))
    }, 1000)
    try {
      if (closed) for (const connection of this.#connections) this.#sendNext(connection)
      else {
        this.#idle.push(...this.#connections)
        this.#pace(startMs)
      }
      await this.#finished
    } finally {
      for (const mark of marks) clearTimeout(mark)
      clearInterval(watch)
    }
    const endMs = Math.min(this.#stopMs, this.#lastAnswerMs)
    if (Number.isNaN(cpuUs)) {
      // The requests ran out before the time did.
      const { user, system } = process.cpuUsage(cpu)
      cpuUs = user + system
      onMeasure?.('end')
    }
    const measuredS = (endMs - this.#measureFromMs) / 1000
    return {
      sent: this.#next,
      statuses: this.#statuses,
      measured: this.#measured,
      seconds: measuredS,
      perSecond: this.#measured / measuredS,
      latencyMs: percentiles(this.#latencyMs.subarray(0, this.#next)),
      generatorCpuUs: cpuUs / this.#measured,
    }
  }

  #sendNext(connection: Connection): void {
    const index = this.#next++
    this.#indexOf.set(connection, index)
    this.#begunMs[index] = performance.now()
    connection.send(this.#requests.at(index))
  }

  #count(connection: Connection, status: number): number {
    const nowMs = performance.now()
    const index = this.#indexOf.get(connection)!
    this.#lastAnswerMs = nowMs
    this.#answered++
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    if (nowMs >= this.#measureFromMs && nowMs <= this.#stopMs) {
      this.#measured++
      this.#latencyMs[index] = nowMs - this.#begunMs[index]!
    }
    return nowMs
  }

  readonly #answeredClosed = (connection: Connection, status: number): void => {
    const nowMs = this.#count(connection, status)
    if (nowMs < this.#stopMs && this.#next < this.#requests.count) this.#sendNext(connection)
    else if (this.#answered === this.#next) this.#finish()
  }

  readonly #answeredOpen = (connection: Connection, status: number): void => {
    this.#count(connection, status)
    this.#idle.push(connection)
  }

  #pace(startMs: number): void {
    const gapMs = 1000 / this.#options.ratePerS!
    const nap = new Int32Array(new SharedArrayBuffer(4))
    let due = 0
    const turn = (): void => {
      const nowMs = performance.now()
      const before = this.#next
      const answeredBefore = this.#answered
      while (this.#idle.length > 0 && this.#next < this.#requests.count) {
        const dueMs = startMs + due * gapMs
        if (dueMs > nowMs || dueMs >= this.#stopMs) break
        due++
        const connection = this.#idle.pop()!
        const index = this.#next++
        this.#indexOf.set(connection, index)
        this.#begunMs[index] = dueMs
        connection.send(this.#requests.at(index))
      }
      if ((nowMs >= this.#stopMs || this.#next === this.#requests.count) && this.#answered === this.#next) {
        this.#finish()
        return
      }
      if (this.#next === before && this.#answered === answeredBefore) Atomics.wait(nap, 0, 0, NAP_MS)
      setImmediate(turn)
    }
    turn()
  }
}

import { ApiError } from '@parley/contracts'
import type { EpochMs } from '@parley/units'

interface Bucket {
  tokens: number
  atMs: number
}

const MAX_CLIENTS = 10_000

/** A token bucket a client, one second deep. */
export class RateLimiter {
  readonly #perS: number
  readonly #buckets = new Map<string, Bucket>()

  /** `perS` 0: no limit. */
  constructor(perS: number) {
    this.#perS = perS
  }

  /** @throws {ApiError} `RATE_LIMITED` */
  take(client: string, nowMs: EpochMs): void {
    if (this.#perS === 0) return
    let bucket = this.#buckets.get(client)
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_CLIENTS) this.#buckets.clear()
      bucket = { tokens: this.#perS, atMs: nowMs }
      this.#buckets.set(client, bucket)
    }
    const elapsedS = Math.max(0, nowMs - bucket.atMs) / 1000
    bucket.tokens = Math.min(this.#perS, bucket.tokens + elapsedS * this.#perS)
    bucket.atMs = nowMs
    if (bucket.tokens < 1)
      throw new ApiError('RATE_LIMITED', { message: `more than ${this.#perS} requests a second from ${client}` })
    bucket.tokens -= 1
  }
}

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Transform, type TransformCallback } from 'node:stream'

/** What a way between two nodes does to what goes over it. */
export interface Faults {
  /** `all`: nothing passes and nothing is refused, as where a cable is cut. `answers`: what the callee says does not come back. */
  readonly cut: 'none' | 'all' | 'answers'
  /** Milliseconds a byte takes each way; with `jitterMs` each connection takes up to so much more, so that they overtake one another. */
  readonly delayMs: number
  readonly jitterMs: number
  /** Share of connections that are reset at once. */
  readonly refuseShare: number
  /** Share of connections that are reset in the middle: after so many bytes of either side, drawn anew, as `resetWithinBytes` allows. */
  readonly resetShare: number
  readonly resetWithinBytes: number
  /** Bytes a second each way; null: as fast as it goes. */
  readonly bytesPerS: number | null
  /** Share of pieces, as they pass, in which one bit is turned. */
  readonly alterShare: number
}

export const NO_FAULTS: Faults = {
  cut: 'none',
  delayMs: 0,
  jitterMs: 0,
  refuseShare: 0,
  resetShare: 0,
  resetWithinBytes: 4096,
  bytesPerS: null,
  alterShare: 0,
}

/** A way to a node's port that can be made bad and good again while it is used. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  /** Whatever is not named is good again. What is under way when the way is cut is lost with its connection. */
  set(faults: Partial<Faults>): void
  /** Leads elsewhere from now on: connections that stand are reset. */
  redirect(port: number): void
  /** What has happened since the beginning. */
  readonly seen: {
    readonly accepted: number
    readonly refused: number
    readonly reset: number
    readonly altered: number
  }
}

export interface FaultProxyOptions {
  /** Port on this machine that it leads to. */
  readonly to: number
  /** Draws all chances: the same seed, the same ones in the same order of connections. */
  readonly seed: number
}

/** Opens a way to a port of this machine that carries bytes as they are until it is told otherwise. TLS goes through it end to end. */
export async function openFaultProxy({ to, seed }: FaultProxyOptions): Promise<FaultProxy> {
  const chance = drawing(seed)
  const pairs = new Set<readonly [Socket, Socket]>()
  /** Connections of a time when the way was cut: they are never answered and never carried on. */
  const dead = new Set<Socket>()
  const seen = { accepted: 0, refused: 0, reset: 0, altered: 0 }
  let faults = NO_FAULTS
  let port = to

  const server: Server = createServer({ allowHalfOpen: true }, (caller) => {
    caller.on('error', () => caller.destroy())
    seen.accepted += 1
    if (faults.cut === 'all') {
      dead.add(caller)
      caller.once('close', () => dead.delete(caller))
      return
    }
    if (chance() < faults.refuseShare) {
      seen.refused += 1
      caller.resetAndDestroy()
      return
    }
    const callee = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const pair = [caller, callee] as const
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      caller.destroy()
      callee.destroy()
    }
    callee.on('error', end)
    caller.on('close', end)
    callee.on('close', end)
    caller.setNoDelay(true)
    const delayMs = faults.delayMs + chance() * faults.jitterMs
    let left = chance() < faults.resetShare ? Math.ceil(chance() * faults.resetWithinBytes) : Number.POSITIVE_INFINITY
    const count = (bytes: number): boolean => {
      left -= bytes
      if (left > 0) return true
      if (pairs.has(pair)) seen.reset += 1
      caller.resetAndDestroy()
      callee.resetAndDestroy()
      return false
    }
    const treat = (chunk: Buffer): Buffer => {
      if (faults.alterShare === 0 || chance() >= faults.alterShare) return chunk
      seen.altered += 1
      const altered = Buffer.from(chunk)
      const at = Math.floor(chance() * altered.byteLength)
      altered[at] = (altered[at] ?? 0) ^ 1
      return altered
    }
    const both = { delayMs, count, treat, rate: () => faults.bytesPerS }
    caller.pipe(way({ ...both, lost: () => faults.cut === 'all' })).pipe(callee)
    callee.pipe(way({ ...both, lost: () => faults.cut !== 'none' })).pipe(caller)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const hangUp = (): void => {
    for (const [caller, callee] of pairs) {
      caller.resetAndDestroy()
      callee.resetAndDestroy()
    }
    for (const socket of dead) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    set(next) {
      const healed = faults.cut !== 'none' && (next.cut ?? 'none') === 'none'
      faults = { ...NO_FAULTS, ...next }
      // Bytes are missing from what went on in the cut: nobody could make sense of what would follow.
      if (healed) hangUp()
    },
    redirect(next) {
      port = next
      hangUp()
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      hangUp()
      await closed
    },
  }
}

/** One direction of a connection: late, slow, or into the void. Order is kept, as TCP keeps it. */
function way({
  delayMs,
  count,
  treat,
  lost,
  rate,
}: {
  readonly delayMs: number
  readonly count: (bytes: number) => boolean
  readonly treat: (chunk: Buffer) => Buffer
  readonly lost: () => boolean
  readonly rate: () => number | null
}): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      if (lost()) return done()
      if (!count(chunk.byteLength)) return done()
      const bytesPerS = rate()
      const waitMs = delayMs + (bytesPerS === null ? 0 : (chunk.byteLength / bytesPerS) * 1000)
      const passed = treat(chunk)
      if (waitMs === 0) done(null, passed)
      else setTimeout(() => (lost() ? done() : done(null, passed)), waitMs)
    },
  })
}

/** Numbers in [0, 1) that look like chance and follow from the seed. */
export function drawing(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

import type { Decision, Scope } from '@parley/contracts'
import { RefusedError } from '@parley/units'
import { type Connection, sortAnswer } from './call.ts'
import { readEventStream } from './event-stream.ts'
import { readPieces } from './read-body.ts'
import { DEFAULT_RETRY, pause, retryDelayMs } from './retry.ts'

/** The server will not give the stream: wrong token, wrong scope or wrong `after`. `details.status` is its status. */
export class StreamRefusedError extends RefusedError {
  readonly code = 'stream-refused'
}

/** `waiting`: the connection is lost; the next attempt starts in `retryInMs`. */
export type StreamState = { readonly kind: 'open' } | { readonly kind: 'waiting'; readonly retryInMs: number }

export interface FollowOptions {
  /** Decisions with a higher sequence number follow; 0 for all there are. */
  readonly after: number
  /** Ends the iteration, quietly, when aborted. */
  readonly signal: AbortSignal
  /** Called whenever the connection opens or is lost, so that what is shown can be marked as stale. */
  readonly onState?: (state: StreamState) => void
  /** A connection that brings not a byte for so long is taken for lost. 45 s unless told. */
  readonly silenceMs?: number
}

const SILENCE_MS = 45_000
const LONGEST_WAIT_MS = 10_000

/**
 * Decisions as they are made, each once and in order, over as many connections as it takes: after a loss the stream
 * is taken up behind the last decision delivered. Ends when the signal is aborted; throws StreamRefusedError when the
 * server refuses, and whatever the consumer throws.
 */
export async function* followDecisions(
  connection: Connection,
  scopes: readonly Scope[],
  options: FollowOptions,
): AsyncGenerator<Decision> {
  const policy = { ...DEFAULT_RETRY, maxDelayMs: LONGEST_WAIT_MS }
  let after = options.after
  let losses = 0
  let fresh = false
  while (!options.signal.aborted) {
    const silence = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const alive = () => {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), options.silenceMs ?? SILENCE_MS)
    }
    const events = opened(connection, {
      scopes,
      after,
      fresh,
      signal: AbortSignal.any([options.signal, silence.signal]),
    })
    alive()
    try {
      const body = await events
      options.onState?.({ kind: 'open' })
      losses = 0
      fresh = false
      for await (const decision of decisionsOf(body, alive)) {
        if (decision.seq <= after) continue
        after = decision.seq
        yield decision
      }
    } catch (error) {
      if (error instanceof StreamRefusedError) {
        if (error.details['status'] !== 401 || fresh) throw error
        fresh = true
      } else if (!(error instanceof LostError)) {
        throw error
      }
    } finally {
      clearTimeout(timer)
      silence.abort()
    }
    if (options.signal.aborted) return
    losses++
    const retryInMs = retryDelayMs(policy, losses, Math.random())
    options.onState?.({ kind: 'waiting', retryInMs })
    try {
      await pause(retryInMs, options.signal)
    } catch {
      return
    }
  }
}

/** The connection broke; the loop takes it up again. */
class LostError extends Error {}

interface OpenOptions {
  readonly scopes: readonly Scope[]
  readonly after: number
  readonly fresh: boolean
  readonly signal: AbortSignal
}

async function opened(connection: Connection, options: OpenOptions): Promise<AsyncIterable<Uint8Array>> {
  let response: Response
  try {
    const token = await connection.token(options.scopes, { signal: options.signal, fresh: options.fresh })
    response = await connection.fetch(`${connection.baseUrl}/parley/v1/events?after=${options.after}`, {
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
        'last-event-id': String(options.after),
      },
      redirect: 'error',
      signal: options.signal,
    })
    if (response.ok && response.body !== null)
      return readPieces(response.body, (cause) => new LostError('The stream of decisions broke.', { cause }))
    const answer = sortAnswer<never>(response.status, await response.text(), true)
    if (answer.kind === 'refused' && response.status !== 429) {
      throw new StreamRefusedError(answer.error.message, { status: response.status, code: answer.error.code })
    }
  } catch (cause) {
    if (cause instanceof StreamRefusedError) throw cause
    throw new LostError('The stream of decisions could not be opened.', { cause })
  }
  throw new LostError(`The stream of decisions could not be opened (HTTP ${response.status}).`)
}

async function* decisionsOf(body: AsyncIterable<Uint8Array>, alive: () => void): AsyncGenerator<Decision> {
  for await (const event of readEventStream(body, alive)) {
    if (event.event !== 'decision') continue
    let decision: Decision
    try {
      decision = JSON.parse(event.data) as Decision
    } catch (cause) {
      throw new LostError('A decision of the stream is not JSON.', { cause })
    }
    yield decision
  }
}

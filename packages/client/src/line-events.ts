import type { LineEvents } from '@parley/contracts'
import { readEventStream } from './event-stream.ts'
import { errorOf, type LineConnection, sendLine } from './line-call.ts'
import { LineRefusedError, LineUnreachableError } from './line-errors.ts'
import { readPieces } from './read-body.ts'
import { DEFAULT_RETRY, pause, retryDelayMs } from './retry.ts'

/** What a table's stream tells: the kind of event with its data, and the version of the projection it came with. */
export type LineEvent = {
  [K in keyof LineEvents]: { readonly kind: K; readonly version: string; readonly data: LineEvents[K] }
}[keyof LineEvents]

export const LINE_EVENT_KINDS = ['state', 'message', 'flight', 'act'] as const satisfies readonly (keyof LineEvents)[]

/** `waiting`: the connection to the node is lost, and what is shown is old; the next attempt starts in `retryInMs`. */
export type LineStreamState = { readonly kind: 'open' } | { readonly kind: 'waiting'; readonly retryInMs: number }

export interface LineFollowOptions {
  /** Ends the iteration, quietly, when aborted. */
  readonly signal: AbortSignal
  /** All kinds unless told. */
  readonly kinds?: readonly (keyof LineEvents)[]
  /** Called whenever the connection opens or is lost, so that what is shown can be marked as stale. */
  readonly onState?: (state: LineStreamState) => void
  /** A connection that brings not a byte for so long is taken for lost. 45 s unless told. */
  readonly silenceMs?: number
}

const SILENCE_MS = 45_000
const LONGEST_WAIT_MS = 5_000
const POLICY = { ...DEFAULT_RETRY, maxDelayMs: LONGEST_WAIT_MS }

/** The connection broke; the loop takes it up again. */
class LostError extends Error {}

/**
 * Events of a table over as many connections as it takes. After a loss the node is asked again and tells its state first: what passed in
 * between is in the state and the lists, not in the events, so reload them when `onState` says `open` again.
 *
 * @throws {LineRefusedError} when the node refuses the stream
 */
export async function* followLine(
  connection: LineConnection,
  table: string,
  options: LineFollowOptions,
): AsyncGenerator<LineEvent, void, undefined> {
  const kinds = options.kinds ?? LINE_EVENT_KINDS
  const query = kinds.length === LINE_EVENT_KINDS.length ? '' : `?kinds=${kinds.join(',')}`
  const path = `/tables/${encodeURIComponent(table)}/events${query}`
  let losses = 0
  while (!options.signal.aborted) {
    const silence = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const alive = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), options.silenceMs ?? SILENCE_MS)
    }
    alive()
    try {
      const body = await opened(connection, path, AbortSignal.any([options.signal, silence.signal]))
      options.onState?.({ kind: 'open' })
      losses = 0
      for await (const event of readEventStream(body, alive)) {
        const kind = kinds.find((name) => name === event.event)
        if (kind !== undefined) yield { kind, version: event.id, data: dataOf(event.data) } as LineEvent
      }
    } catch (error) {
      if (!(error instanceof LostError)) throw error
    } finally {
      clearTimeout(timer)
      silence.abort()
    }
    if (options.signal.aborted) return
    losses += 1
    const retryInMs = retryDelayMs(POLICY, losses, Math.random())
    options.onState?.({ kind: 'waiting', retryInMs })
    try {
      await pause(retryInMs, options.signal)
    } catch {
      return
    }
  }
}

function dataOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LostError('an event of the line is not JSON', { cause })
  }
}

async function opened(
  connection: LineConnection,
  path: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  let response: Response
  try {
    response = await sendLine(connection, { method: 'GET', path, accept: 'text/event-stream' }, signal)
    if (response.ok && response.body !== null)
      return readPieces(response.body, (cause) => new LostError('the events of the line broke off', { cause }))
    const bytes = new Uint8Array(await response.arrayBuffer())
    const error = errorOf({ status: response.status, bytes, url: path })
    if (error instanceof LineRefusedError && response.status !== 429) throw error
  } catch (cause) {
    if (cause instanceof LineRefusedError || cause instanceof LineUnreachableError) throw cause
    throw new LostError('the events of the line cannot be had', { cause })
  }
  throw new LostError(`the events of the line cannot be had (HTTP ${response.status})`)
}

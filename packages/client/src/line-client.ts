import type {
  LineActAccepted,
  LineActs,
  LineActsAccepted,
  LineAddress,
  LineCheckRequest,
  LineCheckResponse,
  LineCompare,
  LineCreateTable,
  LineDraft,
  LineFlights,
  LineInvitation,
  LineJoining,
  LineList,
  LineMessages,
  LineProtestFile,
  LineReveal,
  LineTableState,
} from '@parley/contracts'
import { encodeBundle } from '@parley/record'
import { callLine, type LineAnswer, type LineCallOptions, type LineConnection, type LineRequest } from './line-call.ts'
import { LineUnreachableError } from './line-errors.ts'
import { followLine, type LineEvent, type LineFollowOptions } from './line-events.ts'
import { DEFAULT_RETRY, type RetryPolicy } from './retry.ts'

export interface LineClientOptions {
  /** The node, for example `http://localhost:8080`; a slash at its end makes no difference. In a browser served by it: `''`. */
  readonly baseUrl: string
  /** What stands in the node's `keys/desk.token`; not needed on the node's own machine. */
  readonly token?: string
  readonly retry?: RetryPolicy
  /** Limit of one attempt, 10 s unless told. */
  readonly attemptMs?: number
  readonly fetch?: typeof fetch
}

/** A piece of our log as bytes for a file; `next` is where the following piece begins, equal to `size` after the last. */
export interface CarriedEntries {
  readonly bytes: Uint8Array
  readonly next: number
  readonly size: number
}

/** What the mirror here said to a body that came by file: cosignature lines (200), or where it stands (202, 409). */
export interface CarrierAnswer {
  readonly status: number
  readonly text: string
}

type Options = LineCallOptions

/**
 * The line as the node's own people reach it. Nothing here holds a key: acts arrive signed (see `line-acts.ts`). Every call may be
 * repeated. All methods throw `LineRefusedError` where the node refuses and `LineUnreachableError` where there is no usable answer.
 */
export interface LineClient {
  readonly baseUrl: string
  /** What tables this node has, and where it is reached. */
  list(options?: Options): Promise<LineList>
  state(table: string, options?: Options): Promise<LineTableState>
  /** Messages, newest last; with `print`, each has its print form in that language. */
  messages(
    table: string,
    query?: { print?: string; after?: number; limit?: number },
    options?: Options,
  ): Promise<LineMessages>
  flights(table: string, options?: Options): Promise<LineFlights>
  /** What an act that is to be signed now needs. */
  draft(table: string, options?: Options): Promise<LineDraft>
  /** The same with the digest of the state, which takes the node a while. */
  digestDraft(table: string, options?: Options): Promise<LineDraft>
  /** Appends one signed act to our log; the same note again is answered alike. */
  post(table: string, note: Uint8Array, options?: Options): Promise<LineActAccepted>
  /** Appends up to 256 signed acts, all or none. */
  postMany(table: string, notes: readonly Uint8Array[], options?: Options): Promise<LineActsAccepted>
  /** Entries of one log. With `waitS`, the answer waits up to so many seconds, 30 at most, for a receipt of the last of them. */
  acts(
    table: string,
    query: { origin: string; from?: number; limit?: number; waitS?: number },
    options?: Options,
  ): Promise<LineActs>
  /** The protest against a member whose mirror owes a receipt; refused with 404 while none is due. */
  protest(table: string, party: string, options?: Options): Promise<LineProtestFile>
  /** Holds volumes against what flies; nothing is written. */
  check(table: string, request: LineCheckRequest, options?: Options): Promise<LineCheckResponse>
  events(table: string, options: LineFollowOptions): AsyncGenerator<LineEvent, void, undefined>
  // joining, in the order of the ceremony
  create(wish: LineCreateTable, options?: Options): Promise<LineJoining>
  joining(table: string, options?: Options): Promise<LineJoining>
  putEnrolment(table: string, note: Uint8Array | string, options?: Options): Promise<LineJoining>
  putCommit(table: string, invitation: LineInvitation, options?: Options): Promise<LineJoining>
  reveal(table: string, options?: Options): Promise<LineReveal>
  putReveal(table: string, reveal: LineReveal, options?: Options): Promise<LineJoining>
  compare(table: string, compare: LineCompare, options?: Options): Promise<LineJoining>
  putCharter(table: string, note: Uint8Array | string, options?: Options): Promise<LineJoining>
  /** Opens our log with entry 0, an act of kind `charter`; null when it is there already. */
  open(table: string, note: Uint8Array | null, options?: Options): Promise<LineJoining>
  putAddress(table: string, address: LineAddress, options?: Options): Promise<LineJoining>
  // file carrier: the same bytes as over the wire
  carrierCheckpoint(table: string, to: { party: string; from: number }, options?: Options): Promise<Uint8Array>
  carrierEntries(table: string, to: { party: string; from: number }, options?: Options): Promise<CarriedEntries>
  /** Hands over a body that came from `party` by file. */
  carrierTake(
    table: string,
    body: { party: string; kind: 'checkpoint' | 'entries'; bytes: Uint8Array },
    options?: Options,
  ): Promise<CarrierAnswer>
  /** The head of the party's log as the mirror here cosigned it, to be carried back. */
  carrierReceipt(table: string, party: string, options?: Options): Promise<Uint8Array>
  /** Hands over such a receipt of `party` over our own log; gives the size it covers. */
  carrierTakeReceipt(
    table: string,
    receipt: { party: string; bytes: Uint8Array },
    options?: Options,
  ): Promise<{ size: number }>
}

const ATTEMPT_MS = 10_000

/**
 * A client of one node's line API, for Node and browsers.
 *
 * @example
 * const line = createLineClient({ baseUrl: 'http://localhost:8080' })
 * const draft = await line.draft('ridge-7')
 * await line.post('ridge-7', signDraft(draft, { kind: 'ack.open', body: { number: 'b/a/2026/0007' } }, { id, signers }))
 */
export function createLineClient(options: LineClientOptions): LineClient {
  const connection: LineConnection = {
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    token: options.token ?? null,
    // Bound: a browser's fetch may not be called as a method of something else.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    retry: options.retry ?? DEFAULT_RETRY,
    attemptMs: options.attemptMs ?? ATTEMPT_MS,
  }
  const at = (table: string, rest = ''): string => `/tables/${encodeURIComponent(table)}${rest}`
  const carrier = (table: string, party: string, rest = ''): string =>
    at(table, `/carrier/${encodeURIComponent(party)}${rest}`)
  const send = (request: LineRequest, call?: Options): Promise<LineAnswer> => callLine(connection, request, call)
  const get = async <T>(path: string, call?: Options): Promise<T> =>
    jsonOf(await send({ method: 'GET', path }, call), path) as T
  const sendJson = async <T>(path: string, value: unknown, call?: Options): Promise<T> => {
    const body = { type: 'application/json', content: JSON.stringify(value) } as const
    return jsonOf(await send({ method: 'POST', path, body }, call), path) as T
  }
  const sendText = async <T>(
    { method, path }: { readonly method: 'PUT' | 'POST'; readonly path: string },
    content: Uint8Array | string,
    call?: Options,
  ): Promise<T> => jsonOf(await send({ method, path, body: { type: 'text/plain', content } }, call), path) as T

  return {
    baseUrl: connection.baseUrl,
    list: (call) => get('', call),
    state: (table, call) => get(at(table), call),
    messages: (table, query = {}, call) => get(at(table, `/messages${queryOf(query)}`), call),
    flights: (table, call) => get(at(table, '/flights'), call),
    draft: (table, call) => get(at(table, '/draft'), call),
    digestDraft: (table, call) => get(at(table, '/draft?digest=1'), call),
    post: (table, note, call) => sendText({ method: 'POST', path: at(table, '/acts') }, note, call),
    async postMany(table, notes, call) {
      const body = { type: 'application/octet-stream', content: encodeBundle(notes) } as const
      const path = at(table, '/acts')
      return jsonOf(await send({ method: 'POST', path, body }, call), path) as LineActsAccepted
    },
    acts: (table, query, call) => get(at(table, `/acts${queryOf(query)}`), call),
    protest: (table, party, call) => get(at(table, `/protests/${encodeURIComponent(party)}`), call),
    check: (table, request, call) => sendJson(at(table, '/check'), request, call),
    events: (table, follow) => followLine(connection, table, follow),
    create: (wish, call) => sendJson('/tables', wish, call),
    joining: (table, call) => get(at(table, '/joining'), call),
    putEnrolment: (table, note, call) => sendText({ method: 'PUT', path: at(table, '/enrolment') }, note, call),
    putCommit: (table, invitation, call) => sendJson(at(table, '/commits'), invitation, call),
    reveal: (table, call) => get(at(table, '/reveal'), call),
    putReveal: (table, reveal, call) => sendJson(at(table, '/reveals'), reveal, call),
    compare: (table, compare, call) => sendJson(at(table, '/compare'), compare, call),
    putCharter: (table, note, call) => sendText({ method: 'PUT', path: at(table, '/charter') }, note, call),
    open: (table, note, call) => sendText({ method: 'POST', path: at(table, '/open') }, note ?? '', call),
    putAddress: (table, address, call) => sendJson(at(table, '/address'), address, call),
    async carrierCheckpoint(table, { party, from }, call) {
      return (
        await send({ method: 'GET', path: carrier(table, party, `/checkpoint?from=${from}`), accept: '*/*' }, call)
      ).bytes
    },
    async carrierEntries(table, { party, from }, call) {
      const path = carrier(table, party, `/entries?from=${from}`)
      const { bytes, headers } = await send({ method: 'GET', path, accept: '*/*' }, call)
      return { bytes, next: countOf(headers, 'parley-next', path), size: countOf(headers, 'parley-size', path) }
    },
    async carrierTake(table, { party, kind, bytes }, call) {
      const type = kind === 'checkpoint' ? 'text/plain' : 'application/octet-stream'
      const body = { type, content: bytes } as const
      const path = carrier(table, party)
      const answer = await send({ method: 'POST', path, body, accept: '*/*', wanted: [409] }, call)
      return { status: answer.status, text: new TextDecoder().decode(answer.bytes) }
    },
    async carrierReceipt(table, party, call) {
      return (await send({ method: 'GET', path: carrier(table, party, '/receipt'), accept: '*/*' }, call)).bytes
    },
    carrierTakeReceipt: (table, { party, bytes }, call) =>
      sendText({ method: 'POST', path: carrier(table, party, '/receipt') }, bytes, call),
  }
}

function queryOf(query: Readonly<Record<string, string | number | undefined>>): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

/** What the contract says stands there; the node is ours, and its answers are not judged again field by field. */
function jsonOf({ bytes, status }: LineAnswer, url: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
  } catch (cause) {
    throw new LineUnreachableError('line-unreadable', `the answer to ${url} is not JSON`, { url, status }, { cause })
  }
}

function countOf(headers: Headers, name: string, url: string): number {
  const text = headers.get(name) ?? ''
  if (/^(?:0|[1-9]\d{0,15})$/.test(text)) return Number(text)
  throw new LineUnreachableError('line-unreadable', `the answer to ${url} has no header ${name}`, { url })
}

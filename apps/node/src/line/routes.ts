import { once } from 'node:events'
import {
  ApiError,
  compileSchema,
  LineAddress,
  LineCheckRequest,
  LineCompare,
  LineCreateTable,
  LineInvitation,
  LineReveal,
  parseStrictJson,
} from '@parley/contracts'
import {
  checkDraft,
  flightsOf,
  INTENT_PROPOSE,
  isLineError,
  LANGUAGES,
  type Language,
  type LineAct,
  messageOf,
} from '@parley/line'
import { type Act, decodeBundle, type JsonObject } from '@parley/record'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { admit } from './access.ts'
import { exportCheckpoint, exportEntries, exportReceipt, importBody } from './carrier.ts'
import { type LineChange, messageNumberOf, type OpenLine } from './open-line.ts'
import type { LineService } from './service.ts'
import { actView, draftView, dueView, gapsOf, messagesNow, messageView, plainView } from './views.ts'

const PREFIX = '/line/v1'
const NOTE_LIMIT = 70_000
const CEREMONY_LIMIT = 2 * NOTE_LIMIT
const BUNDLE_LIMIT = 4 * 1024 * 1024
const CARRIER_LIMIT = 20 * 1024 * 1024
const MAX_BUNDLE_ACTS = 256
const DEFAULT_PAGE = 100
const MAX_PAGE = 1_000
const MAX_WAIT_S = 30
const MAX_WAITING = 256
const MAX_STREAMS = 64
const KEEP_ALIVE_MS = 15_000
/** Changes of messages and flights are told together, at most so often. */
const GATHER_MS = 100
const MAX_GATHERED = 500
/** The whole state is told at most so often: making it reads every message. */
const STATE_EVERY_MS = 500

const readers = {
  create: compileSchema<LineCreateTable>(LineCreateTable),
  commit: compileSchema<LineInvitation>(LineInvitation),
  reveal: compileSchema<LineReveal>(LineReveal),
  compare: compileSchema<LineCompare>(LineCompare),
  address: compileSchema<LineAddress>(LineAddress),
  check: compileSchema<LineCheckRequest>(LineCheckRequest),
} as const

type Answer = (request: FastifyRequest, reply: FastifyReply) => unknown

/** Routes that no operation of the contracts describes, so that errors are told as of the record. */
function verbs(scope: FastifyInstance) {
  const at =
    (method: 'POST' | 'PUT') =>
    (url: string, bodyLimit: number, handler: Answer): void =>
      void scope.route({ method, url, bodyLimit, config: { record: true }, handler })
  const get = (url: string, handler: Answer): void =>
    void scope.route({ method: 'GET', url, config: { record: true }, handler })
  return { get, post: at('POST'), put: at('PUT') }
}

interface TablePath {
  readonly table: string
  readonly party: string
}

type Query = Readonly<Record<string, string | undefined>>

/** The line's side for the node's own people, below `/line/v1`: the desk and the command. Peers never come here. */
export async function registerLineRoutes(app: FastifyInstance, service: LineService): Promise<void> {
  await app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
      scope.addHook('onRequest', async (request, reply) => {
        admit(request, service.token)
        reply.header('cache-control', 'no-store')
      })
      tables(scope, service)
      joining(scope, service)
      line(scope, service)
      carrier(scope, service)
    },
    { prefix: PREFIX },
  )
}

function tables(scope: FastifyInstance, service: LineService): void {
  const { get, post } = verbs(scope)
  get('/', () => service.list())
  post('/tables', NOTE_LIMIT, async (request, reply) => {
    reply.code(201)
    return service.create(bodyOf(request, readers.create))
  })
  get('/tables/:table', async (request) => {
    const { table } = pathOf(request)
    await service.table(table).line?.settled()
    return service.state(table)
  })
}

function joining(scope: FastifyInstance, service: LineService): void {
  const { get, post, put } = verbs(scope)
  const at = (request: FastifyRequest) => service.table(pathOf(request).table).joining
  get('/tables/:table/joining', (request) => at(request).view())
  put('/tables/:table/enrolment', CEREMONY_LIMIT, async (request) => {
    const ceremony = at(request)
    await ceremony.putEnrolment(bytesOf(request))
    return ceremony.view()
  })
  post('/tables/:table/commits', CEREMONY_LIMIT, async (request) => {
    const ceremony = at(request)
    await ceremony.putCommit(bodyOf(request, readers.commit))
    return ceremony.view()
  })
  get('/tables/:table/reveal', (request) => at(request).reveal())
  post('/tables/:table/reveals', CEREMONY_LIMIT, async (request) => {
    const ceremony = at(request)
    await ceremony.putReveal(bodyOf(request, readers.reveal))
    return ceremony.view()
  })
  post('/tables/:table/compare', CEREMONY_LIMIT, async (request) => {
    const ceremony = at(request)
    const { party, code } = bodyOf(request, readers.compare)
    await ceremony.compare(party, code)
    return ceremony.view()
  })
  put('/tables/:table/charter', CEREMONY_LIMIT, async (request) => {
    const ceremony = at(request)
    await ceremony.putCharter(bytesOf(request))
    return ceremony.view()
  })
  post('/tables/:table/open', CEREMONY_LIMIT, async (request) => {
    const bytes = bytesOf(request)
    return service.begin(pathOf(request).table, bytes.byteLength === 0 ? null : bytes)
  })
  post('/tables/:table/address', CEREMONY_LIMIT, async (request) => {
    const { party, address } = bodyOf(request, readers.address)
    return service.readdress(pathOf(request).table, party, address)
  })
}

function line(scope: FastifyInstance, service: LineService): void {
  const { get, post } = verbs(scope)
  const at = async (request: FastifyRequest): Promise<OpenLine> => {
    const open = service.line(pathOf(request).table)
    // What is not on the disk yet is not told.
    await open.settled()
    return open
  }
  get('/tables/:table/messages', async (request) => {
    const open = await at(request)
    const all = messagesNow(open)
    const query = queryOf(request)
    const after = count(query, 'after', 0)
    const limit = Math.min(count(query, 'limit', MAX_PAGE), MAX_PAGE)
    const print = languages(query['print'])
    return {
      table: open.table,
      version: open.line.version,
      total: all.length,
      messages: all.slice(after, after + limit).map((view) => messageView(open, view, print)),
      gaps: gapsOf(open),
      dueEscalations: dueView(open),
    }
  })
  get('/tables/:table/flights', async (request) => {
    const open = await at(request)
    const view = plainView(flightsOf(open.line)) as Record<string, unknown>
    return { table: open.table, version: open.line.version, ...view }
  })
  get('/tables/:table/protests/:party', async (request) => (await at(request)).protest(pathOf(request).party))
  get('/tables/:table/draft', async (request) =>
    draftView(await at(request), { digest: queryOf(request)['digest'] === '1' }),
  )
  post('/tables/:table/acts', BUNDLE_LIMIT, async (request, reply) => {
    const open = service.line(pathOf(request).table)
    const bytes = bytesOf(request)
    if (bytes.byteLength === 0) throw new ApiError('BODY_EMPTY')
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
    if (type === 'application/octet-stream') {
      const entries = bundleOf(bytes)
      const { from, to } = await open.postAll(entries)
      reply.code(201)
      return { origin: open.origin, from, to }
    }
    if (type !== 'text/plain')
      throw new ApiError('UNSUPPORTED_MEDIA_TYPE', { message: 'send the signed note as text/plain' })
    const accepted = await open.post(bytes)
    reply.code(201)
    return accepted
  })
  get('/tables/:table/acts', async (request) => {
    const open = await at(request)
    const query = queryOf(request)
    const origin = query['origin'] ?? open.origin
    const acts = open.line.logs.get(origin)?.entries
    if (acts === undefined) throw new ApiError('NOT_FOUND', { message: 'origin: must be a log of this table' })
    const from = Math.min(count(query, 'from', 0), acts.length)
    const to = Math.min(from + Math.min(count(query, 'limit', DEFAULT_PAGE), MAX_PAGE), acts.length)
    const waitS = Math.min(count(query, 'waitS', 0), MAX_WAIT_S)
    if (waitS > 0 && to > from) await receipted(open, acts[to - 1] as LineAct, { waitS, request })
    const size = acts.length
    const found = []
    let index = from
    for await (const entry of open.entries(origin, from, to)) {
      const act = acts[index]
      if (act !== undefined) found.push(actView(open, act, entry))
      index += 1
    }
    return { origin, from, size, acts: found }
  })
  post('/tables/:table/check', BUNDLE_LIMIT, async (request) => {
    const open = await at(request)
    return check(open, bodyOf(request, readers.check))
  })
  get('/tables/:table/events', async (request, reply) => {
    await streamEvents(await at(request), service, { request, reply })
    return reply
  })
}

let waiting = 0

/** Resolves when an act has a receipt of a counterpart, after `waitS` without one, or when nobody waits for it any more. */
async function receipted(
  open: OpenLine,
  act: LineAct,
  { waitS, request }: { readonly waitS: number; readonly request: FastifyRequest },
): Promise<void> {
  if (waiting >= MAX_WAITING) throw new ApiError('OVERLOADED', { message: 'too many requests wait for a receipt' })
  const { socket } = request.raw
  let done: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    done = resolve
  })
  waiting += 1
  const late = setTimeout(done, waitS * 1000)
  socket.once('close', done)
  const stop = open.watch(() => {
    if (open.line.logs.get(act.origin)?.entries[act.index]?.receiptS !== null) done()
  })
  try {
    if (act.receiptS === null) await ended
  } finally {
    waiting -= 1
    stop()
    clearTimeout(late)
    socket.off('close', done)
  }
}

function carrier(scope: FastifyInstance, service: LineService): void {
  const { get, post } = verbs(scope)
  const path = '/tables/:table/carrier/:party'
  const at = async (request: FastifyRequest): Promise<OpenLine> => {
    const { table, party } = pathOf(request)
    const open = service.line(table)
    open.peer(party)
    await open.settled()
    return open
  }
  const bytes = (reply: FastifyReply, body: Uint8Array, type: string): FastifyReply =>
    reply.header('content-type', type).send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  get(`${path}/checkpoint`, async (request, reply) => {
    const open = await at(request)
    const body = await exportCheckpoint(open, count(queryOf(request), 'from', 0))
    return bytes(reply, body, 'text/plain; charset=utf-8')
  })
  get(`${path}/entries`, async (request, reply) => {
    const open = await at(request)
    const { body, next, size } = await exportEntries(open, count(queryOf(request), 'from', 0))
    reply.header('parley-next', String(next)).header('parley-size', String(size))
    return bytes(reply, body, 'application/octet-stream')
  })
  post(path, CARRIER_LIMIT, async (request, reply) => {
    const open = await at(request)
    const entries = request.headers['content-type']?.startsWith('application/octet-stream') === true
    const answer = await importBody(open, bytesOf(request), entries ? 'entries' : 'checkpoint')
    reply.code(answer.status).header('content-type', answer.contentType)
    return reply.send(typeof answer.body === 'string' ? answer.body : Buffer.from(answer.body))
  })
  get(`${path}/receipt`, async (request, reply) => {
    const open = await at(request)
    return bytes(reply, await exportReceipt(open, pathOf(request).party), 'text/plain; charset=utf-8')
  })
  post(`${path}/receipt`, NOTE_LIMIT, async (request) => (await at(request)).takeReceipt(bytesOf(request)))
}

function check(open: OpenLine, { volumes, priority, profile, id }: LineCheckRequest): unknown {
  const body = {
    id: id ?? '0'.repeat(32),
    key: [],
    priority: priority ?? 50,
    profile: profile ?? open.charter.profiles[0]?.name ?? '',
    volumes: volumes as JsonObject[],
  }
  const act: Act = {
    v: 1,
    table: open.table,
    o: open.origin,
    id: body.id,
    kind: INTENT_PROPOSE.kind,
    at: open.nowS(),
    seen: [],
    to: [],
    body,
  }
  try {
    const plan = INTENT_PROPOSE.parse(body, act)
    const found = checkDraft(open.line, {
      party: open.party,
      volumes: plan.volumes,
      profile: plan.profile,
      nowS: open.nowS(),
    })
    return {
      verdict: found.clear ? 'clear' : 'blocked',
      conflicts: plainView(found.conflicts),
      key: found.key,
      clearing: found.clear ? null : plainView(found.shifts),
      areas: plainView(found.areas),
      borders: plainView(found.borders),
    }
  } catch (error) {
    if (!isLineError(error)) throw error
    const { field, value, rule } = error.details
    throw new ApiError('INVALID_BODY', {
      message: `${field}: ${rule}`,
      findings: [{ field, value: String(value), rule }],
      cause: error,
    })
  }
}

const EVENT_KINDS = ['state', 'message', 'flight', 'act'] as const
type EventKind = (typeof EVENT_KINDS)[number]

let streams = 0

/**
 * Tells what changes as it changes. A reader that does not keep up gets the newest state of what it missed and not a growing queue: acts
 * it missed are counted in an event `missed`, to be read again from `acts`.
 */
async function streamEvents(
  open: OpenLine,
  service: LineService,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<void> {
  if (streams >= MAX_STREAMS) throw new ApiError('OVERLOADED', { message: 'too many streams of events are open' })
  const asked = queryOf(request)['kinds']?.split(',')
  const wanted = new Set<EventKind>(EVENT_KINDS.filter((kind) => asked === undefined || asked.includes(kind)))
  const { raw } = reply.hijack()
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  })
  streams += 1
  const gone = new AbortController()
  raw.on('close', () => gone.abort())
  const gathered = new Gathered()
  let wake: () => void = () => undefined
  let toldMs = performance.now()
  const stop = open.watch((change) => {
    gathered.add(change)
    wake()
  })
  const beat = setInterval(() => raw.write(': still here\n\n'), KEEP_ALIVE_MS)
  const say = async (event: string, data: unknown): Promise<void> => {
    const text = `event: ${event}\nid: ${open.line.version}\ndata: ${JSON.stringify(data)}\n\n`
    if (!raw.write(text)) await once(raw, 'drain', { signal: gone.signal })
  }
  try {
    raw.write('retry: 2000\n\n')
    if (wanted.has('state')) await say('state', service.state(open.table))
    while (!gone.signal.aborted) {
      if (gathered.empty) {
        await new Promise<void>((resolve) => {
          wake = resolve
          gone.signal.addEventListener('abort', () => resolve(), { once: true })
          if (!gathered.empty) resolve()
        })
      }
      // One write for what comes together.
      await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
      const { acts, missed, messages, flights, state } = gathered.take(open)
      if (wanted.has('act')) {
        for (const act of acts) await say('act', actView(open, act, await open.entry(act.origin, act.index)))
        if (missed > 0) await say('missed', { acts: missed })
      }
      if (wanted.has('message'))
        for (const number of messages) {
          const view = messageOf(open.line, number)
          if (view !== null) await say('message', messageView(open, view))
        }
      if (wanted.has('flight') && flights)
        await say('flight', {
          table: open.table,
          version: open.line.version,
          ...(plainView(flightsOf(open.line)) as object),
        })
      if (!wanted.has('state') || !state) continue
      if (performance.now() - toldMs < STATE_EVERY_MS) gathered.add({ kind: 'state' })
      else {
        await say('state', service.state(open.table))
        toldMs = performance.now()
      }
    }
  } catch {
    // The reader left; it comes back for the rest.
  } finally {
    streams -= 1
    stop()
    clearInterval(beat)
    raw.end()
  }
}

/** What has changed since it was last told, bounded whatever comes. */
class Gathered {
  #acts: LineAct[] = []
  #missed = 0
  #receipts: { readonly origin: string; readonly from: number; readonly to: number }[] = []
  #state = false

  get empty(): boolean {
    return this.#acts.length === 0 && this.#missed === 0 && this.#receipts.length === 0 && !this.#state
  }

  add(change: LineChange): void {
    switch (change.kind) {
      case 'state':
        this.#state = true
        return
      case 'act':
        if (this.#acts.length >= MAX_GATHERED) this.#missed += 1
        else this.#acts.push(change.act)
        return
      case 'receipts': {
        const last = this.#receipts.at(-1)
        if (last?.origin === change.origin)
          this.#receipts[this.#receipts.length - 1] = {
            ...last,
            from: Math.min(last.from, change.from),
            to: Math.max(last.to, change.to),
          }
        else if (this.#receipts.length < MAX_GATHERED) this.#receipts.push(change)
      }
    }
  }

  take(open: OpenLine) {
    const acts = this.#acts
    const missed = this.#missed
    const messages = new Set<string>()
    let flights = false
    let state = this.#state || acts.length > 0
    for (const act of acts) {
      const scope = act.kind?.scope
      if (scope === 'messages') {
        const number = messageNumberOf(act) ?? (act.body as { readonly number?: string } | null)?.number
        if (number !== undefined) messages.add(number)
      } else if (scope === 'flights') flights = true
    }
    for (const { origin, from, to } of this.#receipts) {
      const entries = open.line.logs.get(origin)?.entries ?? []
      for (let i = Math.max(from, to - MAX_GATHERED); i < Math.min(to, entries.length); i += 1) {
        const act = entries[i] as LineAct
        const number = messageNumberOf(act)
        if (number !== null) messages.add(number)
        else if (act.kind?.scope === 'flights') flights = true
      }
      state = true
    }
    this.#acts = []
    this.#missed = 0
    this.#receipts = []
    this.#state = false
    return { acts, missed, messages: [...messages].slice(-MAX_GATHERED), flights, state }
  }
}

const EMPTY = new Uint8Array(0)
const bytesOf = (request: FastifyRequest): Uint8Array => (request.body instanceof Uint8Array ? request.body : EMPTY)
const pathOf = (request: FastifyRequest): TablePath => request.params as TablePath
const queryOf = (request: FastifyRequest): Query => request.query as Query

function bodyOf<T>(request: FastifyRequest, read: ReturnType<typeof compileSchema<T>>): T {
  const bytes = bytesOf(request)
  if (bytes.byteLength === 0) throw new ApiError('BODY_EMPTY')
  const checked = read(parseStrictJson(bytes))
  if (checked.kind === 'valid') return checked.value
  const message = checked.findings.map(({ field, rule }) => `${field === '' ? 'body' : field}: ${rule}`).join('; ')
  throw new ApiError('INVALID_BODY', { message, findings: checked.findings })
}

function bundleOf(bytes: Uint8Array): Uint8Array[] {
  let width = 0
  for (let at = 0; at + 2 <= bytes.byteLength && width <= MAX_BUNDLE_ACTS; width += 1)
    at += 2 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number))
  try {
    return decodeBundle(bytes, Math.min(width, MAX_BUNDLE_ACTS))
  } catch (cause) {
    throw new ApiError('RECORD_MALFORMED', { message: `not a bundle of up to ${MAX_BUNDLE_ACTS} entries`, cause })
  }
}

function count(query: Query, name: string, otherwise: number): number {
  const text = query[name]
  if (text === undefined) return otherwise
  if (!/^\d{1,15}$/.test(text))
    throw new ApiError('INVALID_PARAMETER', {
      message: `${name}: must be a whole number from 0 on`,
      findings: [{ field: name, value: text.slice(0, 60), rule: 'must be a whole number from 0 on' }],
    })
  return Number(text)
}

const languages = (text: string | undefined): readonly Language[] =>
  text === undefined ? [] : LANGUAGES.filter((language) => text === 'all' || text.split(',').includes(language))

import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  LineActAccepted,
  LineActs,
  LineDraft,
  LineInvitation,
  LineJoining,
  LineMessages,
  LineReveal,
  LineTableState,
} from '@parley/contracts'
import {
  type Charter,
  type CharterParty,
  defaultCharter,
  formatCharter,
  type MemberRole,
  sealMessageBody,
} from '@parley/line'
import {
  type Act,
  createSigner,
  encodeHex,
  encodeUtf8,
  type Enrolment,
  enrolmentFingerprint,
  formatEnrolmentText,
  formatNote,
  type Grant,
  type JsonObject,
  parseNote,
  parseVkey,
  signAct,
  type Signer,
  signText,
} from '@parley/record'
import { type Clock, systemClock } from '@parley/units'
import type { NodeOptions } from '../src/options.ts'
import { LINE_DEFAULTS, type LineOptions } from '../src/line/options.ts'
import { makeFolder, startTestNode, type TestNode } from './harness.ts'

export const TABLE = 'ridge-7'

/** The people of one party: two officers and three custodians of the root. Their keys are never in the node. */
export interface People {
  readonly party: string
  readonly ada: Signer
  readonly ben: Signer
  readonly root: readonly [Signer, Signer, Signer]
}

const signerOf = (name: string, salt: string): Signer =>
  createSigner({ name, type: 0x01, seed: new Uint8Array(createHash('sha256').update(`${name} ${salt}`).digest()) })

export function peopleOf(party: string, salt = ''): People {
  const key = (name: string): Signer => signerOf(`${party}/${name}`, salt)
  return { party, ada: key('duty-1'), ben: key('duty-2'), root: [key('root-1'), key('root-2'), key('root-3')] }
}

const KINDS = [
  'ack.*',
  'area.*',
  'border.agree',
  'escalation',
  'intent.*',
  'line.open',
  'line.resume',
  'line.suspend',
  'message',
  'message.close',
  'state.digest',
  'test',
  'watch.close',
  'watch.open',
]

const grantOf = (signer: Signer, person: string): Grant => ({
  key: signer.key,
  person,
  kinds: KINDS,
  notBeforeIndex: 0,
  notAfterS: 4_000_000_000,
  maxPerDay: 1_000_000,
})

/** What came back, read. */
export interface Answered<T> {
  readonly status: number
  readonly json: T
  readonly text: string
  readonly headers: Headers
}

/** A party with its node and its people. */
export interface Side extends AsyncDisposable {
  readonly people: People
  readonly party: string
  readonly dataDir: string
  node: TestNode
  readonly table: string
  ask<T = unknown>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered<T>>
  /** The same below the table. */
  at<T = unknown>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered<T>>
  state(): Promise<LineTableState>
  draft(): Promise<LineDraft>
  messages(): Promise<LineMessages>
  /** An act signed by these, by ada when nobody is named. */
  sign(kind: string, body: JsonObject, options?: SignOptions): Promise<Uint8Array>
  post(entry: Uint8Array): Promise<Answered<LineActAccepted>>
  say(kind: string, body: JsonObject, options?: SignOptions): Promise<LineActAccepted>
  message(to: string, more?: JsonObject): Promise<{ number: string; accepted: LineActAccepted }>
  restart(options?: Partial<NodeOptions>): Promise<void>
  stop(): Promise<void>
}

export interface SignOptions {
  readonly by?: readonly Signer[]
  readonly act?: Partial<Act>
}

export const lineOptions = (over: Partial<LineOptions> = {}): LineOptions => ({ ...LINE_DEFAULTS, port: 0, ...over })

export async function startSide(
  party: string,
  over: Partial<LineOptions> = {},
  { table = TABLE, clock = systemClock }: { readonly table?: string; readonly clock?: Clock } = {},
): Promise<Side> {
  const folder = await makeFolder()
  const dataDir = `${folder.path}/data`
  let line = lineOptions({ party, ...over })
  const start = (more: Partial<NodeOptions> = {}): Promise<TestNode> =>
    startTestNode({ dataDir, line, ...more }, { clock })
  const people = peopleOf(party)
  let stopped = false
  const side: Side = {
    people,
    party,
    table,
    dataDir,
    node: await start(),
    async ask(method, path, body, headers = {}) {
      const raw = body instanceof Uint8Array || typeof body === 'string'
      const answer = await fetch(`http://127.0.0.1:${side.node.port}/line/v1${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': raw ? 'text/plain' : 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
      })
      const text = await answer.text()
      return {
        status: answer.status,
        headers: answer.headers,
        text,
        json: text.startsWith('{') ? JSON.parse(text) : null,
      }
    },
    at: (method, path, body, headers) => side.ask(method, `/tables/${table}${path}`, body, headers),
    state: async () => (await side.at<LineTableState>('GET', '')).json,
    draft: async () => (await side.at<LineDraft>('GET', '/draft')).json,
    messages: async () => (await side.at<LineMessages>('GET', '/messages')).json,
    async sign(kind, body, { by = [people.ada], act = {} } = {}) {
      const draft = await side.draft()
      return signAct(
        {
          v: 1,
          table,
          o: draft.o,
          id: randomBytes(16).toString('hex'),
          kind,
          at: draft.at,
          seen: draft.seen,
          to: [],
          body,
          ...act,
        },
        by,
      )
    },
    post: (entry) => side.at<LineActAccepted>('POST', '/acts', entry),
    async say(kind, body, options) {
      const answer = await side.post(await side.sign(kind, body, options))
      if (answer.status !== 201) throw new Error(`${kind} was refused (${answer.status}): ${answer.text}`)
      return answer.json
    },
    async message(to, more = {}) {
      const { nextNumbers, at } = await side.draft()
      const number = nextNumbers[to] as string
      const body = messageBody({ number, from: `${party}.duty`, to: `${to}.duty`, dtg: at, ...more })
      return { number, accepted: await side.say('message', body, { act: { to: [to] } }) }
    },
    async stop() {
      if (stopped) return
      stopped = true
      await side.node[Symbol.asyncDispose]()
    },
    async restart(more) {
      const { address } = side.node.node.line
      await side.stop()
      // The port stays, as it would for a real node.
      if (address?.startsWith('https:') === true) line = { ...line, port: Number(new URL(address).port) }
      side.node = await start(more)
      stopped = false
    },
    async [Symbol.asyncDispose]() {
      await side.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
  return side
}

export const messageBody = (over: JsonObject & { readonly number: string }): JsonObject =>
  sealMessageBody({
    precedence: 'ROUTINE',
    info: [],
    subject: 'STATEMENT',
    zone: 'UTC',
    basis: 'NONE',
    refs: [],
    content: [{ letter: 'A', type: 'text', lang: 'en', text: 'All quiet.' }],
    ...over,
  })

/** Our people sign the enrolment, with the keys the node made. */
export async function enrol(side: Side): Promise<LineJoining> {
  const { people, party, table } = side
  const { keys } = (await side.at<LineJoining>('GET', '/joining')).json
  const enrolment: Enrolment = {
    table,
    party,
    atS: Math.floor(Date.now() / 1000),
    logNumber: 1,
    log: parseVkey(keys.log),
    mirrors: keys.mirrors.map(parseVkey),
    witnesses: keys.witnesses.map(parseVkey),
    root: people.root.map(({ key }, i) => ({ person: `custodian-${i + 1}`, key })),
    officers: [grantOf(people.ada, 'ada'), grantOf(people.ben, 'ben')],
    desks: [],
    tlsPins: keys.tls,
  }
  const text = formatEnrolmentText(enrolment)
  const signatures = [people.ada, people.ben, ...people.root].map((signer) => signText(text, signer, enrolment.atS))
  return must(await side.at<LineJoining>('PUT', '/enrolment', formatNote({ text, signatures })))
}

export function must<T>(answer: Answered<T>): T {
  if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.text}`)
  return answer.json
}

export interface JoinOptions {
  readonly change?: Partial<Omit<Charter, 'table' | 'parties'>>
  readonly roles?: Readonly<Record<string, MemberRole>>
  /** Where each side reaches the other, when not where it says. */
  readonly addresses?: Readonly<Record<string, Readonly<Record<string, string | null>>>>
}

export const charterOf = (
  sides: readonly Side[],
  fingerprints: Readonly<Record<string, string>>,
  { change, roles }: JoinOptions,
): Charter =>
  defaultCharter({
    table: (sides[0] as Side).table,
    atS: Math.floor(Date.now() / 1000),
    parties: sides.map(
      ({ party }): CharterParty => ({
        party,
        title: { en: party },
        role: roles?.[party] ?? 'party',
        roles: ['duty', 'lead'],
        enrolment: fingerprints[party] as string,
      }),
    ),
    change: { heartbeatS: 1, ...change },
  })

/** The whole ceremony, up to open lines: commits, reveals, codes read to each other, the charter signed by all roots, entry 0. */
export async function join(sides: readonly Side[], options: JoinOptions = {}): Promise<Charter> {
  const parties = sides.map(({ party }) => party)
  const { table } = sides[0] as Side
  const fingerprints: Record<string, string> = {}
  const invitations = new Map<string, LineInvitation>()
  for (const side of sides) {
    must(await side.ask('POST', '/tables', { table, parties }))
    const { enrolment, invitation } = await enrol(side)
    fingerprints[side.party] = enrolmentFingerprint(parseNote(encodeUtf8(enrolment as string)).text)
    invitations.set(side.party, invitation as LineInvitation)
  }
  for (const side of sides)
    for (const [party, invitation] of invitations)
      if (party !== side.party) must(await side.at('POST', '/commits', invitation))
  const reveals = new Map<string, LineReveal>()
  for (const side of sides) reveals.set(side.party, must(await side.at<LineReveal>('GET', '/reveal')))
  for (const side of sides)
    for (const [party, reveal] of reveals) if (party !== side.party) must(await side.at('POST', '/reveals', reveal))
  for (const side of sides)
    for (const other of sides) {
      if (other === side) continue
      const { peers } = must(await other.at<LineJoining>('GET', '/joining'))
      const code = peers.find(({ party }) => party === side.party)?.code
      must(await side.at('POST', '/compare', { party: other.party, code }))
    }
  for (const side of sides)
    for (const [party, address] of Object.entries(options.addresses?.[side.party] ?? {}))
      must(await side.at('POST', '/address', { party, address }))
  const charter = charterOf(sides, fingerprints, options)
  const text = formatCharter(charter)
  const signatures = sides.flatMap(({ people }) =>
    people.root.slice(0, 2).map((signer) => signText(text, signer, charter.atS)),
  )
  for (const side of sides) must(await side.at('PUT', '/charter', formatNote({ text, signatures })))
  for (const side of sides) must(await side.at('POST', '/open', entryZero(side, text, charter)))
  return charter
}

export const entryZero = ({ people, table, party }: Side, text: string, charter: Charter): Uint8Array =>
  signAct(
    {
      v: 1,
      table,
      o: `${table}.parley/${party}/1`,
      id: randomBytes(16).toString('hex'),
      kind: 'charter',
      at: Math.floor(Date.now() / 1000),
      seen: [],
      to: [],
      body: { version: charter.version, sha256: encodeHex(new Uint8Array(createHash('sha256').update(text).digest())) },
    },
    [people.root[0], people.root[1]],
  )

/** Both sides have said that the line is open. */
export async function openLine(sides: readonly Side[]): Promise<void> {
  for (const side of sides) await side.say('line.open', {})
}

/** Waits until something holds, up to some seconds; gives what it was last. */
export async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean, withinMs = 20_000): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    const found = await look()
    if (holds(found)) return found
    if (Date.now() > end) throw new Error(`it did not come to hold: ${JSON.stringify(found).slice(0, 2_000)}`)
    await sleep(50)
  }
}

/** Entries of a log as a side shows them. */
export async function actsOf(side: Side, origin: string): Promise<LineActs['acts']> {
  const all: LineActs['acts'] = []
  for (;;) {
    const page = must(
      await side.at<LineActs>('GET', `/acts?origin=${encodeURIComponent(origin)}&from=${all.length}&limit=1000`),
    )
    all.push(...page.acts)
    if (all.length >= page.size) return all
  }
}

export const sizesOf = async (side: Side): Promise<Record<string, number>> =>
  Object.fromEntries((await side.state()).parties.map(({ origin, size }) => [origin, size]))

export const linkTo = (state: LineTableState, party: string) =>
  state.parties.find((one) => one.party === party)?.link ?? null

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLineClient, type LineClient } from '@parley/client'
import type { LineAct, LineLink, LinePartyState, LineTableState } from '@parley/contracts'
import { type Charter, formatMessageNumber, parseMessageNumber, sealMessageBody } from '@parley/line'
import type { JsonObject } from '@parley/record'
import {
  type FaultProxy,
  type HttpFaultProxy,
  openFaultProxy,
  openHttpFaultProxy,
  type Saying,
  sayingOf,
  seatTable,
  type SimulatedSide,
  simulatedSide,
} from '../src/index.ts'
import { freePort, makeDataDir, type NodeProcess, startNodeProcess } from './node-process.ts'

export const TABLE = 'ridge-7'
const MOST_AT_ONCE = 256

/** One side: a node of its own in a process of its own, reached by the others over a way that can be made bad. */
export interface Party<Way = FaultProxy> extends AsyncDisposable {
  readonly party: string
  readonly side: SimulatedSide
  readonly client: LineClient
  readonly origin: string
  readonly dataDir: string
  readonly linePort: number
  /** From all others to this one. */
  readonly way: Way
  process: NodeProcess
  start(): Promise<void>
  state(): Promise<LineTableState>
  say(saying: Saying, officers?: number): Promise<{ readonly index: number; readonly leaf: string }>
  /** So many messages to another party, numbered on from the last; gives the numbers. */
  messages(to: string, count: number, more?: JsonObject): Promise<readonly string[]>
  /** Every act of a log as this node shows it. */
  acts(origin: string): Promise<readonly LineAct[]>
}

export interface TableOptions {
  readonly parties: readonly string[]
  readonly charter?: Partial<Omit<Charter, 'table' | 'parties'>>
  readonly observers?: readonly string[]
  readonly seed?: number
}

/** Starts a node for each party, joins them over good ways, and opens the line. */
export async function openTable(
  options: TableOptions,
): Promise<AsyncDisposable & { readonly sides: readonly Party[] }> {
  return openWith(options, { scheme: 'https', flags: [], way: openFaultProxy })
}

/** The same over plain HTTP, where the way can treat each request by itself. */
export async function openHttpTable(
  options: TableOptions,
): Promise<AsyncDisposable & { readonly sides: readonly Party<HttpFaultProxy>[] }> {
  return openWith(options, { scheme: 'http', flags: ['--line-http'], way: openHttpFaultProxy })
}

async function openWith<Way extends AsyncDisposable & { readonly port: number }>(
  { parties, charter = {}, observers = [], seed = 1 }: TableOptions,
  kind: {
    readonly scheme: 'http' | 'https'
    readonly flags: readonly string[]
    readonly way: (options: { to: number; seed: number }) => Promise<Way>
  },
): Promise<AsyncDisposable & { readonly sides: readonly Party<Way>[] }> {
  const sides: Party<Way>[] = []
  const end = async (): Promise<void> => {
    for (const side of sides) await side[Symbol.asyncDispose]()
  }
  try {
    for (const [at, party] of parties.entries()) {
      sides.push(await startParty(party, { ...kind, seed: seed * 100 + at }))
    }
    await seatTable({
      table: TABLE,
      seats: sides.map(({ side, client, way, party }) => ({
        side,
        client,
        role: observers.includes(party) ? ('observer' as const) : ('party' as const),
        title: { en: party },
        address: `${kind.scheme}://127.0.0.1:${way.port}`,
      })),
      nowS: () => Math.floor(Date.now() / 1000),
      charter: { heartbeatS: 1, ...charter },
    })
  } catch (error) {
    await end()
    throw error
  }
  return { sides, [Symbol.asyncDispose]: end }
}

/** A node that sits at no table yet. */
export async function startParty<Way extends AsyncDisposable & { readonly port: number }>(
  party: string,
  {
    flags,
    way: openWay,
    seed,
  }: {
    readonly flags: readonly string[]
    readonly way: (options: { to: number; seed: number }) => Promise<Way>
    readonly seed: number
  },
): Promise<Party<Way>> {
  const folder = await makeDataDir()
  const [port, linePort] = [await freePort(), await freePort()]
  const way = await openWay({ to: linePort, seed })
  const client = createLineClient({ baseUrl: `http://127.0.0.1:${port}` })
  const side = simulatedSide(TABLE, party, randomBytes(32))
  const start = (): Promise<NodeProcess> =>
    startNodeProcess({
      dataDir: folder.path,
      port,
      flags: [
        '--party',
        party,
        '--line-port',
        String(linePort),
        ...(flags.includes('--line-http') ? ['--line-address', `http://127.0.0.1:${way.port}`] : []),
        ...flags,
      ],
    })
  const one: Party<Way> = {
    party,
    side,
    client,
    origin: `${TABLE}.parley/${party}/1`,
    dataDir: folder.path,
    linePort,
    way,
    process: await start(),
    async start() {
      one.process = await start()
    },
    state: () => client.state(TABLE),
    async say(saying, officers = 1) {
      const signers = side.officers.slice(0, officers).map(({ signer }) => signer)
      return client.post(TABLE, sayingOf(await client.draft(TABLE), saying, signers))
    },
    async messages(to, count, more = {}) {
      const draft = await client.draft(TABLE)
      const first = parseMessageNumber(draft.nextNumbers[to] ?? '')
      if (first === null) throw new Error(`there is no next number to ${to}`)
      const numbers = Array.from({ length: count }, (_, i) => formatMessageNumber({ ...first, count: first.count + i }))
      const signers = side.officers.slice(0, 1).map(({ signer }) => signer)
      for (let at = 0; at < count; at += MOST_AT_ONCE) {
        const notes = numbers
          .slice(at, at + MOST_AT_ONCE)
          .map((number) =>
            sayingOf(
              draft,
              { kind: 'message', body: messageBody({ number, from: party, to, dtg: draft.at, more }) },
              signers,
            ),
          )
        await client.postMany(TABLE, notes)
      }
      return numbers
    },
    async acts(origin) {
      const all: LineAct[] = []
      for (;;) {
        const page = await client.acts(TABLE, { origin, from: all.length, limit: 1000 })
        all.push(...page.acts)
        if (all.length >= page.size || page.acts.length === 0) return all
      }
    },
    async [Symbol.asyncDispose]() {
      await one.process[Symbol.asyncDispose]()
      await way[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
  return one
}

function messageBody({
  number,
  from,
  to,
  dtg,
  more,
}: {
  readonly number: string
  readonly from: string
  readonly to: string
  readonly dtg: number
  readonly more: JsonObject
}): JsonObject {
  return sealMessageBody({
    number,
    precedence: 'ROUTINE',
    from: `${from}.duty`,
    to: `${to}.duty`,
    info: [],
    subject: 'STATEMENT',
    dtg,
    zone: 'UTC',
    basis: 'NONE',
    refs: [],
    content: [{ letter: 'A', type: 'text', lang: 'en', text: `All quiet at ${number}.` }],
    ...more,
  })
}

const LOOK_SHARE = 4

/** Waits until something holds; gives what it was last. Looks no more often than leaves the nodes time for their own work. */
export async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean, withinMs = 30_000): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const beganMs = performance.now()
    const found = await look()
    if (holds(found)) return found
    const nowMs = performance.now()
    if (nowMs > endMs) throw new Error(`it did not come to hold: ${JSON.stringify(found).slice(0, 3_000)}`)
    await sleep(Math.max(100, LOOK_SHARE * (nowMs - beganMs)))
  }
}

export const rowOf = (state: LineTableState, party: string): LinePartyState => {
  const row = state.parties.find((one) => one.party === party)
  if (row === undefined) throw new Error(`${party} is not at the table`)
  return row
}

export const linkTo = (state: LineTableState, party: string): LineLink => {
  const { link } = rowOf(state, party)
  if (link === null) throw new Error(`there is no link to ${party}`)
  return link
}

/** Waits until each side holds all that the other has written, and knows that the other holds all of its own. */
export async function settled(a: Party<unknown>, b: Party<unknown>, withinMs = 60_000): Promise<void> {
  const both = async (): Promise<readonly [LineTableState, LineTableState]> => [await a.state(), await b.state()]
  await until(
    both,
    ([ofA, ofB]) =>
      linkTo(ofA, b.party).backlog === 0 &&
      linkTo(ofB, a.party).backlog === 0 &&
      rowOf(ofA, b.party).size === rowOf(ofB, b.party).size &&
      rowOf(ofB, a.party).size === rowOf(ofA, a.party).size,
    withinMs,
  )
}

import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLineClient, type LineClient } from '@parley/client'
import type { Charter } from '@parley/line'
import { type Saying, sayingOf, seatTable, type SimulatedSide, simulatedSide } from '@parley/testkit'
import type { BenchmarkContext } from '../benchmark.ts'
import { WrongAnswer } from '../load/check.ts'
import { freePort, type LineNode, startLineNode } from './line-node.ts'

export const TABLE = 'bench-1'

/** A party at the table, with its node. */
export interface BenchParty {
  readonly party: string
  readonly side: SimulatedSide
  readonly client: LineClient
  readonly origin: string
  node: LineNode
  restart(): Promise<void>
}

export interface BenchTable extends AsyncDisposable {
  readonly parties: readonly BenchParty[]
}

let tables = 0

/** Starts the nodes, joins them and opens the line between them; an `observer` cosigns heads and fetches entries. */
export async function openBenchTable(
  context: BenchmarkContext,
  {
    names,
    observers = [],
    charter = {},
    preload = null,
  }: {
    readonly names: readonly string[]
    readonly observers?: readonly string[]
    readonly charter?: Partial<Omit<Charter, 'table' | 'parties'>>
    /** A library that is loaded into every node before all others. */
    readonly preload?: string | null
  },
): Promise<BenchTable> {
  const folder = join(context.workDir, `line-${tables++}`)
  mkdirSync(folder)
  const parties: BenchParty[] = []
  const end = async (): Promise<void> => {
    for (const { node } of parties) await node.stop()
  }
  try {
    for (const party of names) {
      const at = { dir: join(folder, party), party, port: await freePort(), linePort: await freePort(), preload }
      const one: BenchParty = {
        party,
        side: simulatedSide(TABLE, party, randomBytes(32)),
        client: createLineClient({ baseUrl: `http://127.0.0.1:${at.port}`, attemptMs: 60_000 }),
        origin: `${TABLE}.parley/${party}/1`,
        node: await startLineNode(at),
        async restart() {
          one.node = await startLineNode(at)
        },
      }
      parties.push(one)
    }
    await seatTable({
      table: TABLE,
      seats: parties.map(({ side, client, party }) => ({
        side,
        client,
        role: observers.includes(party) ? ('observer' as const) : ('party' as const),
        title: { en: party },
      })),
      nowS,
      charter,
    })
    for (const from of parties)
      for (const to of parties) if (from !== to && !observers.includes(to.party)) await receipted(from, to, { size: 2 })
  } catch (error) {
    await end()
    throw error
  }
  return { parties, [Symbol.asyncDispose]: end }
}

export const nowS = (): number => Math.floor(Date.now() / 1000)

/** Acts that say little, signed by both officers in turn: what is measured is the way, not what is said. */
export async function signedActs({ client, side, party }: BenchParty, count: number): Promise<readonly Uint8Array[]> {
  const draft = await client.draft(TABLE)
  const saying: Saying = { kind: 'watch.open', body: { role: `${party}.duty` } }
  return Array.from({ length: count }, (_, at) =>
    sayingOf(draft, saying, [side.officers[at % side.officers.length]!.signer]),
  )
}

const LIMIT_MS = 600_000

/** Waits until `to` holds so many entries of `from`'s log under its mirror's cosignature, and `from` knows it. */
export async function receipted(
  from: BenchParty,
  to: BenchParty,
  { size, everyMs = 20 }: { readonly size: number; readonly everyMs?: number },
): Promise<void> {
  const endMs = performance.now() + LIMIT_MS
  for (;;) {
    const row = (await from.client.state(TABLE)).parties.find(({ party }) => party === to.party)
    if ((row?.link?.receivedByThem ?? 0) >= size) return
    if (performance.now() > endMs)
      throw new WrongAnswer(`${to.party} receipted ${row?.link?.receivedByThem} of ${size} entries in ten minutes`)
    await sleep(everyMs)
  }
}

/** The log must be the same, entry by entry, at both ends. @throws {WrongAnswer} */
export async function sameLog(from: BenchParty, to: BenchParty, size: number): Promise<void> {
  // A receipt says that the entries are on the other's disk; they are shown a little later.
  const endMs = performance.now() + LIMIT_MS
  while ((await to.client.acts(TABLE, { origin: from.origin, from: 0, limit: 1 })).size < size) {
    if (performance.now() > endMs) throw new WrongAnswer(`${to.party} does not show ${size} entries after ten minutes`)
    await sleep(100)
  }
  for (let at = 0; at < size; at += 1000) {
    const [here, there] = await Promise.all(
      [from, to].map(({ client }) => client.acts(TABLE, { origin: from.origin, from: at, limit: 1000 })),
    )
    const [ours, theirs] = [here, there].map((page) => page?.acts.map(({ leaf }) => leaf).join() ?? '')
    if (ours !== theirs || here?.size !== size || there?.size !== size)
      throw new WrongAnswer(`the log of ${from.party} is not the same at both ends from ${at} on`)
    for (const { index, receiptS, effective } of here.acts)
      if (receiptS === null || !effective) throw new WrongAnswer(`act ${index} of ${from.party} has no receipt`)
  }
}

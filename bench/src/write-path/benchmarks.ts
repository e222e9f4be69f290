import { rmSync } from 'node:fs'
import type { Benchmark, BenchmarkContext, Measurement } from '../benchmark.ts'
import { busyCell } from '../load/plans.ts'
import { orWrong } from '../or-wrong.ts'
import { median } from '../statistics.ts'
import { fdatasyncMs, isInMemory, memoryFolder } from './disk.ts'
import { httpLimit } from './http-limit.ts'
import { startNode } from './node-process.ts'
import { type PeerResult, PeerSession } from './peer.ts'
import { describe, type Load, type Measured, WriteSession } from './session.ts'
import { copyOf, type Store } from './store.ts'
import { copyFor, dayStartOf, deliveryStore, fullStore, scratchName, writtenDeliveries, writtenMix } from './stores.ts'
import { tokenCost } from './token-cost.ts'

const SECONDS = 5
const MOST_RUNS = 3
/** The best that the peer's own settings give is sought at these numbers of connections. */
const PEER_CONNECTIONS = [1, 8, 32] as const
const PEER_SECONDS = 6
const PEER_STORED = 5000
const BUSY_STORED = 5000
const BUSY_ROW = 300_000
const BUSY_SEED = 555
const DAY_MS = 86_400_000
const OPEN_LOOP_PER_S = 5000
const OPEN_LOOP_S = 60
const TIMES_PEER = 20
const UPSERTS_GOAL = 20_000
const BUSY_GOAL = 14_000

/** Writes over HTTP to a node in its own process, each durable before its answer; every answer is checked. */
export const benchmarks: readonly Benchmark[] = [
  { id: 'W0', title: 'HTTP alone: the limit of the write path', run: httpLimit },
  { id: 'W1', title: 'delivery plans written, 100 k stored', run: upsertDeliveries },
  { id: 'W2', title: 'plans written, 1 M stored', run: upsertFull },
  { id: 'W3', title: 'plans replaced in one busy cell of 5 k', run: upsertBusy },
  { id: 'W4', title: 'open loop of 5,000/s, 1 M stored', run: openLoop },
  { id: 'W5', title: 'what durability costs', run: durabilityTax },
  { id: 'W6', title: 'latency of a single client', run: singleClient },
  { id: 'W7', title: 'token check', run: tokenCheck },
  { id: 'W8', title: 'restart with 1 M stored', run: restart },
].map(orWrong)

/** Middle one of several runs by its rate, each on a copy of the store, or on an empty folder. */
async function middleRun(
  context: BenchmarkContext,
  what: string,
  options: { readonly runs: number; readonly once: () => Promise<Measured> },
): Promise<Measured> {
  const found: Measured[] = []
  for (let run = 0; run < Math.min(options.runs, MOST_RUNS, context.runs); run++) {
    const one = await options.once()
    context.progress(`${what}: ${describe(one)}`)
    found.push(one)
  }
  found.sort((a, b) => a.perSecond - b.perSecond)
  return found[Math.floor(found.length / 2)]!
}

async function writeDeliveries(context: BenchmarkContext, store: Store, load: Load): Promise<Measured> {
  await using copy = copyFor(context, store)
  await using node = await startNode({ dir: copy.dir })
  const session = await WriteSession.open({ node, row: writtenDeliveries(context), store, kind: 'deliveries' })
  return await session.create(load)
}

async function upsertDeliveries(context: BenchmarkContext): Promise<Measurement[]> {
  const subscribed = await deliveryStore(context, { subscriptions: true })
  const alone = await deliveryStore(context, { subscriptions: false })
  const at = (connections: number, runs: number): Promise<Measured> =>
    middleRun(context, `W1 ${connections} connections, subscriptions over every metro`, {
      runs,
      once: () => writeDeliveries(context, subscribed, { connections, seconds: SECONDS }),
    })
  const one = await at(1, 1)
  const eight = await at(8, MOST_RUNS)
  const thirtyTwo = await at(32, MOST_RUNS)
  const many = await at(128, 1)
  const none = await middleRun(context, 'W1 32 connections, no subscription', {
    runs: 1,
    once: () => writeDeliveries(context, alone, { connections: 32, seconds: SECONDS }),
  })
  const implicit = await middleRun(context, 'W1 32 connections, an implicit subscription with each', {
    runs: 1,
    once: () => writeDeliveries(context, alone, { connections: 32, seconds: SECONDS, implicitSubscriptions: true }),
  })
  const peer = await peerOf(context, {
    fill: PEER_STORED,
    write: (session, connections) => session.create(connections, PEER_SECONDS),
  })
  return [
    rate('W1', 'deliveries, 8 connections', { measured: eight, goal: UPSERTS_GOAL, peer }),
    rate('W1', 'deliveries, 32 connections', { measured: thirtyTwo, goal: UPSERTS_GOAL, peer }),
    rate('W1', 'deliveries, 1 connection', { measured: one, peer: null }),
    rate('W1', 'deliveries, 128 connections', { measured: many, peer: null }),
    rate('W1', 'deliveries, 32 connections, no subscriptions', { measured: none, peer }),
    rate('W1', 'deliveries, 32 connections, an implicit subscription each', { measured: implicit, peer: null }),
    latency('W1', 'deliveries, 32 connections, p99', { value: thirtyTwo.latencyMs.p99 }),
    {
      id: 'W1',
      what: '128 connections to 8: flat as connections grow',
      unit: 'of the rate',
      value: many.perSecond / eight.perSecond,
      goal: { kind: 'at-least', value: 0.95 },
      right: true,
    },
    timesPeer('W1', Math.max(eight.perSecond, thirtyTwo.perSecond), peer),
  ]
}

async function upsertFull(context: BenchmarkContext): Promise<Measurement[]> {
  const store = await fullStore(context)
  const write = async (kind: 'deliveries' | 'mix'): Promise<Measured> => {
    await using copy = copyFor(context, store)
    await using node = await startNode({ dir: copy.dir })
    const row = kind === 'mix' ? writtenMix(context) : writtenDeliveries(context)
    const session = await WriteSession.open({ node, row, store, kind: `full-${kind}` })
    return await session.create({ connections: 32, seconds: SECONDS })
  }
  const found = await middleRun(context, 'W2 deliveries', { runs: 2, once: () => write('deliveries') })
  const mix = await middleRun(context, 'W2 plans of all kinds', { runs: 1, once: () => write('mix') })
  return [
    rate('W2', 'deliveries, 32 connections, 1 M stored', { measured: found, goal: 18_000, peer: null }),
    latency('W2', 'deliveries, p99', { value: found.latencyMs.p99, goal: 5 }),
    rate('W2', 'plans of all kinds, 32 connections, 1 M stored', { measured: mix, peer: null }),
    latency('W2', 'plans of all kinds, p99', { value: mix.latencyMs.p99 }),
  ]
}

async function upsertBusy(context: BenchmarkContext): Promise<Measurement[]> {
  const row = busyCell(BUSY_ROW, BUSY_SEED, { dayStartMs: dayStartOf(context) })
  const write = async (exact: boolean, connections: number): Promise<Measured> => {
    const dir = scratchName(context)
    try {
      await using node = await startNode({ dir, exact })
      const session = await WriteSession.open({ node, row, exact, kind: `busy-${exact ? 'exact' : 'cells'}` })
      await session.fill(BUSY_STORED)
      return await session.replace({ connections, seconds: SECONDS })
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  }
  const run = (exact: boolean, connections: number, runs: number): Promise<Measured> =>
    middleRun(context, `W3 ${exact ? 'exact' : 'by cells'}, ${connections} connections`, {
      runs,
      once: () => write(exact, connections),
    })
  const exactEight = await run(true, 8, 1)
  const exact = await run(true, 32, MOST_RUNS)
  const cellsEight = await run(false, 8, 1)
  const cells = await run(false, 32, 2)
  const peer = await peerOf(context, {
    fill: BUSY_STORED,
    busy: true,
    write: (session, connections) => session.replace(connections, PEER_SECONDS),
  })
  return [
    rate('W3', 'busy cell, exact, 8 connections', { measured: exactEight, goal: BUSY_GOAL, peer }),
    rate('W3', 'busy cell, exact, 32 connections', { measured: exact, goal: BUSY_GOAL, peer }),
    latency('W3', 'busy cell, exact, 32 connections, p99', { value: exact.latencyMs.p99 }),
    rate('W3', 'busy cell, by cells, 8 connections', { measured: cellsEight, goal: BUSY_GOAL, peer }),
    rate('W3', 'busy cell, by cells, 32 connections', { measured: cells, goal: BUSY_GOAL, peer }),
    latency('W3', 'busy cell, by cells, 32 connections, p99', { value: cells.latencyMs.p99 }),
    timesPeer('W3', Math.max(cells.perSecond, cellsEight.perSecond), peer, 'by cells, '),
    timesPeer('W3', Math.max(exact.perSecond, exactEight.perSecond), peer, 'exact, '),
  ]
}

async function openLoop(context: BenchmarkContext): Promise<Measurement[]> {
  const store = await fullStore(context)
  await using copy = copyFor(context, store)
  await using node = await startNode({ dir: copy.dir })
  const session = await WriteSession.open({ node, row: writtenDeliveries(context), store, kind: 'open' })
  await session.create({ connections: 32, seconds: 1 })
  const found = await session.create({ connections: 64, seconds: OPEN_LOOP_S, ratePerS: OPEN_LOOP_PER_S })
  context.progress(`W4: ${describe(found)}`)
  const { p50, p99, p999 } = found.latencyMs
  return [
    rate('W4', 'open loop, 1 M stored', { measured: found, goal: OPEN_LOOP_PER_S * 0.999, peer: null }),
    latency('W4', 'p50', { value: p50, goal: 0.3 }),
    latency('W4', 'p99', { value: p99, goal: 2 }),
    latency('W4', 'p99.9', { value: p999, goal: 8 }),
  ]
}

async function durabilityTax(context: BenchmarkContext): Promise<Measurement[]> {
  const what = 'rate on the disk to rate in memory, 32 connections'
  const memory = memoryFolder()
  if (memory === null || isInMemory(context.workDir))
    return [{ id: 'W5', what, unit: 'of the rate', value: null, note: 'needs a disk and a folder held in memory' }]
  const store = await deliveryStore(context, { subscriptions: true })
  const write = async (under: string): Promise<number> => {
    await using copy = copyOf(store, scratchName(context, under))
    await using node = await startNode({ dir: copy.dir })
    const session = await WriteSession.open({ node, row: writtenDeliveries(context), store, kind: 'deliveries' })
    const found = await session.create({ connections: 32, seconds: SECONDS })
    context.progress(`W5 in ${under === memory ? 'memory' : 'the disk'}: ${describe(found)}`)
    return found.perSecond
  }
  const onDisk: number[] = []
  const inMemory: number[] = []
  for (let run = 0; run < Math.min(2, context.runs); run++) {
    onDisk.push(await write(context.workDir))
    inMemory.push(await write(memory))
  }
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return [
    {
      id: 'W5',
      what,
      unit: 'of the rate',
      value: mean(onDisk) / mean(inMemory),
      goal: { kind: 'at-least', value: 0.95 },
      right: true,
      note: 'without a disk: the same node on a folder held in memory',
    },
  ]
}

async function singleClient(context: BenchmarkContext): Promise<Measurement[]> {
  const store = await deliveryStore(context, { subscriptions: true })
  const before = fdatasyncMs(context.workDir)
  const found = await writeDeliveries(context, store, { connections: 1, seconds: SECONDS })
  const flushMs = (before + fdatasyncMs(context.workDir)) / 2
  context.progress(`W6: ${describe(found)}; fdatasync of 4 kB ${flushMs.toFixed(3)} ms`)
  return [
    {
      id: 'W6',
      what: 'p50 of one client to p50 of fdatasync',
      unit: 'flushes',
      value: found.latencyMs.p50 / flushMs,
      goal: { kind: 'at-most', value: 2 },
      right: true,
      note: `${(found.latencyMs.p50 * 1000).toFixed(0)} µs and ${(flushMs * 1000).toFixed(0)} µs`,
    },
  ]
}

async function tokenCheck(): Promise<Measurement[]> {
  const { coldUs, warmUs, right } = await tokenCost()
  return [
    { id: 'W7', what: 'token seen first', unit: 'µs', value: coldUs, goal: { kind: 'at-most', value: 20 }, right },
    { id: 'W7', what: 'token seen before', unit: 'µs', value: warmUs, goal: { kind: 'at-most', value: 0.1 }, right },
  ]
}

async function restart(context: BenchmarkContext): Promise<Measurement[]> {
  const store = await fullStore(context)
  const seconds: number[] = []
  let right = true
  for (let run = 0; run < Math.min(MOST_RUNS, context.runs); run++) {
    await using node = await startNode({ dir: store.dir })
    seconds.push(node.startedMs / 1000)
    const session = await WriteSession.open({ node, row: writtenDeliveries(context), store, kind: 'restart' })
    right &&= await session.holds()
    await node.kill()
  }
  context.progress(`W8: ${seconds.map((one) => one.toFixed(2)).join(', ')} s from start to the first good answer`)
  const { replay } = store
  return [
    {
      id: 'W8',
      what: 'from starting the process to its first good answer',
      unit: 's',
      value: median(seconds),
      goal: { kind: 'at-most', value: 2 },
      right,
    },
    {
      id: 'W8',
      what: 'log replayed when there is no snapshot',
      unit: 'entries/s',
      value: replay.entries / replay.seconds,
      goal: { kind: 'at-least', value: 50_000 },
      right: true,
    },
  ]
}

interface PeerFigures {
  /** Null when no run of the peer's may be compared. */
  readonly best: number | null
  readonly text: string
}

interface PeerWork {
  readonly fill: number
  readonly busy?: boolean
  readonly write: (session: PeerSession, connections: number) => Promise<PeerResult>
}

/** The same writes at the peer, at the numbers of connections among which its best is found; null when no peer was named. */
async function peerOf(context: BenchmarkContext, { fill, busy, write }: PeerWork): Promise<PeerFigures | null> {
  if (context.peer === null) return null
  // Days apart, so that what one benchmark leaves at the peer blocks nothing of the next.
  const row =
    busy === true
      ? busyCell(BUSY_ROW, BUSY_SEED, { dayStartMs: dayStartOf(context) + 3 * DAY_MS })
      : writtenDeliveries(context)
  const session = await PeerSession.open(context.peer, row)
  context.progress(`peer: writing ${fill} plans before measuring`)
  try {
    // One at a time: it stalls when several write to one place.
    await session.fill(fill, busy === true ? 1 : 8)
  } catch (error) {
    return { best: null, text: (error as Error).message }
  }
  const texts: string[] = []
  const rates: number[] = []
  for (const connections of PEER_CONNECTIONS) {
    try {
      const { perSecond, p50Ms, p99Ms, refused, fair } = await write(session, connections)
      const share = refused === 0 ? '' : `, ${(refused * 100).toFixed(1)} % not granted`
      if (fair) rates.push(perSecond)
      texts.push(
        `${connections}: ${Math.round(perSecond)}/s p50 ${p50Ms.toFixed(1)} p99 ${p99Ms.toFixed(0)} ms${share}`,
      )
    } catch (error) {
      texts.push(`${connections}: ${(error as Error).message}`)
    }
    context.progress(`peer, connections ${texts.at(-1)}`)
  }
  return { best: rates.length === 0 ? null : Math.max(...rates), text: `peer by connections ${texts.join('; ')}` }
}

interface Rate {
  readonly measured: Measured
  readonly goal?: number
  readonly peer: PeerFigures | null
}

function rate(id: string, what: string, { measured, goal, peer }: Rate): Measurement {
  return {
    id,
    what,
    unit: 'writes/s',
    value: measured.perSecond,
    right: true,
    ...(goal === undefined ? {} : { goal: { kind: 'at-least', value: goal } }),
    ...(peer === null || peer.best === null
      ? {}
      : { peer: { name: 'peer at best', value: peer.best, better: 'more' } }),
    note: `load average ${measured.load.toFixed(1)}`,
  }
}

function latency(
  id: string,
  what: string,
  { value, goal }: { readonly value: number; readonly goal?: number },
): Measurement {
  return {
    id,
    what,
    unit: 'ms',
    value,
    right: true,
    ...(goal === undefined ? {} : { goal: { kind: 'at-most', value: goal } }),
  }
}

function timesPeer(id: string, best: number, peer: PeerFigures | null, prefix = ''): Measurement {
  return {
    id,
    what: `${prefix}times the peer at its best`,
    unit: 'x',
    value: peer === null || peer.best === null ? null : best / peer.best,
    goal: { kind: 'at-least', value: TIMES_PEER },
    note: peer === null ? 'not run: name one by --peer' : peer.text,
  }
}

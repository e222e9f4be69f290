import { createDssClient, type DssClient, issuerTokenSource } from '@parley/client'
import { type Decision, toTime, type Volume4D } from '@parley/contracts'
import { checkLinearizable, simulatedId } from '@parley/testkit'
import { expect, test } from 'vitest'
import { meeting } from '../src/meeting.ts'
import { History, tagOf, type Write } from './history.ts'
import { freePort, makeDataDir, type NodeProcess, startNodeProcess } from './node-process.ts'

const MANAGERS = ['sim-a', 'sim-b'] as const
const ENTITIES = 8
const WORKERS = 8
const KILLS = 6
const BETWEEN_KILLS_MS = 2_200

/** A small generator of numbers in [0, 1) (mulberry32): the choices are the same for the same seed, the timing is not. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const START_MS = Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 3_600_000

/** Circles in a row of four, each meeting its neighbours; three height bands, the lower two meeting. */
function volumeOf(place: number, band: number, endMs: number): Volume4D {
  const [lower, upper] = [
    [100, 200],
    [190, 300],
    [400, 500],
  ][band] as [number, number]
  const altitude = (value: number) => ({ value, reference: 'W84' as const, units: 'M' as const })
  return {
    volume: {
      outline_circle: { center: { lat: 41.8, lng: -8.1 + place * 0.01 }, radius: { value: 500, units: 'M' } },
      altitude_lower: altitude(lower),
      altitude_upper: altitude(upper),
    },
    time_start: toTime(START_MS),
    time_end: toTime(endMs),
  }
}

const EVERYWHERE: Volume4D = {
  volume: { outline_circle: { center: { lat: 41.8, lng: -8.085 }, radius: { value: 5_000, units: 'M' } } },
  time_start: toTime(START_MS),
  time_end: toTime(START_MS + 7_200_000),
}

class Stage {
  readonly history = new History()
  readonly ids = Array.from({ length: ENTITIES }, (_, index) => simulatedId('concurrency', String(index)))
  readonly pools: readonly DssClient[]
  readonly #deleted = new Set<string>()
  #tags = 0

  constructor(url: string) {
    const audience = new URL(url).hostname
    this.pools = MANAGERS.map((sub) =>
      createDssClient({ baseUrl: url, token: issuerTokenSource({ issuerUrl: `${url}/token`, audience, sub }) }),
    )
  }

  poolOf(id: string): DssClient {
    return this.pools[this.ids.indexOf(id as never) % MANAGERS.length] as DssClient
  }

  /** An end time that no other write has. */
  nextEndMs(): number {
    return START_MS + 3_600_000 + this.#tags++
  }

  /** OVNs of all others as last seen. */
  keyFor(id: string): string[] {
    return this.ids.flatMap((other) => (other === id ? [] : (this.history.latest.get(other)?.ovn ?? [])))
  }

  async act(random: () => number, signal: AbortSignal): Promise<void> {
    const id = this.ids[Math.floor(random() * ENTITIES)] as string
    const pool = this.poolOf(id)
    const choice = random()
    // Some answers are lost although nothing is broken: the caller hangs up.
    const options = {
      firstAttemptMs: random() < 0.15 ? 2 + Math.floor(random() * 12) : 3_000,
      repeat: random() < 0.7,
      signal,
    }
    const from = this.history.latest.get(id)
    if (choice < 0.2 || from === undefined) return this.history.read(pool, id, signal)
    if (choice < 0.25) return this.history.query(pool, EVERYWHERE, signal)
    if (choice < 0.33 && from !== null) {
      const request = `${id} ${from.ovn}`
      if (this.#deleted.has(request)) return
      this.#deleted.add(request)
      await this.history.delete(pool, { id, from }, options)
      return
    }
    const endMs = this.nextEndMs()
    const extents = [volumeOf(Math.floor(random() * 4), Math.floor(random() * 3), endMs)]
    const key = this.keyFor(id).filter(() => random() > 0.01)
    const body = { extents, key, state: 'Accepted' as const, uss_base_url: 'https://sim.example' }
    // A creation is tried now and then over what is there.
    const onto = random() < 0.03 ? null : from
    // A creation repeated after somebody has deleted what it made is a creation anew, and rightly so: the pool cannot
    // tell it from one. Callers that share an id so freely must not repeat creations; the test below does, alone.
    const careful = { ...options, repeat: options.repeat && onto !== null }
    const { outcome } = await this.history.put(pool, { id, tag: toTime(endMs).value, from: onto, body }, careful)
    if (outcome !== 'accepted')
      await Promise.all(this.ids.map((other) => this.history.read(this.poolOf(other), other, signal)))
  }

  async decisions(): Promise<Decision[]> {
    const all: Decision[] = []
    for (;;) {
      const page = await (this.pools[0] as DssClient).decisions({ after: all.at(-1)?.seq ?? 0, limit: 1000 })
      if (page.kind !== 'accepted') throw new Error(`no decisions: ${page.kind}`)
      if (page.value.decisions.length === 0) return all
      all.push(...page.value.decisions)
    }
  }
}

/** Changes of intents in the order the pool decided them, each with the write that asked for it. */
function matched(decisions: readonly Decision[], writes: readonly Write[]): { decision: Decision; write: Write }[] {
  const byName = new Map(writes.map((write) => [`${write.id} ${write.tag ?? `without ${write.from}`}`, write]))
  return decisions
    .filter(({ kind, outcome }) => kind === 'operational_intent' && outcome === 'accepted')
    .map((decision) => {
      const tag = decision.reference === undefined ? '' : tagOf(decision.reference as never)
      const name = `${decision.id} ${decision.action === 'delete' ? `without ${tag}` : tag}`
      const write = byName.get(name)
      if (write === undefined) throw new Error(`decision ${decision.seq} (${name}) was asked for by nobody`)
      return { decision, write }
    })
}

test('under kills, every intent stays linearizable and no two plans that meet are unaware of each other', {
  timeout: 90_000,
}, async () => {
  const seed = Math.floor(Math.random() * 2 ** 32)
  const random = randomOf(seed)
  await using data = await makeDataDir()
  const port = await freePort()
  const flags = random() < 0.5 ? ['--exact'] : []
  let node: NodeProcess = await startNodeProcess({ dataDir: data.path, port, flags })
  const stage = new Stage(node.url)
  const { history } = stage

  const end = new AbortController()
  const workers = Array.from({ length: WORKERS }, async (_, index) => {
    const own = randomOf(seed + index + 1)
    while (!end.signal.aborted) {
      await stage.act(own, end.signal)
      await new Promise((resolve) => setTimeout(resolve, own() * 6))
    }
  })
  for (let kill = 0; kill < KILLS; kill++) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_KILLS_MS * (0.5 + random())))
    await node.kill()
    node = await startNodeProcess({ dataDir: data.path, port, flags })
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  end.abort()
  await Promise.all(workers)
  await using last = node
  expect(last.url).toBe(node.url)
  await Promise.all(stage.ids.map((id) => history.read(stage.poolOf(id), id, AbortSignal.timeout(10_000))))

  const told = `seed ${seed} ${flags.join()}`
  expect(history.contradictions, told).toEqual([])
  for (const [id, operations] of history.operations) {
    const verdict = checkLinearizable(operations)
    expect(verdict, `${told}, intent ${id}, ${operations.length} operations`).toEqual({ linearizable: true })
  }

  const changes = matched(await stage.decisions(), history.writes)
  const happened = new Set(changes.map(({ write }) => write))
  expect(happened.size, `${told}: a write happened twice`).toBe(changes.length)
  for (const write of history.writes) {
    if (write.outcome === 'accepted') expect(happened.has(write), `${told}: lost ${write.id} ${write.tag}`).toBe(true)
    if (write.outcome === 'refused') expect(happened.has(write), `${told}: refused, yet done ${write.tag}`).toBe(false)
  }

  // The pool's order is one in which nothing comes before what was answered before it was asked.
  let latestCallMs = Number.NEGATIVE_INFINITY
  for (const { decision, write } of changes) {
    const returnMs = write.outcome === 'accepted' ? write.returnMs : Number.POSITIVE_INFINITY
    expect(returnMs, `${told}: decision ${decision.seq} is out of order`).toBeGreaterThanOrEqual(latestCallMs)
    latestCallMs = Math.max(latestCallMs, write.callMs)
  }

  // Replay: whoever came second had shown the OVN of everything its plan truly meets.
  const present = new Map<string, Write>()
  let shown = 0
  for (const { decision, write } of changes) {
    expect(present.get(write.id)?.tag ?? null, `${told}: decision ${decision.seq}`).toBe(write.from)
    if (write.tag === null) {
      present.delete(write.id)
      continue
    }
    for (const [other, plan] of present) {
      if (other === write.id || meeting(write.extents, plan.extents) === null) continue
      const ovn = history.ovns.get(`${other} ${plan.tag}`)
      expect(ovn === undefined ? [] : write.key, `${told}: ${write.tag} did not know ${other} ${plan.tag}`).toContain(
        ovn,
      )
      shown++
    }
    present.set(write.id, write)
  }
  for (const id of stage.ids) {
    expect(history.latest.get(id)?.tag ?? null, `${told}: ${id} at the end`).toBe(present.get(id)?.tag ?? null)
  }

  const unknown = history.writes.filter(({ outcome }) => outcome === 'unknown')
  const repeated = history.writes.filter(({ outcome, attempts }) => outcome === 'accepted' && attempts > 1)
  console.info(
    `${told}: ${history.writes.length} writes, ${changes.length} done, ${unknown.length} without answer ` +
      `(${unknown.filter((write) => happened.has(write)).length} of them done), ${repeated.length} answered on repeat, ${shown} meetings known`,
  )
  // A run that had none of these has shown nothing.
  expect(changes.length, told).toBeGreaterThan(50)
  expect(shown, told).toBeGreaterThan(10)
  expect(unknown.length, told).toBeGreaterThan(0)
  expect(repeated.length, told).toBeGreaterThan(0)

  // A repeat that was refused although the first had happened can only mean that somebody changed it since.
  const order = changes.map(({ write }) => write)
  for (const write of unknown.filter((candidate) => candidate.answered && happened.has(candidate))) {
    const later = order.slice(order.indexOf(write) + 1).some((next) => next.id === write.id)
    expect(later, `${told}: the repeat of ${write.id} ${write.tag} did not return its result`).toBe(true)
  }
})

test('a write whose answer a kill took happened whole or not at all, and its repeat returns its result', {
  timeout: 90_000,
}, async () => {
  const random = randomOf(7)
  await using data = await makeDataDir()
  const port = await freePort()
  let node = await startNodeProcess({ dataDir: data.path, port })
  const stage = new Stage(node.url)
  const id = stage.ids[0] as string
  const pool = stage.poolOf(id)
  const signal = AbortSignal.timeout(80_000)
  let doneBefore = 0
  let version = 0
  for (let round = 0; round < 8; round++) {
    const endMs = stage.nextEndMs()
    const tag = toTime(endMs).value
    const body = {
      extents: [volumeOf(0, 0, endMs)],
      key: [],
      state: 'Accepted' as const,
      uss_base_url: 'https://sim.example',
    }
    const from = stage.history.latest.get(id) ?? null
    const writing = stage.history.put(pool, { id, tag, from, body }, { firstAttemptMs: 3_000, repeat: false, signal })
    await new Promise((resolve) => setTimeout(resolve, random() * 25))
    await node.kill()
    const first = await writing
    node = await startNodeProcess({ dataDir: data.path, port })
    await stage.history.read(pool, id, signal)
    const found = stage.history.latest.get(id) ?? null
    expect([tag, from?.tag ?? null]).toContain(found?.tag ?? null)
    if (first.outcome === 'accepted') expect(found?.tag).toBe(tag)
    if (found?.tag === tag) doneBefore++

    const repeat = await stage.history.put(
      pool,
      { id, tag, from, body },
      { firstAttemptMs: 3_000, repeat: false, signal },
    )
    expect(repeat.outcome).toBe('accepted')
    const reference = await pool.operationalIntents.get(id, { signal })
    if (reference.kind !== 'accepted') throw new Error('not there')
    expect(tagOf(reference.value.operational_intent_reference)).toBe(tag)
    expect(reference.value.operational_intent_reference.version).toBe(++version)
  }
  await using last = node
  expect(last.url).toBe(node.url)
  expect(stage.history.contradictions).toEqual([])
  const done = (await stage.decisions()).filter(
    ({ outcome, kind }) => outcome === 'accepted' && kind === 'operational_intent',
  )
  expect(done).toHaveLength(8)
  console.info(`${doneBefore} of 8 writes had happened before the kill`)
})

import { createDssClient, type DssClient, explainAnswer, issuerTokenSource, type TokenSource } from '@parley/client'
import type { Clearing } from '@parley/contracts'
import type { EntityId } from '@parley/units'
import { createBearerCheck } from './bearer.ts'
import { blockersOf, describe, findUnmet, type Met, type Outcome } from './expectation.ts'
import { lastPlayed } from './progress.ts'
import type { PlayableEntity, PlayableScenario } from './rebase.ts'
import type { Action, Beat, ConstraintTold, IntentTold } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'
import { type PlanRequest, SimulatedUss, type WriteOutcome } from './simulated-uss.ts'

/**
 * What became of a beat: `met` as expected, `unmet` otherwise, `told` for one without an act, `found` when an earlier
 * play on the same day had done it already.
 */
export type BeatStatus = 'met' | 'unmet' | 'told' | 'found'

export interface BeatReport {
  readonly beat: Beat
  readonly status: BeatStatus
  /** What happened, and what of it was not expected. */
  readonly detail: string
}

export type PlayEvent =
  | { readonly kind: 'beat'; readonly index: number; readonly count: number; readonly report: BeatReport }
  | { readonly kind: 'notice'; readonly message: string }

export interface PlayOptions {
  /** Origin of the node. */
  readonly baseUrl: string
  /** The token endpoint in full, for example `http://localhost:8080/token`; its keys are read from the same origin. */
  readonly issuerUrl: string
  readonly scenario: PlayableScenario
  /** Stops the play and its suppliers when aborted. */
  readonly signal: AbortSignal
  readonly log?: (event: PlayEvent) => void
  /** Times the told waits between beats; 0 plays without waiting, 1 as told. 1 unless given. */
  readonly pace?: number
}

/** A play that has come to its end. Its suppliers go on answering their peers until it is disposed of. */
export interface Play extends AsyncDisposable {
  readonly reports: readonly BeatReport[]
  readonly met: number
  readonly unmet: number
  readonly found: number
  /** True when the signal was aborted before the last beat. */
  readonly stopped: boolean
}

/**
 * Plays a scenario through a node's HTTP API with one simulated supplier for each that it names, and compares every
 * answer with what the scenario expects. Resolves after the last beat, or when the signal is aborted.
 *
 * Playing the same scenario again on the same day is harmless: ids are the same, so what an earlier play has left in
 * the pool is found and the story goes on behind it. A beat that does not come out as expected is reported, and the
 * play goes on. Throws ScenarioError `scenario-taken`, `scenario-address-taken` or `scenario-unplayable` before the
 * first beat, and nothing later.
 *
 * @example
 * await using play = await playScenario({
 *   baseUrl: 'http://localhost:8080',
 *   issuerUrl: 'http://localhost:8080/token',
 *   scenario: rebase(await loadScenario('fire'), Date.now()),
 *   signal,
 *   log: (event) => console.log(event),
 * })
 * console.log(play.met, play.unmet)
 */
export async function playScenario(options: PlayOptions): Promise<Play> {
  const cast = new Cast(options)
  const close = (): void => void cast[Symbol.asyncDispose]()
  options.signal.addEventListener('abort', close, { once: true })
  try {
    const reports = await cast.play()
    const count = (status: BeatStatus): number => reports.filter((report) => report.status === status).length
    return {
      reports,
      met: count('met'),
      unmet: count('unmet'),
      found: count('found'),
      stopped: reports.length < options.scenario.told.beats.length,
      [Symbol.asyncDispose]: async () => {
        options.signal.removeEventListener('abort', close)
        await cast[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await cast[Symbol.asyncDispose]()
    throw error
  }
}

interface Player {
  readonly uss: SimulatedUss
  readonly pool: DssClient
}

/** What an earlier play left of one entity. */
interface Left {
  readonly version: number
  readonly baseUrl: string
}

/** The suppliers on stage and what has been said so far. */
class Cast implements AsyncDisposable {
  readonly #options: PlayOptions
  readonly #scenario: PlayableScenario
  readonly #players = new Map<string, Player>()
  readonly #labels = new Map<string, string>()
  /** What the pool last offered to each intent. */
  readonly #offers = new Map<string, Clearing>()

  constructor(options: PlayOptions) {
    this.#options = options
    this.#scenario = options.scenario
    for (const [label, { id }] of [...this.#scenario.constraints, ...this.#scenario.intents])
      this.#labels.set(id, label)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#players.values()].map(({ uss }) => uss[Symbol.asyncDispose]()))
  }

  async play(): Promise<BeatReport[]> {
    const { beats } = this.#scenario.told
    const { log, signal } = this.#options
    const found = await this.#enter()
    const reports: BeatReport[] = []
    const report = (beat: Beat, status: BeatStatus, detail: string): void => {
      const said = { beat, status, detail }
      reports.push(said)
      log?.({ kind: 'beat', index: reports.length - 1, count: beats.length, report: said })
    }
    for (const beat of beats.slice(0, found + 1)) report(beat, 'found', 'played before')
    const startMs = performance.now() - (beats[found + 1]?.at_ms ?? 0) * this.#pace
    for (const beat of beats.slice(found + 1)) {
      await waitUntil(startMs + beat.at_ms * this.#pace, signal)
      if (signal.aborted) break
      if (beat.expects === null) {
        report(beat, 'told', beat.says)
        continue
      }
      const outcome = await this.#act(beat)
      if (signal.aborted) break
      const problems = findUnmet(beat.expects, outcome)
      const happened = describe(outcome)
      report(
        beat,
        problems.length === 0 ? 'met' : 'unmet',
        problems.length === 0 ? happened : `${happened} — ${problems.join('; ')}`,
      )
    }
    return reports
  }

  get #pace(): number {
    return this.#options.pace ?? 1
  }

  /** Brings the suppliers on stage, each where it stood before, and returns the last beat that has been played. */
  async #enter(): Promise<number> {
    const scenario = this.#scenario
    const pools = new Map<string, DssClient>()
    const tokens = new Map<string, (audience: string) => TokenSource>()
    for (const { label, manager } of scenario.told.suppliers) {
      const tokenFor = this.#tokensOf(manager)
      tokens.set(label, tokenFor)
      const { baseUrl } = this.#options
      pools.set(label, createDssClient({ baseUrl, token: tokenFor(new URL(baseUrl).hostname) }))
    }
    const left = new Map<string, Left>()
    const subscriptions = new Set<EntityId>()
    for (const { id, told } of scenario.subscriptions.values()) {
      const answer = await (pools.get(told.supplier) as DssClient).subscriptions.get(id, {
        signal: this.#options.signal,
      })
      if (answer.kind === 'accepted') {
        subscriptions.add(id)
        left.set(id, { version: 0, baseUrl: answer.value.subscription.uss_base_url })
      } else if (!(answer.kind === 'refused' && answer.status === 404)) {
        throw answer.kind === 'refused' && answer.status === 403
          ? new ScenarioError('scenario-taken', `Subscription ${id} belongs to somebody else.`, { id })
          : unplayable(explainAnswer(answer))
      }
    }
    const versions = new Map<EntityId, number>()
    const adoptions: (() => void)[] = []
    for (const entity of scenario.constraints.values()) {
      const answer = await (pools.get(entity.supplier) as DssClient).constraints.get(entity.id, {
        signal: this.#options.signal,
      })
      const reference = this.#present(entity, answer.kind === 'accepted' ? answer.value.constraint_reference : answer)
      if (reference === null) continue
      versions.set(entity.id, reference.version)
      left.set(entity.id, { version: reference.version, baseUrl: reference.uss_base_url })
      adoptions.push(() => {
        const does = this.#lastOf(entity.told.label, lastPlayed(scenario, { versions, subscriptions }))
        if (does?.kind === 'constrain') {
          this.#player(entity.supplier).uss.adoptConstraint(reference, detailsOf(entity, does.revision))
        }
      })
    }
    for (const entity of scenario.intents.values()) {
      const answer = await (pools.get(entity.supplier) as DssClient).operationalIntents.get(entity.id, {
        signal: this.#options.signal,
      })
      const reference = this.#present(
        entity,
        answer.kind === 'accepted' ? answer.value.operational_intent_reference : answer,
      )
      if (reference === null) continue
      versions.set(entity.id, reference.version)
      left.set(entity.id, { version: reference.version, baseUrl: reference.uss_base_url })
      adoptions.push(() => {
        const does = this.#lastOf(entity.told.label, lastPlayed(scenario, { versions, subscriptions }))
        if (does?.kind === 'plan' || does?.kind === 'shift') {
          this.#player(entity.supplier).uss.adoptIntent(reference, this.#request(does))
        }
      })
    }

    const last = lastPlayed(scenario, { versions, subscriptions })
    const isComplete = last === lastPlayed(scenario, everything(scenario))
    const moved = new Set<string>()
    for (const { label, manager } of scenario.told.suppliers) {
      const before = [...left].find(([id]) => this.#supplierOf(id) === label)?.[1].baseUrl
      const wanted = before === undefined ? 0 : portOf(before)
      const uss = this.#supplier(
        manager,
        pools.get(label) as DssClient,
        tokens.get(label) as (audience: string) => TokenSource,
        wanted,
      )
      try {
        await uss.start()
      } catch (error) {
        if (wanted === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
        if (!isComplete) {
          throw new ScenarioError(
            'scenario-address-taken',
            `The scenario cannot go on: another program listens at 127.0.0.1:${wanted}, where ${manager} was. Free that address or play in a new data folder.`,
            { address: `127.0.0.1:${wanted}` },
          )
        }
        const elsewhere = this.#supplier(
          manager,
          pools.get(label) as DssClient,
          tokens.get(label) as (audience: string) => TokenSource,
          0,
        )
        await elsewhere.start()
        this.#players.set(label, { uss: elsewhere, pool: pools.get(label) as DssClient })
        moved.add(label)
        continue
      }
      this.#players.set(label, { uss, pool: pools.get(label) as DssClient })
    }
    for (const adopt of adoptions) adopt()
    await this.#moveHouse(moved)
    return last
  }

  /** Writes the new address of suppliers whose old one was taken into everything they have in the pool. */
  async #moveHouse(moved: ReadonlySet<string>): Promise<void> {
    const { constraints, intents, subscriptions, told } = this.#scenario
    for (const label of moved) {
      const { uss } = this.#player(label)
      for (const { id, told: subscription, extents } of subscriptions.values()) {
        if (subscription.supplier === label) this.#mustMove(await uss.subscribe(id, extents))
      }
      for (const entity of constraints.values()) {
        const does = this.#lastOf(entity.told.label, told.beats.length - 1)
        if (uss.constraint(entity.id) === undefined || does?.kind !== 'constrain') continue
        this.#mustMove(await uss.constrain(entity.id, detailsOf(entity, does.revision)))
      }
      for (const entity of intents.values()) {
        const does = this.#lastOf(entity.told.label, told.beats.length - 1)
        if (uss.operationalIntent(entity.id) === undefined || (does?.kind !== 'plan' && does?.kind !== 'shift'))
          continue
        this.#mustMove(await uss.plan(this.#request(does)))
      }
    }
  }

  #mustMove(outcome: WriteOutcome): void {
    if (outcome.kind === 'accepted') return
    const why = outcome.kind === 'failed' ? outcome.message : outcome.error.message
    this.#options.log?.({ kind: 'notice', message: `A supplier's new address could not be written: ${why}` })
  }

  #supplier(manager: string, pool: DssClient, tokenFor: (audience: string) => TokenSource, port: number): SimulatedUss {
    const { issuerUrl, log, signal } = this.#options
    return new SimulatedUss({
      manager,
      pool,
      tokenFor,
      port,
      signal,
      path: `/simulated/${this.#scenario.told.name}/${manager}`,
      bearer: createBearerCheck({ keysUrl: new URL('/.well-known/jwks.json', issuerUrl), audience: '127.0.0.1' }),
      onNotice: (message) => log?.({ kind: 'notice', message: `${manager}: ${message}` }),
    })
  }

  #tokensOf(sub: string): (audience: string) => TokenSource {
    const sources = new Map<string, TokenSource>()
    return (audience) => {
      let source = sources.get(audience)
      if (source === undefined) {
        source = issuerTokenSource({ issuerUrl: this.#options.issuerUrl, audience, sub })
        sources.set(audience, source)
      }
      return source
    }
  }

  /** The reference of an entity of ours, null when there is none; throws when it is somebody else's. */
  #present<T extends { readonly manager: string }>(
    entity: PlayableEntity<ConstraintTold | IntentTold>,
    answer: T | Parameters<typeof explainAnswer>[0],
  ): T | null {
    if ('kind' in answer) {
      if (answer.kind === 'refused' && answer.status === 404) return null
      throw unplayable(explainAnswer(answer))
    }
    const { manager } = answer
    const ours = this.#scenario.told.suppliers.find((supplier) => supplier.label === entity.supplier)?.manager
    if (manager !== ours) {
      throw new ScenarioError('scenario-taken', `${entity.id} of the scenario belongs to ${manager} in this pool.`, {
        id: entity.id,
        manager,
      })
    }
    return answer
  }

  #player(label: string): Player {
    return this.#players.get(label) as Player
  }

  #supplierOf(id: string): string | undefined {
    const { constraints, intents, subscriptions } = this.#scenario
    for (const subscription of subscriptions.values()) if (subscription.id === id) return subscription.told.supplier
    return [...constraints.values(), ...intents.values()].find((entity) => entity.id === id)?.supplier
  }

  /** The last accepted act about an entity, up to and with the beat at `last`. */
  #lastOf(label: string, last: number): Action | undefined {
    return this.#scenario.told.beats
      .slice(0, last + 1)
      .filter(({ expects }) => expects?.outcome === 'accepted')
      .map(({ does }) => does)
      .findLast((does) => ('intent' in does ? does.intent : 'constraint' in does ? does.constraint : null) === label)
  }

  #request(does: Extract<Action, { kind: 'plan' | 'shift' }>): PlanRequest {
    const entity = this.#scenario.intents.get(does.intent) as PlayableEntity<IntentTold>
    const { priority, subscription, under } = entity.told
    const coordinated = does.kind === 'plan' ? does.coordinated : []
    return {
      id: entity.id,
      priority,
      extents: entity.revisions.get(does.revision) ?? [],
      state: does.kind === 'plan' ? does.state : 'Accepted',
      subscriptionId:
        subscription === 'implicit'
          ? (this.#players.get(entity.supplier)?.uss.operationalIntent(entity.id)?.reference.subscription_id ?? null)
          : (this.#scenario.subscriptions.get(subscription)?.id ?? null),
      permitted: new Set([
        ...under.map((label) => this.#scenario.constraints.get(label)?.id as string),
        ...coordinated.map((label) => this.#scenario.intents.get(label)?.id as string),
      ]),
    }
  }

  async #act({ actor, does }: Beat): Promise<Outcome> {
    const { uss } = this.#player(actor)
    switch (does.kind) {
      case 'tell':
        return ACCEPTED
      case 'subscribe': {
        const subscription = this.#scenario.subscriptions.get(does.subscription)
        return subscription === undefined
          ? ACCEPTED
          : this.#outcome(await uss.subscribe(subscription.id, subscription.extents))
      }
      case 'constrain': {
        const entity = this.#scenario.constraints.get(does.constraint) as PlayableEntity<ConstraintTold>
        const written = await uss.constrain(entity.id, detailsOf(entity, does.revision))
        return written.kind === 'accepted'
          ? { kind: 'accepted', affected: await this.#affected(entity.id, written.version) }
          : this.#outcome(written)
      }
      case 'plan': {
        const written = await uss.plan(this.#request(does))
        if (written.kind === 'refused') this.#offers.set(does.intent, written.error.clearing ?? {})
        return this.#outcome(written)
      }
      case 'shift': {
        const wrong = this.#misfit(does)
        return wrong === null ? this.#outcome(await uss.plan(this.#request(does))) : { kind: 'failed', message: wrong }
      }
      case 'end': {
        const entity = this.#scenario.intents.get(does.intent) as PlayableEntity<IntentTold>
        return this.#outcome(await uss.end(entity.id))
      }
    }
  }

  #outcome(written: WriteOutcome): Outcome {
    switch (written.kind) {
      case 'accepted':
        return ACCEPTED
      case 'failed':
        return written
      case 'refused':
        return written.error.blocking === undefined
          ? { kind: 'failed', message: `refused without saying what blocks: ${written.error.message}` }
          : {
              kind: 'refused',
              blockers: blockersOf(written.error.blocking, this.#labels),
              clearing: written.error.clearing ?? {},
            }
    }
  }

  /** Who each supplier says is hit by a changed constraint, with the figures that the pool gives for it. */
  async #affected(constraintId: string, version: number): Promise<Met[]> {
    const met: Met[] = []
    for (const { uss, pool } of this.#players.values()) {
      for (const { intentId } of uss.affectedBy(constraintId, version)) {
        const extents = uss.operationalIntent(intentId)?.details.volumes ?? []
        const verdict = await pool.check({ extents: [...extents], ignore: intentId }, { signal: this.#options.signal })
        const blocking = verdict.kind === 'accepted' ? verdict.value.blocking : []
        const item = blocking.find(({ id, overlaps }) => id === constraintId && overlaps)
        met.push({
          label: this.#labels.get(intentId) ?? intentId,
          timeS: item?.time_s ?? Number.NaN,
          heightM: item?.height_m ?? Number.NaN,
        })
      }
    }
    return met
  }

  /** Why a shift does not follow from what the pool offered; null when it does. */
  #misfit(does: Extract<Action, { kind: 'shift' }>): string | null {
    const offered = this.#offers.get(does.intent)?.[does.direction]
    if (offered === undefined) return `the pool offered ${does.intent} no ${does.direction}`
    const entity = this.#scenario.intents.get(does.intent) as PlayableEntity<IntentTold>
    const shift = shiftBetween(entity, does)
    return shift >= offered && shift <= offered + does.round_up
      ? null
      : `a ${does.direction} of ${shift} is not the offered ${offered} rounded up by at most ${does.round_up}`
  }
}

const ACCEPTED: Outcome = { kind: 'accepted', affected: [] }

function detailsOf(entity: PlayableEntity<ConstraintTold>, revision: string) {
  return { volumes: [...(entity.revisions.get(revision) ?? [])], type: entity.told.type }
}

/** How far the first volume of one revision lies from that of the other, later or up. */
function shiftBetween(entity: PlayableEntity<IntentTold>, does: Extract<Action, { kind: 'shift' }>): number {
  const [from] = entity.revisions.get(does.from) ?? []
  const [to] = entity.revisions.get(does.revision) ?? []
  switch (does.direction) {
    case 'later_s':
      return (Date.parse(to?.time_start?.value ?? '') - Date.parse(from?.time_start?.value ?? '')) / 1000
    case 'up_m':
      return (to?.volume.altitude_lower?.value ?? Number.NaN) - (from?.volume.altitude_lower?.value ?? Number.NaN)
  }
}

/** What a play to the end leaves at least. */
function everything(scenario: PlayableScenario) {
  return {
    versions: new Map(
      [...scenario.constraints.values(), ...scenario.intents.values()].map(({ id }) => [id, Number.POSITIVE_INFINITY]),
    ),
    subscriptions: new Set([...scenario.subscriptions.values()].map(({ id }) => id)),
  }
}

function portOf(baseUrl: string): number {
  return URL.canParse(baseUrl) ? Number(new URL(baseUrl).port) : 0
}

function unplayable(answer: string): ScenarioError {
  return new ScenarioError('scenario-unplayable', `The pool cannot be read before the first beat: ${answer}`, {
    answer,
  })
}

/** Waits until `atMs` on the monotonic clock, or until the signal is aborted. */
async function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = atMs - performance.now()
  if (waitMs <= 0 || signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, waitMs)
    signal.addEventListener('abort', done, { once: true })
  })
}

import {
  type Answer,
  type ConflictBody,
  type ConstraintNotice,
  createUssClient,
  type DssClient,
  explainAnswer,
  type OperationalIntentNotice,
  type TokenSource,
  type UssClient,
} from '@parley/client'
import {
  Constraint,
  type ConstraintReference,
  compileSchema,
  OperationalIntent,
  type OperationalIntentReference,
  type SubscriberToNotify,
  type Volume4D,
} from '@parley/contracts'
import type { BearerCheck } from './bearer.ts'
import { type Meeting, meeting } from './meeting.ts'
import { startUssServer, type UssDesk, type UssServer } from './uss-server.ts'

export interface SimulatedUssOptions {
  /** Its name in the pool, and the `sub` of its tokens. */
  readonly manager: string
  readonly pool: DssClient
  /** Tokens for a host, in this supplier's name. */
  readonly tokenFor: (audience: string) => TokenSource
  readonly bearer: BearerCheck
  /** Path before `/uss/v1`. */
  readonly path: string
  /** Port to listen on; 0 for any. */
  readonly port: number
  readonly signal: AbortSignal
  /** Told of what went wrong beside the work itself: a peer that was not reached. */
  readonly onNotice: (message: string) => void
}

/** What came of a write. A refusal carries the pool's explanation. */
export type WriteOutcome =
  | { readonly kind: 'accepted'; readonly version: number }
  | { readonly kind: 'refused'; readonly error: ConflictBody }
  | { readonly kind: 'failed'; readonly message: string }

export interface PlanRequest {
  readonly id: string
  readonly priority: number
  readonly extents: readonly Volume4D[]
  readonly state: 'Accepted' | 'Activated'
  /** Subscription it is attached to; null lets the pool make one. */
  readonly subscriptionId: string | null
  /** Intents coordinated with and constraints cleared for: met knowingly. */
  readonly permitted: ReadonlySet<string>
}

/** A plan of ours that a changed constraint hits without our being cleared for it. */
export interface Affected {
  readonly intentId: string
  readonly meeting: Meeting
}

/** What is known of an item in the way: enough to judge it, and the OVN that proves it is known. */
interface Known {
  readonly id: string
  readonly ovn: string
  readonly volumes: readonly Volume4D[]
  /** Null for a constraint: no priority stands above it. */
  readonly priority: number | null
}

interface OwnIntent extends OperationalIntent {
  readonly permitted: ReadonlySet<string>
}

/** Peers answer within a second by the standard; nobody waits long for one that does not. */
const PEER_SETTINGS = { deadlineMs: 5_000, attemptMs: 2_000 }
/** How often a plan is tried again because something changed between looking and writing. */
const ROUNDS = 4

const readIntent = compileSchema<OperationalIntent>(OperationalIntent)
const readConstraint = compileSchema<Constraint>(Constraint)

/**
 * A small F3548-21 supplier for demonstrations and tests. It looks at what is in the pool, asks each manager for the
 * details, presents the OVN of all that its plan does not truly meet or may meet, and leaves out what it may not: the
 * pool then refuses and explains. It tells every subscriber that the pool names, as long as it is on this machine:
 * no request of a simulation leaves it.
 */
export class SimulatedUss implements UssDesk, AsyncDisposable {
  readonly #options: SimulatedUssOptions
  readonly #intents = new Map<string, OwnIntent>()
  readonly #constraints = new Map<string, Constraint>()
  readonly #affected = new Map<string, { readonly version: number; readonly hits: readonly Affected[] }>()
  #server: UssServer | null = null

  constructor(options: SimulatedUssOptions) {
    this.#options = options
  }

  /** Starts to listen. Rejects with the listen error when the port is taken. */
  async start(): Promise<void> {
    this.#server = await startUssServer(this, this.#options)
  }

  /** The `uss_base_url` under which peers reach it; it must have been started. */
  get baseUrl(): string {
    if (this.#server === null) throw new TypeError('This supplier has not been started.')
    return this.#server.baseUrl
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }

  operationalIntent(id: string): OperationalIntent | undefined {
    const own = this.#intents.get(id)
    return own === undefined ? undefined : { reference: own.reference, details: own.details }
  }

  constraint(id: string): Constraint | undefined {
    return this.#constraints.get(id)
  }

  /** Intents of peers are looked up when a plan is made, so a notice of one changes nothing here. */
  toldOfOperationalIntent(_notice: OperationalIntentNotice, _by: string): void {}

  toldOfConstraint(notice: ConstraintNotice, by: string): void {
    const checked = readConstraint(notice.constraint)
    if (checked.kind === 'invalid') {
      if (typeof notice.constraint_id === 'string') this.#affected.delete(notice.constraint_id)
      return
    }
    const { reference, details } = checked.value
    if (reference.manager !== by || reference.id !== notice.constraint_id) return
    const hits: Affected[] = []
    for (const [intentId, intent] of this.#intents) {
      if (intent.permitted.has(reference.id)) continue
      const met = meeting(intent.details.volumes ?? [], details.volumes)
      if (met !== null) hits.push({ intentId, meeting: met })
    }
    this.#affected.set(reference.id, { version: reference.version, hits })
  }

  /** Plans of its own that version `version` of a constraint hits; none when it has not been told of that version. */
  affectedBy(constraintId: string, version: number): readonly Affected[] {
    const known = this.#affected.get(constraintId)
    return known?.version === version ? known.hits : []
  }

  /** Takes over an intent that an earlier process of this supplier left in the pool. */
  adoptIntent(reference: OperationalIntentReference, plan: PlanRequest): void {
    this.#intents.set(plan.id, { reference, details: detailsOf(plan), permitted: plan.permitted })
  }

  /** Takes over a constraint that an earlier process of this supplier left in the pool. */
  adoptConstraint(reference: ConstraintReference, details: Constraint['details']): void {
    this.#constraints.set(reference.id, { reference, details })
  }

  /** Subscribes to intents and constraints. */
  async subscribe(id: string, extents: Volume4D): Promise<WriteOutcome> {
    const { pool, signal } = this.#options
    const body = {
      extents,
      uss_base_url: this.baseUrl,
      notify_for_operational_intents: true,
      notify_for_constraints: true,
    }
    const present = await pool.subscriptions.get(id, { signal })
    const answer =
      present.kind === 'accepted'
        ? await pool.subscriptions.update(id, present.value.subscription.version, body, { signal })
        : await pool.subscriptions.put(id, body, { signal })
    return answer.kind === 'accepted' ? { kind: 'accepted', version: 0 } : unmet(answer)
  }

  /** Writes a constraint and tells those the pool names. */
  async constrain(id: string, details: Constraint['details']): Promise<WriteOutcome> {
    const { pool, signal, manager } = this.#options
    const body = { extents: details.volumes, uss_base_url: this.baseUrl }
    const ovn = this.#constraints.get(id)?.reference.ovn
    const answer =
      ovn === undefined
        ? await pool.constraints.put(id, body, { signal })
        : await pool.constraints.update(id, ovn, body, { signal })
    if (answer.kind !== 'accepted') return unmet(answer)
    const constraint: Constraint = { reference: answer.value.constraint_reference, details }
    this.#constraints.set(id, constraint)
    this.toldOfConstraint({ constraint_id: id, constraint, subscriptions: [] }, manager)
    await this.#tell(answer.value.subscribers, (peer, subscriptions) =>
      peer.notifyConstraint({ constraint_id: id, constraint, subscriptions }, { ...PEER_SETTINGS, signal }),
    )
    return { kind: 'accepted', version: constraint.reference.version }
  }

  /** Creates or changes an intent; see the class for what is presented. */
  async plan(request: PlanRequest): Promise<WriteOutcome> {
    const { pool, signal } = this.#options
    for (let round = 1; ; round++) {
      const known = await this.#learn(request.extents)
      if (known.kind === 'failed') return known
      const presented = known.items.filter((item) => item.id !== request.id && mayMeet(request, item))
      const body = {
        extents: [...request.extents],
        key: presented.map((item) => item.ovn),
        state: request.state,
        uss_base_url: this.baseUrl,
        ...(request.subscriptionId === null
          ? { new_subscription: { uss_base_url: this.baseUrl, notify_for_constraints: true } }
          : { subscription_id: request.subscriptionId }),
      }
      const ovn = this.#intents.get(request.id)?.reference.ovn
      const answer =
        ovn === undefined
          ? await pool.operationalIntents.put(request.id, body, { signal })
          : await pool.operationalIntents.update(request.id, ovn, body, { signal })
      if (answer.kind === 'conflict' && round < ROUNDS && isOutrun(answer.error, known.items, presented)) continue
      if (answer.kind !== 'accepted') return unmet(answer)
      const reference = answer.value.operational_intent_reference
      this.adoptIntent(reference, request)
      await this.#tellOfIntent(request.id, answer.value.subscribers)
      return { kind: 'accepted', version: reference.version }
    }
  }

  /** Ends an intent. One that is not there has ended. */
  async end(id: string): Promise<WriteOutcome> {
    const { pool, signal } = this.#options
    const own = this.#intents.get(id)
    if (own?.reference.ovn === undefined) return { kind: 'accepted', version: 0 }
    const answer = await pool.operationalIntents.delete(id, own.reference.ovn, { signal })
    if (answer.kind !== 'accepted' && !(answer.kind === 'refused' && answer.status === 404)) return unmet(answer)
    this.#intents.delete(id)
    if (answer.kind === 'accepted') await this.#tellOfIntent(id, answer.value.subscribers)
    return { kind: 'accepted', version: 0 }
  }

  /** Everything in the pool near the extents whose details could be had. */
  async #learn(
    extents: readonly Volume4D[],
  ): Promise<{ kind: 'learned'; items: Known[] } | { kind: 'failed'; message: string }> {
    const { pool, signal } = this.#options
    const items = new Map<string, Known>()
    for (const area of areasOf(extents)) {
      const intents = await pool.operationalIntents.query(area, { signal })
      if (intents.kind !== 'accepted') return unmetQuery(intents)
      const constraints = await pool.constraints.query(area, { signal })
      if (constraints.kind !== 'accepted') return unmetQuery(constraints)
      const found = await Promise.all([
        ...intents.value.operational_intent_references.map((reference) => this.#learnIntent(reference)),
        ...constraints.value.constraint_references.map((reference) => this.#learnConstraint(reference)),
      ])
      for (const item of found) if (item !== null) items.set(item.id, item)
    }
    return { kind: 'learned', items: [...items.values()] }
  }

  async #learnIntent(reference: OperationalIntentReference): Promise<Known | null> {
    const own = this.#intents.get(reference.id)
    if (own !== undefined) return knownIntent(own)
    const peer = this.#peer(reference.uss_base_url)
    if (peer === null || reference.manager === this.#options.manager) return null
    const answer = await peer.operationalIntent(reference.id, { ...PEER_SETTINGS, signal: this.#options.signal })
    if (answer.kind !== 'accepted') {
      this.#options.onNotice(`${reference.manager} gave no details of ${reference.id}: ${explainAnswer(answer)}`)
      return null
    }
    const checked = readIntent(answer.value?.operational_intent)
    if (checked.kind === 'invalid' || checked.value.reference.id !== reference.id) {
      this.#options.onNotice(`${reference.manager} gave malformed details of ${reference.id}.`)
      return null
    }
    return knownIntent(checked.value)
  }

  async #learnConstraint(reference: ConstraintReference): Promise<Known | null> {
    const own = this.#constraints.get(reference.id)
    if (own !== undefined) return knownConstraint(own)
    const peer = this.#peer(reference.uss_base_url)
    if (peer === null || reference.manager === this.#options.manager) return null
    const answer = await peer.constraint(reference.id, { ...PEER_SETTINGS, signal: this.#options.signal })
    if (answer.kind !== 'accepted') {
      this.#options.onNotice(`${reference.manager} gave no details of ${reference.id}: ${explainAnswer(answer)}`)
      return null
    }
    const checked = readConstraint(answer.value?.constraint)
    if (checked.kind === 'invalid' || checked.value.reference.id !== reference.id) {
      this.#options.onNotice(`${reference.manager} gave malformed details of ${reference.id}.`)
      return null
    }
    return knownConstraint(checked.value)
  }

  async #tellOfIntent(id: string, subscribers: readonly SubscriberToNotify[]): Promise<void> {
    const intent = this.operationalIntent(id)
    const about = intent === undefined ? {} : { operational_intent: intent }
    await this.#tell(subscribers, (peer, subscriptions) =>
      peer.notifyOperationalIntent(
        { operational_intent_id: id, ...about, subscriptions },
        { ...PEER_SETTINGS, signal: this.#options.signal },
      ),
    )
  }

  async #tell(
    subscribers: readonly SubscriberToNotify[],
    tell: (peer: UssClient, subscriptions: SubscriberToNotify['subscriptions']) => Promise<Answer<undefined>>,
  ): Promise<void> {
    await Promise.all(
      subscribers.map(async ({ uss_base_url, subscriptions }) => {
        if (uss_base_url === this.baseUrl) return
        const peer = this.#peer(uss_base_url)
        const answer = peer === null ? null : await tell(peer, subscriptions)
        if (answer === null) this.#options.onNotice(`${uss_base_url} is not on this machine and was not told.`)
        else if (answer.kind !== 'accepted') {
          this.#options.onNotice(`${uss_base_url} could not be told: ${explainAnswer(answer)}`)
        }
      }),
    )
  }

  /** A client of a peer on this machine; null for any other address. */
  #peer(baseUrl: string): UssClient | null {
    const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : ''
    return LOOPBACK.has(host) ? createUssClient({ baseUrl, token: this.#options.tokenFor(host) }) : null
  }
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Whether a plan may be made knowing this item: it is apart, or met with leave, or stands lower. */
function mayMeet(request: PlanRequest, item: Known): boolean {
  if (request.permitted.has(item.id)) return true
  if (item.priority !== null && request.priority > item.priority) return true
  return meeting(request.extents, item.volumes) === null
}

/** Whether the refusal is about something that was not there, or not so, when we looked. */
function isOutrun(error: ConflictBody, known: readonly Known[], presented: readonly Known[]): boolean {
  const missing = [...(error.missing_operational_intents ?? []), ...(error.missing_constraints ?? [])]
  return missing.some(({ id }) => presented.some((item) => item.id === id) || !known.some((item) => item.id === id))
}

function detailsOf(plan: PlanRequest): OperationalIntent['details'] {
  return { volumes: [...plan.extents], off_nominal_volumes: [], priority: plan.priority }
}

function knownIntent({ reference, details }: OperationalIntent): Known | null {
  const volumes = [...(details.volumes ?? []), ...(details.off_nominal_volumes ?? [])]
  return reference.ovn === undefined
    ? null
    : { id: reference.id, ovn: reference.ovn, volumes, priority: details.priority ?? 0 }
}

function knownConstraint({ reference, details }: Constraint): Known | null {
  return reference.ovn === undefined
    ? null
    : { id: reference.id, ovn: reference.ovn, volumes: details.volumes, priority: null }
}

/** One area of interest for each outline: its volumes' bounds in height and time together. */
function areasOf(extents: readonly Volume4D[]): Volume4D[] {
  const areas = new Map<string, Volume4D>()
  for (const extent of extents) {
    const { outline_circle, outline_polygon } = extent.volume
    const outline = JSON.stringify([outline_circle, outline_polygon])
    const area = areas.get(outline)
    areas.set(outline, area === undefined ? extent : spanning(area, extent))
  }
  return [...areas.values()]
}

/** An absent bound is open and stays so. */
function spanning(one: Volume4D, other: Volume4D): Volume4D {
  const lower = [one.volume.altitude_lower, other.volume.altitude_lower]
  const upper = [one.volume.altitude_upper, other.volume.altitude_upper]
  const starts = [one.time_start, other.time_start]
  const ends = [one.time_end, other.time_end]
  const { altitude_lower: _lower, altitude_upper: _upper, ...outline } = one.volume
  const first = <T>(values: readonly (T | null | undefined)[], before: (a: T, b: T) => boolean): T | null => {
    const [a, b] = values
    return a == null || b == null ? null : before(a, b) ? a : b
  }
  return {
    volume: {
      ...outline,
      altitude_lower: first(lower, (a, b) => a.value <= b.value),
      altitude_upper: first(upper, (a, b) => a.value >= b.value),
    },
    time_start: first(starts, (a, b) => a.value <= b.value),
    time_end: first(ends, (a, b) => a.value >= b.value),
  }
}

function unmet(answer: Exclude<Answer<unknown>, { kind: 'accepted' }>): WriteOutcome {
  return answer.kind === 'conflict'
    ? { kind: 'refused', error: answer.error }
    : { kind: 'failed', message: explainAnswer(answer) }
}

function unmetQuery(answer: Exclude<Answer<unknown>, { kind: 'accepted' }>): { kind: 'failed'; message: string } {
  return { kind: 'failed', message: explainAnswer(answer) }
}

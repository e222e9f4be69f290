import { type Answer, type DssClient, NO_RETRY } from '@parley/client'
import type {
  ChangeOperationalIntentReferenceResponse,
  OperationalIntentReference,
  PutOperationalIntentReferenceParameters,
  Volume4D,
} from '@parley/contracts'
import type { Effect, Operation, Version } from '@parley/testkit'

/** One write as its caller knows it. `tag` names the version it makes: its end time, which no other write has. */
export interface Write {
  readonly id: string
  readonly tag: Version
  readonly from: Version
  readonly extents: readonly Volume4D[]
  readonly key: readonly string[]
  readonly callMs: number
  readonly returnMs: number
  /** `unknown`: no answer, or one to a repeat that does not say what became of the first. */
  readonly outcome: 'accepted' | 'refused' | 'unknown'
  readonly attempts: number
  /** Whether the last attempt had an answer. */
  readonly answered: boolean
}

export interface WriteOptions {
  /** Limit of the first attempt; a short one loses the answer, not the write. */
  readonly firstAttemptMs: number
  /** Whether to repeat the same request after a lost answer until there is one. */
  readonly repeat: boolean
  readonly signal: AbortSignal
}

/** Version tags are end times, so a reference says which write made it. */
export const tagOf = (reference: OperationalIntentReference): string => reference.time_end.value

/** What many clients asked of one pool and what they were told, kept for judgement afterwards. */
export class History {
  readonly operations = new Map<string, Operation[]>()
  readonly writes: Write[] = []
  /** OVN of each version by `id tag`, from answers to its manager. */
  readonly ovns = new Map<string, string>()
  /** What is believed to be there; may be outdated. */
  readonly latest = new Map<string, { readonly tag: string; readonly ovn: string } | null>()
  readonly contradictions: string[] = []

  /** Reads an intent as its manager. */
  async read(pool: DssClient, id: string, signal: AbortSignal): Promise<void> {
    const callMs = performance.now()
    const answer = await pool.operationalIntents.get(id, { signal, retry: NO_RETRY, attemptMs: 3_000 })
    if (answer.kind === 'accepted') {
      const reference = answer.value.operational_intent_reference
      this.#learn(reference)
      this.#record(id, callMs, { kind: 'read', saw: tagOf(reference) })
    } else if (answer.kind === 'refused' && answer.status === 404) {
      this.latest.set(id, null)
      this.#record(id, callMs, { kind: 'read', saw: null })
    } else if (answer.kind !== 'failed') {
      this.contradictions.push(`reading ${id}: ${answer.kind} ${answer.status}`)
    }
  }

  /** Everything near, as one manager sees it: a read of each of its intents that is listed. */
  async query(pool: DssClient, area: Volume4D, signal: AbortSignal): Promise<void> {
    const callMs = performance.now()
    const answer = await pool.operationalIntents.query(area, { signal, retry: NO_RETRY, attemptMs: 3_000 })
    if (answer.kind === 'failed') return
    if (answer.kind !== 'accepted') {
      this.contradictions.push(`querying: ${answer.kind} ${answer.status}`)
      return
    }
    for (const reference of answer.value.operational_intent_references) {
      this.#record(reference.id, callMs, { kind: 'read', saw: tagOf(reference) })
    }
  }

  /** Creates (`from` null) or updates. */
  put(
    pool: DssClient,
    plan: {
      readonly id: string
      readonly tag: string
      readonly from: { readonly tag: string; readonly ovn: string } | null
      readonly body: PutOperationalIntentReferenceParameters
    },
    options: WriteOptions,
  ): Promise<Write> {
    const { id, tag, from, body } = plan
    const settings = { retry: NO_RETRY, signal: options.signal }
    return this.#write(
      { id, tag, from: from?.tag ?? null, extents: body.extents, key: body.key ?? [] },
      (attemptMs) =>
        from === null
          ? pool.operationalIntents.put(id, body, { ...settings, attemptMs })
          : pool.operationalIntents.update(id, from.ovn, body, { ...settings, attemptMs }),
      options,
    )
  }

  /** Deletes the version `from`. The same deletion asked for by two callers would be one repeated: ask once. */
  delete(
    pool: DssClient,
    plan: { readonly id: string; readonly from: { readonly tag: string; readonly ovn: string } },
    options: WriteOptions,
  ): Promise<Write> {
    return this.#write(
      { id: plan.id, tag: null, from: plan.from.tag, extents: [], key: [] },
      (attemptMs) =>
        pool.operationalIntents.delete(plan.id, plan.from.ovn, { retry: NO_RETRY, signal: options.signal, attemptMs }),
      options,
    )
  }

  async #write(
    about: Pick<Write, 'id' | 'tag' | 'from' | 'extents' | 'key'>,
    send: (attemptMs: number) => Promise<Answer<ChangeOperationalIntentReferenceResponse>>,
    options: WriteOptions,
  ): Promise<Write> {
    const callMs = performance.now()
    let lastCallMs = callMs
    let attempts = 1
    let answer = await send(options.firstAttemptMs)
    while (answer.kind === 'failed' && options.repeat && !options.signal.aborted) {
      if (answer.reason === 'unreachable') await new Promise((resolve) => setTimeout(resolve, 50))
      attempts++
      lastCallMs = performance.now()
      answer = await send(3_000)
    }
    const returnMs = performance.now()
    const outcome =
      answer.kind === 'accepted' ? 'accepted' : answer.kind === 'failed' || attempts > 1 ? 'unknown' : 'refused'
    const write: Write = { ...about, callMs, returnMs, outcome, attempts, answered: answer.kind !== 'failed' }
    this.writes.push(write)
    const effect: Effect = { kind: 'write', from: about.from, to: about.tag }
    if (outcome === 'accepted') this.#record(about.id, callMs, effect)
    if (outcome === 'unknown') {
      this.#of(about.id).push({ callMs, returnMs: Number.POSITIVE_INFINITY, effect })
    }
    if (answer.kind === 'accepted') {
      const reference = answer.value.operational_intent_reference
      if (about.tag === null) this.latest.set(about.id, null)
      else if (tagOf(reference) === about.tag) this.#learn(reference)
      else this.contradictions.push(`writing ${about.id} ${about.tag} was answered with ${tagOf(reference)}`)
    } else if (answer.kind === 'conflict') {
      const lacksKey =
        answer.error.missing_operational_intents !== undefined || answer.error.missing_constraints !== undefined
      if (!lacksKey) this.#record(about.id, lastCallMs, { kind: 'refused', not: about.from })
    } else if (answer.kind === 'refused') {
      if (answer.status === 404 || answer.status === 400)
        this.#record(about.id, lastCallMs, { kind: 'read', saw: null })
      else this.contradictions.push(`writing ${about.id}: ${answer.status} ${answer.error.message}`)
    }
    return write
  }

  #learn(reference: OperationalIntentReference): void {
    const { id, ovn } = reference
    const tag = tagOf(reference)
    if (ovn === undefined) {
      this.contradictions.push(`${id} ${tag} was shown to its manager without its OVN`)
      return
    }
    const name = `${id} ${tag}`
    const known = this.ovns.get(name)
    if (known !== undefined && known !== ovn) this.contradictions.push(`${name} has two OVNs: ${known} and ${ovn}`)
    this.ovns.set(name, ovn)
    this.latest.set(id, { tag, ovn })
  }

  #record(id: string, callMs: number, effect: Effect): void {
    this.#of(id).push({ callMs, returnMs: performance.now(), effect })
  }

  #of(id: string): Operation[] {
    let operations = this.operations.get(id)
    if (operations === undefined) {
      operations = []
      this.operations.set(id, operations)
    }
    return operations
  }
}

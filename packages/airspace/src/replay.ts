import { GeoError, validateVolume, type Volume4D } from '@parley/geo4d'
import type { EntityId } from '@parley/units'
import { apply } from './apply.ts'
import { EntryFormatError } from './bytes.ts'
import type { Command, Fresh } from './commands.ts'
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import { decodeEntry, encodeEntry, encodeEntryAtOnce } from './entry-codec.ts'
import { footprintOf } from './matching.ts'
import type { AcceptedOutcome, Change, Claimed, Entry } from './model.ts'
import { AirspaceState } from './state.ts'

/** What is wrong with an entry of a pool's log. `seq` counts from 1, as the pool's decisions do. */
export interface ReplayFinding {
  readonly kind: /** Not an entry that a pool writes. */
    | 'unreadable'
    /** An entry in an older format after one in a newer: a pool never goes back. */
    | 'outdated'
    /** A volume that no pool takes. */
    | 'invalid-volume'
    /** The rules, asked the same in the same state, decide otherwise. */
    | 'not-yielded'
  readonly seq: number
  /** What the log holds, in a few words. */
  readonly written: string
  /** What the rules say instead, or what is wrong. */
  readonly expected: string
}

/**
 * Decides a pool's log again, entry by entry from the first: rebuilds the request behind each entry, asks the rules, and compares what
 * they yield with what was written, byte for byte.
 *
 * What it cannot see: whether a request was really made (the log does not hold the supplier's signature, only the SHA-256 of its
 * bytes, which the supplier can compare), and requests that never became an entry.
 */
export class Replayer {
  readonly #state = new AirspaceState({ exact: false })
  #broken = false
  /** Whether an entry held the hash of its request: then all that follow from a request do. */
  #hashed = false
  #unjudged = 0
  #judged = 0

  /** The state after the entries checked so far. */
  get state(): AirspaceState {
    return this.#state
  }

  /** How many entries were decided again. */
  get judged(): number {
    return this.#judged
  }

  /** How many entries at the start of the log are of version 1, which did not keep enough to be decided again. */
  get unjudged(): number {
    return this.#unjudged
  }

  /** Checks the next entry; null when the rules yield it. After a finding the state no longer follows, so nothing more can be checked. */
  check(bytes: Uint8Array): ReplayFinding | null {
    if (this.#broken) throw new Error('a log cannot be replayed beyond a finding')
    const seq = this.#state.seq + 1
    const finding = this.#judge(bytes, seq)
    if (finding !== null) this.#broken = true
    return finding
  }

  #judge(bytes: Uint8Array, seq: number): ReplayFinding | null {
    let entry: Entry
    try {
      entry = decodeEntry(bytes)
    } catch (error) {
      if (!(error instanceof EntryFormatError)) throw error
      return { kind: 'unreadable', seq, written: `${bytes.byteLength} bytes`, expected: error.message }
    }
    const written = summaryOf(entry)
    const problem = volumeProblem(entry)
    if (problem !== null) return { kind: 'invalid-volume', seq, written, expected: problem }
    if (entry.rules === null) {
      if (this.#judged > 0)
        return { kind: 'outdated', seq, written, expected: 'entries with the rules in force, as those before it' }
      this.#unjudged += 1
      apply(this.#state, entry, seq)
      return null
    }
    const isHashed = entry.digest.length > 2
    if (this.#hashed && !isHashed && entry.subject !== 'expiry')
      return { kind: 'outdated', seq, written, expected: 'entries with the hash of the request, as those before it' }
    this.#hashed ||= isHashed
    const finding = (expected: string): ReplayFinding => ({ kind: 'not-yielded', seq, written, expected })
    // Never back: a log that changes its mode with every entry must not cost an index each time.
    if (entry.rules.exact) this.#state.prepareFor(entry.rules)
    const command = commandBehind(this.#state, entry)
    if (command === null) return finding('no request leads to this entry')
    const decision = decide(this.#state, command, entry.rules)
    switch (decision.kind) {
      case 'nothing':
        return finding('nothing to do')
      case 'repeated':
        return finding(`a repetition of entry ${decision.seq}, which makes no entry`)
      case 'accepted':
      case 'refused': {
        if (!equal(encodeEntryAtOnce(decision.entry), bytes)) return finding(difference(entry, decision))
        apply(this.#state, decision.entry, seq)
        this.#judged += 1
        return null
      }
    }
  }
}

/** The request that the rules must have been asked; null when no request can lead to such an entry. */
function commandBehind(state: AirspaceState, entry: Entry): Command | null {
  const { outcome } = entry
  if (outcome.kind === 'accepted') return acceptedCommand(state, entry, outcome)
  return outcome.claimed === null ? null : refusedCommand(state, entry, outcome.claimed)
}

const NO_ID = '00000000-0000-0000-0000-000000000000' as EntityId
const freshOf = (ovn: string, id: EntityId = NO_ID): Fresh => ({ ovn, id })

function find<Kind extends Change['kind']>(
  { changes }: AcceptedOutcome,
  kind: Kind,
): Extract<Change, { kind: Kind }> | null {
  return (changes.find((change) => change.kind === kind) as Extract<Change, { kind: Kind }> | undefined) ?? null
}

function acceptedCommand(state: AirspaceState, entry: Entry, outcome: AcceptedOutcome): Command | null {
  const base = { nowMs: entry.atMs, manager: entry.manager, digest: entry.digest }
  const { id } = entry
  const creates = entry.action === 'create'
  if (entry.subject === 'expiry') {
    const [fromSlot, toSlot] = entry.digest
    return { kind: 'expire', nowMs: entry.atMs, fromSlot, toSlot }
  }
  if (entry.subject === 'availability') {
    const set = find(outcome, 'setAvailability')
    if (set === null) return null
    const oldVersion = state.availability.get(set.uss)?.version ?? ''
    const { uss, availability } = set
    return { ...base, kind: 'setAvailability', uss, availability, oldVersion, fresh: freshOf(set.version) }
  }
  if (id === null) return null
  if (entry.subject === 'report') {
    const report = find(outcome, 'report')
    return report === null ? null : { ...base, kind: 'makeReport', body: report.body, fresh: freshOf('', id) }
  }
  const version = creates ? null : currentVersion(state, entry.subject, id)
  if (entry.action === 'delete') return version === null ? null : deletion(entry, base, version)
  const extents = outcome.volumes[0]
  switch (entry.subject) {
    case 'operational_intent': {
      const put = find(outcome, 'putOperationalIntent')
      if (put === null) return null
      const { record, volumes } = put
      const written = find(outcome, 'putSubscription')?.record ?? null
      const made = written !== null && state.subscriptions.find(written.id) < 0 ? written : null
      const suffixed = record.ovn.startsWith(`${id}_`)
      return {
        ...base,
        kind: 'putOperationalIntent',
        id,
        ovn: version,
        extents: volumes,
        // Granted means that the key held all that the plan met; which OVNs it held besides makes no difference.
        key: ovnsAround(state, volumes),
        state: record.state,
        url: record.url,
        subscriptionId: made === null ? record.subscriptionId : null,
        newSubscription: made === null ? null : { url: made.url, notifyForConstraints: made.notifyForConstraints },
        requestedOvnSuffix: suffixed ? record.ovn.slice(id.length + 1) : null,
        mayMonitorConformance: true,
        fresh: freshOf(suffixed ? (made?.version ?? '') : record.ovn, made?.id),
      }
    }
    case 'constraint': {
      const put = find(outcome, 'putConstraint')
      if (put === null) return null
      const { record, volumes } = put
      return {
        ...base,
        kind: 'putConstraint',
        id,
        ovn: version,
        extents: volumes,
        url: record.url,
        fresh: freshOf(record.ovn),
      }
    }
    case 'subscription': {
      const put = find(outcome, 'putSubscription')
      if (put === null || extents === undefined) return null
      const { url, notifyForOperationalIntents, notifyForConstraints } = put.record
      const flags = { notifyForOperationalIntents, notifyForConstraints }
      return {
        ...base,
        kind: 'putSubscription',
        id,
        version,
        extents,
        url,
        ...flags,
        fresh: freshOf(put.record.version),
      }
    }
    case 'identification_service_area': {
      const put = find(outcome, 'putServiceArea')
      if (put === null || extents === undefined) return null
      return { ...base, kind: 'putServiceArea', id, version, extents, url: put.record.url }
    }
    case 'identification_service_area_subscription': {
      const put = find(outcome, 'putServiceAreaSubscription')
      if (put === null || extents === undefined) return null
      return { ...base, kind: 'putServiceAreaSubscription', id, version, extents, url: put.record.url }
    }
  }
}

/** A refusal never reaches what only a granted request leaves behind: base URL and fresh values. */
function refusedCommand(state: AirspaceState, entry: Entry, claimed: Claimed): Command | null {
  const base = { nowMs: entry.atMs, manager: entry.manager, digest: entry.digest }
  const { id, subject } = entry
  const { volumes } = entry.outcome as Extract<Entry['outcome'], { kind: 'refused' }>
  const fresh = freshOf('')
  if (claimed.kind === 'availability') {
    if (subject !== 'availability') return null
    const { uss, availability, version } = claimed
    return { ...base, kind: 'setAvailability', uss, availability, oldVersion: version, fresh }
  }
  if (id === null) return null
  if (claimed.kind === 'plan') {
    if (subject !== 'operational_intent' || entry.action === 'delete') return null
    const { state: asked, subscriptionId, newSubscription, requestedOvnSuffix, mayMonitorConformance } = claimed
    return {
      ...base,
      kind: 'putOperationalIntent',
      id,
      ovn: claimed.version,
      extents: volumes,
      key: ovnsOf(state, claimed),
      state: asked,
      url: '',
      subscriptionId,
      newSubscription: newSubscription === null ? null : { url: '', ...newSubscription },
      requestedOvnSuffix,
      mayMonitorConformance,
      fresh,
    }
  }
  const extents = volumes[0]
  if (claimed.kind === 'subscription') {
    if (subject !== 'subscription' || entry.action === 'delete' || extents === undefined) return null
    const { version, notifyForOperationalIntents, notifyForConstraints } = claimed
    const flags = { notifyForOperationalIntents, notifyForConstraints }
    return { ...base, kind: 'putSubscription', id, version, extents, url: '', ...flags, fresh }
  }
  const { version } = claimed
  if (entry.action === 'delete') return version === null ? null : deletion(entry, base, version)
  if (subject === 'constraint')
    return volumes.length === 0
      ? null
      : { ...base, kind: 'putConstraint', id, ovn: version, extents: volumes, url: '', fresh }
  if (extents === undefined) return null
  if (subject === 'identification_service_area')
    return { ...base, kind: 'putServiceArea', id, version, extents, url: '' }
  if (subject === 'identification_service_area_subscription')
    return { ...base, kind: 'putServiceAreaSubscription', id, version, extents, url: '' }
  return null
}

function deletion(
  { subject, id }: Entry,
  base: Pick<Exclude<Command, { kind: 'expire' }>, 'nowMs' | 'manager' | 'digest'>,
  version: string,
): Command | null {
  if (id === null) return null
  switch (subject) {
    case 'operational_intent':
      return { ...base, kind: 'deleteOperationalIntent', id, ovn: version }
    case 'constraint':
      return { ...base, kind: 'deleteConstraint', id, ovn: version }
    case 'subscription':
      return { ...base, kind: 'deleteSubscription', id, version }
    case 'identification_service_area':
      return { ...base, kind: 'deleteServiceArea', id, version }
    case 'identification_service_area_subscription':
      return { ...base, kind: 'deleteServiceAreaSubscription', id, version }
    case 'availability':
    case 'report':
    case 'expiry':
      return null
  }
}

/** OVN or version of an entity as it is; null when there is none. */
function currentVersion(state: AirspaceState, subject: Entry['subject'], id: EntityId): string | null {
  switch (subject) {
    case 'operational_intent': {
      const slot = state.intents.find(id)
      return slot < 0 ? null : state.intentOvn(slot)
    }
    case 'constraint': {
      const slot = state.constraints.find(id)
      return slot < 0 ? null : state.constraintOvn(slot)
    }
    case 'subscription': {
      const slot = state.subscriptions.find(id)
      return slot < 0 ? null : state.subscription(slot).version
    }
    case 'identification_service_area': {
      const slot = state.serviceAreas.find(id)
      return slot < 0 ? null : state.serviceArea(slot).version
    }
    case 'identification_service_area_subscription': {
      const slot = state.serviceAreaSubscriptions.find(id)
      return slot < 0 ? null : state.serviceAreaSubscription(slot).version
    }
    case 'availability':
    case 'report':
    case 'expiry':
      return null
  }
}

/** The OVNs of all that a plan can possibly need to show: the cells hold whatever truly meets it. */
function ovnsAround(state: AirspaceState, volumes: readonly Volume4D[]): string[] {
  const footprint = footprintOf(volumes)
  const slots: number[] = []
  state.intentCells.query(footprint, slots)
  const ovns = slots.map((slot) => state.intentOvn(slot))
  slots.length = 0
  state.constraintCells.query(footprint, slots)
  for (const slot of slots) ovns.push(state.constraintOvn(slot))
  return ovns
}

function ovnsOf(state: AirspaceState, claimed: Extract<Claimed, { kind: 'plan' }>): string[] {
  const ovns: string[] = []
  for (const id of claimed.shownIntents) {
    const slot = state.intents.find(id)
    if (slot >= 0) ovns.push(state.intentOvn(slot))
  }
  for (const id of claimed.shownConstraints) {
    const slot = state.constraints.find(id)
    if (slot >= 0) ovns.push(state.constraintOvn(slot))
  }
  return ovns
}

function volumesOf(entry: Entry): Volume4D[] {
  const { outcome } = entry
  const volumes = [...outcome.volumes]
  if (outcome.kind === 'accepted')
    for (const change of outcome.changes)
      if (change.kind === 'putOperationalIntent' || change.kind === 'putConstraint') volumes.push(...change.volumes)
  return volumes
}

/** What makes a volume of the entry one that the rules must not be asked about; null when there is nothing. */
function volumeProblem(entry: Entry): string | null {
  for (const volume of volumesOf(entry)) {
    try {
      validateVolume(volume)
    } catch (error) {
      if (error instanceof GeoError) return error.message
      throw error
    }
  }
  return null
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false
  for (let i = 0; i < a.byteLength; i += 1) if (a[i] !== b[i]) return false
  return true
}

function summaryOf(entry: Entry): string {
  const { outcome } = entry
  const result = outcome.kind === 'accepted' ? 'accepted' : `refused ${outcome.refusal.code}`
  return [entry.action, entry.subject, entry.id, entry.manager === '' ? null : `by ${entry.manager}`, result]
    .filter((part) => part !== null)
    .join(' ')
}

/** The first part in which the entry written and the entry that the rules yield are not the same. */
function difference(written: Entry, { entry: yielded }: Extract<Decision, { kind: 'accepted' | 'refused' }>): string {
  const summary = summaryOf(yielded)
  if (summary !== summaryOf(written)) return summary
  const place = firstDifference(written, decodeEntry(encodeEntry(yielded)), '')
  return place === null ? `${summary}, in other bytes` : `${summary}, ${place}`
}

function firstDifference(a: unknown, b: unknown, path: string): string | null {
  if (Object.is(a, b)) return null
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return `with ${path} ${String(b).slice(0, 120)} instead of ${String(a).slice(0, 120)}`
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(
      (a as Record<string, unknown>)[key],
      (b as Record<string, unknown>)[key],
      `${path}/${key}`,
    )
    if (found !== null) return found
  }
  return null
}

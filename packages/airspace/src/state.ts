import { CellIndex, VolumeIndex } from '@parley/geo4d'
import type { EntityId, EpochMs } from '@parley/units'
import {
  type Availability,
  type Bounds,
  type ConstraintRecord,
  type Entry,
  OPERATIONAL_INTENT_STATES,
  type OperationalIntentRecord,
  type RequestChecksum,
  type ServiceAreaRecord,
  type ServiceAreaSubscriptionRecord,
  type SubscriptionRecord,
} from './model.ts'
import { DOUBLE, OVN_CHARS, RecordTable, WORD } from './record-table.ts'
import type { Rules } from './rules.ts'
import { StringTable } from './string-table.ts'

export const SUBSCRIPTION_FLAG = { operationalIntents: 1, constraints: 2, implicit: 4 } as const

/** Length of a requested OVN suffix (a UUID) as held in a record; the OVN is then `{id}_{suffix}`. */
const SUFFIX_CHARS = 36

/** What was deleted lately, so that a repeated deletion can be told from one of something that never was. */
export interface Retired {
  readonly seq: number
  readonly atMs: EpochMs
  readonly manager: string
  /** The OVN or version that the deletion named. */
  readonly ovn: string
}

/** What an availability arbitrator said last of a USS. */
export interface StatedAvailability {
  readonly availability: Availability
  readonly version: string
  /** The arbitrator. */
  readonly manager: string
  readonly seq: number
  /** Of its request, as much as recognises a repetition. */
  readonly digest: RequestChecksum
}

/** How long a deletion is remembered, and how many at most. */
export const RETIRED_MEMORY_MS = 10 * 60_000
export const RETIRED_LIMIT = 100_000

/**
 * Everything the pool knows. Changed by `apply` only; the same entries in the same order give the same content, to the byte of `dump`.
 */
export class AirspaceState {
  strings = new StringTable()
  intents = new RecordTable()
  intentCells = new CellIndex()
  /** The volumes of the plans; also their index, where true overlap decides. */
  intentVolumes: VolumeIndex
  constraints = new RecordTable()
  constraintCells = new CellIndex()
  constraintVolumes: VolumeIndex
  subscriptions = new RecordTable()
  subscriptionCells = new CellIndex()
  serviceAreas = new RecordTable()
  serviceAreaCells = new CellIndex()
  serviceAreaSubscriptions = new RecordTable()
  serviceAreaSubscriptionCells = new CellIndex()
  availability = new Map<string, StatedAvailability>()
  /** In order of deletion; keys are `{subject} {id}`. */
  retired = new Map<string, Retired>()
  /** OVN suffixes that a live intent has had before; by slot. */
  pastSuffixes = new Map<number, string[]>()
  /** Entries applied. */
  seq = 0

  /** `exact`: keep what a search for true overlap needs; without it only the standard's cells can be searched. */
  constructor({ exact }: Pick<Rules, 'exact'>) {
    this.intentVolumes = new VolumeIndex({ posted: exact })
    this.constraintVolumes = new VolumeIndex({ posted: exact })
  }

  /** Makes ready for rules of the other mode; builds an index, so it takes seconds for a million plans. */
  prepareFor({ exact }: Pick<Rules, 'exact'>): void {
    this.intentVolumes.setPosted(exact)
    this.constraintVolumes.setPosted(exact)
  }

  availabilityOf(uss: string): Availability {
    return this.availability.get(uss)?.availability ?? 'Unknown'
  }

  operationalIntent(slot: number): OperationalIntentRecord {
    const table = this.intents
    const id = table.idOf(slot)
    const manager = this.strings.text(table.word(slot, WORD.manager))
    const link = table.word(slot, WORD.link)
    return {
      id,
      manager,
      url: this.strings.text(table.word(slot, WORD.url)),
      state: OPERATIONAL_INTENT_STATES[table.word(slot, WORD.state)]!,
      version: table.word(slot, WORD.version),
      ovn: this.intentOvn(slot),
      subscriptionId: link === 0 ? null : this.subscriptions.idOf(link - 1),
      availability: this.availabilityOf(manager),
      ...boundsOf(table, slot),
    }
  }

  intentOvn(slot: number): string {
    return ovnOf(this.intents, slot)
  }

  constraint(slot: number): ConstraintRecord {
    const table = this.constraints
    return {
      id: table.idOf(slot),
      manager: this.strings.text(table.word(slot, WORD.manager)),
      url: this.strings.text(table.word(slot, WORD.url)),
      version: table.word(slot, WORD.version),
      ovn: this.constraintOvn(slot),
      ...boundsOf(table, slot),
    }
  }

  constraintOvn(slot: number): string {
    return ovnOf(this.constraints, slot)
  }

  subscription(slot: number): SubscriptionRecord {
    const table = this.subscriptions
    const flags = table.word(slot, WORD.state)
    return {
      id: table.idOf(slot),
      manager: this.strings.text(table.word(slot, WORD.manager)),
      url: this.strings.text(table.word(slot, WORD.url)),
      version: ovnOf(table, slot),
      notificationIndex: table.word(slot, WORD.notificationIndex),
      notifyForOperationalIntents: (flags & SUBSCRIPTION_FLAG.operationalIntents) !== 0,
      notifyForConstraints: (flags & SUBSCRIPTION_FLAG.constraints) !== 0,
      implicit: (flags & SUBSCRIPTION_FLAG.implicit) !== 0,
      ...boundsOf(table, slot),
    }
  }

  /** Ids of the intents that name this subscription, newest first. */
  dependents(subscriptionSlot: number): EntityId[] {
    const ids: EntityId[] = []
    for (const slot of this.dependentSlots(subscriptionSlot)) ids.push(this.intents.idOf(slot))
    return ids
  }

  *dependentSlots(subscriptionSlot: number): Generator<number> {
    for (
      let at = this.subscriptions.word(subscriptionSlot, WORD.link);
      at !== 0;
      at = this.intents.word(at - 1, WORD.next)
    )
      yield at - 1
  }

  serviceArea(slot: number): ServiceAreaRecord {
    return this.#serviceArea(this.serviceAreas, slot)
  }

  serviceAreaSubscription(slot: number): ServiceAreaSubscriptionRecord {
    const table = this.serviceAreaSubscriptions
    return { ...this.#serviceArea(table, slot), notificationIndex: table.word(slot, WORD.notificationIndex) }
  }

  #serviceArea(table: RecordTable, slot: number): ServiceAreaRecord {
    return {
      id: table.idOf(slot),
      manager: this.strings.text(table.word(slot, WORD.manager)),
      url: this.strings.text(table.word(slot, WORD.url)),
      version: ovnOf(table, slot),
      ...boundsOf(table, slot),
    }
  }

  memoryBytes(): number {
    return [
      this.intents,
      this.intentCells,
      this.intentVolumes,
      this.constraints,
      this.constraintCells,
      this.constraintVolumes,
      this.subscriptions,
      this.subscriptionCells,
      this.serviceAreas,
      this.serviceAreaCells,
      this.serviceAreaSubscriptions,
      this.serviceAreaSubscriptionCells,
    ].reduce((sum, part) => sum + part.memoryBytes(), 0)
  }
}

export function boundsOf(table: RecordTable, slot: number): Bounds {
  return {
    startMs: table.double(slot, DOUBLE.startMs) as Bounds['startMs'],
    endMs: table.double(slot, DOUBLE.endMs) as Bounds['endMs'],
    altitudeLowerM: table.double(slot, DOUBLE.altitudeLowerM) as Bounds['altitudeLowerM'],
    altitudeUpperM: table.double(slot, DOUBLE.altitudeUpperM) as Bounds['altitudeUpperM'],
  }
}

export function setBounds(table: RecordTable, slot: number, bounds: Bounds): void {
  table.setDouble(slot, DOUBLE.startMs, bounds.startMs)
  table.setDouble(slot, DOUBLE.endMs, bounds.endMs)
  table.setDouble(slot, DOUBLE.altitudeLowerM, bounds.altitudeLowerM)
  table.setDouble(slot, DOUBLE.altitudeUpperM, bounds.altitudeUpperM)
}

function ovnOf(table: RecordTable, slot: number): string {
  const length = table.word(slot, WORD.ovnChars)
  const text = table.ovnText(slot, length)
  return length === SUFFIX_CHARS ? `${table.idOf(slot)}_${text}` : text
}

/** Stores an OVN: 44 characters as they are, `{id}_{suffix}` as its suffix, any other text of up to 43 characters but 36 as it is. */
export function setOvn(table: RecordTable, slot: number, ovn: string): void {
  const text = ovn.length > OVN_CHARS ? ovn.slice(-SUFFIX_CHARS) : ovn
  table.setWord(slot, WORD.ovnChars, text.length)
  table.setOvnText(slot, text)
}

/**
 * The OVNs that a caller shows, made to be asked about thousands of records without building a text for any: by their last four
 * characters first, then whole.
 */
export class ShownKey {
  readonly #byTail = new Map<number, string[]>()

  constructor(ovns: readonly string[]) {
    for (const ovn of ovns) {
      const tail = tailOf(ovn)
      const same = this.#byTail.get(tail)
      if (same === undefined) this.#byTail.set(tail, [ovn])
      else same.push(ovn)
    }
  }

  /** Whether the current OVN of the record is shown. */
  holds(table: RecordTable, slot: number): boolean {
    const length = table.word(slot, WORD.ovnChars)
    const candidates = this.#byTail.get(table.ovnTail(slot, length))
    if (candidates === undefined) return false
    for (const text of candidates) {
      if (length !== SUFFIX_CHARS) {
        if (table.ovnIs(slot, length, { text, from: 0 })) return true
      } else if (
        text[SUFFIX_CHARS] === '_' &&
        table.ovnIs(slot, length, { text, from: SUFFIX_CHARS + 1 }) &&
        table.idBegins(slot, text)
      )
        return true
    }
    return false
  }
}

function tailOf(text: string): number {
  const at = text.length - 4
  return (
    (text.charCodeAt(at) & 255) |
    ((text.charCodeAt(at + 1) & 255) << 8) |
    ((text.charCodeAt(at + 2) & 255) << 16) |
    ((text.charCodeAt(at + 3) & 255) << 24)
  )
}

/** Key under which a deletion is remembered. */
export const retiredKey = (subject: Entry['subject'], id: EntityId): string => `${subject} ${id}`

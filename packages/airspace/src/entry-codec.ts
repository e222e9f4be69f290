import type { Outline, Volume4D } from '@parley/geo4d'
import { degrees, type EntityId, epochMs, metres, metresHae } from '@parley/units'
import { EntryFormatError, Reader, Writer } from './bytes.ts'
import {
  ACTIONS,
  AVAILABILITIES,
  type Bounds,
  type Change,
  type Claimed,
  type ConstraintRecord,
  type Entry,
  JOURNAL_BLOCKING_LIMIT,
  type Notified,
  OPERATIONAL_INTENT_STATES,
  type OperationalIntentRecord,
  REFUSAL_CODES,
  type Refusal,
  type RefusedOutcome,
  type RequestDigest,
  type RequestHash,
  type ServiceAreaRecord,
  type ServiceAreaSubscriptionRecord,
  SUBJECTS,
  type SubscriptionRecord,
} from './model.ts'

/**
 * Bytes of a journal entry, little-endian: version, subject, action, outcome with the rules' flags, time, manager, id, digest; then the
 * changes, the notified subscriptions and the volumes asked for, or the refusal with what was claimed. Floats are kept to the last bit,
 * so that a replay computes what the first run computed. Version 1 had neither rules, volumes of accepted requests, nor claims.
 * Version 2 kept a checksum of the request instead of its SHA-256; what no request led to, an expiry, is still written so.
 */
const ENTRY_VERSION = { withoutRules: 1, withoutHash: 2, newest: 3 } as const
const HASH_WORDS = 8
const OUTCOME = { accepted: 1, exact: 2, compat: 4 } as const

const CHANGE_KINDS = [
  'putOperationalIntent',
  'removeOperationalIntent',
  'putConstraint',
  'removeConstraint',
  'putSubscription',
  'removeSubscription',
  'setAvailability',
  'putServiceArea',
  'removeServiceArea',
  'putServiceAreaSubscription',
  'removeServiceAreaSubscription',
  'report',
] as const satisfies readonly Change['kind'][]

const CHANGE_CODE = new Map<Change['kind'], number>(CHANGE_KINDS.map((kind, code) => [kind, code]))
const writer = new Writer()

/** Encodes `entry`. The result is the caller's. */
export const encodeEntry = (entry: Entry): Uint8Array => encodeEntryAtOnce(entry).slice()

/** Encodes `entry` for a caller that copies the bytes at once: they hold only until the next entry is encoded. */
export function encodeEntryAtOnce(entry: Entry): Uint8Array {
  const { outcome, rules } = entry
  if (rules !== null && outcome.kind === 'refused' && outcome.claimed === null)
    throw new EntryFormatError('a refusal since version 2 says what was claimed')
  if (rules === null && entry.digest.length === HASH_WORDS)
    throw new EntryFormatError('an entry of version 1 has no hash of its request')
  writer.u8(versionOf(entry))
  writer.u8(SUBJECTS.indexOf(entry.subject))
  writer.u8(ACTIONS.indexOf(entry.action))
  writer.u8(
    (outcome.kind === 'accepted' ? OUTCOME.accepted : 0) |
      (rules?.exact === true ? OUTCOME.exact : 0) |
      (rules?.compat === true ? OUTCOME.compat : 0),
  )
  writer.f64(entry.atMs)
  writer.text(entry.manager)
  writer.u8(entry.id === null ? 0 : 1)
  if (entry.id !== null) writer.id(entry.id)
  for (const word of entry.digest) writer.u32(word)
  if (outcome.kind === 'refused') {
    writeRefused(outcome)
    if (rules !== null && outcome.claimed !== null) writeClaimed(outcome.claimed)
  } else {
    writer.varint(outcome.changes.length)
    for (const change of outcome.changes) writeChange(change)
    writeNotified(outcome.notified)
    if (rules !== null) writeVolumes(outcome.volumes)
  }
  return writer.finish()
}

/** Decodes what `encodeEntry` wrote. @throws {EntryFormatError} for anything else */
export function decodeEntry(bytes: Uint8Array): Entry {
  const reader = new Reader(bytes)
  const version = reader.u8()
  if (version < ENTRY_VERSION.withoutRules || version > ENTRY_VERSION.newest)
    throw new EntryFormatError(`entry version ${version} is none of 1 to ${ENTRY_VERSION.newest}`, { version })
  const subject = pick(SUBJECTS, reader.u8(), 'subject')
  const action = pick(ACTIONS, reader.u8(), 'action')
  const flags = reader.u8()
  const isFirst = version === ENTRY_VERSION.withoutRules
  if (flags > (isFirst ? OUTCOME.accepted : 7)) throw new EntryFormatError(`unknown outcome ${flags}`)
  const rules = isFirst ? null : { exact: (flags & OUTCOME.exact) !== 0, compat: (flags & OUTCOME.compat) !== 0 }
  const atMs = epochMs(reader.f64())
  const manager = reader.text()
  const id = reader.u8() === 1 ? reader.id() : null
  const digest: RequestDigest = version === ENTRY_VERSION.newest ? readHash(reader) : [reader.u32(), reader.u32()]
  let outcome: Entry['outcome']
  if ((flags & OUTCOME.accepted) !== 0) {
    const changes: Change[] = []
    for (let left = reader.count(2); left > 0; left -= 1) changes.push(readChange(reader))
    const notified = readNotified(reader)
    outcome = { kind: 'accepted', changes, notified, volumes: rules === null ? [] : readVolumes(reader) }
  } else outcome = { ...readRefused(reader), claimed: rules === null ? null : readClaimed(reader) }
  if (!reader.atEnd) throw new EntryFormatError('bytes after the end of the entry')
  return { atMs, subject, action, manager, id, digest, rules, outcome }
}

function versionOf({ rules, digest }: Entry): number {
  if (rules === null) return ENTRY_VERSION.withoutRules
  return digest.length === HASH_WORDS ? ENTRY_VERSION.newest : ENTRY_VERSION.withoutHash
}

const readHash = (reader: Reader): RequestHash => [
  reader.u32(),
  reader.u32(),
  reader.u32(),
  reader.u32(),
  reader.u32(),
  reader.u32(),
  reader.u32(),
  reader.u32(),
]

function pick<T>(list: readonly T[], index: number, what: string): T {
  const item = list[index]
  if (item === undefined) throw new EntryFormatError(`unknown ${what} ${index}`)
  return item
}

function writeBounds(bounds: Bounds): void {
  writer.f64(bounds.startMs)
  writer.f64(bounds.endMs)
  writer.f64(bounds.altitudeLowerM)
  writer.f64(bounds.altitudeUpperM)
}

function readBounds(reader: Reader): Bounds {
  return {
    startMs: epochMs(reader.f64()),
    endMs: epochMs(reader.f64()),
    altitudeLowerM: metresHae(reader.f64()),
    altitudeUpperM: metresHae(reader.f64()),
  }
}

function writeVolumes(volumes: readonly Volume4D[]): void {
  writer.varint(volumes.length)
  for (const volume of volumes) {
    writeBounds(volume)
    const { outline } = volume
    if (outline.kind === 'circle') {
      writer.varint(0)
      writer.f64(outline.centre.latDeg)
      writer.f64(outline.centre.lngDeg)
      writer.f64(outline.radiusM)
    } else {
      writer.varint(outline.vertices.length)
      for (const vertex of outline.vertices) {
        writer.f64(vertex.latDeg)
        writer.f64(vertex.lngDeg)
      }
    }
  }
}

function readVolumes(reader: Reader): Volume4D[] {
  const volumes: Volume4D[] = []
  for (let left = reader.count(33); left > 0; left -= 1) {
    const bounds = readBounds(reader)
    const count = reader.count(16)
    let outline: Outline
    if (count === 0) {
      const centre = { latDeg: degrees(reader.f64()), lngDeg: degrees(reader.f64()) }
      outline = { kind: 'circle', centre, radiusM: metres(reader.f64()) }
    } else {
      const vertices = []
      for (let i = 0; i < count; i += 1) vertices.push({ latDeg: degrees(reader.f64()), lngDeg: degrees(reader.f64()) })
      outline = { kind: 'polygon', vertices }
    }
    volumes.push({ outline, ...bounds })
  }
  return volumes
}

/** Ascending cells as differences. */
function writeCells(cells: Int32Array): void {
  writer.varint(cells.length)
  let previous = 0
  for (const cell of cells) {
    writer.varint(cell - previous)
    previous = cell
  }
}

function readCells(reader: Reader): Int32Array {
  const cells = new Int32Array(reader.count(1))
  let cell = 0
  for (let i = 0; i < cells.length; i += 1) {
    cell += reader.varint()
    cells[i] = cell
  }
  return cells
}

function writeOperationalIntent(record: OperationalIntentRecord): void {
  writer.id(record.id)
  writer.text(record.manager)
  writer.text(record.url)
  writer.u8(OPERATIONAL_INTENT_STATES.indexOf(record.state))
  writer.varint(record.version)
  writer.text(record.ovn)
  writer.u8(record.subscriptionId === null ? 0 : 1)
  if (record.subscriptionId !== null) writer.id(record.subscriptionId)
  writer.u8(AVAILABILITIES.indexOf(record.availability))
  writeBounds(record)
}

function readOperationalIntent(reader: Reader): OperationalIntentRecord {
  return {
    id: reader.id(),
    manager: reader.text(),
    url: reader.text(),
    state: pick(OPERATIONAL_INTENT_STATES, reader.u8(), 'state'),
    version: reader.varint(),
    ovn: reader.text(),
    subscriptionId: reader.u8() === 1 ? reader.id() : null,
    availability: pick(AVAILABILITIES, reader.u8(), 'availability'),
    ...readBounds(reader),
  }
}

function writeConstraint(record: ConstraintRecord): void {
  writer.id(record.id)
  writer.text(record.manager)
  writer.text(record.url)
  writer.varint(record.version)
  writer.text(record.ovn)
  writeBounds(record)
}

function readConstraint(reader: Reader): ConstraintRecord {
  return {
    id: reader.id(),
    manager: reader.text(),
    url: reader.text(),
    version: reader.varint(),
    ovn: reader.text(),
    ...readBounds(reader),
  }
}

function writeSubscription(record: SubscriptionRecord): void {
  writer.id(record.id)
  writer.text(record.manager)
  writer.text(record.url)
  writer.text(record.version)
  writer.varint(record.notificationIndex)
  writer.u8(
    (record.notifyForOperationalIntents ? 1 : 0) | (record.notifyForConstraints ? 2 : 0) | (record.implicit ? 4 : 0),
  )
  writeBounds(record)
}

function readSubscription(reader: Reader): SubscriptionRecord {
  const head = {
    id: reader.id(),
    manager: reader.text(),
    url: reader.text(),
    version: reader.text(),
    notificationIndex: reader.varint(),
  }
  const flags = reader.u8()
  return {
    ...head,
    notifyForOperationalIntents: (flags & 1) !== 0,
    notifyForConstraints: (flags & 2) !== 0,
    implicit: (flags & 4) !== 0,
    ...readBounds(reader),
  }
}

function writeServiceArea(record: ServiceAreaRecord): void {
  writer.id(record.id)
  writer.text(record.manager)
  writer.text(record.url)
  writer.text(record.version)
  writeBounds(record)
}

function readServiceArea(reader: Reader): ServiceAreaRecord {
  return {
    id: reader.id(),
    manager: reader.text(),
    url: reader.text(),
    version: reader.text(),
    ...readBounds(reader),
  }
}

function writeServiceAreaSubscription(record: ServiceAreaSubscriptionRecord): void {
  writeServiceArea(record)
  writer.varint(record.notificationIndex)
}

function readServiceAreaSubscription(reader: Reader): ServiceAreaSubscriptionRecord {
  return { ...readServiceArea(reader), notificationIndex: reader.varint() }
}

function writeChange(change: Change): void {
  writer.u8(CHANGE_CODE.get(change.kind)!)
  switch (change.kind) {
    case 'putOperationalIntent':
      writeOperationalIntent(change.record)
      writeVolumes(change.volumes)
      return
    case 'removeOperationalIntent':
      writeOperationalIntent(change.record)
      return
    case 'putConstraint':
      writeConstraint(change.record)
      writeVolumes(change.volumes)
      return
    case 'removeConstraint':
      writeConstraint(change.record)
      return
    case 'putSubscription':
      writeSubscription(change.record)
      writeCells(change.cells)
      return
    case 'removeSubscription':
      writeSubscription(change.record)
      return
    case 'setAvailability':
      writer.text(change.uss)
      writer.u8(AVAILABILITIES.indexOf(change.availability))
      writer.text(change.version)
      return
    case 'putServiceArea':
      writeServiceArea(change.record)
      writeCells(change.cells)
      return
    case 'removeServiceArea':
      writeServiceArea(change.record)
      return
    case 'putServiceAreaSubscription':
      writeServiceAreaSubscription(change.record)
      writeCells(change.cells)
      return
    case 'removeServiceAreaSubscription':
      writeServiceAreaSubscription(change.record)
      return
    case 'report':
      writer.id(change.reportId)
      writer.text(change.body)
  }
}

function readChange(reader: Reader): Change {
  const kind = pick(CHANGE_KINDS, reader.u8(), 'change')
  switch (kind) {
    case 'putOperationalIntent':
      return { kind, record: readOperationalIntent(reader), volumes: readVolumes(reader) }
    case 'removeOperationalIntent':
      return { kind, record: readOperationalIntent(reader) }
    case 'putConstraint':
      return { kind, record: readConstraint(reader), volumes: readVolumes(reader) }
    case 'removeConstraint':
      return { kind, record: readConstraint(reader) }
    case 'putSubscription':
      return { kind, record: readSubscription(reader), cells: readCells(reader) }
    case 'removeSubscription':
      return { kind, record: readSubscription(reader) }
    case 'setAvailability':
      return {
        kind,
        uss: reader.text(),
        availability: pick(AVAILABILITIES, reader.u8(), 'availability'),
        version: reader.text(),
      }
    case 'putServiceArea':
      return { kind, record: readServiceArea(reader), cells: readCells(reader) }
    case 'removeServiceArea':
      return { kind, record: readServiceArea(reader) }
    case 'putServiceAreaSubscription':
      return { kind, record: readServiceAreaSubscription(reader), cells: readCells(reader) }
    case 'removeServiceAreaSubscription':
      return { kind, record: readServiceAreaSubscription(reader) }
    case 'report':
      return { kind, reportId: reader.id(), body: reader.text() }
  }
}

function writeNotified(notified: readonly Notified[]): void {
  const urls = [...new Set(notified.map((one) => one.url))]
  writer.varint(urls.length)
  for (const url of urls) writer.text(url)
  writer.varint(notified.length)
  for (const one of notified) {
    writer.id(one.subscriptionId)
    writer.varint(one.notificationIndex)
    writer.varint(urls.indexOf(one.url))
  }
}

function readNotified(reader: Reader): Notified[] {
  const urls: string[] = []
  for (let left = reader.count(1); left > 0; left -= 1) urls.push(reader.text())
  const notified: Notified[] = []
  for (let left = reader.count(18); left > 0; left -= 1)
    notified.push({
      subscriptionId: reader.id(),
      notificationIndex: reader.varint(),
      url: pick(urls, reader.varint(), 'base URL'),
    })
  return notified
}

function writeRefused({ refusal, volumes }: Omit<RefusedOutcome, 'claimed'>): void {
  writer.u8(REFUSAL_CODES.indexOf(refusal.code))
  writer.text(refusal.message)
  writer.u8((refusal.field === undefined ? 0 : 1) | (refusal.conflict === undefined ? 0 : 2))
  if (refusal.field !== undefined) {
    writer.text(refusal.field.field)
    writer.text(refusal.field.value)
    writer.text(refusal.field.rule)
  }
  if (refusal.conflict !== undefined) {
    const { missingOperationalIntents, missingConstraints, blocking, clearing } = refusal.conflict
    writer.varint(missingOperationalIntents)
    writer.varint(missingConstraints)
    const kept = blocking.slice(0, JOURNAL_BLOCKING_LIMIT)
    writer.varint(kept.length)
    for (const one of kept) {
      writer.u8(one.entity === 'constraint' ? 1 : 0)
      writer.id(one.id)
      writer.text(one.manager)
      writer.u8(one.overlaps ? 1 : 0)
      writer.u8(AXES.indexOf(one.axis))
      writer.f64(one.heightM)
      writer.f64(one.timeS)
      writer.f64(one.distanceM)
    }
    const shifts = [clearing.laterS, clearing.earlierS, clearing.upM, clearing.downM]
    for (const shift of shifts) writer.f64(shift ?? Number.NaN)
  }
  writeVolumes(volumes)
}

const AXES = ['area', 'height', 'time'] as const

function readRefused(reader: Reader): Omit<RefusedOutcome, 'claimed'> {
  const code = pick(REFUSAL_CODES, reader.u8(), 'refusal code')
  const message = reader.text()
  const parts = reader.u8()
  const refusal: { -readonly [K in keyof Refusal]: Refusal[K] } = { code, message }
  if ((parts & 1) !== 0) refusal.field = { field: reader.text(), value: reader.text(), rule: reader.text() }
  if ((parts & 2) !== 0) {
    const missingOperationalIntents = reader.varint()
    const missingConstraints = reader.varint()
    const blocking = []
    for (let left = reader.count(43); left > 0; left -= 1)
      blocking.push({
        entity: reader.u8() === 1 ? ('constraint' as const) : ('operational_intent' as const),
        id: reader.id(),
        manager: reader.text(),
        overlaps: reader.u8() === 1,
        axis: pick(AXES, reader.u8(), 'axis'),
        heightM: reader.f64(),
        timeS: reader.f64(),
        distanceM: reader.f64(),
      })
    const shift = (name: string): Record<string, number> => {
      const value = reader.f64()
      return Number.isNaN(value) ? {} : { [name]: value }
    }
    const clearing = { ...shift('laterS'), ...shift('earlierS'), ...shift('upM'), ...shift('downM') }
    refusal.conflict = { missingOperationalIntents, missingConstraints, blocking, clearing }
  }
  return { kind: 'refused', refusal, volumes: readVolumes(reader) }
}

const CLAIMED_KINDS = ['plan', 'subscription', 'availability', 'version'] as const satisfies readonly Claimed['kind'][]

const optional = <T>(value: T | null, write: (value: T) => void): void => {
  writer.u8(value === null ? 0 : 1)
  if (value !== null) write(value)
}
const writeText = (text: string): void => writer.text(text)
const writeIds = (ids: readonly EntityId[]): void => {
  writer.varint(ids.length)
  for (const id of ids) writer.id(id)
}

function writeClaimed(claimed: Claimed): void {
  writer.u8(CLAIMED_KINDS.indexOf(claimed.kind))
  switch (claimed.kind) {
    case 'plan':
      optional(claimed.version, writeText)
      writer.text(claimed.state)
      optional(claimed.subscriptionId, (id) => writer.id(id))
      optional(claimed.newSubscription, ({ notifyForConstraints }) => writer.u8(notifyForConstraints ? 1 : 0))
      optional(claimed.requestedOvnSuffix, writeText)
      writer.u8(claimed.mayMonitorConformance ? 1 : 0)
      writeIds(claimed.shownIntents)
      writeIds(claimed.shownConstraints)
      return
    case 'subscription':
      optional(claimed.version, writeText)
      writer.u8((claimed.notifyForOperationalIntents ? 1 : 0) | (claimed.notifyForConstraints ? 2 : 0))
      return
    case 'availability':
      writer.text(claimed.uss)
      writer.u8(AVAILABILITIES.indexOf(claimed.availability))
      writer.text(claimed.version)
      return
    case 'version':
      optional(claimed.version, writeText)
  }
}

function readClaimed(reader: Reader): Claimed {
  const kind = pick(CLAIMED_KINDS, reader.u8(), 'claim')
  const maybe = <T>(read: () => T): T | null => (reader.u8() === 1 ? read() : null)
  const text = (): string => reader.text()
  const ids = (): EntityId[] => Array.from({ length: reader.count(16) }, () => reader.id())
  switch (kind) {
    case 'plan':
      return {
        kind,
        version: maybe(text),
        state: reader.text(),
        subscriptionId: maybe(() => reader.id()),
        newSubscription: maybe(() => ({ notifyForConstraints: reader.u8() === 1 })),
        requestedOvnSuffix: maybe(text),
        mayMonitorConformance: reader.u8() === 1,
        shownIntents: ids(),
        shownConstraints: ids(),
      }
    case 'subscription': {
      const version = maybe(text)
      const flags = reader.u8()
      return {
        kind,
        version,
        notifyForOperationalIntents: (flags & 1) !== 0,
        notifyForConstraints: (flags & 2) !== 0,
      }
    }
    case 'availability':
      return {
        kind,
        uss: reader.text(),
        availability: pick(AVAILABILITIES, reader.u8(), 'availability'),
        version: reader.text(),
      }
    case 'version':
      return { kind, version: maybe(text) }
  }
}

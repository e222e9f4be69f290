import { createHash } from 'node:crypto'
import type { Outline, Volume4D } from '@parley/geo4d'
import { degrees, type EntityId, type EpochMs, epochMs, metres, metresHae } from '@parley/units'
import { apply } from '../apply.ts'
import type { Command, Fresh } from '../commands.ts'
import { decide } from '../decide.ts'
import type { Decision } from '../decision.ts'
import { encodeEntry } from '../entry-codec.ts'
import type { AcceptedOutcome, Change, Entry, Notified, Refusal, RequestDigest } from '../model.ts'
import type { Rules } from '../rules.ts'
import { dumpState } from '../snapshot.ts'
import { AirspaceState } from '../state.ts'

/** Noon of a day like any other: tests move on from here. */
export const NOON_MS = Date.UTC(2026, 5, 1, 12)
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

/** The `n`th identifier of tests, a UUID version 4; `kind` keeps series apart. */
export function idOf(n: number, kind = 0): EntityId {
  return `${(n >>> 0).toString(16).padStart(8, '0')}-0000-4000-8000-${kind.toString(16).padStart(12, '0')}` as EntityId
}

/** A square of about 1.1 km by 0.8 km whose south-west corner is so many hundredths of a degree from 42° N 8° W. */
export function square(east: number, north = 0, size = 0.01): Outline {
  const [lat, lng] = [42 + north / 100, -8 + east / 100]
  const corner = (latDeg: number, lngDeg: number) => ({ latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) })
  return {
    kind: 'polygon',
    vertices: [corner(lat, lng), corner(lat, lng + size), corner(lat + size, lng + size), corner(lat + size, lng)],
  }
}

export interface Wish {
  readonly outline?: Outline
  /** Minutes after noon. */
  readonly from?: number
  readonly to?: number
  readonly low?: number
  readonly high?: number
}

/** A volume, by default over one place, 13:00 to 14:00, 100 to 200 m. Infinite bounds are open. */
export function volume({ outline = square(0), from = 60, to = 120, low = 100, high = 200 }: Wish = {}): Volume4D {
  return {
    outline,
    startMs: epochMs(NOON_MS + from * MINUTE_MS),
    endMs: epochMs(NOON_MS + to * MINUTE_MS),
    altitudeLowerM: metresHae(low),
    altitudeUpperM: metresHae(high),
  }
}

export const circle = (latDeg: number, lngDeg: number, radiusM: number): Outline => ({
  kind: 'circle',
  centre: { latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) },
  radiusM: metres(radiusM),
})

/** A command as a test writes it: what it does not say is filled in, `kind` apart. */
type Partially<C> = C extends { readonly kind: string } ? Pick<C, 'kind'> & Partial<Omit<C, 'kind'>> : never

/** A pool in the hand: decides, keeps the bytes of every entry, applies; its clock moves only when told. */
export class Sky {
  state: AirspaceState
  readonly journal: Uint8Array[] = []
  readonly rules: Rules
  nowMs: EpochMs = epochMs(NOON_MS)
  #count = 0

  constructor(rules: Partial<Rules> = {}) {
    this.rules = { exact: false, compat: false, ...rules }
    this.state = new AirspaceState(this.rules)
  }

  /** Randomness that is none: OVNs and ids by number. */
  fresh(): Fresh {
    this.#count += 1
    return { ovn: `ovn-${String(this.#count).padStart(40, '0')}`, id: idOf(this.#count, 0xf) }
  }

  digest(): RequestDigest {
    this.#count += 1
    return [this.#count, 0xd1d1, 3, 4, 5, 6, 7, 0xffff_ffff]
  }

  after(minutes: number): void {
    this.nowMs = epochMs(this.nowMs + minutes * MINUTE_MS)
  }

  /** The command with all that it does not say: manager `uss1`, the volume of `volume()`, state Accepted, an empty key. */
  complete(command: Partially<Command>): Command {
    const extents =
      command.kind === 'putOperationalIntent' || command.kind === 'putConstraint'
        ? [volume()]
        : volume({ low: -Infinity, high: Infinity })
    const whole: unknown = {
      nowMs: this.nowMs,
      manager: 'uss1',
      digest: this.digest(),
      id: idOf(1),
      ovn: null,
      version: null,
      extents,
      key: [],
      state: 'Accepted',
      url: 'https://uss1.example',
      subscriptionId: null,
      newSubscription: null,
      requestedOvnSuffix: null,
      mayMonitorConformance: false,
      notifyForOperationalIntents: true,
      notifyForConstraints: false,
      uss: 'uss1',
      availability: 'Down',
      oldVersion: '',
      body: '{}',
      fromSlot: 0,
      toSlot: 1_000_000,
      fresh: this.fresh(),
      ...command,
    }
    return whole as Command
  }

  execute(command: Partially<Command>): Decision {
    const decision = decide(this.state, this.complete(command), this.rules)
    if (decision.kind === 'accepted' || decision.kind === 'refused') {
      this.journal.push(encodeEntry(decision.entry))
      apply(this.state, decision.entry, this.journal.length)
    }
    return decision
  }

  /** Executes what must be granted. */
  grant(command: Partially<Command>): Entry & { readonly outcome: AcceptedOutcome } {
    const decision = this.execute(command)
    if (decision.kind !== 'accepted') throw new Error(`${command.kind}: ${told(decision)}`)
    return decision.entry
  }

  /** Executes what must be refused. */
  refuse(
    command: Partially<Command>,
  ): Refusal & { readonly missing: Extract<Decision, { kind: 'refused' }>['missing'] } {
    const decision = this.execute(command)
    if (decision.kind !== 'refused') throw new Error(`${command.kind} was not refused: ${told(decision)}`)
    return { ...decision.refusal, missing: decision.missing }
  }

  intent(n: number) {
    const slot = this.state.intents.find(idOf(n))
    return slot < 0 ? null : this.state.operationalIntent(slot)
  }

  subscription(id: EntityId) {
    const slot = this.state.subscriptions.find(id)
    return slot < 0 ? null : this.state.subscription(slot)
  }
}

const told = (decision: Decision): string =>
  decision.kind === 'refused' ? `${decision.refusal.code} ${decision.refusal.message}` : decision.kind

/** The first change of that kind in an entry. */
export function change<Kind extends Change['kind']>(
  entry: { readonly outcome: AcceptedOutcome },
  kind: Kind,
): Extract<Change, { kind: Kind }> {
  const found = entry.outcome.changes.find((one) => one.kind === kind)
  if (found === undefined) throw new Error(`no ${kind} in ${entry.outcome.changes.map((one) => one.kind).join(', ')}`)
  return found as Extract<Change, { kind: Kind }>
}

/** Notified subscriptions as `id → index`. */
export const indexes = (notified: readonly Notified[]): Record<string, number> =>
  Object.fromEntries(notified.map((one) => [one.subscriptionId, one.notificationIndex]))

/** A digest of every part of the state's bytes, comparable and readable when they differ. */
export function bytesOf(state: AirspaceState): Record<string, string> {
  return Object.fromEntries(dumpState(state).map(({ name, bytes }) => [name, digestOfBytes(bytes)]))
}

/** The same without what every entry moves on, a refusal too: the count of entries and the deletions remembered. */
export function contentOf(state: AirspaceState): Record<string, string> {
  const parts = dumpState(state).map(({ name, bytes }) => {
    if (name !== 'airspace') return [name, digestOfBytes(bytes)]
    const scalars = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>
    return [name, JSON.stringify({ ...scalars, seq: 0, retired: [] })]
  })
  return Object.fromEntries(parts) as Record<string, string>
}

const digestOfBytes = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('base64')

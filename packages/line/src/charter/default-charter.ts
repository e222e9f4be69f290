import { LINE_KIND_RULES } from '../kinds.ts'
import type { Charter, CharterParty, QuorumPolicy, SeparationProfile } from './charter.ts'

/** Name and version of the projection this package computes: raised when any answer of it changes. */
export const PROJECTION = 'line/1'

/** Three nautical miles or three thousand feet, not closer for more than three minutes (field.md A2). */
export const RULE_OF_THREES: SeparationProfile = {
  name: 'rule-of-threes',
  lateralCm: 555_600,
  verticalCm: 91_440,
  timeS: 0,
  toleranceS: 180,
}

/** No distance beyond the volumes themselves: their buffers are inside, as F3548-21 has it. */
export const VOLUMES_ONLY: SeparationProfile = {
  name: 'volumes-only',
  lateralCm: 0,
  verticalCm: 0,
  timeS: 0,
  toleranceS: 0,
}

/**
 * The charter that record.md and field.md describe, for these members: FLASH 5 min, PRIORITY 30 min, ROUTINE 12 h; heartbeat
 * 10 s; hourly tests in turn, answered within 15 min; a quorum of all counterparts and most observers for what binds. The
 * parties change what they agree to change before their roots sign.
 */
export function defaultCharter({
  table,
  atS,
  parties,
  change = {},
}: {
  readonly table: string
  readonly atS: number
  readonly parties: readonly CharterParty[]
  readonly change?: Partial<Omit<Charter, 'table' | 'parties'>>
}): Charter {
  const members = parties.toSorted((a, b) => (a.party < b.party ? -1 : 1))
  const acting = members.filter(({ role }) => role === 'party').map(({ party }) => party)
  const guarantors = members.filter(({ role }) => role === 'guarantor').map(({ party }) => party)
  return {
    table,
    version: 1,
    atS,
    effective: [],
    parties: members,
    kinds: LINE_KIND_RULES,
    clocks: { FLASH: 300, PRIORITY: 1800, ROUTINE: 43_200 },
    escalation: { seatsS: 60, roleS: 120, pathS: 300 },
    heartbeatS: 10,
    tests: { everyS: 3600, answerS: 900, order: acting },
    skewS: 300,
    maxClockOffsetS: 30,
    backlog: { acts: 1000, bytes: 67_108_864 },
    quota: { actsPerS: 20_000, bytesPerDay: 536_870_912, flashPercent: 10 },
    profiles: [RULE_OF_THREES, VOLUMES_ONLY],
    deemedDelivery: guarantors.length === 0 ? null : { guarantors, afterS: 3600 },
    protestAfterS: 900,
    quorums: [bindingQuorum(members, acting)],
    projection: PROJECTION,
    ...change,
  }
}

/** All counterparts' mirrors and most of the observers, as many liars withstood as that allows. */
function bindingQuorum(members: readonly CharterParty[], acting: readonly string[]): QuorumPolicy {
  const of = members.filter(({ role }) => role !== 'party').map(({ party }) => party)
  const atLeast = Math.floor(of.length / 2) + 1
  const shared = acting.length - 1 + (of.length === 0 ? 0 : 2 * atLeast - of.length)
  return {
    name: 'binding',
    kinds: ['agreement.*', 'border.agree', 'zone.withdraw'],
    counterparts: true,
    observers: of.length === 0 ? null : { atLeast, of },
    lying: shared - 1,
  }
}

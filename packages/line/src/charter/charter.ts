import type { KindRule, Seen } from '@parley/record'
import type { Precedence } from '../subjects.ts'

/** What a member of the table does: parties act, guarantors hold and relay, observers cosign heads (record.md 3.8). */
export const MEMBER_ROLES = ['party', 'guarantor', 'observer'] as const
export type MemberRole = (typeof MEMBER_ROLES)[number]

/** A member of the table as the charter names it. */
export interface CharterParty {
  /** Party id of @parley/record. */
  readonly party: string
  /** What it is called on screen and in print, by language tag; at least one. */
  readonly title: Readonly<Record<string, string>>
  readonly role: MemberRole
  /** Roles of duty that can be addressed as `<party>.<role>`: `duty`, `lead`. Never persons. The first one is asked first. */
  readonly roles: readonly string[]
  /** SHA-256 of the text of the party's enrolment note, hex: the charter is about these keys and no others. */
  readonly enrolment: string
}

/** How far two flights must stay apart: a conflict only when all three are undercut. Distances in whole centimetres. */
export interface SeparationProfile {
  readonly name: string
  readonly lateralCm: number
  readonly verticalCm: number
  /** Gap in time that separates by itself, seconds; 0 when only simultaneous presence counts. */
  readonly timeS: number
  /** Seconds for which both distances may be undercut before it is a breach: the rule of threes has 180. */
  readonly toleranceS: number
}

/** What one member may send in a table's log before the others' mirrors answer 429 (record.md 3.9). */
export interface Quota {
  readonly actsPerS: number
  readonly bytesPerDay: number
  /** Share of both that is kept for FLASH. */
  readonly flashPercent: number
}

/** When an act counts as delivered though its addressee's mirror stays silent: held by a guarantor for so long. */
export interface DeemedDelivery {
  readonly guarantors: readonly string[]
  readonly afterS: number
}

/** Whose cosignatures a head needs before acts of these kinds bind: `all(counterpart)` when `observers` is null. */
export interface QuorumPolicy {
  readonly name: string
  /** Kinds and families it is for, such as `agreement.*`. */
  readonly kinds: readonly string[]
  /** Whether every other party's mirror must have cosigned. */
  readonly counterparts: boolean
  /** So many of these members' cosigners beside that; null for none. */
  readonly observers: { readonly atLeast: number; readonly of: readonly string[] } | null
  /** Cosigners assumed to lie at most; what the quorum must withstand (record.md 3.8, catalogue 78). */
  readonly lying: number
}

/** The text all parties have signed before the line opens (record.md 2.5, step 6). Everything a replica decides by is in it. */
export interface Charter {
  readonly table: string
  /** 1 for the first; an amendment has the next number. */
  readonly version: number
  /** Unix seconds at which it was written. */
  readonly atS: number
  /** The heads from which an amendment counts, ascending by log; empty for version 1, which counts from entry 0. */
  readonly effective: readonly Seen[]
  /** Ascending by party. */
  readonly parties: readonly CharterParty[]
  /** Who signs what; kinds beyond it have no effect. */
  readonly kinds: readonly KindRule[]
  /** Seconds until a message of this precedence must be taken. */
  readonly clocks: Readonly<Record<Precedence, number>>
  /** Seconds after which a FLASH nobody took rings at all seats, goes to the next role, to another path (AC-02). */
  readonly escalation: { readonly seatsS: number; readonly roleS: number; readonly pathS: number }
  /** H of record.md 3.7, seconds. */
  readonly heartbeatS: number
  readonly tests: {
    /** Seconds of a turn, 3600. */
    readonly everyS: number
    /** Seconds within which a test is sent in its turn, and answered. */
    readonly answerS: number
    /** Whose turn it is, in rotation from 1970-01-01T00:00Z on: of two, even UTC hours the first, odd hours the second. */
    readonly order: readonly string[]
  }
  /** Seconds by which a claimed time may differ from the time of receipt. */
  readonly skewS: number
  /** Seconds of clock offset from which the line is degraded. */
  readonly maxClockOffsetS: number
  /** Acts and bytes without a receipt at which the backlog is an alarm. */
  readonly backlog: { readonly acts: number; readonly bytes: number }
  readonly quota: Quota
  readonly profiles: readonly SeparationProfile[]
  readonly deemedDelivery: DeemedDelivery | null
  /** Seconds after a head was cosigned from which contents without a receipt may be protested (record.md 2.3). */
  readonly protestAfterS: number
  readonly quorums: readonly QuorumPolicy[]
  /** Name and version of the projection that decides, such as `line/1`. */
  readonly projection: string
}

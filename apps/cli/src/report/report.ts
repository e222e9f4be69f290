import type { Profile } from '../check/profile.ts'
import type { CheckResult } from '../engine/check-picture.ts'
import type { Clearing } from '../engine/clearing.ts'
import type { Axis, Encounter, Verdict } from '../engine/encounter.ts'
import type { Item, Margin } from '../model/item.ts'
import { type Findings, LEAVES_OUT } from '../read/finding.ts'
import type { Picture } from '../read/picture.ts'
import { type Place, placeOfEncounter } from './place.ts'
import type { TimeFormat } from './time.ts'

/** One side of an encounter. */
export interface ReportedItem {
  readonly file: string
  readonly kind: string
  readonly id: string
  readonly title: string
  readonly owner: string
  readonly priority: number
  readonly facts: Readonly<Record<string, string>>
  /** Where in the file the part stands that meets most closely. */
  readonly position: string
}

interface ReportedWindow {
  /** RFC 3339 in UTC; null: no limit. */
  readonly start: string | null
  readonly end: string | null
  readonly start_local: string | null
  readonly end_local: string | null
}

/** Shifts of one item that clear the encounter, each alone; a direction that does not is left out. */
interface ReportedClearing {
  readonly moves: 'a' | 'b'
  readonly later_s?: number
  readonly earlier_s?: number
  readonly up_m?: number
  readonly down_m?: number
}

/** Lengths are metres, durations seconds; null where a number is unbounded or cannot be known. */
export interface ReportedEncounter {
  readonly verdict: Verdict
  readonly a: ReportedItem
  readonly b: ReportedItem
  readonly axis: Axis
  /** Between the parts as stated or recorded, buffers not taken off; 0 when their areas share a point. */
  readonly distance_m: number
  readonly required_distance_m: number
  /** Shared band, or gap as a negative number. */
  readonly height_m: number | null
  readonly required_height_m: number
  /** Shared time of the two parts, or gap as a negative number. */
  readonly time_s: number | null
  readonly required_time_s: number
  readonly windows: readonly ReportedWindow[]
  readonly longest_s: number | null
  readonly where: Place
  /** Of moving parts: when they are nearest. */
  readonly nearest_at: string | null
  readonly clearing: ReportedClearing | null
  readonly reasons: readonly string[]
}

export interface ReportedFinding {
  readonly code: string
  readonly file: string
  readonly count: number
  /** Whether the named parts were left out of the check. */
  readonly leaves_out: boolean
  readonly field: string
  readonly rule: string
  readonly examples: readonly { readonly position: string; readonly value: string }[]
}

export interface Report {
  readonly tool: { readonly name: 'parley check'; readonly version: string }
  readonly separation: Profile
  readonly buffer: { readonly lateral_m: number; readonly vertical_m: number; readonly time_s: number }
  readonly zone: string | null
  readonly files: Picture['files']
  readonly summary: {
    readonly items: number
    readonly conflicts: number
    readonly breaches: number
    readonly cautions: number
    readonly undecided: number
    readonly left_out: number
    readonly same_identity_not_compared: number
    readonly restrictions_not_compared: number
    /** False when the search stopped at its limit of meetings. */
    readonly complete: boolean
  }
  readonly encounters: readonly ReportedEncounter[]
  readonly findings: readonly ReportedFinding[]
}

export interface ReportOptions {
  readonly version: string
  readonly profile: Profile
  readonly margin: Margin
  readonly time: TimeFormat
  readonly findings: Findings
}

/** Everything the check has to say, ready for any of the three outputs. */
export function buildReport(picture: Picture, result: CheckResult, options: ReportOptions): Report {
  const { margin, time, profile, findings } = options
  const encounters = result.encounters.map((encounter, index) =>
    reportEncounter(encounter, result.clearings[index] ?? null, { picture, time }),
  )
  const count = (verdict: Verdict): number => encounters.filter((encounter) => encounter.verdict === verdict).length
  return {
    tool: { name: 'parley check', version: options.version },
    separation: profile,
    buffer: { lateral_m: margin.lateralM, vertical_m: margin.verticalM, time_s: margin.timeMs / 1000 },
    zone: time.zone,
    files: picture.files,
    summary: {
      items: picture.items.length,
      conflicts: count('conflict'),
      breaches: count('breach'),
      cautions: count('caution'),
      undecided: count('undecided'),
      left_out: findings.leftOut,
      same_identity_not_compared: result.notCompared.sameIdentity,
      restrictions_not_compared: result.notCompared.restrictions,
      complete: result.complete,
    },
    encounters,
    findings: findings.list().map(({ count, examples }) => {
      const [first] = examples
      if (first === undefined) throw new Error('a finding without an example')
      const { code, file, field, rule } = first
      return {
        code,
        file,
        count,
        leaves_out: LEAVES_OUT[code],
        field,
        rule,
        examples: examples.map(({ position, value }) => ({ position, value })),
      }
    }),
  }
}

function reportEncounter(
  encounter: Encounter,
  clearing: Clearing | null,
  { picture, time }: { picture: Picture; time: TimeFormat },
): ReportedEncounter {
  const { tightest } = encounter
  const item = (index: number, piece: number): ReportedItem => {
    const { file, kind, id, title, owner, priority, facts } = picture.items[index] as Item
    return { file, kind, id, title, owner, priority, facts, position: picture.pieces[piece]?.position ?? '' }
  }
  return {
    verdict: encounter.verdict,
    a: item(encounter.itemA, tightest.a),
    b: item(encounter.itemB, tightest.b),
    axis: encounter.axis,
    distance_m: round(tightest.distanceM) ?? 0,
    required_distance_m: tightest.requiredDistanceM,
    height_m: round(tightest.sharedHeightM),
    required_height_m: tightest.requiredHeightM,
    time_s: round(tightest.sharedTimeMs / 1000),
    required_time_s: tightest.requiredTimeMs / 1000,
    windows: encounter.windows.map(({ startMs, endMs }) => ({
      start: bounded(startMs, time),
      end: bounded(endMs, time),
      start_local: time.local(startMs),
      end_local: time.local(endMs),
    })),
    longest_s: round(encounter.longestMs / 1000),
    where: placeOfEncounter(encounter, picture.pieces),
    nearest_at: tightest.nearest === undefined ? null : time.utc(tightest.nearest.atMs),
    clearing:
      clearing === null
        ? null
        : {
            moves: clearing.moves,
            ...(clearing.laterS === undefined ? {} : { later_s: clearing.laterS }),
            ...(clearing.earlierS === undefined ? {} : { earlier_s: clearing.earlierS }),
            ...(clearing.upM === undefined ? {} : { up_m: clearing.upM }),
            ...(clearing.downM === undefined ? {} : { down_m: clearing.downM }),
          },
    reasons: encounter.reasons,
  }
}

function bounded(ms: number, time: TimeFormat): string | null {
  return Number.isFinite(ms) ? time.utc(ms) : null
}

/** Millimetres and milliseconds are as fine as a report gets. */
function round(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null
}

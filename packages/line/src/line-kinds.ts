import {
  type Act,
  type ActRef,
  isRecordError,
  type JsonObject,
  parseStateDigest,
  type StateDigest,
} from '@parley/record'
import { type ActKind, always } from './act-kind.ts'
import { LineError } from './errors.ts'
import { FieldReader } from './fields.ts'

/** What a suspension is about. */
export const SUSPENSION_SCOPES = ['all', 'flights', 'messages'] as const
export type SuspensionScope = (typeof SUSPENSION_SCOPES)[number]

/** Why a line is suspended: a closed list, so that it reads the same in every language. */
export const SUSPENSION_REASONS = [
  'political-decision',
  'incident',
  'breach-alleged',
  'technical',
  'security',
  'exercise',
  'other',
] as const
export type SuspensionReason = (typeof SUSPENSION_REASONS)[number]

/** Why a line is closed for good. */
export const CLOSE_REASONS = ['agreement-ended', 'withdrawal', 'replaced', 'keys-lost', 'other'] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]

/** Body of `line.suspend`: a statement of one side, not a cut. Times are unix seconds. */
export interface SuspendBody {
  readonly scope: SuspensionScope
  readonly reason: SuspensionReason
  /** From when the party holds itself suspended; may lie ahead. */
  readonly sinceS: number
  /** Until when it says it will last; it lasts until resumed all the same. */
  readonly untilS: number | null
  /** Whether the party takes nothing but what passes every suspension; else it takes all and holds itself bound by none. */
  readonly safetyOnly: boolean
}

/** Body of `line.resume`; the act's own `ref` is the same. */
export interface ResumeBody {
  readonly ref: ActRef
}

export interface CloseBody {
  readonly reason: CloseReason
}

/** Body of `charter`, entry 0 of each log and again at each amendment: which charter this log stands under. */
export interface CharterBody {
  readonly version: number
  /** SHA-256 of the charter's text, hex. */
  readonly sha256: string
}

function parseSuspend(body: JsonObject): SuspendBody {
  const fields = new FieldReader(body).only('reason', 'safety_only', 'scope', 'since', 'until')
  const sinceS = fields.seconds('since')
  const untilS = fields.optional('until', (field) => fields.seconds(field))
  if (untilS !== null && untilS <= sinceS) throw fields.refusal('until', 'must be later than since')
  return {
    scope: fields.oneOf('scope', SUSPENSION_SCOPES),
    reason: fields.oneOf('reason', SUSPENSION_REASONS),
    sinceS,
    untilS,
    safetyOnly: fields.boolean('safety_only'),
  }
}

function parseResume(body: JsonObject, act: Act): ResumeBody {
  const fields = new FieldReader(body).only('ref')
  const ref = fields.object('ref').only('h', 'i', 'o')
  const cited: ActRef = { o: ref.text('o'), i: ref.integer('i', { min: 0 }), h: ref.text('h') }
  if (act.ref === undefined || act.ref.o !== cited.o || act.ref.i !== cited.i || act.ref.h !== cited.h)
    throw fields.refusal('ref', 'must be the ref of the act: the suspension that ends')
  if (cited.o !== act.o) throw ref.refusal('o', 'must be the own log: each side resumes what it suspended')
  return { ref: cited }
}

function parseDigest(body: JsonObject): StateDigest {
  try {
    return parseStateDigest(body)
  } catch (error) {
    if (!isRecordError(error)) throw error
    const { field, value, rule } = error.details
    throw new LineError('ACT_BODY', { field, value, rule }, { cause: error })
  }
}

const empty = (body: JsonObject): Record<string, never> => {
  new FieldReader(body).only()
  return {}
}

export const LINE_OPEN: ActKind<Record<string, never>> = {
  kind: 'line.open',
  scope: 'line',
  parse: empty,
  passes: always,
}

export const LINE_SUSPEND: ActKind<SuspendBody> = {
  kind: 'line.suspend',
  scope: 'line',
  parse: parseSuspend,
  passes: always,
}

export const LINE_RESUME: ActKind<ResumeBody> = {
  kind: 'line.resume',
  scope: 'line',
  parse: parseResume,
  passes: always,
}

export const LINE_CLOSE: ActKind<CloseBody> = {
  kind: 'line.close',
  scope: 'line',
  parse: (body): CloseBody => ({ reason: new FieldReader(body).only('reason').oneOf('reason', CLOSE_REASONS) }),
  passes: always,
}

export const CHARTER_ACT: ActKind<CharterBody> = {
  kind: 'charter',
  scope: 'record',
  parse: (body): CharterBody => {
    const fields = new FieldReader(body).only('sha256', 'version')
    return { version: fields.integer('version', { min: 1, max: 1_000_000 }), sha256: fields.sha256('sha256') }
  },
  passes: always,
}

export const STATE_DIGEST_ACT: ActKind<StateDigest> = {
  kind: 'state.digest',
  scope: 'record',
  parse: parseDigest,
  passes: always,
}

/** The kinds of the line itself. */
export const LINE_KINDS: readonly ActKind[] = [
  LINE_OPEN,
  LINE_SUSPEND,
  LINE_RESUME,
  LINE_CLOSE,
  CHARTER_ACT,
  STATE_DIGEST_ACT,
]

import type { JsonObject } from '../canonical-json.ts'
import { RecordError, shown } from '../errors.ts'
import { formatVkey, parseVkey, type VerifierKey } from '../vkey.ts'
import type { FieldReader } from './fields.ts'
import { coversKind, isDelegable, isKindPattern, type KindRule } from './kinds.ts'

/** What a party lets one officer's key say: in an enrolment, or by `key.delegate` (record.md 2.4). */
export interface Grant {
  readonly key: VerifierKey
  /** Label of the person who holds the key. Two keys of one person are still one person where two must sign. */
  readonly person: string
  /** Kinds and families, sorted, none twice. */
  readonly kinds: readonly string[]
  /** The key counts from this index of the log on, and never before the entry after the one that granted it. */
  readonly notBeforeIndex: number
  /** Unix seconds: an act of a later time has no effect. */
  readonly notAfterS: number
  /** Acts a UTC day, by the time they claim. */
  readonly maxPerDay: number
}

/** 9999-12-31T23:59:59Z: beyond it a number is milliseconds or a mistake. */
const LAST_SECOND = 253_402_300_799
const MAX_PER_DAY = 1_000_000

/** The fields of a grant as they stand in an act's body or in an enrolment, in no order. */
export const GRANT_FIELDS = ['kinds', 'max_per_day', 'not_after', 'not_before_index', 'person', 'vkey'] as const

/** Reads a grant; the key is vetted. Throws with the reader's code. */
export function readGrant(fields: FieldReader): Grant {
  fields.only(...GRANT_FIELDS)
  const key = fields.parsed('vkey', parseVkey)
  if (key.type !== 0x01) throw fields.refusal('vkey', 'must be of type 0x01: officers sign texts')
  const kinds = fields.texts('kinds')
  if (kinds.length === 0 || kinds.length > 64) throw fields.refusal('kinds', 'must name 1 to 64 kinds')
  kinds.forEach((kind, i) => {
    if (!isKindPattern(kind))
      throw fields.refusal('kinds', 'must name kinds such as `message` or families such as `ack.*`')
    if (i > 0 && (kinds[i - 1] as string) >= kind) throw fields.refusal('kinds', 'must be sorted, none twice')
  })
  return {
    key,
    person: fields.identifier('person'),
    kinds,
    notBeforeIndex: fields.integer('not_before_index', { min: 0 }),
    notAfterS: fields.integer('not_after', { min: 1, max: LAST_SECOND }),
    maxPerDay: fields.integer('max_per_day', { min: 1, max: MAX_PER_DAY }),
  }
}

/** The JSON of a grant, as `readGrant` takes it. */
export function grantBody(grant: Grant): JsonObject {
  return {
    kinds: [...grant.kinds],
    max_per_day: grant.maxPerDay,
    not_after: grant.notAfterS,
    not_before_index: grant.notBeforeIndex,
    person: grant.person,
    vkey: formatVkey(grant.key),
  }
}

/** Which rule a grant breaks beside the one it was made under, null when it widens nothing. `under` is null for the root. */
export function wideningOf(grant: Grant, under: Grant | null, rules: readonly KindRule[]): RecordError | null {
  const refuse = (field: string, value: string | number, rule: string): RecordError =>
    new RecordError('KEY_ACT_FIELD', { field, value, rule })
  for (const kind of grant.kinds) {
    if (!isDelegable(rules, kind)) return refuse('kinds', shown(kind), 'must not be a kind that only the root signs')
    if (under !== null && !coversKind(under.kinds, kind)) {
      return refuse('kinds', shown(kind), 'must lie within what the delegating officer may say')
    }
  }
  if (under === null) return null
  if (grant.notAfterS > under.notAfterS) {
    return refuse('not_after', grant.notAfterS, `must not outlast the delegating officer's own, ${under.notAfterS}`)
  }
  if (grant.maxPerDay > under.maxPerDay) {
    return refuse('max_per_day', grant.maxPerDay, `must not exceed the delegating officer's own, ${under.maxPerDay}`)
  }
  if (grant.person === under.person) {
    return refuse('person', shown(grant.person), 'must not be the delegating officer: nobody delegates to himself')
  }
  return null
}

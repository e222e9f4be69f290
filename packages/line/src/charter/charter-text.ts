import {
  encodeUtf8,
  formatCanonicalJson,
  isKindPattern,
  isRecordError,
  type JsonObject,
  type JsonValue,
  type KindRule,
  parseCanonicalJson,
  parseLogName,
  parseNote,
  type Signers,
  sha256,
  encodeHex,
} from '@parley/record'
import { LineError, shown } from '../errors.ts'
import { FieldReader } from '../fields.ts'
import { PRECEDENCES } from '../subjects.ts'
import { lintQuorum } from './charter-quorum.ts'
import {
  type Charter,
  type CharterParty,
  type DeemedDelivery,
  MEMBER_ROLES,
  type QuorumPolicy,
  type SeparationProfile,
} from './charter.ts'

export const CHARTER_HEADER = 'parley.charter/v1'
/** Most members of a table: two custodians of each sign the charter, and a note has at most 16 signatures. */
export const MAX_PARTIES = 8
const ROLE = /^[a-z][a-z0-9-]{0,31}$/
const LANGUAGE = /^[a-z]{2,3}$/
const PROJECTION = /^[a-z][a-z0-9-]*\/[1-9][0-9]*$/
const DAY_S = 86_400
const FIELDS = [
  'at',
  'backlog',
  'clocks',
  'deemed_delivery',
  'effective',
  'escalation',
  'heartbeat',
  'kinds',
  'max_clock_offset',
  'parties',
  'profiles',
  'projection',
  'protest_after',
  'quorums',
  'quota',
  'skew',
  'table',
  'tests',
  'v',
  'version',
]

/** The text of a charter note, to be signed by the roots of all members. Throws what `parseCharterText` throws. */
export function formatCharter(charter: Charter): string {
  const value: JsonObject = {
    at: charter.atS,
    backlog: { acts: charter.backlog.acts, bytes: charter.backlog.bytes },
    clocks: { flash: charter.clocks.FLASH, priority: charter.clocks.PRIORITY, routine: charter.clocks.ROUTINE },
    deemed_delivery:
      charter.deemedDelivery === null
        ? null
        : { after: charter.deemedDelivery.afterS, guarantors: [...charter.deemedDelivery.guarantors] },
    effective: charter.effective.map(({ o, n, r }) => ({ n, o, r })),
    escalation: {
      path: charter.escalation.pathS,
      role: charter.escalation.roleS,
      seats: charter.escalation.seatsS,
    },
    heartbeat: charter.heartbeatS,
    kinds: charter.kinds.map(({ kind, signers }) => ({ kind, signers })),
    max_clock_offset: charter.maxClockOffsetS,
    parties: charter.parties.map(({ party, title, role, roles, enrolment }) => ({
      enrolment,
      party,
      role,
      roles: [...roles],
      title: { ...title },
    })),
    profiles: charter.profiles.map(({ name, lateralCm, verticalCm, timeS, toleranceS }) => ({
      lateral_cm: lateralCm,
      name,
      time: timeS,
      tolerance: toleranceS,
      vertical_cm: verticalCm,
    })),
    projection: charter.projection,
    protest_after: charter.protestAfterS,
    quorums: charter.quorums.map(({ name, kinds, counterparts, observers, lying }) => ({
      counterparts,
      kinds: [...kinds],
      lying,
      name,
      observers: observers === null ? null : { at_least: observers.atLeast, of: [...observers.of] },
    })),
    quota: {
      acts_per_s: charter.quota.actsPerS,
      bytes_per_day: charter.quota.bytesPerDay,
      flash_percent: charter.quota.flashPercent,
    },
    skew: charter.skewS,
    table: charter.table,
    tests: { answer: charter.tests.answerS, every: charter.tests.everyS, order: [...charter.tests.order] },
    v: 1,
    version: charter.version,
  }
  const text = `${CHARTER_HEADER}\n${json(() => formatCanonicalJson(value))}\n`
  parseCharterText(text)
  return text
}

/** SHA-256 of a charter's text, hex: what entry 0 of each log cites. */
export const charterHash = (text: string): string => encodeHex(sha256(encodeUtf8(text)))

/**
 * The charter in a note, its rules checked, its signatures not looked at: `openCharter`. Throws CHARTER_FIELD, and what
 * `parseNote` of @parley/record throws.
 */
export const parseCharter = (note: Uint8Array): Charter => parseCharterText(parseNote(note).text)

/** Reads the text of a charter and holds it to the rules of a table. Throws CHARTER_FIELD. */
export function parseCharterText(text: string): Charter {
  const lines = text.split('\n')
  if (lines.length !== 3 || lines[2] !== '' || lines[0] !== CHARTER_HEADER) {
    const rule = `must be the line ${CHARTER_HEADER} and one line of JSON`
    throw new LineError('CHARTER_FIELD', { field: 'charter', value: shown(lines[0] as string), rule })
  }
  const value: JsonValue = json(() => parseCanonicalJson(encodeUtf8(lines[1] as string)))
  const fields = new FieldReader(value, '', 'CHARTER_FIELD').only(...FIELDS)
  fields.integer('v', { min: 1, max: 1 })
  const clocks = fields.object('clocks').only('flash', 'priority', 'routine')
  const escalation = fields.object('escalation').only('path', 'role', 'seats')
  const tests = fields.object('tests').only('answer', 'every', 'order')
  const quota = fields.object('quota').only('acts_per_s', 'bytes_per_day', 'flash_percent')
  const backlog = fields.object('backlog').only('acts', 'bytes')
  const charter: Charter = {
    table: fields.identifier('table'),
    version: fields.integer('version', { min: 1, max: 1_000_000 }),
    atS: fields.seconds('at'),
    effective: fields.objects('effective').map((head) => {
      head.only('n', 'o', 'r')
      const r = head.matching('r', /^[A-Za-z0-9+/]{43}=$/, 'must be base64 of 32 bytes')
      return { o: head.text('o', 200), n: head.integer('n', { min: 0 }), r }
    }),
    parties: fields.objects('parties', { min: 2, max: MAX_PARTIES }).map(readParty),
    kinds: fields.objects('kinds', { min: 1 }).map(readRule),
    clocks: {
      FLASH: clocks.integer('flash', { min: 1, max: DAY_S }),
      PRIORITY: clocks.integer('priority', { min: 1, max: 7 * DAY_S }),
      ROUTINE: clocks.integer('routine', { min: 1, max: 30 * DAY_S }),
    },
    escalation: {
      seatsS: escalation.integer('seats', { min: 1, max: DAY_S }),
      roleS: escalation.integer('role', { min: 1, max: DAY_S }),
      pathS: escalation.integer('path', { min: 1, max: DAY_S }),
    },
    heartbeatS: fields.integer('heartbeat', { min: 1, max: 3600 }),
    tests: {
      everyS: tests.integer('every', { min: 60, max: DAY_S }),
      answerS: tests.integer('answer', { min: 10, max: DAY_S }),
      order: tests.texts('order', { min: 1, max: MAX_PARTIES }),
    },
    skewS: fields.integer('skew', { min: 1, max: DAY_S }),
    maxClockOffsetS: fields.integer('max_clock_offset', { min: 1, max: 3600 }),
    backlog: {
      acts: backlog.integer('acts', { min: 1 }),
      bytes: backlog.integer('bytes', { min: 1 }),
    },
    quota: {
      actsPerS: quota.integer('acts_per_s', { min: 1, max: 1_000_000 }),
      bytesPerDay: quota.integer('bytes_per_day', { min: 65_536 }),
      flashPercent: quota.integer('flash_percent', { min: 1, max: 50 }),
    },
    profiles: fields.objects('profiles', { max: 32 }).map(readProfile),
    deemedDelivery: fields.value('deemed_delivery') === null ? null : readDeemed(fields.object('deemed_delivery')),
    protestAfterS: fields.integer('protest_after', { min: 10, max: 30 * DAY_S }),
    quorums: fields.objects('quorums', { max: 32 }).map(readQuorum),
    projection: fields.matching('projection', PROJECTION, 'must be a name and a version, such as line/1'),
  }
  checkTogether(charter)
  return charter
}

/** What a codec of @parley/record refuses, in the words of a charter. */
function json<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!isRecordError(error)) throw error
    const { value, rule } = error.details
    throw new LineError('CHARTER_FIELD', { field: 'charter', value, rule }, { cause: error })
  }
}

function readParty(fields: FieldReader): CharterParty {
  fields.only('enrolment', 'party', 'role', 'roles', 'title')
  const titles = fields.object('title')
  const languages = titles.names()
  if (languages.length === 0) throw fields.refusal('title', 'must be given in one language at least')
  const title: Record<string, string> = {}
  for (const language of languages) {
    if (!LANGUAGE.test(language)) throw titles.refusal(language, 'must be a language such as en, de, ru or ar')
    title[language] = titles.text(language, 120)
  }
  const role = fields.oneOf('role', MEMBER_ROLES)
  const roles = fields.texts('roles', { min: role === 'party' ? 1 : 0, max: 16 })
  for (const name of roles)
    if (!ROLE.test(name))
      throw fields.refusal('roles', 'must be roles such as duty or lead, a to z, 0 to 9 and hyphens')
  if (new Set(roles).size !== roles.length) throw fields.refusal('roles', 'must name no role twice')
  return { party: fields.identifier('party'), title, role, roles, enrolment: fields.sha256('enrolment') }
}

function readRule(fields: FieldReader): KindRule {
  fields.only('kind', 'signers')
  const kind = fields.text('kind', 40)
  if (!isKindPattern(kind)) throw fields.refusal('kind', 'must be a kind such as message or a family such as ack.*')
  const signers: readonly Signers[] = [1, 2, 'root']
  const found = signers.find((value) => value === fields.value('signers'))
  if (found === undefined) throw fields.refusal('signers', 'must be 1, 2 or root')
  return { kind, signers: found }
}

function readProfile(fields: FieldReader): SeparationProfile {
  fields.only('lateral_cm', 'name', 'time', 'tolerance', 'vertical_cm')
  return {
    name: fields.identifier('name'),
    lateralCm: fields.integer('lateral_cm', { min: 0, max: 100_000_000 }),
    verticalCm: fields.integer('vertical_cm', { min: 0, max: 10_000_000 }),
    timeS: fields.integer('time', { min: 0, max: DAY_S }),
    toleranceS: fields.integer('tolerance', { min: 0, max: DAY_S }),
  }
}

function readDeemed(fields: FieldReader): DeemedDelivery {
  fields.only('after', 'guarantors')
  return {
    guarantors: fields.texts('guarantors', { min: 1, max: MAX_PARTIES }),
    afterS: fields.integer('after', { min: 1, max: 30 * DAY_S }),
  }
}

function readQuorum(fields: FieldReader): QuorumPolicy {
  fields.only('counterparts', 'kinds', 'lying', 'name', 'observers')
  const kinds = fields.texts('kinds', { min: 1, max: 64 })
  if (!kinds.every(isKindPattern)) throw fields.refusal('kinds', 'must be kinds or families')
  const observers = fields.value('observers') === null ? null : fields.object('observers').only('at_least', 'of')
  const of = observers?.texts('of', { min: 1, max: MAX_PARTIES }) ?? []
  const quorum: QuorumPolicy = {
    name: fields.identifier('name'),
    kinds,
    counterparts: fields.boolean('counterparts'),
    observers: observers === null ? null : { atLeast: observers.integer('at_least', { min: 1, max: of.length }), of },
    lying: fields.integer('lying', { min: 0, max: MAX_PARTIES }),
  }
  if (!quorum.counterparts && quorum.observers === null)
    throw fields.refusal('observers', 'must be named where no counterpart must have cosigned')
  return quorum
}

/** The rules that hold between fields. */
function checkTogether(charter: Charter): void {
  const refuse = (field: string, value: string | number | null, rule: string): LineError =>
    new LineError('CHARTER_FIELD', { field, value: typeof value === 'string' ? shown(value) : value, rule })
  const ids = charter.parties.map(({ party }) => party)
  const inOrder = (values: readonly string[], field: string): void => {
    const found = values.find((value, i) => i > 0 && (values[i - 1] as string) >= value)
    if (found !== undefined) throw refuse(field, found, 'must be ascending, none twice')
  }
  inOrder(ids, 'parties')
  inOrder(
    charter.effective.map(({ o }) => o),
    'effective',
  )
  const acting = charter.parties.filter(({ role }) => role === 'party').map(({ party }) => party)
  if (acting.length < 2) throw refuse('parties', acting.length, 'must be two at least with the role party')
  const once = (values: readonly string[], field: string): void => {
    if (new Set(values).size !== values.length) throw refuse(field, null, 'must name each but once')
  }
  once(
    charter.kinds.map(({ kind }) => kind),
    'kinds',
  )
  once(
    charter.profiles.map(({ name }) => name),
    'profiles',
  )
  once(
    charter.quorums.map(({ name }) => name),
    'quorums',
  )
  once(charter.tests.order, 'tests.order')
  for (const party of charter.tests.order)
    if (!acting.includes(party)) throw refuse('tests.order', party, 'must be a member with the role party')
  const { seatsS, roleS, pathS } = charter.escalation
  if (seatsS >= roleS || roleS >= pathS) throw refuse('escalation', roleS, 'must ask the seats, then roles, then paths')
  if (pathS > charter.clocks.FLASH)
    throw refuse('escalation.path', pathS, `must not come after the FLASH clock of ${charter.clocks.FLASH} s`)
  const { FLASH, PRIORITY, ROUTINE } = charter.clocks
  if (PRECEDENCES.length !== 3 || FLASH > PRIORITY || PRIORITY > ROUTINE)
    throw refuse('clocks', PRIORITY, 'must not give a higher precedence more time')
  if (charter.tests.answerS >= charter.tests.everyS)
    throw refuse('tests.answer', charter.tests.answerS, 'must end before the next turn begins')
  if (charter.version > 1 !== charter.effective.length > 0)
    throw refuse('effective', charter.effective.length, 'must be the heads an amendment counts from, none in version 1')
  for (const { o } of charter.effective)
    if (!isLogOf(o, charter.table)) throw refuse('effective.o', o, 'must be a log of the table')
  const guarantors = charter.parties.filter(({ role }) => role === 'guarantor').map(({ party }) => party)
  for (const party of charter.deemedDelivery?.guarantors ?? [])
    if (!guarantors.includes(party)) throw refuse('deemed_delivery.guarantors', party, 'must be a guarantor')
  const watching = charter.parties.filter(({ role }) => role !== 'party').map(({ party }) => party)
  for (const quorum of charter.quorums) {
    for (const party of quorum.observers?.of ?? [])
      if (!watching.includes(party)) throw refuse('quorums.observers', party, 'must be an observer or a guarantor')
    once(quorum.observers?.of ?? [], 'quorums.observers')
    lintQuorum(charter, quorum)
  }
}

function isLogOf(origin: string, table: string): boolean {
  try {
    return parseLogName(origin).table === table
  } catch (error) {
    if (isRecordError(error)) return false
    throw error
  }
}

import { type Static, Type } from 'typebox'
import { DateTime, EntityIdText, EntityOvn } from './common.ts'
import { ConstraintReference } from './constraints.ts'
import { Blocking, Clearing } from './error-response.ts'
import { Volume4D } from './geometry.ts'
import { LineStatus } from './line.ts'
import { OperationalIntentReference } from './operational-intents.ts'
import { named, omissible, optional } from './schema.ts'

const Count = Type.Integer({ minimum: 0 })
/** Number of journal entries; the sequence of the newest decision. */
const Head = Type.Integer({ minimum: 0 })

const ScenarioSummary = named('ScenarioSummary', {
  name: Type.String(),
  title: Type.String(),
  notice: Type.String({ description: 'Says that everything shown is simulated.' }),
})

/** One who cosigns the heads of this node's log, as it stands. */
export const CosignerStatus = named('CosignerStatus', {
  name: Type.String(),
  vkey: Type.String(),
  kind: Type.Enum(['witness', 'mirror'], {
    description: 'A witness has seen the head; a mirror also holds the entries.',
  }),
  state: Type.Enum(['waiting', 'current', 'behind', 'unreachable', 'alarm'], {
    description: 'waiting: never answered since the start; behind: newer entries are not cosigned yet.',
  }),
  size: Type.Union([Count, Type.Null()], {
    description: 'Entries under the newest head it cosigned; null: none known.',
  }),
  lag: Count,
  atS: Type.Union([Type.Number(), Type.Null()], {
    description: 'Time of its newest cosignature, by its clock, in unix seconds.',
  }),
  ageS: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'Seconds since that cosignature arrived, by a clock that nobody sets.',
  }),
  clockOffsetS: Type.Union([Type.Number(), Type.Null()], { description: 'How far its clock is ahead of this one.' }),
  faults: Count,
  audit: Type.Enum(['none', 'passed', 'failed'], {
    description: 'Whether a mirror could show entries it had cosigned when last asked for some at random.',
  }),
  alarm: Type.Union([
    named('CosignerAlarm', { code: Type.String(), message: Type.String(), at: DateTime }),
    Type.Null(),
  ]),
})
export type CosignerStatus = Static<typeof CosignerStatus>

/** The append-only log behind the pool, and who vouches for it. */
export const LogStatus = named('LogStatus', {
  origin: Type.String(),
  vkey: Type.String({ description: 'Public key of the log, as c2sp.org/signed-note writes it.' }),
  size: Type.Integer({ minimum: 0, description: 'Entries under the newest signed checkpoint.' }),
  url: Type.String({
    description: 'Where the log is read as c2sp.org/tlog-tiles says: below it checkpoint, tile/…, vkey.',
  }),
  public: Type.Boolean({ description: 'Whether tiles and entries are served without a token.' }),
  cosigners: Type.Array(CosignerStatus),
})
export type LogStatus = Static<typeof LogStatus>

/** What a node is and how it runs. */
export const ParleyStatus = named('ParleyStatus', {
  name: Type.String(),
  version: Type.String(),
  simulated: Type.Boolean(),
  exact: Type.Boolean(),
  compat: Type.Boolean(),
  issuer: Type.Boolean({ description: 'Whether the development token issuer is on.' }),
  nowMs: Type.Number({ description: "The node's clock, milliseconds since the epoch." }),
  head: Head,
  counts: named('ParleyCounts', {
    operational_intents: Count,
    constraints: Count,
    subscriptions: Count,
    identification_service_areas: Count,
  }),
  scenario: Type.Union([ScenarioSummary, Type.Null()]),
  log: LogStatus,
  line: LineStatus,
})
export type ParleyStatus = Static<typeof ParleyStatus>

export const PictureOperationalIntent = named('PictureOperationalIntent', {
  reference: OperationalIntentReference,
  volumes: Type.Array(Volume4D),
})
export type PictureOperationalIntent = Static<typeof PictureOperationalIntent>

export const PictureConstraint = named('PictureConstraint', {
  reference: ConstraintReference,
  volumes: Type.Array(Volume4D),
})
export type PictureConstraint = Static<typeof PictureConstraint>

/** Everything the pool holds at one instant; OVNs are hidden from those who do not manage the item. */
export const Picture = named('Picture', {
  head: Head,
  now: DateTime,
  operational_intents: Type.Array(PictureOperationalIntent),
  constraints: Type.Array(PictureConstraint),
})
export type Picture = Static<typeof Picture>

/** One entry of the pool's journal as its members may see it. */
export const Decision = named('Decision', {
  seq: Type.Integer({ minimum: 0 }),
  at: DateTime,
  kind: Type.Enum([
    'operational_intent',
    'constraint',
    'subscription',
    'availability',
    'report',
    'expiry',
    'identification_service_area',
  ]),
  action: Type.String({ description: 'create, update, delete, …' }),
  outcome: Type.Enum(['accepted', 'refused']),
  manager: Type.String(),
  id: Type.String(),
  request_sha256: optional(
    Type.String({
      pattern: '^[0-9a-f]{64}$',
      description:
        'SHA-256 of the request: method, space, target, line feed, body. Absent where no request led to the decision, and in decisions from before the pool kept it.',
    }),
  ),
  status: Type.Integer({ description: 'HTTP status of the answer.' }),
  code: optional(Type.String()),
  message: optional(Type.String()),
  reference: optional(Type.Union([OperationalIntentReference, ConstraintReference])),
  extents: optional(Type.Array(Volume4D)),
  blocking: optional(Type.Array(Blocking)),
  clearing: optional(Clearing),
  simulated: Type.Boolean(),
})
export type Decision = Static<typeof Decision>

export const DecisionsResponse = named('DecisionsResponse', { head: Head, decisions: Type.Array(Decision) })
export type DecisionsResponse = Static<typeof DecisionsResponse>

/** A plan to be judged without writing anything. */
export const CheckParameters = named('CheckParameters', {
  extents: Type.Array(Volume4D, { minItems: 1 }),
  key: omissible(Type.Array(EntityOvn)),
  ignore: omissible(EntityIdText),
})
export type CheckParameters = Static<typeof CheckParameters>

export const CheckResponse = named('CheckResponse', {
  verdict: Type.Enum(['clear', 'blocked']),
  blocking: Type.Array(Blocking),
  clearing: optional(Clearing),
  missing_operational_intents: optional(Type.Array(OperationalIntentReference)),
  missing_constraints: optional(Type.Array(ConstraintReference)),
})
export type CheckResponse = Static<typeof CheckResponse>

/** The scenario being played, times rebased; its own format is described with the scenarios. */
export const ScenarioDocument = named('ScenarioDocument', {
  name: Type.String(),
  title: Type.String(),
  notice: Type.String(),
})
export type ScenarioDocument = Static<typeof ScenarioDocument>

import { type Static, type TSchema, Type } from 'typebox'
import { named, omissible, optional } from './schema.ts'

/** A whole number from 0 on. */
const Count = Type.Integer({ minimum: 0 })
/** Unix seconds. */
const Seconds = Type.Integer({ minimum: 0 })
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const PartyId = Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' })
const TableId = PartyId
const Sha256Hex = Type.String({ pattern: '^[0-9a-f]{64}$' })
/** Text of a JSON body that may hold whatever its kind says. */
const JsonObject = Type.Record(Type.String(), Type.Unknown())

// what one side declares and what the machine measures

/** What a side has said of the line by acts in its log; never inferred from silence (record.md 3.7). */
export const LineDeclared = named('LineDeclared', {
  kind: Type.Enum(['joining', 'open', 'suspended', 'closed'], {
    description: 'joining: its log holds no line.open yet.',
  }),
  sinceS: orNull(Seconds),
  by: orNull(Type.String({ description: 'Party whose act says so.' })),
  reason: orNull(Type.String({ description: 'Code of the closed list.' })),
  scope: orNull(Type.Enum(['all', 'flights', 'messages'])),
  untilS: orNull(Seconds),
  safetyOnly: Type.Boolean(),
  learntS: orNull(Seconds),
  act: orNull(named('LineActPlace', { origin: Type.String(), index: Count })),
})
export type LineDeclared = Static<typeof LineDeclared>

/** What the machine finds of one direction of the line, by its own monotonic clock. */
export const LineMeasured = named('LineMeasured', {
  kind: Type.Enum(['open', 'degraded', 'silent', 'forked', 'unknown'], {
    description: 'unknown: not yet looked for since the start.',
  }),
  reasons: Type.Array(Type.String({ description: 'age, relay, contents, quota, clock, quorum, backlog, …' })),
  sinceS: orNull(Seconds),
  ageS: orNull(
    Type.Number({ minimum: 0, description: 'Seconds since the last fresh cosignature of the newest head.' }),
  ),
})
export type LineMeasured = Static<typeof LineMeasured>

/** How much of a period a direction was open, and what gaps it had. */
export const LineAvailability = named('LineAvailability', {
  period: Type.Enum(['day', 'week', 'month']),
  party: PartyId,
  direction: Type.Enum(['to', 'from']),
  share: orNull(Type.Number({ minimum: 0, maximum: 1, description: 'Null: nothing was observed in that period.' })),
  observedS: Type.Number({ minimum: 0 }),
  gaps: Type.Array(named('LineGap', { fromS: Seconds, untilS: orNull(Seconds), lengthS: Type.Number({ minimum: 0 }) })),
})
export type LineAvailability = Static<typeof LineAvailability>

/** The transport to one peer: what was pushed and what it holds. */
export const LineLink = named('LineLink', {
  address: orNull(Type.String({ description: 'https://…, relay:https://…, or null: files only.' })),
  relay: Type.Boolean(),
  state: Type.Enum(['none', 'waiting', 'current', 'behind', 'unreachable', 'alarm']),
  /** Entries of our log under its newest mirror cosignature. */
  receivedByThem: Count,
  /** Entries of our log without its receipt. */
  backlog: Count,
  backlogBytes: Count,
  /** Entries of its log that lie here, cosigned. */
  heldHere: Count,
  clockOffsetS: orNull(Type.Number()),
  alarm: orNull(named('LineAlarm', { code: Type.String(), message: Type.String(), at: Type.String() })),
})
export type LineLink = Static<typeof LineLink>

/** A suspension that was declared, over or not: "suspended T1–T2, learnt at U". */
export const LineSuspension = named('LineSuspension', {
  sinceS: Seconds,
  untilS: orNull(Seconds),
  reason: Type.String(),
  scope: Type.Enum(['all', 'flights', 'messages']),
  safetyOnly: Type.Boolean(),
  /** When this node learnt of it; null where it is our own. */
  learntS: Seconds,
  act: named('LineSuspensionAct', { origin: Type.String(), index: Count, leaf: Type.String() }),
  resumedS: orNull(Seconds),
  resumedLearntS: orNull(Seconds),
})
export type LineSuspension = Static<typeof LineSuspension>

/** A member of a table, this node's own party among them. */
export const LinePartyState = named('LinePartyState', {
  party: PartyId,
  own: Type.Boolean(),
  role: Type.Enum(['party', 'guarantor', 'observer']),
  title: Type.Record(Type.String(), Type.String()),
  roles: Type.Array(Type.String()),
  origin: Type.String(),
  size: Count,
  declared: LineDeclared,
  /** All it has declared, oldest first, the last 100. */
  suspensions: optional(Type.Array(LineSuspension)),
  /** From us to this party and from it to us; null for our own row. */
  measured: orNull(named('LineMeasuredBoth', { to: LineMeasured, from: LineMeasured })),
  link: orNull(LineLink),
  /** Roles whose watch is open, by the party's own acts. */
  watches: Type.Array(named('LineWatch', { role: Type.String(), openSinceS: orNull(Seconds), open: Type.Boolean() })),
})
export type LinePartyState = Static<typeof LinePartyState>

/** Clock of a message or a test that somebody has to stop. */
export const LineClock = named('LineClock', {
  number: Type.String(),
  precedence: Type.Enum(['FLASH', 'PRIORITY', 'ROUTINE']),
  to: Type.String(),
  dueS: Seconds,
  stoppedS: orNull(Seconds),
  escalation: Type.Array(Type.String({ description: 'Steps that are due or done: seats, role, path.' })),
})
export type LineClock = Static<typeof LineClock>

/** `GET /line/v1/tables/{t}`: the whole state of one table. */
export const LineTableState = named('LineTableState', {
  table: TableId,
  party: PartyId,
  phase: Type.Enum(['keys', 'enrolled', 'joining', 'charter', 'open', 'halted']),
  /** The worse of all directions to members that act, for one lamp; declared and measured stay apart. */
  worst: orNull(Type.Enum(['open', 'degraded', 'silent', 'forked', 'unknown'])),
  nowS: Seconds,
  version: Count,
  charter: orNull(named('LineCharterRef', { version: Count, sha256: Sha256Hex })),
  /** What our side's newest `state.digest` act says; null: it has said none. How it compares stands in `digests`. */
  digest: orNull(Sha256Hex),
  parties: Type.Array(LinePartyState),
  clocks: Type.Array(LineClock),
  availability: Type.Array(LineAvailability),
  gaps: Type.Array(Type.String({ description: 'Numbers of messages that are missing.' })),
  forks: Type.Array(named('LineFork', { origin: Type.String(), foundS: Seconds, evidence: Type.String() })),
  halted: orNull(Type.String()),
  /** Hourly test messages of the last two turns, and how they went. */
  tests: optional(
    Type.Array(
      named('LineTestCall', {
        party: PartyId,
        fromS: Seconds,
        dueS: Seconds,
        state: Type.Enum(['due', 'missed', 'sent', 'unanswered', 'answered']),
        number: orNull(Type.String()),
        late: Type.Boolean(),
      }),
    ),
  ),
  /** Contents that a mirror has had time to receipt and has not, of whichever author. */
  protests: optional(
    Type.Array(
      named('LineProtest', {
        origin: Type.String(),
        accused: PartyId,
        size: Count,
        witnesses: Type.Array(PartyId),
        availableS: Seconds,
        dueS: Seconds,
      }),
    ),
  ),
  /** What became of each party's newest state digest; one that differs is shown on both sides, and nothing acts by itself. */
  digests: optional(
    Type.Array(
      named('LineDigestVerdict', {
        party: PartyId,
        verdict: Type.Enum(['agrees', 'differs', 'other-heads', 'other-projection', 'waiting']),
        origin: Type.String(),
        index: Count,
      }),
    ),
  ),
})
export type LineTableState = Static<typeof LineTableState>

/** `GET /line/v1`. */
export const LineList = named('LineList', {
  party: orNull(PartyId),
  address: orNull(Type.String({ description: 'Where peers reach this node; null: no line port is open.' })),
  tlsPin: orNull(Sha256Hex),
  relays: Type.Array(
    named('LineRelay', { url: Type.String(), state: Type.Enum(['waiting', 'listening', 'unreachable']) }),
  ),
  tables: Type.Array(
    named('LineTableRow', {
      table: TableId,
      party: PartyId,
      phase: LineTableState.properties.phase,
      worst: LineTableState.properties.worst,
      parties: Type.Array(PartyId),
    }),
  ),
})
export type LineList = Static<typeof LineList>

/** The part `line` of `GET /parley/v1/status`. */
export const LineStatus = named('LineStatus', {
  party: orNull(PartyId),
  address: orNull(Type.String()),
  tables: Type.Array(
    named('LineStatusTable', {
      table: TableId,
      phase: LineTableState.properties.phase,
      worst: LineTableState.properties.worst,
      size: Count,
      backlog: Count,
    }),
  ),
})
export type LineStatus = Static<typeof LineStatus>

// messages, flights, acts

/** One step of a message's way: who did it, when, and the act that says so (none for what the machine saw). */
export const LineStep = named('LineStep', {
  step: Type.Enum([
    'queued',
    'transmitted',
    'arrived',
    'opened',
    'taken',
    'read-back',
    'relayed',
    'answered',
    'closed',
    'escalated',
  ]),
  atS: Seconds,
  by: Type.String({ description: 'Party, or role address such as north.duty.' }),
  origin: orNull(Type.String()),
  index: orNull(Count),
  detail: optional(JsonObject),
})
export type LineStep = Static<typeof LineStep>

/** A message with everything that is known of it. `body` is the act's body as it was signed. */
export const LineMessage = named('LineMessage', {
  number: Type.String(),
  direction: Type.Enum(['in', 'out', 'other']),
  origin: Type.String(),
  index: Count,
  leaf: Type.String({ description: 'Leaf hash, base64.' }),
  atS: Seconds,
  learntS: Seconds,
  effective: Type.Boolean(),
  precedence: Type.Enum(['FLASH', 'PRIORITY', 'ROUTINE']),
  from: Type.String(),
  to: Type.String(),
  subject: Type.String(),
  body: JsonObject,
  ladder: Type.Array(LineStep),
  /** The rung it stands on: the last one of the ladder that counts. */
  state: LineStep.properties.step,
  /** Whether nothing more is expected about it. */
  done: Type.Boolean(),
  clock: orNull(LineClock),
  /** Messages it refers to that are not in hand. */
  unknownRefs: Type.Array(Type.String()),
  /** Numbers missing before it. */
  gaps: Type.Array(Type.String()),
  problems: Type.Array(Type.String({ description: 'What is wrong with it, in sentences for the operator.' })),
  /** The print form by language. */
  print: optional(Type.Record(Type.String(), Type.String())),
})
export type LineMessage = Static<typeof LineMessage>

/** `GET …/messages`, newest last. `?print=en` adds the print form, `?after=` and `?limit=` page. */
export const LineMessages = named('LineMessages', {
  table: TableId,
  version: Count,
  total: Count,
  messages: Type.Array(LineMessage),
  /** Missing numbers per direction. */
  gaps: Type.Array(Type.String()),
  /** Escalations that are due now and not yet in a log. */
  dueEscalations: Type.Array(LineClock),
})
export type LineMessages = Static<typeof LineMessages>

/** `GET …/flights`: what the projection of flights says, as it is (IntentView, AreaView, BorderView of the line). */
export const LineFlights = named('LineFlights', {
  table: TableId,
  version: Count,
  intents: Type.Array(JsonObject),
  areas: Type.Array(JsonObject),
  borders: Type.Array(JsonObject),
})
export type LineFlights = Static<typeof LineFlights>

/** `GET …/protests/:party`: the protest against a member whose mirror owes a receipt, as the file that anyone verifies. */
export const LineProtestFile = named('LineProtestFile', {
  accused: PartyId,
  origin: Type.String(),
  /** Entries under the head that was there to take. */
  size: Count,
  /** When the first witness had seen it, by its own clock. */
  availableS: Seconds,
  dueS: Seconds,
  /** Keys a verifier needs: of our log, and of the witnesses who cosigned. */
  logKey: Type.String(),
  witnesses: Type.Array(Type.String()),
  evidence: Type.String({ description: 'The evidence file, as parley verify opens it.' }),
})
export type LineProtestFile = Static<typeof LineProtestFile>

/** `GET …/draft`: what an act needs that is to be signed now. */
export const LineDraft = named('LineDraft', {
  table: TableId,
  party: PartyId,
  /** Origin of our log: the act's `o`. */
  o: Type.String(),
  /** The node's clock, unix seconds: the act's `at`. */
  at: Seconds,
  /** Newest heads our mirror has cosigned, sorted: the act's `seen`. */
  seen: Type.Array(named('LineSeen', { o: Type.String(), n: Count, r: Type.String() })),
  /** Entries of our log, those on their way to the disk included. */
  head: Count,
  /** Number the next message to each party has, in the year of `at`. */
  nextNumbers: Type.Record(Type.String(), Type.String()),
  charter: named('LineDraftCharter', { version: Count, sha256: Sha256Hex }),
  /** State digest of the projection now; made only for `?digest=1`, since it takes a while. */
  digest: orNull(Sha256Hex),
  /** With `digest`, the whole body of a `state.digest` act over it: heads sorted by origin, roots in base64. */
  stateDigest: optional(
    orNull(
      named('LineStateDigest', {
        digest: Sha256Hex,
        heads: Type.Array(named('LineProjectedHead', { o: Type.String(), n: Count, r: Type.String() })),
        projection: Type.String(),
      }),
    ),
  ),
})
export type LineDraft = Static<typeof LineDraft>

/** Answer of `POST …/acts` (201). */
export const LineActAccepted = named('LineActAccepted', {
  origin: Type.String(),
  index: Count,
  leaf: Type.String({ description: 'Leaf hash, base64.' }),
  /** The very act was there already: nothing was appended again. */
  repeated: Type.Boolean(),
})
export type LineActAccepted = Static<typeof LineActAccepted>

/** Answer of `POST …/acts` with many acts at once (application/octet-stream, an entry bundle of tlog-tiles). */
export const LineActsAccepted = named('LineActsAccepted', {
  origin: Type.String(),
  from: Count,
  to: Count,
})
export type LineActsAccepted = Static<typeof LineActsAccepted>

/** One reason why an act was refused (in `reasons` of the 422) or marked. */
export const LineReason = named('LineReason', {
  code: Type.String(),
  outcome: Type.Enum(['INV', 'FLAG']),
  field: Type.String(),
  value: Type.Unknown(),
  rule: Type.String(),
})
export type LineReason = Static<typeof LineReason>

/** One entry of a log with its judgement. */
export const LineAct = named('LineAct', {
  origin: Type.String(),
  party: PartyId,
  index: Count,
  leaf: Type.String(),
  /** The signed note as it stands in the log; null when it is no UTF-8. */
  note: orNull(Type.String()),
  kind: orNull(Type.String()),
  atS: orNull(Seconds),
  learntS: Seconds,
  verdict: Type.Enum(['valid', 'flagged', 'invalid']),
  effective: Type.Boolean(),
  reasons: Type.Array(LineReason),
  /** First receipt by another member's mirror, on its clock. */
  receiptS: orNull(Seconds),
  /** pending: the quorum that the charter asks for this kind is not met by the cosignatures in hand. */
  binding: optional(Type.Enum(['binding', 'pending'])),
  /** Of a pending act: cosigners of the quorum whose cosignature is not in hand here, as `party/role`. Not all may be needed. */
  waitsFor: optional(Type.Array(Type.String())),
})
export type LineAct = Static<typeof LineAct>

/** `GET …/acts?origin=&from=&limit=`. */
export const LineActs = named('LineActs', {
  origin: Type.String(),
  from: Count,
  size: Count,
  acts: Type.Array(LineAct),
})
export type LineActs = Static<typeof LineActs>

/** Body of `POST …/check`: volumes to hold against what flies; nothing is written. */
export const LineCheckRequest = named('LineCheckRequest', {
  /** The body of an `intent.propose` in the making: what flights of the line ask of it. */
  volumes: Type.Array(JsonObject, { minItems: 1, maxItems: 256 }),
  priority: omissible(Type.Integer()),
  profile: omissible(Type.String()),
  id: omissible(Type.String()),
})
export type LineCheckRequest = Static<typeof LineCheckRequest>

/** Answer of `POST …/check`. */
export const LineCheckResponse = named('LineCheckResponse', {
  verdict: Type.Enum(['clear', 'blocked']),
  conflicts: Type.Array(JsonObject),
  /** What a proposal must cite: origin, index, leaf hash. */
  key: Type.Array(named('LineKeyItem', { o: Type.String(), i: Count, h: Type.String() })),
  clearing: orNull(JsonObject),
})
export type LineCheckResponse = Static<typeof LineCheckResponse>

// joining

/** Body of `POST /line/v1/tables`: makes this node's keys for a table. Repeating it changes nothing and answers alike. */
export const LineCreateTable = named('LineCreateTable', {
  table: TableId,
  /** Our own party; the node's `--party` when left out. */
  party: omissible(PartyId),
  /** Every member, ours included; our enrolment is shown to none before all others have committed to theirs. */
  parties: Type.Array(PartyId, { minItems: 2, maxItems: 16 }),
  /** Where peers reach this node, told in the invitation; its own address when left out. */
  address: omissible(Type.String()),
})
export type LineCreateTable = Static<typeof LineCreateTable>

/** What goes to the others first: a promise of our enrolment, before anyone has seen any. */
export const LineInvitation = named('LineInvitation', {
  v: Type.Literal(1),
  table: TableId,
  party: PartyId,
  parties: Type.Array(PartyId),
  /** SHA-256(nonce ‖ enrolment text), hex. */
  commit: Sha256Hex,
  address: orNull(Type.String({ maxLength: 400 })),
})
export type LineInvitation = Static<typeof LineInvitation>

/** What goes to the others once all have committed. */
export const LineReveal = named('LineReveal', {
  v: Type.Literal(1),
  table: TableId,
  party: PartyId,
  /** 32 bytes, hex. */
  nonce: Sha256Hex,
  /** The enrolment note, signed by every key in it. */
  note: Type.String({ maxLength: 65_535 }),
})
export type LineReveal = Static<typeof LineReveal>

/** Another member as the ceremony stands. */
export const LineJoiningPeer = named('LineJoiningPeer', {
  party: PartyId,
  address: orNull(Type.String()),
  commit: orNull(Sha256Hex),
  revealed: Type.Boolean(),
  /** 20 digits in 4 groups, to be read to each other; null before its reveal. */
  code: orNull(Type.String()),
  /** Full fingerprint of its enrolment, 64 hex digits; null before its reveal. */
  fingerprint: orNull(Sha256Hex),
  compared: Type.Boolean({ description: 'An officer here has confirmed the code as it was read.' }),
})
export type LineJoiningPeer = Static<typeof LineJoiningPeer>

/** `GET /line/v1/tables/{t}/joining`, and the answer of every step of it. */
export const LineJoining = named('LineJoining', {
  table: TableId,
  party: PartyId,
  phase: LineTableState.properties.phase,
  /** Keys this node made for the table, for the enrolment draft. */
  keys: named('LineNodeKeys', {
    log: Type.String(),
    mirrors: Type.Array(Type.String()),
    witnesses: Type.Array(Type.String()),
    tls: Type.Array(Sha256Hex),
  }),
  /** Text of our enrolment note with all its signatures; null before it is complete. */
  enrolment: orNull(Type.String()),
  /** Keys of our enrolment that have not signed it yet. */
  enrolmentMissing: Type.Array(Type.String()),
  invitation: orNull(LineInvitation),
  peers: Type.Array(LineJoiningPeer),
  charter: orNull(
    named('LineJoiningCharter', {
      sha256: Sha256Hex,
      note: Type.String(),
      /** Parties whose roots (two of three) have not all signed. */
      missing: Type.Array(PartyId),
    }),
  ),
  /** What is to be done next, for the operator. */
  next: Type.Enum(['enrolment', 'commits', 'reveals', 'compare', 'charter', 'open', 'nothing']),
})
export type LineJoining = Static<typeof LineJoining>

/** Body of `POST …/compare`. */
export const LineCompare = named('LineCompare', {
  party: PartyId,
  /** The code as the other side read it; blanks do not matter. */
  code: Type.String({ maxLength: 60 }),
})
export type LineCompare = Static<typeof LineCompare>

/** Body of `POST …/address`: where a member is reached from now on; null: by files only. */
export const LineAddress = named('LineAddress', { party: PartyId, address: orNull(Type.String({ maxLength: 400 })) })
export type LineAddress = Static<typeof LineAddress>

/** What `GET …/events` sends: name of the event and its data. The id is the projection's version. */
export interface LineEvents {
  readonly state: LineTableState
  readonly message: LineMessage
  readonly flight: Readonly<Record<string, unknown>>
  readonly act: LineAct
}

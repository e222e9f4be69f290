import { type ErrorDetails, RefusedError } from '@parley/units'

/** One thing that is wrong with a request: where (JSON pointer), what stood there (short), and what should. */
export interface Finding {
  readonly field: string
  readonly value: string
  readonly rule: string
}

/** One row of the error table. */
export interface ErrorEntry {
  /** HTTP status of the answer. */
  readonly status: number
  /** What happened, as the message says it when nothing more precise is known. */
  readonly summary: string
  /** What the caller can do about it. */
  readonly remedy: string
  /** Status where the operation's published contract does not list `status`. */
  readonly unlisted?: number
  /** Operations whose contract gives this fact another status. */
  readonly perOperation?: Readonly<Record<string, number>>
  /** In compat mode, the status the reference implementation gives; `null`: it never raises this. All operations unless listed. */
  readonly compat?: { readonly status: number | null; readonly operations?: readonly string[]; readonly why: string }
}

const table = {
  BODY_EMPTY: {
    status: 400,
    summary: 'The request has no body.',
    remedy: 'Send the JSON document that the operation asks for.',
  },
  BODY_NOT_UTF8: { status: 400, summary: 'The body is not valid UTF-8.', remedy: 'Encode the JSON document as UTF-8.' },
  BODY_NOT_JSON: {
    status: 400,
    summary: 'The body is not valid JSON.',
    remedy: 'Repair the document at the position named.',
  },
  BODY_DUPLICATE_KEY: {
    status: 400,
    summary: 'An object in the body has the same key twice.',
    remedy: 'Send each key once; which of two values counts is never guessed.',
  },
  BODY_TOO_DEEP: { status: 400, summary: 'The body is nested too deeply.', remedy: 'No operation needs such nesting.' },
  BODY_NUMBER_RANGE: {
    status: 400,
    summary: 'A number in the body is too large to be held.',
    remedy: 'Send numbers within ±1.8e308.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    summary: 'The body is larger than the node reads.',
    remedy: 'Send at most 4 MiB.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    summary: 'The body is not declared as JSON.',
    remedy: 'Send Content-Type: application/json.',
  },
  INVALID_BODY: {
    status: 400,
    summary: 'The body does not match the contract of the operation.',
    remedy: 'Repair the fields listed in details.',
  },
  INVALID_PARAMETER: {
    status: 400,
    summary: 'A parameter in the path or query is missing or wrong.',
    remedy: 'Repair the parameters listed in details.',
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    summary: 'The node serves nothing at this path.',
    remedy: 'See /openapi.json for what it serves.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    summary: 'The path exists, but not with this method.',
    remedy: 'Use one of the methods in the Allow header.',
  },
  TIMEOUT: {
    status: 408,
    summary: 'The request did not arrive in full in time.',
    remedy: 'Send it again over a faster connection.',
  },
  AUTH_MISSING: {
    status: 401,
    summary: 'The request carries no access token.',
    remedy: 'Send Authorization: Bearer <token>.',
  },
  AUTH_TOKEN_INVALID: {
    status: 401,
    summary: 'The access token is not a well-formed JSON Web Token.',
    remedy: 'Send the token as the authority issued it.',
  },
  AUTH_ALGORITHM_REFUSED: {
    status: 401,
    summary: 'The access token is signed with another algorithm than RS256.',
    remedy: 'Have the authority sign with RS256.',
  },
  AUTH_SIGNATURE_INVALID: {
    status: 401,
    summary: 'No trusted key verifies the signature of the access token.',
    remedy: 'Get a token from an authority whose key this node trusts.',
  },
  AUTH_CLAIM_MISSING: {
    status: 401,
    summary: 'The access token lacks a claim, or the claim has the wrong type.',
    remedy: 'A token needs sub, iss, exp, aud and scope.',
  },
  AUTH_TOKEN_EXPIRED: { status: 401, summary: 'The access token has expired.', remedy: 'Get a new token.' },
  AUTH_TOKEN_NOT_YET_VALID: {
    status: 401,
    summary: 'The access token is not valid yet.',
    remedy: 'Check the clocks of the authority and of this node.',
  },
  AUTH_LIFETIME_TOO_LONG: {
    status: 401,
    summary: 'The access token is valid for longer than an hour from now.',
    remedy: 'Get a token that expires within the hour.',
  },
  AUTH_AUDIENCE_WRONG: {
    status: 401,
    summary: 'The access token was issued for another audience.',
    remedy: 'Ask for a token whose aud is the host name of this node, without port.',
  },
  SCOPE_MISSING: {
    status: 403,
    summary: 'The access token does not carry a scope that allows this.',
    remedy: 'Ask for one of the scope sets in details.',
  },
  NOT_MANAGER: {
    status: 403,
    summary: 'Only the manager of an entity may change it.',
    remedy: 'Use the identity (sub) that created it.',
  },
  OWNER_MISMATCH: {
    status: 403,
    summary: 'The token belongs to another client than the owner named.',
    remedy: 'Name the sub of the token as owner.',
  },
  NOT_FOUND: {
    status: 404,
    unlisted: 400,
    summary: 'Nothing is known under this identifier.',
    remedy: 'Check the identifier; ended and expired entities are removed.',
  },
  UPDATE_TARGET_MISSING: {
    status: 400,
    perOperation: { updateConstraintReference: 409 },
    summary: 'There is nothing under this identifier to update.',
    remedy: 'Create it with the path that has no version.',
  },
  INVALID_VOLUME: {
    status: 400,
    summary: 'A volume is not one: its outline, heights or times contradict themselves.',
    remedy: 'Repair the fields listed in details.',
  },
  VOLUME_UNBOUNDED: {
    status: 400,
    summary: 'The extents lack a bound in height or time that this entity must have.',
    remedy: 'Give every volume its heights and times.',
  },
  TOO_MANY_VERTICES: {
    status: 400,
    summary: 'The extents have more vertices than the standard allows.',
    remedy: 'At most 10,000 for an operational intent, 1,000 for a constraint.',
  },
  AREA_TOO_LARGE: {
    status: 413,
    perOperation: {
      createSubscription: 400,
      updateSubscription: 400,
      ridV1CreateSubscription: 400,
      ridV1UpdateSubscription: 400,
      ridV2CreateSubscription: 400,
      ridV2UpdateSubscription: 400,
    },
    summary: 'The area is larger than one request may cover.',
    remedy: 'Cover at most 2,500 km² in one request.',
    compat: {
      status: 400,
      operations: [
        'queryOperationalIntentReferences',
        'createOperationalIntentReference',
        'updateOperationalIntentReference',
        'ridV1CreateIdentificationServiceArea',
        'ridV1UpdateIdentificationServiceArea',
        'ridV2CreateIdentificationServiceArea',
        'ridV2UpdateIdentificationServiceArea',
      ],
      why: 'the published suites assert 400 here',
    },
  },
  RESULT_TOO_LARGE: {
    status: 413,
    unlisted: 400,
    summary: 'More items match than one answer may hold.',
    remedy: 'Ask for a smaller area, height band or time.',
  },
  TIME_IN_PAST: {
    status: 400,
    summary: 'The time asked for lies in the past.',
    remedy: 'Ends must lie ahead; starts of subscriptions and service areas at most 5 minutes back.',
  },
  TIME_TOO_FAR: {
    status: 400,
    summary: 'The time asked for lies beyond the planning horizon of the standard.',
    remedy: 'Plan intents at most 30 days ahead, constraints at most 56.',
  },
  DURATION_TOO_LONG: {
    status: 400,
    summary: 'The time asked for is longer than the standard allows.',
    remedy: 'Subscriptions and service areas last at most 24 hours; renew them.',
  },
  INVALID_BASE_URL: {
    status: 400,
    summary: 'The base URL is not one under which a supplier can be reached.',
    remedy: 'Give an absolute https URL without a trailing slash.',
  },
  INVALID_STATE: {
    status: 400,
    summary: 'An operational intent begins in the state Accepted.',
    remedy: 'Create it as Accepted, then change its state.',
  },
  STATE_TRANSITION_REFUSED: {
    status: 400,
    summary: 'An operational intent cannot go from its state to the one asked for.',
    remedy: 'Follow Accepted → Activated → Nonconforming → Contingent; end it by deleting it.',
    compat: { status: null, why: 'the reference implementation checks no transition' },
  },
  SUBSCRIPTION_REQUIRED: {
    status: 400,
    summary: 'An intent in this state needs a subscription.',
    remedy: 'Give subscription_id or new_subscription.',
  },
  SUBSCRIPTION_AMBIGUOUS: {
    status: 400,
    summary: 'Both an existing and a new subscription are given.',
    remedy: 'Give one of subscription_id and new_subscription.',
  },
  SUBSCRIPTION_NOT_FOUND: {
    status: 400,
    summary: 'The subscription named by the intent does not exist.',
    remedy: 'Create the subscription first, or give new_subscription.',
  },
  SUBSCRIPTION_NOT_OWNED: {
    status: 403,
    summary: 'The subscription named by the intent belongs to another client.',
    remedy: 'Name a subscription of your own.',
  },
  SUBSCRIPTION_TOO_SMALL: {
    status: 400,
    summary: 'The subscription does not cover the intents that depend on it in area and time.',
    remedy: 'Widen the subscription, or detach the intents listed first.',
  },
  SUBSCRIPTION_IDLE: {
    status: 400,
    summary: 'The subscription asks to be notified of nothing.',
    remedy: 'Set notify_for_operational_intents, notify_for_constraints or both.',
  },
  SUBSCRIPTION_IN_USE: {
    status: 400,
    summary: 'Operational intents depend on the subscription.',
    remedy: 'Delete the intents or give them another subscription first.',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    status: 429,
    unlisted: 400,
    summary: 'You hold as many subscriptions in this area as one client may.',
    remedy: 'Use fewer, larger subscriptions: at most 10 a cell.',
  },
  OVN_MISMATCH: {
    status: 409,
    summary: 'The OVN given is not that of the current version.',
    remedy: 'Read the entity and use its current OVN.',
  },
  OVN_SUFFIX_INVALID: {
    status: 400,
    summary: 'The OVN suffix asked for cannot be used.',
    remedy: 'Give a UUID version 7 made within 5 minutes of now that this intent has not used before.',
  },
  VERSION_MISMATCH: {
    status: 409,
    summary: 'The version given is not the current one.',
    remedy: 'Read the item and use its current version.',
  },
  ALREADY_EXISTS: {
    status: 409,
    summary: 'Something exists under this identifier already.',
    remedy: 'Update it with its version, or use a new identifier.',
  },
  AIRSPACE_CONFLICT: {
    status: 409,
    summary: 'The plan meets entities whose OVN the key does not hold.',
    remedy: 'Read what is listed, move the plan as clearing says, or add the OVNs to the key.',
  },
  CONCURRENT_CHANGE: {
    status: 409,
    summary: 'Others changed the same airspace at the same time.',
    remedy: 'Read again and retry.',
  },
  USS_DOWN: {
    status: 412,
    unlisted: 409,
    summary: 'The client is marked as Down and may not do this.',
    remedy: 'Have the availability arbiter set it back to Normal.',
    compat: { status: null, why: 'the reference implementation never checks it' },
  },
  RATE_LIMITED: {
    status: 429,
    summary: 'Too many requests in a short time.',
    remedy: 'Wait for the seconds in Retry-After.',
  },
  RECORD_MALFORMED: {
    status: 400,
    summary: 'The request is not what the witness or mirror protocol asks for.',
    remedy: 'Repair what the message names; nothing of the request was kept.',
  },
  LOG_UNKNOWN: {
    status: 404,
    summary: 'This node does not witness or mirror that log.',
    remedy: 'Have the operator name the key of the log by --witness-for or --mirror-for.',
  },
  LOG_SIGNATURE_INVALID: {
    status: 403,
    summary: 'The checkpoint is not signed by the log it names.',
    remedy: 'Sign it with the key that this node has for the log.',
  },
  HEAD_INCONSISTENT: {
    status: 422,
    summary: 'It is not shown that the head continues the one this node holds.',
    remedy: 'Prove it from the size this node holds; when that cannot be done, the log has forked.',
  },
  LOG_CONTINUED: {
    status: 410,
    summary: 'That log was given up and goes on under a higher number; this node cosigns nothing of it any more.',
    remedy: 'Fetch the continuation; the author starts its node anew with the log that counts.',
  },
  CONTINUATION_MISSING: {
    status: 428,
    summary: 'This node has cosigned another log of that author, and nothing yet says that this one continues it.',
    remedy: 'Send the continuation first (continue-log).',
  },
  ENTRIES_UNPROVEN: {
    status: 422,
    summary: 'The entries are not those under a head that this node holds.',
    remedy: 'Submit the head by add-checkpoint first, then its entries as it covers them.',
  },
  QUOTA_EXCEEDED: {
    status: 429,
    summary: 'The mirror keeps as many bytes of this log as it was told to.',
    remedy: 'Have the operator of the mirror raise --mirror-quota.',
  },
  CLOCK_BEHIND: {
    status: 503,
    summary: 'The clock of this node is behind its own last cosignature, so it signs nothing.',
    remedy: 'Have the operator of this node set its clock.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    summary: 'This node cannot write to its disk, so it takes nothing and signs nothing.',
    remedy: 'Wait for the operator; what was cosigned is kept.',
  },
  LINE_ACCESS_DENIED: {
    status: 401,
    summary: 'The line is for the node’s own people.',
    remedy:
      'Ask from the machine itself by its loopback name, or send the token in keys/desk.token as Authorization: Bearer.',
  },
  LINE_ORIGIN_FOREIGN: {
    status: 403,
    summary: 'A page of another origin may not speak for the node’s own people.',
    remedy: 'Use the desk that the node itself serves.',
  },
  LINE_PEER_UNKNOWN: {
    status: 403,
    summary: 'The TLS key shown is of no member of this table.',
    remedy: 'Show the key that the enrolment names.',
  },
  LINE_PEER_EARLY: {
    status: 503,
    summary: 'This side has not opened the line yet.',
    remedy: 'Wait for the seconds in Retry-After; its officers are still joining.',
  },
  LINE_TABLE_UNKNOWN: {
    status: 404,
    summary: 'There is no such table here.',
    remedy: 'GET /line/v1 lists the tables of this node.',
  },
  LINE_STEP_REFUSED: {
    status: 409,
    summary: 'This step of the ceremony cannot be taken now, or not with what was sent.',
    remedy: 'GET …/joining says what is to be done next.',
  },
  LINE_CODE_MISMATCH: {
    status: 409,
    summary: 'The comparison codes differ.',
    remedy: 'Trust nothing that came; begin again at another table, over other channels.',
  },
  LINE_NOT_READY: {
    status: 409,
    summary: 'The line is not open on this side yet.',
    remedy: 'Finish joining first: GET …/joining says what is missing.',
  },
  LINE_HALTED: {
    status: 503,
    summary: 'The log of this side takes no more acts.',
    remedy: 'See halted in the state of the table for the reason and the way out.',
  },
  ACT_REFUSED: {
    status: 422,
    summary: 'The act would have no effect, so it was not appended.',
    remedy: 'Repair what reasons name, sign again, send again.',
  },
  ACT_QUOTA: {
    status: 429,
    summary: 'More acts than the charter lets one member send; FLASH still passes.',
    remedy: 'Wait for the seconds in Retry-After.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    summary: 'The request line or headers are too large.',
    remedy: 'Send at most 16 KiB of them.',
  },
  NOT_SUPPORTED: {
    status: 501,
    summary: 'This node does not have that facility.',
    remedy: 'Ask the operator of the pool.',
  },
  INTERNAL: {
    status: 500,
    summary: 'The node failed; the request was not carried out, or its outcome is unknown.',
    remedy: 'Repeat the request; tell the operator the error_id.',
  },
  HALTED: {
    status: 503,
    summary: 'The node has stopped: its journal cannot be written, or its log must not be continued.',
    remedy: 'Wait for the operator; nothing that was acknowledged is lost.',
  },
  OVERLOADED: {
    status: 503,
    summary: 'The node has more requests waiting than it can serve in time.',
    remedy: 'Wait for the seconds in Retry-After and repeat the request.',
  },
  SHUTTING_DOWN: { status: 503, summary: 'The node is shutting down.', remedy: 'Repeat the request in a moment.' },
} as const satisfies Record<string, ErrorEntry>

/** Every code an answer can carry. */
export type ErrorCode = keyof typeof table

/** The one error table: code → status, summary, remedy, and where published contracts or suites expect another status. */
export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = table

export const errorCodes = Object.keys(table) as readonly ErrorCode[]

/** What decides the status of a code besides the table: the operation asked for and the node's mode. */
export interface StatusContext {
  /** Its published statuses decide whether `unlisted` applies; null when no operation was reached. */
  readonly operation: { readonly operationId: string; readonly responses: Readonly<Record<number, unknown>> } | null
  readonly compat: boolean
}

/** The HTTP status with which `code` is answered here. */
export function statusOf(code: ErrorCode, context: StatusContext = { operation: null, compat: false }): number {
  const entry = errorTable[code]
  const { operation, compat } = context
  if (compat && typeof entry.compat?.status === 'number') {
    const { operations } = entry.compat
    if (operations === undefined || (operation !== null && operations.includes(operation.operationId))) {
      return entry.compat.status
    }
  }
  if (operation === null) return entry.status
  const own = entry.perOperation?.[operation.operationId]
  if (own !== undefined) return own
  return entry.unlisted !== undefined && !(entry.status in operation.responses) ? entry.unlisted : entry.status
}

/** Whether the fact behind `code` is raised at all in this mode. */
export function isRaised(code: ErrorCode, mode: { readonly compat: boolean }): boolean {
  return !(mode.compat && errorTable[code].compat?.status === null)
}

/** The error shape of every surface. 409 answers about airspace carry more fields beside these. */
export interface ErrorBody {
  readonly message: string
  readonly code: ErrorCode
  readonly details?: readonly Finding[]
  readonly error_id?: string
}

export interface ErrorBodyOptions {
  /** Says it more precisely than the table's summary; never shown for a 500. */
  readonly message?: string | undefined
  readonly findings?: readonly Finding[] | undefined
  /** Finds the log line that says why; for faults. */
  readonly errorId?: string | undefined
  /** More fields of the body, such as `missing_operational_intents`, `blocking`, `clearing`. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/** Builds the body of an error answer. */
export function errorBody(code: ErrorCode, options: ErrorBodyOptions = {}): ErrorBody {
  const findings = options.findings
  return {
    message: (code === 'INTERNAL' ? undefined : options.message) ?? errorTable[code].summary,
    code,
    ...(findings !== undefined && findings.length > 0 && { details: findings }),
    ...(options.errorId !== undefined && { error_id: options.errorId }),
    ...options.fields,
  }
}

/**
 * A refusal with a code of the error table. `findings` say what is wrong with which field; `fields` are what the body
 * carries beyond the common shape.
 */
export class ApiError extends RefusedError {
  readonly code: ErrorCode
  readonly findings: readonly Finding[]
  readonly fields: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    options: ErrorBodyOptions & { readonly details?: ErrorDetails; readonly cause?: unknown } = {},
  ) {
    super(
      options.message ?? errorTable[code].summary,
      options.details ?? {},
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.findings = options.findings ?? []
    this.fields = options.fields ?? {}
  }

  /** The HTTP status, see `statusOf`. */
  status(context?: StatusContext): number {
    return statusOf(this.code, context)
  }

  /** The body of the answer. */
  body(): ErrorBody {
    return errorBody(this.code, { message: this.message, findings: this.findings, fields: this.fields })
  }
}

/** The codes with which `parseStrictJson` refuses a body. */
export type ContractErrorCode =
  | 'BODY_EMPTY'
  | 'BODY_NOT_UTF8'
  | 'BODY_NOT_JSON'
  | 'BODY_DUPLICATE_KEY'
  | 'BODY_TOO_DEEP'
  | 'BODY_NUMBER_RANGE'

/** A body that is not one JSON document we are willing to read. */
export class ContractError extends ApiError {
  declare readonly code: ContractErrorCode

  // oxlint-disable-next-line no-useless-constructor -- narrows the code
  constructor(code: ContractErrorCode, options: ConstructorParameters<typeof ApiError>[1] = {}) {
    super(code, options)
  }
}

/** A deliberate difference between a contract of ours and the published one. */
export interface DeliberateDifference {
  /** Matches the lines of the comparison that this entry stands for. */
  readonly lines: RegExp
  readonly reason: string
}

/** Every difference the comparison may find; it fails on others, and on entries here that no longer match anything. */
export const deliberateDifferences: readonly DeliberateDifference[] = [
  {
    lines:
      /type: (?:array of \()?string [^>]*minLength=36 maxLength=36[^>]* -> (?:array of \()?string pattern="\^\[0-9a-fA-F\]\{8\}-\?/,
    reason:
      'UUIDs without dashes are taken, as the reference implementation does and load tests send; F3548 publishes a pattern that demands backslashes',
  },
  {
    lines: /: missing (?:schema|operation) .+ numeric format: (?:float|double|int32|int64)$/,
    reason: 'numbers of JSON are doubles; the published widths are hints for code generators',
  },
  {
    lines: /^f3411-22a: missing schema LatLngPoint field (?:lat|lng) default: 0$/,
    reason: 'both fields are required, so the default never applies, and a place is never guessed',
  },
  {
    lines:
      /: extra schema (?:Circle|Volume3D|Volume4D|ImplicitSubscriptionParameters|PutOperationalIntentReferenceParameters|PutSubscriptionParameters|SetUssAvailabilityStatusParameters|ExchangeRecord|ErrorReport|SubscriptionCallbacks|OperationalIntentDetails|ConstraintDetails|GeoZone|Authority) field \w+ nullable: true$/,
    reason:
      'null means omitted: F3548 says so of object-typed fields, the reference implementation does so with every field of a request',
  },
  {
    lines: /^f3548: changed schema Query\w+Parameters field area_of_interest required: false -> true$/,
    reason:
      'a query without an area is refused with 400, as published suites expect; required, so that the refusal names the field',
  },
  {
    lines:
      /^f3548: extra schema PutOperationalIntentReferenceParameters field requested_ovn_suffix (?:required|type|nullable): /,
    reason: 'InterUSS extension by which a supplier chooses its OVN; published suites use it',
  },
  {
    lines: /^f3548: changed schema SetUssAvailabilityStatusParameters field old_version required: true -> false$/,
    reason: 'published suites leave it out for a supplier never set before; then it is the empty version',
  },
  {
    lines: /^f3548: changed schema SetUssAvailabilityStatusParameters field availability type: /,
    reason: 'published suites send lower case; answers are always in the published case',
  },
  {
    lines:
      /^f3548: extra operation PUT \/dss\/v1\/uss_availability\/\{uss_id\} answer 409: application\/json object ErrorResponse$/,
    reason: 'a stale old_version is a conflict; the standard describes the field but lists no status for it',
  },
  {
    lines: /^f3548: changed schema ExchangeRecord field request_source required: true, but not declared -> false$/,
    reason: 'published as required but never declared; suites do not send it',
  },
  {
    lines: /^f3548: extra schema ExchangeRecord field request_source (?:type|nullable): /,
    reason: 'published as required but never declared; taken as a text when sent',
  },
  {
    lines: /^f3411-19: changed schema Subscription field url required: true, but not declared -> false$/,
    reason: 'published as required but never declared; the reference implementation does not send it',
  },
  {
    lines: /^f3411-19: extra schema Subscription field url type: string$/,
    reason: 'published as required but never declared; a text when given',
  },
  {
    lines:
      /^f3411-(?:19|22a): changed operation GET \S+\/identification_service_areas query parameter (?:earliest|latest)_time required: true -> false$/,
    reason: 'published suites search with one bound of time or none',
  },
  {
    lines: /: changed schema (?:ErrorResponse|AirspaceConflictResponse) field message required: false -> true$/,
    reason: 'an error of ours always says what happened',
  },
  {
    lines: /^versioning: extra schema ErrorResponse field message (?:required|type): /,
    reason: 'the versioning API publishes no error body; it gets the one error shape',
  },
  {
    lines: /: extra schema (?:ErrorResponse|AirspaceConflictResponse) field message default: ""$/,
    reason: 'F3411-22a publishes the default, the others do not; one shape serves all',
  },
  {
    lines:
      /: extra schema (?:ErrorResponse|AirspaceConflictResponse) field (?:code|details|error_id) (?:required|type): /,
    reason: 'machine-readable facts beside the message; receivers ignore fields they do not know',
  },
  {
    lines: /: extra schema Finding field (?:field|value|rule) (?:required|type): /,
    reason: 'names the field, the value and the rule of a refusal',
  },
  {
    lines: /^f3548: extra schema AirspaceConflictResponse field (?:blocking|clearing) (?:required|type): /,
    reason: 'a refused plan is told what blocks it and what clears it; receivers ignore fields they do not know',
  },
  {
    lines: /^f3548: extra schema (?:Blocking|Clearing) field \w+ (?:required|type): /,
    reason: 'the shapes of blocking and clearing',
  },
  {
    lines: /: extra operation \S+ \S+ answer (?:500|503): application\/json object ErrorResponse$/,
    reason: 'any operation can meet a fault of the node; published contracts leave faults out',
  },
  {
    lines: /: extra operation (?:PUT|POST) \S+ answer (?:408|415): application\/json object ErrorResponse$/,
    reason: 'any body can come too slowly or in the wrong media type; published contracts leave the transport out',
  },
  {
    lines:
      /: extra operation (?:PUT \S+\/subscriptions\/\S+|PUT \S+\/uss_availability\/\S+|POST \S+\/reports) answer 413: application\/json object ErrorResponse$/,
    reason: 'any body can be too large; published contracts list 413 only where it also means the area',
  },
  {
    lines: /^f3411-(?:19|22a): extra operation \S+ \S+ answer 429: application\/json object ErrorResponse$/,
    reason: 'the limit on requests holds for every surface; F3411 lists it only for subscriptions',
  },
  {
    lines: /^aux: extra operation GET \/aux\/v1\/validate_oauth answer 400: application\/json object ErrorResponse$/,
    reason: 'an owner given twice is refused',
  },
  {
    lines:
      /^f3548: changed operation (?:PUT|DELETE) \S+\/\{version\} path parameter version type: string -> string minLength=1$/,
    reason: 'an empty version in the path names none; refused with 400 instead of being looked for',
  },
  {
    lines:
      /^f3411-\S+: changed operation (?:PUT|DELETE) \S+\/\{version\} path parameter version type: string -> string pattern="\^\[0-9a-v\]\{1,13\}\$"$/,
    reason: 'a version that no service can have given is refused with 400, as the published suites expect',
  },
  {
    lines:
      /^f3548: changed operation (?:PUT|GET) \/dss\/v1\/uss_availability\/\{uss_id\} path parameter uss_id type: string -> string minLength=1 maxLength=256$/,
    reason: 'a supplier is named by the sub of its tokens, which is neither empty nor without bound',
  },
  {
    lines: /^aux: changed operation GET \/aux\/v1\/validate_oauth query parameter owner required: true -> false$/,
    reason: 'without an owner the token alone is judged, as the reference implementation does',
  },
  {
    lines:
      /^versioning: changed operation GET \/versions\/\{system_identity\} answer (?:401|403|404): no body -> application\/json object ErrorResponse$/,
    reason: 'every error has the one error shape',
  },
  {
    lines:
      /^versioning: extra operation GET \/versions\/\{system_identity\} answer 400: application\/json object ErrorResponse$/,
    reason: 'a malformed path parameter is refused',
  },
  {
    lines: /^versioning: changed operation GET \/versions\/\{system_identity\} id: GetVersion -> getSystemVersion$/,
    reason: 'ids are unique in our document, and the auxiliary API has a getVersion',
  },
]

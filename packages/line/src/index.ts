// what the parties agreed
export {
  type Charter,
  type CharterParty,
  type DeemedDelivery,
  MEMBER_ROLES,
  type MemberRole,
  type QuorumPolicy,
  type Quota,
  type SeparationProfile,
} from './charter/charter.ts'
export {
  cosignersOf,
  policyFor,
  quorumMet,
  quorumOf,
  type TableCosigner,
} from './charter/charter-quorum.ts'
export {
  CHARTER_HEADER,
  charterHash,
  formatCharter,
  MAX_PARTIES,
  parseCharter,
  parseCharterText,
} from './charter/charter-text.ts'
export { defaultCharter, PROJECTION, RULE_OF_THREES, VOLUMES_ONLY } from './charter/default-charter.ts'
export { openCharter, type OpenedCharter } from './charter/open-charter.ts'
export { isLineError, LINE_ERROR_CODES, LineError, type LineErrorCode, type LineErrorDetails } from './errors.ts'
// kinds of acts
export type { ActKind, KindScope } from './act-kind.ts'
export { kindOf, LINE_KIND_RULES } from './kinds.ts'
export {
  CHARTER_ACT,
  type CharterBody,
  CLOSE_REASONS,
  type CloseBody,
  type CloseReason,
  LINE_CLOSE,
  LINE_OPEN,
  LINE_RESUME,
  LINE_SUSPEND,
  type ResumeBody,
  STATE_DIGEST_ACT,
  type SuspendBody,
  SUSPENSION_REASONS,
  SUSPENSION_SCOPES,
  type SuspensionReason,
  type SuspensionScope,
} from './line-kinds.ts'
export { PASSES_SUSPENSION, PRECEDENCES, type Precedence, type Subject, SUBJECTS } from './subjects.ts'
export { officersOf } from './officers.ts'
// the projection
export {
  actAt,
  applyAct,
  applyFork,
  applyReceipt,
  bodyOf,
  createLine,
  foldParty,
  type JudgedAct,
  type LineAct,
  type LineFork,
  type LineLog,
  type LineProjection,
  type LineReceipt,
  logsOf,
  type PartyFold,
  receiptBy,
  unsettled,
} from './line-projection.ts'
export { crossed, displayOrder, happenedBefore, type Known, knownAt } from './order.ts'
export type { ActPlace } from './place.ts'
// what a party declares
export {
  closedBy,
  type Declarations,
  declarationsOf,
  type DeclaredState,
  declaredState,
  type IdleResume,
  type Quoted,
  suspendedS,
  type Suspension,
} from './declared.ts'
export { mayNotSay, saidUnder } from './may-say.ts'
// what is measured
export {
  ADVICE,
  DEGRADATIONS,
  type Degradation,
  type DirectionObservation,
  LATE_AFTER,
  measure,
  type MeasuredDirection,
  type MeasuredKind,
  type MeasureLimits,
  newDirection,
  SILENT_AFTER,
  type Standing,
  standing,
  worst,
} from './measure.ts'
export {
  type Availability,
  AVAILABILITY_PERIODS,
  availability,
  type AvailabilityBook,
  type AvailabilityBucket,
  availabilityHours,
  type AvailabilityPeriod,
  type AvailabilitySample,
  createAvailability,
  type DirectionAvailability,
  type Gap,
  MAX_HOLD_S,
  mergeAvailability,
  recordSample,
} from './availability.ts'
export { type TestCall, testCalls, type TestTurn, testTurn } from './test-calls.ts'
export { deemedDelivered, type DeemedReceipt, type ReceiptLevel, receiptLevel } from './receipt-level.ts'
export {
  type Backlog,
  backlogAlarm,
  catchUpRequests,
  ENTRIES_PER_UPLOAD,
  RETRY_JITTER,
  RETRY_S,
  retryDelayMs,
} from './retry.ts'
export { type Binding, bindingOf } from './binding.ts'
export { type DueProtest, protestDue } from './protest-due.ts'
// the state both sides compare
export { digestAt, digestBody, digestSaid, type DigestVerdict, digestVerdicts, mayAutoAct, stateNow } from './digest.ts'
export { closedPrefixes, type Prefix } from './heads.ts'
// messages: L1 appends here
// flights: L3 appends here
// volumes as acts write them
export { readVolume, volumeBody } from './volume-body.ts'
// messages
export {
  ACK_ANSWER,
  ACK_OPEN,
  ACK_READBACK,
  ACK_RELAY,
  ACK_TAKE,
  type AnswerCode,
  ANSWERS,
  ESCALATION,
  ESCALATION_STEPS,
  type EscalationStep,
  MESSAGE_CLOSE,
} from './messages/acks.ts'
export { type DueEscalation, dueEscalations, type RunningClock, runningClocks } from './messages/clocks.ts'
export {
  ALTITUDE_REFERENCES,
  type AltitudeReference,
  type ContentItem,
  NOTATIONS,
  type Notation,
  type Translation,
} from './messages/content.ts'
export {
  formatRole,
  MESSAGE,
  type MessageBody,
  parseRole,
  type RoleAddress,
  sealMessageBody,
} from './messages/message.ts'
export {
  checkSequence,
  type LadderStep,
  messageOf,
  messagesDigest,
  type MessageStanding,
  messagesOf,
  type MessageView,
  nextNumber,
  type SequenceGap,
  type SequenceNote,
  type StepSource,
} from './messages/messages.ts'
export { formatMessageNumber, type MessageNumber, parseMessageNumber, yearOf } from './messages/number.ts'
export { printMessage } from './messages/print.ts'
export { compareReadBack, type ReadBackFinding } from './messages/read-back.ts'
export { type ClosedWatch, type OpenWatch, rosterOf } from './messages/roster.ts'
export { type TemplateId, TEMPLATES, type TemplateUse } from './messages/template-use.ts'
export { formatItem, formatTime, type Language, LANGUAGES, renderTemplate } from './messages/templates.ts'
export { WATCH_CLOSE, WATCH_OPEN, type WatchCloseBody } from './messages/watch.ts'
// flights without a host
export {
  AREA_DECLARE,
  AREA_LIFT,
  type AreaBody,
  BORDER_AGREE,
  type BorderBody,
} from './flights/area-acts.ts'
export { areasEntered, areasOf, type AreaView } from './flights/areas.ts'
export {
  type BorderFinding,
  bordersMet,
  bordersOf,
  type BorderView,
  sideOf,
  type SideVerdict,
} from './flights/borders.ts'
export { checkDraft, type DraftCheck, type FlightsView, flightsOf, type PlanDraft } from './flights/flights.ts'
export {
  INTENT_ACK,
  INTENT_ACTIVATE,
  INTENT_END,
  INTENT_PROPOSE,
  INTENT_WITHDRAW,
  type ProposeBody,
} from './flights/intent-acts.ts'
export {
  type AckFault,
  type AckView,
  affectedBy,
  flightsDigest,
  type IntentConflict,
  intentsOf,
  type IntentState,
  type IntentView,
} from './flights/intents.ts'
export { plansConflict, type ShiftLimits, type Shifts, shiftsToClear, standingOf } from './flights/separation.ts'

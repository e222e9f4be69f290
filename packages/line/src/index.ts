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
} from './line-projection.ts'
// messages: L1 appends here
// flights: L3 appends here

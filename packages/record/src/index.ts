// bytes and primitives
export { sha256 } from '#primitives'
export { decodeBase64, encodeBase64 } from './base64.ts'
export { compareBytes, concatBytes, decodeHex, decodeUtf8, encodeHex, encodeUtf8, equalBytes } from './bytes.ts'
// notes, keys, checkpoints, cosignatures
export { type Checkpoint, formatCheckpoint, parseCheckpoint, parseSize } from './checkpoint.ts'
export {
  type CosignatureTimeVerdict,
  cosignatureTimestamp,
  cosignCheckpoint,
  cosignSubtree,
  judgeCosignatureTime,
  type Subtree,
  verifyCosignature,
  verifySubtreeCosignature,
} from './cosignature.ts'
export { verifyEd25519, vetPublicKey } from './ed25519.ts'
export {
  isRecordError,
  RECORD_ERROR_CODES,
  RecordError,
  type RecordErrorCode,
  type RecordErrorDetails,
} from './errors.ts'
export { checkKeyName, checkOrigin, MAX_KEY_NAME_BYTES } from './key-name.ts'
export {
  formatNote,
  MAX_NOTE_BYTES,
  type Note,
  type OpenedNote,
  openNote,
  parseNote,
  signNote,
  verifySignatureLine,
} from './note.ts'
export { formatSignatureLine, MAX_SIGNATURES, parseSignatureLines, type SignatureLine } from './signature-line.ts'
export { type Cosignature, type OpenedCheckpoint, openCheckpoint, signCheckpoint } from './signed-checkpoint.ts'
export { createSigner, formatSkey, parseSkey, type SecretKey, SEED_BYTES, type Signer } from './signer.ts'
export {
  createVerifierKey,
  formatKeyId,
  formatVkey,
  type KeyType,
  keyIdOf,
  parseVkey,
  type VerifierKey,
} from './vkey.ts'
// canonical JSON and acts
export {
  ACT_HEADER,
  type Act,
  type ActRef,
  formatActText,
  MAX_ACT_SIGNATURES,
  type OpenedAct,
  openAct,
  type ParsedAct,
  parseAct,
  SEALED_KIND,
  type Seen,
  signAct,
} from './act.ts'
export {
  formatCanonicalJson,
  type JsonLimits,
  type JsonObject,
  type JsonValue,
  MAX_JSON_DEPTH,
  MAX_JSON_STRING_BYTES,
  parseCanonicalJson,
} from './canonical-json.ts'
export { formatLogName, isPartyId, type LogName, parseLogName } from './origin.ts'
// tree, tiles, proofs
export { CompactRange, type NodeVisitor } from './compact-range.ts'
export { EMPTY_ROOT, leafHash, nodeHash } from './merkle.ts'
export { decodeBundle, encodeBundle, MAX_LEAF_BYTES } from './bundle.ts'
export { type BlobLeaf, leafOf, parseBlobLeaf } from './leaf.ts'
export { FillingTile } from './tile-nodes.ts'
export { bundlePath, levelShape, type LogPath, parseLogPath, TILE_WIDTH, tilePath } from './tile-path.ts'
export { isSubtree } from './subtree.ts'
export {
  type ConsistencyClaim,
  type InclusionClaim,
  MAX_PROOF_HASHES,
  type SubtreeConsistencyClaim,
  type SubtreeInclusionClaim,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from './verify-proof.ts'
// whole-log verification
export { type BundleCheck, type BundleJob, checkBundle, type Range } from './check-bundle.ts'
export {
  fileSource,
  type Finding,
  type FindingKind,
  type LogSource,
  type TreeHead,
  type TreeReport,
  type VerifyNote,
  type VerifyProgress,
  type VerifyTreeOptions,
  verifyTree,
} from './verify-log.ts'
export { proveConsistency, proveInclusion, proveSubtree } from './prove.ts'
export {
  cacheTiles,
  rangeFromTiles,
  rootFromTiles,
  type TileReader,
  type TileSource,
  tileReader,
  tileWidth,
} from './tile-reader.ts'
// witness
export {
  type AddCheckpoint,
  formatAddCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  MAX_SENT_ADD_CHECKPOINT_BYTES,
  parseAddCheckpoint,
} from './add-checkpoint.ts'
export {
  type CosignerAnswer,
  formatMirrorInfo,
  formatTreeSize,
  MIRROR_INFO_TYPE,
  type MirrorInfo,
  parseMirrorInfo,
  parseTreeSize,
  SIZE_TYPE,
} from './cosigner-answer.ts'
export {
  compareHeads,
  type CosignDecision,
  type CosignedHead,
  type CosignerRefusal,
  type CosignerRefusalCode,
  decideAddCheckpoint,
  type HeadConflict,
  openAddCheckpoint,
  type OpenedAddCheckpoint,
  type SignedHead,
} from './witness.ts'
export { type CosignerVerdict, readAddCheckpointAnswer } from './witness-client.ts'
export {
  type ActProblem,
  type ActsCheck,
  checkEntries,
  type EntriesCheck,
  type EntriesJob,
  isAct,
} from './check-acts.ts'
export { type CosignatureReport, type LogReport, verifyLog, type VerifyLogOptions } from './verify-signed-log.ts'
// mirror
export {
  type AddEntriesHeader,
  type AddEntriesLimits,
  type AddEntriesPart,
  AddEntriesReader,
  type EntryPackage,
  formatAddEntries,
  MAX_ADD_ENTRIES_BYTES,
  MAX_PACKAGES,
  type PackageContent,
  type PackageInterval,
  packageIntervals,
} from './add-entries.ts'
export {
  checkPackage,
  type CommitDecision,
  type ContinueDecision,
  decideAddEntries,
  decideUploadEnd,
  emptyMirror,
  freshEntries,
  type MirrorState,
  pendingHead,
  type UploadDecision,
  withPending,
} from './mirror.ts'
export { type PendingVerdict, readAddEntriesAnswer, readPendingAnswer, type UploadVerdict } from './mirror-client.ts'
export { formatTicket, openTicket } from './ticket.ts'
// proof and policy files
export {
  checkPolicy,
  formatPolicy,
  lintPolicy,
  MAX_POLICY_BYTES,
  openByPolicy,
  parsePolicy,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyStrength,
  policyStrength,
  type PolicyWitness,
} from './policy.ts'
export {
  formatTlogProof,
  MAX_PROOF_EXTRA_BYTES,
  MAX_PROOF_FILE_BYTES,
  parseTlogProof,
  type TlogProof,
  verifyTlogProof,
} from './tlog-proof.ts'
// keys, acts judged by them, enrolment
export { type ActContext, type CitedEntry, NOTHING_ELSE_KNOWN } from './keys/act-context.ts'
export { applyEntry, continueKeyBook, judgeNext, type NextEntry } from './keys/apply-entry.ts'
export {
  type CeremonyMemory,
  checkKeysApart,
  checkReveal,
  comparisonCode,
  DEFAULT_MAX_AGE_S,
  enrolmentCommit,
  enrolmentFingerprint,
  keyFingerprint,
  NONCE_BYTES,
  type Reveal,
} from './keys/ceremony.ts'
export {
  type Custodian,
  type Enrolment,
  ENROLMENT_HEADER,
  type EnrolmentSignatures,
  enrolmentSignatures,
  type EnrolmentText,
  formatEnrolmentText,
  keysOf,
  openEnrolment,
  parseEnrolmentText,
  ROOT_CUSTODIANS,
  ROOT_THRESHOLD,
  type SealDesk,
} from './keys/enrolment.ts'
export { type Grant, grantBody } from './keys/grant.ts'
export { judgeAct, type Judgement, judgeOpenedSeal } from './keys/judge-act.ts'
export { type KeyAct, readKeyAct, type RotatedRole } from './keys/key-acts.ts'
export {
  cosignersForSize,
  countsAt,
  createKeyBook,
  DEFAULT_SKEW_S,
  type DeskRecord,
  type KeyBook,
  type KeyBookOptions,
  type KeyRecord,
  type KeyRole,
  logKeysForSize,
  type OfficerGrant,
  type PinRecord,
  recipientsAt,
  tlsPinsAt,
} from './keys/key-book.ts'
export {
  coversKind,
  DEFAULT_KIND_RULES,
  isKeyKind,
  isKindPattern,
  type KindRule,
  ruleOf,
  type Signers,
} from './keys/kinds.ts'
export { checkOutline, MAX_OUTLINE_CORNERS } from './keys/outline.ts'
export { signText, verifyText } from './keys/possession.ts'
export { type Reason, type ReasonCode, REASONS } from './keys/reasons.ts'
export {
  type CausalPast,
  causalPasts,
  createTableView,
  type HeadReceipt,
  judgeTable,
  receiveEntry,
  receiveReceipt,
  type TableView,
} from './keys/table-view.ts'
// seals
export { type AgeEncrypt, ageEncrypt } from './seal/age-encrypt.ts'
export { type AgeFile, inspectAgeFile, MAX_SEAL_BYTES, MAX_SEAL_RECIPIENTS } from './seal/age-file.ts'
export { type AgeFailure, type AgeOpening, openAgeFile, openWithFileKey } from './seal/age-open.ts'
export {
  formatInner,
  padInner,
  parseInner,
  SEAL_BUCKETS,
  sealCommitment,
  type SealedInner,
  unpadInner,
} from './seal/inner.ts'
export { formatIdentity, recipientOf } from './seal/identity.ts'
export { PROTECTED_HEADER, protectSecret, revealSecret } from './seal/passphrase.ts'
export { type AgeRecipient, parseRecipient, type RecipientKind } from './seal/recipient.ts'
export {
  checkSealOpening,
  type LintOptions,
  lintSeal,
  openSeal,
  openSealWithFileKey,
  readSealBody,
  seal,
  type SealBody,
  type Sealed,
  type SealedAct,
  type SealFault,
  type SealFaultReason,
  type SealOpening,
  type SealOptions,
} from './seal/seal.ts'
export {
  decideSealDispute,
  parseSealFaultBody,
  SEAL_FAULT_KIND,
  sealFaultBody,
  type SealFaultClaim,
  type SealFaultVerdict,
} from './seal/seal-fault.ts'
// evidence
export { type Evidence, formatEvidence, parseEvidence } from './evidence/evidence.ts'
export { EVIDENCE_HEADER, MAX_EVIDENCE_BYTES } from './evidence/evidence-file.ts'
export {
  compareSeen,
  findFork,
  findForkByPrefix,
  findForkInProof,
  type HeadWithTree,
  type SeenComparison,
} from './evidence/find-fork.ts'
export {
  type CosignerFork,
  type CosignerForkFinding,
  type ForkFinding,
  type LogFork,
  type TwoHeads,
  verifyCosignerFork,
  verifyLogFork,
} from './evidence/fork.ts'
export type { LeafProof } from './evidence/leaf-proof.ts'
export type { PrefixProof } from './evidence/prefix-proof.ts'
export {
  judgeProtestAnswer,
  type Protest,
  type ProtestAnswer,
  type ProtestFinding,
  type ProtestKeys,
  verifyProtest,
} from './evidence/protest.ts'
export { type Receipt, type ReceiptFinding, type ReceiptKeys, verifyReceipt } from './evidence/receipt.ts'
export { type ProjectedHead, parseStateDigest, STATE_DIGEST_KIND, type StateDigest } from './evidence/state-digest.ts'
export { type StateDispute, type StateDisputeFinding, verifyStateDispute } from './evidence/state-dispute.ts'
// a log that goes on under its next number
export {
  checkHandover,
  type Continuation,
  type ContinuationParts,
  type ContinueLog,
  decideContinueLog,
  familyOf,
  formatContinuation,
  formatContinueLog,
  type HandoverDecision,
  type HandoverStanding,
  type HandoverView,
  type HeadName,
  isSignedBy,
  LOG_NUMBERS_AHEAD,
  MAX_CONTINUE_LOG_BYTES,
  type NotThisNumber,
  openContinueLog,
  type OpenedContinueLog,
  parseContinueLog,
  type Predecessor,
  readContinuation,
  refusesNumber,
  shortAnswer,
} from './handover.ts'

// bytes and primitives
export { sha256 } from '#primitives'
export { decodeBase64, encodeBase64 } from './base64.ts'
export { compareBytes, concatBytes, decodeHex, decodeUtf8, encodeHex, encodeUtf8, equalBytes } from './bytes.ts'
// notes, keys, checkpoints, cosignatures
export { type Checkpoint, formatCheckpoint, parseCheckpoint, parseSize } from './checkpoint.ts'
export {
  cosignatureTimestamp,
  cosignCheckpoint,
  cosignSubtree,
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

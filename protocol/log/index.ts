// Transparency logs: RFC 6962 trees, proofs, C2SP checkpoints. Pure: nodes and records are kept by the caller.

export {
  ADD_CHECKPOINT_BYTES_MAX,
  type AddCheckpoint,
  COSIGNATURES_BYTES_MAX,
  decodeAddCheckpoint,
  decodeCosignatures,
  encodeAddCheckpoint,
  TLOG_SIZE_TYPE,
} from './add-checkpoint.ts';
export { type AuditOptions, type AuditReport, auditLog } from './audit.ts';
export {
  type ConsistencyClaim,
  consistencyRoots,
  type InclusionClaim,
  inclusionRoot,
  verifyConsistency,
  verifyInclusion,
} from './check.ts';
export {
  bareCheckpoint,
  CHECKPOINT_EXTENSIONS_MAX,
  type Checkpoint,
  checkpointBody,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  verifyNodeCheckpoint,
} from './checkpoint.ts';
export { CompactTree, type TreeNode } from './compact-tree.ts';
export { type CoseReceipt, exportCoseReceipt, verifyCoseReceipt } from './cose-receipt.ts';
export { addSignatures, type Cosignature, cosign, readCosignature } from './cosignature.ts';
export {
  decodeLogEntry,
  encodeLogEntry,
  entryLeafHash,
  LOG_RECORD_BYTES_MAX,
  LOG_SALT_BYTES,
  type LogEntry,
} from './entry.ts';
export {
  bareEquivocation,
  decodeEquivocation,
  type Equivocation,
  type EquivocationFinding,
  EVIDENCE_BYTES_MAX,
  EVIDENCE_KIND,
  encodeEquivocation,
  explicitConsistency,
  explicitConsistencyAsync,
  findEquivocation,
  implicitConsistency,
  verifyEquivocation,
} from './equivocation.ts';
export { EMPTY_ROOT, HASH_BYTES, leafHash, nodeHash, requireHash } from './hash.ts';
export {
  type HeldEntry,
  HOLDING_BYTES_MAX,
  HOLDING_NONCE_BYTES,
  type HoldingQuestion,
  signHolding,
  verifyHolding,
} from './holding.ts';
export { InclusionChecker } from './inclusion-checker.ts';
export {
  formatVerifierKey,
  NOTE_BYTES_MAX,
  NOTE_COSIGNATURE_ED25519,
  NOTE_ED25519,
  NOTE_NAME_CHARS_MAX,
  NOTE_SIGNATURES_MAX,
  type Note,
  type NoteKey,
  type NoteSignature,
  type NoteSigner,
  noteKeyId,
  noteSigner,
  parseNote,
  parseVerifierKey,
  signNote,
  verifyNote,
} from './note.ts';
export { keyOfPeerId, ORIGIN_PREFIX, originKey, originOf, peerIdOfKey, peerIdOfOrigin } from './origin.ts';
export {
  applyPolicy,
  CLOCK_SKEW_SECONDS_MAX,
  type LogPolicy,
  POLICY_BYTES_MAX,
  type PolicyFinding,
  parsePolicy,
} from './policy.ts';
export {
  decodeProof,
  encodeProof,
  INCLUSION_ELEMENTS_MAX,
  type LogProof,
  PROOF_FILE_BYTES_MAX,
  verifyProof,
} from './proof-file.ts';
export {
  type AsyncHashReader,
  consistencyProof,
  consistencyProofAsync,
  type HashReader,
  inclusionProof,
  inclusionProofAsync,
  type NodeRef,
  type ProofPlan,
  planConsistency,
  planExplicitConsistency,
  planInclusion,
  planRoot,
} from './prove.ts';
export {
  findWitnesses,
  quorumPolicy,
  renderPolicy,
  soundCosignatures,
  type WitnessFinding,
} from './quorum.ts';
export { parseSize, requireSize, TREE_SIZE_MAX } from './size.ts';
export {
  decodeEntryBundle,
  encodeEntryBundle,
  parseTilePath,
  TILE_HEIGHT,
  TILE_WIDTH,
  type TileRef,
  tilePath,
  tileReader,
  tilesBetween,
  tileWidth,
} from './tile.ts';
export { TreeProver } from './tree-prover.ts';
export { reviewForCosigning, type WitnessState, type WitnessVerdict } from './witness.ts';
export { peerIdOfWitness, WITNESS_PREFIX, witnessKeyOf } from './witness-name.ts';

// Transparency logs: RFC 6962 trees, proofs, C2SP checkpoints. Pure: nodes and records are kept by the caller.

export { type ConsistencyClaim, type InclusionClaim, verifyConsistency, verifyInclusion } from './check.ts';
export {
  CHECKPOINT_EXTENSIONS_MAX,
  type Checkpoint,
  checkpointBody,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  verifyNodeCheckpoint,
} from './checkpoint.ts';
export { CompactTree, type TreeNode } from './compact-tree.ts';
export {
  decodeLogEntry,
  encodeLogEntry,
  entryLeafHash,
  LOG_RECORD_BYTES_MAX,
  LOG_SALT_BYTES,
  type LogEntry,
} from './entry.ts';
export { EMPTY_ROOT, HASH_BYTES, leafHash, nodeHash, requireHash } from './hash.ts';
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
  type AsyncHashReader,
  consistencyProof,
  consistencyProofAsync,
  type HashReader,
  inclusionProof,
  inclusionProofAsync,
  type NodeRef,
  type ProofPlan,
  planConsistency,
  planInclusion,
  planRoot,
} from './prove.ts';
export { parseSize, requireSize, TREE_SIZE_MAX } from './size.ts';

// The provenance graph: what statements say of things, how it is asked, and how an answer is proven. The only door of this folder.

export {
  AnswerMemory,
  type AnswerReport,
  AnswerVerifier,
  isAnswerFault,
  type VerifiedRow,
} from './answer.ts';
export { keysOfQuery, thingsOf } from './answer-walk.ts';
export {
  BUNDLE_BYTES_MAX,
  BUNDLE_START,
  type Bundle,
  decodeBundle,
  encodeBundle,
  isBundle,
} from './bundle.ts';
export type { Completeness } from './completeness.ts';
export { IndexMap, type Posting } from './index-map.ts';
export { joinMap, type Listing, readIndexProof } from './index-proof.ts';
export {
  INDEX_ROOT_TYPE,
  type IndexRoot,
  isIndexRoot,
  signIndexRoot,
  verifyIndexRoot,
} from './index-root.ts';
export { aboutKey, issuerKey, keysOfFacts, tagMatches, tagOf, typeKey, useKey } from './key-hash.ts';
export * from './limits.ts';
export { verifyMapProof } from './map-proof.ts';
export { nodeIdOf, nodeIdOfContentId, nodeIdsOfDigests, requireNodeId } from './node-id.ts';
export {
  encodeOmission,
  OMISSION_BYTES_MAX,
  OMISSION_KIND,
  type Omission,
  type OmissionParts,
  verifyOmission,
} from './omission.ts';
export { decodeQuery, encodeQuery, provenanceQuery } from './query.ts';
export { decodeRow, encodeRow } from './row.ts';
export { factsOfStatement, leadsToSource, type StatementFacts } from './statement-facts.ts';
export {
  type CompletenessRow,
  DIRECTIONS,
  type Direction,
  type Edge,
  END_REASONS,
  type EndReason,
  type EndRow,
  type HeadRow,
  type NodeId,
  type ProvenanceQuery,
  type ProvenanceRow,
  type ProvenEntry,
  RELATIONS,
  type Relation,
  type StatementRow,
} from './types.ts';

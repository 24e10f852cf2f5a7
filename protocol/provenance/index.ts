// The provenance graph: what statements say of things, how it is asked, and how an answer is proven. The only door of this folder.

export { IndexMap, type Posting } from './index-map.ts';
export { aboutKey, issuerKey, keysOfFacts, tagMatches, tagOf, typeKey, useKey } from './key-hash.ts';
export * from './limits.ts';
export { verifyMapProof } from './map-proof.ts';
export { nodeIdOf, nodeIdOfContentId, nodeIdsOfDigests, requireNodeId } from './node-id.ts';
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

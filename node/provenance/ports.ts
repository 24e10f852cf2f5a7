// What the parts of a node ask of the provenance graph, and what it asks of them. Interfaces only.

import type { ProvenanceQuery, ProvenanceRow } from '../../protocol/provenance/index.ts';

/** Whoever answers provenance queries: the local graph, or a partner through the network. */
export interface ProvenanceSource {
  /** Writes what the answer will need, so that the log does not grow under it; query does it where nobody did before. */
  prepare?(query: ProvenanceQuery): Promise<void>;
  /**
   * Answers row by row, as they are found: heads before the statements that they cover, the end row last. An abort ends the answer with
   * the reason 'aborted'. Rows of a partner are unverified until protocol/provenance has verified them. Throws DECODE_FAILED or
   * LIMIT_EXCEEDED for a question that cannot be asked.
   */
  query(query: ProvenanceQuery, options: { readonly signal?: AbortSignal }): AsyncIterable<ProvenanceRow>;
}

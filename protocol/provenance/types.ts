// What the provenance graph is made of, how it is asked, and how it answers. Types and names only; codecs and rules are beside.

/**
 * A thing in the graph, as `<algorithm>:<digest>`: an artifact by its digest, a statement or a card by the SHA-256 that its content
 * id holds, an agent by that of its id.
 */
export type NodeId = string;

/** What a statement can say of two things. Read each as a sentence: `from` relation `to`. */
export const RELATIONS = ['built-from', 'ran', 'produced', 'attested', 'revoked'] as const;
export type Relation = (typeof RELATIONS)[number];

/**
 * One thing that a statement says: artifact built-from material, receipt ran module, receipt produced output, statement attested
 * artifact, revocation revoked its target.
 */
export interface Edge {
  readonly from: NodeId;
  readonly relation: Relation;
  readonly to: NodeId;
}

/** Which way to walk: towards what a thing came from, towards what was made with it, or both. */
export const DIRECTIONS = ['sources', 'uses', 'both'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** A question. At least one start, issuer or predicate type is named. */
export interface ProvenanceQuery {
  /** Things to ask about; empty to ask by issuer or type alone. */
  readonly start: readonly NodeId[];
  /** Only statements of this issuer: an agent id, or the key id of a foreign signer. */
  readonly issuer: string | null;
  /** Only statements of these predicate types; empty for all. For an import it is the type of the original. */
  readonly predicateTypes: readonly string[];
  readonly direction: Direction;
  /** Steps to walk from the start; 0 asks about the start alone. */
  readonly depth: number;
  /** As it was known at this time, in ms since 1970; null for now. */
  readonly at: number | null;
  /** Statements wanted at most. */
  readonly limit: number;
  /** True to have the answer's completeness proven. */
  readonly prove: boolean;
}

/** The signed head that the proofs of an origin's rows lead to. Comes before the first of them. */
export interface HeadRow {
  readonly kind: 'head';
  readonly origin: string;
  /** Signed checkpoint with its cosignatures, as text. */
  readonly checkpoint: string;
}

/** One statement with the proof that it is in its origin's log. */
export interface StatementRow {
  readonly kind: 'statement';
  readonly origin: string;
  readonly index: number;
  /** Steps from the start at which it was met. */
  readonly depth: number;
  /** Since when the answerer knows it, in ms since 1970. Its word alone: no proof covers it. */
  readonly knownAt: number;
  /** The log record, which commits to the body. */
  readonly record: Uint8Array;
  /** Encoded envelope; null where the answerer may not show it to the asker. */
  readonly body: Uint8Array | null;
  /** Inclusion of the record under the head row of the origin. */
  readonly proof: readonly Uint8Array[];
}

/** An entry of a log with its proof: how a committed index root is shown. */
export interface ProvenEntry {
  readonly index: number;
  readonly record: Uint8Array;
  readonly body: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Proof that the rows of an origin are all that its committed index holds for the keys asked. */
export interface CompletenessRow {
  readonly kind: 'completeness';
  readonly origin: string;
  /** The entry that commits the root of the index. */
  readonly root: ProvenEntry;
  /** Map proof of the keys, with the list that the index holds for each (see map-proof.ts). */
  readonly map: Uint8Array;
}

/** Why an answer does not hold everything that matches. */
export const END_REASONS = [
  'row-limit',
  'node-limit',
  'depth-limit',
  'withheld',
  'not-indexed',
  'unproven-origin',
  'aborted',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** The last row. Without it the answer was cut off. */
export interface EndRow {
  readonly kind: 'end';
  /** Statement rows that came before. */
  readonly rows: number;
  /** Empty when the answerer says that it gave all it has within the depth asked. */
  readonly reasons: readonly EndReason[];
}

/** One row of an answer, in the order in which they are sent. Nothing in it is verified. */
export type ProvenanceRow = HeadRow | StatementRow | CompletenessRow | EndRow;

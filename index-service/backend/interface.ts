// The port to vector engines: what the built-in engine does in memory, another may do on other machines. One suite
// (test/unit/index-service/backend-suite.ts) says what every adapter must do.

import type { CardFilter } from '../interface.ts';
import type { CardFields } from '../store/record.ts';

/** What filters ask of a card; a CardFields fits. */
export type PointFields = Pick<CardFields, 'region' | 'operator' | 'sla' | 'tags' | 'prices' | 'expiresAtMs'>;

export interface BackendPoint {
  /** Agent id: one point per agent, a newer one replaces it. */
  readonly id: string;
  readonly cardId: string;
  readonly vector: Float32Array;
  readonly fields: PointFields;
  /** The signed card: for engines that verify what they take. */
  readonly envelope: Uint8Array;
  /** 0..1; REPUTATION_UNKNOWN when left out. */
  readonly reputation?: number;
}

export interface BackendQuery {
  readonly vector: Float32Array;
  /** What the vector was made of: for engines that know words too. */
  readonly text?: string;
  readonly k: number;
  readonly filter?: CardFilter;
}

export interface BackendHit {
  readonly id: string;
  /** Cosine, -1..1; an engine that knows words may have raised it. */
  readonly score: number;
}

export interface BackendAnswer {
  /** Best first. Approximate engines may miss some; what is returned passes the filter. */
  readonly hits: readonly BackendHit[];
  /** True when a part of the engine did not answer. */
  readonly partial?: boolean;
  /** Share of the true best that the engine says it finds; left out when it says nothing. */
  readonly recall?: number;
}

/** What an engine has of an agent, for comparison with what it should have. */
export interface BackendHolding {
  readonly id: string;
  readonly cardId: string;
  readonly reputation: number;
}

export interface IndexBackend {
  readonly name: string;
  /** Resolves when the points can be found. Throws INDEX_CARD_REFUSED when one of them can never be taken. */
  upsert(points: readonly BackendPoint[]): Promise<void>;
  /** Unknown ids are no error. */
  remove(ids: readonly string[]): Promise<void>;
  search(query: BackendQuery): Promise<BackendAnswer>;
  count(): Promise<number>;
  /** Everything it holds, in parts and any order. */
  list(): AsyncIterable<readonly BackendHolding[]>;
  close(): Promise<void>;
}

/** An engine that is not open yet: it may be away when its index is opened. */
export interface BackendEngine {
  readonly name: string;
  /** Throws what cannot mend itself (INDEX_BACKEND_UNAVAILABLE, EMBEDDER_MISMATCH, UNAUTHORIZED), or anything else when it is away. */
  open(): Promise<IndexBackend>;
}

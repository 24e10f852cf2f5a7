// The port to vector engines: what the built-in engine does in memory, another may do on other machines. One suite
// (test/unit/index-service/backend-suite.ts) says what every adapter must do.

import type { CardFilter } from '../interface.ts';
import type { CardFields } from '../store/record.ts';

/** What filters ask of a card; a CardFields fits. */
export type PointFields = Pick<CardFields, 'region' | 'operator' | 'sla' | 'tags' | 'prices' | 'expiresAtMs'>;

export interface BackendPoint {
  /** Agent id: one point per agent, a newer one replaces it. */
  readonly id: string;
  readonly vector: Float32Array;
  readonly fields: PointFields;
  /** 0..1; REPUTATION_UNKNOWN when left out. */
  readonly reputation?: number;
}

export interface BackendQuery {
  readonly vector: Float32Array;
  readonly k: number;
  readonly filter?: CardFilter;
}

export interface BackendHit {
  readonly id: string;
  /** Cosine, -1..1. */
  readonly score: number;
}

export interface IndexBackend {
  readonly name: string;
  /** Resolves when the points can be found. */
  upsert(points: readonly BackendPoint[]): Promise<void>;
  /** Unknown ids are no error. */
  remove(ids: readonly string[]): Promise<void>;
  /** Best first. Approximate engines may miss some; what is returned always passes the filter. */
  search(query: BackendQuery): Promise<BackendHit[]>;
  count(): Promise<number>;
  close(): Promise<void>;
}

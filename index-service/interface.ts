// The contract of the card index: what goes in, what comes out, what can be asked. Types only: no code, no storage, no numbers.

import type { AgentCard, PriceUnit, SlaClass } from '../protocol/card/index.ts';
import type { Verified } from '../protocol/verified.ts';

/** Turns text into vectors of unit length. Vectors of different ids are never compared. */
export interface Embedder {
  /** Names weights, dimensions and version; two embedders with one id give the same vectors. */
  readonly id: string;
  readonly dims: number;
  embed(text: string): Promise<Float32Array>;
  embedBatch(texts: readonly string[]): Promise<Float32Array[]>;
  /** A rough vector at once, for when too many queries wait; null when there is no need or no way. */
  embedRough?(text: string): Float32Array | null;
  /** Loads what `embed` needs, so that the first query does not pay for it. */
  warmUp?(): Promise<void>;
  close?(): Promise<void>;
}

/** One verified card with the signed bytes it came in. */
export interface CardEntry {
  readonly agentId: string;
  readonly cardId: string;
  readonly card: Verified<AgentCard>;
  /** The signed envelope, kept as it is: the index can hand it on and be checked. */
  readonly envelope: Uint8Array;
}

/** A price ceiling. A card passes when it asks nothing, or at most `amount` of this currency for this unit. */
export interface PriceLimit {
  readonly amount: string | bigint;
  readonly currency: string;
  /** Default 'request'. */
  readonly unit?: PriceUnit;
}

/** Conditions that a card must meet. All members given must hold; `and`, `or` and `not` combine further filters. */
export interface CardFilter {
  readonly region?: string | readonly string[];
  readonly tagsAny?: readonly string[];
  readonly tagsAll?: readonly string[];
  readonly tagsNone?: readonly string[];
  readonly priceMax?: PriceLimit;
  /** Lowest acceptable service level, or the list of acceptable ones. */
  readonly sla?: SlaClass | readonly SlaClass[];
  /** Milliseconds since 1970: only cards that expire later. */
  readonly notExpiredAt?: number;
  /** Operator named by the card. */
  readonly owner?: string | readonly string[];
  /** Lowest reputation, 0..1, as set by `setReputation`; an unknown agent counts as `REPUTATION_UNKNOWN`. */
  readonly reputationMin?: number;
  readonly and?: readonly CardFilter[];
  readonly or?: readonly CardFilter[];
  readonly not?: CardFilter;
}

export interface CardQuery {
  readonly text?: string;
  /** A vector of the index's embedder; `embedder` must then name it. With a text beside it, names and rare words count too. */
  readonly vector?: Float32Array;
  readonly embedder?: string;
  readonly k: number;
  readonly filter?: CardFilter;
}

export interface CardHit {
  readonly agentId: string;
  readonly cardId: string;
  readonly name: string;
  /** Cosine of query and card, raised where they share names or rare words; 0..1. */
  readonly score: number;
}

/** How a query was answered: by comparing every passing card, by compressed scan then exact order, by the graph, or by another engine. */
export type SearchMode = 'exact' | 'compressed' | 'graph' | 'backend';

export interface CardAnswer {
  /** By score, then agent id. */
  readonly results: CardHit[];
  readonly mode: SearchMode;
  /** True when the query's vector is a rough one, because too many queries waited. */
  readonly rough: boolean;
  /** 1 for an exact answer, else the share of the true best that this mode was measured to find; 0 when nobody measured it. */
  readonly recall: number;
  readonly embedder: string;
  /** How many cards passed the filter; with another engine at least this many. */
  readonly matched: number;
  /** True when cards may be missing: not all have reached the vector engine, or a part of it did not answer. */
  readonly partial?: boolean;
}

export interface IndexStats {
  readonly cards: number;
  /** Cards past their expiry by the index's clock. */
  readonly expired: number;
  readonly tombstones: number;
  readonly dims: number;
  readonly embedder: string;
  readonly bytesOnDisk: number;
  /** 'ready', 'building' or why there is none; a query never waits for the graph. */
  readonly graph: 'ready' | 'building' | 'not-needed' | 'unavailable';
  readonly graphCards: number;
  /** Share of the true best that the graph was measured to find. */
  readonly graphRecall: number;
  /** Shared search memory, scratch space included; pages never touched cost nothing. */
  readonly bytesInMemory: number;
  /** What opening found: bytes of an unfinished last write cut off, damaged records set aside. */
  readonly recovery: { readonly records: number; readonly tornBytes: number; readonly quarantined: number };
  readonly queries: {
    readonly exact: number;
    readonly compressed: number;
    readonly graph: number;
    readonly backend?: number;
  };
  /** The vector engine, where it is not the built-in one. */
  readonly backend?: BackendStats;
}

export interface BackendStats {
  readonly name: string;
  readonly state: 'up' | 'down';
  /** Cards whose last change has not reached it. */
  readonly waiting: number;
  /** Cards that it does not take. */
  readonly refused: number;
  /** Why it is down, else empty. */
  readonly failure: string;
}

/** The index of one node. Readers get only `query`, `has`, `get` and `stats`. */
export interface CardIndex {
  /** Resolves when the card is on disk. An older card than the known one is ignored. */
  upsert(entry: CardEntry): Promise<void>;
  upsertBatch(
    entries: readonly CardEntry[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<void>;
  /** Resolves when the removal is on disk; unknown ids are no error. */
  remove(agentId: string): Promise<void>;
  has(agentId: string): boolean;
  /** Id of the stored card, or undefined. */
  cardIdOf(agentId: string): string | undefined;
  /** The stored card id and signed envelope, or null. */
  get(agentId: string): Promise<{ cardId: string; envelope: Uint8Array } | null>;
  query(query: CardQuery): Promise<CardAnswer>;
  /** Reputation 0..1 for `reputationMin`; kept in memory, its source of truth is elsewhere. */
  setReputation(agentId: string, value: number): void;
  /** The reputation that filters see, or undefined when the agent has no card here. */
  reputation(agentId: string): number | undefined;
  agentIds(): IterableIterator<string>;
  /** Loads the embedder and runs one query, so that the first caller does not pay for it. */
  warmUp(): Promise<void>;
  /** Rewrites the log with living cards only. Happens by itself at a fifth of dead slots. */
  compact(onProgress?: (done: number, total: number) => void): Promise<void>;
  /** Resolves when background work (graph, snapshot, compaction) has come to rest. */
  settled(): Promise<void>;
  stats(): IndexStats;
  close(): Promise<void>;
}

/** What the index needs of a logger; pino fits. */
export interface IndexLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

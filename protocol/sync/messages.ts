// The messages that two partners exchange about logs. Types only; codec.ts has the bytes.

/** "These are my heads for all origins after `after`, up to and with `upTo`": null means no bound on that side. */
export interface HeadsRequest {
  readonly kind: 'heads-request';
  readonly after: string | null;
  readonly upTo: string | null;
  /** Signed checkpoints as text, sorted by origin, one per origin. */
  readonly heads: readonly string[];
}

/** Heads of the same interval that the asker lacks or contradicts. */
export interface HeadsResponse {
  readonly kind: 'heads-response';
  readonly heads: readonly string[];
  /** Set when more heads differ than fit: ask again after this origin. */
  readonly resumeAfter: string | null;
}

/** "I hold the first `from` entries of this log; send what follows, to `to` at most, in at most `credit` bytes." */
export interface TailRequest {
  readonly kind: 'tail-request';
  readonly origin: string;
  readonly from: number;
  readonly to: number;
  /** Bytes that the whole answer may have. */
  readonly credit: number;
}

/** A log record, and the envelope it names when the partner may see it. */
export interface TailEntry {
  readonly record: Uint8Array;
  readonly body: Uint8Array | null;
}

/**
 * The same on the wire. A record names its body by hash, so beside a body only the record's salt is sent: the receiver makes the
 * record itself, and no body can travel under a record that is not its own.
 */
export type WireEntry =
  | { readonly salt: Uint8Array; readonly body: Uint8Array }
  | { readonly record: Uint8Array; readonly body: null };

/** Entries from the asked index on, and the proof from their end to the checkpoint's size. */
export interface TailResponse {
  readonly kind: 'tail-response';
  readonly checkpoint: string;
  readonly entries: readonly WireEntry[];
  readonly proof: readonly Uint8Array[];
  /** When no entry fitted the credit: the bytes that the next one needs; else 0. */
  readonly needs: number;
}

/** "Show me that your log of size `to` begins with the first `from` entries": asked when a fork is suspected. */
export interface ConsistencyRequest {
  readonly kind: 'consistency-request';
  readonly origin: string;
  readonly from: number;
  readonly to: number;
}

/** The proof in its explicit form (first element always sent), so that a failure is evidence. */
export interface ConsistencyResponse {
  readonly kind: 'consistency-response';
  readonly checkpoint: string;
  readonly proof: readonly Uint8Array[];
}

/** "No": a stable error code, and when to try again. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: string;
  readonly retryAfterMs: number;
}

export type SyncMessage =
  | HeadsRequest
  | HeadsResponse
  | TailRequest
  | TailResponse
  | ConsistencyRequest
  | ConsistencyResponse
  | Refusal;

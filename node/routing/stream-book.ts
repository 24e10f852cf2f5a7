// The streams that this node forwards or has forwarded, and why each went where it went: what "zerostate relay why" and "relay status"
// show. Bounded; the oldest ended ones are forgotten first.

import type { Decision } from '../../protocol/routing/index.ts';

/** Ended streams that are remembered. */
export const STREAMS_KEPT_MAX = 1_024;

/** What one attempt at a hop came to. */
export interface Attempt {
  readonly decision: Decision;
  /** Guards that spoke against neighbours, with their reason. */
  readonly guards: Readonly<Record<string, string>>;
  readonly tookMs: number;
  /** Absent: it was taken over. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** One stream on this node. */
export interface StreamRecord {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly slaClass: string;
  readonly region: string;
  readonly guild: string;
  /** Most that a hop may ask for a MiB, with its currency; empty: whatever it asks. */
  readonly ceiling: string;
  readonly trace: string;
  readonly via: readonly string[];
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly attempts: Attempt[];
  /** Relays that carry it from here on; set when it is open. */
  path: readonly string[];
  state: 'opening' | 'open' | 'ended' | 'refused';
  setupMs: number | undefined;
  endedAt: number | undefined;
  error: string | undefined;
  /** Bytes towards the destination and back: sealed ones at a relay, at the end whose stream it is those before sealing. */
  up: number;
  down: number;
}

/** The streams of a node. */
export class StreamBook {
  readonly #records = new Map<string, StreamRecord>();
  #open = 0;

  /** Streams that are being opened or are open. */
  get open(): number {
    return this.#open;
  }

  begin(
    record: Pick<
      StreamRecord,
      'id' | 'from' | 'to' | 'slaClass' | 'region' | 'guild' | 'ceiling' | 'trace' | 'via' | 'startedAt'
    >,
  ): StreamRecord {
    const full: StreamRecord = {
      ...record,
      attempts: [],
      path: [],
      state: 'opening',
      setupMs: undefined,
      endedAt: undefined,
      error: undefined,
      up: 0,
      down: 0,
    };
    this.#open += 1;
    // A retry of the stream through here is a line of its own, under the same name: the newest is shown.
    this.#records.delete(record.id);
    this.#records.set(record.id, full);
    if (this.#records.size > STREAMS_KEPT_MAX) this.#forget();
    return full;
  }

  end(record: StreamRecord, at: number, error?: Error): void {
    if (record.endedAt !== undefined) return;
    this.#open -= 1;
    record.state = record.state === 'opening' ? 'refused' : 'ended';
    record.endedAt = at;
    record.error = error?.message;
  }

  get(id: string): StreamRecord | undefined {
    return this.#records.get(id) ?? [...this.#records.values()].findLast((one) => one.id.startsWith(id));
  }

  /** The newest first. */
  list(limit: number): StreamRecord[] {
    return [...this.#records.values()].slice(-limit).reverse();
  }

  #forget(): void {
    for (const [id, { endedAt }] of this.#records)
      if (endedAt !== undefined) {
        this.#records.delete(id);
        return;
      }
  }
}

/** What a sender would pay at most, for people. */
export function ceilingText(priceCeiling: bigint | null, currency: string): string {
  return priceCeiling === null ? '' : `${priceCeiling} ${currency}`.trim();
}

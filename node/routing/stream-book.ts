// The streams that this node forwards or has forwarded, and why each went where it went: what "zerostate relay why" and "relay status"
// show. Bounded; the oldest ended ones are forgotten first.

import { toHex } from '../../protocol/bytes/index.ts';
import type { Decision } from '../../protocol/routing/index.ts';

/** Ended streams that are remembered. */
export const STREAMS_KEPT_MAX = 1_024;
/** Of these, from one previous hop, while others have lines as well: who has many refused does not push out what all others did. */
const STREAMS_PER_HOP_MAX = 256;

/** What one attempt at a hop came to. */
export interface Attempt {
  readonly decision: Decision;
  /** Guards that spoke against neighbours, with their reason. */
  readonly guards: Readonly<Record<string, string>>;
  /** Relays that it was to go round from there on. */
  readonly around: readonly string[];
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

/** The name of a stream as people see it. */
export function streamName(stream: Uint8Array): string {
  return toHex(stream);
}

/** The streams of a node. */
export class StreamBook {
  /** By previous hop and name: the name is the sender's choice, and a line must not be replaced by whoever learned it. */
  readonly #records = new Map<string, StreamRecord>();
  readonly #perHop = new Map<string, number>();
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
    // A retry of the stream from the same hop is a line of its own, under the same name: the newest is shown.
    const key = `${record.from}/${record.id}`;
    this.#remove(key);
    this.#records.set(key, full);
    this.#perHop.set(record.from, (this.#perHop.get(record.from) ?? 0) + 1);
    if (this.#records.size > STREAMS_KEPT_MAX) this.#forget(record.from);
    return full;
  }

  end(record: StreamRecord, at: number, error?: Error): void {
    if (record.endedAt !== undefined) return;
    this.#open -= 1;
    record.state = record.state === 'opening' ? 'refused' : 'ended';
    record.endedAt = at;
    record.error = error?.message;
  }

  /** The streams of one name, the newest first, by it or by how it begins: several hops may have handed over one of it. */
  get(id: string): StreamRecord[] {
    const known = [...this.#records.values()].reverse();
    const name = known.some((one) => one.id === id) ? id : known.find((one) => one.id.startsWith(id))?.id;
    return known.filter((one) => one.id === name);
  }

  /** The newest first. */
  list(limit: number): StreamRecord[] {
    return [...this.#records.values()].slice(-limit).reverse();
  }

  /** Forgets the oldest line that has ended: of the hop that adds one, if it has many. */
  #forget(from: string): void {
    const isMany = (this.#perHop.get(from) ?? 0) > STREAMS_PER_HOP_MAX;
    const ended = (one: StreamRecord) => one.endedAt !== undefined;
    const lines = [...this.#records];
    const oldest =
      (isMany ? lines.find(([, one]) => one.from === from && ended(one)) : undefined) ??
      lines.find(([, one]) => ended(one));
    if (oldest !== undefined) this.#remove(oldest[0]);
  }

  #remove(key: string): void {
    const known = this.#records.get(key);
    if (known === undefined) return;
    this.#records.delete(key);
    const left = (this.#perHop.get(known.from) ?? 1) - 1;
    if (left === 0) this.#perHop.delete(known.from);
    else this.#perHop.set(known.from, left);
  }
}

/** What a sender would pay at most, for people. */
export function ceilingText(priceCeiling: bigint | null, currency: string): string {
  return priceCeiling === null ? '' : `${priceCeiling} ${currency}`.trim();
}

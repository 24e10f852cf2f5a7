// Keeps a connection to the indexes that a question would go to: a question then costs one round trip and no dialling. Decides nothing
// about answers; the plan prefers who is connected and near.

import { peerIdFromString } from '@libp2p/peer-id';
import { RecentMap } from '../../protocol/bounded/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import type { Logger } from '../logger/index.ts';
import { type IndexNode, isTrusted, planIndexes } from './index-plan.ts';

/** Pause between two rounds (milliseconds). */
const ROUND_MS = 2_000;
/**
 * An index that is new is connected at once, and not with the next round: the first question may come any moment. Nodes do that spread over so many
 * milliseconds for each of them, which is what a connection takes an index, and over the pause of a round at most.
 */
const SOON_MS_EACH = 5;
/** Connected indexes wanted for each part of an answer: one to ask, one beside it. */
const LINES_EACH = 2;
/** Kept lines in all: a node with cards of many regions must not fill its connections with indexes. */
const LINES_MAX = 8;
/** One dial has this long (milliseconds). */
const DIAL_MS_MAX = 5_000;
/** An index that could not be reached rests, doubling from the first to the last of these (milliseconds). */
const REST_MS_FIRST = 5_000;
const REST_MS_LAST = 600_000;
/** Indexes whose failures are remembered. */
const FAILURES_MAX = 256;
/** What a line is worth when connections are closed for lack of room, and for how long that stands without being renewed. */
const TAG = 'zerostate-index';
const TAG_VALUE = 50;
const TAG_MS = 60_000;
/** The tag is renewed after this time. */
const TAG_AGAIN_MS = 30_000;

export interface IndexLinesDeps {
  readonly host: Pick<Host, 'dial' | 'getPeers' | 'peerId' | 'peerStore'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Index nodes known now, this one included when it has an index. */
  readonly nodes: () => IndexNode[];
  /** Regions of the cards known here. */
  readonly regions: () => string[];
  /** Nodes known, index or not. */
  readonly crowd: () => number;
  /** Told of every line that is new: a question may come. */
  readonly onLine: () => void;
  /** 0 to 1; spreads nodes over indexes. */
  readonly random?: () => number;
}

/** Keeps lines to indexes. */
export class IndexLines {
  readonly #deps: IndexLinesDeps;
  readonly #random: () => number;
  readonly #failures = new RecentMap<string, { count: number; until: number }>(FAILURES_MAX);
  /** By peer id: when its tag was set last. */
  readonly #kept = new Map<string, number>();
  #cancel: () => void = () => {};
  /** none: not started, or a round is under way; then what comes next, and whether that was brought forward. */
  #next: 'none' | 'round' | 'soon' = 'none';
  /** Something new came up during a round, or before the start. */
  #isNews = false;
  /** When a round was brought forward last. */
  #soonAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(deps: IndexLinesDeps) {
    this.#deps = deps;
    this.#random = deps.random ?? Math.random;
  }

  start(): void {
    this.#plan(this.#isNews ? 'soon' : 'round');
  }

  /** An index is new: the next round comes soon. Once in a usual pause: names are free, and whoever makes up indexes must not have this node dial at will. */
  soon(): void {
    const now = this.#deps.clock.now();
    if (this.#stopped || this.#next === 'soon' || now - this.#soonAt < ROUND_MS) return;
    if (this.#next === 'round') this.#plan('soon');
    else this.#isNews = true;
  }

  #plan(next: 'round' | 'soon'): void {
    if (this.#stopped) return;
    this.#cancel();
    this.#next = next;
    if (next === 'soon') this.#soonAt = this.#deps.clock.now();
    const spreadMs = Math.min(ROUND_MS, SOON_MS_EACH * this.#deps.crowd());
    this.#cancel = this.#deps.clock.after(next === 'round' ? ROUND_MS : spreadMs * this.#random(), () => {
      this.#next = 'none';
      this.#isNews = false;
      void this.round().finally(() => this.#plan(this.#isNews ? 'soon' : 'round'));
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Connects what is missing and renews what stands. Never throws. */
  async round(): Promise<void> {
    const nodes = this.#deps.nodes();
    if (nodes.length === 0 && this.#kept.size === 0) return;
    const connected = new Set(this.#deps.host.getPeers().map(String));
    const wanted = this.#wanted(nodes, connected);
    for (const peer of this.#kept.keys()) if (!wanted.has(peer)) this.#kept.delete(peer);
    await Promise.all([...wanted].map((peer) => this.#keep(peer, connected.has(peer))));
  }

  /** The indexes to be connected with: those that are, first, then others by lot, so that nodes spread over them. */
  #wanted(nodes: readonly IndexNode[], connected: ReadonlySet<string>): Set<string> {
    const { clock, host, regions } = this.#deps;
    const now = clock.now();
    const self = host.peerId.toString();
    const wanted = new Set<string>();
    for (const { candidates } of planIndexes(nodes, undefined, regions)) {
      // The own index answers at once: no line is needed.
      if (candidates[0]?.peerId === self) continue;
      const drawn = candidates
        .filter((node) => isTrusted(node) && node.peerId !== self)
        .filter(({ peerId }) => connected.has(peerId) || (this.#failures.get(peerId)?.until ?? 0) <= now)
        .map(({ peerId }) => ({
          peerId,
          rank: this.#kept.has(peerId) ? 0 : connected.has(peerId) ? 1 : 2,
          lot: this.#random(),
        }))
        .sort((a, b) => a.rank - b.rank || a.lot - b.lot);
      for (const { peerId } of drawn.slice(0, LINES_EACH)) if (wanted.size < LINES_MAX) wanted.add(peerId);
    }
    return wanted;
  }

  async #keep(peerId: string, connected: boolean): Promise<void> {
    const { clock, host, log } = this.#deps;
    try {
      const peer = peerIdFromString(peerId);
      if (!connected) await host.dial(peer, { signal: AbortSignal.timeout(DIAL_MS_MAX) });
      this.#failures.delete(peerId);
      const taggedAt = this.#kept.get(peerId);
      if (connected && taggedAt !== undefined && clock.now() - taggedAt < TAG_AGAIN_MS) return;
      this.#kept.set(peerId, clock.now());
      await host.peerStore.merge(peer, { tags: { [TAG]: { value: TAG_VALUE, ttl: TAG_MS } } });
      if (!connected || taggedAt === undefined) this.#deps.onLine();
    } catch (error) {
      const count = (this.#failures.get(peerId)?.count ?? 0) + 1;
      const rest = Math.min(REST_MS_LAST, REST_MS_FIRST * 2 ** Math.min(count - 1, 10));
      this.#failures.set(peerId, { count, until: clock.now() + rest * (0.5 + this.#random()) });
      log.debug({ peer: peerId, count, error: (error as Error).message }, 'no line to an index');
    }
  }
}

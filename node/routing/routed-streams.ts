// Paths of this node's own streams: the first hop of each, with the conditions under which this node sends. What services use is the
// connection that links.ts makes of such a path.

import type { PeerId, Stream } from '@libp2p/interface';
import { toHex } from '../../protocol/bytes/index.ts';
import {
  FORWARD_TTL_MAX,
  type ForwardHeader,
  goingRound,
  STREAM_ID_BYTES,
} from '../../protocol/forward/index.ts';
import type { SlaClass } from '../../protocol/routing/index.ts';
import { countOwn, type RelayWatch } from '../host/relay-watch.ts';
import type { Metrics } from '../metrics/index.ts';
import { withPathSpan } from '../tracing/index.ts';
import type { Hops } from './hops.ts';
import { HOP_MS_MAX } from './limits.ts';
import type { Around, OpenPath, PathWatch } from './sealed-paths.ts';
import { ceilingText, type StreamBook, streamName } from './stream-book.ts';

/** Bytes of a span's name in a W3C trace context. */
const SPAN_BYTES = 8;

/** Under which conditions this node sends through relays. */
export interface Conditions {
  readonly slaClass: SlaClass;
  /** Region that its streams must not leave; empty: any. */
  readonly stayIn: string;
  readonly guild: string;
  readonly priceCeiling: bigint | null;
  readonly currency: string;
}

export interface RoutedDeps {
  readonly self: string;
  readonly hops: Hops;
  readonly streams: StreamBook;
  readonly metrics: Metrics;
  readonly conditions: Conditions;
  readonly watch: Pick<RelayWatch, 'customer'>;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Wall clock, for records. */
  readonly now: () => number;
}

/** Opens paths. */
export class RoutedStreams {
  readonly #deps: RoutedDeps;
  /** Paths that stand, by their streams: the first relay of each. */
  readonly #open = new Map<Stream, string>();

  constructor(deps: RoutedDeps) {
    this.#deps = deps;
  }

  /** A path to a peer, not yet sealed. Throws ROUTE_NONE, ROUTE_REFUSED, PEER_UNREACHABLE. */
  async open(
    peer: PeerId,
    signal: AbortSignal,
    around: Around,
    mayTry: PathWatch['mayTry'] = () => true,
  ): Promise<OpenPath> {
    const { randomBytes } = this.#deps;
    const stream = randomBytes(STREAM_ID_BYTES);
    return await withPathSpan(toHex(stream), toHex(randomBytes(SPAN_BYTES)), (trace) =>
      this.#begin(peer, signal, { around, mayTry }, stream, trace),
    );
  }

  /** Ends the paths that begin with a relay: their links go on over others. */
  leave(relay: string, why: Error): void {
    for (const [stream, first] of [...this.#open]) if (first === relay) stream.abort(why);
  }

  async #begin(
    peer: PeerId,
    signal: AbortSignal,
    { around, mayTry }: { readonly around: Around; readonly mayTry: PathWatch['mayTry'] },
    stream: Uint8Array,
    trace: string,
  ): Promise<OpenPath> {
    const { conditions, hops, metrics, now, self, streams } = this.#deps;
    const plain: ForwardHeader = {
      stream,
      to: peer.toString(),
      ttl: FORWARD_TTL_MAX,
      slaClass: conditions.slaClass,
      region: conditions.stayIn,
      guild: conditions.guild,
      priceCeiling: conditions.priceCeiling,
      currency: conditions.currency,
      trace,
      budgetMs: 2 * HOP_MS_MAX,
      via: [],
    };
    // Round those that another path of this link was lost at.
    const header = goingRound(plain, around.anywhere);
    const record = streams.begin({
      id: streamName(stream),
      from: self,
      to: header.to,
      slaClass: header.slaClass,
      region: header.region,
      guild: header.guild,
      ceiling: ceilingText(header.priceCeiling, header.currency),
      trace: header.trace,
      via: [],
      startedAt: now(),
    });
    const began = performance.now();
    try {
      const origin = { from: self, relaying: false, avoid: around.first, mayTry, record };
      const hop = await hops.open(header, origin, signal);
      record.state = 'open';
      record.path = hop.reply.path;
      record.setupMs = performance.now() - began;
      hop.stream.addEventListener('close', ({ error }) => {
        this.#open.delete(hop.stream);
        streams.end(record, now(), error);
      });
      const [first] = hop.reply.path;
      if (first !== undefined) {
        this.#open.set(hop.stream, first);
        countOwn(hop.stream, (up, down) => this.#deps.watch.customer?.used(first, up, down));
      }
      metrics.count('zerostate_routed_paths_total', { result: 'open' });
      const onBytes = (up: number, down: number): void => {
        record.up += up;
        record.down += down;
      };
      return { stream: hop.stream, name: record.id, path: hop.reply.path, onBytes };
    } catch (error) {
      streams.end(record, now(), error as Error);
      metrics.count('zerostate_routed_paths_total', { result: 'failed' });
      throw error;
    }
  }
}

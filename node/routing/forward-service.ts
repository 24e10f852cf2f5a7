// Forwarded streams at a node: those that end here are sealed and become links; a relay hands the others on, joins both sides, and counts what
// passes. Must not: look at what passes (it cannot), or hold more of it than the muxer's windows.

import type { Connection, Stream } from '@libp2p/interface';
import { Tally } from '../../protocol/bounded/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { encodeReply, type ForwardHeader } from '../../protocol/forward/index.ts';
import type { Admission } from '../admission/index.ts';
import type { Host } from '../host/create.ts';
import type { RelayWatch } from '../host/relay-watch.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { withHopSpan } from '../tracing/index.ts';
import { type ForwardPolicy, refusalOf } from './guards.ts';
import type { Hops } from './hops.ts';
import {
  FORWARD_BYTES_MAX,
  FORWARD_IDLE_MS_MAX,
  FORWARD_MS_MAX,
  FORWARD_STREAMS_PER_PEER_MAX,
  FORWARD_STREAMS_PER_RELAY_MAX,
  HEADER_MS_MAX,
  METER_LOOK_BYTES,
  SETUP_MS_MAX,
} from './limits.ts';
import type { Links } from './links.ts';
import { LiveStreams } from './live-streams.ts';
import { outOfBounds } from './own-terms.ts';
import { joinStreams } from './pipe.ts';
import type { Relays } from './relays.ts';
import type { RouteDesk } from './route-desk.ts';
import { ceilingText, type StreamBook, type StreamRecord, streamName } from './stream-book.ts';
import { StreamPlaces } from './stream-places.ts';
import { refuse, takeHeader } from './take-header.ts';
import { headFrames } from './wire.ts';

export interface ForwardDeps {
  readonly self: string;
  readonly host: Host;
  readonly protocol: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly admission: Admission;
  readonly links: Links;
  readonly relays: Relays;
  /** Region of this node. */
  readonly region: string;
  readonly desk: RouteDesk;
  readonly hops: Hops;
  readonly streams: StreamBook;
  readonly policy: ForwardPolicy | undefined;
  /** Whom this relay serves, who is billed, and what it uses of others. */
  readonly meter: Pick<RelayWatch, 'allows' | 'customer' | 'forwarded' | 'isUnpaid'>;
  /** Wall clock, for records. */
  readonly now: () => number;
  /** Most streams at once; undefined at a node that is no relay. */
  readonly streamsMax: number | undefined;
}

/** Serves the forward protocol. */
export class ForwardService {
  readonly #deps: ForwardDeps;
  readonly #perPeer = new Tally();
  readonly #live: LiveStreams;
  /** Streams that are not over: those that pass through, and those whose way is still looked for. */
  readonly #taken: StreamPlaces;
  #draining = false;

  constructor(deps: ForwardDeps) {
    this.#deps = deps;
    const { relays, streamsMax } = deps;
    const isRelay = (peer: string) => relays.get(peer) !== undefined;
    this.#taken = new StreamPlaces(streamsMax ?? 0, isRelay);
    this.#live = new LiveStreams(isRelay);
  }

  /** True once the relay takes no new streams. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Streams that pass through here now. */
  get forwarding(): number {
    return this.#live.size;
  }

  async start(): Promise<void> {
    const { host, protocol, streamsMax } = this.#deps;
    const streams = streamsMax === undefined ? FORWARD_STREAMS_PER_PEER_MAX : FORWARD_STREAMS_PER_RELAY_MAX;
    // Bytes are metered and bounded here, and not charged to the peer as what it sends to this node itself.
    await host.handle(protocol, (stream, connection) => this.#serve(stream, connection), {
      maxInboundStreams: streams,
      maxOutboundStreams: streams,
    });
  }

  /** Takes no new streams from now on (or again). Those that are open stay: their ends move them when it is their time. */
  drain(draining: boolean): void {
    this.#draining = draining;
  }

  /** Ends what is still open: its ends find another path, and nothing is lost. */
  stop(): void {
    this.#live.end(new ZeroError('RELAY_DRAINING', 'the relay stops'));
  }

  /** Ends what is handed to a relay that is left: its ends find another path. */
  leave(relay: string, why: Error): void {
    this.#live.leave(relay, why);
  }

  async #serve(stream: Stream, connection: Connection): Promise<void> {
    const { admission, log, metrics, protocol, self } = this.#deps;
    const from = connection.remotePeer.toString();
    if (admission.confined(from) !== undefined || !admission.charge(from, 'streams')) {
      metrics.count('zerostate_inbound_refused_total', { protocol, reason: 'streams' });
      stream.abort(new ZeroError('BUSY', 'too many streams from this peer'));
      return;
    }
    const frames = headFrames(stream);
    try {
      const signal = AbortSignal.timeout(HEADER_MS_MAX);
      const header = await takeHeader(frames, self, signal, (why) => {
        admission.charge(from, 'failures');
        log.debug({ peer: from, error: why.message }, 'a forwarded stream was malformed');
      });
      if (header === undefined) return;
      if (header.to === self) {
        await frames.write(encodeReply({ ok: true, path: [], remainingMs: 0, tookMs: 0 }), { signal });
        await this.#deps.links.answer(frames.unwrap(), connection.remotePeer);
        return;
      }
      await this.#forward(header, from, stream, frames);
    } catch (error) {
      if (isZeroError(error) && error.code === 'DECODE_FAILED') admission.charge(from, 'failures');
      log.debug({ peer: from, error: (error as Error).message }, 'a forwarded stream came to nothing');
      stream.abort(error as Error);
    }
  }

  async #forward(
    header: ForwardHeader,
    from: string,
    stream: Stream,
    frames: ReturnType<typeof headFrames>,
  ): Promise<void> {
    const { desk, hops, metrics, now, self, streams } = this.#deps;
    const began = performance.now();
    const record = streams.begin({
      id: streamName(header.stream),
      from,
      to: header.to,
      slaClass: header.slaClass,
      region: header.region,
      guild: header.guild,
      ceiling: ceilingText(header.priceCeiling, header.currency),
      trace: header.trace,
      via: header.via,
      startedAt: now(),
    });
    this.#perPeer.add(from, 1);
    const held = this.#perPeer.of(from);
    try {
      const refused = this.#refusal(header, from, held) ?? this.#full(from, stream);
      if (refused !== undefined) {
        this.#count(header, refused.code);
        streams.end(record, now(), refused);
        await refuse(frames, { ok: false, code: refused.code, reason: refused.message, elsewhere: true });
        return;
      }
      // Whoever asked went away: nobody needs the way now.
      const near = stream;
      const left = new AbortController();
      const onClose = () => left.abort(new Error('the stream was given up'));
      near.addEventListener('close', onClose, { once: true });
      // A header that says "a minute" would hold a place for a minute.
      const budgetMs = Math.min(header.budgetMs, SETUP_MS_MAX);
      const budget = AbortSignal.any([left.signal, AbortSignal.timeout(budgetMs)]);
      const hop = await withHopSpan(header.trace, (trace) =>
        hops.open({ ...header, budgetMs, trace }, { from, relaying: true, avoid: [], record }, budget),
      ).then(
        (value) => ({ value }),
        (error: unknown) => ({ error: error as ZeroError }),
      );
      near.removeEventListener('close', onClose);
      const tookMs = performance.now() - began;
      if ('error' in hop) {
        const { error } = hop;
        const code = isZeroError(error) ? error.code : 'ROUTE_NONE';
        this.#count(header, code);
        streams.end(record, now(), error);
        if (near.status !== 'open') return;
        await refuse(frames, { ok: false, code, reason: error.message, elsewhere: true });
        return;
      }
      const { next, reply, stream: far } = hop.value;
      record.path = reply.path;
      record.setupMs = tookMs;
      metrics.observe('zerostate_relay_setup_seconds', tookMs / 1_000);
      const remainingMs = desk.remaining(header.to, from);
      try {
        await frames.write(encodeReply({ ok: true, path: [self, ...reply.path], remainingMs, tookMs }), {
          signal: AbortSignal.timeout(HEADER_MS_MAX),
        });
      } catch (error) {
        far.abort(error as Error);
        throw error;
      }
      this.#count(header, 'open');
      await this.#join(record, header, from, next, frames.unwrap(), far);
    } catch (error) {
      streams.end(record, now(), error as Error);
      throw error;
    } finally {
      this.#taken.free(from, stream);
      this.#perPeer.add(from, -1);
    }
  }

  async #join(
    record: StreamRecord,
    { slaClass }: ForwardHeader,
    from: string,
    next: string,
    near: Stream,
    far: Stream,
  ): Promise<void> {
    const { desk, log, meter, metrics, now, streams } = this.#deps;
    const pair = { near, far, from, next };
    const isRelayed = next !== record.to;
    this.#live.add(pair);
    metrics.set('zerostate_relay_streams', this.#live.size);
    record.state = 'open';
    let unlookedAt = 0;
    const error = await joinStreams(near, far, {
      idleMs: FORWARD_IDLE_MS_MAX,
      totalMs: FORWARD_MS_MAX,
      bytesMax: FORWARD_BYTES_MAX,
      onBytes: (up, down) => {
        record.up += up;
        record.down += down;
        meter.forwarded(from, up, down);
        if (isRelayed) meter.customer?.used(next, up, down);
        unlookedAt += up + down;
        if (unlookedAt < METER_LOOK_BYTES) return;
        unlookedAt = 0;
        // Its ends find another way, and nothing is lost; who does not pay would else use up a whole stream on credit.
        if (!meter.allows(from))
          near.abort(new ZeroError('ROUTE_REFUSED', 'the relay serves this peer no more'));
      },
    });
    this.#live.delete(pair);
    metrics.set('zerostate_relay_streams', this.#live.size);
    metrics.count(
      'zerostate_relay_forwarded_bytes_total',
      { next: desk.labelOf(next), class: slaClass },
      record.up + record.down,
    );
    streams.end(record, now(), error);
    log.debug({ stream: record.id, up: record.up, down: record.down, error: error?.message }, 'stream ended');
  }

  #refusal(header: ForwardHeader, from: string, held: number): ZeroError | undefined {
    const { meter, policy, region, relays, self, streamsMax } = this.#deps;
    if (streamsMax === undefined) return new ZeroError('ROUTE_NONE', 'this node is no relay');
    if (this.#draining) return new ZeroError('RELAY_DRAINING', 'the relay takes no new streams');
    const isRelay = relays.get(from) !== undefined;
    if (held > (isRelay ? FORWARD_STREAMS_PER_RELAY_MAX : FORWARD_STREAMS_PER_PEER_MAX))
      return new ZeroError('BUSY', 'too many streams of this peer');
    if (header.via.includes(self)) return new ZeroError('ROUTE_NONE', 'the stream has been here');
    if (!meter.allows(from))
      return meter.isUnpaid(from)
        ? new ZeroError('PAYMENT_REQUIRED', 'this peer owes the relay more than its credit')
        : new ZeroError('ROUTE_REFUSED', 'the relay does not serve this peer');
    const why =
      outOfBounds(header, { region, asked: relays.asked(self) }) ??
      refusalOf(policy, from, header, relays.region(header.to));
    return why === undefined ? undefined : new ZeroError('ROUTE_REFUSED', why);
  }

  #full(from: string, stream: Stream): ZeroError | undefined {
    if (this.#taken.take(from, stream)) return undefined;
    return new ZeroError('BUSY', `the relay carries ${this.#deps.streamsMax} streams already`);
  }

  #count({ slaClass }: ForwardHeader, result: string): void {
    this.#deps.metrics.count('zerostate_relay_streams_total', { class: slaClass, result });
  }
}

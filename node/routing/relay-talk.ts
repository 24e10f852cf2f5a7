// What relays and those who use them say to each other beside the streams: probes (how long, how busy, how far to a peer) and link reports.

import { encode } from '@ipld/dag-cbor';
import type { Connection } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { RecentMap } from '../../protocol/bounded/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { isPeerText } from '../../protocol/forward/index.ts';
import { NEIGHBOURS_MAX } from '../../protocol/routing/index.ts';
import type { Admission } from '../admission/index.ts';
import type { Logger } from '../logger/index.ts';
import { decodeCborMap } from '../rpc/cbor.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import type { Relays } from './relays.ts';
import type { Reports } from './reports.ts';

/** Estimates that one probe asks for. */
const ASKED_MAX = 16;
/** Bytes of the reports of one message: a batch of sixteen large ones. */
const BATCH_BYTES_MAX = 262_144;
/** A probe that is not answered in this time is lost. */
const PROBE_MS_MAX = 2_000;
/**
 * A relay whose link is as usual is asked how it is this seldom, unless something failed with it; between, its link alone is timed, by a frame of the
 * muxer each way. A question opens a stream.
 */
const ASK_EVERY_MS = 10_000;

/** Asks a relay for a sign of life. */
export function probeProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/relay-probe/1`,
    requestBytesMax: 2_048,
    responseBytesMax: 1_024,
    timeoutMs: PROBE_MS_MAX,
    // A policy probes once a second; two that share an address, and some for a start.
    perSecond: 4,
    burst: 20,
    repeatable: true,
  };
}

/** Passes link reports on. */
export function reportsProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/relay-reports/1`,
    requestBytesMax: BATCH_BYTES_MAX + 4_096,
    responseBytesMax: 64,
    timeoutMs: 5_000,
    perSecond: 4,
    burst: 20,
    repeatable: true,
  };
}

export interface TalkDeps {
  readonly network: string;
  readonly rpc: Rpc;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly admission: Admission;
  readonly log: Logger;
  readonly relays: Relays;
  readonly reports: Reports;
  /** How this relay is; undefined at a node that is none. */
  readonly own: () => { draining: boolean; streams: number; streamsMax: number } | undefined;
  /** Is this relay one to read reports from? */
  readonly reads: (relay: string) => boolean;
  readonly remaining: (destination: string, exclude: string) => number;
  /** Times a link by itself, in milliseconds; undefined: lost after so long. */
  readonly link: {
    times(link: Connection): boolean;
    roundTripMs(link: Connection, msMax: number): Promise<number | undefined>;
  };
  /** A probe was answered, or lost. */
  readonly onProbe: (relay: string, rttMs: number | undefined) => void;
  readonly onEcho: (relay: string, destination: string, remainingMs: number) => void;
}

/** When a relay last said how it is, over which connection, and what had failed with it until then. */
interface Answered {
  readonly at: number;
  readonly over: Connection;
  readonly failed: number;
}

/** Both sides of the talk. */
export class RelayTalk {
  readonly #deps: TalkDeps;
  readonly #probing = new Set<string>();
  readonly #asks = new Map<string, Set<string>>();
  readonly #answered = new RecentMap<string, Answered>(NEIGHBOURS_MAX);

  constructor(deps: TalkDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { network, own, remaining, reports, rpc } = this.#deps;
    await rpc.handle(probeProtocol(network), async (request, peer) => {
      const state = own();
      if (state === undefined) throw new ZeroError('ROUTE_NONE', 'this node is no relay');
      const { asks, reads } = decodeCborMap(request, 'the probe');
      if (!Array.isArray(asks) || asks.length > ASKED_MAX || !asks.every(isPeerText))
        throw new ZeroError('DECODE_FAILED', 'the probe asks for something else than peers');
      if (reads === true) reports.read(peer.toString());
      const ways = (asks as string[]).map((to) => remaining(to, peer.toString()));
      return encode({ ...state, ways: ways.map((ms) => (Number.isFinite(ms) ? Math.ceil(ms) : null)) });
    });
    await rpc.handle(reportsProtocol(network), async (request, peer) => {
      const { batch } = decodeCborMap(request, 'the reports');
      if (!Array.isArray(batch)) throw new ZeroError('DECODE_FAILED', 'the reports are no list');
      // Only those who relay pass reports on; a node that says it is one, and is none, still cannot forge them.
      if (this.#deps.relays.get(peer.toString()) === undefined) return new Uint8Array();
      for (const bytes of batch) this.#take(bytes, peer.toString());
      return new Uint8Array();
    });
  }

  #take(bytes: unknown, from: string): void {
    if (!(bytes instanceof Uint8Array)) throw new ZeroError('DECODE_FAILED', 'a report is no bytes');
    try {
      this.#deps.reports.take(bytes, from);
    } catch (error) {
      // Whoever passes it on has checked it, or lies.
      this.#deps.admission.charge(from, 'failures');
      throw error;
    }
  }

  /** Wants a relay's estimate to a peer, with the next probe. */
  ask(relay: string, destination: string): void {
    const asked = this.#asks.get(relay) ?? new Set();
    if (asked.size < ASKED_MAX && isPeerText(destination)) asked.add(destination);
    this.#asks.set(relay, asked);
  }

  /**
   * Probes a relay, one probe at a time; `isCalm`: its link is as usual, so to time it is enough for a while. Of one that is not, a question says more: it
   * takes several messages, as a stream does, and loses what that would. Never throws.
   */
  async probe(relay: string, isCalm = false): Promise<void> {
    const { link, onProbe, relays } = this.#deps;
    // Over other relays it would be measured what lies between, and not the link.
    const direct = relays.directTo(relay);
    if (direct === undefined || this.#probing.has(relay)) return;
    this.#probing.add(relay);
    const isLinkEnough = isCalm && this.#isWell(relay, direct) && link.times(direct);
    const rttMs = await (isLinkEnough ? link.roundTripMs(direct, PROBE_MS_MAX) : this.#ask(relay, direct));
    this.#probing.delete(relay);
    if (rttMs === undefined) this.#answered.delete(relay);
    relays.probed(relay, rttMs);
    onProbe(relay, rttMs);
  }

  /** Said lately how it is, over this connection; nothing failed with it since, and nothing is to be asked. A new connection may be to a new process. */
  #isWell(relay: string, over: Connection): boolean {
    const answered = this.#answered.get(relay);
    if (answered?.over !== over || (this.#asks.get(relay)?.size ?? 0) > 0) return false;
    const { failed } = this.#deps.relays.measured(relay);
    return answered.failed === failed && this.#deps.now() - answered.at < ASK_EVERY_MS;
  }

  /** Asks a relay how it is; answers milliseconds, or undefined for a question that was lost. Never throws. */
  async #ask(relay: string, over: Connection): Promise<number | undefined> {
    const { log, network, now, onEcho, reads, relays, rpc } = this.#deps;
    const asks = [...(this.#asks.get(relay) ?? [])];
    this.#asks.delete(relay);
    const began = now();
    try {
      const answer = await rpc.call(
        peerIdFromString(relay),
        probeProtocol(network),
        encode({ asks, reads: reads(relay) }),
      );
      const answeredAt = now();
      const { draining, streams, streamsMax, ways } = decodeCborMap(answer, 'the answer to a probe');
      const measured = relays.measured(relay);
      measured.draining = draining === true;
      measured.streams = countOf(streams);
      measured.streamsMax = countOf(streamsMax);
      this.#answered.set(relay, { at: answeredAt, over, failed: measured.failed });
      for (const [at, ms] of (Array.isArray(ways) ? ways.slice(0, asks.length) : []).entries())
        if (typeof ms === 'number' && ms >= 0) onEcho(relay, asks[at]!, ms);
      return answeredAt - began;
    } catch (error) {
      log.debug({ relay, error: (error as Error).message }, 'a probe was lost');
      return undefined;
    }
  }

  /** Passes on what waits for each reader. */
  pass(): void {
    const { log, network, relays, reports, rpc } = this.#deps;
    for (const [reader, batch] of reports.drain(BATCH_BYTES_MAX)) {
      // Whoever has left reads those of other relays: nothing is sent after it.
      if (relays.directTo(reader) === undefined) reports.left(reader);
      else
        void rpc
          .call(peerIdFromString(reader), reportsProtocol(network), encode({ batch }))
          .catch((error: Error) => log.debug({ reader, error: error.message }, 'reports were not passed on'));
    }
  }
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

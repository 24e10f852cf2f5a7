// Tells a dead connection from a quiet one, and measures links. The library's monitor opens a stream on every connection at the same moment every
// ten seconds, from both ends, and the muxer pings beside it. Here a ping is one frame of the muxer, which every implementation of yamux answers;
// connections have their own pace; and whatever was heard is a sign of life, so that of two ends one asks. Must not: open streams, or choose peers.

import type { Connection, PeerId } from '@libp2p/interface';
import { mix32 } from '../../protocol/bytes/index.ts';
import { systemClock, within } from '../clock/index.ts';
import * as limits from './limits.ts';

/** What a heartbeat needs of a connection's muxer. */
interface Muxer {
  onData(data: unknown): void;
  ping(): Promise<number>;
}

interface Pulse {
  readonly muxer: Muxer;
  /** Silence after which a sign of life is asked for, and the longest time between two measurements, in milliseconds. */
  readonly quietMs: number;
  readonly measureMs: number;
  /** How much of that has passed when it was measured first. */
  readonly phaseMs: number;
  /** Anything came since the last look. */
  isHeard: boolean;
  silentMs: number;
  /** Milliseconds that a sign of life has been waited for; undefined: none was asked for since the last came. */
  waitedMs: number | undefined;
  unmeasuredMs: number;
  /** The ping that is under way: the muxer has one at a time. Undefined: it has ended. */
  ping: Promise<RoundTrip | undefined> | undefined;
}

interface RoundTrip {
  /** As the muxer says: whole milliseconds. */
  readonly ms: number;
  readonly exactMs: number;
}

/** What a heartbeat needs of the host. */
export interface HeartbeatComponents {
  readonly peerId: PeerId;
  readonly connectionManager: { getConnections(): Connection[] };
}

/** The heartbeat of one host: a service of libp2p, which starts and stops it. */
export class Heartbeat {
  readonly #components: HeartbeatComponents;
  /** Gone with the connections. */
  readonly #pulses = new WeakMap<Connection, Pulse>();
  #timer: NodeJS.Timeout | undefined;
  /** Told of every round trip that was measured, in milliseconds. */
  onMeasured: (peer: PeerId, ms: number) => void = () => {};

  constructor(components: HeartbeatComponents) {
    this.#components = components;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), limits.HEARTBEAT_LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One look at every connection. Time is counted in looks: a process that was busy for seconds finds what came meanwhile only after this look. */
  look(): void {
    let asks = limits.HEARTBEATS_PER_LOOK_MAX;
    for (const connection of this.#components.connectionManager.getConnections()) {
      if (connection.status !== 'open') continue;
      const pulse = this.#pulseOf(connection);
      if (pulse === undefined) continue;
      passed(pulse, limits.HEARTBEAT_LOOK_MS);
      if ((pulse.waitedMs ?? 0) >= limits.HEARTBEAT_ANSWER_MS_MAX)
        connection.abort(new Error('no sign of life from this peer'));
      else if (asks > 0 && isDue(pulse)) {
        asks -= 1;
        void this.#ask(connection, pulse);
      }
    }
  }

  /** Measures these connections now; resolves when their peers have answered, or after HEARTBEAT_FIRST_MS_MAX. Never rejects. */
  async measure(connections: readonly Connection[]): Promise<void> {
    const asked = connections.flatMap((connection) => {
      const pulse = this.#pulseOf(connection);
      return pulse === undefined || connection.status !== 'open' ? [] : [this.#ask(connection, pulse)];
    });
    if (asked.length > 0) await within(systemClock, limits.HEARTBEAT_FIRST_MS_MAX, Promise.all(asked));
  }

  /** Can this connection be timed? Its muxer may be another one, without pings. */
  times(connection: Connection): boolean {
    return this.#pulseOf(connection) !== undefined;
  }

  /**
   * Times a connection now, in milliseconds, by a frame each way, for whoever wants to know between two heartbeats. Undefined: nothing came for `msMax`,
   * or its muxer has ended or no pings. Never rejects.
   */
  async roundTripMs(connection: Connection, msMax: number): Promise<number | undefined> {
    const pulse = this.#pulseOf(connection);
    if (pulse === undefined || connection.status !== 'open') return undefined;
    return (await within(systemClock, msMax, this.#ping(pulse)))?.exactMs;
  }

  async #ask(connection: Connection, pulse: Pulse): Promise<void> {
    if (pulse.silentMs > 0) pulse.waitedMs ??= 0;
    const trip = await this.#ping(pulse);
    if (trip === undefined) return;
    connection.rtt = trip.ms;
    // Connections that opened together are measured together once: the second time has anything up to a whole pause.
    pulse.unmeasuredMs = Number.isFinite(pulse.unmeasuredMs) ? 0 : pulse.phaseMs;
    this.onMeasured(connection.remotePeer, trip.ms);
  }

  /** Without a signal: an answer to a ping that was given up would end the connection. */
  #ping(pulse: Pulse): Promise<RoundTrip | undefined> {
    const began = performance.now();
    pulse.ping ??= pulse.muxer
      .ping()
      .then((ms) => ({ ms, exactMs: performance.now() - began }))
      // A muxer that is ending: so is its connection, and what is not is found silent.
      .catch(() => undefined)
      .finally(() => {
        pulse.ping = undefined;
      });
    return pulse.ping;
  }

  #pulseOf(connection: Connection): Pulse | undefined {
    const known = this.#pulses.get(connection);
    if (known !== undefined) return known;
    const { muxer } = connection as unknown as { readonly muxer?: Muxer };
    if (typeof muxer?.ping !== 'function') return undefined;
    const lot = lotOf(`${this.#components.peerId} ${connection.remotePeer}`);
    const pace = limits.HEARTBEAT_PACE_MIN + (1 - limits.HEARTBEAT_PACE_MIN) * lot;
    const pulse: Pulse = {
      muxer,
      quietMs: pace * limits.HEARTBEAT_QUIET_MS_MAX,
      measureMs: pace * limits.HEARTBEAT_MEASURE_MS_MAX,
      phaseMs:
        lotOf(`${connection.remotePeer} ${this.#components.peerId}`) * pace * limits.HEARTBEAT_MEASURE_MS_MAX,
      isHeard: true,
      silentMs: 0,
      waitedMs: undefined,
      unmeasuredMs: Number.POSITIVE_INFINITY,
      ping: undefined,
    };
    const onData = muxer.onData.bind(muxer);
    muxer.onData = (data) => {
      pulse.isHeard = true;
      onData(data);
    };
    this.#pulses.set(connection, pulse);
    return pulse;
  }
}

/** Counts a look's time. */
function passed(pulse: Pulse, ms: number): void {
  pulse.unmeasuredMs += ms;
  if (pulse.isHeard) {
    pulse.silentMs = 0;
    pulse.waitedMs = undefined;
  } else {
    pulse.silentMs += ms;
    if (pulse.waitedMs !== undefined) pulse.waitedMs += ms;
  }
  pulse.isHeard = false;
}

function isDue(pulse: Pulse): boolean {
  if (pulse.waitedMs !== undefined) return false;
  return (
    pulse.silentMs >= pulse.quietMs || (pulse.ping === undefined && pulse.unmeasuredMs >= pulse.measureMs)
  );
}

/**
 * A number from 0 to 1 for this end of a pair of peers: the same ever after, and evenly spread over all. FNV-1a (Fowler, Noll, Vo), mixed, as names
 * that differ in their last letters are close without it.
 */
function lotOf(pair: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < pair.length; at++) hash = Math.imul(hash ^ pair.charCodeAt(at), 0x01000193);
  return mix32(hash) / 2 ** 32;
}

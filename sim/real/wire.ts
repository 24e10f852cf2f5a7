// What lies between simulated hosts, as TCP lets it be felt: nothing is lost for good, what is lost or cut comes later, in order.

import type { Topology } from '../gossip/topology.ts';
import { type RandomStream, randomStream } from '../random.ts';
import type { Scenario } from '../scenario/index.ts';

const MS = 1_000;
const SECOND = 1_000_000;
/** Least time until TCP sends a lost segment again (RTO minimum of Linux), and the longest, in microseconds. */
const RESEND_US_MIN = 200 * MS;
const RESEND_US_MAX = 120 * SECOND;
/** Times that a segment is sent again before the connection counts as broken (tcp_retries2 of Linux). */
const RESENDS_MAX = 15;

/** Delays between hosts, by number. */
export interface Wire {
  /** May these two speak at all? */
  reaches(from: number, to: number): boolean;
  /** Microseconds until what is sent now has arrived; Infinity when it never does. */
  delay(from: number, to: number, bytes: number, now: number): number;
}

interface Cut {
  readonly from: number;
  readonly until: number;
  readonly far: Uint8Array;
  readonly direction: 'both' | 'in' | 'out';
}

/** The wire of a scenario: pairs that its topology joins, with their delays, jitter, losses, queues and cuts. */
export class ScenarioWire implements Wire {
  readonly #network: Scenario['network'];
  readonly #delays = new Map<number, number>();
  readonly #nodes: number;
  readonly #noise: RandomStream;
  readonly #losses: RandomStream;
  readonly #freeAt: Float64Array;
  readonly #cuts: readonly Cut[];
  #origin = Number.POSITIVE_INFINITY;
  /** Until when a link is in the state that it is in; and whether that is the bad one. */
  readonly #moods = new Map<number, { until: number; isBad: boolean }>();

  constructor(scenario: Scenario, seed: number, topology: Topology) {
    const { network } = scenario;
    this.#network = network;
    this.#nodes = topology.nodes;
    this.#noise = randomStream(seed, 'wire-jitter');
    this.#losses = randomStream(seed, 'wire-loss');
    this.#freeAt = new Float64Array(topology.nodes);
    for (const [link, delay] of topology.delay.entries())
      this.#delays.set(topology.from[link]! * topology.nodes + topology.to[link]!, delay);
    this.#cuts = network.partitions.map(({ atSeconds, forSeconds, share, direction }, at) => {
      const sides = randomStream(seed, 'partition', at);
      const far = Uint8Array.from({ length: topology.nodes }, () => (sides.unit() < share ? 1 : 0));
      const until = (atSeconds + forSeconds) * SECOND;
      const heal = network.healSeconds > 0 ? network.healSeconds * SECOND : Number.POSITIVE_INFINITY;
      return { from: atSeconds * SECOND, until: Math.min(until, heal), far, direction };
    });
  }

  /** The scenario's own time begins: losses, queues and cuts are felt from here on. */
  begin(at: number): void {
    this.#origin = at;
  }

  reaches(from: number, to: number): boolean {
    return this.#delays.has(from * this.#nodes + to);
  }

  delay(from: number, to: number, bytes: number, now: number): number {
    const base = this.#delays.get(from * this.#nodes + to);
    if (base === undefined) return Number.POSITIVE_INFINITY;
    if (now < this.#origin) return base;
    return this.#felt(from, to, bytes, now - this.#origin, base);
  }

  #felt(from: number, to: number, bytes: number, now: number, base: number): number {
    let at = this.#sent(from, bytes, now);
    let resend = RESEND_US_MIN;
    for (let tries = 0; this.#isLost(from, to, at); tries++) {
      if (tries === RESENDS_MAX) return Number.POSITIVE_INFINITY;
      at += resend;
      resend = Math.min(2 * resend, RESEND_US_MAX);
    }
    const { jitterSigma } = this.#network.latency;
    const jitter = jitterSigma === 0 ? 1 : Math.exp(jitterSigma * this.#noise.normal(0, 1));
    return at - now + base * jitter;
  }

  /** When the last byte has left the host. */
  #sent(from: number, bytes: number, now: number): number {
    const { upBytesPerSecond } = this.#network.bandwidth;
    if (upBytesPerSecond === 0) return now;
    const at = Math.max(now, this.#freeAt[from]!) + (bytes / upBytesPerSecond) * SECOND;
    this.#freeAt[from] = at;
    return at;
  }

  #isLost(from: number, to: number, at: number): boolean {
    for (const cut of this.#cuts) {
      if (at < cut.from || at >= cut.until || cut.far[from] === cut.far[to]) continue;
      const isInward = cut.far[to] === 1;
      if (cut.direction === 'both' || (cut.direction === 'in') === isInward) return true;
    }
    const { good, bad, goodSeconds, badSeconds } = this.#network.loss;
    const { healSeconds } = this.#network;
    if (healSeconds > 0 && at >= healSeconds * SECOND) return false;
    if (goodSeconds === 0) return good > 0 && this.#losses.unit() < good;
    const key = from * this.#nodes + to;
    let mood = this.#moods.get(key) ?? {
      until: this.#losses.exponential(goodSeconds) * SECOND,
      isBad: false,
    };
    while (mood.until <= at) {
      const isBad = !mood.isBad;
      mood = {
        isBad,
        until: mood.until + this.#losses.exponential(isBad ? badSeconds : goodSeconds) * SECOND,
      };
    }
    this.#moods.set(key, mood);
    return this.#losses.unit() < (mood.isBad ? bad : good);
  }
}

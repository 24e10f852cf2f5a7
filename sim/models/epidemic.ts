// How one message spreads in a population: pushed along the mesh, announced to random nodes with the next heartbeats. A model of
// gossip for scaling laws: no protocol code, no contents.

import { SHARES } from '../cores/spread.ts';
import { TOLD_HEARTBEATS, TOLD_PEERS } from '../mesh-bounds.ts';
import type { Scenario } from '../scenario/index.ts';
import type { TraceHash } from '../trace.ts';
import type { Population } from './population.ts';
import { TimeWheel } from './wheel.ts';

/** Slots of the wheel in a millisecond. */
const SLOTS_PER_MS = 10;
/** Longest path that is counted: an 8-bit operand. */
const HOPS_MAX = 255;
/** A delay is at most so many times its base, as on the wire of the cores. */
const JITTER_FACTOR_MAX = 20;
/** Operand that marks the first heartbeat after a message came; those that follow count down from it. */
const HEARTBEAT = -1;

/** Operand for what came from nobody. */
const NOBODY = HEARTBEAT - TOLD_HEARTBEATS;

/** What happened to a message; times are milliseconds. */
export interface Spread {
  readonly reached: number;
  readonly events: number;
  readonly duplicates: number;
  readonly announced: number;
  readonly hopsMean: number;
  readonly hopsMax: number;
  /** When each of SHARES of the honest nodes had it; NaN when never. */
  readonly took: readonly number[];
  /** Arrival of every honest node that it reached. */
  readonly arrivals: Float32Array;
}

const LOSS = 1;
const JITTER = 2;
const TELL = 3;
const PHASE = 4;
const AWAY = 5;
const CHEAT = 6;

/** Spreads messages one after another over the same nodes. */
export class Epidemic {
  readonly #scenario: Scenario;
  readonly #population: Population;
  readonly #has: Uint8Array;
  readonly #hops: Uint8Array;
  readonly #loss: number;
  readonly #away: number;
  readonly #silent: number;

  constructor(scenario: Scenario, population: Population) {
    const { adversaries, network } = scenario;
    const { bad, badSeconds, good, goodSeconds } = network.loss;
    const badShare = goodSeconds > 0 ? badSeconds / (goodSeconds + badSeconds) : 0;
    const { offSeconds, onSeconds, share } = network.churn;
    this.#scenario = scenario;
    this.#population = population;
    this.#has = new Uint8Array(population.nodes);
    this.#hops = new Uint8Array(population.nodes);
    this.#loss = good * (1 - badShare) + bad * badShare;
    this.#away = share * (offSeconds / Math.max(1e-9, onSeconds + offSeconds));
    this.#silent = adversaries.reduce((sum, { intensity, share: part }) => sum + intensity * part, 0);
  }

  /** Share of nodes that forward nothing. */
  get silent(): number {
    return this.#silent;
  }

  /** Spreads message number `message` from a node that is there and honest. */
  run(message: number, source: number, trace: TraceHash): Spread {
    const { degree, nodes } = this.#population;
    const { latency } = this.#scenario.network;
    const heartbeat = this.#scenario.protocol.heartbeatSeconds * 1_000 * SLOTS_PER_MS;
    const longest = 3 * latency.maxMs * JITTER_FACTOR_MAX * SLOTS_PER_MS;
    const wheel = new TimeWheel(Math.max(longest, heartbeat) + 1);
    const end = this.#scenario.seconds * 1_000 * SLOTS_PER_MS;
    const population = this.#population;
    const gossip = this.#scenario.protocol.gossip;
    this.#has.fill(0);
    let honest = 0;
    for (let node = 0; node < nodes; node++)
      if (this.#isHere(node, message) && !this.#isSilent(node)) honest += 1;
    const thresholds = SHARES.map((share) => Math.max(1, Math.ceil(share * honest)));
    const took = new Array<number>(SHARES.length).fill(Number.NaN);
    const arrivals = new Float32Array(honest);
    let reached = 0;
    let events = 0;
    let duplicates = 0;
    let announced = 0;
    let hopSum = 0;
    let hopMax = 0;

    const send = (from: number, to: number, link: number, hops: number, trips: number): void => {
      const draw = population.hash(JITTER, Math.imul(from, 64) + link, message);
      if (population.unit(LOSS, Math.imul(from, 64) + link, message) < this.#loss) return;
      wheel.add(trips * population.delayMs(from, to, draw) * SLOTS_PER_MS, to, from, hops);
    };
    const take = (node: number, from: number, hops: number): void => {
      this.#has[node] = 1;
      this.#hops[node] = hops;
      trace.add(wheel.now, 0, node, from);
      if (this.#isSilent(node)) return;
      arrivals[reached++] = wheel.now / SLOTS_PER_MS;
      hopSum += hops;
      if (hops > hopMax) hopMax = hops;
      for (const [i, threshold] of thresholds.entries())
        if (reached === threshold) took[i] = wheel.now / SLOTS_PER_MS;
      const next = Math.min(HOPS_MAX, hops + 1);
      if (gossip !== 'none')
        for (let link = 0; link < degree; link++) {
          const to = population.neighbour(node, link);
          if (to !== from) send(node, to, link, next, 1);
        }
      if (gossip === 'mesh')
        wheel.add(population.unit(PHASE, node, message) * heartbeat, node, HEARTBEAT, next);
    };

    take(source, NOBODY, 0);
    while (wheel.take()) {
      if (wheel.now > end) break;
      events += 1;
      const { a: node, b: from, small: hops } = wheel;
      if (from <= HEARTBEAT) {
        const beat = HEARTBEAT - from;
        for (let told = beat * TOLD_PEERS; told < (beat + 1) * TOLD_PEERS; told++) {
          const to = Math.floor(population.unit(TELL + told * 16, node, message) * nodes);
          // Announcement, request and message: three trips, and only to who lacks it now.
          if (this.#has[to] === 1) continue;
          announced += 1;
          send(node, to, 32 + told, hops, 3);
        }
        if (beat + 1 < TOLD_HEARTBEATS) wheel.add(heartbeat, node, from - 1, hops);
        continue;
      }
      if (this.#has[node] === 1) duplicates += 1;
      else if (this.#isHere(node, message)) take(node, from, hops);
    }
    return {
      reached,
      events,
      duplicates,
      announced,
      hopsMean: reached === 0 ? 0 : hopSum / reached,
      hopsMax: hopMax,
      took,
      arrivals: arrivals.subarray(0, reached),
    };
  }

  /** The first node at or after a place that is there and honest. */
  sourceFrom(place: number, message: number): number {
    const { nodes } = this.#population;
    for (let step = 0; step < nodes; step++) {
      const node = (place + step) % nodes;
      if (this.#isHere(node, message) && !this.#isSilent(node)) return node;
    }
    return place;
  }

  #isHere(node: number, message: number): boolean {
    return this.#away === 0 || this.#population.unit(AWAY, node, message) >= this.#away;
  }

  #isSilent(node: number): boolean {
    return this.#silent > 0 && this.#population.unit(CHEAT, node, 0) < this.#silent;
  }
}

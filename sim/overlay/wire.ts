// What a message meets on a link and at a relay: delay, jitter, retransmission, a queue, death. Draws from one stream per link.

import { type RandomStream, randomStream } from '../random.ts';
import { JITTER_MS, LOSS_SHARE, LYING_DROPS, LYING_MS, SLOW_FACTOR, SLOW_MS } from './faults.ts';
import type { OverlayNetwork } from './network.ts';
import type { Fault, OverlayScenario } from './scenario.ts';

/** Noise of a link that is well: a share of its delay. */
const NOISE_SHARE = 0.05;
/** A lost segment is sent again after this, then after twice as long. */
const RETRANSMIT_MS = 200;
/** Times that a segment is sent again: with each pause doubled, some six seconds, as long as a request may take. */
const RETRANSMITS_MAX = 4;

export class Wire {
  readonly #network: OverlayNetwork;
  readonly #random: readonly RandomStream[];
  readonly #serviceMs: number;
  readonly #busyUntil: Float64Array;
  readonly fault: (Fault | undefined)[];

  constructor(scenario: OverlayScenario, network: OverlayNetwork) {
    this.#network = network;
    this.#serviceMs = scenario.serviceMs;
    this.#random = Array.from({ length: network.count }, (_, node) =>
      randomStream(scenario.seed, 'wire', node),
    );
    this.#busyUntil = new Float64Array(network.count);
    this.fault = new Array<Fault | undefined>(network.count).fill(undefined);
  }

  dead(node: number): boolean {
    return this.fault[node] === 'killed';
  }

  /** One way from a to b, in milliseconds. */
  travel(a: number, b: number): number {
    const random = this.#random[a]!;
    let ms = this.#network.delay(a, b) * (1 + NOISE_SHARE * random.exponential(1));
    for (const end of [a, b]) if (this.fault[end] === 'jitter') ms += random.exponential(JITTER_MS);
    const lossy = this.fault[a] === 'loss' || this.fault[b] === 'loss';
    let wait = RETRANSMIT_MS;
    for (let tries = 0; lossy && tries < RETRANSMITS_MAX && random.unit() < LOSS_SHARE; tries++) {
      ms += wait;
      wait *= 2;
    }
    return ms;
  }

  /** Stands in the queue of a relay and is served; milliseconds from now. Edges take no time. */
  serve(node: number, now: number, relay: boolean): number {
    if (!relay) return 0;
    const slow = this.fault[node] === 'slow';
    const start = Math.max(now, this.#busyUntil[node]!);
    this.#busyUntil[node] = start + this.#serviceMs * (slow ? SLOW_FACTOR : 1);
    return this.#busyUntil[node]! - now + (slow ? SLOW_MS : 0);
  }

  /** What a probe waits at a node: the queue, but no work. */
  queue(node: number, now: number): number {
    return Math.max(0, this.#busyUntil[node]! - now) + (this.fault[node] === 'slow' ? SLOW_MS : 0);
  }

  /** What a liar adds before it forwards; Infinity when it drops. */
  withheld(node: number): number {
    if (this.fault[node] !== 'lying') return 0;
    return this.#random[node]!.unit() < LYING_DROPS ? Number.POSITIVE_INFINITY : LYING_MS;
  }
}

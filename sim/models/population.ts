// Nodes of a model in typed arrays: places on a torus, a mesh made of random rings, and numbers that depend only on what they are
// for, so that nothing is stored for randomness.

import { mix32 } from '../../protocol/bytes/index.ts';
import { randomStream } from '../random.ts';
import type { Scenario } from '../scenario/index.ts';

const TWO_32 = 4_294_967_296;
/** Steps of the table of jitter: quantiles of the lognormal. */
const JITTER_STEPS = 4_096;
/** A delay is at most so many times its base, as on the wire of the cores. */
const JITTER_FACTOR_MAX = 20;

export class Population {
  readonly nodes: number;
  /** Links of the mesh: two for each ring. */
  readonly degree: number;
  readonly #orders: readonly Int32Array[];
  readonly #places: readonly Int32Array[];
  readonly #xs: Float32Array;
  readonly #ys: Float32Array;
  readonly #jitter = new Float32Array(JITTER_STEPS);
  readonly #minMs: number;
  readonly #spanMs: number;
  readonly #salt: number;

  constructor(scenario: Scenario, seed: number) {
    const { network, protocol, topology } = scenario;
    const { latency } = network;
    this.nodes = topology.nodes;
    const rings = Math.max(1, Math.round(protocol.meshDegree / 2));
    this.degree = 2 * rings;
    this.#minMs = latency.minMs;
    this.#spanMs = (latency.maxMs - latency.minMs) / Math.SQRT1_2;
    this.#salt = randomStream(seed, 'model').uint32();
    this.#orders = Array.from({ length: rings }, (_, ring) => this.#shuffled(seed, ring));
    this.#places = this.#orders.map((order) => {
      const places = new Int32Array(this.nodes);
      for (let at = 0; at < order.length; at++) places[order[at]!] = at;
      return places;
    });
    const map = randomStream(seed, 'places');
    this.#xs = Float32Array.from({ length: this.nodes }, () => map.uint32() / TWO_32);
    this.#ys = Float32Array.from({ length: this.nodes }, () => map.uint32() / TWO_32);
    const normal = randomStream(seed, 'jitter');
    for (let step = 0; step < JITTER_STEPS; step++)
      this.#jitter[step] = Math.min(JITTER_FACTOR_MAX, Math.exp(normal.normal(0, latency.jitterSigma)));
  }

  /** A number from 0 to 2^32 - 1 that depends on nothing but the seed and these. */
  hash(purpose: number, a: number, b: number): number {
    return mix32(
      this.#salt ^
        Math.imul(a, 0x9e3779b1) ^
        mix32(Math.imul(b, 0x85ebca77) ^ Math.imul(purpose, 0xc2b2ae3d)),
    );
  }

  /** The same as a number from 0 (inclusive) to 1 (exclusive). */
  unit(purpose: number, a: number, b: number): number {
    return this.hash(purpose, a, b) / TWO_32;
  }

  /** The node at the end of a link of the mesh; links are 0 to degree - 1. */
  neighbour(node: number, link: number): number {
    const order = this.#orders[link >> 1]!;
    const place = this.#places[link >> 1]![node]! + ((link & 1) === 0 ? 1 : this.nodes - 1);
    return order[place >= this.nodes ? place - this.nodes : place]!;
  }

  /** One-way delay in milliseconds, with the jitter that `draw` (32 bits) picks. */
  delayMs(from: number, to: number, draw: number): number {
    const dx = Math.abs(this.#xs[from]! - this.#xs[to]!);
    const dy = Math.abs(this.#ys[from]! - this.#ys[to]!);
    const x = dx > 0.5 ? 1 - dx : dx;
    const y = dy > 0.5 ? 1 - dy : dy;
    return (this.#minMs + this.#spanMs * Math.sqrt(x * x + y * y)) * this.#jitter[draw & (JITTER_STEPS - 1)]!;
  }

  #shuffled(seed: number, ring: number): Int32Array {
    const stream = randomStream(seed, 'ring', ring);
    const order = Int32Array.from({ length: this.nodes }, (_, node) => node);
    for (let at = this.nodes - 1; at > 0; at--) {
      const other = Math.floor((stream.uint32() / TWO_32) * (at + 1));
      const kept = order[at]!;
      order[at] = order[other]!;
      order[other] = kept;
    }
    return order;
  }
}

// Cuts of the network: which messages cannot cross, and when. Pure; a node's side is drawn from the seed.

import { randomStream } from '../random.ts';
import type { Scenario } from '../scenario/index.ts';

type Partition = Scenario['network']['partitions'][number];

const SECOND = 1_000_000;
const BOTH = 0;
const INTO = 1;
const OUT_OF = 2;
const DIRECTIONS = { both: BOTH, in: INTO, out: OUT_OF } as const;

/** The cuts of one run. */
export class Partitions {
  readonly #from: Float64Array;
  readonly #to: Float64Array;
  readonly #direction: Uint8Array;
  /** A bit for each partition: set on its far side. */
  readonly #far: Uint16Array;

  /** `healedAt`: microseconds after which nothing is cut. */
  constructor(partitions: readonly Partition[], nodes: number, seed: number, healedAt: number) {
    this.#from = Float64Array.from(partitions, ({ atSeconds }) => atSeconds * SECOND);
    this.#to = Float64Array.from(partitions, ({ atSeconds, forSeconds }) =>
      Math.min(healedAt, (atSeconds + forSeconds) * SECOND),
    );
    this.#direction = Uint8Array.from(partitions, ({ direction }) => DIRECTIONS[direction]);
    this.#far = new Uint16Array(partitions.length === 0 ? 0 : nodes);
    for (const [bit, { share }] of partitions.entries()) {
      const stream = randomStream(seed, 'partition', bit);
      for (let node = 0; node < nodes; node++) if (stream.unit() < share) this.#far[node]! |= 1 << bit;
    }
  }

  /** True when a message that leaves `from` at `now` (microseconds) cannot reach `to`. */
  cuts(from: number, to: number, now: number): boolean {
    for (let bit = 0; bit < this.#from.length; bit++) {
      if (now < this.#from[bit]! || now >= this.#to[bit]!) continue;
      const near = ((this.#far[from]! >> bit) & 1) === 0;
      if (near === (((this.#far[to]! >> bit) & 1) === 0)) continue;
      const direction = this.#direction[bit]!;
      if (direction === BOTH || (direction === INTO) === near) return true;
    }
    return false;
  }
}

// What a piece that somebody sends takes from one node of a stage to another: delay by place, noise, and what is wrong with either end. Nothing is lost
// for good: TCP sends it again, and it comes later.

import type { RandomStream } from '../random.ts';
import { NOISE_SHARE, RESEND_MS, RESENDS_MAX, type StageLink, type StageNetwork } from './stage.ts';

/** One way in milliseconds. `ends`: what is wrong at either end, where anything is. */
export function pieceMs(
  wellMs: number,
  ends: readonly (StageLink | undefined)[],
  random: Pick<RandomStream, 'unit' | 'exponential'>,
): number {
  let ms = wellMs * (1 + NOISE_SHARE * random.exponential(1));
  let loss = 0;
  for (const link of ends) {
    ms += (link?.oneWayMs ?? 0) + (link?.jitterMs ?? 0) * random.unit();
    loss = Math.max(loss, link?.loss ?? 0);
  }
  for (let sent = 0, wait = RESEND_MS; sent < RESENDS_MAX && random.unit() < loss; sent++, wait *= 2)
    ms += wait;
  return ms;
}

/** The wire of a whole stage. */
export class StageWire {
  readonly #network: Pick<StageNetwork, 'delay'>;
  readonly #random: readonly RandomStream[];
  readonly #links = new Map<number, StageLink>();
  readonly #dead = new Set<number>();

  /** `random`: a stream for each node, from which what it sends is drawn. */
  constructor(network: Pick<StageNetwork, 'delay'>, random: readonly RandomStream[]) {
    this.#network = network;
    this.#random = random;
  }

  /** Makes the links of a node worse; without any they are well. */
  set(node: number, link: StageLink | undefined): void {
    if (link === undefined) this.#links.delete(node);
    else this.#links.set(node, link);
  }

  /** Nothing comes from there any more, nor arrives. */
  kill(node: number): void {
    this.#dead.add(node);
  }

  isDead(node: number): boolean {
    return this.#dead.has(node);
  }

  /** Milliseconds that a piece takes now; Infinity when it never arrives. */
  delayMs(from: number, to: number): number {
    if (this.#dead.has(from) || this.#dead.has(to)) return Number.POSITIVE_INFINITY;
    const ends = [this.#links.get(from), this.#links.get(to)];
    return pieceMs(this.#network.delay(from, to), ends, this.#random[from]!);
  }
}

// Who is there: nodes that come and go. What a node stored stays with it; its connections do not.

import type { RandomStream } from '../random.ts';
import { type Ground, SECOND } from './ground.ts';

/** Called when a node comes (true) or goes (false). */
export type PresenceListener = (node: number, here: boolean) => void;

export class Presence {
  /** 1 while a node is there. */
  readonly here: Uint8Array;
  readonly #ground: Ground;
  readonly #listeners: PresenceListener[] = [];
  readonly #kind: number;
  readonly #streams = new Map<number, RandomStream>();

  constructor(ground: Ground) {
    this.#ground = ground;
    this.here = new Uint8Array(ground.nodes).fill(1);
    this.#kind = ground.loop.on((node, expected) => this.#turn(node, expected));
  }

  listen(listener: PresenceListener): void {
    this.#listeners.push(listener);
  }

  /** Draws who comes and goes, and who is away at the start. */
  start(): void {
    const { share, offSeconds, onSeconds } = this.#ground.scenario.network.churn;
    if (share === 0 || onSeconds === 0 || offSeconds === 0) return;
    for (let node = 0; node < this.#ground.nodes; node++) {
      const stream = this.#ground.random('churn', node);
      if (stream.unit() >= share) continue;
      this.here[node] = stream.unit() < onSeconds / (onSeconds + offSeconds) ? 1 : 0;
      this.#streams.set(node, stream);
      this.#plan(node);
    }
  }

  /** Plans the next turn of a node that comes and goes. */
  #plan(node: number): void {
    const { offSeconds, onSeconds } = this.#ground.scenario.network.churn;
    const { loop, wire } = this.#ground;
    const mean = (this.here[node] === 1 ? onSeconds : offSeconds) * SECOND;
    let at = loop.now + this.#streams.get(node)!.exponential(mean);
    if (at >= wire.healedAt) {
      // Healed: whoever is away comes back, and stays.
      if (this.here[node] === 1) return;
      at = Math.min(at, wire.healedAt);
    }
    loop.schedule(at - loop.now, this.#kind, node, this.here[node] === 1 ? 0 : 1);
  }

  #turn(node: number, here: number): void {
    this.here[node] = here;
    for (const listener of this.#listeners) listener(node, here === 1);
    this.#ground.trace(here === 1 ? 'comes' : 'goes', node, -1, '');
    this.#plan(node);
  }
}

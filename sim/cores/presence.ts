// Who is there: nodes that come and go. What a node stored stays with it; its connections do not.

import { type Turns, turnsOf } from '../net/churn.ts';
import type { Ground } from './ground.ts';

/** Called when a node comes (true) or goes (false). */
export type PresenceListener = (node: number, here: boolean) => void;

export class Presence {
  /** 1 while a node is there. */
  readonly here: Uint8Array;
  readonly #ground: Ground;
  readonly #listeners: PresenceListener[] = [];
  readonly #kind: number;
  readonly #turns = new Map<number, Turns>();

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
    const { scenario, seed, wire } = this.#ground;
    for (let node = 0; node < this.#ground.nodes; node++) {
      const turns = turnsOf(scenario.network.churn, seed, node, wire.healedAt);
      if (turns === undefined) continue;
      this.here[node] = turns.here ? 1 : 0;
      this.#turns.set(node, turns);
      if (!turns.here) this.#ground.trace('goes', node, -1, '');
      this.#plan(node);
    }
  }

  /** Plans the next turn of a node that comes and goes. */
  #plan(node: number): void {
    const { loop } = this.#ground;
    const turns = this.#turns.get(node)!;
    const at = turns.next(loop.now);
    if (at !== undefined) loop.schedule(at - loop.now, this.#kind, node, turns.here ? 1 : 0);
  }

  #turn(node: number, here: number): void {
    this.here[node] = here;
    for (const listener of this.#listeners) listener(node, here === 1);
    this.#ground.trace(here === 1 ? 'comes' : 'goes', node, -1, '');
    this.#plan(node);
  }
}

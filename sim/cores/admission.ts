// Admission at each end of a link: the node's own decision function, on failures only. Budgets of messages and bytes are far above
// what honest traffic of these scenarios needs, so nothing else is charged.

import { decide, freshState, type PeerState } from '../../node/admission/index.ts';
import { type Ground, MS } from './ground.ts';

/** Directed links whose peers are remembered: as many as can misbehave before the oldest is forgotten. */
const PEERS_MAX = 1_000_000;

export class Penalties {
  readonly #ground: Ground;
  readonly #states = new Map<number, PeerState>();
  /** Until when a link is not listened to, in microseconds; filled at the first penalty. */
  #until = new Float64Array(0);
  #count = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  get count(): number {
    return this.#count;
  }

  /** Until when what comes over a link is not listened to, in microseconds. */
  shutUntil(link: number): number {
    return this.#until.length === 0 ? 0 : this.#until[link]!;
  }

  /** The peer at the start of the link sent what proves invalid. Answers true when it is shut out for it. */
  failed(link: number): boolean {
    const { loop, scenario, wire } = this.#ground;
    if (!scenario.protocol.admission || this.#states.size >= PEERS_MAX) return false;
    const now = loop.now / MS;
    const { state, verdict } = decide(this.#states.get(link) ?? freshState(now), 'failures', 1, now);
    this.#states.set(link, state);
    if (verdict !== 'penalize') return false;
    if (this.#until.length === 0) this.#until = new Float64Array(wire.topology.to.length);
    this.#until[link] = state.until * MS;
    this.#count += 1;
    this.#ground.trace('penalty', wire.topology.to[link]!, wire.topology.from[link]!, '');
    return true;
  }

  /** A peer came back under another identity: nobody remembers it. */
  forget(node: number): void {
    const { first, reverse } = this.#ground.wire.topology;
    for (let link = first[node]!; link < first[node + 1]!; link++) {
      this.#states.delete(link);
      if (this.#until.length > 0) this.#until[link] = 0;
      // What it knew of others went with its old identity as well.
      this.#states.delete(reverse[link]!);
    }
  }
}

// Peers that served a log which does not hold: they are not asked for a while, and answer for it to admission.

import type { PeerId } from '@libp2p/interface';
import type { Admission } from '../admission/index.ts';
import type { Clock } from '../clock/index.ts';

/** A peer that served a provably false tail is not asked again for this time: other peers have the same logs. */
const LIAR_REST_MS = 300_000;
/** Peers that rest at once; the first to have lied is asked again first. */
const LIARS_MAX = 1_024;

/** Peers that rest. */
export class Liars {
  readonly #until = new Map<string, number>();
  readonly #admission: Admission;
  readonly #clock: Clock;

  constructor(deps: { admission: Admission; clock: Clock }) {
    this.#admission = deps.admission;
    this.#clock = deps.clock;
  }

  add(peer: PeerId): void {
    this.#admission.failed(peer.toString());
    this.#until.set(peer.toString(), this.#clock.now() + LIAR_REST_MS);
    if (this.#until.size > LIARS_MAX) this.#until.delete(this.#until.keys().next().value as string);
  }

  has(peer: PeerId): boolean {
    return (this.#until.get(peer.toString()) ?? 0) > this.#clock.now();
  }
}

// Who compares first when two nodes meet. Both want to know what the other holds, and one exchange tells both: the side that dialled asks,
// and its question names all that it holds itself. The other side listens, and asks on its own only when no question comes.

import type { PeerId } from '@libp2p/interface';
import type { Clock } from '../clock/index.ts';

/** How long the side that was dialled waits for the question: many round trips, and well within the minute in which all must be here. */
const WAIT_MS = 5_000;
/** Peers that are waited for at once; of more the longest known is asked right away. */
const AWAITED_MAX = 512;

/** Comparisons with peers that were just met. */
export class Greetings {
  readonly #clock: Clock;
  readonly #ask: (peer: PeerId) => void;
  readonly #awaited = new Map<string, { readonly peer: PeerId; readonly cancel: () => void }>();

  /** `ask` compares with a peer; it must not throw. */
  constructor(clock: Clock, ask: (peer: PeerId) => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** A peer was met; `dialled` tells whether this node dialled it. */
  met(peer: PeerId, dialled: boolean): void {
    if (dialled) {
      this.heard(peer);
      this.#ask(peer);
      return;
    }
    const id = peer.toString();
    if (this.#awaited.has(id)) return;
    this.#awaited.set(id, { peer, cancel: this.#clock.after(WAIT_MS, () => this.#end(id)) });
    if (this.#awaited.size > AWAITED_MAX) this.#end(this.#awaited.keys().next().value as string);
  }

  /** A peer named all that it holds, or is being asked: it is waited for no longer. */
  heard(peer: PeerId): void {
    const id = peer.toString();
    this.#awaited.get(id)?.cancel();
    this.#awaited.delete(id);
  }

  #end(id: string): void {
    const awaited = this.#awaited.get(id);
    if (awaited === undefined) return;
    this.heard(awaited.peer);
    this.#ask(awaited.peer);
  }

  stop(): void {
    for (const { cancel } of this.#awaited.values()) cancel();
    this.#awaited.clear();
  }
}

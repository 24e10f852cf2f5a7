// What one peer is answered about logs: so much of this node's one thread, and no more. Answers about logs are urgent, so that nothing else of a peer's
// counts against them, and none of their work is done before the first wait, so that nothing else counts it.

import { RecentMap } from '../../protocol/bounded/index.ts';
import type { Clock } from '../clock/index.ts';

/**
 * What a peer may have, in bytes: of an answer its own, and for each entry and for the answer itself what costs the thread as much. At 5 ms for a MiB
 * (as much again to send it) and 14 ms for a thousand entries this is a fifth of the thread.
 */
const BYTES_PER_SECOND = 16 * 1024 * 1024;
/** At once: 180,000 small entries, for who joins late. */
const BYTES_BURST = 512 * 1024 * 1024;
/** Bytes that cost as much as an entry: it is read, compared with its hashes, and put into the answer. */
const ENTRY_BYTES = 2_048;
/** The same for an answer with its proof, however short it is. */
const ANSWER_BYTES = 32_768;
/** Peers remembered; the one that asked longest ago is forgotten first, which at worst refills its budget. */
const BUDGETS_MAX = 4_096;

/** Counts what peers are answered. */
export class TailBudget {
  readonly #left = new RecentMap<string, { readonly bytes: number; readonly at: number }>(BUDGETS_MAX);
  readonly #clock: Pick<Clock, 'now'>;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  #of(peer: string): number {
    const known = this.#left.get(peer);
    if (known === undefined) return BYTES_BURST;
    // A clock that steps back gives nothing and takes nothing.
    const seconds = Math.max(0, this.#clock.now() - known.at) / 1_000;
    return Math.min(BYTES_BURST, known.bytes + seconds * BYTES_PER_SECOND);
  }

  /** True while a peer has something left. What an answer costs is known afterwards: the last one may be more than was left. */
  allows(peer: string): boolean {
    return this.#of(peer) > 0;
  }

  /** Books an answer. */
  spend(peer: string, answer: { readonly bytes: number; readonly entries: number }): void {
    const spent = ANSWER_BYTES + answer.bytes + answer.entries * ENTRY_BYTES;
    this.#left.set(peer, { bytes: this.#of(peer) - spent, at: this.#clock.now() });
  }
}

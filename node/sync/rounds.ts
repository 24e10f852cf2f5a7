// When rounds of anti-entropy are held: one after the other, with a pause that is short while they still bring something. A round that does not end
// holds up nobody but its own peer.

import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';

/** Pause before the next round while rounds still bring something: who is behind catches up at once, whatever the interval. */
const BEHIND_ROUND_MS = 500;
/**
 * The next round waits so long at most for the one before. A peer may serve as slowly and as much as it likes, page after page, and keep within every
 * bound of a single answer: it is not waited for, and no round begins with it meanwhile.
 */
const ROUND_MS_MAX = 60_000;

export interface RoundsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Mean pause between two rounds. */
  readonly intervalMs: number;
  /** Holds a round. May reject. */
  readonly round: () => Promise<void>;
  /** Counts what rounds have brought. */
  readonly brought: () => number;
}

/** Rounds of one node. */
export class Rounds {
  readonly #deps: RoundsDeps;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(deps: RoundsDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#cancel = this.#deps.clock.after(this.#deps.intervalMs, () => this.#run());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #run(): void {
    const { brought, clock, intervalMs, log, round } = this.#deps;
    const before = brought();
    let isOver = false;
    const end = () => {
      if (isOver || this.#stopped) return;
      isOver = true;
      this.#cancel();
      const pause = brought() > before ? Math.min(BEHIND_ROUND_MS, intervalMs) : intervalMs;
      this.#cancel = clock.after(pause * (0.75 + Math.random() / 2), () => this.#run());
    };
    this.#cancel = clock.after(ROUND_MS_MAX, end);
    void round()
      .catch((error: unknown) => {
        // The disk fails, or the node is stopping: the next round tries again.
        if (!this.#stopped) log.warn({ err: error }, 'a round of anti-entropy failed');
      })
      .finally(end);
  }
}

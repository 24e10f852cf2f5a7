// What became of the paths that this node opened, to be told to the relay that each began at, with the next probe: a relay sees that it handed a stream
// on, and never whether anything came. Must not: tell a relay of paths that it did not open.

import { NEIGHBOURS_MAX } from '../../protocol/routing/index.ts';

/** Outcomes that one probe tells: the newest, those that failed before the others. */
export const OUTCOMES_MAX = 16;

/** One path, by the name of its stream. */
export interface PathOutcome {
  readonly stream: string;
  /** Milliseconds from that relay to the destination and back, as measured over the sealed path; null: nothing came. */
  readonly ms: number | null;
}

/** What waits for each relay. */
export class Outcomes {
  readonly #waiting = new Map<string, PathOutcome[]>();

  add(relay: string, outcome: PathOutcome): void {
    const waiting = this.#waiting.get(relay) ?? [];
    waiting.push(outcome);
    if (waiting.length > OUTCOMES_MAX) {
      const came = waiting.findIndex(({ ms }) => ms !== null);
      waiting.splice(Math.max(0, came), 1);
    }
    this.#waiting.set(relay, waiting);
    if (this.#waiting.size > NEIGHBOURS_MAX)
      this.#waiting.delete(this.#waiting.keys().next().value as string);
  }

  /** Those for a relay, which are not told again. */
  take(relay: string): readonly PathOutcome[] {
    const waiting = this.#waiting.get(relay) ?? [];
    this.#waiting.delete(relay);
    return waiting;
  }
}

// When a second path beside one that is late is worth its price: not after a fixed time, which is too soon on long ways and too late on short ones,
// but when eight of ten were there by now. Part of a policy, because it takes an estimate of the tail. Must not: open anything, or look at a clock.

import type { RoutingPace } from './ports.ts';

/** Set-ups that are remembered: some minutes of a busy node, and a change of the network shows within a dozen. */
const KEPT = 64;
/** Until so many are known, the usual pause is taken. */
const KNOWN_MIN = 8;
const USUAL_MS = 500;
/** Share of the set-ups that may take longer. */
const LATE_SHARE = 0.2;
/** Nor is one late, in milliseconds, that takes hardly longer than half of them do: one relay more, or a process that paused, is no reason. */
const OVER_MEDIAN_MS = 100;
/** A second path is opened within this at the latest, or within twice what half of them take where even these take long: that is nobody's lateness. */
const PAUSE_MS_MAX = 1_000;
const PAUSE_MEDIANS = 2;
/** What a set-up earns and a second path costs is in such units: where everything is slow, second paths are a quarter more work at most. */
const EARNED = 1;
const COST = 4;
/** So much can be saved up: the set-ups of one bad moment. */
const SAVED_MAX = 32;

/** The pace of one node. */
export class SetUpPace implements RoutingPace {
  readonly #tookMs: number[] = [];
  #saved = SAVED_MAX;

  /** A path was set up, and took so long. */
  took(ms: number): void {
    this.#tookMs.push(ms);
    if (this.#tookMs.length > KEPT) this.#tookMs.shift();
    this.#saved = Math.min(SAVED_MAX, this.#saved + EARNED);
  }

  /** Milliseconds after which a path that is not set up is late. */
  get lateMs(): number {
    const known = this.#tookMs.length;
    if (known < KNOWN_MIN) return USUAL_MS;
    const sorted = this.#tookMs.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (known - 1))]!;
    const late = Math.max(at(1 - LATE_SHARE), at(0.5) + OVER_MEDIAN_MS);
    return Math.min(Math.max(PAUSE_MS_MAX, PAUSE_MEDIANS * at(0.5)), late);
  }

  /** Is there enough saved for a second path? Spends it. */
  spend(): boolean {
    if (this.#saved < COST) return false;
    this.#saved -= COST;
    return true;
  }
}

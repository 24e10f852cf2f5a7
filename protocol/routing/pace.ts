// When a second path beside one that is late is worth its price: not after a fixed time, which is too soon on long ways and too late on short ones,
// but when eight of ten were there by now. And how many paths there may be beyond the one that each link needs: where everything is late, each of them
// makes it later, so those that come to nothing are a small share of the others. Part of a policy, because it takes an estimate of the tail.
// Must not: open anything, or look at a clock.

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
/** What a set-up earns, and an extra path costs that comes to nothing, in such units: of these there are three for ten set-ups. */
const EARNED = 3;
const COST = 10;
/** Besides a unit is earned in so many milliseconds: links that stand for long are looked after though nothing is set up. */
const EARNED_EVERY_MS = 1_000;
/** So much can be saved up: for the links that look for better paths at once. */
const SAVED_MAX = 20 * COST;
/** So much there is at first: a node that has just started is as busy as those that it meets. */
const SAVED_FIRST = 10 * COST;

/** The pace of one node. */
export class SetUpPace implements RoutingPace {
  readonly #tookMs: number[] = [];
  readonly #races: boolean;
  #saved = SAVED_FIRST;
  #spentAt: number | undefined;

  /** `races`: second paths are begun beside late ones. */
  constructor(races: boolean) {
    this.#races = races;
  }

  /** A path was set up, and took so long. */
  took(ms: number): void {
    this.#tookMs.push(ms);
    if (this.#tookMs.length > KEPT) this.#tookMs.shift();
    this.#earn(EARNED);
  }

  /** Milliseconds after which a path that is not set up is late; undefined: none ever is. */
  get lateMs(): number | undefined {
    if (!this.#races) return undefined;
    const known = this.#tookMs.length;
    if (known < KNOWN_MIN) return USUAL_MS;
    const sorted = this.#tookMs.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (known - 1))]!;
    const late = Math.max(at(1 - LATE_SHARE), at(0.5) + OVER_MEDIAN_MS);
    return Math.min(Math.max(PAUSE_MS_MAX, PAUSE_MEDIANS * at(0.5)), late);
  }

  /** Is there enough saved for an extra path? Spends it. */
  spend(now: number): boolean {
    this.#earn(Math.max(0, now - (this.#spentAt ?? now)) / EARNED_EVERY_MS);
    this.#spentAt = now;
    if (this.#saved < COST) return false;
    this.#saved -= COST;
    return true;
  }

  /** An extra path is in use now: it was no waste, and what it cost is given back. */
  gained(): void {
    this.#earn(COST);
  }

  #earn(amount: number): void {
    this.#saved = Math.min(SAVED_MAX, this.#saved + amount);
  }
}

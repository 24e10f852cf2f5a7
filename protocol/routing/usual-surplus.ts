// By how much everything here takes longer than was promised: the work of opening streams, on this machine and on all others. It is no relay's fault,
// and must not be booked on the one that happens to be used most.

/** Surpluses that are remembered. */
const KEPT = 32;
/** Until so many are known, nothing is usual. */
const KNOWN_MIN = 6;
/** A quarter of the ways take less: most of those that are used are sound, and a liar's are not counted. */
const SHARE = 0.25;
/** More than this is never usual, in milliseconds: who has one relay alone, which is late with everything, shall notice. */
const USUAL_MAX_MS = 40;

/** What is usual here. */
export class UsualSurplus {
  readonly #surpluses: number[] = [];

  add(ms: number): void {
    this.#surpluses.push(ms);
    if (this.#surpluses.length > KEPT) this.#surpluses.shift();
  }

  get ms(): number {
    const known = this.#surpluses.length;
    if (known < KNOWN_MIN) return 0;
    const quarter = this.#surpluses.toSorted((a, b) => a - b)[Math.floor(SHARE * (known - 1))]!;
    return Math.max(0, Math.min(USUAL_MAX_MS, quarter));
  }
}

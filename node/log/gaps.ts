// Entries of logs whose body is not here: some other peer may have it. Must not: ask anybody.

/** Missing bodies of one log that are remembered, to ask other peers for them. */
const GAPS_MAX = 4_096;

/** Missing bodies by log. */
export class Gaps {
  readonly #logs = new Map<string, Set<number>>();

  /** The body of an entry is missing. */
  note(origin: string, index: number): void {
    const gaps = this.#logs.get(origin) ?? new Set();
    if (gaps.size < GAPS_MAX) gaps.add(index);
    this.#logs.set(origin, gaps);
  }

  /** The body came. */
  filled(origin: string, index: number): void {
    this.#logs.get(origin)?.delete(index);
  }

  /** Entries of a log whose body is missing, at most GAPS_MAX of them. */
  of(origin: string): number[] {
    return [...(this.#logs.get(origin) ?? [])];
  }
}

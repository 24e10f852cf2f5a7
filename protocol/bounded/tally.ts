// How much is under way, by name. A name of which nothing is under way takes no room, so that there are never more names than things that are counted.

/** Counts things, bytes or whatever else is whole, each of a name. */
export class Tally {
  readonly #byName = new Map<string, number>();
  #total = 0;

  /** What is counted of all names together. */
  get total(): number {
    return this.#total;
  }

  /** What is counted of a name; 0 where nothing is. */
  of(name: string): number {
    return this.#byName.get(name) ?? 0;
  }

  /** Counts so much more of a name, or less where it is negative: down to nothing, and no further. */
  add(name: string, by: number): void {
    const before = this.of(name);
    const now = Math.max(0, before + by);
    this.#total += now - before;
    if (now > 0) this.#byName.set(name, now);
    else this.#byName.delete(name);
  }
}

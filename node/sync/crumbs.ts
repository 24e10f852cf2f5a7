// Whether a peer hands a log out in parts as large as they may be. Each part costs who asked for it a question, a signature to check and a write to
// the disk: of a log in single entries that is a write for each. Pure: sizes in, a count out.

/** A part of a log that came. */
export interface Part {
  /** Bytes of the message, and how many it could have had. */
  readonly bytes: number;
  readonly credit: number;
  readonly entries: number;
  /** True when the peer says that there is more of what was asked for. */
  readonly isMore: boolean;
}

/**
 * Counts parts that are too small. A part ends where the next entry does not fit, so a small one is followed by a large entry: two in a row make more
 * than the credit, but for what frames them. Two that do not make half of it were cut by choice.
 */
export class Crumbs {
  readonly #entriesMax: number;
  /** The part before, when it had room left and more was to come. */
  #before: Part | undefined;
  #count = 0;

  /** `entriesMax`: a part of so many entries is full, whatever its bytes. */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** Takes the next part; answers how many were too small so far. */
  take(part: Part): number {
    const before = this.#before;
    if (before !== undefined && before.bytes + part.bytes < before.credit / 2) this.#count += 1;
    this.#before = part.isMore && part.entries < this.#entriesMax ? part : undefined;
    return this.#count;
  }
}

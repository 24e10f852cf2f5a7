// Slots that share a value, in rising order, in one growing array.

const FIRST_CAPACITY = 4;

export class PostingList {
  #slots = new Uint32Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Slots must come in rising order. */
  push(slot: number): void {
    if (this.#length === this.#slots.length) {
      const larger = new Uint32Array(this.#slots.length * 2);
      larger.set(this.#slots);
      this.#slots = larger;
    }
    this.#slots[this.#length++] = slot;
  }

  /** A view of the slots; not to be kept over a push. */
  view(): Uint32Array {
    return this.#slots.subarray(0, this.#length);
  }

  /** Slots not below `first`. A view, as above. */
  from(first: number): Uint32Array {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#slots[middle]! < first) low = middle + 1;
      else high = middle;
    }
    return this.#slots.subarray(low, this.#length);
  }
}

// The k best of a stream of scored slots, in a bounded binary heap. Ties go to the lower slot, so answers repeat.

/** Worst kept at the root. */
export class TopK {
  readonly #k: number;
  readonly #scores: Float64Array;
  readonly #slots: Uint32Array;
  #size = 0;

  constructor(k: number) {
    this.#k = k;
    this.#scores = new Float64Array(k);
    this.#slots = new Uint32Array(k);
  }

  offer(slot: number, score: number): void {
    if (this.#size < this.#k) {
      this.#up(this.#size++, slot, score);
    } else if (score > this.#scores[0]! || (score === this.#scores[0]! && slot < this.#slots[0]!)) {
      this.#down(slot, score);
    }
  }

  /** Best first. */
  sorted(): { slot: number; score: number }[] {
    const out = Array.from({ length: this.#size }, (_, i) => ({
      slot: this.#slots[i]!,
      score: this.#scores[i]!,
    }));
    return out.sort((a, b) => b.score - a.score || a.slot - b.slot);
  }

  #worse(slot: number, score: number, at: number): boolean {
    return score < this.#scores[at]! || (score === this.#scores[at]! && slot > this.#slots[at]!);
  }

  #put(at: number, slot: number, score: number): void {
    this.#slots[at] = slot;
    this.#scores[at] = score;
  }

  #up(from: number, slot: number, score: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#worse(slot, score, parent)) break;
      this.#put(at, this.#slots[parent]!, this.#scores[parent]!);
      at = parent;
    }
    this.#put(at, slot, score);
  }

  #down(slot: number, score: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#worse(this.#slots[child + 1]!, this.#scores[child + 1]!, child))
        child++;
      if (this.#worse(slot, score, child)) break;
      this.#put(at, this.#slots[child]!, this.#scores[child]!);
      at = child;
    }
    this.#put(at, slot, score);
  }
}

// Waiting jobs: bounded, and fair between those who send them. One lane per sender; lanes are served in turn, so a sender with a
// thousand jobs delays another by one job, not by a thousand. Must not: know what a job is.

export interface Waiting<T> {
  readonly lane: string;
  readonly item: T;
}

export class FairQueue<T> {
  readonly #lanes = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(lane: string, item: T): void {
    const items = this.#lanes.get(lane);
    if (items === undefined) this.#lanes.set(lane, [item]);
    else items.push(item);
    this.#size++;
  }

  /** Takes the next job that `fits`, from the lane whose turn it is; each lane is asked for its first job only. */
  take(fits: (item: T) => boolean): T | undefined {
    for (const [lane, items] of this.#lanes) {
      const index = items.findIndex(fits);
      if (index < 0) continue;
      const [item] = items.splice(index, 1);
      // The lane goes to the back of the turn order.
      this.#lanes.delete(lane);
      if (items.length > 0) this.#lanes.set(lane, items);
      this.#size--;
      return item;
    }
    return undefined;
  }

  /** Takes a job out of the queue; false when it is no longer there. */
  remove(lane: string, item: T): boolean {
    const items = this.#lanes.get(lane);
    const index = items?.indexOf(item) ?? -1;
    if (items === undefined || index < 0) return false;
    items.splice(index, 1);
    if (items.length === 0) this.#lanes.delete(lane);
    this.#size--;
    return true;
  }

  /** Empties the queue. */
  drain(): T[] {
    const all = [...this.#lanes.values()].flat();
    this.#lanes.clear();
    this.#size = 0;
    return all;
  }
}

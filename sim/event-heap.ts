// A binary heap of numeric events over typed arrays: fast while it is small enough for the processor's cache.

const CAPACITY_START = 256;

/** Events that leave in the order of their time; equal times in the order that they were given. After pop() the fields hold one. */
export class EventHeap {
  order = 0;
  kind = 0;
  a = 0;
  b = 0;

  #size = 0;
  #times = new Float64Array(CAPACITY_START);
  #orders = new Float64Array(CAPACITY_START);
  #kinds = new Int32Array(CAPACITY_START);
  #as = new Int32Array(CAPACITY_START);
  #bs = new Int32Array(CAPACITY_START);

  get size(): number {
    return this.#size;
  }

  /** Time of the first one; Infinity when there is none. */
  get time(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  push(time: number, order: number, kind: number, a: number, b: number): void {
    if (this.#size === this.#times.length) this.#grow();
    let hole = this.#size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (this.#before(parent, time, order)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#set(hole, time, order, kind, a, b);
  }

  /** Takes the first one into the fields and answers its time; there must be one. */
  pop(): number {
    const first = this.#times[0]!;
    this.order = this.#orders[0]!;
    this.kind = this.#kinds[0]!;
    this.a = this.#as[0]!;
    this.b = this.#bs[0]!;
    const last = --this.#size;
    const time = this.#times[last]!;
    const order = this.#orders[last]!;
    let hole = 0;
    for (let child = 1; child < last; child = 2 * hole + 1) {
      if (child + 1 < last && this.#before(child + 1, this.#times[child]!, this.#orders[child]!)) child += 1;
      if (!this.#before(child, time, order)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#set(hole, time, order, this.#kinds[last]!, this.#as[last]!, this.#bs[last]!);
    return first;
  }

  #before(at: number, time: number, order: number): boolean {
    const own = this.#times[at]!;
    return own < time || (own === time && this.#orders[at]! < order);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#orders[to] = this.#orders[from]!;
    this.#kinds[to] = this.#kinds[from]!;
    this.#as[to] = this.#as[from]!;
    this.#bs[to] = this.#bs[from]!;
  }

  #set(at: number, time: number, order: number, kind: number, a: number, b: number): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#kinds[at] = kind;
    this.#as[at] = a;
    this.#bs[at] = b;
  }

  #grow(): void {
    const wider = <T extends Float64Array | Int32Array>(made: T, old: T): T => {
      made.set(old as never);
      return made;
    };
    const length = 2 * this.#times.length;
    this.#times = wider(new Float64Array(length), this.#times);
    this.#orders = wider(new Float64Array(length), this.#orders);
    this.#kinds = wider(new Int32Array(length), this.#kinds);
    this.#as = wider(new Int32Array(length), this.#as);
    this.#bs = wider(new Int32Array(length), this.#bs);
  }
}

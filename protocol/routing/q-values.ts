// The rule of Q-routing (Boyan and Littman, 1993) over plain arrays: Qx(d, y) is the time that x expects to a destination d by
// way of its neighbour y. Used by the policies of that family, and by the simulator to reproduce the published result.

/** The value after one sample: the old one moved by a share `eta` of the difference. */
export function learned(old: number, sample: number, eta: number): number {
  return old + eta * (sample - old);
}

/** Values of one node: a row for each destination, a column for each neighbour. */
export class QValues {
  readonly #columns: number;
  readonly #values: Float64Array;

  constructor(destinations: number, neighbours: number, initial = 0) {
    this.#columns = neighbours;
    this.#values = new Float64Array(destinations * neighbours).fill(initial);
  }

  get(destination: number, neighbour: number): number {
    return this.#values[destination * this.#columns + neighbour]!;
  }

  /** The least value of a row: what the node tells a neighbour that asks. */
  best(destination: number): number {
    const start = destination * this.#columns;
    let least = this.#values[start]!;
    for (let at = start + 1; at < start + this.#columns; at++)
      if (this.#values[at]! < least) least = this.#values[at]!;
    return least;
  }

  /** The neighbour with the least value; equals are drawn, `unit` being from 0 (inclusive) to 1 (exclusive). */
  pick(destination: number, unit: number): number {
    const start = destination * this.#columns;
    const least = this.best(destination);
    let equals = 0;
    for (let at = 0; at < this.#columns; at++) if (this.#values[start + at] === least) equals += 1;
    let left = equals === 1 ? 0 : Math.floor(unit * equals);
    for (let at = 0; at < this.#columns; at++)
      if (this.#values[start + at] === least && left-- === 0) return at;
    return 0;
  }

  /** Moves one value towards a sample: own queue and transit, and what the neighbour says is left. */
  learn(destination: number, neighbour: number, sample: number, eta: number): void {
    const at = destination * this.#columns + neighbour;
    this.#values[at] = learned(this.#values[at]!, sample, eta);
  }
}

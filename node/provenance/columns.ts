// Growing columns of numbers: the graph holds millions, and an object for each would be ten times as large.

const START = 1_024;

type Numbers = Uint32Array | Float64Array;

/** A column of numbers that are 0 until they are set. */
export class Column<T extends Numbers> {
  #values: T;

  private constructor(values: T) {
    this.#values = values;
  }

  /** A column of unsigned 32-bit numbers. */
  static uint32(): Column<Uint32Array> {
    return new Column(new Uint32Array(START));
  }

  /** A column of doubles: times and log indexes up to 2^53. */
  static float64(): Column<Float64Array> {
    return new Column(new Float64Array(START));
  }

  /** The values, valid until the next set. */
  get values(): T {
    return this.#values;
  }

  get(at: number): number {
    return this.#values[at] ?? 0;
  }

  set(at: number, value: number): void {
    if (at >= this.#values.length) {
      const kind = this.#values.constructor as new (length: number) => T;
      const bigger = new kind(Math.max(at + 1, this.#values.length * 2));
      bigger.set(this.#values as never);
      this.#values = bigger;
    }
    this.#values[at] = value;
  }
}

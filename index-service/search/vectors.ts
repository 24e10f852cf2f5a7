// Vectors of unit length by slot, in one growing block, and the exact scan over them.

/** Doubles as it grows. */
export class VectorStore {
  readonly dims: number;
  #data: Float32Array;
  #count = 0;

  constructor(dims: number, capacity = 64) {
    this.dims = dims;
    this.#data = new Float32Array(dims * capacity);
  }

  get count(): number {
    return this.#count;
  }

  /** Appends a vector scaled to unit length; its slot is the previous count. */
  push(vector: Float32Array): void {
    const at = this.#count++ * this.dims;
    if (at + this.dims > this.#data.length) {
      const larger = new Float32Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    let square = 0;
    for (const value of vector) square += value * value;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let i = 0; i < this.dims; i++) this.#data[at + i] = vector[i]! * scale;
  }

  vector(slot: number): Float32Array {
    return this.#data.subarray(slot * this.dims, (slot + 1) * this.dims);
  }

  /** Dot product of a query of unit length with a stored vector: their cosine. */
  dot(query: Float32Array, slot: number): number {
    const at = slot * this.dims;
    const data = this.#data;
    let a = 0;
    let b = 0;
    let i = 0;
    for (; i + 1 < this.dims; i += 2) {
      a += query[i]! * data[at + i]!;
      b += query[i + 1]! * data[at + i + 1]!;
    }
    if (i < this.dims) a += query[i]! * data[at + i]!;
    return a + b;
  }
}

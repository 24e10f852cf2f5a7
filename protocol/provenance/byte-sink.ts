// A growing buffer for proofs that are written thousands of times a second: no array of parts, no copy at the end but one.

const START_BYTES = 4096;

/** Writes bytes one after another. */
export class ByteSink {
  #bytes = new Uint8Array(START_BYTES);
  #at = 0;

  /** Bytes written. */
  get length(): number {
    return this.#at;
  }

  #room(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  /** `count` bytes of `from`, beginning at `start`. */
  slice(from: Uint8Array, start: number, count: number): void {
    this.#room(count);
    const to = this.#bytes;
    const at = this.#at;
    // Faster than set(subarray) for 32 bytes.
    for (let i = 0; i < count; i++) to[at + i] = from[start + i]!;
    this.#at = at + count;
  }

  /** Unsigned LEB128, up to 2^53-1. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }
}

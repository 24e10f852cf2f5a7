// A growing byte buffer with the WebAssembly encodings. Must not: know what it writes.

/** Width of a padded length: enough for any section, and written before the length is known. */
const PADDED_U32_BYTES = 5;
/** Range in which shifts do the work of divisions. */
const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);

export class ByteWriter {
  bytes: Uint8Array;
  at = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    bigger.set(this.bytes.subarray(0, this.at));
    this.bytes = bigger;
  }

  byte(value: number): void {
    if (this.at === this.bytes.length) this.reserve(1);
    this.bytes[this.at++] = value;
  }

  raw(...values: number[]): void {
    this.reserve(values.length);
    for (const value of values) this.bytes[this.at++] = value;
  }

  u32(value: number): void {
    this.reserve(PADDED_U32_BYTES);
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }

  /** Signed LEB128 of an integer of at most 53 bits. */
  signed(value: number): void {
    this.reserve(10);
    let wide = value;
    while (wide > INT_MAX || wide < INT_MIN) {
      const above = Math.floor(wide / 0x80);
      this.bytes[this.at++] = (wide - above * 0x80) | 0x80;
      wide = above;
    }
    let rest = wide | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if (rest === (low & 0x40 ? -1 : 0)) {
        this.bytes[this.at++] = low;
        return;
      }
      this.bytes[this.at++] = low | 0x80;
    }
  }

  /** Signed LEB128 of a 64-bit integer. */
  signedBig(value: bigint) {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    // A loop beats set(subarray()) for the short runs between two edits.
    if (count <= 48) {
      let to = this.at;
      for (let from = start; from < end; from++) this.bytes[to++] = source[from]!;
    } else this.bytes.set(source.subarray(start, end), this.at);
    this.at += count;
  }

  name(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.u32(encoded.length);
    this.copy(encoded, 0, encoded.length);
  }

  /** Leaves room for a length and returns where it goes; see `patchLength`. */
  openLength(): number {
    this.reserve(PADDED_U32_BYTES);
    this.at += PADDED_U32_BYTES;
    return this.at;
  }

  /** Writes the length of everything since `openLength` in padded form. */
  closeLength(start: number): void {
    let rest = this.at - start;
    for (let index = 0; index < PADDED_U32_BYTES; index++) {
      const more = index < PADDED_U32_BYTES - 1 ? 0x80 : 0;
      this.bytes[start - PADDED_U32_BYTES + index] = (rest & 0x7f) | more;
      rest = Math.floor(rest / 0x80);
    }
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.at) as Uint8Array<ArrayBuffer>;
  }
}

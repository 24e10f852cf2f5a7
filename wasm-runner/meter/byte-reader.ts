// Reads the primitive encodings of a WebAssembly binary. Strict: overlong or truncated numbers are refused, as engines do.

import { invalid } from './refusal.ts';

export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte(): number {
    if (this.at >= this.end) throw invalid(`unexpected end at byte ${this.at}`);
    return this.bytes[this.at++]!;
  }

  /** Unsigned LEB128, at most 32 bits in at most 5 bytes. */
  u32(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let result = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) throw invalid(`number too large at byte ${this.at}`);
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    throw invalid(`number too long at byte ${this.at}`);
  }

  /** Signed LEB128 of a block type: 33 bits in at most 5 bytes. */
  s33(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return byte & 0x40 ? result - 2 ** (shift + 7) : result;
    }
    throw invalid(`number too long at byte ${this.at}`);
  }

  /** Steps over a LEB128 of at most `max` bytes. */
  skipLeb(max: number): void {
    if (this.at < this.end && this.bytes[this.at]! < 0x80) {
      this.at++;
      return;
    }
    for (let count = 0; count < max; count++) if (this.byte() < 0x80) return;
    throw invalid(`number too long at byte ${this.at}`);
  }

  skip(count: number): void {
    if (count > this.end - this.at) throw invalid(`unexpected end at byte ${this.end}`);
    this.at += count;
  }

  /** A vector length that cannot exceed what the remaining bytes could hold. */
  count(max: number, what: string): number {
    const count = this.u32();
    if (count > this.end - this.at) throw invalid(`${what}: more entries than bytes`);
    if (count > max) throw invalid(`${what}: ${count} entries, at most ${max}`);
    return count;
  }

  name(): string {
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(start, this.at));
    } catch {
      throw invalid(`malformed UTF-8 in a name at byte ${start}`);
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// Little-endian reading and writing of the index's files. Bounded: a reader never goes past its bytes.

import { ZeroError } from '../../protocol/errors/index.ts';
import { FIELD_BYTES_MAX } from '../limits.ts';

const encoder = new TextEncoder();

/** Grows as it is written to. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #need(count: number): number {
    const at = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  skip(count: number): void {
    this.#need(count);
  }

  u8(value: number): void {
    const at = this.#need(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#need(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#need(4);
    this.#view.setUint32(at, value, true);
  }

  f64(value: number): void {
    const at = this.#need(8);
    this.#view.setFloat64(at, value, true);
  }

  bytes(value: Uint8Array): void {
    const at = this.#need(value.length);
    this.#bytes.set(value, at);
  }

  /** Length as u16, then UTF-8. Throws LIMIT_EXCEEDED above FIELD_BYTES_MAX. */
  text(value: string): void {
    // A UTF-16 unit takes at most three bytes.
    const start = this.#need(2 + value.length * 3);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(start + 2));
    if (written > FIELD_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `text of ${written} bytes exceeds ${FIELD_BYTES_MAX}`);
    this.#view.setUint16(start, written, true);
    this.#at = start + 2 + written;
  }

  get length(): number {
    return this.#at;
  }

  /** The bytes written so far. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }
}

/** Reads what ByteWriter wrote. Throws INDEX_CORRUPT at the end of the bytes. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** The same bytes; decodes short texts several times faster than TextDecoder. */
  readonly #buffer: Buffer;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  #take(count: number): number {
    const at = this.#at;
    if (count < 0 || at + count > this.#bytes.length) {
      throw new ZeroError(
        'INDEX_CORRUPT',
        `file ends at byte ${this.#bytes.length}, ${count} more wanted at ${at}`,
      );
    }
    this.#at = at + count;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A view, not a copy. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** A copy, because the position need not be aligned. */
  floats(count: number): Float32Array {
    const at = this.#take(count * 4);
    return new Float32Array(this.#bytes.slice(at, at + count * 4).buffer);
  }

  text(bytesMax: number): string {
    const length = this.u16();
    if (length > bytesMax)
      throw new ZeroError('INDEX_CORRUPT', `text of ${length} bytes exceeds ${bytesMax}`);
    const at = this.#take(length);
    return this.#buffer.toString('utf8', at, at + length);
  }
}
